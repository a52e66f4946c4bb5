"""Who may do what: roles are few, each with its acts and its reach."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum


class Act(StrEnum):
    """What a role allows, within its reach."""

    SERVE = "serve"  # call and serve visitors at a counter
    RECEIVE = "receive"  # issue numbers in the hall, check people in, give a missed number back
    OPERATE = "operate"  # open and close queues and counters, see the whole floor
    READ = "read"  # see the office pages, with their history
    ARRANGE = "arrange"  # mall, zones, facilities, agencies and stands, counters, devices, calendars
    MANAGE = "manage"  # an agency's own services, hours, postings and figures
    STAFF = "staff"  # invite people and give them roles, as far as `GIVES` goes
    COMPLAINTS = "complaints"  # handle complaints
    SIGN = "sign"  # sign documents
    MONEY = "money"  # bills and reconciliation
    WATCH = "watch"  # figures of many malls
    ADMINISTER = "administer"  # malls themselves, everyone's roles, the installation


class Reach(StrEnum):
    """What a role is bound to."""

    AGENCY = "agency"  # one agency in one mall
    MALL = "mall"
    MALL_OR_ALL = "mall_or_all"  # one mall, or the whole installation
    REGION = "region"
    ALL = "all"


@dataclass(frozen=True)
class RoleRule:
    """The acts of a role, what it is bound to, and whether it takes a second factor to sign in."""

    acts: frozenset[Act]
    reach: Reach
    needs_second_factor: bool = False


def _role(reach: Reach, *acts: Act, second_factor: bool = False) -> RoleRule:
    return RoleRule(frozenset(acts), reach, second_factor)


ROLES: dict[str, RoleRule] = {
    "officer": _role(Reach.AGENCY, Act.SERVE, Act.RECEIVE),
    "host": _role(Reach.MALL, Act.RECEIVE),
    "manager": _role(Reach.AGENCY, Act.SERVE, Act.RECEIVE, Act.READ, Act.MANAGE, Act.STAFF),
    "complaint_officer": _role(Reach.AGENCY, Act.COMPLAINTS),
    "signing_official": _role(Reach.AGENCY, Act.SIGN, second_factor=True),
    "operator": _role(Reach.MALL, Act.RECEIVE, Act.OPERATE, Act.READ, Act.ARRANGE, Act.MANAGE, Act.STAFF),
    "treasurer": _role(Reach.MALL, Act.MONEY, second_factor=True),
    "administrator": _role(
        Reach.MALL_OR_ALL, Act.READ, Act.ARRANGE, Act.MANAGE, Act.STAFF, Act.ADMINISTER, second_factor=True
    ),
    "auditor": _role(Reach.MALL_OR_ALL, Act.READ),
    "region_viewer": _role(Reach.REGION, Act.WATCH),
    "ministry_viewer": _role(Reach.ALL, Act.WATCH),
}

# Which roles a role may give and take, within its own reach.
GIVES: dict[str, frozenset[str]] = {
    "manager": frozenset({"officer", "complaint_officer"}),
    "operator": frozenset({"officer", "host", "manager", "complaint_officer"}),
    "administrator": frozenset(ROLES),
}


def roles_that_may(act: Act) -> list[str]:
    """The roles that allow an act."""
    return [role for role, rule in ROLES.items() if act in rule.acts]


def kinds_of(reach: Reach) -> list[str]:
    """The roles that are bound in one way."""
    return [role for role, rule in ROLES.items() if rule.reach == reach]


def needs_second_factor(roles: "list[str] | set[str] | frozenset[str]") -> bool:
    """Whether someone with these roles signs in with a second factor: administrators, treasurers, signing officials."""
    return any(ROLES[role].needs_second_factor for role in roles)


INVITATION_LIFE = timedelta(days=7)


def overlap(starts: time, ends: time, other_starts: time, other_ends: time) -> bool:
    """Whether two stretches of one day have a moment in common; one may begin when the other ends."""
    return starts < other_ends and other_starts < ends


PAIRING_LIFE = timedelta(minutes=10)  # of a code on a screen, and then of the key that waits for the screen
HEARD_ENOUGH = timedelta(seconds=20)  # a device that says the same again sooner is not written down again
SILENT_AFTER = timedelta(seconds=90)  # screens report every 30 seconds


class DeviceState(StrEnum):
    """How a device stands now."""

    ONLINE = "online"
    SILENT = "silent"
    LOCKED = "locked"
    NEVER_SEEN = "never_seen"


def device_state(*, is_active: bool, seen_at: datetime | None, at: datetime) -> DeviceState:
    """How a device stands at a moment of real time."""
    if not is_active:
        return DeviceState.LOCKED
    if seen_at is None:
        return DeviceState.NEVER_SEEN
    return DeviceState.ONLINE if at - seen_at <= SILENT_AFTER else DeviceState.SILENT


class Fault(StrEnum):
    """What a device may say is wrong with it."""

    PAPER_OUT = "paper-out"
    PAPER_LOW = "paper-low"
    COVER_OPEN = "cover-open"
    PRINTER_SILENT = "printer-silent"
    SOUND_BLOCKED = "sound-blocked"
    OFFLINE_FOR = "offline-for"  # with the seconds, "offline-for:240"


_FAULT = re.compile(r"([a-z-]+)(?::([0-9]{1,7}))?")


def faults_of(text: str) -> dict[Fault, int | None]:
    """The faults in a text such as "paper-low offline-for:240", each with its figure if it has one.

    Raises `ValueError` for a word that is none of ours, a figure where none belongs or one that is missing.
    """
    faults: dict[Fault, int | None] = {}
    for word in text.split():
        found = _FAULT.fullmatch(word)
        if found is None or (found[2] is not None) != (found[1] == Fault.OFFLINE_FOR):
            raise ValueError(word)
        faults[Fault(found[1])] = int(found[2]) if found[2] else None
    return faults


def fault_text(faults: dict[Fault, int | None]) -> str:
    """Faults as a device keeps them, always in the same order."""
    return " ".join(f"{fault}:{faults[fault]}" if faults[fault] is not None else fault for fault in sorted(faults))
