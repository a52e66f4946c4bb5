"""Counters: who sits there, and whether they take visitors."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.base.journal import actions as journal
from pendapa.directory.accounts.models import User
from pendapa.directory.malls.models import Counter
from pendapa.operations.queueing import rules
from pendapa.operations.queueing.models import CounterState, CounterStatus, Ticket


class CounterOccupied(Refused):
    """Another officer sits at this counter."""


class CounterUnknown(Refused):
    """The counter has no work profile, so it serves no queue."""


class CounterBusy(Refused):
    """Somebody is still being called or served there."""


class CounterNotYours(Refused):
    """The officer does not sit at this counter now."""


class NotOnBreak(Refused):
    """The counter takes visitors already."""


@transaction.atomic
def open_counter(*, counter: Counter, by: User, at: datetime) -> CounterStatus:
    """Sit down at a counter; a second click finds it open. Leaves the counter where the officer sat before.

    Raises `CounterOccupied` where somebody else sits, `CounterBusy` while the old counter has a visitor.
    """
    status = _locked(counter)
    if status.officer_id == by.pk and status.state != CounterState.CLOSED:
        return status
    if status.officer is not None:
        raise CounterOccupied(
            _("Counter %(number)d is in use by %(officer)s.")
            % {"number": counter.number, "officer": status.officer.full_name}
        )
    for former in CounterStatus.objects.select_for_update().filter(officer=by):
        _leave(former, by=by, at=at)
    try:
        with transaction.atomic():
            return _set(status, CounterState.OPEN, verb="counter.opened", officer=by, by=by, at=at)
    except IntegrityError as error:  # the same officer sat down at two counters in the same moment
        raise CounterOccupied(_("You are already at another counter. Please reload the page.")) from error


@transaction.atomic
def close_counter(*, counter: Counter, by: User, at: datetime) -> CounterStatus:
    """Leave a counter. Raises `CounterBusy` while a visitor is called or served there."""
    status = _own(counter, by)
    return _leave(status, by=by, at=at)


@transaction.atomic
def pause_counter(*, counter: Counter, reason: str, by: User, at: datetime) -> CounterStatus:
    """Take a break: nobody is called until the counter goes on. Who is being served stays so."""
    status = _own(counter, by)
    return _set(status, CounterState.PAUSED, verb="counter.paused", officer=by, by=by, at=at, reason=reason)


@transaction.atomic
def unpause_counter(*, counter: Counter, by: User, at: datetime) -> CounterStatus:
    """Go on after a break. Raises `NotOnBreak`."""
    status = _own(counter, by)
    if status.state != CounterState.PAUSED:
        raise NotOnBreak(_("Counter %(number)d is not on a break.") % {"number": counter.number})
    return _set(status, CounterState.OPEN, verb="counter.went_on", officer=by, by=by, at=at)


def leave_for(status: CounterStatus, *, by: User | None, at: datetime) -> None:
    """Empty a locked counter that has no visitor, on behalf of the officer who sat there."""
    _set(status, CounterState.CLOSED, verb="counter.closed", officer=None, by=by, at=at)


def _locked(counter: Counter) -> CounterStatus:
    status = (
        CounterStatus.objects.select_for_update(of=("self",)).select_related("officer").filter(counter=counter).first()
    )
    if status is None:
        raise CounterUnknown(_("Counter %(number)d serves no queue yet.") % {"number": counter.number})
    return status


def _own(counter: Counter, by: User) -> CounterStatus:
    status = _locked(counter)
    if status.officer_id != by.pk:
        raise CounterNotYours(_("You are not at counter %(number)d now.") % {"number": counter.number})
    return status


def _leave(status: CounterStatus, *, by: User, at: datetime) -> CounterStatus:
    if ticket := Ticket.objects.filter(counter_id=status.counter_id, state__in=rules.ACTIVE).first():
        raise CounterBusy(_("Please finish %(label)s first.") % {"label": ticket.label}, label=ticket.label)
    return _set(status, CounterState.CLOSED, verb="counter.closed", officer=None, by=by, at=at)


def _set(
    status: CounterStatus,
    state: CounterState,
    *,
    verb: str,
    officer: User | None,
    by: User | None,
    at: datetime,
    reason: str = "",
) -> CounterStatus:
    if status.state == state and status.officer == officer and status.reason == reason:
        return status
    status.state, status.officer, status.reason, status.since = state, officer, reason[:80], at
    status.save(update_fields=["state", "officer", "reason", "since"])
    journal.record(verb=verb, subject=status.counter, by=by, at=at, mall=status.counter.mall_id)
    return status
