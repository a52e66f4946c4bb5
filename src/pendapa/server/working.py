"""The work process: carries out jobs, runs periodic tasks, and relays the journal."""

import asyncio
import logging
from threading import Event, Thread

from procrastinate import App
from procrastinate.contrib.django import procrastinate_app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from pendapa.base import jobs
from pendapa.base.journal import actions as journal

_log = logging.getLogger(__name__)
AT_ONCE = 4  # jobs that run side by side
GRACE = 3.0  # seconds that running jobs get to end


def work() -> None:
    """Work until a signal comes. Django is set up already.

    Also ends, as procrastinate does, some seconds after PostgreSQL was restarted: the supervisor starts it again.
    """
    stop = Event()
    relay = Thread(target=journal.run_relay, args=(stop,), name="relay", daemon=True)
    relay.start()
    try:
        asyncio.run(_carry_out())
    finally:
        stop.set()
        relay.join(GRACE)


async def _carry_out() -> None:
    """Run procrastinate's worker on a connection of its own.

    Procrastinate would put that connection under every task, and a job deferred by a task or by the relay would no
    longer be part of Django's transaction. So the worker gets an application object of its own with the same tasks.
    """
    app = procrastinate_app.current_app
    if not isinstance(app, App):
        raise TypeError("Django is not set up")
    app.perform_import_paths()  # type: ignore[no-untyped-call]  # procrastinate left it untyped
    worker = type(app)(
        connector=PsycopgConnector(kwargs=connector_params()),
        import_paths=app.import_paths,
        worker_defaults=app.worker_defaults,
        periodic_defaults=app.periodic_defaults,
    )
    worker.tasks = app.tasks
    worker.periodic_registry = app.periodic_registry
    async with worker.open_async():
        _log.info("working", extra={"tasks": len(worker.tasks)})
        await worker.run_worker_async(
            queues=list(jobs.QUEUES),
            concurrency=AT_ONCE,
            shutdown_graceful_timeout=GRACE,
            fetch_job_polling_interval=2.0,
        )
