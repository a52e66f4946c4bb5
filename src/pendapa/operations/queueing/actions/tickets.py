"""What happens to a number after it was given. Each act is one row of `rules.STEPS`.

Every act locks in the same order: the queue day (only where a closed day forbids the act), the ticket, its visit. A
call locks the turn of the queue before the ticket.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from pendapa.base import codes
from pendapa.base.errors import Refused
from pendapa.base.journal import actions as journal
from pendapa.directory.accounts.models import Device, User
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Counter
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing import queries, rules, statements
from pendapa.operations.queueing.actions.counters import CounterNotYours, leave_for, open_counter
from pendapa.operations.queueing.actions.days import give_back_allowance, open_days
from pendapa.operations.queueing.models import CounterState, CounterStatus, Queue, QueueDay, Ticket, Turn, Visit
from pendapa.operations.queueing.rules import Act, State

REASON_LENGTH = 160  # characters of why somebody is called before their turn
_TRIES = 30
_STRICT_TRIES = 2  # that insist on the smallest `due_at` over all queues while others call, too
_MOMENTS = ("called_at", "last_called_at", "started_at", "ended_at")
_UNDONE_FIELDS = ("state", "calls", "counter_id", "officer_id", *_MOMENTS)


class WrongState(Refused):
    """The number is not where the act could be done: somebody else was faster, or the page was old."""


class CounterPaused(Refused):
    """Nobody is called to a counter on a break."""


class VisitorElsewhere(Refused):
    """The visitor stands at another counter, or the counter has another visitor."""


class GraceOver(Refused):
    """The time in which a missed number may come back is over."""


class NothingToUndo(Refused):
    """The act is too old to be taken back, was another officer's, or something followed it."""


class NoTransfer(Refused):
    """The number cannot be moved to that queue."""


class ReasonNeeded(Refused):
    """Somebody is called before their turn only for a reason in words."""

    status = 422


class NotInLineHere(Refused):
    """The counter's work profile does not take this number's queue."""


def call_next(*, counter: Counter, by: User, at: datetime) -> Ticket | None:
    """Call the visitor who is due next to a counter; None when nobody waits.

    A repeated click returns the open call. The officer sits down at a counter that is free. Raises
    `CounterPaused`, `CounterOccupied`.
    """
    for attempt in range(_TRIES):
        try:
            row = statements.call(
                counter=counter.pk, officer=by.pk, actor=by.actor_name, lenient=attempt >= _STRICT_TRIES
            )
        except IntegrityError:  # a second click at the same counter, at the same moment
            row = statements.CallRow(posts=0, candidates=0, ticket_id=None)
        if row.ticket_id:
            return queries.ticket(row.ticket_id)
        if not row.posts:
            if (ticket := _open_call(counter, by=by, at=at)) is not None:
                return ticket
        elif not row.candidates:
            return None
    return None


def _open_call(counter: Counter, *, by: User, at: datetime) -> Ticket | None:
    """The call that stands at a counter; otherwise make the counter ready, or say why it cannot call."""
    status = CounterStatus.objects.filter(counter=counter).first()
    if status and status.officer_id == by.pk:
        active = queries.active_at(counter)
        if active is not None:
            return active
        if status.state == CounterState.PAUSED:
            raise CounterPaused(_("Counter %(number)d is on a break.") % {"number": counter.number})
    open_counter(counter=counter, by=by, at=at)
    return None


