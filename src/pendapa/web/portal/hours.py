"""When a counter is open, in words that hold all day: today's hours and the next day on which it opens."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

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


def stretches(open_from: Iterable[Stretch]) -> str:
    """Hours as people say them: “08.00-12.00 dan 13.00-15.00”."""
    joint = f" {pgettext('between two stretches of hours', 'and')} "
    return joint.join(f"{one.opens:%H.%M}\N{EN DASH}{one.closes:%H.%M}" for one in open_from)


def _on(day: Day) -> str:
    return _("%(day)s, %(hours)s") % {"day": date_format(day.date, "l, j F"), "hours": stretches(day.stretches)}
