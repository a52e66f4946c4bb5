"""Starts Pendapa as a person does, by its launcher, and watches what becomes of its processes."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
READY = "Pendapa is ready at "
PATIENCE = 120.0  # seconds
OF_THE_TESTS = {
    "DATABASE_URL", "SECRET_KEY", "FIELD_KEYS", "HASH_KEY", "DJANGO_SETTINGS_MODULE", "PYTHONPATH", "PENDAPA_DATA",
    "PENDAPA_STATIC", "PENDAPA_DEMO", "ALLOWED_HOSTS", "PUBLIC_URL", "LIVE_URL",
}  # fmt: skip


class Run:
    """One start of Pendapa with a data folder and two ports of its own."""

    def __init__(self, folder: Path, *arguments: str, port: int | None = None, **options: Any) -> None:
        self.folder, self.port = folder, port or free_ports()
        self.log = folder.parent / f"{folder.name}-{time.monotonic_ns()}.log"
        command = [
            str(options.pop("launcher", PROJECT / "pendapa")),
            *(arguments or ("demo", "--empty")),
            "--data",
            str(folder),
        ]
        if not arguments or arguments[0] in {"demo", "serve"}:
            command += ["--port", str(self.port)]
        environment = {key: value for key, value in os.environ.items() if key not in OF_THE_TESTS}
        self.began = time.monotonic()
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                env={**environment, **options.pop("environment", {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                **options,
            )

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def address(self) -> str:
        """The address of the ready line, once it is printed."""
        until(lambda: READY in self.output or self.process.poll() is not None, PATIENCE, lambda: self.output)
        assert READY in self.output, self.output
        line = next(line for line in self.output.splitlines() if line.startswith(READY))
        return line.removeprefix(READY).rstrip("/")

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> float:
        """Ask to stop, wait until it is gone, and return the seconds it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(sent)
        self.process.wait(60)
        return time.monotonic() - began

    def sentence(self) -> str:
        """What a start that fails says; it must be one line, and the code 1."""
        assert self.process.wait(PATIENCE) == 1, self.output
        lines = self.output.strip().splitlines()
        assert len(lines) == 1, self.output
        assert "Traceback" not in lines[0]
        return lines[0]

    def processes(self) -> dict[int, str]:
        """Everything that works on this data folder or descends from this start: pid and command line."""
        found, parents = {}, {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except (OSError, ProcessLookupError):
                    continue
                if command:
                    found[int(entry.name)] = command
        family = {self.process.pid}
        while new := {pid for pid, parent in parents.items() if parent in family and pid not in family}:
            family |= new
        return {pid: command for pid, command in found.items() if pid in family or str(self.folder) in command}

    def pid_of(self, *words: str) -> int:
        """The youngest process whose command line has all the words, of a server one of its workers; 0 for none."""
        return max(
            (pid for pid, command in self.processes().items() if all(word in command for word in words)), default=0
        )


def get(address: str, path: str = "/healthz", timeout: float = 5.0) -> tuple[int, bytes]:
    """Status and body of a page; (0, b"") when nobody answers."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def until(fact: Callable[[], bool], seconds: float, told: Callable[[], str] = str) -> None:
    """Wait for something that must come about in time."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, f"it did not happen within {seconds} s: {told()}"
        time.sleep(0.05)


def free_ports() -> int:
    """A port that is free together with the next one."""
    for _attempt in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no two neighbouring ports are free")


def reachable(folder: Path) -> Path:
    """A folder that PostgreSQL's own account may pass through, when the tests run as root."""
    for parent in (folder, *folder.parents):
        if parent == Path("/tmp") or parent.stat().st_uid != os.geteuid():  # noqa: S108 -- where pytest keeps its folders
            break
        parent.chmod(0o755)
    return folder
