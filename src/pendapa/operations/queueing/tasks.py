"""Work that follows from queueing: days are made and closed by the clock, visits end when their numbers have.

The journal tells of the acts: the relay calls the functions marked `relay.on`, which defer the jobs."""

from datetime import timedelta

from pendapa.base import clock, jobs
from pendapa.base.journal.actions import relay
from pendapa.base.journal.models import Entry
from pendapa.directory.malls.models import Mall
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Allowance, IssueKey, QueueDay, Ticket, Visit

DAYS_AHEAD = 2
KEYS_KEPT = timedelta(hours=48)


@jobs.periodic("*/5 * * * *", name="queueing.keep_days")
def keep_days() -> None:
    """Make today's and tomorrow's days of every mall, and close those that are over."""
    at = clock.now()
    for mall in Mall.objects.all():
        for days in range(DAYS_AHEAD):
            actions.open_days(mall=mall, on=service_date(mall, at) + timedelta(days=days), at=at)
    actions.close_finished_days(at=at)


@jobs.periodic("40 2 * * *", queue="night", name="queueing.forget_keys")
def forget_keys() -> None:
    """Drop the one-time keys of requests that nobody will repeat any more."""
    IssueKey.objects.filter(claimed_at__lt=clock.now() - KEYS_KEPT).delete()


@jobs.task(queue="soon", name="queueing.settle_visit")
def settle_visit(visit: int) -> None:
    """End a visit when all its numbers have ended."""
    actions.settle_visits(visits=[visit], at=clock.now())


@jobs.task(queue="soon", name="queueing.recount_allowance")
def recount_allowance(allowance: int) -> None:
    """Let a caller whose numbers from afar expired take others."""
    actions.recount_allowance(allowance=allowance)


@relay.on("ticket.served", "ticket.cancelled", "ticket.expired", "ticket.missed")
def after_a_number_ended(entries: list[Entry]) -> None:
    """Let the visits of numbers that ended be looked at, once each."""
    tickets = [entry.subject_id for entry in entries]
    visits = Ticket.objects.filter(pk__in=tickets).values_list("visit_id", flat=True).distinct()
    jobs.defer_many(settle_visit, [{"visit": visit} for visit in visits])


@relay.on("day.closed")
def after_a_day_closed(entries: list[Entry]) -> None:
    """Visits that still waited for a missed number are looked at, and callers get back what expired unused."""
    days = QueueDay.objects.filter(pk__in=[entry.subject_id for entry in entries])
    visits = Visit.objects.filter(ended_at=None, tickets__day__in=days).values_list("pk", flat=True).distinct()
    jobs.defer_many(settle_visit, [{"visit": visit} for visit in visits])
    for day in days.select_related("queue"):
        callers = Ticket.objects.filter(day=day).exclude(caller="").values("caller")
        held = Allowance.objects.filter(mall=day.queue.mall_id, date=day.date, caller__in=callers, held__gt=0)
        jobs.defer_many(recount_allowance, [{"allowance": pk} for pk in held.values_list("pk", flat=True)])
