"""What happens to a number after it was given."""

from datetime import timedelta
from typing import Any

import pytest

from pendapa.base import clock
from pendapa.base.journal.queries import history_of
from pendapa.directory.accounts.models import User
from pendapa.directory.malls.models import Counter
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.actions import counters, tickets
from pendapa.operations.queueing.models import Allowance, CounterState, Queue, Ticket
from pendapa.operations.queueing.rules import Channel, PriorityReason, State
from pendapa.operations.queueing.tests.make import (
    day_of,
    make_counter,
    make_device,
    make_queue,
    make_user,
    take,
    ticket_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """An officer at an open counter; `act` does something to a ticket as that officer, now or later."""

    def __init__(self, *queues: Queue) -> None:
        self.counter: Counter = make_counter(*queues)
        self.officer: User = make_user()
        actions.open_counter(counter=self.counter, by=self.officer, at=clock.now())

    def call(self) -> Ticket | None:
        return actions.call_next(counter=self.counter, by=self.officer, at=clock.now())

    def serve(self) -> Ticket:
        ticket = self.call()
        assert ticket is not None
        return actions.start(ticket=ticket, by=self.officer, at=clock.now())

    def act(self, act: Any, ticket: Ticket, *, later: timedelta = timedelta(), **more: Any) -> Ticket:
        result: Ticket = act(ticket=ticket, by=self.officer, at=clock.now() + later, **more)
        return result


def state_of(ticket: Ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).state


def test_visitors_are_called_in_the_order_they_came() -> None:
    queue = make_queue()
    desk = Desk(queue)
    labels = [take(queue).label for _ in range(3)]
    called = []
    while ticket := desk.call():
        called.append(ticket.label)
        desk.act(actions.finish, desk.act(actions.start, ticket))
    assert called == labels


def test_a_second_click_on_next_finds_the_open_call() -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    take(queue)
    assert desk.call() == desk.call()
    assert Ticket.objects.filter(state=State.CALLED).count() == 1


def test_nobody_from_afar_is_called_before_they_arrive_and_then_in_their_old_place() -> None:
    queue = make_queue()
    desk = Desk(queue)
    remote = take(queue, channel=Channel.PORTAL, caller="cookie:a")
    local = take(queue)
    first = desk.serve()
    assert first.label == local.label
    desk.act(actions.finish, first)
    take(queue)
    actions.arrive(ticket=ticket_of(remote), by=None, at=clock.now())
    assert (desk.call() or first).label == remote.label
    assert Allowance.objects.get().held == 0


def test_arriving_holds_for_all_numbers_of_the_visit() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    first = take(queue, channel=Channel.PORTAL, caller="cookie:a")
    second = take(other, channel=Channel.PORTAL, caller="cookie:a", visit=first.visit)
    assert ticket_of(second).state == State.REMOTE
    actions.arrive(ticket=ticket_of(first), by=None, at=clock.now())
    assert ticket_of(second).state == State.WAITING


def test_priority_goes_first_but_never_twice_in_a_row_while_others_wait() -> None:
    queue = make_queue()
    desk = Desk(queue)
    for _ in range(2):
        take(queue)
    for _ in range(3):
        take(queue, reason=PriorityReason.ELDERLY)
    called = []
    while ticket := desk.call():
        called.append("priority" if ticket.priority else "regular")
        desk.act(actions.finish, desk.act(actions.start, ticket))
    assert called == ["priority", "regular", "priority", "regular", "priority"]


def test_the_priority_ratio_is_counted_over_all_counters_of_the_queue() -> None:
    queue = make_queue()
    desks = [Desk(queue), Desk(queue)]
    for _ in range(2):
        take(queue)
    for _ in range(2):
        take(queue, reason=PriorityReason.PREGNANT)
    called = [desk.call() for desk in desks]
    assert [ticket.priority for ticket in called if ticket] == [True, False]


def test_a_counter_calls_whoever_is_due_first_over_its_queues_with_its_preference() -> None:
    first = make_queue(prefix="A")
    second = make_queue(first.mall, prefix="B")
    desk = Desk(first, second)
    take(first)
    preferred = take(second)
    second.workprofilequeue_set.update(preference=5)
    assert (desk.call() or ticket_of(preferred)).label == preferred.label


def test_a_visit_is_never_called_to_two_counters() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    here, there = Desk(queue), Desk(other)
    first = take(queue)
    take(other, visit=first.visit)
    ticket = here.serve()
    assert there.call() is None
    here.act(actions.finish, ticket)
    assert there.call() is not None


def test_nobody_waiting_calls_nobody() -> None:
    assert Desk(make_queue()).call() is None


def test_a_counter_on_a_break_calls_nobody_until_it_goes_on() -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    actions.pause_counter(counter=desk.counter, reason="Istirahat", by=desk.officer, at=clock.now())
    with pytest.raises(tickets.CounterPaused):
        desk.call()
    actions.unpause_counter(counter=desk.counter, by=desk.officer, at=clock.now())
    assert desk.call() is not None


def test_a_counter_goes_on_only_after_a_break() -> None:
    desk = Desk(make_queue())
    desk.counter.status.refresh_from_db()
    since = desk.counter.status.since
    with pytest.raises(counters.NotOnBreak):
        actions.unpause_counter(counter=desk.counter, by=desk.officer, at=clock.now())
    desk.counter.status.refresh_from_db()
    assert (desk.counter.status.state, desk.counter.status.since) == (CounterState.OPEN, since)
    actions.close_counter(counter=desk.counter, by=desk.officer, at=clock.now())
    with pytest.raises(counters.CounterNotYours):
        actions.unpause_counter(counter=desk.counter, by=desk.officer, at=clock.now())


def test_another_officer_cannot_call_or_act_at_an_occupied_counter() -> None:
    queue = make_queue()
    desk, stranger = Desk(queue), make_user()
    take(queue)
    with pytest.raises(counters.CounterOccupied):
        actions.call_next(counter=desk.counter, by=stranger, at=clock.now())
    ticket = desk.serve()
    for act in (actions.finish, actions.hold):
        with pytest.raises(tickets.WrongState):
            act(ticket=ticket, by=stranger, at=clock.now())
    with pytest.raises(counters.CounterNotYours):
        actions.close_counter(counter=desk.counter, by=stranger, at=clock.now())


def test_an_officer_sits_at_one_counter_and_leaves_the_old_one_by_sitting_down_elsewhere() -> None:
    queue = make_queue()
    desk, other = Desk(queue), make_counter(queue)
    actions.open_counter(counter=other, by=desk.officer, at=clock.now())
    desk.counter.status.refresh_from_db()
    assert desk.counter.status.state == CounterState.CLOSED


def test_a_counter_with_a_visitor_cannot_be_left() -> None:
    queue = make_queue()
    desk, other = Desk(queue), make_counter(queue)
    take(queue)
    desk.serve()
    with pytest.raises(counters.CounterBusy):
        actions.close_counter(counter=desk.counter, by=desk.officer, at=clock.now())
    with pytest.raises(counters.CounterBusy):
        actions.open_counter(counter=other, by=desk.officer, at=clock.now())


def test_recalling_counts_and_moves_the_moment_of_the_last_call_only() -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    ticket = desk.call()
    assert ticket is not None
    again = desk.act(actions.recall, ticket, later=timedelta(seconds=20))
    assert again.calls == 2
    assert again.called_at == ticket.called_at
    assert again.last_called_at is not None
    assert ticket.last_called_at is not None
    assert again.last_called_at > ticket.last_called_at


def test_who_missed_the_call_returns_once_to_the_old_place_within_the_grace_time() -> None:
    queue = make_queue()
    desk = Desk(queue)
    missed = take(queue)
    take(queue)
    ticket = desk.call()
    assert ticket is not None
    desk.act(actions.no_show, ticket)
    actions.return_to_queue(ticket=ticket, by=None, at=clock.now())
    again = desk.call()
    assert again is not None
    assert (again.label, again.due_at) == (missed.label, ticket.due_at)
    desk.act(actions.no_show, again)
    with pytest.raises(tickets.GraceOver):
        actions.return_to_queue(ticket=again, by=None, at=clock.now())


def test_after_the_grace_time_a_missed_number_is_gone() -> None:
    queue = make_queue(grace=timedelta(minutes=10))
    desk = Desk(queue)
    take(queue)
    ticket = desk.call()
    assert ticket is not None
    desk.act(actions.no_show, ticket)
    with pytest.raises(tickets.GraceOver):
        actions.return_to_queue(ticket=ticket, by=None, at=clock.now() + timedelta(minutes=11))


def test_a_visitor_on_hold_leaves_the_counter_free_and_goes_on_later() -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    take(queue)
    first = desk.act(actions.hold, desk.serve())
    second = desk.serve()
    with pytest.raises(tickets.VisitorElsewhere):
        desk.act(actions.resume, first, counter=desk.counter)
    desk.act(actions.finish, second)
    assert desk.act(actions.resume, first, counter=desk.counter).state == State.SERVING


def test_a_transfer_opens_a_successor_with_the_same_label_place_and_visit() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    desk, there = Desk(queue), Desk(other)
    take(other)
    take(queue)
    old = desk.serve()
    new = desk.act(actions.transfer, old, service=other.services.get())
    assert (new.label, new.due_at, new.visit_id) == (old.label, old.due_at, old.visit_id)
    assert new.code != old.code
    assert state_of(old) == State.TRANSFERRED
    assert queries.ticket_by_code(old.code) == new
    assert take(other).label == "B-002"  # the transfer took no number
    assert there.call() is not None


def test_a_transferred_number_may_equal_a_number_of_the_target_queue() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    take(other)
    desk = Desk(queue)
    take(queue)
    assert desk.act(actions.transfer, desk.serve(), service=other.services.get()).number == 1


def test_a_transfer_is_refused_to_its_own_queue_and_where_the_visit_waits_already() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    foreign = make_queue()
    desk = Desk(queue)
    first = take(queue)
    take(other, visit=first.visit)
    ticket = desk.serve()
    for target in (queue, other, foreign):
        with pytest.raises(tickets.NoTransfer):
            desk.act(actions.transfer, ticket, service=target.services.get())
    assert state_of(ticket) == State.SERVING


def test_a_repeated_transfer_finds_the_first_successor() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    desk = Desk(queue)
    take(queue)
    ticket = desk.serve()
    first = desk.act(actions.transfer, ticket, service=other.services.get())
    assert desk.act(actions.transfer, ticket, service=other.services.get()) == first


@pytest.mark.parametrize("act", [actions.start, actions.finish, actions.no_show, actions.hold])
def test_a_double_click_finds_the_first_result(act: Any) -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    ticket = desk.call()
    assert ticket is not None
    if act == actions.finish:
        desk.act(actions.start, ticket)
    first = desk.act(act, ticket)
    assert desk.act(act, ticket).state == first.state
    verbs = [entry.verb for entry in history_of(ticket)]
    assert len(verbs) == len(set(verbs))


@pytest.mark.parametrize(
    ("wrong", "state"),
    [(actions.start, State.WAITING), (actions.finish, State.WAITING), (actions.recall, State.WAITING)],
)
def test_an_act_from_the_wrong_state_is_refused_and_changes_nothing(wrong: Any, state: State) -> None:
    queue = make_queue()
    desk = Desk(queue)
    ticket = ticket_of(take(queue))
    with pytest.raises(tickets.WrongState, match=ticket.label):
        desk.act(wrong, ticket)
    assert state_of(ticket) == state


def test_undo_takes_each_wrong_click_back() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    desk = Desk(queue)
    take(queue)
    ticket = desk.serve()
    steps: list[tuple[Any, dict[str, Any]]] = [
        (actions.finish, {}),
        (actions.hold, {}),
        (actions.transfer, {"service": other.services.get()}),
    ]
    for act, more in steps:
        desk.act(act, ticket, **more)
        assert desk.act(actions.undo, ticket).state == State.SERVING
        assert Ticket.objects.get(pk=ticket.pk).visit.active_ticket_id == ticket.pk
    assert Ticket.objects.exclude(pk=ticket.pk).get().state == State.CANCELLED  # the successor that was taken back
    assert desk.act(actions.transfer, ticket, service=other.services.get()).state == State.WAITING


def test_an_undone_call_puts_the_visitor_back_as_if_never_called() -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    ticket = desk.call()
    assert ticket is not None
    back = desk.act(actions.undo, ticket)
    assert (back.state, back.called_at, back.counter_id, back.calls) == (State.WAITING, None, None, 0)
    assert back.visit.active_ticket_id is None


def test_undo_is_refused_when_late_foreign_repeated_or_overtaken() -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    take(queue)
    ticket = desk.act(actions.finish, desk.serve())
    with pytest.raises(tickets.NothingToUndo):
        desk.act(actions.undo, ticket, later=timedelta(seconds=31))
    with pytest.raises(tickets.NothingToUndo):
        actions.undo(ticket=ticket, by=make_user(), at=clock.now())
    following = desk.call()
    assert following is not None
    with pytest.raises(tickets.VisitorElsewhere):
        desk.act(actions.undo, ticket)
    assert state_of(ticket) == State.SERVED
    desk.act(actions.undo, following)
    desk.act(actions.undo, ticket)
    with pytest.raises(tickets.NothingToUndo):
        desk.act(actions.undo, ticket)


def test_a_transfer_cannot_be_undone_once_the_other_counter_has_called() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    desk, there = Desk(queue), Desk(other)
    take(queue)
    ticket = desk.serve()
    desk.act(actions.transfer, ticket, service=other.services.get())
    assert there.call() is not None
    with pytest.raises(tickets.NothingToUndo):
        desk.act(actions.undo, ticket)


def test_cancelling_frees_the_counter_that_called() -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    take(queue)
    first = desk.call()
    assert first is not None
    actions.cancel(ticket=first, by=None, at=clock.now())
    assert (desk.call() or first).pk != first.pk


def test_the_end_of_the_day_ends_what_is_open_and_frees_everyone() -> None:
    queue = make_queue()
    desks = [Desk(queue) for _ in range(3)]
    remote = take(queue, channel=Channel.PORTAL, caller="cookie:a")
    for _ in range(4):
        take(queue)
    called = desks[0].call()
    serving = desks[1].serve()
    held = desks[2].act(actions.hold, desks[2].serve())
    assert called is not None
    assert actions.close_day(day=day_of(queue), by=None, at=clock.now()) == 5
    assert state_of(called) == State.NO_SHOW
    assert state_of(serving) == State.SERVED
    assert state_of(held) == State.EXPIRED
    assert ticket_of(remote).state == State.EXPIRED
    assert actions.recount_allowance(allowance=Allowance.objects.get().pk) == 0
    assert not Ticket.objects.filter(visit__active_ticket__isnull=False).exists()
    with pytest.raises(tickets.GraceOver):
        actions.return_to_queue(ticket=called, by=None, at=clock.now())
    assert actions.close_day(day=day_of(queue), by=None, at=clock.now()) == 0


def test_nothing_can_be_undone_after_the_end_of_the_day() -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    ticket = desk.act(actions.finish, desk.serve())
    actions.close_day(day=day_of(queue), by=None, at=clock.now())
    with pytest.raises(tickets.NothingToUndo):
        desk.act(actions.undo, ticket)


def test_a_visit_ends_when_its_last_number_has() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    desk = Desk(queue)
    first = take(queue)
    second = take(other, visit=first.visit)
    ticket = desk.act(actions.finish, desk.serve())
    assert actions.settle_visits(visits=[ticket.visit_id], at=clock.now()) == 0
    actions.cancel(ticket=ticket_of(second), by=None, at=clock.now())
    assert actions.settle_visits(visits=[ticket.visit_id], at=clock.now()) == 1
    assert Ticket.objects.get(pk=ticket.pk).visit.ended_at is not None


def test_the_whole_way_of_a_number_stands_in_the_journal() -> None:
    queue = make_queue()
    desk = Desk(queue)
    take(queue)
    ticket = desk.act(actions.finish, desk.serve())
    verbs = [entry.verb for entry in history_of(ticket)]
    assert verbs == ["ticket.issued", "ticket.called", "ticket.started", "ticket.served"]
    assert {entry.mall for entry in history_of(ticket)} == {queue.mall_id}


@pytest.mark.parametrize("is_held", [False, True])
def test_another_officer_cannot_cancel_whoever_is_called_or_held(is_held: bool) -> None:
    queue = make_queue()
    desk, other = Desk(queue), Desk(queue)
    take(queue)
    ticket = desk.call()
    assert ticket is not None
    if is_held:
        desk.act(actions.hold, ticket)
    before = state_of(ticket)
    with pytest.raises(tickets.WrongState, match=ticket.label):
        other.act(actions.cancel, ticket)
    assert state_of(ticket) == before
    assert "ticket.cancelled" not in [entry.verb for entry in history_of(ticket)]
    assert desk.act(actions.cancel, ticket).state == State.CANCELLED
    assert other.act(actions.cancel, ticket).state == State.CANCELLED  # it is done already


def test_visitors_cancel_their_own_number_also_when_it_is_called() -> None:
    queue = make_queue()
    desk = Desk(queue)
    for by in (None, make_device(queue.mall)):
        take(queue)
        ticket = desk.call()
        assert ticket is not None
        assert actions.cancel(ticket=ticket, by=by, at=clock.now()).state == State.CANCELLED


def test_any_officer_cancels_whoever_waits_also_after_a_missed_call() -> None:
    queue = make_queue()
    desk, other = Desk(queue), Desk(queue)
    take(queue)
    ticket = desk.call()
    assert ticket is not None
    desk.act(actions.no_show, ticket)
    actions.return_to_queue(ticket=ticket, by=None, at=clock.now())
    assert other.act(actions.cancel, ticket).state == State.CANCELLED
