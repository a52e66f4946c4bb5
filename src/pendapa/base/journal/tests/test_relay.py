"""The relay: each entry reaches each handler once, and a handler that fails stops nobody."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from pendapa.base import clock, jobs
from pendapa.base.journal import actions as journal
from pendapa.base.journal import queries
from pendapa.base.journal.actions import relay
from pendapa.base.journal.models import Cursor, Entry, Undelivered
from pendapa.base.journal.tests.conftest import Session
from pendapa.base.journal.tests.make import as_intruder, make_entries, run, write

pytestmark = pytest.mark.usefixtures("journal_db")

Register = Callable[[relay.Handler], relay.Handler]


@jobs.task(queue="now", name="tests.relayed")
def relayed(number: int) -> None:
    """Only its rows are looked at."""


@pytest.fixture
def registered() -> Iterator[Register]:
    """Registers a handler for served tickets and takes it out again."""
    handlers: list[relay.Handler] = []

    def register(handler: relay.Handler) -> relay.Handler:
        handlers.append(relay.on("ticket.served")(handler))
        return handler

    yield register
    for handler in handlers:
        relay.off(handler)


@pytest.fixture(autouse=True)
def _no_jobs(journal_db: None) -> None:
    run("DELETE FROM procrastinate_jobs")


def subjects_of_jobs() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (args->>'number')::int FROM procrastinate_jobs WHERE task_name = 'tests.relayed' ORDER BY id"
        )
        return [number for (number,) in cursor.fetchall()]


def defer_each(entries: list[Entry]) -> None:
    jobs.defer_many(relayed, ({"number": entry.subject_id} for entry in entries))


def test_entries_become_jobs_once(registered: Register) -> None:
    registered(defer_each)
    make_entries(7, verb="ticket.served")
    make_entries(3, verb="ticket.issued", first=100)
    assert [journal.relay_once(limit=4) for _count in range(4)] == [4, 4, 2, 0]
    assert subjects_of_jobs() == [*range(7)]
    assert queries.lag() == 0


def test_position_and_jobs_are_one(registered: Register) -> None:
    """A relay that dies before its commit has done nothing; the next one does it all."""
    registered(defer_each)
    make_entries(3, verb="ticket.served")
    with transaction.atomic():
        assert journal.relay_once() == 3
        transaction.set_rollback(True)
    assert subjects_of_jobs() == []
    assert journal.relay_once() == 3
    assert subjects_of_jobs() == [0, 1, 2]


def test_a_second_relay_stands_back(another_session: Callable[[], Session]) -> None:
    make_entries(3)
    journal.relay_once(limit=1)
    at_work = another_session()
    with at_work.cursor() as cursor:
        cursor.execute("SELECT 1 FROM journal_cursor WHERE name = 'relay' FOR UPDATE")
    assert journal.relay_once() == 0
    assert journal.relay_once(name="boards") == 3
    at_work.rollback()
    assert journal.relay_once() == 2


@pytest.mark.race
def test_relays_at_once_pass_each_entry_once(registered: Register, another_session: Callable[[], Session]) -> None:
    registered(defer_each)
    make_entries(60, verb="ticket.served")
    start = threading.Barrier(4)

    def relay_some() -> None:
        start.wait()
        for _count in range(40):
            journal.relay_once(limit=3)
        connection.close()

    threads = [threading.Thread(target=relay_some) for _count in range(4)]
    for thread in threads:
        thread.start()
    for number in range(60, 80):
        late = another_session()
        with late.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_entry (at, actor, verb, subject) VALUES (now(), 'system', 'ticket.served', %s)",
                [f"ticket:{number}"],
            )
        late.commit()
        late.close()
    for thread in threads:
        thread.join()
    while journal.relay_once():
        pass
    assert Counter(subjects_of_jobs()) == Counter(range(80))


def test_a_handler_that_fails_stops_neither_the_others_nor_the_position(registered: Register) -> None:
    def fails(entries: list[Entry]) -> None:
        jobs.defer(relayed, number=1000)
        raise ZeroDivisionError

    registered(fails)
    registered(defer_each)
    make_entries(3, verb="ticket.served")
    assert journal.relay_once() == 3
    assert subjects_of_jobs() == [0, 1, 2]  # and nothing of what the failing handler had begun
    health = queries.relay_health()
    assert (health.lag, health.undelivered) == (0, 3)
    assert set(Undelivered.objects.values_list("error", "attempts")) == {("ZeroDivisionError", 1)}


def test_only_the_entry_that_cannot_be_taken_waits(registered: Register) -> None:
    @registered
    def picky(entries: list[Entry]) -> None:
        if any(entry.subject_id == 1 for entry in entries):
            raise LookupError("a secret name")
        defer_each(entries)

    make_entries(3, verb="ticket.served")
    journal.relay_once()
    assert sorted(subjects_of_jobs()) == [0, 2]
    kept = Undelivered.objects.get()
    assert (kept.error, kept.position.id) == ("LookupError", Entry.objects.get(subject="ticket:1").id)


def test_what_failed_is_tried_again_later_and_later_until_it_succeeds(registered: Register) -> None:
    broken = True

    @registered
    def mended(entries: list[Entry]) -> None:
        if broken:
            raise LookupError
        defer_each(entries)

    make_entries(1, verb="ticket.served")
    journal.relay_once()
    assert relay.retry_undelivered() == 0  # not yet
    waits: list[timedelta] = []
    for attempt in range(2, 14):
        run("UPDATE journal_undelivered SET next_at = now()")
        assert relay.retry_undelivered() == 0
        kept = Undelivered.objects.get()
        assert kept.attempts == attempt
        waits.append(timedelta(seconds=round((kept.next_at - clock.real_now()).total_seconds())))
    assert waits[0] < timedelta(seconds=11)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)
    broken = False
    run("UPDATE journal_undelivered SET next_at = now()")
    assert relay.retry_undelivered() == 1
    assert subjects_of_jobs() == [0]
    assert queries.relay_health().undelivered == 0


def test_what_a_handler_of_another_release_could_not_take_stays_visible(registered: Register) -> None:
    def gone(entries: list[Entry]) -> None:
        raise LookupError

    registered(gone)
    make_entries(1, verb="ticket.served")
    journal.relay_once()
    relay.off(gone)
    run("UPDATE journal_undelivered SET next_at = now(), since = now() - interval '1 hour'")
    assert relay.retry_undelivered() == 0
    assert Undelivered.objects.get().error == "no such handler"
    assert queries.relay_health().oldest_undelivered >= 3600


def test_a_cursor_that_was_set_back_passes_everything_on_again(registered: Register) -> None:
    """What an operator does to repeat work: handlers' jobs find their first result, kept entries are kept once."""

    def fails(entries: list[Entry]) -> None:
        raise LookupError

    registered(fails)
    registered(defer_each)
    make_entries(2, verb="ticket.served")
    journal.relay_once()
    run("DELETE FROM journal_cursor")
    assert journal.relay_once() == 2
    assert subjects_of_jobs() == [0, 1, 0, 1]
    assert queries.relay_health().undelivered == 2


