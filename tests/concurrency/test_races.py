"""Races of the hall, each through a forced interleaving, each also against a mutant that must fail there.

A test's promise is a function that raises `AssertionError` when it is broken; the mutant's test expects just that.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from pendapa.base import clock
from pendapa.base.journal import actions as journal
from pendapa.operations.queueing import actions, rules, statements
from pendapa.operations.queueing.actions import days, issuing, tickets
from pendapa.operations.queueing.models import Queue, QueueDay, Ticket, Visit
from pendapa.operations.queueing.rules import Channel, PriorityReason, State
from pendapa.operations.queueing.tests.make import day_of, make_counter, make_queue, make_user, take, ticket_of
from tests.concurrency.stage import holding, mutant, outcome

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

DAY = "SELECT FROM queueing_queueday WHERE id = %s FOR UPDATE"
TURN = "SELECT FROM queueing_turn WHERE day_id = %s FOR UPDATE"
TICKET = "SELECT FROM queueing_ticket WHERE id = %s FOR UPDATE"


@contextmanager
def seen_to_fail() -> Iterator[None]:
    """The mutant breaks the promise, every time."""
    with pytest.raises((AssertionError, IntegrityError)):
        yield


@contextmanager
def seen_to_circle() -> Iterator[None]:
    """The mutant's acts wait for each other until the database ends one of them."""
    with pytest.raises(AssertionError, match="OperationalError"):
        yield


def open_desk(*queues: Queue) -> Callable[[], statements.CallRow]:
    """A counter with its officer, as one attempt of the hot statement."""
    counter, officer = make_counter(*queues), make_user()
    actions.open_counter(counter=counter, by=officer, at=clock.now())
    return lambda: statements.call(counter=counter.pk, officer=officer.pk, actor=officer.actor_name, lenient=True)


def numbers_are_never_shared() -> None:
    queue = make_queue()
    with holding(DAY, day_of(queue).pk) as stage:
        taken = [stage.begin(lambda: take(queue).label) for _ in range(4)]
        stage.release()
    assert {outcome(one) for one in taken} == {"A-001", "A-002", "A-003", "A-004"}


def test_kiosks_never_share_a_number() -> None:
    numbers_are_never_shared()


def test_without_the_locked_row_kiosks_share_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(
        monkeypatch,
        "ISSUE",
        "SET last_number = d.last_number + 1,",
        "SET last_number = (SELECT last_number FROM queueing_queueday seen WHERE seen.id = d.id) + 1,",
    )
    with seen_to_fail():
        numbers_are_never_shared()


def the_pool_is_never_over_sold() -> None:
    queue = make_queue(daily_limit=2)
    with holding(DAY, day_of(queue).pk) as stage:
        taken = [stage.begin(lambda: take(queue).label) for _ in range(4)]
        stage.release()
    assert sorted(str(outcome(one)) for one in taken) == sorted(["A-001", "A-002", *2 * [str(issuing.QueueFull)]])
    assert day_of(queue).last_number == 2


def test_a_limited_day_gives_exactly_its_numbers() -> None:
    the_pool_is_never_over_sold()


def test_without_the_limit_in_the_statement_the_pool_is_over_sold(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch, "ISSUE", "AND (d.number_limit IS NULL OR d.last_number < d.number_limit)")
    with seen_to_fail():
        the_pool_is_never_over_sold()


def equal_keys_give_one_number() -> None:
    queue = make_queue()
    with holding(DAY, day_of(queue).pk) as stage:
        taken = [stage.begin(lambda: take(queue, caller="cookie:a", key="form").code) for _ in range(3)]
        stage.release()
    assert len({outcome(one) for one in taken}) == 1
    assert Ticket.objects.filter(day__queue=queue).count() == 1
    assert take(queue).label == "A-002"


def test_equal_keys_at_once_find_one_number_and_leave_no_gap() -> None:
    equal_keys_give_one_number()


