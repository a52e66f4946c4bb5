"""The data folder of an installation: who may use it, its keys, and what runs in it.

pendapa.json   marks the folder as ours
lock           held by the one supervisor that runs here
secrets.json   keys and database passwords, mode 600
running.json   processes of the last supervisor, so that the next one can wait for them
postgres/      the embedded PostgreSQL's data; socket/, log/, bin/ belong to it
static/        collected static files
"""

import base64
import errno
import fcntl
import json
import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from pendapa.server import lifeline
from pendapa.server.env import Environment
from pendapa.server.problems import Problem

PATIENCE = 8.0  # seconds that a start waits for what a killed supervisor left behind


def default_folder(environment: Environment) -> Path:
    """Where an installation lives when nobody says otherwise."""
    if environment.data:
        return Path(environment.data)
    if os.geteuid() == 0:
        return Path("/var/lib/pendapa")
    if environment.xdg_data_home:
        return Path(environment.xdg_data_home) / "pendapa"
    try:
        return Path.home() / ".local" / "share" / "pendapa"
    except RuntimeError as homeless:
        raise Problem("This user has no home folder; say with --data where Pendapa may keep its data.") from homeless


class Purpose(StrEnum):
    """What a data folder is for: the demo's passwords are public and its clock is shifted."""

    DEMO = "demo"
    MALL = "mall"


class Installation:
    """One data folder. Creating the object touches nothing; `open` makes and checks the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.abspath(folder))
        self._lock: int | None = None

    @property
    def static(self) -> Path:
        """The folder of the collected static files."""
        return self.folder / "static"

    def open(self) -> None:
        """Make the folder, or check that it is ours to use; a Problem says what is wrong with it."""
        with explained(self.folder):
            mode = 0o755 if os.geteuid() == 0 else 0o700  # as root, PostgreSQL's own account passes through
            new = not self.folder.exists()
            self.folder.mkdir(parents=True, exist_ok=True)
            if new:
                self.folder.chmod(mode)
            mark = self.folder / "pendapa.json"
            if not mark.exists():
                if any(entry.name != "lost+found" for entry in self.folder.iterdir()):
                    raise Problem(
                        f"The folder {self.folder} holds files that are not Pendapa's; "
                        f"choose an empty or new folder with --data."
                    )
                write(mark, json.dumps({"what": "data of a Pendapa installation"}), mode=0o644)
            if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "permission denied", str(self.folder))

    def dedicate(self, purpose: Purpose) -> None:
        """Keep a folder for its first purpose: no real mall runs on a demo's data, nor a demo on a mall's."""
        mark = self.folder / "pendapa.json"
        with explained(self.folder):
            try:
                told = json.loads(mark.read_text("utf-8"))
            except ValueError:
                told = {}
            if "purpose" not in told:
                write(mark, json.dumps({**told, "purpose": purpose}), mode=0o644)
            elif told["purpose"] != purpose:
                is_demo = told["purpose"] == Purpose.DEMO
                raise Problem(
                    f"The data folder {self.folder} belongs to "
                    + ("the demo, whose passwords are public" if is_demo else "a real mall")
                    + "; give another one with --data."
                )

    def claim(self) -> None:
        """Become the one supervisor of this folder until this process ends."""
        with explained(self.folder):
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
            os.close(lock)
            raise Problem(
                f"The data folder {self.folder} is already used by a running Pendapa (process {holder or 'unknown'}); "
                f"stop that one first or choose another folder with --data."
            ) from taken
        with explained(self.folder):
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(os.getpid()).encode("ascii"), 0)
        self._lock = lock

    def release(self) -> None:
        """Let another supervisor use the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_running(self) -> bool:
        """Whether a supervisor holds this folder now."""
        try:
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(lock)
        return False

    def secrets(self) -> dict[str, str]:
        """The keys of this installation, made at first use and never changed by Pendapa."""
        path = self.folder / "secrets.json"
        with explained(self.folder):
            if not path.exists():
                write(path, json.dumps(_new_secrets(), indent=2) + "\n", mode=0o600)
            try:
                kept = json.loads(path.read_text("utf-8"))
            except ValueError as damaged:
                raise Problem(
                    f"The file {path} is damaged; put its copy back, for without it the installation's "
                    f"encrypted data cannot be read."
                ) from damaged
        return {str(name): str(value) for name, value in kept.items()}

    def remember(self, pids: list[int]) -> None:
        """Write down which processes run here, for the next start after a crash."""
        processes = [{"pid": pid, "started_at": lifeline.started_at(pid)} for pid in pids]
        with explained(self.folder):
            write(self.folder / "running.json", json.dumps(processes), mode=0o600)

    def wait_for_leftovers(self) -> None:
        """Wait until the processes of a killed supervisor are gone; end them if they stay. Call it under the lock."""
        until = time.monotonic() + PATIENCE / 2
        while left := self._leftovers():
            if time.monotonic() > until + PATIENCE / 2:
                pids = ", ".join(map(str, left))
                raise Problem(f"Processes of an earlier Pendapa do not end ({pids}); stop them and start again.")
            if time.monotonic() > until:
                for pid in left:
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def _leftovers(self) -> list[int]:
        try:
            known: list[dict[str, Any]] = json.loads((self.folder / "running.json").read_text("utf-8"))
        except (OSError, ValueError):
            return []
        return [
            entry["pid"]
            for entry in known
            if entry["started_at"] and lifeline.started_at(entry["pid"]) == entry["started_at"]
        ]


def _new_secrets() -> dict[str, str]:
    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode("ascii")

    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEYS": f"k1:{key()}",
        "HASH_KEY": key(),
        "DATABASE_PASSWORD": secrets.token_urlsafe(32),
        "SUPERUSER_PASSWORD": secrets.token_urlsafe(32),
    }


def write(path: Path, text: str, *, mode: int) -> None:
    """Put a small file in its place whole or not at all, readable by the right people from its first moment."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what can go wrong with a folder into one sentence."""
    try:
        yield
    except OSError as error:
        raise Problem(sentence_for(error, folder)) from error


def sentence_for(error: OSError, folder: Path) -> str:
    """What a failed file operation means to the person at the machine."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return disk_full(folder)
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"The data folder {folder} cannot be read and written by this user; choose another with --data."
    if error.errno == errno.EROFS:
        return f"The data folder {folder} is on a read-only disk; choose another with --data."
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        return f"{folder} is not a folder; choose another with --data."
    return f"The data folder {folder} cannot be used: {error.strerror}."


def disk_full(folder: Path) -> str:
    """The sentence for a disk without room."""
    return f"The disk that holds {folder} is full; free some space or choose another folder with --data."
