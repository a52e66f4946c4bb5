"""Working days (*hari kerja*) and clock hours, the two units of legal time limits.

Pure arithmetic: which days are closed, and for which agency, is the caller's knowledge. Complaint limits count
working days of the responsible body; personal-data limits (3x24 hours) run through nights and holidays.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

SATURDAY_AND_SUNDAY = frozenset({5, 6})  # as date.weekday() counts
_LONGEST_CLOSURE = 366  # days; a calendar without a working day in a year is a mistake, not a holiday


def is_working_day(
    day: date, *, weekend: frozenset[int] = SATURDAY_AND_SUNDAY, closed: Collection[date] = frozenset()
) -> bool:
    """Whether an agency with this weekend and these closed days works on that date."""
    return day.weekday() not in weekend and day not in closed


def add_working_days(
    start: date, days: int, *, weekend: frozenset[int] = SATURDAY_AND_SUNDAY, closed: Collection[date] = frozenset()
) -> date:
    """The date on which a limit of so many working days ends.

    The day of receipt does not count; the first working day after it is day 1. Received on a Friday before a
    closed Monday, 3 working days end on Thursday (regulations.md 14, check 6). A limit of 0 days ends on the
    first working day from `start` on. Negative limits, and calendars without a working day in a year, are a
    `ValueError`.
    """
    if days < 0:
        raise ValueError("a legal limit is not negative")
    day = start if days == 0 else start + timedelta(days=1)
    left, idle = max(days, 1), 0
    while True:
        if is_working_day(day, weekend=weekend, closed=closed):
            left, idle = left - 1, 0
            if left == 0:
                return day
        elif (idle := idle + 1) > _LONGEST_CLOSURE:
            raise ValueError(f"no working day for a year before {day}: the calendar is wrong")
        day += timedelta(days=1)


def working_days_between(
    start: date, end: date, *, weekend: frozenset[int] = SATURDAY_AND_SUNDAY, closed: Collection[date] = frozenset()
) -> int:
    """How many working days have been used up by `end` when something came in on `start`.

    Counted like `add_working_days`: not the first day, but the last. An `end` before `start` is a `ValueError`.
    """
    if end < start:
        raise ValueError("a time limit cannot end before it starts")
    span = (end - start).days
    return sum(is_working_day(start + timedelta(days=n), weekend=weekend, closed=closed) for n in range(1, span + 1))


def clock_hours(at: datetime, hours: int) -> datetime:
    """The moment at which a limit in clock hours ends, nights and holidays included, in the zone of `at`.

    `clock_hours(request, 72)` is the 3x24 hours of the Personal Data Protection Law (UU 27/2022).
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return (at.astimezone(UTC) + timedelta(hours=hours)).astimezone(at.tzinfo)
