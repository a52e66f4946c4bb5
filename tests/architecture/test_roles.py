"""Roles by routes: what each role may open at its own mall and agency, and that nobody sees a neighbour's.

The expected answer of every cell comes from the route's audience (`audiences.AUDIENCES`) and from `accounts.rules`; a
new route, role or register is in the matrix by itself, and fails it until it names its audience or its example record.
"""

import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpResponseBase  # noqa: TID251 -- the type of what a test client gets
from django.test import Client

from pendapa.base import clock
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.accounts.models import Role, RoleKind, User
from pendapa.directory.accounts.rules import ROLES, Act, Reach
from pendapa.directory.malls.models import Agency, Mall, Region
from pendapa.operations.queueing.tests.make import make_agency, make_counter, make_mall, make_queue, make_user
from pendapa.web.office import sections
from tests.architecture.audiences import (
    ACTS,
    AUDIENCES,
    FLEETING,
    INSTALLATION,
    REGISTER,
    Places,
    address,
    make_places,
    needs,
    reach,
)

SHUT = {401, 403, 404}
CELLS = [
    (route, register, acts)
    for route, audience in AUDIENCES.items()
    if audience in ACTS or audience == REGISTER
    for register in (sorted(sections.REGISTERS) if audience == REGISTER else [""])
    for acts in [needs(route, register)]
    if acts
]


def test_the_matrix_covers_every_role_and_every_act_of_a_route() -> None:
    assert set(ROLES) == set(RoleKind.values)
    assert frozenset[Act]().union(*(acts for _route, _register, acts in CELLS)) >= {Act.SERVE, Act.READ, Act.ARRANGE}


def hold(kind: RoleKind, mall: Mall, agency: Agency) -> User:
    """Someone with one role at a mall and, where the role is bound to one, an agency."""
    user = make_user()
    reach_of = ROLES[kind].reach
    Role.objects.create(
        user=user,
        kind=kind,
        mall=mall if reach_of in {Reach.AGENCY, Reach.MALL, Reach.MALL_OR_ALL} else None,
        agency=agency if reach_of == Reach.AGENCY else None,
        region=_region() if reach_of == Reach.REGION else None,
    )
    if ROLES[kind].needs_second_factor:  # without it every page leads to its set-up
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": ""})
    return user


def _region() -> Region:
    return Region.objects.get_or_create(code="35.20", defaults={"name": "Kabupaten Magetan", "level": "regency"})[0]


class Visitor:
    """Somebody who tries every route, on pages with a session and in the API with a token."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        self.token = create_token(bearer=user, by=None, at=clock.real_now())

    def try_(self, route: str, places: Places, register: str) -> HttpResponseBase:
        if route.startswith("api/"):
            return reach(Client(), route, places, register=register, Authorization=f"Bearer {self.token}")
        return reach(self.client, route, places, register=register)


def failures(visitor: Visitor, places: Places, held: frozenset[Act]) -> list[str]:
    """The cells whose answer is not what the held acts promise."""
    found = []
    for route, register, acts in CELLS:
        answer = visitor.try_(route, places, register)
        is_open = answer.status_code not in SHUT
        if route.endswith(FLEETING) and not is_open:
            continue
        if is_open != bool(acts & held):
            found.append(f"{address(route, places, register)} needs {sorted(acts)}: {answer.status_code}")
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RoleKind)
def test_a_role_opens_what_its_acts_allow_at_its_own_mall_and_agency(kind: RoleKind) -> None:
    places = make_places()
    visitor = Visitor(hold(kind, places.mall, places.agency))
    assert failures(visitor, places, ROLES[kind].acts) == []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [kind for kind in RoleKind if ROLES[kind].reach == Reach.AGENCY])
def test_a_role_of_another_agency_neither_sees_nor_guesses(kind: RoleKind) -> None:
    places = make_places()
    neighbour = make_agency(places.mall, "Imigrasi")
    make_counter(make_queue(places.mall, prefix="N", agency=neighbour), number=77)
    visitor = Visitor(hold(kind, places.mall, neighbour))
    # What belongs to the mall as a whole, and lists (which are then limited), may open; what is the agency's may not.
    found = []
    for route, register, _acts in CELLS:
        if not places.is_of_agency(route, register):
            continue
        answer = visitor.try_(route, places, register)
        if answer.status_code not in SHUT:
            found.append(f"{address(route, places, register)}: {answer.status_code}")
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RoleKind)
def test_a_role_of_another_mall_finds_nothing_here(kind: RoleKind) -> None:
    places = make_places()
    elsewhere = make_mall()
    visitor = Visitor(hold(kind, elsewhere, make_agency(elsewhere, "Polres")))
    found = []
    for route, register, _acts in CELLS:
        if not places.is_of_mall(route):
            continue
        answer = visitor.try_(route, places, register)
        if answer.status_code not in SHUT:
            found.append(f"{address(route, places, register)}: {answer.status_code}")
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RoleKind)
def test_the_installations_own_pages_open_for_roles_without_a_mall_alone(kind: RoleKind) -> None:
    places = make_places()
    bound = Visitor(hold(kind, places.mall, places.agency))
    whole = make_user()
    Role.objects.create(user=whole, kind=RoleKind.ADMINISTRATOR)
    Authenticator.objects.create(user=whole, type=Authenticator.Type.TOTP, data={"secret": ""})
    free = Visitor(whole)
    for route in (one for one, audience in AUDIENCES.items() if audience == INSTALLATION):
        assert bound.try_(route, places, "").status_code == 404, route
        if "<int:day>" not in route and not route.endswith(
            FLEETING
        ):  # the days of this mall are no days of the whole country
            assert free.try_(route, places, "").status_code not in SHUT, route


@pytest.mark.django_db
def test_nobody_opens_anything_without_signing_in() -> None:
    places = make_places()
    for route, register, _acts in CELLS:
        answer = reach(Client(), route, places, register=register)
        if route.startswith("api/"):
            assert answer.status_code == 401, route
        else:
            assert answer.status_code == 302, route
            assert answer.headers["Location"].startswith("/sign-in/login/"), route


@pytest.mark.django_db
def test_who_has_left_is_shut_out_at_the_next_request() -> None:
    places = make_places()
    user = hold(RoleKind.OPERATOR, places.mall, places.agency)
    visitor = Visitor(user)
    assert failures(visitor, places, ROLES[RoleKind.OPERATOR].acts) == []
    User.objects.filter(pk=user.pk).update(is_active=False)
    used_up = [key for key in places["records"] if key.startswith("people")]  # by the acts above
    for key in used_up:
        del places["records"][key]
    for route, register, _acts in CELLS:
        answer = visitor.try_(route, places, register)
        assert answer.status_code in {302, 401, 404}, route
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/sign-in/login/"), route
