"""A scratch installation to measure on: its own embedded PostgreSQL, migrated, and the servers as `serve` runs them.

Nothing of an existing installation is touched: whatever the environment says of a database is replaced.
"""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.figures import tell
from pendapa.server import postgres
from pendapa.server.postgres import Cluster

FIRST_PORT, LAST_PORT = 8180, 8198
PATIENCE = 30.0  # seconds until the servers have to answer
SHOWN = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_connections")


@dataclass(frozen=True)
class Servers:
    """Two running servers of the stage: the ports and the processes that hold the workers."""

    pages: int
    live: int
    masters: Mapping[str, int]

    def workers(self, server: str) -> list[int]:
        """The processes that do the work of a server."""
        return children(self.masters[server])


@dataclass(frozen=True)
class Stage:
    """The scratch installation."""

    cluster: Cluster

    def superuser(self) -> psycopg.Connection:
        """A session of PostgreSQL's superuser in Pendapa's database, without the time-outs of the servers."""
        return psycopg.connect(self.cluster.superuser_url, dbname="pendapa", autocommit=True)

    def settings(self) -> dict[str, str]:
        """What a figure has to say of the PostgreSQL it was measured on."""
        with self.superuser() as session:
            return {name: str(session.execute(f"SHOW {name}").fetchone()[0]) for name in SHOWN}  # type: ignore[index]  # one row

    @contextmanager
    def servers(self, *, workers: int = 2) -> Iterator[Servers]:
        """Pages and live servers with the options of `pendapa serve`, until the block ends."""
        pages, live = _free_ports()
        variables = {
            **os.environ,
            "PENDAPA_DATABASE_POOL": "",
            "LIVE_URL": f"http://127.0.0.1:{live}",
            "PUBLIC_URL": f"http://127.0.0.1:{pages}",
        }
        running: dict[str, subprocess.Popen[bytes]] = {}
        log = (self.cluster.installation.folder / "log" / "servers.log").open("ab")
        try:
            for name, port, count in (("pages", pages, workers), ("live", live, 1)):
                command = [sys.executable, "-m", "pendapa.server.serving", name, "--host", "127.0.0.1"]
                command += ["--port", str(port), "--workers", str(count)]
                running[name] = subprocess.Popen(
                    command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            for name, port in (("pages", pages), ("live", live)):
                _wait(port, running[name], Path(log.name))
            yield Servers(pages, live, {name: process.pid for name, process in running.items()})
        finally:
            _end(running.values())
            log.close()


@contextmanager
def stage(*, settings: Mapping[str, str] | None = None, pool: int = 8) -> Iterator[Stage]:
    """Make the scratch installation and set Django up on it; all is removed when the block ends.

    `pool` is the most connections of this process; the servers keep the default of `serve`.
    """
    with tempfile.TemporaryDirectory(prefix="pendapa-bench-", ignore_cleanup_errors=True) as scratch:
        # PostgreSQL's own account has to pass when this runs as root; the data below stay closed.
        Path(scratch).chmod(0o711)
        with postgres.running(Path(scratch) / "data", settings=settings) as cluster:
            os.environ.update(_variables(cluster), PENDAPA_DATABASE_POOL=str(pool))
            import django

            django.setup()
            from django.db import connection

            from pendapa.server import preparing

            try:
                preparing.prepare(tell)
                yield Stage(cluster)
            finally:
                connection.close()
                connection.close_pool()


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


def _free_ports() -> tuple[int, int]:
    """Two neighbouring ports that nobody listens on."""
    for port in range(FIRST_PORT, LAST_PORT):
        if all(_is_free(number) for number in (port, port + 1)):
            return port, port + 1
    raise SystemExit(f"No two free ports from {FIRST_PORT} to {LAST_PORT + 1}.")


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:])[-1500:]
    raise SystemExit(f"The server on port {port} does not answer. Its last lines:\n{last}")


def _end(processes: Iterator[subprocess.Popen[bytes]] | object) -> None:
    everyone: list[subprocess.Popen[bytes]] = list(processes)  # type: ignore[call-overload]  # dict values
    for process in everyone:
        process.terminate()
    for process in everyone:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def children(pid: int) -> list[int]:
    """The child processes of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(entry.name))
    return sorted(found)


def resident_kb(pid: int) -> int:
    """The memory of a process that lies in RAM, in KB."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, in seconds, exact to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e9


def random_code() -> str:
    """A text as random as a ticket's code, for rows that are written without the application."""
    return secrets.token_hex(9)
