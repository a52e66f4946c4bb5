"""Brings an installation's database and static files up to date; quick when there is nothing to do."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection

from pendapa.base.journal import actions as journal
from pendapa.directory.malls.actions import load_regions
from pendapa.web.ui.health import unapplied_migrations

# Any number does, as long as nobody else uses it: the first letters of "pendapa", read as one.
_PREPARING = int.from_bytes(b"pendap", "big")


def prepare(say: Callable[[str], None]) -> None:
    """Migrate, make the shared cache, open the journal's era and months, load the regions,
    collect static files.

    Of several processes that prepare one database at once, one works and the others wait.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SET statement_timeout = 0")  # a migration may take as long as it needs
        cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])
        try:
            if unapplied_migrations():
                say("Bringing the database up to date ...")
                call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
            _limit_transactions()
            journal.ensure_partitions()
            journal.open_era()
            load_regions()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREPARING])
            cursor.execute("RESET statement_timeout")
            cursor.execute("RESET lock_timeout")
    if settings.STATIC_ROOT:
        collect_static(Path(settings.STATIC_ROOT), say)


def _limit_transactions() -> None:
    """Let no transaction stay open for long, from PostgreSQL 17 on: readers of the journal wait for the oldest one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT format('ALTER DATABASE %%I SET transaction_timeout = %%L', datname, '5min') FROM pg_database
            WHERE datname = current_database() AND pg_has_role(current_user, datdba, 'USAGE')
              AND current_setting('transaction_timeout', true) = %s
            """,
            ["0"],
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def collect_static(root: Path, say: Callable[[str], None]) -> None:
    """Put hashed and compressed copies of all static files in their folder, unless they are there already.

    Older copies stay: a page that was open during an update still finds its files.
    """
    stamp = root / ".collected"
    wanted = _fingerprint()
    if stamp.exists() and stamp.read_text("ascii") == wanted:
        return
    say("Collecting the static files ...")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(wanted, "ascii")


def static_is_current(root: Path) -> bool:
    """Whether the collected files are those of this code."""
    stamp = root / ".collected"
    return stamp.exists() and stamp.read_text("ascii") == _fingerprint()


def _fingerprint() -> str:
    files: list[str] = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            files.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(files)).encode()).hexdigest()
