"""Reads about hours."""

from datetime import date, datetime, timedelta

from pendapa.directory.malls import rules
from pendapa.directory.malls.models import Mall, Schedule


def service_date(mall: Mall, at: datetime) -> date:
    """The date on the mall's own wall calendar at a moment; service days never follow UTC."""
    return at.astimezone(mall.zone_info).date()


def hours_of(schedule: Schedule, on: date) -> rules.ServiceHours | None:
    """The opening hours of a schedule on a date, or None when it is closed."""
    periods = [rules.Period(period.weekday, period.opens, period.closes) for period in schedule.periods.all()]
    return rules.hours_on(
        on,
        periods,
        zone=schedule.mall.zone_info,
        numbers_before=timedelta(minutes=schedule.numbers_before),
        last_number_before=timedelta(minutes=schedule.last_number_before),
    )


def next_opening(schedule: Schedule, after: datetime) -> datetime | None:
    """When numbers are given again after a moment, within two weeks; None if the schedule has no hours."""
    today = service_date(schedule.mall, after)
    for days in range(15):
        hours = hours_of(schedule, today + timedelta(days=days))
        if hours and hours.numbers_from > after:
            return hours.numbers_from
    return None
