import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.base.models import InstallationClock

SECOND = timedelta(seconds=1)

pytestmark = [pytest.mark.django_db, pytest.mark.real_clock]


def test_without_a_setting_the_mall_lives_in_real_time() -> None:
    assert abs(clock.now() - clock.real_now()) < SECOND
    assert clock.now().utcoffset() == timedelta(0)
    assert not clock.is_simulated()


def test_a_demo_on_sunday_evening_sees_an_open_hall() -> None:
    monday_morning = datetime(2027, 1, 4, 1, 30, tzinfo=UTC)
    assert clock.set_clock(at=monday_morning) == monday_morning
    assert timedelta(0) <= clock.now() - monday_morning < SECOND
    assert clock.is_simulated()


def test_an_offset_counts_from_real_time() -> None:
    clock.set_clock(offset=timedelta(hours=5))
    clock.set_clock(offset=timedelta(hours=6))
    assert abs(clock.now() - clock.real_now() - timedelta(hours=6)) < SECOND


def test_an_offset_over_months_is_exact_whatever_the_zone_of_the_session() -> None:
    clock.set_clock(offset=timedelta(days=200))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Europe/Amsterdam'")  # has a clock change in between
        cursor.execute("SELECT extract(epoch FROM base_now() - clock_timestamp())")
        seconds = float(cursor.fetchone()[0])
    assert abs(seconds - 200 * 86_400) < 1


def test_time_can_run_faster() -> None:
    start = clock.set_clock(speed=3600)
    time.sleep(0.1)
    assert timedelta(minutes=5) < clock.now() - start < timedelta(minutes=30)


def test_time_can_stand_still_and_go_on() -> None:
    stopped = clock.set_clock(at=datetime(2027, 1, 4, 1, 30, tzinfo=UTC), speed=0)
    time.sleep(0.02)
    assert clock.now() == clock.now() == stopped
    clock.set_clock(speed=1)
    assert stopped < clock.now() < stopped + SECOND


def test_changing_the_speed_does_not_jump() -> None:
    clock.set_clock(at=datetime(2027, 1, 4, 1, 30, tzinfo=UTC), speed=1000)
    before = clock.now()
    clock.set_clock(speed=1)
    assert timedelta(0) <= clock.now() - before < timedelta(seconds=60)


def test_the_clock_is_not_set_back_unless_the_caller_says_so() -> None:
    clock.set_clock(offset=timedelta(hours=1))
    before = clock.now()
    with pytest.raises(clock.ClockWouldGoBack) as refusal:
        clock.set_clock(offset=timedelta(0), speed=1)
    assert refusal.value.code == "clock-would-go-back"
    assert clock.now() >= before
    clock.set_clock(offset=timedelta(0), speed=1, may_go_back=True)
    assert not clock.is_simulated()


def test_nonsense_is_not_set() -> None:
    with pytest.raises(ValueError, match="not to both"):
        clock.set_clock(at=clock.now(), offset=SECOND)
    with pytest.raises(ValueError, match="time zone"):
        clock.set_clock(at=datetime(2027, 1, 4))  # noqa: DTZ001 - the point of the test
    for speed in (-1, clock.FASTEST + 1, float("nan")):
        with pytest.raises(ValueError, match="seconds in a second"):
            clock.set_clock(speed=speed)


def test_there_is_one_clock() -> None:
    clock.set_clock(speed=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        InstallationClock.objects.create(pk=2)


def test_time_goes_on_within_a_transaction() -> None:
    assert clock.now() < clock.now()


def test_now_is_one_read(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        clock.now()
