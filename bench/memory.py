"""What an idle installation takes of the machine's memory: the demo as a newcomer starts it, without visitors.

The demo runs on a scratch folder with a clean environment, as `pendapa demo --empty` does. Shared memory is divided
between those who share it (PSS), so the sum over all processes counts each page once.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from bench import figures, servers
from bench.client import ask, request
from bench.figures import Budget, Report, tell
from bench.processes import children, family, memory_mb
from bench.stage import bounded, scratch, settings_in
from pendapa.server.problems import Problem

WORKER = Budget("under", 150)  # MB
WHOLE = Budget("under", 700)  # MB
READY = 150.0  # seconds until the demo has to answer
REST = 15.0  # seconds in which everything has started and calmed down
PAGES = ("/", "/example/", "/healthz", "/api/v1/malls")  # looked at once, so that what is loaded late is there
MINUTES = 6
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")


def main(argv: list[str]) -> int:
    """Measure, print, and return 0 when the budgets hold."""
    parser = figures.arguments("memory", str(__doc__).splitlines()[0], rounds=1)
    chosen = parser.parse_args(argv)
    with bounded(MINUTES), scratch() as folder:
        report = measure(folder)
    return report.deliver(as_json=chosen.json)


def measure(folder: Path) -> Report:
    """Start the demo, look at a few pages, wait, and weigh each process."""
    port, _live = servers.free_ports()
    log = folder / "demo.log"
    with log.open("ab") as lines:
        command = [sys.executable, "-m", "pendapa", "demo", "--empty", "--port", str(port)]
        environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        demo = servers.start([*command, "--data", str(folder / "data")], environment, lines.fileno())
        try:
            _wait_until_ready(demo, log)
            for path in PAGES * 2:
                ask(port, request("GET", path))
            time.sleep(REST)
            return _weigh(demo.pid, folder / "data")
        finally:
            servers.end([demo])


def _wait_until_ready(demo: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + READY
    while "is ready at" not in (told := log.read_text("utf-8", "replace")):
        if demo.poll() is not None or time.monotonic() > until:
            raise Problem(f"The demo does not start. Its last lines:\n{told[-1000:]}")
        time.sleep(0.2)
    tell("the demo is ready")


def _weigh(pid: int, folder: Path) -> Report:
    parts = {_part(child): child for child in children(pid)}
    workers = [memory_mb([worker]) for worker in children(parts["pages"])]
    report = Report("memory", 1, _settings(folder))
    report.hold("whole_demo_mb", memory_mb(family(pid)), WHOLE)
    report.hold("largest_pages_worker_mb", max(workers), WORKER)
    report.add(
        largest_pages_worker_rss_mb=max(memory_mb([worker], "Rss") for worker in children(parts["pages"])),
        supervisor_mb=memory_mb([pid]),
        pages_workers_count=len(workers),
        **{f"{name}_mb": memory_mb(family(child)) for name, child in sorted(parts.items())},
    )
    return report


def _part(pid: int) -> str:
    """What a process of the demo is there for, by its command line."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    return next((name for name in ("pages", "live", "work") if name in command), "postgres")


def _settings(folder: Path) -> dict[str, str]:
    """What PostgreSQL says of itself; asked after everything was weighed."""
    import psycopg

    from pendapa.server.installation import Installation
    from pendapa.server.postgres import Cluster

    with psycopg.connect(Cluster(Installation(folder)).superuser_url) as session:
        return settings_in(session)
