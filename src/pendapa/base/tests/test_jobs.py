from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from pendapa.base import clock, jobs
from pendapa.base.errors import Refused

ran: list[int] = []


@jobs.task(queue="now", name="tests.note")
def note(number: int) -> None:
    ran.append(number)


@jobs.task(queue="soon", name="tests.fail")
def fail(number: int) -> None:
    raise RuntimeError("the provider is away")


@jobs.task(queue="soon", name="tests.refuse")
def refuse(number: int) -> None:
    raise Refused("The ticket is closed.")


@pytest.fixture(autouse=True)
def _no_jobs(transactional_db: None) -> Iterator[None]:
    ran.clear()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")


def work() -> None:
    """Let a real worker do what is due."""
    assert isinstance(app.connector, DjangoConnector)
    worker = app.with_connector(app.connector.get_worker_connector())
    worker.run_worker(queues=list(jobs.QUEUES), wait=False, install_signal_handlers=False, listen_notify=False)


def rows(columns: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM procrastinate_jobs ORDER BY id")  # noqa: S608 - columns named below
        return list(cursor.fetchall())


def test_a_job_runs_and_shows_its_state() -> None:
    job = jobs.defer(note, number=7)
    assert job is not None
    assert jobs.state_of(job) == "todo"
    work()
    assert ran == [7]
    assert jobs.state_of(job) == "succeeded"
    assert jobs.state_of(-1) is None


def test_a_job_of_an_act_that_is_undone_never_was() -> None:
    with transaction.atomic():
        job = jobs.defer(note, number=1)
        transaction.set_rollback(True)
    assert job is not None
    assert jobs.state_of(job) is None
    work()
    assert ran == []


def test_many_jobs_are_written_at_once() -> None:
    assert len(jobs.defer_many(note, ({"number": number} for number in range(5)))) == 5
    assert jobs.defer_many(note, []) == []
    work()
    assert sorted(ran) == [*range(5)]


def test_work_that_waits_already_is_not_written_twice() -> None:
    with transaction.atomic():
        first = jobs.defer(note, once="refresh:mall:3", number=1)
        second = jobs.defer(note, once="refresh:mall:3", number=2)
        third = jobs.defer(note, once="refresh:mall:4", number=3)
    assert (first is None, second, third is None) == (False, None, False)
    work()
    assert sorted(ran) == [1, 3]
    assert jobs.defer(note, once="refresh:mall:3", number=4) is not None


def test_a_job_can_wait_for_its_moment() -> None:
    jobs.defer(note, at=clock.real_now() + timedelta(hours=1), number=1)
    work()
    assert ran == []
    assert jobs.backlog()["now"]["later"] == 1


@pytest.mark.parametrize("letter", ["x" * 65, "Dear Sir or Madam, " * 10])
def test_letters_do_not_travel_in_jobs(letter: str) -> None:
    with pytest.raises(ValueError, match="pass an id"):
        jobs.defer(note, number=letter)
    with pytest.raises(ValueError, match="pass an id"):
        jobs.defer_many(note, [{"number": letter}])


def test_only_ids_travel_in_jobs() -> None:
    with pytest.raises(TypeError, match="takes ids"):
        jobs.defer(note, number=[1, 2])  # type: ignore[arg-type]  # the point of the test


def test_waits_grow_to_an_hour_and_cover_a_working_day() -> None:
    waits = [jobs.wait_after(failures) for failures in range(jobs.ATTEMPTS - 1)]
    assert waits[:4] == [10, 20, 40, 80]
    assert waits == sorted(waits)
    assert max(waits) == jobs.wait_after(10_000) == 3600
    assert timedelta(hours=7) < timedelta(seconds=sum(waits)) < timedelta(hours=12)


def test_a_job_that_fails_is_tried_again_later() -> None:
    job = jobs.defer(fail, number=1)
    work()
    assert job is not None
    assert jobs.state_of(job) == "todo"
    [(attempts, wait)] = rows("attempts, extract(epoch FROM scheduled_at - clock_timestamp())")
    assert attempts == 1
    assert 5 < float(str(wait)) <= 12
    assert jobs.backlog()["soon"] == {"due": 0, "later": 1, "doing": 0, "failed": 0, "oldest": 0}


def test_a_job_that_fails_too_often_stays_visible_as_failed() -> None:
    job = jobs.defer(fail, number=1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s", [jobs.ATTEMPTS - 1])
    work()
    assert job is not None
    assert jobs.state_of(job) == "failed"
    assert jobs.backlog()["soon"]["failed"] == 1


def test_a_refusal_is_an_answer_and_not_tried_again() -> None:
    job = jobs.defer(refuse, number=1)
    work()
    assert job is not None
    assert jobs.state_of(job) == "failed"


def test_the_backlog_tells_how_long_someone_has_waited() -> None:
    jobs.defer(note, number=1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - interval '90 seconds'")
    backlog = jobs.backlog()
    assert backlog["now"]["due"] == 1
    assert 90 <= backlog["now"]["oldest"] < 120
    assert set(backlog) == {"now", "soon", "night"}


def _doing_by_dead_worker(attempts: int) -> int:
    job = jobs.defer(note, number=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '2 minutes') RETURNING id"
        )
        worker = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = %s", [worker, attempts]
        )
    assert job is not None
    return job


def test_a_job_whose_worker_was_killed_is_done_after_all() -> None:
    job = _doing_by_dead_worker(attempts=0)
    assert jobs.state_of(job) == "doing"
    assert async_to_sync(jobs.rescue)(app) == 1
    assert async_to_sync(jobs.rescue)(app) == 0
    work()
    assert ran == [1]


def test_a_job_that_kills_every_worker_is_left_as_failed() -> None:
    job = _doing_by_dead_worker(attempts=jobs.ATTEMPTS - 1)
    assert async_to_sync(jobs.rescue)(app) == 1
    assert jobs.state_of(job) == "failed"


def test_a_job_in_the_hands_of_a_living_worker_is_left_alone() -> None:
    _doing_by_dead_worker(attempts=0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now()")
    assert async_to_sync(jobs.rescue)(app) == 0


def test_upkeep_runs_by_itself_and_can_be_run_by_the_worker() -> None:
    planned = {task.task.name: task for task in app.periodic_registry.periodic_tasks.values()}
    upkeep = {"base.rescue_stalled_jobs", "base.clear_finished_jobs", "journal.seal", "journal.ensure_partitions"}
    assert upkeep <= set(planned)
    for name in upkeep:
        app.configure_task(name, queue=planned[name].task.queue).defer(timestamp=0)
    work()
    assert {state for (state,) in rows("status::text")} == {"succeeded"}
