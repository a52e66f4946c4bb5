"""Reads about changes and removals."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from pendapa.base.journal import queries as journal
from pendapa.base.records.models import Record, RemovedRecord


@dataclass(frozen=True)
class Change:
    """Who changed a record last, and when by the mall's clock."""

    actor: str  # "user:5", as in the journal
    at: datetime


def last_change(record: Record) -> Change | None:
    """The newest entry of the journal about what a record says; None where there is none.

    What a record does (a person signs in, a counter opens) is no change of it.
    """
    kind = record._meta.model_name
    entry = journal.history_of(record).filter(verb__regex=rf"^{kind}\.(added|restored|[a-z_]*changed)$").last()
    return Change(entry.actor, entry.at) if entry else None


def removed_from(mall: int | None) -> QuerySet[RemovedRecord]:
    """What was removed from a mall (None: from the installation) and not restored, newest first."""
    return RemovedRecord.objects.filter(mall=mall, restored_at=None).order_by("-removed_at", "-pk")
