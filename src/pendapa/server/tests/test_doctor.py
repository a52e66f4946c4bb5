from pathlib import Path

import pytest
from django.db import connection

from pendapa.base.journal import actions as journal
from pendapa.base.journal.models import Entry
from pendapa.base.journal.tests.make import as_intruder, empty_journal, make_entries, run
from pendapa.server import doctor
from pendapa.server.installation import Installation

pytestmark = pytest.mark.django_db


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A data folder with keys, and a database in order."""
    made = Installation(tmp_path / "data")
    made.open()
    made.secrets()
    journal.ensure_partitions()
    journal.open_era()
    return made


def wrong(installation: Installation) -> dict[str, str]:
    return {check.name: check.found for check in doctor.findings(installation) if not check.is_right}


def test_an_installation_in_order_has_nothing_wrong(installation: Installation) -> None:
    lines: list[str] = []
    assert doctor.examine(installation, lines.append) == 0
    assert lines[-1] == "Nothing is wrong."
    assert any(line.startswith("ok     database: PostgreSQL") for line in lines)


def test_keys_that_others_can_read_are_found(installation: Installation) -> None:
    (installation.folder / "secrets.json").chmod(0o644)
    lines: list[str] = []
    assert doctor.examine(installation, lines.append) == 1
    assert "WRONG  keys: mode 644" in lines
    assert any("chmod 600" in line for line in lines)


def test_a_job_that_failed_for_good_is_found(installation: Installation) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, priority, status, args)"
            " VALUES ('a.task', 'now', 0, 'failed', '{}')"
        )
    assert wrong(installation) == {"jobs": "1 failed, the oldest due one waits 0 s"}


@pytest.mark.django_db(transaction=True)
def test_a_changed_entry_of_the_journal_is_named(installation: Installation) -> None:
    empty_journal()
    make_entries(3)
    while journal.seal_once():
        pass
    entry = str(Entry.objects.order_by("id").values_list("id", flat=True)[1])
    with as_intruder():
        run("UPDATE journal_entry SET verb = 'ticket.forged' WHERE id = %s", entry)
    assert entry in wrong(installation)["journal_changed"]