@transaction.atomic
def call_out_of_order(*, ticket: Ticket, counter: Counter, reason: str, by: User, at: datetime) -> Ticket:
    """Call somebody before their turn, for a reason that the fairness report shows with how many it passed over.

    Nobody loses a place by it: the others keep their `due_at`, and the turn of priority goes on as after any call. It
    locks like a call, the queue's turn before the ticket. A second click finds it done. Raises `ReasonNeeded`,
    `CounterNotYours`, `CounterPaused`, `NotInLineHere`, `WrongState`, `VisitorElsewhere`.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise ReasonNeeded(_("Please say why %(label)s is called before the others.") % {"label": ticket.label})
    status = CounterStatus.objects.select_related("profile").filter(counter=counter).first()
    if status is None or status.officer_id != by.pk:
        raise CounterNotYours(_("You are not at counter %(number)d now.") % {"number": counter.number})
    if status.state != CounterState.OPEN:
        raise CounterPaused(_("Counter %(number)d is on a break.") % {"number": counter.number})
    if not status.profile.queues.filter(pk=ticket.day.queue_id).exists():
        raise NotInLineHere(_("%(label)s is in a line that this counter does not serve.") % {"label": ticket.label})
    day_is_open = statements.day_stays_open(ticket.day_id)
    turn = Turn.objects.select_for_update().get(day=ticket.day_id)
    ticket = _locked(ticket)
    if ticket.state == State.CALLED and ticket.officer_id == by.pk and ticket.counter_id == counter.pk:
        return ticket
    _check(ticket, Act.CALL)
    _check_today(ticket, at)
    if not day_is_open:
        raise WrongState(_("The day of this line is over."), label=ticket.label, state=ticket.state)
    passed = Ticket.objects.filter(day=ticket.day_id, state=State.WAITING, due_at__lt=ticket.due_at).count()
    ticket = _step(
        ticket,
        Act.CALL,
        by=by,
        at=at,
        facts={"out_of_order": reason[:REASON_LENGTH], "passed": passed, "priority": ticket.priority},
        called_at=at,
        last_called_at=at,
        calls=1,
        counter_id=counter.pk,
        officer_id=by.pk,
    )
    turn.last_was_priority = ticket.priority
    turn.save(update_fields=["last_was_priority"])
    return ticket


@transaction.atomic
def arrive(*, ticket: Ticket, by: User | Device | None, at: datetime) -> Ticket:
    """The visitor is in the hall: all their numbers from afar count as waiting, each in its old place."""
    locked = _locked_with_others_from_afar(ticket)
    ticket = next(one for one in locked if one.pk == ticket.pk)
    if ticket.state == State.WAITING:
        return ticket
    _check(ticket, Act.ARRIVE)
    _check_today(ticket, at)
    Visit.objects.filter(pk=ticket.visit_id, present_at=None).update(present_at=at)
    # A number that was joining the visit held it until now; from here on they join as present.
    for one in _locked_with_others_from_afar(ticket):
        give_back_allowance(one)
        _step(one, Act.ARRIVE, by=by, at=at)
    return queries.ticket(ticket.pk)


@transaction.atomic
def recall(*, ticket: Ticket, by: User, at: datetime) -> Ticket:
    """Call somebody once more who has not come."""
    ticket = _locked(ticket)
    _check(ticket, Act.RECALL)
    _check_officer(ticket, by)
    return _step(ticket, Act.RECALL, by=by, at=at, calls=ticket.calls + 1, last_called_at=at)


@transaction.atomic
def start(*, ticket: Ticket, by: User, at: datetime) -> Ticket:
    """The visitor is at the counter: service time begins."""
    ticket = _locked(ticket)
    if ticket.state == State.SERVING and ticket.officer_id == by.pk:
        return ticket
    _check(ticket, Act.START)
    _check_officer(ticket, by)
    return _step(ticket, Act.START, by=by, at=at, started_at=at)


@transaction.atomic
def finish(*, ticket: Ticket, by: User, at: datetime) -> Ticket:
    """The visitor was served: service time ends, the counter and the visitor are free."""
    ticket = _locked(ticket)
    if ticket.state == State.SERVED and ticket.officer_id == by.pk:
        return ticket
    _check(ticket, Act.FINISH)
    _check_officer(ticket, by)
    return _step(ticket, Act.FINISH, by=by, at=at, ended_at=at)


@transaction.atomic
def no_show(*, ticket: Ticket, by: User, at: datetime) -> Ticket:
    """The visitor did not come. Their place is kept for the queue's grace time (`return_to_queue`)."""
    ticket = _locked(ticket)
    if ticket.state == State.NO_SHOW and ticket.officer_id == by.pk:
        return ticket
    _check(ticket, Act.NO_SHOW)
    _check_officer(ticket, by)
    return _step(ticket, Act.NO_SHOW, by=by, at=at, ended_at=at)