def test_a_number_that_does_not_depend_on_the_claim_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(
        monkeypatch,
        "ISSUE",
        "UNION ALL SELECT NULL WHERE %(key)s::text IS NULL\n",
        "UNION ALL SELECT NULL WHERE NOT EXISTS (SELECT FROM claim)\n",
    )
    with seen_to_fail():
        equal_keys_give_one_number()


def one_person_holds_three_numbers_from_afar() -> None:
    queues = [make_queue(prefix="A")]
    queues += [make_queue(queues[0].mall, prefix=prefix) for prefix in "BCDE"]
    take(queues[4], channel=Channel.PORTAL, caller="cookie:a")
    with holding("SELECT FROM queueing_allowance WHERE caller = %s FOR UPDATE", "cookie:a") as stage:
        taken = [
            stage.begin(lambda queue=queue: take(queue, channel=Channel.PORTAL, caller="cookie:a").label)  # type: ignore[misc]  # mypy cannot infer it
            for queue in queues[:4]
        ]
        stage.release()
    assert sum(outcome(one) is issuing.TooManyNumbers for one in taken) == 2
    assert Ticket.objects.count() == rules.REMOTE_LIMITS["cookie"]


def test_the_limit_from_afar_holds_for_numbers_taken_at_once() -> None:
    one_person_holds_three_numbers_from_afar()


def test_without_the_guarded_allowance_the_limit_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch, "ISSUE", "WHERE a.held < %(remote_limit)s::int")
    with seen_to_fail():
        one_person_holds_three_numbers_from_afar()


def counters_never_share_a_visitor() -> None:
    queue = make_queue()
    labels = [take(queue).label for _ in range(3)]
    desks = [open_desk(queue) for _ in range(3)]
    with holding(TURN, day_of(queue).pk) as stage:
        calls = [stage.begin(desk) for desk in desks]
        stage.release()
    rows = [outcome(call) for call in calls]
    called = [row.ticket_id for row in rows if isinstance(row, statements.CallRow)]
    assert sorted(Ticket.objects.get(pk=pk).label for pk in called if pk) == labels


def test_counters_that_call_at_once_call_different_visitors_and_leave_nobody() -> None:
    counters_never_share_a_visitor()


def test_without_the_row_lock_two_counters_call_one_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch, "CALL", "FOR UPDATE OF ticket, visit SKIP LOCKED")
    with seen_to_fail():
        counters_never_share_a_visitor()


def nobody_is_called_to_two_places() -> None:
    first = make_queue(prefix="A")
    queues = [first, *(make_queue(first.mall, prefix=prefix) for prefix in "BC")]
    visit = take(first).visit
    for queue in queues[1:]:
        take(queue, visit=visit)
    desks = [open_desk(queue) for queue in queues]
    with holding(TURN, day_of(queues[0]).pk) as a, holding(TURN, day_of(queues[1]).pk) as b:
        early, late = a.begin(desks[0]), b.begin(desks[1])
        a.release()  # the first counter has called; the second still looks at a time before that
        b.release()
    assert isinstance(outcome(early), statements.CallRow)
    assert outcome(late) == statements.CallRow(posts=1, candidates=1, ticket_id=None)
    assert desks[2]() == statements.CallRow(posts=1, candidates=0, ticket_id=None)
    assert Ticket.objects.filter(state=State.CALLED).count() == 1


def test_a_visit_with_tickets_in_three_queues_is_in_one_place() -> None:
    nobody_is_called_to_two_places()


def test_a_statement_that_does_not_look_at_the_locked_visit_calls_it_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch, "CALL", "FOR UPDATE OF ticket, visit SKIP LOCKED", "FOR UPDATE OF ticket SKIP LOCKED")
    with seen_to_fail():
        nobody_is_called_to_two_places()


def priority_is_one_of_two_across_counters() -> None:
    queue = make_queue()
    for _ in range(2):
        take(queue)
    for _ in range(2):
        take(queue, reason=PriorityReason.ELDERLY)
    desks = [open_desk(queue) for _ in range(2)]
    with holding(TURN, day_of(queue).pk) as stage:
        for desk in desks:
            stage.begin(desk)
        stage.release()
    called = Ticket.objects.filter(state=State.CALLED)
    assert sorted(called.values_list("priority", flat=True)) == [False, True]


