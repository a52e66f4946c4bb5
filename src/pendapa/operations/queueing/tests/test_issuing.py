"""Giving numbers: gapless, honest, once per key, one pool over all channels."""

from datetime import datetime, time, timedelta

import pytest

from pendapa.base import clock
from pendapa.base.codes import BadCode
from pendapa.base.journal.models import Entry
from pendapa.operations.queueing import actions, rules
from pendapa.operations.queueing.actions import issuing
from pendapa.operations.queueing.models import Allowance, QueueDay, Ticket, Visit
from pendapa.operations.queueing.rules import Channel, PriorityReason, State
from pendapa.operations.queueing.tests.make import (
    day_of,
    make_mall,
    make_queue,
    make_schedule,
    make_user,
    take,
    ticket_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_numbers_of_a_queue_are_gapless_and_its_label_has_three_digits() -> None:
    queue = make_queue(prefix="A")
    assert [take(queue).label for _ in range(3)] == ["A-001", "A-002", "A-003"]


def test_labels_grow_past_999() -> None:
    queue = make_queue(prefix="AB")
    QueueDay.objects.filter(queue=queue).update(last_number=998)
    assert [take(queue).label for _ in range(2)] == ["AB-999", "AB-1000"]


def test_a_kiosk_number_waits_and_a_number_from_afar_is_not_here_yet() -> None:
    queue = make_queue()
    assert take(queue).state == State.WAITING
    assert take(queue, channel=Channel.PORTAL).state == State.REMOTE
    kiosk, portal = Visit.objects.order_by("pk")
    assert kiosk.present_at is not None
    assert portal.present_at is None


def test_each_number_tells_how_many_people_are_before_it() -> None:
    queue = make_queue()
    assert [take(queue).ahead for _ in range(3)] == [0, 1, 2]


def test_a_priority_visitor_counts_as_waiting_a_quarter_of_an_hour_earlier() -> None:
    queue = make_queue()
    take(queue)
    ticket = ticket_of(take(queue, reason=PriorityReason.ELDERLY))
    assert ticket.issued_at - ticket.due_at == rules.HEAD_START
    assert ticket.priority_reason == "LANSIA"


def test_a_long_expected_wait_lengthens_the_head_start_to_its_half() -> None:
    queue = make_queue(expected_wait=timedelta(minutes=50))
    ticket = ticket_of(take(queue, reason=PriorityReason.PREGNANT))
    assert ticket.issued_at - ticket.due_at == timedelta(minutes=25)


def test_the_journal_never_holds_the_reason_of_a_priority() -> None:
    queue = make_queue()
    take(queue, reason=PriorityReason.DISABILITY)
    entry = Entry.objects.filter(verb="ticket.issued").latest("written_at")
    assert entry.data["priority"] is True
    assert "DISABILITAS" not in str(entry.data)


def test_one_pool_holds_over_all_channels() -> None:
    queue = make_queue(daily_limit=3)
    take(queue, channel=Channel.PORTAL)
    take(queue, channel=Channel.KIOSK)
    take(queue, channel=Channel.DESK)
    with pytest.raises(issuing.QueueFull) as refusal:
        take(queue, channel=Channel.HOST)
    assert refusal.value.facts["next_opening"]
    assert day_of(queue).last_number == 3


def test_a_refusal_leaves_nothing_half_written() -> None:
    queue = make_queue(daily_limit=0)
    with pytest.raises(issuing.QueueFull):
        take(queue, channel=Channel.PORTAL, key="k", caller="cookie:a")
    assert not Ticket.objects.exists()
    assert not Visit.objects.exists()
    assert not Allowance.objects.exists()
    QueueDay.objects.update(number_limit=1)
    assert take(queue, channel=Channel.PORTAL, key="k", caller="cookie:a").is_new


def test_outside_the_hours_nothing_is_given_and_the_next_opening_is_named() -> None:
    mall = make_mall()
    schedule = make_schedule(mall, opens=time(8), closes=time(15), name="Office")
    queue = make_queue(mall, schedule=schedule)
    evening = datetime(2026, 11, 23, 20, 0, tzinfo=mall.zone_info)
    clock.set_clock(at=evening, speed=0, may_go_back=True)
    with pytest.raises(issuing.QueueClosed) as refusal:
        take(queue)
    assert refusal.value.facts["next_opening"].startswith("2026-11-24T08:00:00+07:00")
    clock.set_clock(at=evening.replace(day=24, hour=8, minute=0), speed=0, may_go_back=True)
    assert take(queue).label == "A-001"


def test_midnight_at_the_mall_begins_a_new_day_with_number_one() -> None:
    mall = make_mall(time_zone="Asia/Jayapura")
    queue = make_queue(mall)
    clock.set_clock(at=datetime(2026, 11, 23, 23, 59, 30, tzinfo=mall.zone_info), speed=0, may_go_back=True)
    assert [take(queue).label for _ in range(2)] == ["A-001", "A-002"]
    clock.set_clock(at=datetime(2026, 11, 24, 0, 0, 1, tzinfo=mall.zone_info), speed=0)
    assert take(queue).label == "A-001"
    assert QueueDay.objects.filter(queue=queue, last_number__gt=0).count() == 2


def test_a_clock_that_is_set_back_never_puts_a_later_number_first() -> None:
    queue = make_queue()
    first = ticket_of(take(queue))
    clock.set_clock(offset=timedelta(minutes=-1), may_go_back=True)
    second = ticket_of(take(queue))
    assert second.number > first.number
    assert second.due_at > first.due_at


def test_the_same_key_finds_the_first_number_and_burns_none() -> None:
    queue = make_queue()
    first = take(queue, caller="cookie:a", key="form-1")
    again = take(queue, caller="cookie:a", key="form-1")
    assert (again.code, again.label, again.is_new) == (first.code, first.label, False)
    assert take(queue).label == "A-002"


def test_keys_of_two_people_do_not_meet() -> None:
    queue = make_queue()
    assert take(queue, caller="cookie:a", key="1").code != take(queue, caller="cookie:b", key="1").code


def test_a_key_with_another_request_is_refused() -> None:
    queue = make_queue()
    take(queue, caller="cookie:a", key="form-1")
    with pytest.raises(issuing.KeyReused):
        take(queue, caller="cookie:a", key="form-1", reason=PriorityReason.ILL)


def test_from_afar_one_person_holds_three_numbers_until_one_is_used() -> None:
    queues = [make_queue(prefix="A")]
    queues += [make_queue(queues[0].mall, prefix=prefix) for prefix in "BCD"]
    numbers = [take(queue, channel=Channel.PORTAL, caller="cookie:a") for queue in queues[:3]]
    with pytest.raises(issuing.TooManyNumbers):
        take(queues[3], channel=Channel.PORTAL, caller="cookie:a")
    take(queues[3], channel=Channel.PORTAL, caller="cookie:b")
    actions.cancel(ticket=ticket_of(numbers[0]), by=None, at=clock.now())
    assert take(queues[3], channel=Channel.PORTAL, caller="cookie:a").is_new


def test_a_shared_address_may_hold_more_than_a_cookie() -> None:
    queue = make_queue()
    for _ in range(rules.REMOTE_LIMITS["cookie"] + 1):
        assert take(queue, channel=Channel.API, caller="address:x").is_new


def test_a_number_can_join_a_visit_and_is_then_in_the_hall_with_it() -> None:
    queue = make_queue(prefix="A")
    other = make_queue(queue.mall, prefix="B")
    first = take(queue, channel=Channel.PORTAL)
    second = take(other, visit=first.visit.lower())  # at the kiosk: the visitor is here now
    assert second.visit == first.visit
    assert {ticket_of(first).state, ticket_of(second).state} == {State.WAITING}


def test_a_visit_has_one_open_number_in_a_queue() -> None:
    queue = make_queue()
    first = take(queue)
    with pytest.raises(issuing.AlreadyInQueue, match=first.label):
        take(queue, visit=first.visit)
    assert take(queue).label == "A-002"


def test_a_foreign_or_ended_visit_cannot_be_joined() -> None:
    queue, foreign = make_queue(), make_queue()
    first = take(foreign)
    with pytest.raises(issuing.VisitOver):
        take(queue, visit=first.visit)
    with pytest.raises(BadCode):
        take(queue, visit="not a code")
    Visit.objects.update(ended_at=clock.now())
    with pytest.raises(issuing.VisitOver):
        take(foreign, visit=first.visit)


def test_an_unknown_service_or_mall_is_refused_as_not_found() -> None:
    queue, foreign = make_queue(), make_queue()
    for mall, service in [(queue.mall.code, foreign.services.get().slug), ("nowhere", "nothing")]:
        with pytest.raises(issuing.UnknownService):
            actions.issue_ticket(mall=mall, service=service, channel=Channel.KIOSK, by=make_user())


def test_after_the_end_of_the_day_no_number_is_given() -> None:
    queue = make_queue()
    actions.close_day(day=day_of(queue), by=None, at=clock.now())
    with pytest.raises(issuing.QueueClosed):
        take(queue)