@transaction.atomic
def return_to_queue(*, ticket: Ticket, by: User | Device | None, at: datetime) -> Ticket:
    """Give a visitor who missed the call their old place back, once, within the grace time.

    The place is `due_at`, which a call never changes, so nothing is recomputed. Raises `GraceOver`.
    """
    day_is_open = statements.day_stays_open(ticket.day_id)
    ticket = _locked(ticket)
    if ticket.state == State.WAITING and ticket.returned_at:
        return ticket
    _check(ticket, Act.RETURN)
    if not day_is_open or ticket.returns_until is None or at > ticket.returns_until:
        raise GraceOver(_("The grace time for this number is over. Please take a new one."))
    _check_today(ticket, at)
    return _step(ticket, Act.RETURN, by=by, at=at, returned_at=at, ended_at=None)


@transaction.atomic
def hold(*, ticket: Ticket, by: User, at: datetime) -> Ticket:
    """Let the visitor step aside, to copy a paper or fetch money; the counter may call others meanwhile."""
    ticket = _locked(ticket)
    if ticket.state == State.HELD and ticket.officer_id == by.pk:
        return ticket
    _check(ticket, Act.HOLD)
    _check_officer(ticket, by)
    return _step(ticket, Act.HOLD, by=by, at=at)


@transaction.atomic
def resume(*, ticket: Ticket, counter: Counter, by: User, at: datetime) -> Ticket:
    """Go on with a visitor who was on hold, at a free counter. Raises `VisitorElsewhere`."""
    ticket = _locked(ticket)
    if ticket.state == State.SERVING and ticket.officer_id == by.pk:
        return ticket
    _check(ticket, Act.RESUME)
    if not CounterStatus.objects.filter(counter=counter, officer=by).exists():
        raise CounterNotYours(_("You are not at counter %(number)d now.") % {"number": counter.number})
    return _step(
        ticket, Act.RESUME, by=by, at=at, counter_id=counter.pk, officer_id=by.pk, started_at=ticket.started_at or at
    )


@transaction.atomic
def cancel(*, ticket: Ticket, by: User | Device | None, at: datetime) -> Ticket:
    """The visitor no longer needs the number.

    Of the officers, only the one who called or holds the visitor may say so; visitors may always, and kiosks for them.
    """
    ticket = _locked(ticket)
    if ticket.state == State.CANCELLED:
        return ticket
    _check(ticket, Act.CANCEL)
    if isinstance(by, User) and ticket.state not in rules.IN_LINE:
        _check_officer(ticket, by)
    if ticket.state == State.REMOTE:
        give_back_allowance(ticket)
    return _step(ticket, Act.CANCEL, by=by, at=at, ended_at=at)


@transaction.atomic
def transfer(*, ticket: Ticket, service: PublicService, by: User, at: datetime) -> Ticket:
    """Send a visitor on to the queue of another service and return the successor, which keeps label and place.

    The old number is closed and leads on to the new one; the target queue loses no number. Raises `NoTransfer`.
    """
    target = Queue.objects.select_related("mall").filter(services=service, mall=ticket.day.queue.mall_id).first()
    if target is None:
        raise NoTransfer(_("No queue of this mall takes that service."))
    if target.pk == ticket.day.queue_id:
        raise NoTransfer(_("The number is already in that queue."))
    days = QueueDay.objects.filter(queue=target, date=ticket.day.date)
    day = days.first()
    if day is None:
        open_days(mall=target.mall, on=ticket.day.date, at=at)
        day = days.first()
    if day is None or not statements.day_stays_open(day.pk):
        raise NoTransfer(_("%(queue)s is closed today.") % {"queue": target.name})
    ticket = _locked(ticket)
    successor = ticket.successors.exclude(state=State.CANCELLED).first()
    if ticket.state == State.TRANSFERRED and successor and successor.service_id == service.pk:
        return queries.ticket(successor.pk)
    _check(ticket, Act.TRANSFER)
    _check_officer(ticket, by)
    if (
        other := Ticket.objects.filter(visit=ticket.visit_id, day=day, state__in=rules.OPEN)
        .exclude(pk=ticket.pk)
        .first()
    ):
        raise NoTransfer(_("The visitor already has number %(label)s there.") % {"label": other.label})
    taken_back = ticket.successors.filter(day=day, state=State.CANCELLED).first()  # by an undo; it lives again
    successor = Ticket(
        pk=taken_back.pk if taken_back else None,
        code=taken_back.code if taken_back else codes.new_code(),
        visit=ticket.visit,
        day=day,
        service=service,
        number=ticket.number,
        label=ticket.label,
        channel=ticket.channel,
        state=State.WAITING,
        priority=ticket.priority,
        priority_reason=ticket.priority_reason,
        issued_at=ticket.issued_at,
        due_at=ticket.due_at,
        predecessor=ticket,
    )
    _step(ticket, Act.TRANSFER, by=by, at=at, ended_at=at, facts={"to_queue": target.pk})
    try:
        successor.save()
    except IntegrityError as error:  # the visitor took a number there in the same moment
        raise NoTransfer(_("The visitor already has a number in that line.")) from error
    return queries.ticket(successor.pk)


