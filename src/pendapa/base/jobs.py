"""Work that follows an act: a thin door to procrastinate (architecture.md, decision 7).

A job is a row written in the same transaction as the act: rolled back with it, and never lost after it. It runs at
least once, so a task finds its own earlier result and does nothing twice. It may run when the world
has changed, so it takes ids, reads the state anew, and carries no personal data.

Queues by urgency: `now` (someone is waiting for it), `soon` (within minutes), `night` (when the mall is closed).
Tasks live in the `tasks.py` of their app, where the worker finds them.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar

from django.db import connection, transaction
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job, Status
from procrastinate.tasks import Task
from procrastinate.types import JSONValue

from pendapa.base import clock
from pendapa.base.errors import Refused

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
Urgency: TypeAlias = Literal["now", "soon", "night"]
Argument: TypeAlias = int | str | None


QUEUES: tuple[Urgency, ...] = ("now", "soon", "night")
ATTEMPTS = 16  # with the waits below: about eight and a half hours, longer than a provider's bad morning
_FIRST_WAIT, _LONGEST_WAIT = 10, 3600  # seconds
_LONGEST_ARGUMENT = 64  # characters: enough for a code or a name of a kind, too short for a letter
_KEEP_FINISHED = 72  # hours
_SILENT_WORKER = 30  # seconds without a heartbeat after which a worker counts as dead


class BackOff(BaseRetryStrategy):
    """Try again after 10 s, 20 s, 40 s … at most an hour apart; after `attempts` runs the job is left as failed.

    Up to a fifth is added to each wait, different for each job, so that a provider that
    comes back is not met by all of them at once. A `Refused` is an answer and not an outage: it is not retried.
    """

    def __init__(self, attempts: int = ATTEMPTS) -> None:
        self.attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Refused) or job.attempts + 1 >= self.attempts:
            return None
        seconds = wait_after(job.attempts) * (1 + (job.id or 0) * 37 % 100 / 500)
        return RetryDecision(retry_at=clock.real_now() + timedelta(seconds=seconds))


def wait_after(failures: int) -> int:
    """Seconds to wait before the next attempt, after so many earlier failures (0 for the first one)."""
    return min(_FIRST_WAIT << min(failures, 20), _LONGEST_WAIT)


def task(
    queue: Urgency = "now", *, name: str | None = None, lock: str | None = None, attempts: int = ATTEMPTS
) -> Callable[[Callable[P, R]], Task[P, R, P]]:
    """Declare a function as work for the queue. Keep its `name` when it moves, or waiting jobs lose it.

    Jobs with the same `lock` never run at the same time, and keep their order.
    """
    declare: Callable[[Callable[P, R]], Task[P, R, P]] = app.task(
        queue=queue, name=name, lock=lock, retry=BackOff(attempts)
    )
    return declare


def periodic(
    cron: str, *, queue: Urgency = "soon", name: str | None = None
) -> Callable[[Callable[[], R]], Callable[[], R]]:
    """Let a function without arguments run by real time: `@periodic("*/5 * * * *")`.

    One run waits and one runs at most, whatever the number of workers. A failed run is not repeated; the next comes.
    """

    def declare(function: Callable[[], R]) -> Callable[[], R]:
        full_name = name or f"{function.__module__}.{function.__qualname__}"

        def run(timestamp: int) -> R:
            return function()

        work = app.task(queue=queue, name=full_name, lock=full_name, queueing_lock=full_name)(run)
        app.periodic(cron=cron)(work)
        return function

    return declare


def defer(
    work: Task[..., Any, ...],
    *,
    lock: str | None = None,
    once: str | None = None,
    at: datetime | None = None,
    **ids: Argument,
) -> int | None:
    """Write a job in the current transaction, and return its number.

    `once` names the work ("refresh:mall:3"): when a job of that name is still waiting, nothing is
    written and None returned. `at` (real time) is the earliest moment. Arguments are numbers or short
    strings; longer ones are a `ValueError`, because letters and names do not belong here.
    """
    _ids_only(ids)
    job = work.configure(lock=lock, queueing_lock=once, schedule_at=at)
    if once is None:
        return job.defer(**ids)
    try:
        with transaction.atomic():  # the refused insert must not spoil the caller's transaction
            return job.defer(**ids)
    except AlreadyEnqueued:
        return None


def defer_many(work: Task[..., Any, ...], each: Iterable[Mapping[str, Argument]]) -> list[int]:
    """Write many jobs of one task in one statement, in the current transaction."""
    jobs: list[dict[str, JSONValue]] = [_ids_only(ids) for ids in each]
    return work.batch_defer(*jobs) if jobs else []


def state_of(job: int) -> str | None:
    """Where a job stands: todo, doing, succeeded, failed, cancelled, aborted; None if unknown or cleared away."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job])
        row = cursor.fetchone()
    return row[0] if row else None


