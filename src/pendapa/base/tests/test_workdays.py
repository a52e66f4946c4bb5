from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pendapa.base.workdays import add_working_days, clock_hours, is_working_day, working_days_between

FRIDAY, MONDAY, TUESDAY, THURSDAY = (date(2026, 11, day) for day in (20, 23, 24, 26))
JAKARTA = ZoneInfo("Asia/Jakarta")

DATES = st.dates(date(2024, 1, 1), date(2030, 12, 31))
CLOSED = st.sets(DATES, max_size=60)
WEEKENDS = st.sampled_from([frozenset({5, 6}), frozenset({6}), frozenset({4, 5, 6}), frozenset[int]()])


def test_a_complaint_of_friday_before_a_holiday_is_due_on_thursday() -> None:
    """regulations.md 14, check 6: three working days."""
    assert add_working_days(FRIDAY, 3, closed={MONDAY}) == THURSDAY


def test_a_personal_data_request_of_friday_is_due_on_monday_at_the_same_hour() -> None:
    """regulations.md 14, check 6: 3x24 hours run through weekend and holiday."""
    received = datetime(2026, 11, 20, 16, 0, tzinfo=JAKARTA)
    assert clock_hours(received, 72) == datetime(2026, 11, 23, 16, 0, tzinfo=JAKARTA)


def test_clock_hours_are_real_hours_even_where_clocks_change() -> None:
    before_the_change = datetime(2026, 10, 24, 12, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
    assert (clock_hours(before_the_change, 24).astimezone(UTC) - before_the_change.astimezone(UTC)) == timedelta(days=1)


def test_clock_hours_need_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock_hours(datetime(2026, 11, 20, 16, 0), 72)  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (MONDAY, 1, TUESDAY),  # the day of receipt does not count
        (MONDAY, 4, date(2026, 11, 27)),
        (MONDAY, 5, date(2026, 11, 30)),  # over the weekend
        (FRIDAY, 1, MONDAY),
        (date(2026, 11, 21), 1, MONDAY),  # received on Saturday: Monday is day 1
        (date(2026, 12, 31), 1, date(2027, 1, 1)),  # a holiday counts unless the calendar says so
        (MONDAY, 0, MONDAY),
        (date(2026, 11, 21), 0, MONDAY),
    ],
)
def test_limits_in_working_days(start: date, days: int, due: date) -> None:
    assert add_working_days(start, days) == due


def test_some_agencies_work_six_days() -> None:
    assert add_working_days(FRIDAY, 1, weekend=frozenset({6})) == date(2026, 11, 21)


def test_a_limit_is_never_negative() -> None:
    with pytest.raises(ValueError, match="not negative"):
        add_working_days(MONDAY, -1)


def test_a_calendar_without_working_days_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="calendar is wrong"):
        add_working_days(MONDAY, 1, weekend=frozenset(range(7)))


def test_no_limit_ends_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        working_days_between(TUESDAY, MONDAY)


@given(DATES, st.integers(0, 90), WEEKENDS, CLOSED)
def test_a_limit_ends_on_a_working_day(start: date, days: int, weekend: frozenset[int], closed: set[date]) -> None:
    due = add_working_days(start, days, weekend=weekend, closed=closed)
    assert is_working_day(due, weekend=weekend, closed=closed)
    assert due >= start


@given(DATES, st.integers(1, 90), WEEKENDS, CLOSED)
def test_counting_back_gives_the_limit(start: date, days: int, weekend: frozenset[int], closed: set[date]) -> None:
    due = add_working_days(start, days, weekend=weekend, closed=closed)
    assert working_days_between(start, due, weekend=weekend, closed=closed) == days
    assert working_days_between(start, due - timedelta(days=1), weekend=weekend, closed=closed) == days - 1


@given(DATES, st.integers(0, 40), st.integers(0, 40), CLOSED)
def test_a_longer_limit_never_ends_earlier(start: date, days: int, more: int, closed: set[date]) -> None:
    assert add_working_days(start, days, closed=closed) <= add_working_days(start, days + more, closed=closed)


@given(DATES, st.integers(0, 40), CLOSED, DATES)
def test_one_more_holiday_never_shortens_a_limit(start: date, days: int, closed: set[date], extra: date) -> None:
    without = add_working_days(start, days, closed=closed)
    assert add_working_days(start, days, closed=closed | {extra}) >= without