def test_the_priority_ratio_holds_for_counters_that_call_at_once() -> None:
    priority_is_one_of_two_across_counters()


def test_without_the_locked_turn_two_priority_visitors_are_called_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch, "CALL", "FOR UPDATE OF u")
    with seen_to_fail():
        priority_is_one_of_two_across_counters()


def priority_is_one_of_two_across_counters_that_serve_several_queues() -> None:
    """A call that waits for the turn of one queue has already seen how long the other queues' visitors wait."""
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    take(other)
    take(queue)
    for _ in range(2):
        take(queue, reason=PriorityReason.ELDERLY)
    own, both = make_counter(queue), make_counter(queue, other)
    with holding(TURN, day_of(queue).pk) as stage:
        for counter in (own, both):
            officer = make_user()
            actions.open_counter(counter=counter, by=officer, at=clock.now())
            stage.begin(
                lambda counter=counter, officer=officer: actions.call_next(counter=counter, by=officer, at=clock.now())  # type: ignore[misc]  # bound at once
            )
        stage.release()
    called = Ticket.objects.filter(state=State.CALLED)
    assert called.count() == 2
    assert sorted(called.values_list("priority", flat=True)) == [False, True]


def test_the_priority_ratio_holds_for_counters_of_several_queues() -> None:
    priority_is_one_of_two_across_counters_that_serve_several_queues()


def test_without_a_second_look_at_the_turn_two_priority_visitors_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    clause = (
        "AND NOT (ticket.priority AND turn.last_was_priority AND EXISTS (SELECT FROM near WHERE NOT near.priority))"
    )
    mutant(monkeypatch, "CALL", clause)
    with seen_to_fail():
        priority_is_one_of_two_across_counters_that_serve_several_queues()


def two_clicks_make_one_call() -> None:
    queue = make_queue()
    take(queue)
    take(queue)
    counter, officer = make_counter(queue), make_user()
    actions.open_counter(counter=counter, by=officer, at=clock.now())

    def click() -> int | None:
        called = actions.call_next(counter=counter, by=officer, at=clock.now())
        return called.pk if called else None

    with holding(TURN, day_of(queue).pk) as stage:
        clicks = [stage.begin(click) for _ in range(2)]
        stage.release()
    assert outcome(clicks[0]) == outcome(clicks[1])
    assert Ticket.objects.filter(state=State.CALLED).count() == 1


def test_two_clicks_at_one_counter_find_one_visitor() -> None:
    two_clicks_make_one_call()


def test_without_the_unique_index_two_clicks_call_two_visitors() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('ticket_counter_serves_one'::regclass)")
        definition = cursor.fetchone()[0]
        cursor.execute("DROP INDEX ticket_counter_serves_one")
    try:
        with seen_to_fail():
            two_clicks_make_one_call()
    finally:
        Ticket.objects.update(state=State.CANCELLED)
        with connection.cursor() as cursor:
            cursor.execute(definition)


def undo_and_finish_exclude_each_other() -> None:
    queue = make_queue()
    take(queue)
    counter, officer = make_counter(queue), make_user()
    called = actions.call_next(counter=counter, by=officer, at=clock.now())
    assert called is not None
    ticket = actions.start(ticket=called, by=officer, at=clock.now())
    at = clock.now()
    with holding(TICKET, ticket.pk) as stage:
        undone = stage.begin(lambda: actions.undo(ticket=ticket, by=officer, at=at, act=rules.Act.START).state)
        finished = stage.begin(lambda: actions.finish(ticket=ticket, by=officer, at=at).state)
        stage.release()
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert [outcome(undone), outcome(finished)] == [State.CALLED, tickets.WrongState]
    assert (ticket.state, ticket.started_at, ticket.ended_at) == (State.CALLED, None, None)
    assert ticket.visit.active_ticket_id == ticket.pk


def test_undo_and_finish_in_two_tabs_exclude_each_other() -> None:
    undo_and_finish_exclude_each_other()


