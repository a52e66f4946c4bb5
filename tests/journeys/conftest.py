"""The demo itself, started by its one command, as the stage of all journeys."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
READY = "Pendapa is ready at "
PATIENCE = 120  # seconds


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that runs in a data folder of its own, without simulated visitors."""
    folder = tmp_path_factory.mktemp("demo")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)  # the embedded PostgreSQL runs as an ordinary user when the tests run as root
    log = folder / "demo.log"
    environment = {key: value for key, value in os.environ.items() if key not in _OF_THE_TESTS}
    with log.open("wb") as out:
        command = [
            str(PROJECT / "pendapa"),
            "demo",
            "--empty",
            "--port",
            str(_free_ports()),
            "--data",
            str(folder / "data"),
        ]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        yield _address(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


_OF_THE_TESTS = {"DATABASE_URL", "SECRET_KEY", "FIELD_KEYS", "HASH_KEY", "DJANGO_SETTINGS_MODULE", "PYTHONPATH"}


def _free_ports() -> int:
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


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for line in log.read_text("utf-8", "replace").splitlines():
            if line.startswith(READY):
                return line.removeprefix(READY).strip().rstrip("/")
        assert process.poll() is None, log.read_text("utf-8", "replace")
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8", "replace"))
