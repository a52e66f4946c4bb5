"""People, roles, devices and keys: who may do what, where, and who is out at once."""

from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts import actions, queries
from pendapa.directory.accounts.models import Device, DeviceKind, Role, RoleKind, Token, User
from pendapa.directory.accounts.rules import ROLES, Act, Reach
from pendapa.directory.malls.models import Agency, Counter, Level, Mall, Zone

pytestmark = pytest.mark.django_db
PASSWORD = "gerbang-jati-1987"


@pytest.fixture
def mall() -> Mall:
    return Mall.objects.create(code="contoh", name="MPP Contoh")


@pytest.fixture
def agency() -> Agency:
    return Agency.objects.create(name="Dinas Contoh", short_name="Contoh", level=Level.REGENCY)


def person(username: str = "sari") -> User:
    return actions.create_user(
        username=username, full_name="Sari Wulandari", password=PASSWORD, by=None, at=clock.real_now()
    )


def give(user: User, kind: RoleKind, mall: Mall | None, agency: Agency | None = None) -> Role:
    return actions.give_role(user=user, kind=kind, mall=mall, agency=agency, by=None, at=clock.real_now())


def test_every_role_of_the_rules_exists_and_the_other_way_round() -> None:
    assert set(ROLES) == set(RoleKind.values)


AT_MALLS = [kind for kind in RoleKind if ROLES[kind].reach not in (Reach.REGION, Reach.ALL)]


@pytest.mark.parametrize(("kind", "act"), list(product(AT_MALLS, Act)))
def test_a_role_allows_its_acts_at_its_mall_and_agency_only(
    mall: Mall, agency: Agency, kind: RoleKind, act: Act
) -> None:
    rule = ROLES[kind]
    acts, needs_agency = rule.acts, rule.reach == Reach.AGENCY
    user = person()
    give(user, kind, mall, agency if needs_agency else None)
    elsewhere = Mall.objects.create(code="lain", name="MPP Lain")
    other = Agency.objects.create(name="Dinas Lain", short_name="Lain", level=Level.REGENCY)
    assert queries.may(user, act, mall=mall, agency=agency) == (act in acts)
    assert not queries.may(user, act, mall=elsewhere, agency=agency)
    assert queries.may(user, act, mall=mall, agency=other) == (act in acts and not needs_agency)
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.refresh_from_db()
    assert not queries.may(user, act, mall=mall, agency=agency)
    assert queries.counters_for(user, clock.now()) == []


def test_a_role_needs_its_mall_and_its_agency(mall: Mall) -> None:
    user = person()
    for kind, at_mall in ((RoleKind.OFFICER, mall), (RoleKind.MANAGER, mall), (RoleKind.HOST, None)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Role.objects.create(user=user, kind=kind, mall=at_mall)


def test_the_same_role_is_held_once(mall: Mall) -> None:
    user = person()
    assert give(user, RoleKind.HOST, mall) == give(user, RoleKind.HOST, mall)
    assert Entry.objects.filter(verb="role.given").count() == 1


def test_officers_serve_at_the_counters_of_their_agency(mall: Mall, agency: Agency) -> None:
    zone = Zone.objects.create(mall=mall, code="utara", name="Sayap Utara")
    other = Agency.objects.create(name="Dinas Lain", short_name="Lain", level=Level.REGENCY)
    second, first = (Counter.objects.create(mall=mall, zone=zone, agency=agency, number=n) for n in (2, 1))
    Counter.objects.create(mall=mall, zone=zone, agency=other, number=3)
    user = person()
    assert queries.counters_for(user, clock.now()) == []
    give(user, RoleKind.OFFICER, mall, agency)
    assert queries.counters_for(user, clock.now()) == [first, second]


def test_a_weak_password_and_a_taken_name_are_refused() -> None:
    person()
    for username, password in (("budi", "12345678901"), ("budi", "short"), ("sari", PASSWORD), ("bu di", PASSWORD)):
        with pytest.raises(ValidationError), transaction.atomic():
            actions.create_user(
                username=username, full_name="Budi Santosa", password=password, by=None, at=clock.real_now()
            )


def test_a_password_is_kept_with_argon2() -> None:
    assert person().password.startswith("argon2$argon2id$")


def test_a_key_opens_for_its_holder_until_it_is_withdrawn(mall: Mall) -> None:
    user = person()
    device = actions.create_device(mall=mall, name="kiosk-9", kind=DeviceKind.KIOSK, by=None, at=clock.real_now())
    keys = {bearer: actions.create_token(bearer=bearer, by=None, at=clock.real_now()) for bearer in (user, device)}
    for bearer, key in keys.items():
        assert queries.bearer_of(key) == bearer
        assert not Token.objects.filter(key_hash__contains=key).exists()
        assert actions.revoke_tokens(bearer=bearer, by=None, at=clock.real_now()) == 1
        assert queries.bearer_of(key) is None


def test_a_locked_holder_is_out_at_once(mall: Mall) -> None:
    user, device = person(), Device.objects.create(mall=mall, name="kiosk-9", kind=DeviceKind.KIOSK)
    keys = [actions.create_token(bearer=bearer, by=None, at=clock.real_now()) for bearer in (user, device)]
    User.objects.update(is_active=False)
    Device.objects.update(is_active=False)
    assert [queries.bearer_of(key) for key in keys] == [None, None]
    assert queries.bearer_of("") is None
    assert queries.bearer_of("pdp_\U0001f600") is None


def test_the_journal_names_people_by_id_and_never_by_name(mall: Mall) -> None:
    user = person()
    give(user, RoleKind.HOST, mall)
    actions.create_token(bearer=user, by=user, at=clock.real_now())
    entries = Entry.objects.filter(subject=f"user:{user.pk}")
    assert {entry.verb for entry in entries} == {"user.created", "role.given", "token.created"}
    assert "Sari" not in "".join(str(entry.data) + entry.actor for entry in entries)
