"""What others may want to know of places and hours."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.dispatch import Signal

if TYPE_CHECKING:
    from pendapa.directory.malls.rules import ServiceHours


@dataclass(frozen=True)
class HoursChange:
    """The hours of a schedule on one date, as they were and as they become; None where it is closed."""

    schedule: int
    date: date
    before: "ServiceHours | None"
    after: "ServiceHours | None"


@dataclass(frozen=True)
class Impact:
    """Something that a change of hours touches: a sentence, how many, and the first date of it."""

    text: str
    count: int
    date: date


# Asked before a change is saved: `changes` (list of HoursChange, by date) and `at`. Receivers return `Impact`s
# and write nothing. Whoever asks has done the change within a transaction that will be rolled back.
hours_changing = Signal()

# Told in the transaction that saves a change, with the same arguments and `by`.
hours_changed = Signal()
