"""Add, change, remove and restore a record, each with its entry in the journal.

The apps that own the records call these from their own actions.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, router, transaction
from django.db.models import ProtectedError, RestrictedError
from django.db.models.deletion import Collector
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.base.journal import actions as journal
from pendapa.base.journal.models import name_of
from pendapa.base.journal.rules import Actor, actor
from pendapa.base.records.models import Record, RemovedRecord
from pendapa.base.records.queries import last_change

Kept = TypeVar("Kept", bound=Record)


class ChangedMeanwhile(Refused):
    """Somebody else saved the record after this page was opened. `facts` name who (`actor`) and when (`at`)."""


class Gone(Refused):
    """The record was removed in the meantime."""

    status = 410


class StillUsed(Refused):
    """Others refer to the record, so it cannot vanish."""


class CannotRestore(Refused):
    """What the removed record needs, or its own name, is taken or gone by now."""


@transaction.atomic
def add(record: Kept, *, by: Actor | str | None, at: datetime, mall: int | None = None) -> Kept:
    """Save a new record. Raises `ValidationError` with the fields that do not fit."""
    record.full_clean()
    record.save(force_insert=True)
    note(record, "added", by=by, at=at, mall=mall, values=_values(record, _own_fields(record)))
    return record


@transaction.atomic
def change(
    record: Kept, values: Mapping[str, Any], *, version: int | None, by: Actor | str | None, at: datetime
) -> list[str]:
    """Give a record new values; returns the names of the fields that differ, none where nothing does.

    `version` is the one that the editor saw (None: whatever it is now). Raises `ChangedMeanwhile`, `Gone`, or
    `ValidationError` with the fields that do not fit.
    """
    claim(record, version=version)
    fields = [name for name, value in values.items() if getattr(record, name) != value]
    if not fields:
        return []
    before = _values(record, fields)
    for name in fields:
        setattr(record, name, values[name])
    record.full_clean()
    record.version += 1
    record.save(update_fields=[*fields, "version"])
    after = _values(record, fields)
    note(record, "changed", by=by, at=at, changes={name: [before[name], after[name]] for name in fields})
    return fields


def save(record: Kept, values: Mapping[str, Any], *, version: int | None, by: Actor | str | None, at: datetime) -> Kept:
    """Add a record that is not saved yet with these values, or change one that is. Raises as `add` and `change`."""
    if record.pk is not None:
        change(record, values, version=version, by=by, at=at)
        return record
    for name, value in values.items():
        setattr(record, name, value)
    return add(record, by=by, at=at)


@transaction.atomic
def touch(
    record: Record, *, version: int | None, by: Actor | str | None, at: datetime, verb: str = "changed", **data: Any
) -> None:
    """Count and write down a change to rows that belong to a record (a schedule's periods). Raises as `change`."""
    claim(record, version=version)
    record.version += 1
    record.save(update_fields=["version"])
    note(record, verb, by=by, at=at, **data)


def claim(record: Record, *, version: int | None) -> None:
    """Lock a record for the rest of the transaction and read it anew. Raises `ChangedMeanwhile` or `Gone`."""
    if not type(record)._default_manager.select_for_update().filter(pk=record.pk).exists():
        raise Gone(_("%(name)s was removed in the meantime.") % {"name": str(record)})
    record.refresh_from_db()
    if version is not None and record.version != version:
        change = last_change(record)
        raise ChangedMeanwhile(
            _("%(name)s was changed by someone else while you were editing it.") % {"name": str(record)},
            actor=change.actor if change else None,
            at=change.at.isoformat() if change else None,
        )


@transaction.atomic
def remove(record: Record, *, by: Actor | str | None, at: datetime, mall: int | None = None) -> RemovedRecord:
    """Remove a record and what belongs to it alone; `restore` brings all of it back.

    Raises `StillUsed`, naming what refers to it, or `Gone`.
    """
    claim(record, version=None)
    collector = Collector(using=router.db_for_write(type(record)))
    try:
        collector.collect([record])
    except (ProtectedError, RestrictedError) as error:
        users = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
        raise StillUsed(
            _("%(name)s is still used: %(users)s. Please change or remove that first.")
            % {"name": str(record), "users": _named(users)}
        ) from error
    rows: list[models.Model] = [record]
    rows += [one for model in collector.data for one in collector.data[model] if one != record]
    rows += [one for query in collector.fast_deletes for one in query]
    if mall is None:
        mall = getattr(record, "mall_id", None)
    removed = RemovedRecord.objects.create(
        subject=name_of(record),
        name=str(record),
        mall=mall,
        content=serializers.serialize("python", rows),
        removed_by=actor(by),
        removed_at=at,
    )
    note(record, "removed", by=by, at=at, mall=mall, name=str(record))
    record.delete()
    return removed


@transaction.atomic
def restore(removed: RemovedRecord, *, by: Actor | str | None, at: datetime) -> None:
    """Bring a removed record back under its old number. A second click finds it restored.

    Raises `CannotRestore` where something it needs is gone or its place is taken.
    """
    locked = RemovedRecord.objects.select_for_update().get(pk=removed.pk)
    if locked.restored_at:
        return
    try:
        with transaction.atomic():
            for row in _parents_first(serializers.deserialize("python", locked.content)):
                row.object.full_clean()
                row.save(force_insert=True)
    except (IntegrityError, ValidationError) as error:
        raise CannotRestore(
            _("%(name)s cannot come back: something it needs was removed, or its place is taken.")
            % {"name": locked.name}
        ) from error
    locked.restored_at = at
    locked.save(update_fields=["restored_at"])
    journal.record(verb=f"{locked.kind}.restored", subject=locked.subject, by=by, at=at, mall=locked.mall)


def note(
    record: Record, verb: str, *, by: Actor | str | None, at: datetime, mall: int | None = None, **data: Any
) -> None:
    """Write an entry about a record: "counter.changed"."""
    if mall is None and record._meta.model_name == "mall":
        mall = record.pk
    journal.record(verb=f"{record._meta.model_name}.{verb}", subject=record, by=by, at=at, mall=mall, **data)


def _parents_first(rows: Iterable[Any]) -> list[Any]:
    """The record first, then what refers to it, then what refers to that; rows are few."""
    waiting, placed = list(rows), list[Any]()
    while waiting:
        missing = {(type(row.object), row.object.pk) for row in waiting}
        ready = [row for row in waiting if not _needs(row.object) & (missing - {(type(row.object), row.object.pk)})]
        placed += ready or waiting
        waiting = [row for row in waiting if row not in placed]
    return placed


def _needs(row: models.Model) -> set[tuple[type[models.Model], Any]]:
    return {
        (field.related_model, getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.is_relation and isinstance(field.related_model, type)
    }


def _own_fields(record: Record) -> list[str]:
    return [field.name for field in record._meta.concrete_fields if not field.primary_key and field.name != "version"]


def _values(record: Record, names: Iterable[str]) -> dict[str, Any]:
    """The values that the journal may hold: ids for relations, nothing of private fields."""
    values = {}
    for name in names:
        value = getattr(record, record._meta.get_field(name).attname)  # type: ignore[union-attr]  # concrete fields
        values[name] = None if name in record.PRIVATE else value
    return values


def _named(users: Iterable[models.Model]) -> str:
    """Some of the rows that refer to a record, by kind and name."""
    rows = sorted(users, key=lambda row: (row._meta.model_name or "", str(row)))
    names = [f"{row._meta.verbose_name} {row}" for row in rows[:5]]
    more = len(rows) - len(names)
    return ", ".join(names) + (_(" and %(count)d more") % {"count": more} if more > 0 else "")
