"""Malls and what stands in them. Each act saves one record through `base.records`, which journals it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from pendapa.base.journal.rules import Actor
from pendapa.base.records import actions as records
from pendapa.base.records.models import Record, RemovedRecord
from pendapa.directory.malls import rules
from pendapa.directory.malls.models import (
    Agency,
    Counter,
    CounterShare,
    Facility,
    Mall,
    Obligation,
    Tenancy,
    Zone,
)


def save_mall(
    *, mall: Mall | None, values: Mapping[str, Any], version: int | None, by: Actor | str | None, at: datetime
) -> Mall:
    """Add a mall, or change what is known of it. Raises `ValidationError`, `ChangedMeanwhile`."""
    return records.save(mall or Mall(), values, version=version, by=by, at=at)


def save_zone(
    *, mall: Mall, zone: Zone | None, values: Mapping[str, Any], version: int | None, by: Actor | str, at: datetime
) -> Zone:
    """Add a zone of a mall, or change it."""
    return records.save(zone or Zone(mall=mall), values, version=version, by=by, at=at)


def save_facility(
    *,
    mall: Mall,
    facility: Facility | None,
    values: Mapping[str, Any],
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> Facility:
    """Add a facility of a mall, or change it."""
    _same_mall(mall, values, "zone")
    return records.save(facility or Facility(mall=mall), values, version=version, by=by, at=at)


@transaction.atomic
def save_tenancy(
    *,
    mall: Mall,
    tenancy: Tenancy | None,
    agency: Mapping[str, Any] | None,
    values: Mapping[str, Any],
    obligations: Sequence[Mapping[str, Any]] | None,
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> Tenancy:
    """Give an agency its stand in a mall, or change stand, agreement, and what the two sides owe each other.

    `agency` holds what is known of the agency itself; for a new stand it either makes a new agency, or `values` names
    one that exists elsewhere. `obligations` are all of them (party, text, due_on, met_on); None leaves them alone.
    """
    _same_mall(mall, values, "zone", "schedule")
    values = dict(values)
    if tenancy is None:
        if agency is not None:
            values["agency"] = records.save(Agency(), agency, version=None, by=by, at=at)
        tenancy = records.add(Tenancy(mall=mall, **values), by=by, at=at)
    else:
        records.claim(tenancy, version=version)
        if agency is not None and records.change(tenancy.agency, agency, version=None, by=by, at=at):
            # Both stand on one page, so whoever edits it at the same time must notice.
            records.touch(tenancy, version=None, by=by, at=at, verb="agency_changed")
        records.change(tenancy, values, version=None, by=by, at=at)
    if obligations is not None:
        _replace(
            tenancy,
            "obligations",
            [Obligation(tenancy=tenancy, **one) for one in obligations],
            ("party", "text", "due_on", "met_on"),
            by=by,
            at=at,
        )
    return tenancy


@transaction.atomic
def save_counter(
    *,
    mall: Mall,
    counter: Counter | None,
    values: Mapping[str, Any],
    shares: Sequence[Mapping[str, Any]] | None,
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> Counter:
    """Add a counter, or change it and the weekdays on which other agencies have it.

    `shares` are all of them (agency, weekday, starts, ends); None leaves them alone. Raises `ValidationError` where two
    of one weekday overlap, or an agency has no stand in the mall.
    """
    _same_mall(mall, values, "zone")
    here = set(Tenancy.objects.filter(mall=mall).values_list("agency", flat=True))
    asked = [one["agency"] for one in (values, *(shares or ())) if "agency" in one]
    if any(agency.pk not in here for agency in asked):
        raise ValidationError({"agency": _("This agency has no stand in this mall.")})
    saved = records.save(counter or Counter(mall=mall), values, version=version, by=by, at=at)
    if shares is not None:
        rows = [CounterShare(counter=saved, **one) for one in shares]
        if rules.shares_overlap([rules.Share(row.agency_id, row.weekday, row.starts, row.ends) for row in rows]):
            raise ValidationError(_("Two agencies would have the counter at the same time."))
        _replace(saved, "shares", rows, ("weekday", "starts", "ends", "agency"), by=by, at=at)
    return saved


def remove(record: Record, *, by: Actor | str, at: datetime) -> RemovedRecord:
    """Remove a zone, facility or counter. Raises `StillUsed`, naming what refers to it."""
    return records.remove(record, by=by, at=at)


@transaction.atomic
def remove_tenancy(*, tenancy: Tenancy, by: Actor | str, at: datetime) -> RemovedRecord:
    """End an agency's stand; the agency stays known. Raises `StillUsed` while it has counters in the mall."""
    numbers = Counter.objects.filter(mall=tenancy.mall_id, agency=tenancy.agency_id).order_by("number")
    if listed := ", ".join(str(counter) for counter in numbers):
        raise records.StillUsed(
            _("%(name)s still has counters here: %(numbers)s. Please give them to another agency first.")
            % {"name": tenancy, "numbers": listed}
        )
    return records.remove(tenancy, by=by, at=at)


def _same_mall(mall: Mall, values: Mapping[str, Any], *names: str) -> None:
    """What a record refers to stands in the same mall. Raises `ValidationError`."""
    for name in names:
        other = values.get(name)
        if other is not None and other.mall_id != mall.pk:
            raise ValidationError({name: _("This belongs to another mall.")})


def _replace(
    record: Record, name: str, rows: Iterable[Any], fields: Sequence[str], *, by: Actor | str, at: datetime
) -> None:
    """Put rows in place of those that belong to a record; a change is counted and journaled, no change is not."""
    manager = getattr(record, name)
    rows = list(rows)
    before, after = (_listed(these, fields) for these in (manager.all(), rows))
    if before == after:
        return
    manager.all().delete()  # first, or a row that stays would be in the way of itself
    for row in rows:
        row.full_clean(exclude=["id"])
    manager.bulk_create(rows)
    records.touch(record, version=None, by=by, at=at, changes={name: [before, after]})


def _listed(rows: Iterable[Any], fields: Sequence[str]) -> list[str]:
    """Rows in words, in one order, to compare and to read."""
    return sorted(
        " · ".join(str(value) for field in fields if (value := getattr(row, field)) is not None) for row in rows
    )
