"""Somebody is locked out while they sit at a counter: nobody in the hall loses a place by it."""

import pytest
from tests.concurrency import invariants

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts import actions as accounts
from pendapa.directory.accounts.models import RoleKind
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import CounterState, CounterStatus, Ticket
from pendapa.operations.queueing.rules import State
from pendapa.operations.queueing.tests.make import make_counter, make_queue, make_user, take, ticket_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_served", [False, True])
def test_whoever_stood_there_is_called_first_by_the_next_officer(is_served: bool) -> None:
    queue = make_queue()
    counter = make_counter(queue)
    officer = make_user(mall=queue.mall, agency=queue.agency)
    first, second = ticket_of(take(queue)), ticket_of(take(queue))
    called = actions.call_next(counter=counter, by=officer, at=clock.now())
    assert called == first
    if is_served:
        actions.start(ticket=first, by=officer, at=clock.now())
    accounts.leave(user=officer, by=None, at=clock.now())
    status = CounterStatus.objects.get(counter=counter)
    assert (status.state, status.officer) == (CounterState.CLOSED, None)
    waiting = Ticket.objects.get(pk=first.pk)
    assert (waiting.state, waiting.counter, waiting.officer, waiting.due_at) == (
        State.WAITING,
        None,
        None,
        first.due_at,
    )
    assert Entry.objects.filter(verb="ticket.released", subject=f"ticket:{first.pk}").exists()
    invariants.check(mall=queue.mall_id)
    next_officer = make_user(mall=queue.mall, agency=queue.agency)
    assert actions.call_next(counter=counter, by=next_officer, at=clock.now()) == first
    actions.start(ticket=first, by=next_officer, at=clock.now())
    actions.finish(ticket=first, by=next_officer, at=clock.now())
    assert actions.call_next(counter=counter, by=next_officer, at=clock.now()) == second
    invariants.check(mall=queue.mall_id)


def test_an_empty_counter_closes_and_other_counters_go_on() -> None:
    queue = make_queue()
    counter, other = make_counter(queue), make_counter(queue)
    officer = make_user(mall=queue.mall, agency=queue.agency)
    colleague = make_user(mall=queue.mall, agency=queue.agency)
    actions.open_counter(counter=counter, by=officer, at=clock.now())
    actions.open_counter(counter=other, by=colleague, at=clock.now())
    accounts.leave(user=officer, by=None, at=clock.now())
    states = dict(CounterStatus.objects.values_list("counter", "state"))
    assert states == {counter.pk: CounterState.CLOSED, other.pk: CounterState.OPEN}


def test_without_the_role_the_counter_is_free_again() -> None:
    queue = make_queue()
    counter = make_counter(queue)
    officer = make_user(mall=queue.mall, agency=queue.agency)
    host = accounts.give_role(user=officer, kind=RoleKind.HOST, mall=queue.mall, by=None, at=clock.now())
    first = ticket_of(take(queue))
    actions.call_next(counter=counter, by=officer, at=clock.now())
    accounts.take_role(role=host, by=None, at=clock.now())
    assert CounterStatus.objects.get(counter=counter).officer == officer
    accounts.take_role(role=officer.roles.get(), by=None, at=clock.now())
    assert CounterStatus.objects.get(counter=counter).officer is None
    assert Ticket.objects.get(pk=first.pk).state == State.WAITING
    invariants.check(mall=queue.mall_id)