def test_without_the_locked_ticket_undo_and_finish_both_win(monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(ticket: Ticket) -> Ticket:
        return Ticket.objects.select_related("day__queue", "visit", "counter", "service").get(pk=ticket.pk)

    monkeypatch.setattr(tickets, "_locked", unlocked)
    with seen_to_fail():
        undo_and_finish_exclude_each_other()


def a_closed_day_has_no_open_number() -> None:
    queue = make_queue()
    day = day_of(queue)
    take(queue)
    with holding(DAY, day.pk) as stage:
        stage.begin(lambda: actions.close_day(day=day, by=None, at=clock.now()))
        late = stage.begin(lambda: take(queue).label)
        stage.release()
    assert outcome(late) is issuing.QueueClosed
    assert not Ticket.objects.filter(day=day, state__in=rules.OPEN).exists()
    assert QueueDay.objects.get(pk=day.pk).last_number == 1


def test_the_end_of_the_day_and_a_new_number_exclude_each_other() -> None:
    a_closed_day_has_no_open_number()


def test_a_statement_that_does_not_look_at_the_end_gives_a_number_into_a_closed_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant(monkeypatch, "ISSUE", "AND d.closed_at IS NULL")
    with seen_to_fail():
        a_closed_day_has_no_open_number()


def a_number_given_before_the_end_is_ended_with_the_day() -> None:
    queue = make_queue()
    day = day_of(queue)
    with holding(DAY, day.pk) as stage:
        early = stage.begin(lambda: take(queue).label)
        stage.begin(lambda: actions.close_day(day=day, by=None, at=clock.now()))
        stage.release()
    assert outcome(early) == "A-001"
    assert Ticket.objects.get(day=day).state == State.EXPIRED


def test_a_number_given_just_before_the_end_is_ended_with_the_day() -> None:
    a_number_given_before_the_end_is_ended_with_the_day()


def test_an_end_that_lists_the_numbers_before_it_has_the_day_leaves_one_open(monkeypatch: pytest.MonkeyPatch) -> None:
    patient, seen = QuerySet.select_for_update, list[int]()

    def looks_too_early(self: QuerySet[Any], **options: Any) -> QuerySet[Any]:
        if self.model is QueueDay:
            seen.extend(Ticket.objects.filter(state__in=rules.OPEN).values_list("pk", flat=True))
        locked = patient(self, **options)
        return locked.filter(pk__in=seen) if self.model is Ticket else locked

    monkeypatch.setattr(QuerySet, "select_for_update", looks_too_early)
    with seen_to_fail():
        a_number_given_before_the_end_is_ended_with_the_day()
    assert QueueDay.objects.get().closed_at


def the_end_of_the_day_and_a_number_from_afar_do_not_circle() -> None:
    queue = make_queue()
    day = day_of(queue)
    take(queue, channel=Channel.PORTAL, caller="cookie:a")
    with holding(DAY, day.pk) as stage:
        closing = stage.begin(lambda: actions.close_day(day=day, by=None, at=clock.now()))
        late = stage.begin(lambda: take(queue, channel=Channel.PORTAL, caller="cookie:a").label)
        stage.release()
    assert (outcome(closing), outcome(late)) == (1, issuing.QueueClosed)


def test_the_end_of_the_day_and_a_number_from_afar_do_not_wait_for_each_other_in_a_circle() -> None:
    the_end_of_the_day_and_a_number_from_afar_do_not_circle()


def test_giving_allowances_back_while_the_day_is_held_would_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    write = journal.record

    def gives_back(*, subject: Any, **entry: Any) -> Any:
        if isinstance(subject, Ticket):
            days.give_back_allowance(subject)
        return write(subject=subject, **entry)

    monkeypatch.setattr(journal, "record", gives_back)
    with seen_to_circle():
        the_end_of_the_day_and_a_number_from_afar_do_not_circle()


def a_return_and_the_end_of_the_day_exclude_each_other() -> None:
    queue = make_queue()
    day = day_of(queue)
    take(queue)
    counter, officer = make_counter(queue), make_user()
    called = actions.call_next(counter=counter, by=officer, at=clock.now())
    assert called is not None
    missed = actions.no_show(ticket=called, by=officer, at=clock.now())
    with holding(DAY, day.pk) as stage:
        stage.begin(lambda: actions.close_day(day=day, by=None, at=clock.now()))
        back = stage.begin(lambda: actions.return_to_queue(ticket=missed, by=None, at=clock.now()).state)
        stage.release()
    assert outcome(back) is tickets.GraceOver
    assert not Ticket.objects.filter(day=day, state__in=rules.OPEN).exists()


def test_a_missed_number_cannot_return_into_a_day_that_ends() -> None:
    a_return_and_the_end_of_the_day_exclude_each_other()


def test_without_the_held_day_a_missed_number_returns_into_a_closed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    def unheld(day: int) -> bool:
        return QueueDay.objects.get(pk=day).closed_at is None

    monkeypatch.setattr(statements, "day_stays_open", unheld)
    with seen_to_fail():
        a_return_and_the_end_of_the_day_exclude_each_other()


def arrival_reaches_a_number_that_joins_the_visit() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    first = take(queue, channel=Channel.PORTAL, caller="cookie:a")
    visit = Visit.objects.get(code=first.visit)
    with holding(DAY, day_of(other).pk) as stage:
        stage.begin(lambda: take(other, channel=Channel.PORTAL, caller="cookie:a", visit=first.visit))
        arrived = stage.begin(lambda: actions.arrive(ticket=ticket_of(first), by=None, at=clock.now()).state)
        stage.release()
    assert outcome(arrived) == State.WAITING
    assert set(Ticket.objects.filter(visit=visit).values_list("state", flat=True)) == {State.WAITING}


def test_who_arrives_while_taking_a_second_number_has_both_in_the_hall() -> None:
    arrival_reaches_a_number_that_joins_the_visit()


def test_without_the_locked_visit_the_second_number_is_left_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch, "ISSUE", "FOR SHARE OF v")
    with seen_to_fail():
        arrival_reaches_a_number_that_joins_the_visit()


