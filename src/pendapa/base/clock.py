"""The only source of time (architecture.md, decision 15).

Two times exist. *Shown* time is the mall's: what a ticket, a board and a legal clock go by. It comes from the
database through the installation clock, so that skewed machines agree and a demo at 22:00 on a Sunday can show
an open hall. *Real* time is for security: sessions, tokens, rate limits, retries.

Hot statements call `base_now()` in SQL instead of carrying a moment from a web machine; a statement that needs
the moment twice reads it once (`WITH moment AS MATERIALIZED (SELECT base_now() AS at)`).
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.base.models import InstallationClock

FASTEST = 86_400.0  # a day in a second; anything faster is a typing mistake


class ClockWouldGoBack(Refused):
    """Setting the clock would repeat moments that the mall has already lived through."""


def now() -> datetime:
    """The mall's moment, in UTC: database time through the installation clock. One SQL read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT base_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def real_now() -> datetime:
    """Real time of this machine, in UTC: for sessions, tokens, rate limits and retries only."""
    return timezone.now()  # noqa: TID251 - the one place


def is_simulated() -> bool:
    """Whether the mall's time differs from real time; screens then show a banner."""
    clock = InstallationClock.objects.filter(pk=1).first()
    return clock is not None and (clock.speed != 1 or clock.anchor_shown != clock.anchor_real)


@transaction.atomic
def set_clock(
    *,
    at: datetime | None = None,
    offset: timedelta | None = None,
    speed: float | None = None,
    may_go_back: bool = False,
) -> datetime:
    """Set what time it is in the mall, and return it.

    Give the moment itself (`at`, aware) or its distance from real time (`offset`); with neither, time goes on
    from where it is. `speed` is shown seconds in a real second (0 stops the clock) and stays as it is when not given.
    `set_clock(offset=timedelta(0), speed=1)` returns to real time.

    Raises `ClockWouldGoBack` when shown time would jump back, since queues are ordered by it; only a caller that
    throws its data away (a test, a demo that starts anew) says `may_go_back`.
    """
    if at is not None and offset is not None:
        raise ValueError("a clock is set to a moment or to an offset, not to both")
    if at is not None and timezone.is_naive(at):
        raise ValueError("a moment needs its time zone")
    if speed is not None and not 0 <= speed <= FASTEST:
        raise ValueError(f"a clock runs at 0 to {FASTEST:.0f} seconds in a second, not at {speed}")
    InstallationClock.objects.bulk_create([InstallationClock(pk=1)], ignore_conflicts=True)
    clock = InstallationClock.objects.select_for_update().get(pk=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp(), base_now()")
        real, shown = cursor.fetchone()
    target = at or (real + offset if offset is not None else shown)
    if target < shown and not may_go_back:
        raise ClockWouldGoBack(
            _("The clock of this installation cannot be set back: numbers already given would lose their order.")
        )
    clock.anchor_real, clock.anchor_shown = real, target
    clock.speed = clock.speed if speed is None else float(speed)
    clock.save(update_fields=["anchor_real", "anchor_shown", "speed"])
    return target
