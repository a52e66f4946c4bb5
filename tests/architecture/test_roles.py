"""Roles by routes: what each role may open at its own mall and agency, and that nobody sees a neighbour's.

The expected answer of every cell comes from the route's audience (`audiences.AUDIENCES`) and from `accounts.rules`; a
new route, role or register is in the matrix by itself, and fails it until it names its audience or its example record.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django import forms
from django.db import transaction
from django.http import HttpResponseBase  # noqa: TID251 -- the type of what a test client gets
from django.test import Client

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.accounts.models import Role, RoleKind, User
from pendapa.directory.accounts.rules import ROLES, Act, Reach
from pendapa.directory.malls.models import Agency, CalendarDay, DayKind, Mall, Region
from pendapa.operations.queueing.tests.make import (
    give_second_factor,
    make_agency,
    make_counter,
    make_mall,
    make_queue,
    make_user,
)
from pendapa.web.office import sections
from tests.architecture.audiences import (
    ACTS,
    AUDIENCES,
    DEVICE,
    FLEETING,
    INSTALLATION,
    INSTALLATION_READER,
    KIOSK,
    NOT_ADDED,
    REGISTER,
    Places,
    address,
    example_of,
    make_places,
    needs,
    of,
    reach,
)
from tests.office.forms import fields_of, fill_in
from tests.office.test_every_register import NEW, OWN_EDITOR

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
        give_second_factor(user)
    return user


def _region() -> Region:
    return Region.objects.get_or_create(code="35.20", defaults={"name": "Kabupaten Magetan", "level": "regency"})[0]


class Visitor:
    """Somebody who tries every route, on pages with a session and in the API with a token."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client()
        self.client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        self.token = create_token(bearer=user, by=None, at=clock.real_now())

    def try_(self, route: str, places: Places, register: str) -> HttpResponseBase:
        if route.startswith("api/"):
            return reach(Client(), route, places, register=register, Authorization=f"Bearer {self.token}")
        return reach(self.client, route, places, register=register)


def is_open(answer: HttpResponseBase) -> bool:
    """Whether somebody got in; being sent to sign in, or to a second factor, is being shut out."""
    return answer.status_code not in SHUT and not answer.headers.get("Location", "").startswith("/sign-in/")


def failures(visitor: Visitor, places: Places, held: frozenset[Act]) -> list[str]:
    """The cells whose answer is not what the held acts promise."""
    found = []
    for route, register, acts in CELLS:
        answer = visitor.try_(route, places, register)
        if route.endswith(FLEETING) and not is_open(answer):
            continue
        if is_open(answer) != bool(acts & held):
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
        if is_open(answer):
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
        if is_open(answer):
            found.append(f"{address(route, places, register)}: {answer.status_code}")
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RoleKind)
def test_no_role_stands_in_for_a_screen(kind: RoleKind) -> None:
    places = make_places()
    visitor = Visitor(hold(kind, places.mall, places.agency))
    for route in (*of(DEVICE), *of(KIOSK)):
        assert visitor.try_(route, places, "").status_code == 403, route


# ---- The whole installation ----


def whole(kind: RoleKind) -> Visitor:
    """Somebody whose role is bound to no mall."""
    user = make_user()
    Role.objects.create(user=user, kind=kind)
    if ROLES[kind].needs_second_factor:
        give_second_factor(user)
    return Visitor(user)


def day_of_the_country(places: Places, *, is_confirmed: bool = False) -> Places:
    """The places with a day of the country's calendar in the place of the mall's."""
    day = CalendarDay.objects.get(pk=places["confirmed_day" if is_confirmed else "day"])
    CalendarDay.objects.filter(kind=DayKind.NATIONAL).delete()
    day.pk, day.mall, day.kind = None, None, DayKind.NATIONAL
    day.save(force_insert=True)
    return Places({**places, "day": day.pk, "confirmed_day": day.pk})


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RoleKind)
def test_the_installations_own_pages_open_for_no_role_of_a_mall(kind: RoleKind) -> None:
    places = make_places()
    bound = Visitor(hold(kind, places.mall, places.agency))
    country = day_of_the_country(places)
    for route in (*of(INSTALLATION), *of(INSTALLATION_READER)):
        assert bound.try_(route, country, "").status_code == 404, route


