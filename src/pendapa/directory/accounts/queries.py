"""Who is asking, and what they may do."""

from django.db.models import Q

from pendapa.base.secrets import keyed_hash
from pendapa.directory.accounts import rules
from pendapa.directory.accounts.models import Device, Token, User
from pendapa.directory.malls.models import Agency, Counter, Mall

PURPOSE = "api-token"


def bearer_of(key: str) -> User | Device | None:
    """The person or device that a token names, or None for a wrong, revoked or locked one. One statement."""
    token = (
        Token.objects.filter(key_hash=keyed_hash(key, purpose=PURPOSE), revoked_at__isnull=True)
        .filter(Q(user__is_active=True) | Q(device__is_active=True))
        .select_related("user", "device")
        .first()
    )
    return token.bearer if token else None


def may(user: User, act: rules.Act, *, mall: Mall, agency: Agency | None = None) -> bool:
    """Whether a person may do an act at a mall, and, where an agency is named, for that agency.

    A role that is bound to an agency holds for that agency alone.
    """
    if not user.is_active:
        return False
    roles = user.roles.filter(kind__in=rules.roles_that_may(act)).filter(Q(mall=mall) | Q(mall__isnull=True))
    if agency is not None:
        roles = roles.filter(Q(agency=agency) | Q(agency__isnull=True))
    return roles.exists()


def malls_where(user: User, act: rules.Act) -> list[Mall]:
    """The malls where a person may do an act."""
    return list(Mall.objects.filter(roles__user=user, roles__kind__in=rules.roles_that_may(act)).distinct())


def counters_for(user: User) -> list[Counter]:
    """The counters where a person may serve: those of the agencies of their roles, by number."""
    kinds = rules.roles_that_may(rules.Act.SERVE)
    roles = user.roles.filter(kind__in=kinds)
    if not user.is_active:
        return []
    places = Q(pk__in=[])
    for role in roles:
        places |= Q(mall=role.mall_id) & (Q(agency=role.agency_id) if role.agency_id else Q())
    return list(Counter.objects.filter(places).select_related("mall", "zone", "agency").order_by("number"))
