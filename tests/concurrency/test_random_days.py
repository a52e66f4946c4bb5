"""Random days against a model: whatever visitors and officers do, in whatever order, the promises hold."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.operations.queueing import actions, rules
from pendapa.operations.queueing.models import Ticket
from pendapa.operations.queueing.rules import Act, Channel, PriorityReason, State
from pendapa.operations.queueing.tests.make import day_of, make_counter, make_queue, make_user, take
from tests.concurrency.invariants import check

CHANNELS = [Channel.KIOSK, Channel.PORTAL]
REASONS = [None, None, PriorityReason.ELDERLY]
MORNING = datetime(2026, 11, 25, 1, tzinfo=UTC)  # 08.00 at the mall: all acts of a run fall on one service day


class RandomDay(RuleBasedStateMachine):
    """Two queues, three counters (one serves both), a few callers; acts are tried in any state.

    A refused act must leave everything as it was; an act that is done must be one the table allows.
    """

    def __init__(self) -> None:
        super().__init__()
        clock.set_clock(at=MORNING, speed=1, may_go_back=True)
        first = make_queue(prefix="A")
        self.queues = [first, make_queue(first.mall, prefix="B")]
        self.mall = first.mall
        self.counters = [make_counter(first), make_counter(self.queues[1]), make_counter(*self.queues)]
        self.officers = [make_user() for _ in self.counters]
        self.codes: list[str] = []
        self.visits: list[str] = []
        self.calls: dict[int, list[tuple[bool, bool]]] = {queue.pk: [] for queue in self.queues}
        self.at = clock.now()

    def ticket(self, pick: int) -> Ticket:
        return Ticket.objects.select_related("day__queue").get(code=self.codes[pick % len(self.codes)])

    def attempt(self, act: Act, ticket: Ticket, do: Callable[[], Ticket]) -> None:
        before = (ticket.state, ticket.due_at)
        try:
            after = do()
        except Refused:
            assert (Ticket.objects.get(pk=ticket.pk).state, ticket.due_at) == before
            return
        assert ticket.state in rules.STEPS[act].sources or ticket.state == rules.STEPS[act].target
        assert after.due_at == ticket.due_at
        assert after.label == ticket.label

    @rule(
        queue=st.integers(0, 1),
        channel=st.sampled_from(CHANNELS),
        reason=st.sampled_from(REASONS),
        caller=st.integers(0, 2),
    )
    def take_a_number(self, queue: int, channel: Channel, reason: PriorityReason | None, caller: int) -> None:
        self._take(queue, channel, reason, f"cookie:{caller}", visit=None)

    @precondition(lambda self: self.visits)
    @rule(queue=st.integers(0, 1), channel=st.sampled_from(CHANNELS), pick=st.integers(0, 99), caller=st.integers(0, 2))
    def add_a_number_to_a_visit(self, queue: int, channel: Channel, pick: int, caller: int) -> None:
        self._take(queue, channel, None, f"cookie:{caller}", visit=self.visits[pick % len(self.visits)])

    def _take(
        self, queue: int, channel: Channel, reason: PriorityReason | None, caller: str, visit: str | None
    ) -> None:
        try:
            issued = take(self.queues[queue], channel=channel, caller=caller, reason=reason, visit=visit)
        except Refused:
            return
        self.codes.append(issued.code)
        self.visits.append(issued.visit)

    @rule(counter=st.integers(0, 2))
    def call(self, counter: int) -> None:
        regular_waits = {
            queue.pk: Ticket.objects.filter(
                day__queue=queue, state=State.WAITING, priority=False, visit__active_ticket=None
            ).exists()
            for queue in self.queues
        }
        busy = Ticket.objects.filter(counter=self.counters[counter], state__in=rules.ACTIVE).exists()
        try:
            called = actions.call_next(counter=self.counters[counter], by=self.officers[counter], at=clock.now())
        except Refused:
            return
        if called and not busy:
            if called.code not in self.codes:
                self.codes.append(called.code)
            calls = self.calls[called.day.queue_id]
            calls.append((called.priority, regular_waits[called.day.queue_id]))
            if len(calls) > 1 and calls[-1] == (True, True):
                assert not calls[-2][0], "two priority visitors in a row although somebody without waits"

    @precondition(lambda self: self.codes)
    @rule(
        act=st.sampled_from([Act.START, Act.FINISH, Act.NO_SHOW, Act.HOLD, Act.RECALL]),
        pick=st.integers(0, 99),
        officer=st.integers(0, 2),
    )
    def serve(self, act: Act, pick: int, officer: int) -> None:
        ticket, by = self.ticket(pick), self.officers[officer]
        do: Any = getattr(actions, act)
        self.attempt(act, ticket, lambda: do(ticket=ticket, by=by, at=clock.now()))

    @precondition(lambda self: self.codes)
    @rule(act=st.sampled_from([Act.ARRIVE, Act.CANCEL, Act.RETURN]), pick=st.integers(0, 99))
    def visitor_acts(self, act: Act, pick: int) -> None:
        ticket = self.ticket(pick)
        do: Any = {Act.ARRIVE: actions.arrive, Act.CANCEL: actions.cancel, Act.RETURN: actions.return_to_queue}[act]
        self.attempt(act, ticket, lambda: do(ticket=ticket, by=None, at=clock.now()))

    @precondition(lambda self: self.codes)
    @rule(pick=st.integers(0, 99), officer=st.integers(0, 2))
    def resume(self, pick: int, officer: int) -> None:
        ticket = self.ticket(pick)
        self.attempt(
            Act.RESUME,
            ticket,
            lambda: actions.resume(
                ticket=ticket, counter=self.counters[officer], by=self.officers[officer], at=clock.now()
            ),
        )

    @precondition(lambda self: self.codes)
    @rule(pick=st.integers(0, 99), queue=st.integers(0, 1), officer=st.integers(0, 2))
    def transfer(self, pick: int, queue: int, officer: int) -> None:
        ticket, service = self.ticket(pick), self.queues[queue].services.get()
        self.attempt(
            Act.TRANSFER,
            ticket,
            lambda: actions.transfer(ticket=ticket, service=service, by=self.officers[officer], at=clock.now()),
        )

    @precondition(lambda self: self.codes)
    @rule(pick=st.integers(0, 99), officer=st.integers(0, 2), later=st.sampled_from([0, 5, 40]))
    def undo(self, pick: int, officer: int, later: int) -> None:
        ticket = self.ticket(pick)
        try:
            actions.undo(ticket=ticket, by=self.officers[officer], at=clock.now() + timedelta(seconds=later))
        except Refused:
            assert Ticket.objects.get(pk=ticket.pk).state == ticket.state
        else:
            # an undone call was no call: the ratio starts anew behind it
            self.calls[ticket.day.queue_id].clear()

    @rule()
    def time_passes(self) -> None:
        clock.set_clock(at=clock.now() + timedelta(minutes=4))

    @invariant()
    def promises_hold(self) -> None:
        check(mall=self.mall.pk)

    def teardown(self) -> None:
        for queue in self.queues:
            actions.close_day(day=day_of(queue), by=None, at=clock.now())
        assert not Ticket.objects.filter(day__queue__mall=self.mall, state__in=rules.OPEN).exists()
        clock.set_clock(offset=timedelta(), speed=1, may_go_back=True)


class RandomDayTest(TransactionTestCase):
    """Runs the machine on the real database."""

    def test_no_order_of_acts_breaks_a_promise(self) -> None:
        run_state_machine_as_test(
            RandomDay,
            settings=settings(
                max_examples=10,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                derandomize=True,
            ),
        )
