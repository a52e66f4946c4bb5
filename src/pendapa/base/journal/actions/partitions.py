"""The months of the journal."""

import logging
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.base.journal.actions.recording import record
from pendapa.base.journal.models import Cursor, Undelivered
from pendapa.base.journal.queries.health import partitions
from pendapa.base.journal.queries.seals import MONTH_DROPPED, sealed_until
from pendapa.base.journal.rules import Actor, month_of, months_from, partition_of

logger = logging.getLogger(__name__)


class MonthStillNeeded(Refused):
    """The month holds entries that someone has yet to read, to seal or to deliver, or it is not the oldest one."""


@transaction.atomic
def ensure_partitions(months: int = 12) -> list[str]:
    """Make the partitions of this month and the next ones, and return the names of the new ones.

    Entries that went astray into the default partition, because the upkeep had not run, move to their month.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('journal_partitions'))")
        cursor.execute("SELECT clock_timestamp()")
        today = month_of(cursor.fetchone()[0])
        cursor.execute("SELECT DISTINCT date_trunc('month', written_at, 'UTC') FROM journal_entry_default")
        astray = {month_of(moment) for (moment,) in cursor.fetchall()}
        wanted = {*astray, *months_from(today, months)}
        existing = partitions()
        new = [month for month in sorted(wanted) if partition_of(month) not in existing]
        if new and astray:
            _make_around_default(new)
        else:
            for month in new:
                _make(month)
    return [partition_of(month) for month in new]


@transaction.atomic
def drop_month(*, month: date, by: Actor | str | None, at: datetime) -> None:
    """Remove the oldest month of the journal for good, when its retention is over. Its seals stay.

    Only a month that is wholly sealed, read by every reader and delivered by the relay can go: `MonthStillNeeded`.
    """
    table = partition_of(month)
    existing = sorted(name for name in partitions() if name != "journal_entry_default")
    if table not in existing:
        raise MonthStillNeeded(_("There are no entries of that month."))
    places = [sealed_until(), *(cursor.position for cursor in Cursor.objects.all())]
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        if month >= month_of(cursor.fetchone()[0]):
            raise MonthStillNeeded(_("A month that is not over cannot be dropped."))
        if table != existing[0]:
            raise MonthStillNeeded(_("The oldest month of the journal has to be dropped first."))
        slowest = min(places)
        cursor.execute(
            f"SELECT exists (SELECT FROM {table} WHERE (era, xid, id) > (%s, %s::xid8, %s))",  # noqa: S608 - a name of ours
            [slowest.era, str(slowest.xid), slowest.id],
        )
        if cursor.fetchone()[0] or _undelivered_in(table):
            raise MonthStillNeeded(_("Entries of that month are still to be sealed or passed on."))
        cursor.execute(f"DROP TABLE {table}")
    record(verb=MONTH_DROPPED, subject="journal", by=by, at=at, month=month.isoformat())
    logger.warning("journal month dropped", extra={"month": month.isoformat()})


def _undelivered_in(table: str) -> bool:
    entries = list(Undelivered.objects.values_list("entry", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT exists (SELECT FROM {table} WHERE id = ANY(%s))", [entries])  # noqa: S608 - a name of ours
        found: bool = cursor.fetchone()[0]
    return found


def _make(month: date) -> None:
    first, after = months_from(month, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {partition_of(month)} PARTITION OF journal_entry"
            f" FOR VALUES FROM ('{first} 00:00+00') TO ('{after} 00:00+00')"
        )


def _make_around_default(months: list[date]) -> None:
    """Make partitions for months whose entries lie in the default one, and move the entries.

    Detached, the default partition loses the trigger that refuses deletions; it comes back when attached.
    """
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_entry DETACH PARTITION journal_entry_default")
        for month in months:
            _make(month)
        cursor.execute(
            "WITH astray AS (DELETE FROM journal_entry_default RETURNING *)"
            " INSERT INTO journal_entry (id, era, xid, written_at, at, mall, actor, verb, subject, data)"
            " SELECT id, era, xid, written_at, at, mall, actor, verb, subject, data FROM astray"
        )
        logger.warning("journal entries put into their months", extra={"count": cursor.rowcount})
        cursor.execute("ALTER TABLE journal_entry ATTACH PARTITION journal_entry_default DEFAULT")
