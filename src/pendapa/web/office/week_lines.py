"""The weeks of a schedule as lines to fill in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pendapa.directory.malls import rules
from pendapa.directory.malls.models import Season

_WORKDAYS = range(1, 5)  # to which Monday is copied
MOST_LINES = 6  # of a day


class LineForm(forms.Form):
    """One stretch of a day."""

    opens = forms.TimeField(
        label=gettext_lazy("opens"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    closes = forms.TimeField(
        label=gettext_lazy("closes"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    over_midnight = forms.BooleanField(label=gettext_lazy("closes on the next day"), required=False)

    def clean(self) -> dict[str, Any]:
        """A stretch has two ends, in their order."""
        typed = super().clean() or {}
        opens, closes = typed.get("opens"), typed.get("closes")
        if self.errors:
            return typed
        if (opens is None) != (closes is None):
            raise ValidationError(_("Give both times, or neither."))
        if opens is not None and closes is not None:
            if not typed.get("over_midnight") and closes <= opens:
                raise ValidationError(_("It closes before it opens. Does it close on the next day?"))
            if typed.get("over_midnight") and closes > opens:
                raise ValidationError(_("This would be longer than a day."))
        return typed

    @property
    def asks_for_night(self) -> bool:
        """Whether the line shows its "closes on the next day": only where it says so, or where that may be meant."""
        return bool(self["over_midnight"].value()) or (self.is_bound and bool(self.non_field_errors()))

    @property
    def stretch(self) -> rules.Stretch | None:
        """What was typed, if it is a stretch."""
        typed = getattr(self, "cleaned_data", {})
        if typed.get("opens") is None or typed.get("closes") is None:
            return None
        return rules.Stretch(typed["opens"], typed["closes"], bool(typed.get("over_midnight")))


@dataclass
class DayLines:
    """The lines of a weekday in one of the weeks."""

    name: Any
    prefix: str
    weekday: int
    lines: list[LineForm]
    errors: list[str]

    @property
    def may_add(self) -> bool:
        return len(self.lines) < MOST_LINES

    @property
    def next_field(self) -> str:
        """The id of the field that a further line begins with: an address that ends in it puts the focus there."""
        return f"id_{_free(self.prefix, self.lines)}-opens"


@dataclass
class WeekLines:
    """The usual week (`season` None) or that of a season."""

    season: Season | None
    prefix: str
    days: list[DayLines]

    @property
    def is_used(self) -> bool:
        return any(day.lines for day in self.days)

    @property
    def has_errors(self) -> bool:
        return any(day.errors or any(line.errors for line in day.lines) for day in self.days)

    def periods(self) -> list[rules.Period]:
        """What was typed, as values."""
        season = self.season.pk if self.season else None
        return [
            rules.Period(day.weekday, one.opens, one.closes, one.over_midnight, season)
            for day in self.days
            for line in day.lines
            if (one := line.stretch)
        ]

    def check(self) -> bool:
        """Whether every line is sound and no two overlap; otherwise the errors stand at their days."""
        are_sound = all([line.is_valid() for day in self.days for line in day.lines])  # noqa: C419 - each says its own
        if not are_sound:
            return False
        for weekday in rules.weekdays_that_overlap(self.periods()):
            self.days[weekday].errors.append(_("These hours overlap with others."))
            are_sound = False
        return are_sound


def weeks_of(seasons: Sequence[Season], periods: Sequence[rules.Period], fields: QueryDict | None) -> list[WeekLines]:
    """The lines of the usual week and of each season, from what was sent, else from the periods."""
    weeks = []
    for season in (None, *seasons):
        key = season.pk if season else 0
        days = []
        for weekday, name in WEEKDAYS.items():
            prefix = f"w{key}-{weekday}"
            lines = _sent_lines(prefix, fields) if fields is not None else _lines(prefix, season, weekday, periods)
            days.append(DayLines(name, prefix, weekday, lines, []))
        weeks.append(WeekLines(season, f"w{key}", days))
    return weeks


def _sent_lines(prefix: str, fields: QueryDict) -> list[LineForm]:
    dropped = fields.get("drop", "")
    lines = [
        LineForm(fields, prefix=f"{prefix}-{place}", auto_id="id_%s")
        for place in range(MOST_LINES)
        if f"{prefix}-{place}-opens" in fields and f"{prefix}-{place}" != dropped
    ]
    if fields.get("add") == prefix and len(lines) < MOST_LINES:
        free = _free(prefix, lines)
        lines.append(LineForm(prefix=free, auto_id="id_%s"))
    return lines


def _free(prefix: str, lines: Iterable[LineForm]) -> str:
    """The prefix of a day's next line."""
    taken = {line.prefix for line in lines}
    return next((name for place in range(MOST_LINES) if (name := f"{prefix}-{place}") not in taken), prefix)


def _lines(prefix: str, season: Season | None, weekday: int, periods: Iterable[rules.Period]) -> list[LineForm]:
    wanted = season.pk if season else None
    found = sorted(
        (one.stretch for one in periods if one.season == wanted and one.weekday == weekday),
        key=lambda one: one.seconds,
    )
    return [_line(f"{prefix}-{place}", one) for place, one in enumerate(found)]


def _line(prefix: str, one: rules.Stretch) -> LineForm:
    initial = {"opens": one.opens, "closes": one.closes, "over_midnight": one.over_midnight}
    return LineForm(initial=initial, prefix=prefix, auto_id="id_%s")


def copy_monday(weeks: Sequence[WeekLines], prefix: str) -> None:
    """Give Tuesday to Friday the lines of Monday, in one of the weeks."""
    for one in weeks:
        if one.prefix == prefix:
            monday = [line.stretch for line in one.days[0].lines if line.is_valid() and line.stretch]
            for weekday in _WORKDAYS:
                day = one.days[weekday]
                day.lines = [_line(f"{day.prefix}-{place}", found) for place, found in enumerate(monday) if found]
