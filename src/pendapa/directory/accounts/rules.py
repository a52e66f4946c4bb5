"""Who may do what: roles are few, each with its acts and its reach."""

from dataclasses import dataclass
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
