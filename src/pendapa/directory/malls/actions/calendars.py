"""The calendar of days that are no working days: one person proposes, a second one confirms by the decree."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.base.journal.rules import Actor, actor
from pendapa.base.records import actions as records
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.malls import queries
from pendapa.directory.malls.actions.hours import changing
from pendapa.directory.malls.models import CalendarDay, Mall
from pendapa.directory.malls.queries import DayFound


class NeedsSecondPerson(Refused):
    """Whoever proposed a day cannot confirm it."""


class NeedsDecree(Refused):
    """A day counts only with the decree that it stands in."""

    status = 422


class AlreadyConfirmed(Refused):
    """A confirmed day moves legal clocks, so it is withdrawn before it is changed."""


def propose_day(
    *,
    day: CalendarDay | None,
    values: Mapping[str, Any],
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> CalendarDay:
    """Propose a day, or correct one that nobody has confirmed; whoever corrects it becomes its proposer."""
    if day is None:
        return records.add(CalendarDay(**values, proposed_by=actor(by), proposed_at=at), by=by, at=at)
    with transaction.atomic():
        records.claim(day, version=version)
        if day.is_confirmed:
            raise AlreadyConfirmed(_("This day is confirmed. Withdraw it before you change it."))
        if any(getattr(day, name) != value for name, value in values.items()):
            values = {**values, "proposed_by": actor(by), "proposed_at": at}
        records.change(day, values, version=version, by=by, at=at)
    return day


@transaction.atomic
def propose_calendar_days(
    *, found: Iterable[DayFound], mall: Mall | None, source: str, by: Actor | str, at: datetime
) -> tuple[int, int]:
    """Propose the days of a list for a mall or the whole country; returns how many are new and how many differ.

    What is there already stays, so that the same list twice changes nothing; confirmed days stay in any case.
    """
    new = changed = 0
    for one, fate, there in queries.fates_of(found, mall=mall):
        values: dict[str, Any] = {"name": one.name, "source": source}
        if one.legal_basis:
            values["legal_basis"] = one.legal_basis
        if fate == "new":
            propose_day(
                day=None,
                values={"date": one.date, "kind": one.kind, "mall": mall, **values},
                version=None,
                by=by,
                at=at,
            )
            new += 1
        elif fate == "changed" and there is not None:
            propose_day(day=there, values=values, version=None, by=by, at=at)
            changed += 1
    return new, changed


def confirm_calendar_days(
    *, days: Sequence[CalendarDay], legal_basis: str, by: Actor | str, at: datetime
) -> list[CalendarDay]:
    """Let days count, all or none of them; returns those that were not confirmed before.

    `legal_basis` is the decree of those that name none themselves. Raises `NeedsSecondPerson`, `NeedsDecree`,
    and `ChangedMeanwhile` for a day that is no longer the one that was looked at (its `version` in hand).
    """
    confirmed = []
    seen = {day.pk: day.version for day in days}
    with changing(_malls(days), {day.date for day in days}, by=by, at=at):
        locked = (
            CalendarDay.objects.select_for_update(of=("self",)).filter(pk__in=[day.pk for day in days]).order_by("pk")
        )
        for day in list(locked):
            if day.is_confirmed:
                continue
            if day.proposed_by == actor(by):
                raise NeedsSecondPerson(
                    _("You proposed %(day)s yourself. A second person compares it with the decree and confirms it.")
                    % {"day": day.name}
                )
            decree = day.legal_basis or legal_basis.strip()
            if not decree:
                raise NeedsDecree(_("Name the decree in which %(day)s stands.") % {"day": day.name})
            records.change(
                day,
                {"legal_basis": decree, "confirmed_by": actor(by), "confirmed_at": at},
                version=seen[day.pk],
                by=by,
                at=at,
            )
            records.note(day, "confirmed", by=by, at=at, mall=day.mall_id, legal_basis=decree)
            confirmed.append(day)
    return confirmed


def withdraw_calendar_day(*, day: CalendarDay, by: Actor | str, at: datetime) -> CalendarDay:
    """Take back a confirmation: the day is proposed again, by whoever withdrew it, and moves no clock."""
    with changing(_malls([day]), {day.date}, by=by, at=at):
        records.claim(day, version=None)
        if day.is_confirmed:
            values = {"confirmed_by": "", "confirmed_at": None, "proposed_by": actor(by), "proposed_at": at}
            records.change(day, values, version=None, by=by, at=at)
            records.note(day, "withdrawn", by=by, at=at, mall=day.mall_id)
    return day


def reject_calendar_day(*, day: CalendarDay, by: Actor | str, at: datetime) -> RemovedRecord:
    """Remove a proposed day. Raises `AlreadyConfirmed` for one that counts: that is withdrawn first."""
    with transaction.atomic():
        records.claim(day, version=None)
        if day.is_confirmed:
            raise AlreadyConfirmed(_("This day is confirmed. Withdraw it before you remove it."))
        return records.remove(day, by=by, at=at)


def restore_calendar_day(*, removed: RemovedRecord, by: Actor | str, at: datetime) -> CalendarDay:
    """Bring back a rejected day as it was: proposed, by whom it was proposed. Raises `CannotRestore`."""
    number, fields = removed.content[0]["pk"], removed.content[0]["fields"]
    with changing(_malls_of({removed.mall}), {date.fromisoformat(fields["date"])}, by=by, at=at):
        records.restore(removed, by=by, at=at)
        return CalendarDay.objects.get(pk=number)


def _malls(days: Iterable[CalendarDay]) -> list[Mall]:
    return _malls_of({day.mall_id for day in days})


def _malls_of(owners: set[int | None]) -> list[Mall]:
    """The malls whose hours their days can change: all of them for a day of the country or of a region (None)."""
    rows = Mall.objects.order_by("pk")
    return list(rows if None in owners else rows.filter(pk__in=[one for one in owners if one]))