@pytest.mark.django_db
def test_the_installations_own_pages_open_for_its_administrators() -> None:
    places = make_places()
    free = whole(RoleKind.ADMINISTRATOR)
    country = places
    for route in (*of(INSTALLATION), *of(INSTALLATION_READER)):
        if route.endswith(FLEETING):
            continue
        if "<int:day>" in route and not route.endswith("restore/"):  # of the day that was rejected just before
            country = day_of_the_country(places, is_confirmed="withdraw" in route)
        assert is_open(free.try_(route, country, "")), route


@pytest.mark.django_db
def test_an_auditor_of_the_installation_reads_all_of_it_and_changes_nothing() -> None:
    places = make_places()
    auditor = whole(RoleKind.AUDITOR)
    for route in of(INSTALLATION_READER):
        country = day_of_the_country(places)
        assert auditor.try_(route, country, "").status_code == 200, route
        before = list(CalendarDay.objects.order_by("pk").values())
        answer = auditor.client.post(
            address(route, country), {"name": "Lain", "date": "2026-12-01", "kind": "national"}
        )
        assert answer.status_code in {404, 405}, route
        assert list(CalendarDay.objects.order_by("pk").values()) == before
    for is_confirmed in (False, True):
        for route in of(INSTALLATION):
            country = day_of_the_country(places, is_confirmed=is_confirmed)
            before = list(CalendarDay.objects.order_by("pk").values())
            assert auditor.try_(route, country, "").status_code == 404, route
            assert auditor.client.post(address(route, country)).status_code == 404, route
            assert list(CalendarDay.objects.order_by("pk").values()) == before
    assert failures(auditor, places, frozenset({Act.READ})) == []


# ---- Saving ----

SAVED = [
    (register, rest)
    for register in sorted(set(sections.REGISTERS) - OWN_EDITOR)
    for rest in ("record", "new")
    if rest == "record" or register not in NOT_ADDED
]


def test_every_register_is_saved() -> None:
    assert {register for register, rest in SAVED if rest == "new"} == set(NEW)


def change_of(form: forms.BaseForm) -> dict[str, object]:
    """Another value for a free text of a form, or for a number or a time where it has none."""
    values = {forms.CharField: "Lain dari semula", forms.IntegerField: "881", forms.TimeField: "08:20"}
    for kind, value in values.items():
        for name, field in form.fields.items():
            if type(field) is kind and (getattr(field, "max_length", None) or 99) >= 20:
                return {name: value}
    raise AssertionError(f"no field of this form can be changed: {list(form.fields)}")


def of_the_agency(register: str, places: Places) -> dict[str, object]:
    """What makes a new record one of the agency, as its manager may add it."""
    if register == "hours":
        return {"agency": places["agency"]}
    if register == "special-days":
        return {"schedule": example_of("hours", places).pk}
    return {}


@contextmanager
def tried(keeper: Visitor, places: Places, register: str, rest: str) -> Iterator[tuple[str, dict[str, object]]]:
    """The address of a form and what is typed into it; all that is done there is taken back."""
    with transaction.atomic():
        where = f"/office/{places.mall.code}/{register}/"
        if rest == "new":
            yield f"{where}new/", {**NEW[register](places), **of_the_agency(register, places)}
        else:
            where = f"{where}{example_of(register, places, 'to save').pk}/"
            yield where, change_of(keeper.client.get(where).context["form"])
        transaction.set_rollback(True)
    places.pop("records", None)


def keeper_of(places: Places) -> Visitor:
    """The mall's operator, who may save all of it."""
    return Visitor(hold(RoleKind.OPERATOR, places.mall, places.agency))


def rows_of(register: str) -> tuple[list[dict[str, object]], int]:
    """What is kept of a register, and how long the journal is."""
    kept = sections.REGISTERS[register].model._default_manager.order_by("pk").values()
    return list(kept), Entry.objects.count()


def send_as_it_stands(visitor: Visitor, keeper: Visitor, where: str, typed: dict[str, object]) -> HttpResponseBase:
    """Send a form that is right in all but who sends it: what the page of the mall's operator holds."""
    fields = {**fields_of(keeper.client.get(where)), **typed}
    if "typed_by" in fields:
        fields["typed_by"] = [str(visitor.user.pk)]
    return visitor.client.post(where, fields)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RoleKind)
