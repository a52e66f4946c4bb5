"""Entries for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from pendapa.base.journal import actions as journal

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def make_entries(count: int, *, verb: str = "ticket.issued", first: int = 0) -> None:
    """So many acts, each in a transaction of its own."""
    for number in range(first, first + count):
        with transaction.atomic():
            journal.record(verb=verb, subject=f"ticket:{number}", by="device:1", at=AT, mall=1)


def write(session: BaseDatabaseWrapper, subject: str) -> None:
    """An entry in the open transaction of another session, as a hot statement writes it."""
    with session.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_entry (at, mall, actor, verb, subject) VALUES (base_now(), 1, 'device:1', %s, %s)",
            ["ticket.issued", subject],
        )


@contextmanager
def as_intruder() -> Iterator[None]:
    """With the triggers off: what someone with rights over the database can do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_entry DISABLE TRIGGER USER")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE journal_entry ENABLE TRIGGER USER")


def run(sql: str, *parameters: str | int | list[str]) -> int:
    """Run one statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return int(cursor.rowcount)


def empty_journal() -> None:
    with transaction.atomic(), as_intruder():
        run("TRUNCATE journal_entry")
        run("DELETE FROM journal_seal; DELETE FROM journal_cursor; DELETE FROM journal_undelivered")