def test_what_was_kept_for_an_entry_that_is_gone_holds_up_nothing(registered: Register) -> None:
    broken = True

    @registered
    def mended(entries: list[Entry]) -> None:
        if broken:
            raise LookupError
        defer_each(entries)

    make_entries(2, verb="ticket.served")
    journal.relay_once()
    with transaction.atomic(), as_intruder():
        run("DELETE FROM journal_entry WHERE subject = 'ticket:0'")
    broken = False
    run("UPDATE journal_undelivered SET next_at = now()")
    assert relay.retry_undelivered() == 1
    assert subjects_of_jobs() == [1]
    assert Undelivered.objects.get().error == "the entry is gone"


def test_a_handler_is_registered_once_and_for_real_verbs(registered: Register) -> None:
    registered(defer_each)
    with pytest.raises(ValueError, match="already"):
        relay.on("ticket.served")(defer_each)
    with pytest.raises(ValueError, match="not a verb"):
        relay.on("served")(defer_each)


def test_one_handler_may_listen_to_several_verbs(registered: Register) -> None:
    registered(defer_each)
    relay.on("ticket.cancelled")(defer_each)
    make_entries(1, verb="ticket.served")
    make_entries(1, verb="ticket.cancelled", first=1)
    journal.relay_once()
    assert subjects_of_jobs() == [0, 1]


def test_the_relay_runs_until_told_and_outlives_an_outage(
    registered: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(defer_each)
    stop, real, calls = threading.Event(), relay.relay_once, 0

    def away_at_first() -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OperationalError("the server closed the connection")
        if calls > 4:
            stop.set()
        return real()

    monkeypatch.setattr(relay, "relay_once", away_at_first)
    monkeypatch.setattr(relay, "_IDLE_PACE", 0.01)
    monkeypatch.setattr(relay, "_BUSY_PACE", 0.01)
    make_entries(2, verb="ticket.served")
    thread = threading.Thread(target=journal.run_relay, args=[stop])
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert subjects_of_jobs() == [0, 1]
    assert Cursor.objects.get(name="relay").position == queries.tail(None, 10)[-1].position


def test_the_relay_says_how_long_entries_wait(another_session: Callable[[], Session]) -> None:
    open_writer = another_session()
    write(open_writer, "ticket:1")
    open_writer.commit()
    assert 0 < queries.lag() < 5
    journal.relay_once()
    assert queries.lag() == 0
