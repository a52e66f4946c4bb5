from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from pendapa.base.journal import actions as journal
from pendapa.base.journal import queries
from pendapa.base.journal.models import Cursor, Entry
from pendapa.base.journal.tests.make import AT, make_entries, run

pytestmark = pytest.mark.usefixtures("journal_db")


class Officer:
    actor_name = "user:5"


def test_an_entry_says_who_did_what_to_which_record_when() -> None:
    with transaction.atomic():
        journal.record(
            verb="ticket.issued", subject="ticket:12", by=Officer(), at=AT, mall=3, number=7, day=date(2026, 11, 23)
        )
    [entry] = queries.tail(None, 10)
    assert (entry.verb, entry.subject, entry.actor, entry.at, entry.mall) == (
        "ticket.issued",
        "ticket:12",
        "user:5",
        AT,
        3,
    )
    assert entry.data == {"number": 7, "day": "2026-11-23"}
    assert entry.subject_id == 12
    assert abs((entry.written_at - datetime.now(UTC)).total_seconds()) < 5
    assert entry.id.version == 7


def test_a_record_is_named_by_kind_and_id_and_brings_its_mall() -> None:
    cursor = Cursor(name="relay")
    cursor.mall_id = 4  # type: ignore[attr-defined]  # stands for a record that belongs to a mall
    with transaction.atomic():
        journal.record(verb="cursor.moved", subject=cursor, by=None, at=AT)
    [entry] = queries.tail(None, 10)
    assert (entry.subject, entry.mall, entry.actor) == ("cursor:relay", 4, "system")


def test_an_act_that_is_undone_leaves_no_entry() -> None:
    with transaction.atomic():
        journal.record(verb="ticket.issued", subject="ticket:1", by=None, at=AT)
        transaction.set_rollback(True)
    assert queries.tail(None, 10) == []


def test_no_entry_is_written_outside_its_act() -> None:
    with pytest.raises(journal.OutsideTransaction):
        journal.record(verb="ticket.issued", subject="ticket:1", by=None, at=AT)


@pytest.mark.parametrize("verb", ["issued", "Ticket.issued", "ticket issued", "ticket.", ""])
def test_a_verb_has_a_subject_and_an_act(verb: str) -> None:
    with pytest.raises(ValueError, match="not a verb"), transaction.atomic():
        journal.record(verb=verb, subject="ticket:1", by=None, at=AT)


def test_history_is_what_happened_to_one_record_in_the_malls_order() -> None:
    with transaction.atomic():
        for hour, verb in ((9, "ticket.called"), (8, "ticket.issued")):
            journal.record(verb=verb, subject="ticket:1", by=None, at=AT.replace(hour=hour))
        journal.record(verb="ticket.issued", subject="ticket:11", by=None, at=AT)
    assert [entry.verb for entry in queries.history_of("ticket:1")] == ["ticket.issued", "ticket.called"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET actor = 'user:9'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry",
    ],
)
def test_the_journal_is_never_edited(statement: str) -> None:
    make_entries(1)
    with pytest.raises(DatabaseError, match="never edited"):
        run(statement)
    assert len(queries.tail(None, 10)) == 1


def test_not_even_through_the_model() -> None:
    make_entries(1)
    entry = Entry.objects.get()
    entry.actor = "user:9"
    with pytest.raises(DatabaseError, match="never edited"):
        entry.save()
    with pytest.raises(DatabaseError, match="never edited"):
        Entry.objects.all().delete()


def test_figures_and_moments_can_be_data() -> None:
    data: dict[str, Any] = {"at_": AT, "sum": Decimal("1.50"), "none": None, "list": [1, "a"]}
    with transaction.atomic():
        journal.record(verb="bill.paid", subject="bill:1", by=None, at=AT, **data)
    assert queries.tail(None, 1)[0].data == {
        "at_": "2026-11-23T02:00:00Z",
        "sum": "1.50",
        "none": None,
        "list": [1, "a"],
    }


def test_an_entry_costs_one_statement(django_assert_num_queries: Any) -> None:
    with transaction.atomic(), django_assert_num_queries(1):
        journal.record(verb="ticket.issued", subject="ticket:1", by=None, at=AT)


def test_a_hot_insert_feeds_two_indexes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'journal_entry' ORDER BY 1")
        assert [name for (name,) in cursor.fetchall()] == ["journal_entry_pkey", "journal_entry_subject"]
