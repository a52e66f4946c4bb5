"""A journal that moves to another database cluster goes on: nothing is lost, nothing is passed on twice."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoDbBlocker

from pendapa.base import clock, jobs
from pendapa.base.journal import actions as journal
from pendapa.base.journal import queries
from pendapa.base.journal.actions import relay
from pendapa.base.journal.models import Cursor, Entry, Era
from pendapa.server import postgres

SERVED = "ticket.restored"  # a verb that no handler of the program listens to
done: list[int] = []


@jobs.task(queue="now", name="tests.after_restore")
def after_restore(number: int) -> None:
    done.append(number)


def defer_each(entries: list[Entry]) -> None:
    jobs.defer_many(after_restore, ({"number": entry.subject_id} for entry in entries))


@pytest.fixture
def _relay_handler() -> Iterator[None]:
    done.clear()
    relay.on(SERVED)(defer_each)
    yield
    relay.off(defer_each)


@contextmanager
def at_home_in(cluster: postgres.Cluster) -> Iterator[None]:
    """Let the program work on this cluster, in every thread."""
    before = dict(connection.settings_dict)
    address = conninfo_to_dict(cluster.url)
    _leave()
    connection.settings_dict.update(
        NAME=address["dbname"], USER=address["user"], PASSWORD=address["password"], HOST=address["host"], PORT=""
    )
    try:
        yield
    finally:
        _leave()
        connection.settings_dict.update(before)


def _leave() -> None:
    wrapper = connections["default"]
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.close()
    wrapper.close_pool()


def record(number: int) -> None:
    with transaction.atomic():
        journal.record(verb=SERVED, subject=f"ticket:{number}", by=None, at=clock.now())


def relay_all() -> None:
    while journal.relay_once():
        pass


def work() -> None:
    assert isinstance(app.connector, DjangoConnector)
    worker = app.with_connector(app.connector.get_worker_connector())
    worker.run_worker(queues=["now"], wait=False, install_signal_handlers=False, listen_notify=False)


def use_up_transactions(count: int) -> None:
    """Make this cluster's transaction numbers larger than those of a new one, as years of work do."""
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN FOR n IN 1..{count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")


def newest_xid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])


@pytest.mark.slow
@pytest.mark.usefixtures("_relay_handler")
def test_after_a_restore_into_a_new_cluster_entries_are_relayed_and_their_jobs_run(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> None:
    folder = tmp_path_factory.mktemp("clusters")
    for place in [folder, *folder.parents][:3]:
        place.chmod(0o755)  # as root, PostgreSQL's own account passes through
    dump = folder / "journal.dump"
    with django_db_blocker.unblock():
        with postgres.running(folder / "old") as old, at_home_in(old):
            call_command("migrate", verbosity=0)
            use_up_transactions(20_000)
            record(1)
            relay_all()
            record(2)  # committed, and not yet relayed when the mall's machine dies
            assert journal.seal_once() > 0
            old_xid = newest_xid()
            _run(old, "pg_dump", "--format=custom", f"--file={dump}", f"--dbname={old.url}")
        with postgres.running(folder / "new") as new, at_home_in(new):
            _run(
                new,
                "pg_restore",
                "--no-owner",
                "--exit-on-error",
                "--single-transaction",
                f"--dbname={new.url}",
                str(dump),
            )
            assert newest_xid() < old_xid
            assert not queries.era_is_open()
            lost = _without_a_new_era_an_entry_would_be_lost()

            call_command("migrate", verbosity=0)
            assert journal.open_era() == 2
            assert queries.era_is_open()
            assert list(Era.objects.order_by("id").values_list("id", flat=True)) == [1, 2]
            record(3)
            relay_all()
            work()
            assert sorted(done) == [1, 2, 3]
            assert journal.seal_once() > 0
            [written_too_early] = queries.verify()
            assert (written_too_early.kind, written_too_early.entry) == ("added", lost)
            assert queries.lag() == 0

            before = queries.head()
            record(4)
            assert [entry.subject for entry in queries.tail(before, 10)] == ["ticket:4"]


def _without_a_new_era_an_entry_would_be_lost() -> UUID:
    """The mutant: going on in the old era, whose readers have passed larger transaction numbers long ago."""
    with transaction.atomic():
        journal.record(verb="ticket.lost", subject="ticket:0", by=None, at=clock.now())
    relayed = Cursor.objects.get(name="relay").position
    assert "ticket:0" not in [entry.subject for entry in queries.tail(relayed, 10)]
    return Entry.objects.get(subject="ticket:0").id


def _run(cluster: postgres.Cluster, program: str, *arguments: str) -> None:
    path: Path = cluster.programs / program
    subprocess.run([path, *arguments], check=True, timeout=120)
