"""The standard of one public service: its fourteen components (regulations reference 3.1) and what else people ask.

Public are the first six, without which a service cannot be published; the other eight block its decree.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pendapa.base.errors import Refused
from pendapa.directory.catalogue.rules.text import NOTHING, Text

# The components by their keys, in the order of the regulation.
PUBLIC = ("requirements", "steps", "time", "fee", "products", "complaints")
INTERNAL = (
    "legal_basis",
    "facilities",
    "competence",
    "oversight",
    "staff_count",
    "guarantee",
    "safety",
    "evaluation",
)
ALL = PUBLIC + INTERNAL

LABELS: dict[str, Any] = {
    "requirements": gettext_lazy("requirements"),
    "steps": gettext_lazy("system, mechanism and procedure"),
    "time": gettext_lazy("time of service"),
    "fee": gettext_lazy("fee"),
    "products": gettext_lazy("product of the service"),
    "complaints": gettext_lazy("handling of complaints and suggestions"),
    "legal_basis": gettext_lazy("legal basis"),
    "facilities": gettext_lazy("facilities and equipment"),
    "competence": gettext_lazy("competence of the staff"),
    "oversight": gettext_lazy("internal oversight"),
    "staff_count": gettext_lazy("number of staff"),
    "guarantee": gettext_lazy("guarantee of service"),
    "safety": gettext_lazy("guarantee of security and safety"),
    "evaluation": gettext_lazy("evaluation of performance"),
}


class NothingToPay(Refused):
    """The service is free of charge, or nobody has said yet what it costs: no bill can be made for it."""


class Form(StrEnum):
    """In what form a paper is brought."""

    ORIGINAL = "original"
    COPY = "copy"
    ORIGINAL_AND_COPY = "original_and_copy"
    FILL_IN = "fill_in"  # a form of the agency
    PHOTO = "photo"
    DIGITAL = "digital"
    SHOW = "show"  # it stays with its owner


class Picture(StrEnum):
    """The kind of paper that a drawn example shows."""

    ID_CARD = "id_card"
    FAMILY_CARD = "family_card"
    DEED = "deed"  # of birth, of land, a school certificate
    BOOKLET = "booklet"  # a passport, a marriage book, a savings book
    LICENCE = "licence"  # to drive
    VEHICLE_PAPER = "vehicle_paper"
    PHOTO = "photo"
    FORM = "form"
    LETTER = "letter"
    RECEIPT = "receipt"


class Unit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    CALENDAR_DAY = "calendar_day"
    WORKING_DAY = "working_day"


class Start(StrEnum):
    """The event from which a promised time counts."""

    COMPLETE = "complete"  # the file is complete
    PAID = "paid"
    AT_COUNTER = "at_counter"
    INSPECTED = "inspected"


class Issuer(StrEnum):
    HERE = "here"
    OUTSIDE = "outside"  # another system issues it; the mall guides and tracks


class Delivery(StrEnum):
    AT_PLACE = "at_place"
    MOBILE = "mobile"
    SELF_SERVICE = "self_service"
    ELECTRONIC = "electronic"


class Duration(StrEnum):
    """How long it takes at the counter."""

    SHORT = "short"  # up to 5 minutes
    MEDIUM = "medium"  # up to 15
    LONG = "long"


class ForWhom(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class LifeEvent(StrEnum):
    """What happens in a life (or with a thing of it) that makes people come."""

    BIRTH = "birth"
    CHILDHOOD = "childhood"
    SCHOOL = "school"
    WORK = "work"
    BUSINESS = "business"
    MARRIAGE = "marriage"
    DIVORCE = "divorce"
    HEALTH = "health"
    HOME = "home"
    LAND = "land"
    VEHICLE = "vehicle"
    TRAVEL = "travel"
    MOVING = "moving"
    RETIREMENT = "retirement"
    LOSS = "loss"
    DEATH = "death"
    TAX = "tax"
    WORSHIP = "worship"
    DISABILITY = "disability"


@dataclass(frozen=True)
class Requirement:
    """One line of the list of things to bring."""

    text: Text
    form: Form = Form.ORIGINAL
    count: int = 1
    whose: Text = NOTHING  # empty: the applicant's own
    where: Text = NOTHING  # where to get it
    only_if: Text = NOTHING  # empty: always
    picture: Picture | None = None  # an example of its kind


@dataclass(frozen=True)
class PromisedTime:
    """How long it takes at most, from what event on, and when that does not hold."""

    value: int
    unit: Unit
    starts: Start = Start.COMPLETE
    exceptions: Text = NOTHING


@dataclass(frozen=True)
class FeeLine:
    """One item of a tariff: whole rupiah, or a formula in words where the amount depends on something."""

    label: Text
    amount: int | None = None
    formula: Text = NOTHING
    per: Text = NOTHING

    def __post_init__(self) -> None:
        if (self.amount is None) != bool(self.formula) or (self.amount is not None and self.amount <= 0):
            raise ValueError("a fee line has an amount above zero or a formula")


@dataclass(frozen=True)
class Fee:
    """What a service costs. Free is free: it has no lines, so nothing can bill it."""

    free: bool
    basis: Text = NOTHING
    lines: tuple[FeeLine, ...] = ()
    note: Text = NOTHING

    def __post_init__(self) -> None:
        if self.free and self.lines:
            raise ValueError("a free service has no fee lines")


@dataclass(frozen=True)
class Decree:
    """The decision that sets the standard (*SK penetapan*)."""

    number: str
    date: date


@dataclass(frozen=True)
class Standard:
    """All that is known of one service in one version. What nobody has written yet is empty or None."""

    name: Text
    summary: Text = NOTHING
    issuer: Issuer = Issuer.HERE
    outside_system: str = ""
    delivery: tuple[Delivery, ...] = ()
    duration: Duration = Duration.MEDIUM
    life_events: tuple[LifeEvent, ...] = ()
    for_whom: tuple[ForWhom, ...] = ()
    stock: tuple[str, ...] = ()
    popularity: int = 0
    requirements: tuple[Requirement, ...] = ()
    steps: tuple[Text, ...] = ()
    time: PromisedTime | None = None
    fee: Fee | None = None
    products: tuple[Text, ...] = ()
    complaints: Text | None = None  # an empty text: the mall's own ways alone; None: nobody has said
    legal_basis: tuple[str, ...] = ()
    facilities: Text = NOTHING
    competence: Text = NOTHING
    oversight: Text = NOTHING
    staff_count: int | None = None
    guarantee: Text = NOTHING
    safety: Text = NOTHING
    evaluation: Text = NOTHING
    decree: Decree | None = None


def missing(standard: Standard, components: tuple[str, ...] = ALL) -> tuple[str, ...]:
    """Which of these components (`PUBLIC`, `INTERNAL`, `ALL`) nobody has written yet, by their keys."""
    return tuple(name for name in components if not _is_written(standard, name))


def done(standard: Standard) -> int:
    """How many of the fourteen components are written."""
    return len(ALL) - len(missing(standard))


def named(components: tuple[str, ...]) -> str:
    """Components as people call them, for a sentence."""
    return ", ".join(str(LABELS[name]) for name in components)


def bill_lines(fee: Fee | None) -> tuple[FeeLine, ...]:
    """What a bill for the service can name. Raises `NothingToPay` for one that is free.

    A line with a formula has no amount: whoever makes the bill works it out.
    """
    if fee is None or not fee.lines:
        raise NothingToPay(_("This service is free of charge: there is nothing to pay."))
    return fee.lines


def _is_written(standard: Standard, name: str) -> bool:
    value = getattr(standard, name)
    if name == "complaints":
        return value is not None
    if isinstance(value, Fee):
        return value.free or bool(value.lines)
    return bool(value)