def two_arrivals_of_one_visit_do_not_circle() -> None:
    first = make_queue(prefix="A")
    second = make_queue(first.mall, prefix="B")
    one = ticket_of(take(first, channel=Channel.PORTAL, caller="cookie:a"))
    other = ticket_of(take(second, channel=Channel.PORTAL, caller="cookie:a", visit=one.visit.code))
    with holding(TICKET, one.pk) as stage:
        arrivals = [
            stage.begin(lambda ticket=ticket: actions.arrive(ticket=ticket, by=None, at=clock.now()).state)  # type: ignore[misc]  # bound at once
            for ticket in (one, other)
        ]
        stage.release()
    assert [outcome(arrival) for arrival in arrivals] == [State.WAITING, State.WAITING]


def test_a_visitor_who_arrives_twice_at_once_arrives_once() -> None:
    two_arrivals_of_one_visit_do_not_circle()


def test_locking_the_own_number_first_would_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    def own_first(ticket: Ticket) -> list[Ticket]:
        locked = [tickets._locked(ticket)]
        others = Ticket.objects.select_for_update(of=("self",)).filter(visit=ticket.visit_id, state=State.REMOTE)
        others = others.select_related("day__queue", "visit", "counter", "service")
        return [*others.order_by("pk"), *(one for one in locked if one.state != State.REMOTE)]

    monkeypatch.setattr(tickets, "_locked_with_others_from_afar", own_first)
    with seen_to_fail():
        two_arrivals_of_one_visit_do_not_circle()


@contextmanager
def calls_that_wait_before_their_ticket_is_written() -> Iterator[str]:
    """A call then stands between its lock on the visit and its place in the index; gives the lock it waits for."""
    wait = "PERFORM pg_advisory_xact_lock(4711); RETURN NEW;"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE FUNCTION race_wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {wait} END'")
        cursor.execute(
            "CREATE TRIGGER race_wait BEFORE UPDATE ON queueing_ticket FOR EACH ROW"
            " WHEN (NEW.state = 'called') EXECUTE FUNCTION race_wait()"
        )
    try:
        yield "SELECT pg_advisory_xact_lock(4711)"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION race_wait CASCADE")


