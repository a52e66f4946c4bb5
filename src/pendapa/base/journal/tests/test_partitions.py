from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from pendapa.base.journal import actions as journal
from pendapa.base.journal import queries
from pendapa.base.journal.queries.health import partitions
from pendapa.base.journal.rules import month_of, months_from, partition_of
from pendapa.base.journal.tests.make import AT, as_intruder, make_entries, run

pytestmark = pytest.mark.usefixtures("journal_db")

THIS_MONTH = month_of(datetime.now(UTC))
MONTHS = [*months_from(THIS_MONTH, 14)]
LONG_AGO = date(2020, 2, 1)


@pytest.fixture(autouse=True)
def _as_before(journal_db: None) -> Iterator[None]:
    yield
    with transaction.atomic(), as_intruder():
        run("TRUNCATE journal_entry")
    for month in (LONG_AGO, date(2020, 3, 1)):
        run(f"DROP TABLE IF EXISTS {partition_of(month)}")
    journal.ensure_partitions()


def written(on: str, subject: str) -> None:
    run(
        "INSERT INTO journal_entry (written_at, at, actor, verb, subject) VALUES (%s, now(), 'system', 'a.b', %s)",
        on,
        subject,
    )


def home_of(subject: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM journal_entry WHERE subject = %s", [subject])
        return str(cursor.fetchone()[0])


def test_a_year_is_made_ahead() -> None:
    assert queries.missing_partitions(12) == []
    assert journal.ensure_partitions() == []


def test_a_month_that_is_missing_is_noticed_and_made() -> None:
    run(f"DROP TABLE {partition_of(MONTHS[1])}")
    assert queries.missing_partitions() == [MONTHS[1]]
    assert journal.ensure_partitions() == [partition_of(MONTHS[1])]
    assert queries.missing_partitions() == []


def test_entries_lie_in_the_month_they_were_written_in_utc() -> None:
    written(f"{MONTHS[1]} 06:59+07", "ticket:before")
    written(f"{MONTHS[1]} 07:00+07", "ticket:after")
    assert (home_of("ticket:before"), home_of("ticket:after")) == (partition_of(MONTHS[0]), partition_of(MONTHS[1]))


def test_entries_without_a_month_are_kept_and_brought_home() -> None:
    """When the upkeep has not run for a year, nothing is lost and everything is put right afterwards."""
    run(f"DROP TABLE {partition_of(MONTHS[1])}")
    written(f"{MONTHS[1]} 12:00+00", "ticket:astray")
    written("2020-02-29 12:00+00", "ticket:old")
    assert queries.strayed_entries() == 2
    before = {entry.subject: entry.position for entry in queries.tail(None, 10)}
    assert set(journal.ensure_partitions()) == {partition_of(MONTHS[1]), partition_of(LONG_AGO)}
    assert queries.strayed_entries() == 0
    assert home_of("ticket:astray") == partition_of(MONTHS[1])
    assert {entry.subject: entry.position for entry in queries.tail(None, 10)} == before
    with pytest.raises(DatabaseError, match="never edited"):
        run("DELETE FROM journal_entry")
    written("2019-02-28 12:00+00", "ticket:older")
    with pytest.raises(DatabaseError, match="never edited"):
        run("DELETE FROM journal_entry_default")


def _a_month_of_long_ago() -> None:
    written("2020-02-10 12:00+00", "ticket:1")
    written("2020-02-11 12:00+00", "ticket:2")
    journal.ensure_partitions()


def test_a_month_goes_when_everyone_is_done_with_it_and_its_seals_stay() -> None:
    _a_month_of_long_ago()
    journal.relay_once(limit=1)
    for do_what_is_left in (journal.seal_once, journal.relay_once):
        with pytest.raises(journal.MonthStillNeeded):
            journal.drop_month(month=LONG_AGO, by=None, at=AT)
        do_what_is_left()
    make_entries(2, first=10)
    journal.drop_month(month=LONG_AGO, by="user:1", at=AT)
    assert partition_of(LONG_AGO) not in partitions()
    while journal.seal_once():
        pass
    [finding] = queries.verify()
    assert (finding.kind, finding.is_damage) == ("dropped", False)
    assert queries.history_of("journal").get().actor == "user:1"


def test_a_month_that_someone_removed_without_a_word_is_damage() -> None:
    _a_month_of_long_ago()
    journal.seal_once()
    run(f"DROP TABLE {partition_of(LONG_AGO)}")
    [finding] = queries.verify()
    assert (finding.kind, finding.is_damage) == ("month-missing", True)


@pytest.mark.parametrize("month", [THIS_MONTH, MONTHS[3], date(2019, 1, 1)])
def test_the_present_and_the_unknown_are_not_dropped(month: date) -> None:
    with pytest.raises(journal.MonthStillNeeded):
        journal.drop_month(month=month, by=None, at=AT)


def test_the_oldest_month_goes_first() -> None:
    written("2020-02-10 12:00+00", "ticket:1")
    written("2020-03-10 12:00+00", "ticket:2")
    journal.ensure_partitions()
    while journal.seal_once():
        pass
    with pytest.raises(journal.MonthStillNeeded):
        journal.drop_month(month=date(2020, 3, 1), by=None, at=AT)
    journal.drop_month(month=LONG_AGO, by=None, at=AT)
    journal.drop_month(month=date(2020, 3, 1), by=None, at=AT)
