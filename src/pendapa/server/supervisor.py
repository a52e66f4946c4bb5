"""Starts the processes of an installation, keeps them running, and ends them all in a few seconds.

Every child is tied to the supervisor: when that is gone, however it ended, the children go too. A child that ends
for whatever reason, even with code 0, is started again.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from pendapa.server import lifeline
from pendapa.server.installation import Installation
from pendapa.server.postgres import Cluster
from pendapa.server.problems import Problem

GRACE = 3.2  # seconds that children get to end before they are killed
CALM = 30.0  # seconds after which a child counts as healthy again
WAITS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds before the next start of a child that keeps ending
FIRST_FAILURES = 3  # ends before a child has ever answered, after which starting is given up


class Stopped(BaseException):
    """A signal asked to stop. Not an Exception, so that nothing on the way mistakes it for a failure."""


@dataclass
class Child:
    """A process that has to run all the time."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = field(default=0.0)  # when to start it, on the monotonic clock

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches the supervisor only."""
        self.process = subprocess.Popen(  # noqa: S603 -- our own modules
            self.command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lifeline.tied_to_me(signal.SIGTERM),  # noqa: PLW1509 -- this process has one thread
        )
        self.started = time.monotonic()

    def signal(self, sent: signal.Signals) -> None:
        """Send a signal to the process and everything it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, sent)

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process is None or self.process.poll() is not None


class Supervisor:
    """The parent of all processes of an installation. Lives in the main thread."""

    def __init__(self, installation: Installation, say: Callable[[str], None]) -> None:
        self.installation = installation
        self.say = say
        self.cluster: Cluster | None = None
        self.children: list[Child] = []
        self.signals = 0
        self._abrupt = True  # whether a signal may break off what is being done
        self._database_failures, self._database_due, self._database_started = 0, 0.0, 0.0
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def listen(self) -> None:
        """Take over the signals. While starting, the first one stops at once by raising `Stopped`."""
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sent, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.signals += 1
        if self._abrupt:
            self._abrupt = False
            raise Stopped

    def run_once(self, command: list[str], environment: Mapping[str, str]) -> int:
        """Run a process to its end, ended with the supervisor; return its code."""
        with subprocess.Popen(  # noqa: S603 -- our own modules
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lifeline.tied_to_me(signal.SIGTERM),  # noqa: PLW1509 -- this process has one thread
        ) as process:
            try:
                return process.wait()
            except Stopped:
                process.kill()
                raise

    def start(self, child: Child) -> None:
        """Start a child and keep it running from now on."""
        self.children.append(child)
        child.start()

    def wait_until(self, answers: Callable[[], bool], patience: float) -> None:
        """Wait until the installation answers. Give up with a Problem when a child ends again and again."""
        until = time.monotonic() + patience
        told = False
        while not answers():
            self._look_after()
            for child in self.children:
                if child.failures >= FIRST_FAILURES:
                    raise Problem(f"The process `{child.name}` does not start; its last lines above say why.")
            if time.monotonic() > until:
                raise Problem("Pendapa does not answer although its processes run; the lines above may say why.")
            if not told and time.monotonic() > until - patience + 2:
                told = True
                self.say("Waiting for the pages to answer ...")
            self._sleep(0.05)

    def watch(self) -> None:
        """Keep everything running until a signal asks to stop."""
        self._abrupt = False
        while not self.signals:
            self._look_after()
            # A pause that is due ends within this time; everything else wakes us.
            self._sleep(0.2 if self._database_due or any(child.due for child in self.children) else 1.0)

    def stop(self) -> None:
        """End everything: children first, the database last. A second signal hurries the children."""
        self._abrupt = False
        for child in self.children:
            child.signal(signal.SIGTERM)
        until = time.monotonic() + GRACE
        asked = self.signals
        while any(not child.has_ended() for child in self.children):
            if time.monotonic() > until or self.signals > max(asked, 1):
                break
            self._sleep(0.05)
        for child in self.children:
            # Its workers may outlive a process that ended, so the whole group goes.
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
        self.children.clear()
        if self.cluster is not None:
            self.cluster.stop()
            self.cluster = None

    def _look_after(self) -> None:
        """Start again what has ended, sooner or later by how often it did."""
        now = time.monotonic()
        changed = False
        for child in self.children:
            if child.due:
                if now >= child.due:
                    child.due = 0.0
                    child.start()
                    changed = True
            elif child.has_ended():
                # What the process started may still hold its port.
                child.signal(signal.SIGKILL)
                child.failures = 1 if now - child.started > CALM else child.failures + 1
                child.due = now + WAITS[min(child.failures, len(WAITS)) - 1]
                code = child.process.returncode if child.process else None
                self.say(f"The process `{child.name}` ended (code {code}) and is started again.")
        if self._look_after_database(now) or changed:
            self.remember()

    def _look_after_database(self, now: float) -> bool:
        """Start the embedded PostgreSQL again when it has ended; True when that went well."""
        cluster = self.cluster
        if cluster is None or (cluster.process is not None and cluster.process.poll() is None):
            return False
        if not self._database_due:
            calm = now - self._database_started > CALM
            self._database_failures = 1 if calm else self._database_failures + 1
            self._database_due = now + WAITS[min(self._database_failures, len(WAITS)) - 1]
            self.say("The embedded PostgreSQL ended and is started again.")
        if now < self._database_due:
            return False
        self._database_due, self._database_started = 0.0, now
        was_abrupt, self._abrupt = self._abrupt, True  # recovery may take minutes; a signal need not wait for it
        try:
            cluster.restart()
        except Problem as problem:
            self.say(str(problem))
            return False
        finally:
            self._abrupt = was_abrupt
        return True

    def remember(self) -> None:
        """Write down what runs, for a start after this supervisor was killed."""
        processes = [child.process for child in self.children]
        if self.cluster is not None:
            processes.append(self.cluster.process)
        self.installation.remember([process.pid for process in processes if process is not None])

    def _sleep(self, seconds: float) -> None:
        """Sleep, but wake up for a signal, the end of a child among them."""
        select.select([self._wake_read], [], [], seconds)
        try:
            while os.read(self._wake_read, 512):
                pass
        except BlockingIOError:
            pass


def python(*arguments: str) -> list[str]:
    """The command line of one of our own processes."""
    return [sys.executable, "-m", *arguments]
