"""Weeks of opening hours as bars to the scale of the clock: what a page shows of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from pendapa.directory.malls import rules

_EARLIEST, _LATEST = 6, 18  # hours that a chart shows at least
_DAY = 24 * 60  # minutes
_MIDNIGHT = 24  # o'clock
_MOST_MARKS = 7  # on the scale of a chart, on the narrowest phone
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Scale:
    """The clock hours that the charts of a page share."""

    first: int  # minutes
    length: int
    hours: list[str]


def monday_of(typed: str | None, today: date) -> date:
    """The Monday of a typed date, or of today."""
    try:
        on = parse_date(typed or "")
    except ValueError:
        on = None
    if on is None or not _FIRST_YEAR <= on.year <= _LAST_YEAR:
        on = today
    return on - timedelta(days=on.weekday())


def scale_of(days: Iterable[rules.Day]) -> Scale:
    """From the first opening to the last closing, in whole hours."""
    spans = [one.seconds for day in days for one in day.stretches]
    first = min([_EARLIEST, *(begin // 3600 for begin, _end in spans)])
    last = max([_LATEST, *(min(-(-end // 3600), 24) for _begin, end in spans)])
    last += (last - first) % 2 if last < _MIDNIGHT else 0
    first -= (last - first) % 2
    step = next(one for one in (2, 4, 6, 12) if (last - first) % one == 0 and (last - first) // one <= _MOST_MARKS)
    return Scale(first * 60, (last - first) * 60, [f"{hour:02}" for hour in range(first, last + 1, step)])


def chart(days: Sequence[rules.Day], today: date, former: Sequence[rules.Day] | None = None) -> list[dict[str, Any]]:
    """Days for `week_bars.html`; with the `former` days, what is new and what is gone is marked."""
    lines = []
    for place, day in enumerate(days):
        old = former[place] if former else None
        bars = [_bar(one, "new" if old and one not in old.stretches else "") for one in day.stretches]
        if old:
            bars = [*(_bar(one, "gone") for one in old.stretches if one not in day.stretches), *bars]
        note = note_of(day)
        if old and old.stretches != day.stretches:
            before = ", ".join(map(str, old.stretches)) or _("closed")
            note = " · ".join(filter(None, (note, _("before: %(hours)s") % {"hours": before})))
        lines.append(
            {
                "name": f"{WEEKDAYS[day.date.weekday()]} {day.date.day}",
                "words": ", ".join(map(str, day.stretches)),
                "bars": bars,
                "note": note,
                "is_closed": not day.stretches,
                "is_today": day.date == today,
            }
        )
    return lines


def note_of(day: rules.Day) -> str:
    """Why a day has its hours, in words; nothing for a day of the usual week."""
    words = {
        rules.Reason.WEEK: "",
        rules.Reason.SEASON: day.name,
        rules.Reason.HOLIDAY: day.name,
        rules.Reason.MALL_DAY: day.name,
        rules.Reason.OWN_DAY: day.name,
    }[day.reason]
    if day.reason != rules.Reason.HOLIDAY:
        still = [one.name for one in day.holidays if one.name != words]
        words = " · ".join(filter(None, (words, *still)))
    return words


def _bar(stretch: rules.Stretch, kind: str) -> dict[str, Any]:
    begin, end = (second // 60 for second in stretch.seconds)
    return {"start": begin, "length": max(min(end, _DAY) - begin, 1), "kind": kind}
