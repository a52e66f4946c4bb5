"""When a counter is open: today and next, in words that hold all day, and in a usual week, in words for paper."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pendapa.directory.malls import queries as places
from pendapa.directory.malls.models import Schedule
from pendapa.directory.malls.rules import Day, Stretch

LOOK_AHEAD = 14  # days


@dataclass(frozen=True)
class Hours:
    """`today` is empty when it is closed today; `why` then may name the holiday. `next` is empty when none is known."""

    today: str
    why: str
    next: str


def hours(schedule: Schedule, today: date) -> Hours:
    """The hours of a schedule around a date."""
    timetable = places.timetables([schedule], today, today + timedelta(days=LOOK_AHEAD))[schedule.pk]
    days = places.days_of(timetable, today, LOOK_AHEAD + 1)
    following = next((day for day in days[1:] if day.stretches), None)
    return Hours(
        today=stretches(days[0].stretches),
        why=days[0].name if not days[0].stretches else "",
        next=_on(following) if following else "",
    )


def week(schedule: Schedule) -> tuple[str, ...]:
    """The usual week of a schedule, days of the same hours together: “Senin-Kamis, 08.00-15.00”.

    Closed days are left out, seasons too.
    """
    usual = sorted(
        (one for one in places.periods_of(schedule) if one.season is None), key=lambda one: (one.weekday, one.opens)
    )
    said = {day: stretches(one.stretch for one in usual if one.weekday == day) for day in WEEKDAYS}
    return tuple(
        _("%(day)s, %(hours)s") % {"day": _days([day for day, _hours in group]), "hours": words}
        for words, group in groupby(said.items(), key=lambda one: one[1])
        if words
    )


def stretches(open_from: Iterable[Stretch]) -> str:
    """Hours as people say them: “08.00-12.00 dan 13.00-15.00”."""
    joint = f" {pgettext('between two stretches of hours', 'and')} "
    return joint.join(f"{one.opens:%H.%M}\N{EN DASH}{one.closes:%H.%M}" for one in open_from)


def _days(days: Sequence[int]) -> str:
    first, last = WEEKDAYS[days[0]], WEEKDAYS[days[-1]]
    return str(first) if len(days) == 1 else f"{first}\N{EN DASH}{last}"


def _on(day: Day) -> str:
    return _("%(day)s, %(hours)s") % {"day": date_format(day.date, "l, j F"), "hours": stretches(day.stretches)}
