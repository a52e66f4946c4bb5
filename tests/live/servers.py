"""Real servers on the test database, and a way to take that database from them."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from signal import SIGTERM
from typing import Literal
from urllib.parse import quote

from django.db import connection

from pendapa.server import lifeline

PATIENCE = 30.0  # seconds until a server has to answer, or to end


@dataclass
class Server:
    """One granian server with its options of `pendapa serve`, as a process of its own."""

    name: Literal["pages", "live"]
    port: int
    variables: dict[str, str]
    workers: int = 1
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "pendapa.server.serving", self.name, "--host", "127.0.0.1"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--workers", str(self.workers)],
            env={**os.environ, **self.variables},
            stdin=subprocess.DEVNULL,
            preexec_fn=lifeline.tied_to_me(SIGTERM),  # noqa: PLW1509 - no other thread forks here
        )
        until = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.process.poll() is None, f"the {self.name} server ended at once"
            assert time.monotonic() < until, f"the {self.name} server does not answer"
            time.sleep(0.05)

    def stop(self) -> float:
        """Ask it to stop as the supervisor does; the seconds that took."""
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        return time.monotonic() - started

    def kill(self) -> None:
        """Take it away without a word; its worker ends with it."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def _answers(self) -> bool:
        with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=2)) as client:
            try:
                client.request("GET", "/healthz")
                return client.getresponse().status == 200
            except OSError:
                return False


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """A server from now to the end of the block."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


def address(socket_folder: str | Path = "") -> str:
    """The address of the test database; through another folder with a socket, if one is given."""
    settings = connection.settings_dict
    host = quote(str(socket_folder or settings["HOST"]), safe="")
    password = quote(settings["PASSWORD"], safe="")
    port = f"&port={settings['PORT']}" if settings["PORT"] else ""
    return f"postgresql://{settings['USER']}:{password}@/{settings['NAME']}?host={host}{port}"


def two_ports() -> tuple[int, int]:
    """Two neighbouring ports that nobody listens on: of the pages and of the streams."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port, port + 1


class Relay:
    """Stands between a server and PostgreSQL: carries bytes, falls silent, or breaks everything off."""

    def __init__(self, folder: Path) -> None:
        name = f".s.PGSQL.{connection.settings_dict['PORT'] or 5432}"
        host = Path(connection.settings_dict["HOST"])
        assert host.is_absolute(), "the relay stands in front of a socket"
        self.folder = folder
        self._target = str(host / name)
        self._path = folder / name
        self._listener: socket.socket | None = None
        self._pairs: list[socket.socket] = []
        self._flowing = threading.Event()

    def open(self) -> None:
        """Carry everything from now on."""
        self._flowing.set()
        if self._listener is None:
            self._listener = socket.socket(socket.AF_UNIX)
            self._path.unlink(missing_ok=True)
            self._listener.bind(str(self._path))
            self._listener.listen()
            threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def silence(self) -> None:
        """Keep the connections and carry nothing more, like a network that lost its cable."""
        self._flowing.clear()

    def cut(self) -> None:
        """Break every connection off and take no new one, like a database that was killed."""
        if self._listener is not None:
            self._path.unlink(missing_ok=True)
            _close(self._listener)
            self._listener = None
        while self._pairs:
            _close(self._pairs.pop())
        self._flowing.set()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._target)
            self._pairs += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=[source, target], daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                target.sendall(data)
        _close(source)
        _close(target)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
