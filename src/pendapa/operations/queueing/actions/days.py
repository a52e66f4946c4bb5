"""Service days: made ahead from the schedule, closed when the hall is."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F

from pendapa.base.journal import actions as journal
from pendapa.base.journal.rules import Actor
from pendapa.directory.accounts.models import User
from pendapa.directory.malls.events import HoursChange
from pendapa.directory.malls.models import Mall
from pendapa.directory.malls.queries import hours_at, service_date
from pendapa.directory.malls.rules import ServiceHours
from pendapa.operations.queueing import rules
from pendapa.operations.queueing.models import Allowance, Queue, QueueDay, Ticket, Turn, Visit
from pendapa.operations.queueing.queries import days_following, moments_of
from pendapa.operations.queueing.rules import Act, State

# Officers may work off their line after closing; then the day is closed without them.
CLOSE_AFTER = timedelta(hours=2)

_VERBS = {step.target: step.verb for step in (rules.STEPS[act] for act in (Act.FINISH, Act.NO_SHOW, Act.EXPIRE))}


@transaction.atomic
def open_days(*, mall: Mall, on: date, at: datetime) -> int:
    """Make the day of every queue of a mall that is open on a date; returns how many were new.

    The hours are copied from the schedules. Two at once make one day.
    """
    new = 0
    hours = hours_at(mall, on)
    for queue in Queue.objects.filter(mall=mall):
        if open_hours := hours[queue.schedule_id]:
            day, is_new = QueueDay.objects.get_or_create(
                queue=queue, date=on, defaults={**moments_of(open_hours), "number_limit": queue.daily_limit}
            )
            Turn.objects.get_or_create(day=day)
            new += is_new
    if new:
        journal.record(verb="days.opened", subject=mall, by=None, at=at, mall=mall.pk, date=on.isoformat(), count=new)
    return new


@transaction.atomic
def follow_hours(*, changes: Sequence[HoursChange], by: Actor | str | None, at: datetime) -> int:
    """Give days that are made already the new hours of their schedules; returns how many days differ.

    A date that became open gets its days where others of that date are made. A day that became closed is not closed
    here, since people may hold its numbers: it keeps its hours and gives no more numbers. Nor does closing move
    behind `at`, or those who wait would be sent home as if the hall had closed long ago.
    """
    changed = 0
    for day, change in days_following(changes, lock=True):
        new = _moved(day, change.after, at)
        fields = [name for name, value in new.items() if getattr(day, name) != value]
        if not fields:
            continue
        before = {name: getattr(day, name).isoformat() for name in fields}
        for name in fields:
            setattr(day, name, new[name])
        day.save(update_fields=fields)
        changed += 1
        journal.record(
            verb="day.hours_changed",
            subject=day,
            by=by,
            at=at,
            mall=day.queue.mall_id,
            queue=day.queue_id,
            changes={name: [before[name], new[name].isoformat()] for name in fields},
        )
    opened = {(change.schedule, change.date) for change in changes if change.before is None and change.after}
    malls = Mall.objects.filter(schedules__in=[schedule for schedule, _date in opened]).distinct().order_by("pk")
    for mall in malls:
        today = service_date(mall, at)
        for on in sorted({one for _schedule, one in opened}):
            if on == today or QueueDay.objects.filter(queue__mall=mall, date=on).exists():
                open_days(mall=mall, on=on, at=at)
    return changed


def _moved(day: QueueDay, hours: ServiceHours | None, at: datetime) -> dict[str, datetime]:
    """The moments of a day with new hours, or without any."""
    if hours is None:
        # From now on no numbers; none at all where none could be taken yet.
        return {"numbers_until": min(day.numbers_until, max(day.numbers_from, at))}
    new = moments_of(hours)
    if hours.closes_at < at < day.closes_at:
        new["closes_at"] = at
    return new


@transaction.atomic
def close_day(*, day: QueueDay, by: User | None, at: datetime) -> int:
    """End a queue's day and whatever is still open in it (`rules.AT_END_OF_DAY`); returns how many numbers ended.

    The day's row is locked first, so no number can be given, returned, transferred in or undone beside it;
    then every open ticket, so that none changes state on the way. Whoever takes a number locks visit and
    allowance before the day. So allowances are counted anew afterwards (`recount_allowance`, which the journal
    entry leads to), and a visit that is locked at this moment is freed a little later, by `settle_visits`.
    """
    if QueueDay.objects.select_for_update().get(pk=day.pk).closed_at:
        return 0
    QueueDay.objects.filter(pk=day.pk).update(closed_at=at)
    tickets = list(
        Ticket.objects.select_for_update(of=("self",))
        .filter(day=day, state__in=rules.OPEN)
        .select_related("visit")
        .order_by("pk")
    )
    for ticket in tickets:
        ticket.state = rules.AT_END_OF_DAY[State(ticket.state)]
        ticket.ended_at, ticket.ended_by_clock, ticket.before = at, True, None
        ticket.save(update_fields=["state", "ended_at", "ended_by_clock", "before"])
        journal.record(
            verb=_VERBS[ticket.state],
            subject=ticket,
            by=by,
            at=at,
            mall=day.queue.mall_id,
            label=ticket.label,
            queue=day.queue_id,
            counter=ticket.counter_id,
            by_clock=True,
        )
    free = Visit.objects.select_for_update(skip_locked=True).filter(active_ticket__in=[one.pk for one in tickets])
    Visit.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(active_ticket=None)
    journal.record(
        verb="day.closed", subject=day, by=by, at=at, mall=day.queue.mall_id, queue=day.queue_id, ended=len(tickets)
    )
    return len(tickets)


def close_finished_days(*, at: datetime) -> int:
    """Close every day whose counters should have been empty for `CLOSE_AFTER`; returns how many were closed."""
    days = QueueDay.objects.filter(closed_at=None, closes_at__lte=at - CLOSE_AFTER).select_related("queue")
    for day in days:
        close_day(day=day, by=None, at=at)
    return len(days)


def give_back_allowance(ticket: Ticket) -> None:
    """A number from afar was come for or cancelled: its caller may take another."""
    visit = ticket.visit
    Allowance.objects.filter(mall=visit.mall_id, date=visit.date, caller=ticket.caller, held__gt=0).update(
        held=F("held") - 1
    )


@transaction.atomic
def recount_allowance(*, allowance: int) -> int:
    """Count anew how many numbers from afar a caller holds, after some expired with their day; returns the count.

    Whoever takes a number holds the allowance's row until it is there, so the count misses none.
    """
    held = Allowance.objects.select_for_update().get(pk=allowance)
    held.held = Ticket.objects.filter(
        state=State.REMOTE, caller=held.caller, visit__mall=held.mall_id, visit__date=held.date
    ).count()
    held.save(update_fields=["held"])
    return held.held


@transaction.atomic
def settle_visits(*, visits: Collection[int], at: datetime) -> int:
    """End the visits whose numbers have all ended and none of which can still come back; returns how many.

    A visitor whom a closing day could not free is free from now on.
    A visit with a missed number waits for the end of its day, since the number may return.
    """
    ended = 0
    open_states = [*rules.OPEN, State.NO_SHOW]
    for visit in Visit.objects.select_for_update().filter(pk__in=visits, ended_at=None).order_by("pk"):
        tickets = list(visit.tickets.select_related("day"))
        if visit.active_ticket_id and all(ticket.state not in rules.ACTIVE for ticket in tickets):
            visit.active_ticket = None
            visit.save(update_fields=["active_ticket"])
        if any(ticket.state in open_states and not ticket.day.closed_at for ticket in tickets):
            continue
        visit.ended_at = max((ticket.ended_at for ticket in tickets if ticket.ended_at), default=at)
        visit.save(update_fields=["ended_at"])
        journal.record(verb="visit.ended", subject=visit, by=None, at=at, mall=visit.mall_id)
        ended += 1
    return ended
