"""When a mall, an agency or a queue is open: periods of a weekday, turned into moments of a date."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

# The three zones of Indonesia, none with daylight saving: WIB, WITA, WIT.
TIME_ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}

_DAY = 24 * 3600  # seconds

# First parts of addresses that belong to the program: a mall of that name would never be reached.
# A test compares them with the address book.
RESERVED_CODES = frozenset(
    {
        "api", "sign-in", "language", "gallery", "board", "kiosk", "devices", "example", "desk", "office", "mine",
        "t", "v", "healthz", "readyz", "metrics", "live", "static", "media", "components", "verify", "survey",
        "council", "chat", "home", "help", "theme", "new", "regions", "calendar", "admin", "about", "manifest",
        "offline",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Stretch:
    """From when until when something is open on a date; it goes past midnight only where `over_midnight` says so."""

    opens: time
    closes: time
    over_midnight: bool = False

    @property
    def seconds(self) -> tuple[int, int]:
        """Beginning and end in seconds after the midnight before."""
        return _seconds(self.opens), _seconds(self.closes) + (_DAY if self.over_midnight else 0)

    def __str__(self) -> str:
        return f"{self.opens:%H.%M}\N{EN DASH}{self.closes:%H.%M}" + (" +1" if self.over_midnight else "")


@dataclass(frozen=True)
class Period:
    """A stretch of one weekday (Monday is 0), of the usual week or, with the id of a season, of that season's."""

    weekday: int
    opens: time
    closes: time
    over_midnight: bool = False
    season: int | None = None

    @property
    def stretch(self) -> Stretch:
        return Stretch(self.opens, self.closes, self.over_midnight)


