"""Giving numbers: one statement on the good path, a reason in words on the other."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db import IntegrityError
from django.utils.translation import gettext as _

from pendapa.base import clock, codes
from pendapa.base.errors import Refused
from pendapa.directory.accounts.models import Device, User
from pendapa.directory.malls.models import Mall
from pendapa.directory.malls.queries import hours_of, next_opening, service_date
from pendapa.operations.queueing import queries, rules, statements
from pendapa.operations.queueing.actions.days import open_days
from pendapa.operations.queueing.actions.tickets import arrive
from pendapa.operations.queueing.models import Allowance, IssueKey, Queue, QueueDay, Ticket, Visit
from pendapa.operations.queueing.rules import Channel, PriorityReason

_TRIES = 5


class UnknownService(Refused):
    """No queue of this mall takes a service of that name."""

    status = 404


class QueueClosed(Refused):
    """No numbers are given now; `next_opening` says when they are again."""


class QueueFull(Refused):
    """All numbers of today are given out, over all channels."""


class TooManyNumbers(Refused):
    """The caller already holds as many numbers from afar as one may."""

    status = 429


class AlreadyInQueue(Refused):
    """The visit has an open number in this queue."""


class VisitOver(Refused):
    """The visit that the number should join is unknown here, of another day, or over."""


class KeyReused(Refused):
    """The one-time key was used before with another request."""

    status = 422


@dataclass(frozen=True)
class Issued:
    """A number as it was given: `code` is its secret, `visit` the code in the QR, `ahead` people before it."""

    code: str
    label: str
    state: str
    visit: str
    queue: int
    ahead: int
    is_new: bool


def issue_ticket(
    *,
    mall: str,
    service: str,
    channel: Channel,
    by: User | Device | None,
    caller: str = "",
    key: str | None = None,
    priority_reason: PriorityReason | None = None,
    visit: str | None = None,
) -> Issued:
    """Give the next number for a public service, named by the codes of mall and service.

    From the hall (kiosk, desk, host) the visitor is present; from afar they are not, and may hold only so
    many numbers (`rules.REMOTE_LIMITS`, by the kind of `caller`). `key` makes a repeated request find the
    first one's number. `visit` adds the number to a visit that exists. Runs outside a transaction, since
    its one statement is one. Raises the refusals of this module.
    """
    in_hall = channel in rules.IN_THE_HALL
    actor = by.actor_name if by else "visitor"
    holder = "" if in_hall else caller
    if visit:
        visit = codes.normalise(visit)
        if in_hall:
            _receive(visit, mall=mall, by=by)
    reason = priority_reason or ""
    body_hash = sha256("\n".join([mall, service, channel, reason, visit or ""]).encode()).hexdigest()
    for _attempt in range(_TRIES):
        try:
            row = statements.issue(
                mall=mall,
                service=service,
                visit=visit,
                code=codes.new_code(),
                visit_code=codes.new_code(),
                channel=channel,
                present=in_hall,
                priority=bool(reason),
                priority_reason=queries.sealed_reason(reason),
                caller=caller or actor,
                holder=holder,
                remote_limit=None if in_hall else rules.REMOTE_LIMITS[caller.partition(":")[0]],
                actor=actor,
                key=key,
                body_hash=body_hash,
            )
        except statements.StatementRefused:
            _explain(mall=mall, service=service, visit=visit, caller=None if in_hall else caller)
            continue
        except IntegrityError as error:
            if "ticket_visit_once_per_queue" not in str(error) or not visit:
                raise
            raise _already_in_queue(service=service, visit=visit) from error
        if row:
            return Issued(row.code, row.label, row.state, row.visit, row.queue_id, row.ahead, is_new=True)
        if first := _first_of(caller=caller or actor, key=key, body_hash=body_hash):
            return first
    raise QueueClosed(_("Numbers cannot be given at this moment. Please ask the host."))


def _receive(visit: str, *, mall: str, by: User | Device | None) -> None:
    """Whoever adds a number in the hall is there: note it for the whole visit first."""
    if ticket := Ticket.objects.filter(visit__code=visit, visit__mall__code=mall, state=rules.State.REMOTE).first():
        arrive(ticket=ticket, by=by, at=clock.now())


def _first_of(*, caller: str, key: str | None, body_hash: str) -> Issued | None:
    """The number that an earlier request with this key was given; None if that request was taken back."""
    claim = IssueKey.objects.filter(caller=caller, key=key).first()
    if claim is None:
        return None
    if claim.body_hash != body_hash:
        raise KeyReused(_("This request was already used for something else. Please start again."))
    ticket = Ticket.objects.select_related("visit", "day").get(code=claim.ticket_code)
    return Issued(
        ticket.code,
        ticket.label,
        ticket.state,
        ticket.visit.code,
        ticket.day.queue_id,
        queries.ahead_of(ticket),
        is_new=False,
    )


def _already_in_queue(*, service: str, visit: str) -> AlreadyInQueue:
    ticket = Ticket.objects.filter(visit__code=visit, state__in=rules.OPEN, day__queue__services__slug=service).first()
    label = ticket.label if ticket else ""
    return AlreadyInQueue(_("You already have number %(label)s for this queue.") % {"label": label}, label=label)


def _explain(*, mall: str, service: str, visit: str | None, caller: str | None) -> None:
    """Say why no number was given, or return when the reason has gone (a day was opened) and it may be tried again."""
    queue = (
        Queue.objects.select_related("mall", "schedule__mall", "agency")
        .filter(mall__code=mall, services__slug=service)
        .first()
    )
    if queue is None:
        raise UnknownService(_("This service is not offered here."))
    at = clock.now()
    today = service_date(queue.mall, at)
    day = QueueDay.objects.filter(queue=queue, date=today).first()
    if day is None and hours_of(queue.schedule, today):
        open_days(mall=queue.mall, on=today, at=at)
        return
    if day is None or day.closed_at or not day.numbers_from <= at < day.numbers_until:
        raise _closed(queue, at)
    if day.number_limit is not None and day.last_number >= day.number_limit:
        raise QueueFull(
            _("All numbers of %(queue)s for today are taken.") % {"queue": queue.name},
            next_opening=_iso(next_opening(queue.schedule, at)),
        )
    if visit and not Visit.objects.filter(code=visit, mall=queue.mall, date=today, ended_at=None).exists():
        raise VisitOver(_("That visit is not open here today. Please take a new number."))
    if caller is not None:
        _check_allowance(queue.mall, today, caller)


def _check_allowance(mall: Mall, today: date, caller: str) -> None:
    limit = rules.REMOTE_LIMITS[caller.partition(":")[0]]
    if Allowance.objects.filter(mall=mall, date=today, caller=caller, held__gte=limit).exists():
        raise TooManyNumbers(
            _("You already hold %(count)d numbers. Use or cancel one before you take another.") % {"count": limit},
            limit=limit,
        )


def _closed(queue: Queue, at: datetime) -> QueueClosed:
    opening = next_opening(queue.schedule, at)
    return QueueClosed(
        _("%(queue)s gives no numbers now.") % {"queue": queue.name}, next_opening=_iso(opening), queue=queue.name
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
