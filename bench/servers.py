"""The servers of an installation as `serve` runs them, for as long as a measurement needs them."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import children
from pendapa.server import lifeline
from pendapa.server.problems import Problem

FIRST_PORT, LAST_PORT = 8600, 8618
PATIENCE = 30.0  # seconds until the servers have to answer
GRACE = 10.0  # seconds in which they have to end


@dataclass(frozen=True)
class Servers:
    """Two running servers: their ports, and the processes that hold their workers."""

    pages: int
    live: int
    masters: Mapping[str, int]

    def workers(self, server: str) -> list[int]:
        """The processes that do the work of a server."""
        return children(self.masters[server])


@contextmanager
def running(log: Path, *, workers: int) -> Iterator[Servers]:
    """Pages and live server with the options of `pendapa serve`, on the installation that the environment describes."""
    pages, live = free_ports()
    variables = {
        **os.environ,
        "PENDAPA_DATABASE_POOL": "",
        "LIVE_URL": f"http://127.0.0.1:{live}",
        "PUBLIC_URL": f"http://127.0.0.1:{pages}",
    }
    started: dict[str, subprocess.Popen[bytes]] = {}
    with log.open("ab") as lines:
        try:
            for name, port, count in (("pages", pages, workers), ("live", live, 1)):
                command = [sys.executable, "-m", "pendapa.server.serving", name, "--host", "127.0.0.1"]
                started[name] = start(
                    [*command, "--port", str(port), "--workers", str(count)], variables, lines.fileno()
                )
            for name, port in (("pages", pages), ("live", live)):
                _wait(port, started[name], log)
            yield Servers(pages, live, {name: process.pid for name, process in started.items()})
        finally:
            end(started.values())


def start(command: list[str], variables: Mapping[str, str], log: int) -> "subprocess.Popen[bytes]":
    """Start a process that ends with this one, however this one ends; what it says goes to the log."""
    return subprocess.Popen(
        command,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=lifeline.tied_to_me(signal.SIGTERM),  # noqa: PLW1509 -- before any thread is started here
    )


def end(processes: Collection["subprocess.Popen[bytes]"]) -> None:
    """End processes with all that they started."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_ports() -> tuple[int, int]:
    """Two neighbouring ports that nobody listens on."""
    for port in range(FIRST_PORT, LAST_PORT):
        if all(_is_free(number) for number in (port, port + 1)):
            return port, port + 1
    raise Problem(f"Measuring needs two free ports from {FIRST_PORT} to {LAST_PORT}; there are none.")


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
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
    raise Problem(f"The server on port {port} does not answer. Its last lines:\n{last}")
