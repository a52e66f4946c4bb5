"""Reads about queues and numbers: labels and counters, never names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import ngettext

from pendapa.base.secrets import encrypt
from pendapa.directory.malls.events import HoursChange, Impact
from pendapa.directory.malls.models import Counter, Mall
from pendapa.directory.malls.queries import service_date
from pendapa.directory.malls.rules import ServiceHours
from pendapa.operations.queueing import rules
from pendapa.operations.queueing.models import Queue, QueueDay, Ticket, Visit
from pendapa.operations.queueing.rules import State

_WHOLE = ("day__queue__agency", "day__queue__mall", "day__queue__zone", "visit", "counter__zone", "service", "officer")
RECENT = 8


def sealed_reason(reason: str) -> str:
    """A priority reason as the column stores it, for the statement that writes it without the ORM."""
    return encrypt(reason, context=Ticket._meta.get_field("priority_reason").context)


def ticket(pk: int) -> Ticket:
    """A ticket with all that a screen says of it; one statement."""
    return Ticket.objects.select_related(*_WHOLE).get(pk=pk)


def ticket_by_code(code: str) -> Ticket | None:
    """The ticket that a code opens. The code of a transferred number leads on to the successor."""
    found = Ticket.objects.select_related(*_WHOLE).filter(code=code).first()
    while found is not None and found.state == State.TRANSFERRED:
        found = Ticket.objects.select_related(*_WHOLE).filter(predecessor=found).exclude(state=State.CANCELLED).first()
    return found


def tickets_of(visit: Visit) -> list[Ticket]:
    """All numbers of a visit in the order they were taken, without those that a transfer replaced."""
    tickets = visit.tickets.select_related(*_WHOLE).exclude(state=State.TRANSFERRED)
    return list(tickets.order_by("issued_at", "pk"))


def tickets_of_visit(code: str) -> list[Ticket]:
    """The numbers of the visit with that code, as `tickets_of`; none when there is no such visit."""
    visit = Visit.objects.filter(code=code).first()
    return tickets_of(visit) if visit else []


def open_visits_of(caller: str, dates: Collection[date]) -> QuerySet[Visit]:
    """The visits that somebody without an account began on one of the dates and that are not over."""
    return Visit.objects.filter(caller=caller, date__in=dates, ended_at=None).order_by("pk")


def ahead_of(ticket: Ticket) -> int:
    """How many people are due before this number in its queue, whether in the hall or still on their way."""
    if ticket.state not in rules.IN_LINE:
        return 0
    return Ticket.objects.filter(day=ticket.day_id, state__in=rules.IN_LINE, due_at__lt=ticket.due_at).count()


def ahead_of_each(codes: Collection[str]) -> dict[str, tuple[str, int]]:
    """State and people ahead of many tickets by code, in one statement; for the live streams."""
    others = Q(day__tickets__state__in=rules.IN_LINE, day__tickets__due_at__lt=F("due_at"))
    rows = Ticket.objects.filter(code__in=codes).annotate(ahead=Count("day__tickets", filter=others))
    return {
        code: (state, ahead if state in rules.IN_LINE else 0)
        for code, state, ahead in rows.values_list("code", "state", "ahead")
    }


def active_at(counter: Counter) -> Ticket | None:
    """Who is called to or served at a counter now."""
    return Ticket.objects.select_related(*_WHOLE).filter(counter=counter, state__in=rules.ACTIVE).first()


def held_at(counter: Counter, on: date) -> list[Ticket]:
    """Who stepped aside from a counter today and will come back."""
    return list(
        Ticket.objects.select_related(*_WHOLE)
        .filter(counter=counter, state=State.HELD, last_act_at__gte=_midnight(counter, on))
        .order_by("last_act_at")
    )


def _midnight(counter: Counter, on: date) -> datetime:
    return datetime.combine(on, time.min, tzinfo=counter.mall.zone_info)


def waiting_for(counter: Counter, on: date, *, limit: int = 20) -> list[Ticket]:
    """Who a counter's work profile would call, in order of `due_at`; people who are served elsewhere come later."""
    return list(
        Ticket.objects.select_related(*_WHOLE)
        .filter(day__date=on, state=State.WAITING, day__queue__work_profiles__counterstatus__counter=counter)
        .order_by("due_at", "pk")[:limit]
    )


@dataclass(frozen=True)
class QueueNow:
    """A queue as a visitor sees it: people waiting in the hall, people on their way, whether numbers are given."""

    queue: Queue
    waiting: int
    remote: int
    gives_numbers: bool
    is_full: bool
    numbers_until: datetime | None


def queues_at(mall: Mall, at: datetime) -> list[QueueNow]:
    """Every queue of a mall now, by prefix; three statements, whatever the number of people."""
    today = service_date(mall, at)
    days = {day.queue_id: day for day in QueueDay.objects.filter(queue__mall=mall, date=today)}
    in_line = Ticket.objects.filter(day__in=days.values(), state__in=rules.IN_LINE)
    counts = {
        (queue, state): count
        for queue, state, count in in_line.values_list("day__queue", "state").annotate(count=Count("pk"))
    }
    return [
        _now(queue, days.get(queue.pk), counts, at)
        for queue in Queue.objects.filter(mall=mall).select_related("agency", "zone").order_by("prefix")
    ]


