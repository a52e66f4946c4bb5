"""Who may do what: roles are few, and scoped to a mall and, where it has one, an agency."""

from enum import StrEnum


class Act(StrEnum):
    """What a role allows at a mall."""

    SERVE = "serve"  # call and serve visitors at a counter
    RECEIVE = "receive"  # issue numbers in the hall, check people in, give a missed number back
    OPERATE = "operate"  # open and close queues and counters, see the whole floor
    MANAGE = "manage"  # an agency's own services, staff and figures
    ADMINISTER = "administer"  # people, devices, malls


# role: (acts, does it need an agency?)
ROLES: dict[str, tuple[frozenset[Act], bool]] = {
    "officer": (frozenset({Act.SERVE, Act.RECEIVE}), True),
    "host": (frozenset({Act.RECEIVE}), False),
    "manager": (frozenset({Act.SERVE, Act.RECEIVE, Act.MANAGE}), True),
    "operator": (frozenset({Act.RECEIVE, Act.OPERATE}), False),
    "administrator": (frozenset({Act.ADMINISTER}), False),
}


def roles_that_may(act: Act) -> list[str]:
    """The roles that allow an act."""
    return [role for role, (acts, _scoped) in ROLES.items() if act in acts]
