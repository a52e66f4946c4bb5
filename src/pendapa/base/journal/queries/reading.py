"""What happened after a position, up to now, and to one record."""

from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet

from pendapa.base.journal.models import Entry, name_of
from pendapa.base.journal.rules import Position

# Transaction numbers are given out in order but commit in any order. Whoever remembers only the largest number
# seen would pass by a transaction that started earlier and commits later. `pg_snapshot_xmin` is the smallest
# number still running: below it every transaction has ended, so what this statement's snapshot shows of them is all
# there will ever be, and later entries sort behind it.
#
# Both bounds are row comparisons, so that the index begins and stops at them, and both include their border, which
# no entry can lie on (none was written at infinity, none has the id zero): PostgreSQL guesses the share of a row
# comparison from its first column alone, and "era > 1" in era 1 would look like nothing, to be sorted afterwards.
AFTER = "(era, xid, id, written_at) >= (%s, %s::xid8, %s, 'infinity')"
READABLE = f"(era, xid, id) <= (journal_era(), pg_snapshot_xmin(pg_current_snapshot()), '{UUID(int=0)}')"


_TAIL = f"""
SELECT id, era, xid, written_at, at, mall, actor, verb, subject, data
FROM journal_entry
WHERE {AFTER} AND {READABLE}
ORDER BY era, xid, id
LIMIT %s
"""  # noqa: S608 - made of constants


def tail(after: Position | None, limit: int) -> list[Entry]:
    """The next entries after a position (None: from the beginning), at most `limit`.

    Going on from the last entry's position, a reader gets each committed entry exactly once. Entries of a
    transaction stand together, in the order they were written; between transactions the order is not that of the
    commits, so take them as hints and read the records themselves. While any transaction of the database cluster
    that has written stays open, entries that began after it are held back (`held_back()` says for how long).
    """
    start = after or Position.before_everything()
    return list(Entry.objects.raw(_TAIL, [start.era, str(start.xid), start.id, limit]))


def head() -> Position:
    """The position of now: `tail` from here returns nothing that had ended before, and all that ends later.

    A stream takes it *before* it reads its snapshot; then nothing falls between the two.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_era(), pg_snapshot_xmin(pg_current_snapshot())::text")
        era, xmin = cursor.fetchone()
    return Position.after_transaction(era, int(xmin) - 1)


def history_of(subject: Model | str) -> QuerySet[Entry]:
    """All that happened to one record, oldest first, by the mall's time."""
    return Entry.objects.filter(subject=name_of(subject)).order_by("at", "era", "xid", "id")


def era_is_open() -> bool:
    """Whether the newest era is of this database cluster. If not, `actions.open_era` has to run before any write."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT system_identifier FROM journal_era ORDER BY id DESC LIMIT 1)"
            " = (SELECT system_identifier FROM pg_control_system()), false)"
        )
        is_open: bool = cursor.fetchone()[0]
    return is_open
