"""`pendapa check`: everything that can be said about the source without running it, two steps at a time."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pendapa.server import trial


@dataclass(frozen=True)
class Step:
    """One tool and how it is called."""

    name: str
    command: Sequence[str]


def steps() -> list[Step]:
    """The tools, the slow ones first so that the others run beside them."""
    python = sys.executable
    beside = Path(python).parent
    return [
        Step("types", [python, "-m", "mypy"]),
        Step("templates", [python, "-m", "djlint", "src", "--lint", "--quiet"]),
        Step("migrations", [python, "-m", "django", "makemigrations", "--check", "--dry-run", "--verbosity", "0"]),
        Step("layers", [str(beside / "lint-imports"), "--no-cache"]),
        Step("style", [python, "-m", "ruff", "check", "--quiet", "."]),
        Step("format", [python, "-m", "ruff", "format", "--check", "--quiet", "."]),
        Step("translations", [python, "-m", "pendapa.server.messages", "check"]),
        Step("licences", [python, "-m", "pendapa.server.licences"]),
    ]


def run(project: Path) -> int:
    """Run all steps in the checkout; print each with its time, the complaints of those that fail, and one summary."""
    environment = {
        **os.environ,
        **trial.KEYS,
        "DJANGO_SETTINGS_MODULE": "pendapa.server.settings",
        "PYTHONPATH": os.pathsep.join([str(project / "src"), str(project)]),
    }
    environment.pop("DATABASE_URL", None)  # nothing here looks at data
    began = time.monotonic()

    def one(step: Step) -> bool:
        started = time.monotonic()
        done = subprocess.run(  # noqa: S603 -- the fixed commands above
            step.command,
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        word = "ok    " if done.returncode == 0 else "FAILED"
        lines = [f"{word}  {step.name:<14}{time.monotonic() - started:6.1f} s"]
        if done.returncode:
            lines += [part.rstrip() for part in (done.stdout, done.stderr) if part.strip()]
        print("\n".join(lines), flush=True)
        return done.returncode == 0

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(one, steps()))
    failed = results.count(False)
    seconds = time.monotonic() - began
    print(f"checks: {len(results) - failed} of {len(results)} passed in {seconds:.0f} s", flush=True)
    return 1 if failed else 0
