"""`pendapa test`: the checks and then all tests; with arguments, only pytest with these."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pendapa.server import check, env
from pendapa.server.problems import Problem

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_TESTS = 5  # pytest's code for a run that found none


def browser() -> str:
    """The path of a Chromium on this machine; empty when there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), "")


def run(project: Path, arguments: list[str]) -> int:
    """Check and test; pytest speaks last, so that its summary is the last line."""
    pytest = [sys.executable, "-m", "pytest", *arguments]
    if arguments:
        return subprocess.run(pytest, cwd=project, check=False).returncode  # noqa: S603 -- what the caller asked for
    if env.read().ci and not browser():
        install_browser()
    checked = check.run(project)
    tested = subprocess.run(pytest, cwd=project, check=False).returncode  # noqa: S603 -- our own tests
    if tested == NO_TESTS:
        raise Problem("There were no tests to run.")
    if checked:
        print("The checks above the tests failed.", file=sys.stderr, flush=True)
    return checked or tested


def install_browser() -> None:
    """Install Debian's Chromium, or say why the browser tests cannot run: in CI they are never skipped."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise Problem("The browser tests need Chromium, and it cannot be installed here; install it and run again.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "update", "-q"], [apt, "install", "-qy", "--no-install-recommends", "chromium"]):
        done = subprocess.run(  # noqa: S603 -- the fixed commands above
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines()
            raise Problem(
                f"Chromium cannot be installed for the browser tests: {reason[-1] if reason else 'no reason'}."
            )
    if not browser():
        raise Problem("Chromium was installed for the browser tests and still cannot be found.")
