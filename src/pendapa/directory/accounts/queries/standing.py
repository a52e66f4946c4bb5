"""What a person may do, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from pendapa.directory.accounts import rules
from pendapa.directory.accounts.models import User
from pendapa.directory.malls.models import Agency, Counter, Mall
from pendapa.directory.malls.queries import agencies_at


@dataclass(frozen=True)
class Standing:
    """All that a person may do at one mall (or, without a mall, for the whole installation).

    `everywhere` holds the acts for every agency, `within` those for single agencies by their ids.
    """

    everywhere: frozenset[rules.Act]
    within: Mapping[int, frozenset[rules.Act]]

    def may(self, act: rules.Act, agency: Agency | int | None = None) -> bool:
        """Whether the act is allowed for an agency; without one, whether it is allowed for all of the mall."""
        if act in self.everywhere:
            return True
        pk = agency.pk if isinstance(agency, Agency) else agency
        return pk is not None and act in self.within.get(pk, frozenset())

    def may_somewhere(self, act: rules.Act) -> bool:
        """Whether the act is allowed for the mall or at least one of its agencies."""
        return act in self.everywhere or any(act in acts for acts in self.within.values())

    def agencies(self, act: rules.Act) -> frozenset[int] | None:
        """The ids of the agencies that the act is allowed for; None means all of them."""
        if act in self.everywhere:
            return None
        return frozenset(agency for agency, acts in self.within.items() if act in acts)


def standing_at(user: User, mall: Mall | None) -> Standing:
    """What a person may do at a mall, or for the whole installation where `mall` is None. One statement."""
    everywhere: frozenset[rules.Act] = frozenset()
    within: dict[int, frozenset[rules.Act]] = {}
    if user.is_active:
        reach = Q(mall=None, region=None) if mall is None else Q(mall=None, region=None) | Q(mall=mall)
        for kind, agency in user.roles.filter(reach).values_list("kind", "agency"):
            acts = rules.ROLES[kind].acts
            if agency is None:
                everywhere |= acts
            else:
                within[agency] = within.get(agency, frozenset()) | acts
    return Standing(everywhere, within)


def may(user: User, act: rules.Act, *, mall: Mall, agency: Agency | None = None) -> bool:
    """Whether a person may do an act at a mall, and, where an agency is named, for that agency.

    A role that is bound to an agency holds for that agency alone.
    """
    if not user.is_active:
        return False
    roles = user.roles.filter(kind__in=rules.roles_that_may(act)).filter(Q(mall=mall) | Q(mall=None, region=None))
    if agency is not None:
        roles = roles.filter(Q(agency=agency) | Q(agency__isnull=True))
    return roles.exists()


def may_serve(user: User, counter: Counter, at: datetime) -> bool:
    """Whether a person may serve at a counter today, also where their agency has it by a share. Two statements."""
    standing = standing_at(user, counter.mall)
    return any(standing.may(rules.Act.SERVE, agency) for agency in agencies_at(counter, at))


def counters_for(user: User, at: datetime) -> list[Counter]:
    """The counters where a person may serve today: those that the agencies of their roles have then, by number."""
    if not user.is_active:
        return []
    kinds = rules.roles_that_may(rules.Act.SERVE)
    own: dict[int, set[int]] = {}
    for mall, agency in user.roles.filter(kind__in=kinds).values_list("mall", "agency"):
        own.setdefault(mall, set()).add(agency)
    places = Q(pk__in=[])
    for mall, agencies in own.items():
        places |= Q(mall=mall) & (Q(agency__in=agencies) | Q(shares__agency__in=agencies))
    counters = Counter.objects.filter(places).select_related("mall", "zone", "agency").prefetch_related("shares")
    return [one for one in counters.distinct().order_by("number") if agencies_at(one, at) & own[one.mall_id]]
