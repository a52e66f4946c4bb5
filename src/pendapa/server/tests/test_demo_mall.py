"""The demo's mall: as large as a real one, and quick to make."""

from collections import Counter as Tally
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pendapa.directory.accounts.models import Device, Posting, RoleKind, User
from pendapa.directory.accounts.queries import counters_for
from pendapa.directory.malls.actions import load_regions
from pendapa.directory.malls.models import CalendarDay, Counter, Facility, Level, Mall, Schedule, Tenancy
from pendapa.directory.malls.queries import hours_of
from pendapa.operations.queueing.models import CounterStatus, Queue, QueueDay
from pendapa.server.demo import mall as demo
from pendapa.server.demo.agencies import STANDS
from pendapa.server.demo.opening import ZONE
from pendapa.server.demo.people import PEOPLE

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 9, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def mall() -> Mall:
    return demo.load(at=MONDAY)


def test_it_has_what_a_real_mall_has(mall: Mall) -> None:
    assert Tenancy.objects.filter(mall=mall).count() == 22
    assert set(Tenancy.objects.values_list("agency__level", flat=True)) == set(Level.values)
    assert [*Counter.objects.order_by("number").values_list("number", flat=True)] == [*range(1, 31)]
    assert CounterStatus.objects.count() == 30  # each can open
    assert Facility.objects.count() >= 20
    assert len(PEOPLE) == User.objects.count() >= 60
    assert len({one.full_name for one in PEOPLE}) == len(PEOPLE)
    assert {one.role for one in PEOPLE} >= set(RoleKind) - {RoleKind.REGION_VIEWER, RoleKind.MINISTRY_VIEWER}
    assert Device.objects.count() == 8
    assert CalendarDay.objects.filter(confirmed_at__isnull=False).count() == 25
    assert {line.prefix for stand in STANDS for line in stand.lines} >= set("ABCDEFGHJ")
    assert QueueDay.objects.count() == Queue.objects.count() == 24


def test_everything_in_it_is_sound(mall: Mall) -> None:
    for model in (Mall, Tenancy, Counter, Facility, Schedule, Queue, User, Device, Posting):
        for record in model.objects.all():
            record.full_clean(validate_unique=False, validate_constraints=False)
    officer = User.objects.get(username="officer")
    assert officer.check_password(settings.DEMO_PASSWORD)
    assert len(set(User.objects.values_list("password", flat=True))) == 1


def test_loading_again_changes_nothing(mall: Mall) -> None:
    with CaptureQueriesContext(
        connection,
    ) as second:
        assert demo.load(at=MONDAY + timedelta(hours=1)) == mall
    assert len(second) < 80
    assert Mall.objects.count() == 1


def test_it_takes_few_statements_and_one_hash() -> None:
    load_regions()
    with CaptureQueriesContext(connection) as first:
        mall = demo.load(at=MONDAY)
    assert len(first) < 500
    assert mall.region is not None
    assert mall.region.name == "Kabupaten Magetan"


def test_friday_has_its_prayer_and_saturday_ends_at_noon(mall: Mall) -> None:
    schedule = Schedule.objects.get(name="Jam layanan")
    saturday = hours_of(schedule, datetime(2026, 11, 28, tzinfo=ZONE).date())
    assert saturday is not None
    assert saturday.closes_at.astimezone(ZONE).hour == 12
    assert hours_of(Schedule.objects.get(name="Jam instansi pusat"), datetime(2026, 11, 28, tzinfo=ZONE).date()) is None
    friday = schedule.periods.filter(weekday=4, season=None).order_by("opens")
    assert [f"{one.opens:%H:%M}-{one.closes:%H:%M}" for one in friday] == ["08:00-11:30", "13:00-15:00"]


def test_counter_thirty_is_taxes_on_tuesday_and_immigration_on_wednesday(mall: Mall) -> None:
    def numbers(username: str, day: int) -> list[int]:
        user = User.objects.get(username=username)
        return [counter.number for counter in counters_for(user, MONDAY + timedelta(days=day))]

    assert numbers("arini.mutmainah", 0) == [30]
    assert numbers("arini.mutmainah", 1) == []
    assert numbers("stefani.wijaya", 0) == [15]
    assert numbers("stefani.wijaya", 1) == [15, 30]
    assert numbers("officer-3", 2) == [9, 30]


def test_everybody_works_at_a_counter_of_their_agency(mall: Mall) -> None:
    for posting in Posting.objects.select_related("counter", "user"):
        role = posting.user.roles.get()
        assert (posting.counter is None) == (role.kind == RoleKind.HOST)
        if posting.counter is not None:
            assert posting.counter.agency_id == role.agency_id
    days = Tally(Posting.objects.values_list("date", flat=True))
    assert len(days) == 5