def _now(queue: Queue, day: QueueDay | None, counts: Mapping[tuple[int, str], int], at: datetime) -> QueueNow:
    is_full = day is not None and day.number_limit is not None and day.last_number >= day.number_limit
    is_given = day is not None and day.closed_at is None and day.numbers_from <= at < day.numbers_until
    return QueueNow(
        queue=queue,
        waiting=counts.get((queue.pk, State.WAITING), 0),
        remote=counts.get((queue.pk, State.REMOTE), 0),
        gives_numbers=is_given and not is_full,
        is_full=is_full,
        numbers_until=day.numbers_until if day else None,
    )


def board_of(mall_code: str, at: datetime) -> dict[str, Any] | None:
    """What the board of a mall shows: who is called now, the calls before, how many wait. None: no such mall.

    `called` holds those who should go to a counter, latest call first; `serving` those who are there.
    """
    mall = Mall.objects.filter(code=mall_code).first()
    if mall is None:
        return None
    today = service_date(mall, at)
    calls = (
        Ticket.objects.filter(day__queue__mall=mall, day__date=today, calls__gt=0, last_called_at__isnull=False)
        .exclude(state__in=[State.WAITING, State.TRANSFERRED])
        .select_related("counter__zone", "day__queue__agency")
        .order_by("-last_called_at", "-pk")
    )
    active = list(calls.filter(state__in=rules.ACTIVE))
    recent = list(calls.exclude(state__in=rules.ACTIVE)[:RECENT])
    return {
        "mall": mall.code,
        "date": today.isoformat(),
        "called": [_call(call) for call in active if call.state == State.CALLED],
        "serving": [_call(call) for call in active if call.state == State.SERVING],
        "recent": [_call(call) for call in recent],
        "queues": [
            {
                "prefix": now.queue.prefix,
                "name": now.queue.name,
                "agency": now.queue.agency.short_name,
                "waiting": now.waiting,
                "is_open": now.gives_numbers,
            }
            for now in queues_at(mall, at)
        ],
    }


def _call(call: Ticket) -> dict[str, Any]:
    counter = call.counter
    return {
        "label": call.label,
        "counter": counter.number if counter else None,
        "zone": counter.zone.code if counter else None,
        "agency": call.queue.agency.short_name,
        "state": call.state,
        "calls": call.calls,
        "called_at": call.last_called_at.isoformat() if call.last_called_at else None,
    }


def moments_of(hours: ServiceHours) -> dict[str, datetime]:
    """The hours of a schedule as the columns of a queue day."""
    return {name: getattr(hours, name) for name in ("opens_at", "closes_at", "numbers_from", "numbers_until")}


def days_following(changes: Sequence[HoursChange], *, lock: bool = False) -> list[tuple[QueueDay, HoursChange]]:
    """The days that are made already, not closed, and follow a schedule whose hours change. One statement."""
    by_day = {(change.schedule, change.date): change for change in changes}
    if not by_day:
        return []
    rows = QueueDay.objects.filter(
        closed_at=None,
        queue__schedule__in={change.schedule for change in changes},
        date__in={change.date for change in changes},
    )
    rows = rows.select_related("queue__mall").order_by("date", "pk")
    days = rows.select_for_update(of=("self",)) if lock else rows
    return [(day, by_day[key]) for day in days if (key := (day.queue.schedule_id, day.date)) in by_day]


def impacts_on_days(changes: Sequence[HoursChange]) -> list[Impact]:
    """What a change of hours does to days that are made already, and to people who hold their numbers.

    One sentence for each date, and one for each queue with open numbers. Two statements.
    """
    touched = days_following(changes)
    waiting = dict(
        Ticket.objects.filter(day__in=[day.pk for day, _change in touched], state__in=rules.OPEN)
        .values_list("day")
        .annotate(count=Count("pk"))
    )
    by_date: dict[date, list[tuple[QueueDay, HoursChange]]] = {}
    for day, change in touched:
        by_date.setdefault(day.date, []).append((day, change))
    impacts = []
    for on, days in by_date.items():
        words = ngettext(
            "%(date)s is prepared already: %(count)d queue gets the new hours.",
            "%(date)s is prepared already: %(count)d queues get the new hours.",
            len(days),
        )
        impacts.append(Impact(words % {"date": date_format(on, "j F Y"), "count": len(days)}, len(days), on))
        for day, change in days:
            if count := waiting.get(day.pk, 0):
                impacts.append(Impact(_impact_on_people(day, change, count), count, on))
    return impacts


def _impact_on_people(day: QueueDay, change: HoursChange, count: int) -> str:
    facts = {"queue": day.queue.name, "prefix": day.queue.prefix, "count": count}
    if change.after is None:
        words = ngettext(
            "%(queue)s (%(prefix)s) gives no more numbers; %(count)d person holds one and is still served.",
            "%(queue)s (%(prefix)s) gives no more numbers; %(count)d people hold one and are still served.",
            count,
        )
        return words % facts
    closes = change.after.closes_at.astimezone(day.queue.mall.zone_info)
    if change.after.closes_at < day.closes_at:
        words = ngettext(
            "%(queue)s (%(prefix)s) closes at %(time)s; %(count)d person holds a number and may be served after that.",
            "%(queue)s (%(prefix)s) closes at %(time)s; %(count)d people hold numbers and may be served after that.",
            count,
        )
    else:
        words = ngettext(
            "%(queue)s (%(prefix)s): %(count)d person holds a number; it now closes at %(time)s.",
            "%(queue)s (%(prefix)s): %(count)d people hold numbers; it now closes at %(time)s.",
            count,
        )
    return words % {**facts, "time": f"{closes:%H.%M}"}
