"""A scratch installation to measure on: its own embedded PostgreSQL, migrated, and gone when the measurement ends.

Nothing of an existing installation is touched: whatever the environment says of a database is replaced.
"""

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psycopg

from bench import servers
from bench.figures import tell
from bench.servers import Servers
from pendapa.server import postgres
from pendapa.server.postgres import Cluster
from pendapa.server.problems import Problem

SHOWN = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_connections")


def settings_in(session: psycopg.Connection) -> dict[str, str]:
    """PostgreSQL's settings that decide a figure."""
    return {
        name: str(value)
        for name in SHOWN
        for (value,) in session.execute("SELECT current_setting(%s)", [name]).fetchall()
    }


@dataclass(frozen=True)
class Stage:
    """The scratch installation."""

    cluster: Cluster

    def superuser(self, database: str = "pendapa") -> psycopg.Connection:
        """A session of PostgreSQL's superuser in a database, without the time-outs of the servers."""
        session = psycopg.connect(self.cluster.superuser_url, dbname=database, autocommit=True)
        session.execute("SET transaction_timeout = 0")
        return session

    def settings(self) -> dict[str, str]:
        """What a figure has to say of the PostgreSQL it was measured on."""
        with self.superuser() as session:
            return settings_in(session)

    def servers(self, *, workers: int = 2) -> AbstractContextManager[Servers]:
        """Pages and live servers with the options of `pendapa serve`, until the block ends."""
        return servers.running(self.cluster.installation.folder / "log" / "servers.log", workers=workers)


@contextmanager
def stage(*, minutes: float, settings: Mapping[str, str] | None = None, pool: int = 8) -> Iterator[Stage]:
    """Make the scratch installation and set Django up on it; all is stopped and removed when the block ends.

    It ends also when a signal asks for it, and after so many minutes. `pool` is the most connections of this
    process; the servers keep the default of `serve`.
    """
    with bounded(minutes), scratch() as folder, postgres.running(folder / "data", settings=settings) as cluster:
        os.environ.update(_variables(cluster), PENDAPA_DATABASE_POOL=str(pool))
        import django

        django.setup()
        from pendapa.server import preparing

        try:
            preparing.prepare(tell)
            yield Stage(cluster)
        finally:
            let_go()


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder that PostgreSQL's own account can pass through when this runs as root."""
    with tempfile.TemporaryDirectory(prefix="pendapa-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@contextmanager
def bounded(minutes: float) -> Iterator[None]:
    """Stop the block when it takes too long or a signal asks for it, so that what it started is stopped too.

    Raises `Problem` when the time is over and `KeyboardInterrupt` for a signal; further ones cannot break the
    tidying up.
    """
    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)

    def stop(number: int, _frame: FrameType | None) -> None:
        for one in watched:
            signal.signal(one, signal.SIG_IGN)
        if number == signal.SIGALRM:
            raise Problem(f"The measurement was stopped: it took longer than {minutes:g} minutes.")
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in watched}
    signal.setitimer(signal.ITIMER_REAL, minutes * 60)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def let_go() -> None:
    """Close this thread's connection and the pool behind it."""
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of Django's PostgreSQL only


def _variables(cluster: Cluster) -> dict[str, str]:
    kept = cluster.installation.secrets()
    return {
        **{name: kept[name] for name in ("SECRET_KEY", "FIELD_KEYS", "HASH_KEY")},
        "DATABASE_URL": cluster.url,
        "DJANGO_SETTINGS_MODULE": "pendapa.server.settings",
        "ALLOWED_HOSTS": "127.0.0.1",
        "PENDAPA_DATA": str(cluster.installation.folder),
        "PENDAPA_STATIC": str(cluster.installation.static),
        "PENDAPA_DEMO": "0",
        "PENDAPA_TLS": "0",
        "TRUSTED_PROXIES": "0",
        "PYTHONPATH": os.pathsep.join([str(Path(postgres.__file__).parents[2]), os.environ.get("PYTHONPATH", "")]),
    }
