"""Reads about places and hours."""

from pendapa.directory.malls.queries.calendars import (
    DayFound,
    Unreadable,
    days_in_csv,
    days_in_ics,
    days_of_package,
    fates_of,
)
from pendapa.directory.malls.queries.hours import (
    calendar_of,
    closed_dates,
    days_of,
    hours_at,
    hours_of,
    next_opening,
    periods_of,
    schedules_of,
    service_date,
    stretches_of,
    timetables,
    week_of,
)
from pendapa.directory.malls.queries.places import agencies_at, malls
from pendapa.directory.malls.queries.regions import Found, region_of, regions_like

__all__ = [
    "DayFound",
    "Found",
    "Unreadable",
    "agencies_at",
    "calendar_of",
    "closed_dates",
    "days_in_csv",
    "days_in_ics",
    "days_of",
    "days_of_package",
    "fates_of",
    "hours_at",
    "hours_of",
    "malls",
    "next_opening",
    "periods_of",
    "region_of",
    "regions_like",
    "schedules_of",
    "service_date",
    "stretches_of",
    "timetables",
    "week_of",
]
