"""When a mall, an agency or a queue is open: periods of a weekday, turned into moments of a date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# The three zones of Indonesia, none with daylight saving: WIB, WITA, WIT.
TIME_ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}

# First parts of addresses that belong to the program: a mall of that name would never be reached.
# A test compares them with the address book.
RESERVED_CODES = frozenset(
    {
        "api", "sign-in", "language", "gallery", "board", "kiosk", "devices", "example", "desk", "office", "mine",
        "t", "v", "healthz", "readyz", "metrics", "live", "static", "media", "components", "verify", "survey",
        "council", "chat", "help", "admin", "about", "manifest", "offline",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Period:
    """One stretch of opening on a weekday; Monday is 0. It never runs past midnight."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class ServiceHours:
    """The moments that bound one service day, in UTC-aware time.

    Numbers are given from `numbers_from` up to, not including, `numbers_until`; counters serve from
    `opens_at` to `closes_at`. Breaks between two periods do not stop the giving of numbers.
    """

    opens_at: datetime
    closes_at: datetime
    numbers_from: datetime
    numbers_until: datetime


def hours_on(
    on: date, periods: Iterable[Period], *, zone: ZoneInfo, numbers_before: timedelta, last_number_before: timedelta
) -> ServiceHours | None:
    """The hours of one date, or None where the schedule is closed that day.

    `numbers_before` (minutes before opening) lets people take numbers at the door; `last_number_before`
    (minutes before closing) is the last-number time, which regulations keep apart from closing
    (reference 9.2). It never lies before the opening.
    """
    today = [period for period in periods if period.weekday == on.weekday()]
    if not today:
        return None
    opens_at = datetime.combine(on, min(period.opens for period in today), tzinfo=zone)
    closes_at = datetime.combine(on, max(period.closes for period in today), tzinfo=zone)
    midnight = datetime.combine(on, time.min, tzinfo=zone)
    return ServiceHours(
        opens_at=opens_at,
        closes_at=closes_at,
        numbers_from=max(opens_at - numbers_before, midnight),
        numbers_until=max(closes_at - last_number_before, opens_at),
    )