@transaction.atomic
def free_counter_of(*, officer: User, by: User | None, at: datetime) -> None:
    """Leave the counter of someone who is locked out; whoever was called or served there waits again, in the old place.

    The counter's row is locked before the ticket, as by a call.
    """
    for status in CounterStatus.objects.select_for_update(of=("self",)).filter(officer=officer):
        active = Ticket.objects.filter(counter_id=status.counter_id, state__in=rules.ACTIVE).first()
        if active is not None:
            ticket = _locked(active)
            if ticket.may(Act.RELEASE):
                free = dict.fromkeys(("called_at", "last_called_at", "started_at", "counter_id", "officer_id"))
                _step(ticket, Act.RELEASE, by=by, at=at, calls=0, **free)
        leave_for(status, by=by, at=at)


@transaction.atomic
def undo(*, ticket: Ticket, by: User, at: datetime, act: Act | None = None) -> Ticket:
    """Take back the officer's own last act on a number within 30 seconds, if nothing followed it.

    A page names the `act` it shows, so that a click on an old page never takes back a later one. Raises
    `NothingToUndo`, or `VisitorElsewhere` when the counter or the visitor is no longer free.
    """
    day_is_open = statements.day_stays_open(ticket.day_id)
    ticket = _locked(ticket)
    before: dict[str, Any] | None = ticket.before
    if before is None or ticket.last_act_at is None or ticket.last_act_by != by.actor_name or not day_is_open:
        raise NothingToUndo(_("There is nothing of yours to undo on this number."))
    last = Act(ticket.last_act)
    if act not in (None, last):
        raise NothingToUndo(_("Something else was done with this number meanwhile."))
    if not rules.may_be_undone(last, ticket.last_act_at, at):
        raise NothingToUndo(_("Too much time has passed to undo this."))
    if last == Act.TRANSFER:
        _take_back_successor(ticket, by=by, at=at)
    for field in _UNDONE_FIELDS:
        if field in before:
            value = before[field]
            setattr(ticket, field, parse_datetime(value) if field in _MOMENTS and value else value)
    ticket.before, ticket.last_act, ticket.last_act_at = None, "", at
    _save(ticket, [*_UNDONE_FIELDS, "before", "last_act", "last_act_at"])
    _record(ticket, "ticket.undone", by=by, at=at, act=last)
    return queries.ticket(ticket.pk)


def _take_back_successor(ticket: Ticket, *, by: User, at: datetime) -> None:
    """Cancel the successor of a transfer that is undone; it must still wait untouched."""
    successor = (
        Ticket.objects.select_for_update(of=("self",))
        .select_related("day", "visit")
        .filter(predecessor=ticket, state=State.WAITING, last_act="")
        .first()
    )
    if successor is None:
        raise NothingToUndo(_("The number was already called at the other counter."))
    successor.state, successor.ended_at = State.CANCELLED, at
    successor.save(update_fields=["state", "ended_at"])
    _record(successor, "ticket.cancelled", by=by, at=at)


