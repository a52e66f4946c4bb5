"""The life of a version: written by one person, reviewed by a second one, published, and reviewed again in time."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

REVIEW_YEARS = 3  # PermenPANRB 15/2014: a standard is reviewed at least every three years


class State(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"


@dataclass(frozen=True)
class Step:
    source: State
    target: State


STEPS: dict[str, Step] = {
    "submit": Step(State.DRAFT, State.IN_REVIEW),
    "return": Step(State.IN_REVIEW, State.DRAFT),
    "publish": Step(State.IN_REVIEW, State.PUBLISHED),
}


def may(act: str, state: str) -> bool:
    """Whether an act leads on from a state."""
    return STEPS[act].source == state


def years_after(on: date, years: int) -> date:
    """The same date so many years later or, for a negative number, earlier; 29 February becomes the 28th."""
    try:
        return on.replace(year=on.year + years)
    except ValueError:
        return on.replace(year=on.year + years, day=28)


def review_due(since: date) -> date:
    """The day by which a standard that holds since a date is reviewed."""
    return years_after(since, REVIEW_YEARS)


def due_since(on: date) -> date:
    """The last day of which `review_due` is no later than `on`."""
    back = years_after(on, -REVIEW_YEARS)
    leap = back + timedelta(days=1)
    return leap if review_due(leap) <= on else back
