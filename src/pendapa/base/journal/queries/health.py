"""Whether the journal keeps up, for `/readyz`, `/metrics` and `doctor`. Everything here is in real time."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from pendapa.base.journal.rules import month_of, months_from, partition_of


@dataclass(frozen=True)
class RelayHealth:
    """`lag`: seconds that the oldest entry has waited for the relay. `undelivered`: entries a handler could not take
    so far; `oldest_undelivered`: seconds since the first of them failed. `held_back`: see `held_back()`.
    """

    lag: float
    held_back: float
    undelivered: int
    oldest_undelivered: float


def lag(name: str = "relay") -> float:
    """Seconds that the oldest entry a reader has not passed has been waiting; 0 when it is up to date.

    Entries that are held back count too.
    """
    return _number(
        """
        SELECT coalesce(greatest(extract(epoch FROM clock_timestamp() - (
            SELECT written_at FROM journal_entry
            WHERE (era, xid, id, written_at) >= (
                coalesce((SELECT cursor.era FROM journal_cursor cursor WHERE name = %(name)s), 0),
                coalesce((SELECT cursor.xid FROM journal_cursor cursor WHERE name = %(name)s), 0)::text::xid8,
                coalesce((SELECT cursor.id FROM journal_cursor cursor WHERE name = %(name)s), %(nil)s::uuid),
                'infinity')
            ORDER BY era, xid, id LIMIT 1)), 0), 0)
        """,
        {"name": name, "nil": "00000000-0000-0000-0000-000000000000"},
    )


def held_back() -> float:
    """Seconds since the oldest transaction that still writes began: so far back is what readers may see at worst."""
    return _number(
        """
        SELECT coalesce(greatest(extract(epoch FROM clock_timestamp() - min(xact_start)), 0), 0)
        FROM pg_stat_activity WHERE backend_xid IS NOT NULL
        """
    )


def relay_health(name: str = "relay") -> RelayHealth:
    """All figures about the relay at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(since)), 0) FROM journal_undelivered"
        )
        undelivered, oldest = cursor.fetchone()
    return RelayHealth(lag(name), held_back(), int(undelivered), float(oldest))


def missing_partitions(months: int = 1) -> list[date]:
    """The months, this one and so many further ones, that have no partition: their entries would go astray.

    Twelve are made ahead, so anything in the answer means that the upkeep has not run for most of a year.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        today = month_of(cursor.fetchone()[0])
        return [month for month in months_from(today, months) if partition_of(month) not in partitions()]


def strayed_entries() -> int:
    """How many entries lie in the default partition; `ensure_partitions` puts them where they belong."""
    return int(_number("SELECT count(*) FROM journal_entry_default"))


def partitions() -> set[str]:
    """The names of all partitions there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal_entry'::regclass")
        return {name.rpartition(".")[2] for (name,) in cursor.fetchall()}


def _number(sql: str, parameters: dict[str, str] | None = None) -> float:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return float(cursor.fetchone()[0])