def _locked(ticket: Ticket) -> Ticket:
    """The ticket as it is now, locked until the transaction ends."""
    return (
        Ticket.objects.select_for_update(of=("self",))
        .select_related("day__queue__mall", "visit", "counter", "service")
        .get(pk=ticket.pk)
    )


def _locked_with_others_from_afar(ticket: Ticket) -> list[Ticket]:
    """The ticket and its visit's numbers from afar, locked in the order of their rows: two arrivals never circle."""
    return list(
        Ticket.objects.select_for_update(of=("self",))
        .select_related("day__queue__mall", "visit", "counter", "service")
        .filter(Q(pk=ticket.pk) | Q(visit=ticket.visit_id, state=State.REMOTE))
        .order_by("pk")
    )


def _check(ticket: Ticket, act: Act) -> None:
    if not ticket.may(act):
        raise WrongState(
            _("%(label)s is now: %(state)s. Please look at the page again.")
            % {"label": ticket.label, "state": ticket.state_name},
            label=ticket.label,
            state=ticket.state,
        )


def _check_today(ticket: Ticket, at: datetime) -> None:
    """Nobody is called on another day than the number's, also while that day was not closed yet."""
    if ticket.day.date != service_date(ticket.day.queue.mall, at):
        raise WrongState(_("This number was for a day that is over."), label=ticket.label, state=ticket.state)


def _check_officer(ticket: Ticket, by: User) -> None:
    """A called or served visitor belongs to the officer who called them."""
    if ticket.officer_id != by.pk:
        raise WrongState(
            _("%(label)s is with another officer.") % {"label": ticket.label}, label=ticket.label, state=ticket.state
        )


def _step(
    ticket: Ticket,
    act: Act,
    *,
    by: User | Device | None,
    at: datetime,
    facts: dict[str, Any] | None = None,
    **changes: Any,
) -> Ticket:
    """Carry a locked ticket over one arrow of the diagram, and its visit with it."""
    step = rules.STEPS[act]
    before = {
        field: getattr(ticket, field).isoformat()
        if field in _MOMENTS and getattr(ticket, field)
        else getattr(ticket, field)
        for field in _UNDONE_FIELDS
    }
    for field, value in changes.items():
        setattr(ticket, field, value)
    ticket.state = step.target
    ticket.before = before if step.can_be_undone else None
    ticket.last_act, ticket.last_act_at, ticket.last_act_by = act, at, by.actor_name if by else "visitor"
    _save(ticket, ["state", "before", "last_act", "last_act_at", "last_act_by", *changes])
    _record(ticket, step.verb, by=by, at=at, **(facts or {}))
    return ticket


def _save(ticket: Ticket, fields: list[str]) -> None:
    """Write a ticket and whether its visitor stands at a counter; constraints decide who was faster.

    Who becomes active claims the visit first, as a call does: otherwise the two could wait for each other, one with
    the visit's row and one with its place in the index of active tickets.
    """
    try:
        with transaction.atomic():
            if ticket.state in rules.ACTIVE:
                free = Visit.objects.filter(pk=ticket.visit_id, active_ticket=None)
                if not (
                    free.update(active_ticket=ticket)
                    or Visit.objects.filter(pk=ticket.visit_id, active_ticket=ticket).exists()
                ):
                    raise VisitorElsewhere(_("The visitor is at another counter now."))
            ticket.save(update_fields=[field.removesuffix("_id") for field in fields])
            if ticket.state not in rules.ACTIVE:
                Visit.objects.filter(pk=ticket.visit_id, active_ticket=ticket).update(active_ticket=None)
    except IntegrityError as error:
        raise VisitorElsewhere(_("The counter has another visitor now. Please finish with them first.")) from error


def _record(ticket: Ticket, verb: str, *, by: User | Device | None, at: datetime, **facts: Any) -> None:
    journal.record(
        verb=verb,
        subject=ticket,
        by=by or "visitor",
        at=at,
        mall=ticket.visit.mall_id,
        label=ticket.label,
        queue=ticket.day.queue_id,
        counter=ticket.counter_id,
        **facts,
    )
