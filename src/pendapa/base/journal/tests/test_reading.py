"""Readers of the journal lose nothing and see nothing twice, in whatever order transactions commit."""

import re
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pendapa.base.journal import queries
from pendapa.base.journal.queries import Position, reading
from pendapa.base.journal.tests.conftest import Session
from pendapa.base.journal.tests.make import empty_journal, make_entries, run, write

HELD = 10.0  # seconds that a writer keeps its transaction open
WRITERS = 4

pytestmark = [pytest.mark.usefixtures("journal_db"), pytest.mark.race]


class Reader:
    """Goes on from the last entry it has seen, a few entries at a time, as the relay and the boards do."""

    def __init__(self, step: int = 3) -> None:
        self.position: Position | None = None
        self.seen: list[str] = []
        self.step = step

    def poll(self) -> None:
        while entries := queries.tail(self.position, self.step):
            self.position = entries[-1].position
            self.seen += [entry.subject for entry in entries]


@pytest.fixture
def writers(another_session: Callable[[], Session]) -> list[Session]:
    return [another_session() for _count in range(WRITERS)]


Step = tuple[str, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, WRITERS - 1)),
        st.tuples(st.sampled_from(["commit", "roll back"]), st.integers(0, WRITERS - 1)),
        st.just(("poll", 0)),
    ),
    max_size=40,
)


def play(steps: list[Step], sessions: list[Session], reader: Reader) -> list[str]:
    """Let writers and reader take turns as told, end it all, and return the subjects that were committed."""
    empty_journal()
    committed: list[str] = []
    pending: dict[int, list[str]] = {number: [] for number in range(len(sessions))}
    for count, (step, number) in enumerate(steps):
        if step == "write":
            write(sessions[number], f"ticket:{count}")
            pending[number].append(f"ticket:{count}")
        elif step == "commit":
            sessions[number].commit()
            committed += pending[number]
            pending[number] = []
        elif step == "roll back":
            sessions[number].rollback()
            pending[number] = []
        else:
            reader.poll()
            assert set(reader.seen) <= set(committed)
    for session in sessions:
        session.rollback()
    reader.poll()
    return committed


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, at_once=st.integers(1, 5))
def test_each_committed_entry_is_read_exactly_once_in_any_interleaving(
    writers: list[Session], steps: list[Step], at_once: int
) -> None:
    reader = Reader(at_once)
    committed = play(steps, writers, reader)
    assert Counter(reader.seen) == Counter(committed)


# The writer that began first commits last, and the reader looks in between.
OUT_OF_ORDER: list[Step] = [("write", 0), ("write", 1), ("commit", 1), ("poll", 0), ("commit", 0), ("poll", 0)]


def test_commits_out_of_order_lose_nothing(writers: list[Session]) -> None:
    reader = Reader()
    committed = play(OUT_OF_ORDER, writers, reader)
    assert sorted(reader.seen) == sorted(committed) == ["ticket:0", "ticket:1"]


@pytest.mark.parametrize("order", ["era, xid, id", "id"], ids=["by transaction", "by entry"])
def test_a_reader_without_the_bound_loses_an_entry(
    writers: list[Session], monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """The mutant: the same statement without its bound; ordered by transaction, or by the entry's own id alone."""
    mutant = reading._TAIL.replace(reading.READABLE, "true")
    if order == "id":
        mutant = mutant.replace(reading.AFTER, "(%s, %s) IS NOT NULL AND id > %s")
    mutant = mutant.replace("ORDER BY era, xid, id", f"ORDER BY {order}")
    assert mutant != reading._TAIL
    monkeypatch.setattr(reading, "_TAIL", mutant)
    reader = Reader()
    committed = play(OUT_OF_ORDER, writers, reader)
    assert sorted(committed) == ["ticket:0", "ticket:1"]
    assert reader.seen == ["ticket:1"]


@pytest.mark.slow
def test_a_writer_that_stays_open_delays_the_others_and_loses_nothing(another_session: Callable[[], Session]) -> None:
    slow, quick = another_session(), another_session()
    reader, written, until = Reader(), 0, time.monotonic() + HELD
    write(slow, "ticket:slow")
    while time.monotonic() < until:
        write(quick, f"ticket:{written}")
        quick.commit()
        written += 1
        reader.poll()
        assert reader.seen == []
        time.sleep(0.05)
    assert HELD - 1 < queries.held_back() < HELD + 5
    assert HELD - 1 < queries.lag() < HELD + 5
    slow.commit()
    reader.poll()
    assert Counter(reader.seen) == Counter(["ticket:slow", *(f"ticket:{number}" for number in range(written))])
    assert queries.held_back() == 0


def test_entries_of_one_transaction_stand_together_in_the_order_they_were_written(
    another_session: Callable[[], Session],
) -> None:
    one, other = another_session(), another_session()
    for number in range(10):
        write(one, f"ticket:{number}")
        write(other, f"ticket:{100 + number}")
    other.commit()
    one.commit()
    reader = Reader()
    reader.poll()
    assert reader.seen == [f"ticket:{number}" for number in [*range(10), *range(100, 110)]]


def test_transactions_are_ordered_by_number_and_not_by_its_digits() -> None:
    run(
        "INSERT INTO journal_entry (xid, at, actor, verb, subject) VALUES"
        " ('99', now(), 'system', 'a.b', 'ticket:99'), ('101', now(), 'system', 'a.b', 'ticket:101'),"
        " ('9', now(), 'system', 'a.b', 'ticket:9')"
    )
    reader = Reader(step=1)
    reader.poll()
    assert reader.seen == ["ticket:9", "ticket:99", "ticket:101"]


def test_a_stream_that_starts_now_gets_what_ends_later_and_nothing_older(
    another_session: Callable[[], Session],
) -> None:
    make_entries(3)
    still_open = another_session()
    write(still_open, "ticket:open")
    start = queries.head()
    assert queries.tail(start, 10) == []
    make_entries(1, first=50)
    still_open.commit()
    assert {entry.subject for entry in queries.tail(start, 10)} == {"ticket:open", "ticket:50"}


def test_a_reader_in_a_long_transaction_of_its_own_sees_what_has_ended() -> None:
    make_entries(2)
    with transaction.atomic():
        run("SELECT 1")
        assert len(queries.tail(None, 10)) == 2


@pytest.mark.parametrize("place", [0, 10_000, 19_990])
def test_reading_costs_what_it_brings_however_long_the_journal(place: int) -> None:
    run(
        "INSERT INTO journal_entry (xid, at, actor, verb, subject)"
        " SELECT n::text::xid8, now(), 'system', 'a.b', 'ticket:' || n FROM generate_series(1, 20000) n"
    )
    run("ANALYZE journal_entry")
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (ANALYZE, FORMAT json) {reading._TAIL}", [1, str(place), str(UUID(int=2**128 - 1)), 100]
        )
        plan = str(cursor.fetchone()[0])
    assert "Merge Append" in plan
    assert max(float(rows) for rows in re.findall(r"Actual Rows.{1,3}?: ([0-9.]+)", plan)) <= 101


def test_nobody_waits_when_nothing_is_written() -> None:
    assert queries.lag() == 0
    assert queries.held_back() == 0