@dataclass(frozen=True)
class ServiceHours:
    """The moments that bound one service day, in the mall's zone.

    Numbers are given from `numbers_from` up to, not including, `numbers_until`; counters serve from
    `opens_at` to `closes_at` except in the `breaks`, which do not stop the giving of numbers.
    """

    opens_at: datetime
    closes_at: datetime
    numbers_from: datetime
    numbers_until: datetime
    breaks: tuple[tuple[datetime, datetime], ...] = ()

    def break_at(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """The break in which a moment lies, if any: *istirahat*."""
        return next((one for one in self.breaks if one[0] <= moment < one[1]), None)


def hours_on(
    on: date, periods: Iterable[Period], *, zone: ZoneInfo, numbers_before: timedelta, last_number_before: timedelta
) -> ServiceHours | None:
    """The hours of one date of a week of periods, or None where it has none that weekday."""
    stretches = [period.stretch for period in periods if period.weekday == on.weekday()]
    return moments(on, stretches, zone=zone, numbers_before=numbers_before, last_number_before=last_number_before)


def moments(
    on: date, stretches: Iterable[Stretch], *, zone: ZoneInfo, numbers_before: timedelta, last_number_before: timedelta
) -> ServiceHours | None:
    """The stretches of a date as moments, or None where there are none.

    `numbers_before` (before opening) lets people take numbers at the door, but never before that date begins;
    `last_number_before` (before closing) is the last-number time, which regulations keep apart from closing
    (reference 9.2). It never lies before the opening.
    """
    today = sorted(stretch.seconds for stretch in stretches)
    if not today:
        return None
    midnight = datetime.combine(on, time.min, tzinfo=zone)
    spans = [(midnight + timedelta(seconds=begin), midnight + timedelta(seconds=end)) for begin, end in today]
    opens_at, closes_at = spans[0][0], max(end for _begin, end in spans)
    return ServiceHours(
        opens_at=opens_at,
        closes_at=closes_at,
        numbers_from=max(opens_at - numbers_before, midnight),
        numbers_until=max(closes_at - last_number_before, opens_at),
        breaks=tuple((former[1], latter[0]) for former, latter in pairwise(spans) if former[1] < latter[0]),
    )


def weekdays_that_overlap(periods: Iterable[Period]) -> frozenset[int]:
    """The weekdays on which a stretch begins before another has ended; one past midnight reaches into the next day."""
    spans = []
    for period in periods:
        begin, end = period.stretch.seconds
        spans.append((period.weekday * _DAY + begin, period.weekday * _DAY + end))
    spans.sort()
    around = [*spans, *((begin + 7 * _DAY, end + 7 * _DAY) for begin, end in spans[:1])]  # Sunday night meets Monday
    return frozenset(latter[0] // _DAY % 7 for former, latter in pairwise(around) if former[1] > latter[0])


def overlap(stretches: Iterable[Stretch]) -> bool:
    """Whether one of a date's stretches begins before another has ended."""
    return any(former[1] > latter[0] for former, latter in pairwise(sorted(one.seconds for one in stretches)))


class Reason(StrEnum):
    """What decides the hours of a date."""

    WEEK = "week"
    SEASON = "season"
    HOLIDAY = "holiday"  # a confirmed day of the calendar on which the schedule is closed
    MALL_DAY = "mall_day"  # a special day of the whole mall
    OWN_DAY = "own_day"  # a special day of this schedule


@dataclass(frozen=True)
class SeasonDates:
    """A season by its id: from its first to its last day."""

    id: int
    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Special:
    """A date with hours of its own, closed without any; `is_own` where it is for this schedule alone."""

    date: date
    reason: str
    stretches: tuple[Stretch, ...]
    is_own: bool


@dataclass(frozen=True)
class Holiday:
    """A confirmed day of the calendar."""

    date: date
    kind: str
    name: str


@dataclass(frozen=True)
class Timetable:
    """All that decides when a schedule is open."""

    zone: ZoneInfo
    numbers_before: timedelta
    last_number_before: timedelta
    periods: Sequence[Period] = ()
    closed_on: frozenset[str] = frozenset()
    seasons: Sequence[SeasonDates] = ()
    specials: Sequence[Special] = ()
    holidays: Sequence[Holiday] = ()


@dataclass(frozen=True)
class Day:
    """The hours of one date and why: `name` is that of the season, the holiday, or the reason of the special day."""

    date: date
    stretches: tuple[Stretch, ...]
    hours: ServiceHours | None
    reason: Reason
    name: str = ""
    holidays: tuple[Holiday, ...] = ()  # also those on which the schedule stays open


def day_of(timetable: Timetable, on: date) -> Day:
    """What holds on a date: the schedule's own special day, else the mall's, else a holiday, else season, else week.

    A holiday closes where its kind is among `closed_on`. A season replaces the week only for a schedule that has
    periods for it, and then the whole week: a weekday without any is closed.
    """
    stretches, reason, name = _decided(timetable, on)
    hours = moments(
        on,
        stretches,
        zone=timetable.zone,
        numbers_before=timetable.numbers_before,
        last_number_before=timetable.last_number_before,
    )
    holidays = tuple(one for one in timetable.holidays if one.date == on)
    return Day(on, tuple(sorted(stretches, key=lambda one: one.seconds)), hours, reason, name, holidays)


def _decided(timetable: Timetable, on: date) -> tuple[Sequence[Stretch], Reason, str]:
    specials = sorted((one for one in timetable.specials if one.date == on), key=lambda one: not one.is_own)
    if specials:
        first = specials[0]
        return first.stretches, Reason.OWN_DAY if first.is_own else Reason.MALL_DAY, first.reason
    for holiday in timetable.holidays:
        if holiday.date == on and holiday.kind in timetable.closed_on:
            return (), Reason.HOLIDAY, holiday.name
    for season in timetable.seasons:
        if season.starts_on <= on <= season.ends_on:
            week = [one for one in timetable.periods if one.season == season.id]
            if week:
                return _of_weekday(week, on), Reason.SEASON, season.name
    return _of_weekday([one for one in timetable.periods if one.season is None], on), Reason.WEEK, ""


def _of_weekday(periods: Iterable[Period], on: date) -> list[Stretch]:
    return [period.stretch for period in periods if period.weekday == on.weekday()]


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


@dataclass(frozen=True)
class Share:
    """An agency has a counter on one weekday (Monday is 0), all of it where no times are given."""

    agency: int
    weekday: int
    starts: time | None
    ends: time | None


def shares_overlap(shares: Iterable[Share]) -> bool:
    """Whether two agencies would have one counter at the same time."""
    by_day: dict[int, list[tuple[time, time]]] = {}
    for share in shares:
        by_day.setdefault(share.weekday, []).append((share.starts or time.min, share.ends or time.max))
    return any(earlier[1] > later[0] for stretches in by_day.values() for earlier, later in pairwise(sorted(stretches)))


def agencies_on(agency: int, shares: Iterable[Share], weekday: int) -> frozenset[int]:
    """The agencies that have a counter on a weekday: its own, unless given away whole, and those of its shares."""
    today = [share for share in shares if share.weekday == weekday]
    is_given_away = any(share.starts is None for share in today)
    return frozenset({share.agency for share in today} | (set() if is_given_away else {agency}))
