"""`pendapa doctor`: looks an installation over and says in plain words what is wrong and what to do."""

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator

from django.core.cache import cache
from django.db import DatabaseError

from pendapa.base import jobs
from pendapa.base.journal import queries as journal
from pendapa.server.installation import Installation
from pendapa.server.preparing import static_is_current
from pendapa.web.ui import health
from pendapa.web.ui.health import Check

LEAST_ROOM = 1_000_000_000  # bytes free on the disk of the data folder
OLDEST_JOB = 900.0  # seconds that a due job may wait


def examine(installation: Installation, print_line: Callable[[str], None]) -> int:
    """Print one line for each thing that was looked at; 1 when something is wrong."""
    wrong = 0
    for check in findings(installation):
        wrong += not check.is_right
        print_line(f"{'ok   ' if check.is_right else 'WRONG'}  {check.name.replace('_', ' ')}: {check.found}")
        if not check.is_right:
            print_line(f"       {check.advice}")
    print_line("Nothing is wrong." if not wrong else f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
    return 1 if wrong else 0


def findings(installation: Installation) -> Iterator[Check]:
    """Everything that is looked at, the database first: without it only the folder can be judged."""
    yield from folder(installation)
    first = health.database()
    yield first
    if not first.is_right:
        return
    for check in (*health.READINESS, undelivered, strayed, stuck_jobs, shared_cache):
        try:
            yield check()
        except DatabaseError as error:
            name = check.__name__
            yield Check(name, False, f"cannot be read ({type(error).__name__})", "Run `pendapa migrate`.")
    yield from seals()


def folder(installation: Installation) -> Iterator[Check]:
    """The data folder: room, the keys' file, static files."""
    place = installation.folder
    if not place.exists():
        return
    free = shutil.disk_usage(place).free
    yield Check("disk", free >= LEAST_ROOM, f"{free / 1e9:.1f} GB free", f"Free space on the disk of {place}.")
    keys = place / "secrets.json"
    if keys.exists():
        mode = stat.S_IMODE(keys.stat().st_mode)
        yield Check(
            "keys", not mode & 0o077, f"mode {mode:o}", f"Run `chmod 600 {keys}`, and ask who may have read it."
        )
        try:
            json.loads(keys.read_text("utf-8"))
        except (OSError, ValueError):
            yield Check("keys_file", False, "cannot be read", f"Put a copy of {keys} back.")
    if installation.static.exists():
        current = static_is_current(installation.static)
        found = "collected" if current else "of another version"
        yield Check("static_files", current, found, "Restart `pendapa serve`; it collects them.")
    owner = place.stat().st_uid
    yield Check(
        "owner",
        owner == os.geteuid(),
        "this user's folder" if owner == os.geteuid() else f"belongs to user {owner}",
        "Run Pendapa as the user that owns the data folder.",
    )


def undelivered() -> Check:
    """Entries that a handler of the relay could not take."""
    figures = journal.relay_health()
    found = f"{figures.undelivered} entries, the oldest for {figures.oldest_undelivered:.0f} s"
    return Check(
        "undelivered", not figures.undelivered, found, "Look for `a journal handler failed` in the log of `work`."
    )


def strayed() -> Check:
    """Entries outside their month."""
    count = journal.strayed_entries()
    return Check("strayed_entries", not count, str(count), "Run `pendapa migrate`; it puts them into their month.")


def stuck_jobs() -> Check:
    """Jobs that wait too long or have failed for good."""
    queues = jobs.backlog()
    failed = sum(int(figures["failed"]) for figures in queues.values())
    oldest = max(queues[name]["oldest"] for name in ("now", "soon"))
    found = f"{failed} failed, the oldest due one waits {oldest:.0f} s"
    advice = "Keep `pendapa work` running, and look for the failed jobs in its log."
    return Check("jobs", not failed and oldest <= OLDEST_JOB, found, advice)


def shared_cache() -> Check:
    """The table that limits on signing in are counted in."""
    cache.get("doctor")
    return Check("shared_cache", True, "answers")


def seals() -> Iterator[Check]:
    """Every sealed entry of the journal compared with its seal."""
    found = journal.verify()
    for finding in found:
        advice = "Someone changed the database by hand, or it is damaged: compare with a backup before going on."
        yield Check(f"journal_{finding.kind}", not finding.is_damage, finding.sentence, advice)
    if not any(finding.is_damage for finding in found):
        yield Check("journal_seals", True, "every sealed entry is as it was")
