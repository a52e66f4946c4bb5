"""Every sign-in and every failed one is in the journal, and nobody's name, address or typed text is anywhere."""

import logging

import pytest
from django.core.cache import cache
from django.test import Client

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts.actions import create_user
from pendapa.directory.accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "gerbang-jati-1987"
ADDRESS = "203.0.113.77"


@pytest.fixture(autouse=True)
def person() -> User:
    cache.clear()
    user = create_user(username="sari", full_name="Sari Wulandari", password=PASSWORD, by=None, at=clock.real_now())
    User.objects.filter(pk=user.pk).update(email="sari@contoh.go.id")
    return user


def verbs(subject: str) -> list[str]:
    entries = Entry.objects.filter(subject=subject).exclude(verb="user.created")
    return list(entries.order_by("written_at").values_list("verb", flat=True))


def test_coming_failing_and_going_are_written_down(person: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = Client(REMOTE_ADDR=ADDRESS)
    for name, password in (("sari", "wrong-jati-1987"), ("SARI", "wrong"), ("rahasia-2026", PASSWORD), ("\x00", "x")):
        browser.post("/sign-in/login/", {"login": name, "password": password})
    browser.post("/sign-in/login/", {"login": "sari", "password": PASSWORD})
    browser.post("/sign-in/logout/")
    mine = f"user:{person.pk}"
    assert verbs(mine) == ["sign_in.failed", "sign_in.failed", "user.signed_in", "user.signed_out"]
    assert verbs("sign_in")[0] == "sign_in.failed"
    kept = "\n".join(f"{entry.actor} {entry.verb} {entry.subject} {entry.data}" for entry in Entry.objects.all())
    told = kept + caplog.text + "\n".join(str(record.__dict__) for record in caplog.records if _is_ours(record))
    for secret in ("sari", "Sari", "Wulandari", "contoh.go.id", "rahasia-2026", "jati-1987", ADDRESS):
        assert secret not in told


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.startswith(("pendapa", "django", "allauth"))


def test_signing_in_by_a_locked_account_is_a_failure(person: User) -> None:
    User.objects.update(is_active=False)
    Client().post("/sign-in/login/", {"login": "sari", "password": PASSWORD})
    assert verbs(f"user:{person.pk}") == ["sign_in.failed"]
