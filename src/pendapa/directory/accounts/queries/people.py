"""Who looks after whom: the people that somebody may see, and the roles that they may give."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q, QuerySet

from pendapa.directory.accounts import rules
from pendapa.directory.accounts.models import Role, User
from pendapa.directory.malls.models import Mall


@dataclass(frozen=True)
class Giving:
    """What roles a person may give and take, read once.

    `held` are the person's own roles as (kind, mall, agency), ids or None.
    """

    held: frozenset[tuple[str, int | None, int | None]]

    @property
    def is_for_all(self) -> bool:
        """Whether this is an administrator of the whole installation."""
        return ("administrator", None, None) in self.held

    def may(self, kind: str, mall: int | None, agency: int | None = None) -> bool:
        """Whether they may give a role at a mall, for an agency of it where the role is bound to one.

        A role without a mall (for a region, or for everything) is given by administrators of the installation.
        """
        if self.is_for_all:
            return True
        return mall is not None and any(
            kind in rules.GIVES.get(own, frozenset()) and at == mall and of in (None, agency)
            for own, at, of in self.held
        )

    def may_look_after(self, person: User) -> bool:
        """Whether they may change the account as a whole: rename it, invite anew, lock it.

        That takes the right to give every role that the person has (or had when they left): otherwise whoever renews
        an administrator's invitation would become one.
        """
        if self.is_for_all:
            return True
        places = [(role.kind, role.mall_id, role.agency_id) for role in person.roles.all()]
        if person.left_at:
            places = [(one["kind"], one["mall"], one["agency"]) for one in person.former_roles]
        return bool(places) and all(self.may(*place) for place in places)


def giving_of(user: User) -> Giving:
    """What roles a person may give. One statement."""
    if not user.is_active:
        return Giving(frozenset())
    roles = user.roles.filter(region=None).values_list("kind", "mall", "agency")
    return Giving(frozenset((kind, mall, agency) for kind, mall, agency in roles))


def people_at(mall: Mall, agencies: Iterable[int] | None = None) -> QuerySet[User]:
    """The people with a role at a mall, or who had one when they left; for some of its agencies alone where given."""
    roles = Role.objects.filter(mall=mall)
    former = Q(former_roles__contains=[{"mall": mall.pk}])
    if agencies is not None:
        agencies = list(agencies)
        roles = roles.filter(agency__in=agencies)
        former = Q(pk__in=[])
        for agency in agencies:
            former |= Q(former_roles__contains=[{"mall": mall.pk, "agency": agency}])
    return User.objects.filter(Q(pk__in=roles.values("user")) | (Q(is_active=False) & former))


def administrators() -> QuerySet[User]:
    """The people who can sign in and administer the whole installation."""
    can_sign_in = ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX) | Q(last_login__isnull=False)
    return User.objects.filter(can_sign_in, is_active=True, roles__kind="administrator", roles__mall=None)
