"""The database itself keeps a person from being in two places at once, whoever writes the row."""

from datetime import date, datetime, time

import pytest
from django.db import IntegrityError, transaction

from pendapa.base.records import actions as records
from pendapa.base.records.actions import CannotRestore
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.models import Posting, User
from pendapa.directory.malls.models import Mall

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-11-24T03:00:00+00:00")
DAY = date(2026, 11, 25)


@pytest.fixture
def rini() -> User:
    return User.objects.create(username="rini", full_name="Rini", joined_at=NOW)


@pytest.fixture
def mall() -> Mall:
    return Mall.objects.create(code="contoh", name="MPP Contoh")


def post(user: User, mall: Mall, starts: str, ends: str, day: date = DAY) -> Posting:
    times = {"starts": time.fromisoformat(starts), "ends": time.fromisoformat(ends)}
    return Posting.objects.create(mall=mall, user=user, date=day, **times)


def test_stretches_that_meet_are_refused_and_those_that_touch_are_not(rini: User, mall: Mall) -> None:
    post(rini, mall, "08:00", "12:00")
    elsewhere = Mall.objects.create(code="lain", name="MPP Lain")
    for starts, ends in (("07:00", "08:01"), ("11:59", "13:00"), ("09:00", "10:00"), ("07:00", "16:00")):
        with pytest.raises(IntegrityError), transaction.atomic():
            post(rini, elsewhere, starts, ends)
    post(rini, mall, "12:00", "15:00")
    post(rini, mall, "07:00", "08:00")
    post(rini, mall, "08:00", "12:00", date(2026, 11, 26))
    post(User.objects.create(username="dewi", full_name="Dewi", joined_at=NOW), mall, "08:00", "12:00")


def test_a_removed_posting_does_not_come_back_over_another(rini: User, mall: Mall) -> None:
    removed = actions.remove_posting(posting=post(rini, mall, "08:00", "12:00"), by=None, at=NOW)
    other = post(rini, mall, "10:00", "11:00")
    with pytest.raises(CannotRestore):
        records.restore(removed, by=None, at=NOW)
    other.delete()
    records.restore(removed, by=None, at=NOW)
    assert Posting.objects.get().starts == time(8)
