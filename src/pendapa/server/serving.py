"""One granian server with its workers: `python -m pendapa.server.serving pages|live …`, started by the supervisor."""

import argparse
import gc
import importlib
import os
import resource
import shutil
import signal
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from pendapa.server import env, lifeline, logs

KILL_AFTER = 2  # seconds a worker may take to end
THREADS = 64  # of a pages worker at most; they come with load and go after half a minute
OPEN_FILES = 65_536  # a stream is an open file


def options_for(server: str) -> dict[str, Any]:
    """What the two servers differ in."""
    if server == "pages":
        return {
            "target": "pendapa.server.wsgi:application",
            "interface": Interfaces.WSGI,
            "blocking_threads": THREADS,
            "backlog": 2048,
            "backpressure": 1024,
            "http": HTTPModes.http1,
        }
    return {
        "target": "pendapa.server.asgi:application",
        "interface": Interfaces.ASGI,
        "http": HTTPModes.http1,  # with HTTP/2 it goes unnoticed when a screen leaves
        "backlog": 8192,
        "backpressure": 16_000,
        "websockets": False,
        "log_access": True,
    }


def tied(target: str, master: int) -> Any:
    """Load the application in a worker that ends with its master, even one that was killed."""
    lifeline.tie(signal.SIGKILL, master)
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _fresh(folder: Path) -> Path:
    """An empty folder for the figures of this server's workers; each start counts from zero."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def main(argv: list[str] | None = None) -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="pendapa.server.serving")
    parser.add_argument("server", choices=["pages", "live"])
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    chosen = parser.parse_args(argv)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    environment = env.read()
    if chosen.server == "pages" and environment.data:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_fresh(Path(environment.data) / "metrics"))
    options = options_for(chosen.server)
    if chosen.server == "pages":
        # Loaded once, before the workers are forked: they start at once and share this memory.
        importlib.import_module(options["target"].partition(":")[0])
        gc.freeze()
    Server(
        address=chosen.host,
        port=chosen.port,
        workers=chosen.workers,
        ssl_cert=chosen.certificate,
        ssl_key=chosen.key,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=KILL_AFTER,
        log_level=LogLevels.error,  # below that it only reports its own starts and stops
        log_dictconfig=logs.configuration(environment.log_level),
        **options,
    ).serve(target_loader=partial(tied, options["target"], os.getpid()), wrap_loader=False)


if __name__ == "__main__":
    main()
