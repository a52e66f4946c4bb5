"""Opens the demo's mall, whatever the hour and the day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pendapa.base import clock
from pendapa.server.demo.decree import CLOSED

ZONE = ZoneInfo("Asia/Jakarta")  # of the example mall
MORNING = time(8, 30)
OPEN_FROM, OPEN_UNTIL = time(8, 0), time(13, 0)  # with some hours left to look around
SATURDAY = 5


def opening_moment(shown: datetime) -> datetime:
    """The moment that the demo's clock should show: the given one on an open day, else the next opening morning."""
    here = shown.astimezone(ZONE)
    if _is_open_day(here.date()) and OPEN_FROM <= here.time() < OPEN_UNTIL:
        return shown
    day = here.date() if here.time() < OPEN_FROM else here.date() + timedelta(days=1)
    while not _is_open_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, MORNING, ZONE).astimezone(UTC)


def _is_open_day(day: date) -> bool:
    """Whether everybody works on a date: no weekend, no holiday, no joint leave."""
    return day.weekday() < SATURDAY and day not in CLOSED


def open_demo() -> None:
    """Set the installation clock so that the mall is open, and load the mall unless it is there. Never goes back."""
    from pendapa.server.demo import mall

    shown = clock.now()
    wanted = opening_moment(shown)
    if wanted != shown:
        clock.set_clock(at=wanted, speed=1)
    mall.load(at=clock.now())