def test_a_record_is_saved_by_those_who_may_and_stays_as_it_is_for_others(kind: RoleKind) -> None:
    places = make_places()
    visitor, keeper = Visitor(hold(kind, places.mall, places.agency)), keeper_of(places)
    found = []
    for register, rest in SAVED:
        may = sections.REGISTERS[register].writes in ROLES[kind].acts
        with tried(keeper, places, register, rest) as (where, typed):
            before = rows_of(register)
            if may:
                status = fill_in(visitor.client, where, **typed).status_code
            else:
                status = send_as_it_stands(visitor, keeper, where, typed).status_code
            after = rows_of(register)
            if (status, after != before) != ((302, True) if may else (404, False)):
                found.append(f"{register} {rest}: {status}{', changed' if after != before else ''}")
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["another agency", "another mall", "nobody"])
def test_no_neighbour_saves_a_record(who: str) -> None:
    places = make_places()
    elsewhere = make_mall()
    neighbours = {
        "another agency": [hold(RoleKind.MANAGER, places.mall, make_agency(places.mall, "Imigrasi"))],
        "another mall": [
            hold(kind, elsewhere, make_agency(elsewhere)) for kind in (RoleKind.OPERATOR, RoleKind.ADMINISTRATOR)
        ],
        "nobody": [make_user()],
    }
    found, keeper = [], keeper_of(places)
    for visitor in map(Visitor, neighbours[who]):
        if who == "nobody":
            visitor.client.logout()
        for register, rest in SAVED:
            if rest == "new" and who == "another agency" and sections.REGISTERS[register].writes != Act.ARRANGE:
                continue  # they add their own there
            with tried(keeper, places, register, rest) as (where, typed):
                before = rows_of(register)
                answer = send_as_it_stands(visitor, keeper, where, typed)
                if is_open(answer) or rows_of(register) != before:
                    found.append(f"{register} {rest}: {answer.status_code}")
    assert found == []


# ---- Bringing back ----

OF_AGENCY = sorted(
    name for name, kind in sections.REGISTERS.items() if kind.remove is not None and kind.writes == Act.MANAGE
)


def taken_out(by: Visitor, places: Places, register: str) -> tuple[RemovedRecord, str]:
    """A record of the agency that somebody removed, and the address that brings it back."""
    record = example_of(register, places)
    assert by.client.post(f"/office/{places.mall.code}/{register}/{record.pk}/remove/").status_code == 302
    places.pop("records")
    removed = RemovedRecord.objects.latest("pk")
    assert removed.subject.rpartition(":")[2] == str(record.pk)
    return removed, f"/office/{places.mall.code}/removed/{removed.pk}/"


@pytest.mark.django_db
@pytest.mark.parametrize("register", OF_AGENCY)
def test_a_manager_brings_back_what_they_removed_themselves_and_nothing_else(register: str) -> None:
    places = make_places()
    manager, colleague = (Visitor(hold(RoleKind.MANAGER, places.mall, places.agency)) for _ in range(2))
    neighbour = Visitor(hold(RoleKind.MANAGER, places.mall, make_agency(places.mall, "Imigrasi")))
    officer, auditor = (
        Visitor(hold(kind, places.mall, places.agency)) for kind in (RoleKind.OFFICER, RoleKind.AUDITOR)
    )
    keeper = keeper_of(places)
    rows = sections.REGISTERS[register].model._default_manager

    removed, back = taken_out(manager, places, register)
    for other in (colleague, neighbour, officer, auditor):
        assert other.client.post(back).status_code == 404
    assert not rows.filter(pk=removed.subject.rpartition(":")[2]).exists()
    assert manager.client.post(back).status_code == 302
    assert rows.filter(pk=removed.subject.rpartition(":")[2]).exists()
    rows.filter(pk=removed.subject.rpartition(":")[2]).delete()

    removed, back = taken_out(keeper, places, register)
    assert manager.client.post(back).status_code == 404
    assert not rows.filter(pk=removed.subject.rpartition(":")[2]).exists()
    assert keeper.client.post(back).status_code == 302
    assert rows.filter(pk=removed.subject.rpartition(":")[2]).exists()


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