def who_goes_on_with_a_visitor_and_who_calls_them_do_not_circle() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    aside = ticket_of(take(queue))
    waiting = ticket_of(take(other, visit=aside.visit.code))
    counter, officer = make_counter(queue), make_user()
    actions.open_counter(counter=counter, by=officer, at=clock.now())
    called = actions.call_next(counter=counter, by=officer, at=clock.now())
    assert called == aside
    held = actions.hold(ticket=actions.start(ticket=called, by=officer, at=clock.now()), by=officer, at=clock.now())
    call = open_desk(other)
    with calls_that_wait_before_their_ticket_is_written() as lock, holding(lock) as stage:
        first = stage.begin(call)
        second = stage.begin(lambda: actions.resume(ticket=held, counter=counter, by=officer, at=clock.now()).state)
        stage.release()
    assert outcome(first) == statements.CallRow(posts=1, candidates=1, ticket_id=waiting.pk)
    assert outcome(second) is tickets.VisitorElsewhere
    assert Visit.objects.get(pk=aside.visit_id).active_ticket_id == waiting.pk
    assert Ticket.objects.get(pk=aside.pk).state == State.HELD


def test_whoever_claims_the_visitor_first_has_them_and_the_other_is_told() -> None:
    who_goes_on_with_a_visitor_and_who_calls_them_do_not_circle()


def test_writing_the_ticket_before_the_visitor_is_claimed_would_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    def ticket_first(ticket: Ticket, fields: list[str]) -> None:
        with transaction.atomic():
            ticket.save(update_fields=[field.removesuffix("_id") for field in fields])
            free = Visit.objects.filter(pk=ticket.visit_id, active_ticket=None)
            if not free.update(active_ticket=ticket):
                raise tickets.VisitorElsewhere("elsewhere")

    with monkeypatch.context() as only_then:
        hold = actions.hold

        def hold_rightly(**said: Any) -> Ticket:
            held = hold(**said)
            only_then.setattr(tickets, "_save", ticket_first)
            return held

        only_then.setattr(actions, "hold", hold_rightly)
        with seen_to_circle():
            who_goes_on_with_a_visitor_and_who_calls_them_do_not_circle()


def the_end_of_the_day_and_a_number_for_the_visitor_at_the_counter_do_not_circle() -> None:
    queue = make_queue(prefix="A")
    day = day_of(queue)
    first = take(queue)
    call = open_desk(queue)
    assert call().ticket_id
    with holding(DAY, day.pk) as stage:
        closing = stage.begin(lambda: actions.close_day(day=day, by=None, at=clock.now()))
        late = stage.begin(lambda: take(queue, visit=first.visit).label)  # holds the visit, waits for the day
        stage.release()
    assert (outcome(closing), outcome(late)) == (1, issuing.QueueClosed)
    actions.settle_visits(visits=[Visit.objects.get(code=first.visit).pk], at=clock.now())
    assert not Visit.objects.exclude(active_ticket=None).exists()


def test_the_end_of_the_day_passes_by_a_visit_that_is_held() -> None:
    the_end_of_the_day_and_a_number_for_the_visitor_at_the_counter_do_not_circle()


def test_waiting_for_the_held_visit_would_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    patient = QuerySet.select_for_update

    def never_skips(self: QuerySet[Any], **options: Any) -> QuerySet[Any]:
        return patient(self, **{**options, "skip_locked": False})

    monkeypatch.setattr(QuerySet, "select_for_update", never_skips)
    with seen_to_fail():
        the_end_of_the_day_and_a_number_for_the_visitor_at_the_counter_do_not_circle()


def test_the_stage_itself_sees_an_act_that_fails() -> None:
    def broken() -> Any:
        raise ZeroDivisionError

    with holding("SELECT 1") as stage:
        future = stage.begin(broken)
        stage.release()
    assert outcome(future) is ZeroDivisionError