def backlog() -> dict[str, dict[str, float]]:
    """For each queue: jobs `due`, `later` (waiting for their moment or next attempt), `doing`, `failed`, and the
    age in seconds of the `oldest` due one.
    """
    empty = {"due": 0.0, "later": 0.0, "doing": 0.0, "failed": 0.0, "oldest": 0.0}
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG)
        found = {name: dict(zip(empty, map(float, figures), strict=True)) for name, *figures in cursor.fetchall()}
    return {**{name: dict(empty) for name in QUEUES}, **found}


_BACKLOG = """
SELECT job.queue_name,
       count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at <= clock_timestamp(), true)),
       count(*) FILTER (WHERE status = 'todo' AND scheduled_at > clock_timestamp()),
       count(*) FILTER (WHERE status = 'doing'),
       count(*) FILTER (WHERE status = 'failed'),
       coalesce(extract(epoch FROM clock_timestamp() - min(coalesce(scheduled_at, event.at))
                FILTER (WHERE status = 'todo' AND coalesce(scheduled_at <= clock_timestamp(), true))), 0)
FROM procrastinate_jobs job
LEFT JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
WHERE status IN ('todo', 'doing', 'failed')
GROUP BY job.queue_name
"""


async def rescue(worker_app: App) -> int:
    """Give jobs back to the queue whose worker died over them, and return how many.

    A job that has killed its worker as often as any job may be tried is left as failed instead.
    """
    manager = worker_app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=_SILENT_WORKER))
    for job in stalled:
        logger.warning("job given back after its worker died", extra={"job": job.id, "task": job.task_name})
        if job.attempts + 1 >= ATTEMPTS:
            await manager.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await manager.retry_job(job, retry_at=clock.real_now())
    return len(stalled)


# Upkeep has no lock: a lock held by the dead would keep the rescue itself from running.
@app.periodic(cron="* * * * *")
@app.task(queue="now", name="base.rescue_stalled_jobs", queueing_lock="base.rescue_stalled_jobs", pass_context=True)
async def rescue_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Every minute (`timestamp` is the planned moment, as procrastinate tells it)."""
    await rescue(context.app)


@app.periodic(cron="17 * * * *")
@app.task(queue="night", name="base.clear_finished_jobs", queueing_lock="base.clear_finished_jobs", pass_context=True)
async def clear_finished_jobs(context: JobContext, timestamp: int) -> None:
    """Every hour: jobs that went well are forgotten after three days, failed ones stay to be looked at."""
    await context.app.job_manager.delete_old_jobs(nb_hours=_KEEP_FINISHED)


def _ids_only(ids: Mapping[str, Argument]) -> dict[str, JSONValue]:
    for name, value in ids.items():
        if isinstance(value, str) and len(value) > _LONGEST_ARGUMENT:
            raise ValueError(f"{name} is too long for a job: pass an id")
        if value is not None and not isinstance(value, int | str):
            raise TypeError(f"{name} is a {type(value).__name__}: a job takes ids")
    return dict(ids)
