"""Reads about hours."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from pendapa.directory.malls import rules
from pendapa.directory.malls.models import (
    Agency,
    CalendarDay,
    DayKind,
    Mall,
    Schedule,
    Season,
    SpecialDay,
    Tenancy,
)

_LOOK_AHEAD = 15  # days in which the next opening is sought


def service_date(mall: Mall, at: datetime) -> date:
    """The date on the mall's own wall calendar at a moment; service days never follow UTC."""
    return at.astimezone(mall.zone_info).date()


def hours_of(schedule: Schedule, on: date) -> rules.ServiceHours | None:
    """The opening hours of a schedule on a date, or None when it is closed. At most six statements."""
    return rules.day_of(timetables([schedule], on, on)[schedule.pk], on).hours


def next_opening(schedule: Schedule, after: datetime) -> datetime | None:
    """When numbers are given again after a moment, within two weeks; None if the schedule has no hours."""
    today = service_date(schedule.mall, after)
    dates = [today + timedelta(days=days) for days in range(_LOOK_AHEAD)]
    timetable = timetables([schedule], dates[0], dates[-1])[schedule.pk]
    for on in dates:
        hours = rules.day_of(timetable, on).hours
        if hours and hours.numbers_from > after:
            return hours.numbers_from
    return None


def hours_at(mall: Mall, on: date) -> dict[int, rules.ServiceHours | None]:
    """The hours of all schedules of a mall on a date, by their ids. Six statements."""
    return {pk: rules.day_of(table, on).hours for pk, table in timetables(schedules_of(mall), on, on).items()}


def week_of(mall: Mall, monday: date) -> dict[int, list[rules.Day]]:
    """The seven days from a date on of all schedules of a mall, by their ids. Six statements."""
    tables = timetables(schedules_of(mall), monday, monday + timedelta(days=6))
    return {pk: days_of(table, monday, 7) for pk, table in tables.items()}


def days_of(timetable: rules.Timetable, first: date, count: int) -> list[rules.Day]:
    """What holds on some dates in a row."""
    return [rules.day_of(timetable, first + timedelta(days=day)) for day in range(count)]


def schedules_of(mall: Mall) -> QuerySet[Schedule]:
    """The schedules of a mall by name, with their weeks loaded."""
    return (
        Schedule.objects.filter(mall=mall).select_related("mall", "agency").prefetch_related("periods").order_by("name")
    )


def timetables(schedules: Iterable[Schedule], start: date, end: date) -> dict[int, rules.Timetable]:
    """What decides the hours of schedules of one mall from one date to another, by their ids.

    Four statements, and those that load the schedules, their mall and their periods.
    """
    schedules = list(schedules)
    if not schedules:
        return {}
    mall = schedules[0].mall
    seasons = [
        rules.SeasonDates(one.pk, one.name, one.starts_on, one.ends_on)
        for one in Season.objects.filter(mall=mall, starts_on__lte=end, ends_on__gte=start).order_by("starts_on")
    ]
    specials = list(
        SpecialDay.objects.filter(mall=mall, date__range=(start, end))
        .filter(Q(schedule=None) | Q(schedule__in=[one.pk for one in schedules if one.pk]))
        .prefetch_related("periods")
    )
    holidays = list(holidays_at(mall, start, end))
    return {
        one.pk: rules.Timetable(
            zone=mall.zone_info,
            numbers_before=timedelta(minutes=one.numbers_before),
            last_number_before=timedelta(minutes=one.last_number_before),
            periods=periods_of(one),
            closed_on=frozenset(one.closed_on),
            seasons=seasons,
            specials=[special(day) for day in specials if day.schedule_id in (None, one.pk)],
            holidays=[
                rules.Holiday(day.date, day.kind, day.name)
                for day in holidays
                if day.agency_id in (None, one.agency_id)
            ],
        )
        for one in schedules
    }


def periods_of(schedule: Schedule) -> list[rules.Period]:
    """The weeks of a schedule, as values; none of one that is not saved yet."""
    if schedule.pk is None:
        return []
    return [
        rules.Period(one.weekday, one.opens, one.closes, one.over_midnight, one.season_id)
        for one in schedule.periods.all()
    ]


def special(day: SpecialDay) -> rules.Special:
    """A special day as a value."""
    return rules.Special(day.date, day.reason, stretches_of(day), is_own=day.schedule_id is not None)


def stretches_of(day: SpecialDay) -> tuple[rules.Stretch, ...]:
    """When a special day is open, as values."""
    return tuple(rules.Stretch(one.opens, one.closes, one.over_midnight) for one in day.periods.all())


def calendar_of(mall: Mall | None) -> QuerySet[CalendarDay]:
    """The calendar that holds for a mall, proposed and confirmed, by date; without one, that of the whole country.

    Days of agencies are in it; they hold for that agency alone. A day of a region holds for every mall within it.
    """
    rows = CalendarDay.objects.select_related("region", "mall", "agency").order_by("date", "kind", "pk")
    if mall is None:
        return rows.filter(mall=None, agency=None)
    return rows.filter(Q(mall=None) | Q(mall=mall)).filter(Q(region=None) | Q(region__in=regions_around(mall)))


def regions_around(mall: Mall) -> list[str]:
    """The codes of the mall's region and of those that it lies within: "35.20" lies within "35"."""
    parts = mall.region_id.split(".") if mall.region_id else []
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


def holidays_at(mall: Mall, start: date, end: date) -> QuerySet[CalendarDay]:
    """The confirmed days of a mall's calendar; a proposed one moves no clock."""
    return calendar_of(mall).filter(confirmed_at__isnull=False, date__range=(start, end))


def closed_dates(agency: Agency, mall: Mall, start: date, end: date) -> frozenset[date]:
    """The dates from one to another that are no working days of an agency at a mall, weekends aside.

    For the legal clock, with `base.workdays`: only confirmed days count. Joint leave is not closed by itself
    (reference 9.3): it counts unless the agency's own schedule at the mall stays open on it. Two statements.
    """
    kinds = set(DayKind.values)
    stand = Tenancy.objects.filter(mall=mall, agency=agency).select_related("schedule").first()
    if stand and stand.schedule and DayKind.JOINT_LEAVE not in stand.schedule.closed_on:
        kinds.remove(DayKind.JOINT_LEAVE)
    days = holidays_at(mall, start, end).filter(Q(agency=None) | Q(agency=agency), kind__in=kinds)
    return frozenset(days.values_list("date", flat=True))
