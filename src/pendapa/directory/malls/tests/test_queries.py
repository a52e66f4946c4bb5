"""Where and when: dates on the mall's own calendar, and when numbers are given again."""

from datetime import UTC, date, datetime, time

import pytest

from pendapa.directory.malls import queries
from pendapa.directory.malls.models import Mall, OpeningPeriod, Schedule

pytestmark = pytest.mark.django_db


def mall_in(zone: str) -> Mall:
    return Mall.objects.create(code=zone.rsplit("/", maxsplit=1)[-1].lower(), name="MPP Contoh", time_zone=zone)


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Asia/Jakarta", datetime(2026, 11, 23, 16, 59, tzinfo=UTC), date(2026, 11, 23)),
        ("Asia/Jakarta", datetime(2026, 11, 23, 17, 0, tzinfo=UTC), date(2026, 11, 24)),
        ("Asia/Makassar", datetime(2026, 11, 23, 16, 0, tzinfo=UTC), date(2026, 11, 24)),
        ("Asia/Jayapura", datetime(2026, 11, 23, 15, 0, tzinfo=UTC), date(2026, 11, 24)),
    ],
)
def test_a_service_day_begins_at_the_malls_own_midnight(zone: str, moment: datetime, day: date) -> None:
    assert queries.service_date(mall_in(zone), moment) == day


@pytest.fixture
def schedule() -> Schedule:
    schedule = Schedule.objects.create(mall=mall_in("Asia/Jakarta"), name="Jam layanan", numbers_before=30)
    for weekday in range(5):
        OpeningPeriod.objects.create(schedule=schedule, weekday=weekday, opens=time(8), closes=time(15))
    return schedule


def wib(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour - 7, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "opening"),
    [
        (wib(23, 7), wib(23, 7, 30)),  # early on Monday: today
        (wib(23, 7, 30), wib(24, 7, 30)),  # at the very moment: the next one is tomorrow's
        (wib(27, 16), wib(30, 7, 30)),  # Friday afternoon: over the weekend
    ],
)
def test_when_numbers_are_given_again(schedule: Schedule, after: datetime, opening: datetime) -> None:
    assert queries.next_opening(schedule, after) == opening


def test_a_schedule_without_hours_never_opens(schedule: Schedule) -> None:
    schedule.periods.all().delete()
    assert queries.next_opening(schedule, wib(23, 7)) is None
    assert queries.hours_of(schedule, date(2026, 11, 23)) is None
