"""Hours: schedules with their weeks, seasons and special days. Whatever else a change touches is told of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from pendapa.base.journal.rules import Actor
from pendapa.base.records import actions as records
from pendapa.base.records.models import Record, RemovedRecord
from pendapa.directory.malls import events, queries, rules
from pendapa.directory.malls.events import HoursChange, Impact
from pendapa.directory.malls.models import Mall, OpeningPeriod, Schedule, Season, SpecialDay, SpecialPeriod

HORIZON = 400  # days ahead in which a change of hours is looked at

_asking: ContextVar[list[Impact] | None] = ContextVar("asking", default=None)


def impacts_of(act: Callable[[], object]) -> list[Impact]:
    """What an act of this module or of the calendar would touch. It is done and taken back: nothing is saved.

    Raises whatever the act raises.
    """
    found: list[Impact] = []
    token = _asking.set(found)
    try:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)
    finally:
        _asking.reset(token)
    return found


@contextmanager
def changing(
    malls: Iterable[Mall],
    dates: Iterable[date] | None,
    *,
    schedule: Schedule | None = None,
    by: Actor | str,
    at: datetime,
) -> Iterator[None]:
    """Compare the hours of malls before and after the change within, and tell of what differs.

    `dates` are those that can differ; None looks `HORIZON` days ahead. What lies before yesterday is past.
    Where only one `schedule` can differ, only that is looked at.
    """
    with transaction.atomic():
        looked_at = [(mall, _ahead(mall, dates, at)) for mall in malls]
        before = [_hours(mall, days, schedule) for mall, days in looked_at]
        yield
        changes: list[HoursChange] = []
        for (mall, days), old in zip(looked_at, before, strict=True):
            new = _hours(mall, days, schedule)
            changes += [
                HoursChange(pk, on, old.get((pk, on)), new.get((pk, on)))
                for pk, on in sorted(old.keys() | new.keys(), key=lambda one: (one[1], one[0]))
                if old.get((pk, on)) != new.get((pk, on))
            ]
        asked = _asking.get()
        if asked is not None:
            answers: list[tuple[Any, Any]] = events.hours_changing.send(sender=Schedule, changes=changes, at=at)
            for _receiver, impacts in answers:
                asked += impacts
        elif changes:
            events.hours_changed.send(sender=Schedule, changes=changes, by=by, at=at)


def save_schedule(
    *,
    mall: Mall,
    schedule: Schedule | None,
    values: Mapping[str, Any],
    periods: Sequence[rules.Period],
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> Schedule:
    """Add a schedule or change it, with the weeks of all seasons, as one change.

    Raises `ValidationError` where hours of a weekday overlap, `ChangedMeanwhile`, `Gone`.
    """
    _check_weeks(mall, periods)
    nothing: list[date] = []  # nobody follows a new schedule yet
    with changing([mall], nothing if schedule is None else None, schedule=schedule, by=by, at=at):
        if schedule is None:
            schedule = records.add(Schedule(mall=mall, **values), by=by, at=at)
            version = schedule.version
        records.claim(schedule, version=version)
        fields = [name for name, value in values.items() if getattr(schedule, name) != value]
        changes = {name: [_plain(getattr(schedule, name)), _plain(values[name])] for name in fields}
        for name in fields:
            setattr(schedule, name, values[name])
        former = sorted(queries.periods_of(Schedule.objects.get(pk=schedule.pk)), key=_order)
        wanted = sorted(set(periods), key=_order)
        if former != wanted:
            changes["periods"] = [weeks_in_words(mall, former), weeks_in_words(mall, wanted)]
        if not changes:
            return schedule
        schedule.full_clean()
        schedule.version += 1
        schedule.save(update_fields=[*fields, "version"])
        if former != wanted:
            schedule.periods.all().delete()
            OpeningPeriod.objects.bulk_create(
                OpeningPeriod(
                    schedule=schedule,
                    season_id=one.season,
                    weekday=one.weekday,
                    opens=one.opens,
                    closes=one.closes,
                    over_midnight=one.over_midnight,
                )
                for one in wanted
            )
        records.note(schedule, "changed", by=by, at=at, changes=changes)
    return schedule


def save_season(
    *, mall: Mall, season: Season | None, values: Mapping[str, Any], version: int | None, by: Actor | str, at: datetime
) -> Season:
    """Add a season of a mall or change its dates. Raises `ValidationError` where two overlap."""
    with changing([mall], None, by=by, at=at):
        return records.save(season or Season(mall=mall), values, version=version, by=by, at=at)


def save_special_day(
    *,
    mall: Mall,
    day: SpecialDay | None,
    values: Mapping[str, Any],
    stretches: Sequence[rules.Stretch],
    version: int | None,
    by: Actor | str,
    at: datetime,
) -> SpecialDay:
    """Give a date hours of its own, for one schedule or all of a mall; without stretches it is closed.

    Raises `ValidationError` where the stretches overlap or end before they begin.
    """
    schedule = values.get("schedule")
    if schedule is not None and schedule.mall_id != mall.pk:
        raise ValidationError({"schedule": _("This belongs to another mall.")})
    if any(not _is_sound(one) for one in stretches):
        raise ValidationError(_("Hours must end after they begin."))
    if rules.overlap(stretches):
        raise ValidationError(_("These hours overlap with others of the day."))
    dates = {one for one in (day.date if day else None, values.get("date")) if one}
    with changing([mall], dates, by=by, at=at):
        is_new = day is None
        saved = records.save(day or SpecialDay(mall=mall), values, version=version, by=by, at=at)
        former = sorted(queries.stretches_of(saved), key=lambda one: one.seconds)
        wanted = sorted(set(stretches), key=lambda one: one.seconds)
        if former != wanted:
            saved.periods.all().delete()
            SpecialPeriod.objects.bulk_create(
                SpecialPeriod(day=saved, opens=one.opens, closes=one.closes, over_midnight=one.over_midnight)
                for one in wanted
            )
            changes = {"periods": [", ".join(map(str, former)), ", ".join(map(str, wanted))]}
            if is_new:
                records.note(saved, "changed", by=by, at=at, changes=changes)
            else:
                records.touch(saved, version=None, by=by, at=at, changes=changes)
    return saved


def remove_hours(*, record: Schedule | Season | SpecialDay, by: Actor | str, at: datetime) -> RemovedRecord:
    """Remove a schedule, a season or a special day. Raises `StillUsed` while queues or stands follow a schedule."""
    if isinstance(record, Schedule):  # nobody follows it, or it could not go
        return records.remove(record, by=by, at=at)
    dates = {record.date} if isinstance(record, SpecialDay) else None
    with changing([record.mall], dates, by=by, at=at):
        return records.remove(record, by=by, at=at)


def restore_hours(*, mall: Mall, removed: RemovedRecord, by: Actor | str, at: datetime) -> None:
    """Bring back a removed schedule, season or special day, as `records.restore`; what follows the hours is told."""
    with changing([mall], None, by=by, at=at):
        records.restore(removed, by=by, at=at)


def weeks_in_words(mall: Mall, periods: Iterable[rules.Period]) -> str:
    """Periods as the journal keeps them: the days of each week with their hours, after the name of their season."""
    names = {season.pk: season.name for season in Season.objects.filter(mall=mall)}
    weeks: dict[int | None, dict[int, list[str]]] = {}
    for one in sorted(periods, key=_order):
        weeks.setdefault(one.season, {}).setdefault(one.weekday, []).append(str(one.stretch))
    return "; ".join(
        (f"{names.get(season, '')}: " if season else "") + _days_in_words(days) for season, days in weeks.items()
    )


def _days_in_words(days: Mapping[int, Sequence[str]]) -> str:
    """Days in a row with the same hours are named together."""
    runs: list[tuple[int, int, str]] = []
    for weekday, found in days.items():
        hours = " + ".join(found)
        if runs and runs[-1][1:] == (weekday - 1, hours):
            runs[-1] = (runs[-1][0], weekday, hours)
        else:
            runs.append((weekday, weekday, hours))
    return ", ".join(
        (_DAYS[first] if first == last else f"{_DAYS[first]}\N{EN DASH}{_DAYS[last]}") + f" {hours}"
        for first, last, hours in runs
    )


_DAYS = ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min")


def _check_weeks(mall: Mall, periods: Sequence[rules.Period]) -> None:
    seasons = {one.season for one in periods}
    known = set(Season.objects.filter(mall=mall).values_list("pk", flat=True))
    if seasons - known - {None}:
        raise ValidationError(_("This season was removed in the meantime."))
    if any(not 0 <= one.weekday <= 6 or not _is_sound(one.stretch) for one in periods):
        raise ValidationError(_("Hours must end after they begin."))
    for season in seasons:
        if rules.weekdays_that_overlap([one for one in periods if one.season == season]):
            raise ValidationError(_("These hours overlap with others of the week."))


def _is_sound(stretch: rules.Stretch) -> bool:
    return stretch.closes <= stretch.opens if stretch.over_midnight else stretch.opens < stretch.closes


def _order(period: rules.Period) -> tuple[int, int, Any]:
    return (period.season or 0, period.weekday, period.opens)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, Record) else value


def _ahead(mall: Mall, dates: Iterable[date] | None, at: datetime) -> list[date]:
    # Yesterday too: its hours may reach into today.
    first = queries.service_date(mall, at) - timedelta(days=1)
    if dates is None:
        return [first + timedelta(days=day) for day in range(HORIZON)]
    return sorted(one for one in dates if one >= first)


def _hours(mall: Mall, dates: Sequence[date], schedule: Schedule | None) -> dict[tuple[int, date], rules.ServiceHours]:
    if not dates:
        return {}
    schedules = queries.schedules_of(mall)
    if schedule is not None:
        schedules = schedules.filter(pk=schedule.pk)
    tables = queries.timetables(schedules, dates[0], dates[-1])
    found = {}
    for pk, table in tables.items():
        for on in dates:
            if hours := rules.day_of(table, on).hours:
                found[pk, on] = hours
    return found
