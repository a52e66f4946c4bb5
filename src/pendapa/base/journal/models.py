"""Entries, and what is remembered about reading and sealing them."""

import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now

from pendapa.base.journal.rules import Position

if TYPE_CHECKING:
    _BigIntegerField = models.BigIntegerField[int, int]
else:
    _BigIntegerField = models.BigIntegerField


class Xid8Field(_BigIntegerField):
    """A 64-bit transaction number of PostgreSQL, a plain int in Python."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "xid8"

    def from_db_value(self, value: str | int | None, expression: object, connection: object) -> int | None:
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return None if value is None else str(value)


class Entry(models.Model):
    """One thing that happened. Never changed and never deleted: a trigger refuses both.

    `written_at` is real time and chooses the month's partition; `at` is the mall's time. `mall` is an id without
    a foreign key, since the journal outlives what it tells about. `subject` names a record ("ticket:123"), `actor`
    who acted ("user:5"); `data` holds ids and figures, never personal data. The table comes by SQL (0001_journal):
    its key is (era, xid, id, written_at), which is also the reading order, so an insert feeds two indexes only.
    """

    id = models.UUIDField(primary_key=True)
    era = models.IntegerField()
    xid = Xid8Field()
    written_at = models.DateTimeField()
    at = models.DateTimeField()
    mall = models.BigIntegerField(null=True)
    actor = models.TextField()
    verb = models.TextField()
    subject = models.TextField()
    data = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        managed = False
        db_table = "journal_entry"

    @property
    def position(self) -> Position:
        return Position(self.era, self.xid, self.id)

    @property
    def subject_id(self) -> int:
        """The number in `subject`, for handlers that look the record up."""
        return int(self.subject.rpartition(":")[2])


class Era(models.Model):
    """A stretch of the journal within which transaction numbers grow.

    They start anew in a database restored into a new cluster, which `system_identifier` tells apart.
    """

    id = models.IntegerField(primary_key=True)
    system_identifier = models.BigIntegerField()
    opened_at = models.DateTimeField(db_default=Now())


class Cursor(models.Model):
    """How far a reader has come that must not see an entry twice, nor miss one."""

    name = models.TextField(primary_key=True)
    era = models.IntegerField(default=0)
    xid = models.BigIntegerField(default=0)
    entry = models.UUIDField(db_column="id")
    updated_at = models.DateTimeField(db_default=Now())

    @property
    def position(self) -> Position:
        return Position(self.era, self.xid, self.entry)


class Undelivered(models.Model):
    """An entry that one handler of the relay could not take. Tried again until it can."""

    handler = models.TextField()
    era = models.IntegerField()
    xid = models.BigIntegerField()
    entry = models.UUIDField()
    attempts = models.IntegerField(default=1)
    error = models.TextField()
    since = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("handler", "entry"), name="undelivered_once_per_handler"),)

    @property
    def position(self) -> Position:
        return Position(self.era, self.xid, self.entry)


class Seal(models.Model):
    """Proof over a run of entries of one month, chained to the seal before it.

    `leaves` holds 8 bytes of each entry's hash, to name the entry that was changed; `digest` covers the whole hashes;
    `chain` is a keyed hash over all of this and the chain before. It stays when the month's partition is dropped.
    """

    seq = models.IntegerField(primary_key=True)
    month = models.DateField()
    first_era = models.IntegerField()
    first_xid = models.BigIntegerField()
    first_entry = models.UUIDField()
    last_era = models.IntegerField()
    last_xid = models.BigIntegerField()
    last_entry = models.UUIDField()
    count = models.IntegerField()
    leaves = models.BinaryField()
    digest = models.CharField(max_length=64)
    chain = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    @property
    def first(self) -> Position:
        return Position(self.first_era, self.first_xid, self.first_entry)

    @property
    def last(self) -> Position:
        return Position(self.last_era, self.last_xid, self.last_entry)

    def content(self) -> str:
        """All that the chain protects, in a form that has one spelling only."""
        return json.dumps(
            [
                self.seq,
                self.month.isoformat(),
                str(self.first),
                str(self.last),
                self.count,
                bytes(self.leaves).hex(),
                self.digest,
                round(self.sealed_at.timestamp() * 1_000_000),
            ]
        )


def name_of(subject: models.Model | str) -> str:
    """How the journal names a record: its kind and its id, "ticket:123"."""
    return subject if isinstance(subject, str) else f"{subject._meta.model_name}:{subject.pk}"
