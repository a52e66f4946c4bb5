"""Schedules, seasons and special days from a table: a schedule is one line, its days are written as people say them."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls import actions, queries, rules
from pendapa.directory.malls.events import Impact
from pendapa.directory.malls.models import Schedule, Season, SpecialDay
from pendapa.directory.malls.rules import Period, Stretch
from pendapa.web.office import cells
from pendapa.web.office.access import OfficeRequest
from pendapa.web.office.cells import Reading
from pendapa.web.office.registers import ImportColumn, Importer, Planned, Row
from pendapa.web.office.schedules import may_change, schedules_seen

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TITLES = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
_CLOSED = {"tutup", "closed", "-", "\N{EN DASH}"}
_STRETCH = re.compile(r"(\d{1,2}[.:]\d{2})\s*(?:-|\N{EN DASH}|s/d|sampai|to)\s*(\d{1,2}[.:]\d{2})\s*(\+\s*1)?", re.I)
ALL_SCHEDULES = gettext_lazy("all schedules")  # of a special day that names none
_LONGEST = 720  # minutes before opening or closing


def stretches_in(text: str) -> list[Stretch] | None:
    """What a cell says of a day: "07.30-11.30, 13.00-16.00", "22.00-02.00 +1" past midnight, "tutup"; None if nothing.

    Raises `ValidationError` for anything else, and for stretches that overlap or end before they begin.
    """
    text = text.strip()
    if not text:
        return None
    if text.casefold() in _CLOSED:
        return []
    found = [_stretch(part, text) for part in re.split(r"[,;]", text)]
    if rules.overlap(found):
        raise ValidationError(_("“%(text)s”: these hours overlap.") % {"text": text})
    return found


def words_of(stretches: Sequence[Stretch]) -> str:
    """A day's hours as a cell says them."""
    return ", ".join(map(str, sorted(stretches, key=lambda one: one.seconds))) or _("closed")


def _stretch(part: str, text: str) -> Stretch:
    match = _STRETCH.fullmatch(part.strip())
    opens, closes = (cells.time_in(f"{one:0>5}") for one in match.group(1, 2)) if match else (None, None)
    if match is None or opens is None or closes is None:
        raise ValidationError(
            _("“%(text)s” is no opening hours: they look like 07.30-11.30, 13.00-16.00, or tutup.") % {"text": text}
        )
    over_midnight = bool(match[3])
    if over_midnight != (closes <= opens):
        raise ValidationError(
            _("“%(text)s” ends before it begins. Hours past midnight end with +1: 22.00-02.00 +1.") % {"text": text}
        )
    return Stretch(opens, closes, over_midnight)


def _hours(read: Reading, name: str) -> list[Stretch] | None:
    try:
        return stretches_in(read.text(name))
    except ValidationError as error:
        read.errors.extend(error.messages)
        return None


# ---- Schedules ----


