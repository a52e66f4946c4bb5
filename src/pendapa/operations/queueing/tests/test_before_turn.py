"""Somebody is called before their turn: only for a reason, and nobody loses a place by it."""

import pytest

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts.models import User
from pendapa.directory.malls.models import Counter
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.actions import counters, tickets
from pendapa.operations.queueing.models import Queue, Ticket, Turn
from pendapa.operations.queueing.rules import PriorityReason, State
from pendapa.operations.queueing.tests.make import day_of, make_counter, make_queue, make_user, take, ticket_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue() -> Queue:
    return make_queue()


@pytest.fixture
def counter(queue: Queue) -> Counter:
    return make_counter(queue)


@pytest.fixture
def officer(queue: Queue, counter: Counter) -> User:
    officer = make_user(mall=queue.mall, agency=queue.agency)
    actions.open_counter(counter=counter, by=officer, at=clock.now())
    return officer


def call(ticket: Ticket, counter: Counter, officer: User, reason: str = "Membawa bayi demam") -> Ticket:
    return actions.call_out_of_order(ticket=ticket, counter=counter, reason=reason, by=officer, at=clock.now())


def test_the_reason_and_how_many_were_passed_stand_in_the_journal(
    queue: Queue, counter: Counter, officer: User
) -> None:
    first, _second, third = (ticket_of(take(queue)) for _ in range(3))
    called = call(third, counter, officer)
    assert (called.state, called.counter, called.officer, called.calls) == (State.CALLED, counter, officer, 1)
    entry = Entry.objects.get(verb="ticket.called")
    assert entry.data["out_of_order"] == "Membawa bayi demam"
    assert entry.data["passed"] == 2
    assert call(third, counter, officer).pk == third.pk  # a second click
    assert Entry.objects.filter(verb="ticket.called").count() == 1
    actions.start(ticket=third, by=officer, at=clock.now())
    actions.finish(ticket=third, by=officer, at=clock.now())
    following = actions.call_next(counter=counter, by=officer, at=clock.now())
    assert following is not None
    assert following.pk == first.pk  # the others kept their places


def test_it_can_be_undone_like_any_call(queue: Queue, counter: Counter, officer: User) -> None:
    take(queue)
    second = ticket_of(take(queue))
    call(second, counter, officer)
    back = actions.undo(ticket=second, by=officer, at=clock.now())
    assert (back.state, back.counter_id, back.calls) == (State.WAITING, None, 0)


def test_a_priority_visitor_called_before_their_turn_counts_for_the_ratio(
    queue: Queue, counter: Counter, officer: User
) -> None:
    take(queue)
    urgent = ticket_of(take(queue, reason=PriorityReason.PREGNANT))
    call(urgent, counter, officer)
    assert Turn.objects.get(day=day_of(queue)).last_was_priority


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_without_a_reason_everybody_waits(queue: Queue, counter: Counter, officer: User, reason: str) -> None:
    ticket = ticket_of(take(queue))
    with pytest.raises(tickets.ReasonNeeded):
        call(ticket, counter, officer, reason)
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING


def test_only_from_the_own_open_counter_and_from_a_line_that_it_serves(
    queue: Queue, counter: Counter, officer: User
) -> None:
    ticket = ticket_of(take(queue))
    elsewhere = ticket_of(take(make_queue(queue.mall, prefix="B")))
    other = make_counter(queue)
    refusals: list[tuple[type[Refused], Ticket, Counter]] = [
        (tickets.NotInLineHere, elsewhere, counter),
        (counters.CounterNotYours, ticket, other),
    ]
    for refusal, one, at_counter in refusals:
        with pytest.raises(refusal):
            call(one, at_counter, officer)
    actions.pause_counter(counter=counter, reason="Salat", by=officer, at=clock.now())
    with pytest.raises(tickets.CounterPaused):
        call(ticket, counter, officer)
    assert not Entry.objects.filter(verb="ticket.called").exists()


def test_who_is_elsewhere_or_was_served_is_not_called(queue: Queue, counter: Counter, officer: User) -> None:
    first, second = (ticket_of(take(queue)) for _ in range(2))
    call(first, counter, officer)
    with pytest.raises(tickets.VisitorElsewhere):
        call(second, counter, officer)  # the counter has a visitor
    actions.cancel(ticket=second, by=None, at=clock.now())
    with pytest.raises(tickets.WrongState):
        call(second, counter, officer)


def test_nobody_is_called_on_a_day_that_is_over(queue: Queue, counter: Counter, officer: User) -> None:
    ticket = ticket_of(take(queue))
    actions.close_day(day=day_of(queue), by=None, at=clock.now())
    with pytest.raises(tickets.WrongState):
        call(ticket, counter, officer)
