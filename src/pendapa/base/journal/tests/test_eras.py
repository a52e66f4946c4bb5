"""Eras, as far as one database cluster can show them; `tests/journal/test_restore.py` uses two."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from pendapa.base.journal import actions as journal
from pendapa.base.journal import queries
from pendapa.base.journal.models import Era
from pendapa.base.journal.tests.conftest import Session
from pendapa.base.journal.tests.make import make_entries, run


@pytest.fixture
def foreign_era(journal_db: None) -> Iterator[int]:
    """The newest era is that of another cluster, as after a restore."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_era()")
        before = cursor.fetchone()[0]
    Era.objects.all().delete()
    Era.objects.create(id=before, system_identifier=1)
    yield before
    Era.objects.all().delete()
    run(f"CREATE OR REPLACE FUNCTION journal_era() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE RETURN {before}")
    journal.open_era()


@pytest.mark.usefixtures("journal_db")
def test_in_the_same_cluster_an_era_goes_on() -> None:
    number = journal.open_era()
    assert queries.era_is_open()
    assert journal.open_era() == number


def test_in_another_cluster_a_new_era_opens(foreign_era: int) -> None:
    assert not queries.era_is_open()
    make_entries(1)
    assert journal.open_era() == foreign_era + 1
    assert queries.era_is_open()
    make_entries(1, first=1)
    assert [entry.era for entry in queries.tail(None, 10)] == [foreign_era, foreign_era + 1]


def test_entries_of_older_eras_are_read_first_however_large_their_transactions(foreign_era: int) -> None:
    run(
        "INSERT INTO journal_entry (xid, at, actor, verb, subject)"
        " VALUES ('900000000000', now(), 'system', 'a.b', 'ticket:old')"
    )
    assert queries.tail(None, 10) == []  # a number of the future, as long as its era is the present one
    journal.open_era()
    make_entries(1, first=7)
    [old, new] = queries.tail(None, 10)
    assert (old.subject, new.subject) == ("ticket:old", "ticket:7")
    assert queries.tail(old.position, 10)[0].subject == "ticket:7"


def test_hot_statements_prepared_before_write_into_the_new_era(
    foreign_era: int, another_session: Callable[[], Session]
) -> None:
    """The number stands in a function that plans have swallowed; a new one makes them plan anew."""
    session = another_session()
    session.set_autocommit(True)
    with session.cursor() as cursor:
        cursor.execute(
            "PREPARE hot AS INSERT INTO journal_entry (at, actor, verb, subject)"
            " VALUES (now(), 'system', 'a.b', 'ticket:1') RETURNING era"
        )
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        eras = []
        for _count in range(2):
            cursor.execute("EXECUTE hot")
            eras.append(cursor.fetchone()[0])
            journal.open_era()
        cursor.execute("RESET plan_cache_mode; DEALLOCATE hot")
    assert eras == [foreign_era, foreign_era + 1]


@pytest.mark.race
def test_processes_that_start_together_open_one_era(foreign_era: int) -> None:
    start, opened = threading.Barrier(4), []

    def open_it() -> None:
        start.wait()
        opened.append(journal.open_era())
        connection.close()

    threads = [threading.Thread(target=open_it) for _count in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [foreign_era + 1] * 4
    assert Era.objects.count() == 2