def _plan_schedules(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    known = {one.name.casefold(): one for one in schedules_seen(request).prefetch_related("periods")}
    seasons = cells.named(Season.objects.filter(mall=request.mall), lambda season: season.name)
    begun: set[str] = set()
    seen: set[object] = set()
    planned = []
    for row in rows:
        read = Reading(row)
        read.take("name", needed=True, longest=80)
        read.one_of("season", seasons, _("There is no season “%(text)s” here."))
        for name in ("numbers_before", "last_number_before"):
            read.number(name, highest=_LONGEST)
        season = read.values.pop("season", None)
        key = read.text("name").casefold()
        schedule = known.get(key)
        cells.twice(read, (key, season.pk if season else None), seen)
        if schedule is None and season is not None and key not in begun:
            read.errors.append(_("The usual week of a new schedule comes before that of a season."))
        if (schedule is None and not request.standing.may(Act.MANAGE)) or (
            schedule is not None and not may_change(request, schedule)
        ):
            read.errors.append(_("You may not change these hours."))
        begun.add(key)
        week = {day: found for day, name in enumerate(DAYS) if (found := _hours(read, name)) is not None}
        read.more = {"name": read.values.get("name", ""), "season": season.pk if season else None, "week": week}
        read.values.pop("name", None)
        planned.append(cells.fate(read, schedule, read.text("name"), _differences(schedule, season, week)))
    return planned


def _differences(
    schedule: Schedule | None, season: Season | None, week: dict[int, list[Stretch]]
) -> list[tuple[Any, object, object]]:
    """The weekdays that a row would change, in words."""
    if schedule is None:
        return []
    now = [one for one in queries.periods_of(schedule) if one.season == (season.pk if season else None)]
    differences: list[tuple[Any, object, object]] = []
    for weekday, wanted in week.items():
        before = [one.stretch for one in now if one.weekday == weekday]
        if set(before) != set(wanted):
            differences.append((capfirst(WEEKDAYS[weekday]), words_of(before), words_of(wanted)))
    return differences


def _apply_schedules(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    """Save each schedule once, with all its rows: the usual week, and those of seasons."""
    rows: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    for one in planned:
        _pk, given, more = one.content
        rows.setdefault(more["name"].casefold(), []).append((given, more))
    for lines in rows.values():
        name = lines[0][1]["name"]
        schedule = schedules_seen(request).filter(name__iexact=name).first()
        periods = queries.periods_of(schedule) if schedule else []
        values: dict[str, Any] = {} if schedule else {"name": name}
        for given, more in lines:
            values |= given
            season, week = more["season"], more["week"]
            periods = [one for one in periods if one.season != season or one.weekday not in week]
            periods += [
                Period(weekday, one.opens, one.closes, one.over_midnight, season)
                for weekday, stretches in week.items()
                for one in stretches
            ]
        actions.save_schedule(
            mall=request.mall,
            schedule=schedule,
            values=values,
            periods=periods,
            version=None,
            by=request.user,
            at=at,
        )


# ---- Seasons ----


def _plan_seasons(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    known = cells.named(Season.objects.filter(mall=request.mall), lambda season: season.name)
    dates = {name: (season.starts_on, season.ends_on) for name, season in known.items()}  # as they will be
    seen: set[object] = set()
    reads = []
    for row in rows:
        read = Reading(row)
        read.take("name", needed=True, longest=80)
        name = read.text("name").casefold()
        season = known.get(name)
        for field in ("starts_on", "ends_on"):
            read.day(field)
            if season is None and not read.text(field):
                read.errors.append(_("A cell is empty that is needed."))
        starts, ends = (read.values.get(field) or getattr(season, field, None) for field in ("starts_on", "ends_on"))
        if starts and ends and starts > ends:
            read.errors.append(_("The first day lies after the last day."))
        elif starts and ends:
            dates[name] = (starts, ends)
        cells.twice(read, name, seen)
        reads.append((read, name, season))
    for read, name, _season in reads:
        mine = dates.get(name)
        if mine and any(
            other != name and mine[0] <= ends and starts <= mine[1] for other, (starts, ends) in dates.items()
        ):
            read.errors.append(_("These dates overlap those of another season."))
    return [cells.fate(read, season, read.text("name")) for read, _name, season in reads]


def _apply_seasons(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    for one in planned:
        pk, values, _more = one.content
        actions.save_season(
            mall=request.mall,
            season=Season.objects.get(pk=pk, mall=request.mall) if pk else None,
            values=values,
            version=None,
            by=request.user,
            at=at,
        )


# ---- Special days ----


def _plan_special_days(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    schedules: dict[str, Schedule | None] = {one.name.casefold(): one for one in schedules_seen(request)}
    schedules.setdefault(str(ALL_SCHEDULES).casefold(), None)
    days = SpecialDay.objects.filter(mall=request.mall).prefetch_related("periods")
    known = {(day.date, day.schedule_id): day for day in days}
    seen: set[object] = set()
    planned = []
    for row in rows:
        read = Reading(row)
        read.day("date")
        if not read.text("date"):
            read.errors.append(_("A cell is empty that is needed."))
        read.take("reason", longest=120)
        read.one_of("schedule", schedules, _("There are no opening hours “%(text)s” here."))
        schedule: Schedule | None = read.values.get("schedule")
        on = read.values.get("date")
        key = (on, schedule.pk if schedule else None)
        day = known.get((on, key[1])) if on else None
        if not request.standing.may(Act.MANAGE, schedule.agency_id if schedule else None):
            read.errors.append(_("You may not change these hours."))
        if day is None and not read.text("reason"):
            read.errors.append(_("A cell is empty that is needed."))
        stretches = _hours(read, "hours")
        if stretches is None and day is None and not read.errors:
            stretches = []
        cells.twice(read, key, seen)
        before = list(queries.stretches_of(day)) if day else []
        is_changed = day is not None and stretches is not None and set(before) != set(stretches)
        changes = [(_("Hours"), words_of(before), words_of(stretches or []))] if is_changed else []
        read.more = {"stretches": stretches}
        planned.append(cells.fate(read, day, read.text("reason") or read.text("date"), changes))
    return planned


def _apply_special_days(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    for one in planned:
        pk, values, more = one.content
        day = SpecialDay.objects.select_related("mall").get(pk=pk, mall=request.mall) if pk else None
        stretches = more["stretches"]
        if stretches is None and day is not None:
            stretches = queries.stretches_of(day)
        actions.save_special_day(
            mall=request.mall,
            day=day,
            values=values,
            stretches=stretches or [],
            version=None,
            by=request.user,
            at=at,
        )


Apply = Callable[[OfficeRequest, Sequence[Planned], datetime], None]


def _impacts(apply: Apply) -> Callable[[OfficeRequest, Sequence[Planned], datetime], list[Impact]]:
    """What saving the rows would touch: it is done and taken back."""
    return lambda request, planned, at: actions.impacts_of(lambda: apply(request, planned, at))


_WEEK = "07.30-12.00, 13.00-16.00"

SCHEDULE_IMPORTER = Importer(
    columns=(
        ImportColumn("name", ("nama", "name"), True, "", ("Jam layanan", "Jam layanan")),
        ImportColumn(
            "season",
            ("musim", "season"),
            False,
            gettext_lazy("Empty: the usual week. A season has to be there already."),
            ("", "Ramadan 1448 H"),
        ),
        *(
            ImportColumn(
                day,
                (title, day),
                False,
                gettext_lazy("Hours with a dash, several with a comma; tutup for closed; empty leaves it as it is."),
                ("tutup", "tutup") if day in DAYS[5:] else (_WEEK, "08.00-14.00"),
            )
            for day, title in zip(DAYS, _TITLES, strict=True)
        ),
        ImportColumn(
            "numbers_before",
            ("nomor pertama sebelum buka", "first number before opening"),
            False,
            gettext_lazy("Minutes."),
            ("30", ""),
        ),
        ImportColumn(
            "last_number_before",
            ("nomor terakhir sebelum tutup", "last number before closing"),
            False,
            gettext_lazy("Minutes."),
            ("30", ""),
        ),
    ),
    plan=_plan_schedules,
    apply=_apply_schedules,
    impacts=_impacts(_apply_schedules),
)

SEASON_IMPORTER = Importer(
    columns=(
        ImportColumn("name", ("nama", "name"), True, "", ("Ramadan 1448 H",)),
        ImportColumn("starts_on", ("hari pertama", "first day"), False, "", ("2027-02-08",)),
        ImportColumn("ends_on", ("hari terakhir", "last day"), False, "", ("2027-03-09",)),
    ),
    plan=_plan_seasons,
    apply=_apply_seasons,
    impacts=_impacts(_apply_seasons),
)

SPECIAL_DAY_IMPORTER = Importer(
    columns=(
        ImportColumn("date", ("tanggal", "date"), True, "", ("2026-12-31", "2026-12-24")),
        ImportColumn("reason", ("alasan", "reason"), False, "", ("Rapat akhir tahun", "Pelayanan malam")),
        ImportColumn(
            "hours", ("jam", "hours"), False, gettext_lazy("Empty or tutup: closed."), ("tutup", "08.00-20.00")
        ),
        ImportColumn(
            "schedule",
            ("jam layanan", "schedule"),
            False,
            gettext_lazy("The name of a schedule; empty: all of the mall."),
            ("", "Jam layanan"),
        ),
    ),
    plan=_plan_special_days,
    apply=_apply_special_days,
    impacts=_impacts(_apply_special_days),
)
