"""From the invitation until somebody leaves: who may, what ends when, and what the journal never holds."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.journal.models import Entry
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts import actions, queries
from pendapa.directory.accounts.actions import BeyondReach, Invited, RoleAt
from pendapa.directory.accounts.actions.invitations import InvitationOver, NoInvitation
from pendapa.directory.accounts.actions.people import HasLeft, LastAdministrator
from pendapa.directory.accounts.actions.postings import NotYourRoster, PostedAlready
from pendapa.directory.accounts.models import Invitation, Posting, Role, RoleKind, User
from pendapa.directory.accounts.rules import INVITATION_LIFE
from pendapa.directory.malls.models import Agency, Counter, Level, Mall, Tenancy, Zone

pytestmark = pytest.mark.django_db
PASSWORD = "gerbang-jati-1987"
NOW = datetime.fromisoformat("2026-11-24T03:00:00+00:00")
DAY = NOW.date() + timedelta(days=1)


@pytest.fixture
def mall() -> Mall:
    return Mall.objects.create(code="contoh", name="MPP Contoh")


def make_agency(mall: Mall, name: str) -> Agency:
    agency = Agency.objects.create(name=name, short_name=name, level=Level.REGENCY)
    Tenancy.objects.create(mall=mall, agency=agency)
    return agency


@pytest.fixture
def agency(mall: Mall) -> Agency:
    return make_agency(mall, "Dukcapil")


@pytest.fixture
def counter(mall: Mall, agency: Agency) -> Counter:
    zone = Zone.objects.create(mall=mall, code="utara", name="Sayap Utara")
    return Counter.objects.create(mall=mall, zone=zone, agency=agency, number=3)


def person(username: str, kind: RoleKind | None = None, mall: Mall | None = None, agency: Agency | None = None) -> User:
    user = actions.create_user(username=username, full_name=username.title(), password=PASSWORD, by=None, at=NOW)
    if kind:
        actions.give_role(user=user, kind=kind, mall=mall, agency=agency, by=None, at=NOW)
    return user


def invite(by: User | None, *roles: RoleAt, username: str = "rini", **fields: str) -> Invited:
    given = {"full_name": "Rini Astuti", "email": f"{username.strip()}@contoh.go.id", **fields}
    return actions.invite_person(username=username, roles=roles, by=by, at=NOW, real_at=NOW, **given)


def officer(mall: Mall, agency: Agency) -> RoleAt:
    return RoleAt(RoleKind.OFFICER, mall, agency)


def accept(code: str, password: str = PASSWORD, after: timedelta = timedelta(0)) -> User:
    return actions.accept_invitation(code=code, password=password, at=NOW, real_at=NOW + after)


def test_an_invitation_makes_an_account_that_its_link_opens_once(mall: Mall, agency: Agency) -> None:
    operator = person("endah", RoleKind.OPERATOR, mall)
    invited = invite(operator, officer(mall, agency), username=" Rini ")
    assert not invited.user.has_usable_password()
    assert not Invitation.objects.filter(code_hash__contains=invited.code).exists()
    user = accept(invited.code.lower().replace("-", " "))
    assert (user.username, user.check_password(PASSWORD)) == ("rini", True)
    assert [role.kind for role in user.roles.filter(mall=mall)] == [RoleKind.OFFICER]
    with pytest.raises(InvitationOver):
        accept(invited.code)


def test_a_weak_password_leaves_the_link_open(mall: Mall, agency: Agency) -> None:
    invited = invite(None, officer(mall, agency))
    for weak in ("short", "12345678901", "rini-astuti"):
        with pytest.raises(ValidationError):
            accept(invited.code, weak)
    assert accept(invited.code).has_usable_password()


def test_a_link_runs_out_is_replaced_and_ends_with_its_owner(mall: Mall, agency: Agency) -> None:
    invited = invite(None, officer(mall, agency))
    for after in (INVITATION_LIFE, INVITATION_LIFE + timedelta(seconds=1)):
        with pytest.raises(InvitationOver):
            accept(invited.code, after=after)
    newer = actions.renew_invitation(user=invited.user, by=None, at=NOW, real_at=NOW)
    with pytest.raises(InvitationOver):
        accept(invited.code)
    assert accept(newer, after=INVITATION_LIFE - timedelta(seconds=1))
    newest = actions.renew_invitation(user=invited.user, by=None, at=NOW, real_at=NOW)
    actions.leave(user=invited.user, by=None, at=NOW)
    with pytest.raises(InvitationOver):
        accept(newest)
    with pytest.raises(HasLeft):
        actions.renew_invitation(user=invited.user, by=None, at=NOW, real_at=NOW)


@pytest.mark.parametrize("code", ["", "x", "K7Q2-F8MN-X4TR-9BWD", "\x00", "a" * 500])
def test_a_link_that_was_never_sent_opens_nothing(code: str) -> None:
    with pytest.raises(NoInvitation):
        accept(code)


def test_a_new_password_ends_the_sessions_from_before(mall: Mall, agency: Agency) -> None:
    user = accept(invite(None, officer(mall, agency)).code)
    before = user.get_session_auth_hash()
    renewed = accept(actions.renew_invitation(user=user, by=None, at=NOW, real_at=NOW))
    assert renewed.get_session_auth_hash() != before


def test_a_taken_name_or_address_is_told_at_its_field(mall: Mall, agency: Agency) -> None:
    invite(None, officer(mall, agency))
    with pytest.raises(ValidationError) as error:
        invite(None, officer(mall, agency), username="RINI")
    assert set(error.value.error_dict) == {"username", "email"}
    other = invite(None, officer(mall, agency), username="dewi").user
    with pytest.raises(ValidationError) as error:
        actions.change_person(user=other, values={"email": "Rini@contoh.go.id"}, version=None, by=None, at=NOW)
    assert set(error.value.error_dict) == {"email"}


# What each may give at their own mall and agency; elsewhere none of it.
REACH: dict[RoleKind, set[str]] = {
    RoleKind.OFFICER: set(),
    RoleKind.HOST: set(),
    RoleKind.TREASURER: set(),
    RoleKind.AUDITOR: set(),
    RoleKind.MANAGER: {"officer", "complaint_officer"},
    RoleKind.OPERATOR: {"officer", "host", "manager", "complaint_officer"},
    RoleKind.ADMINISTRATOR: {kind for kind in RoleKind if kind not in ("region_viewer", "ministry_viewer")},
}
OF_AGENCY = ("officer", "manager", "complaint_officer", "signing_official")


@pytest.mark.parametrize("own", list(REACH))
@pytest.mark.parametrize("kind", [kind for kind in RoleKind if kind not in ("region_viewer", "ministry_viewer")])
def test_roles_are_given_within_ones_reach_only(mall: Mall, agency: Agency, own: RoleKind, kind: RoleKind) -> None:
    by = person("wening", own, mall, agency if own in OF_AGENCY else None)
    user = person("rini")
    elsewhere = Mall.objects.create(code="lain", name="MPP Lain")
    theirs = make_agency(elsewhere, "Samsat")
    neighbour = make_agency(mall, "Imigrasi")
    is_of_agency = kind in OF_AGENCY

    def may(at: Mall | None, of: Agency | None) -> bool:
        try:
            role = actions.give_role(user=user, kind=kind, mall=at, agency=of if is_of_agency else None, by=by, at=NOW)
        except BeyondReach:
            return False
        actions.take_role(role=role, by=by, at=NOW)
        return True

    assert may(mall, agency) == (kind in REACH[own])
    assert may(mall, neighbour) == (kind in REACH[own] and own != RoleKind.MANAGER)
    assert not may(elsewhere, theirs)
    assert is_of_agency or not may(None, None)


def test_an_administrator_of_the_installation_gives_everything_everywhere(mall: Mall) -> None:
    admin, user = person("admin", RoleKind.ADMINISTRATOR), person("rini")
    for kind, at in ((RoleKind.ADMINISTRATOR, None), (RoleKind.HOST, mall), (RoleKind.MINISTRY_VIEWER, None)):
        actions.give_role(user=user, kind=kind, mall=at, by=admin, at=NOW)
    assert user.roles.count() == 3


def test_an_agency_without_a_stand_gets_no_officers(mall: Mall) -> None:
    admin = person("admin", RoleKind.ADMINISTRATOR)
    stranger = Agency.objects.create(name="Jauh", short_name="Jauh", level=Level.REGENCY)
    with pytest.raises(BeyondReach):
        actions.give_role(user=person("rini"), kind=RoleKind.OFFICER, mall=mall, agency=stranger, by=admin, at=NOW)


def test_nobody_gets_at_the_account_of_someone_with_more_power(mall: Mall, agency: Agency) -> None:
    operator, admin = person("endah", RoleKind.OPERATOR, mall), person("admin", RoleKind.ADMINISTRATOR, mall)
    manager = person("wening", RoleKind.MANAGER, mall, agency)
    colleague = person("dewi", RoleKind.OPERATOR, mall)
    rini = invite(None, officer(mall, agency)).user
    for by, user in ((operator, admin), (operator, colleague), (manager, operator), (manager, manager), (rini, rini)):
        for act in (
            lambda by=by, user=user: actions.renew_invitation(user=user, by=by, at=NOW, real_at=NOW),
            lambda by=by, user=user: actions.leave(user=user, by=by, at=NOW),
            lambda by=by, user=user: actions.reset_second_factor(user=user, by=by, at=NOW),
            lambda by=by, user=user: actions.change_person(user=user, values={}, version=None, by=by, at=NOW),
        ):
            with pytest.raises(BeyondReach):
                act()
    for by in (manager, operator, admin):
        assert actions.renew_invitation(user=rini, by=by, at=NOW, real_at=NOW)
    actions.give_role(user=rini, kind=RoleKind.HOST, mall=mall, by=operator, at=NOW)
    with pytest.raises(BeyondReach):  # a host is the mall's, no longer the agency's alone
        actions.renew_invitation(user=rini, by=manager, at=NOW, real_at=NOW)


def test_who_leaves_is_out_everywhere_at_once(mall: Mall, agency: Agency, counter: Counter) -> None:
    operator = person("endah", RoleKind.OPERATOR, mall)
    user = person("rini", RoleKind.OFFICER, mall, agency)
    key = actions.create_token(bearer=user, by=None, at=NOW)
    session = user.get_session_auth_hash()
    for date in (DAY, NOW.date(), NOW.date() - timedelta(days=1)):
        actions.save_posting(
            mall=mall, user=user, counter=counter, date=date, starts=time(8), ends=time(12), by=operator, at=NOW
        )
    actions.leave(user=user, by=operator, at=NOW)
    actions.leave(user=user, by=operator, at=NOW)
    user.refresh_from_db()
    assert (user.is_active, user.left_at) == (False, NOW)
    assert user.get_session_auth_hash() != session
    assert queries.bearer_of(key) is None
    assert not user.roles.exists()
    assert [posting.date for posting in Posting.objects.all()] == [NOW.date() - timedelta(days=1)]
    assert list(queries.people_at(mall, [agency.pk])) == [user]
    assert Entry.objects.filter(subject=f"user:{user.pk}", verb="user.left", mall=mall.pk).count() == 1


def test_who_comes_back_gets_the_roles_and_a_new_link_but_not_the_old_password(mall: Mall, agency: Agency) -> None:
    operator = person("endah", RoleKind.OPERATOR, mall)
    user = person("rini", RoleKind.OFFICER, mall, agency)
    actions.leave(user=user, by=operator, at=NOW)
    code = actions.come_back(user=user, by=operator, at=NOW, real_at=NOW)
    user.refresh_from_db()
    assert user.is_active
    assert not user.check_password(PASSWORD)
    assert [role.kind for role in user.roles.all()] == ["officer"]
    assert accept(code).check_password(PASSWORD)
    with pytest.raises(Refused):
        actions.come_back(user=user, by=operator, at=NOW, real_at=NOW)


def test_the_last_administrator_stays() -> None:
    first = person("admin", RoleKind.ADMINISTRATOR)
    invited = invite(None, RoleAt(RoleKind.ADMINISTRATOR, None), username="kedua")
    with pytest.raises(LastAdministrator):
        actions.leave(user=first, by=first, at=NOW)
    with pytest.raises(LastAdministrator):
        actions.take_role(role=first.roles.get(), by=first, at=NOW)
    accept(invited.code)
    actions.leave(user=first, by=first, at=NOW)
    with pytest.raises(LastAdministrator):
        actions.leave(user=invited.user, by=None, at=NOW)


def test_signing_out_everywhere_ends_sessions_and_not_the_password(mall: Mall, agency: Agency) -> None:
    user = person("rini", RoleKind.OFFICER, mall, agency)
    before = user.get_session_auth_hash()
    actions.sign_out_everywhere(user=user, by=user, at=NOW)
    assert user.get_session_auth_hash() != before
    assert user.check_password(PASSWORD)


def test_nobody_works_at_two_places_at_once(mall: Mall, agency: Agency, counter: Counter) -> None:
    operator, user = person("endah", RoleKind.OPERATOR, mall), person("rini", RoleKind.OFFICER, mall, agency)

    def post(starts: int, ends: int, posting: Posting | None = None, at: Counter | None = counter) -> Posting:
        return actions.save_posting(
            posting=posting,
            mall=mall,
            user=user,
            counter=at,
            date=DAY,
            starts=time(starts),
            ends=time(ends),
            by=operator,
            at=NOW,
        )

    morning = post(8, 12)
    post(12, 15)
    for starts, ends in ((7, 9), (11, 13), (9, 10), (8, 12), (7, 16)):
        with pytest.raises(PostedAlready):
            post(starts, ends, at=None)
    with pytest.raises(ValidationError):
        post(18, 17)
    assert post(7, 11, morning).pk == morning.pk
    removed = actions.remove_posting(posting=morning, by=operator, at=NOW)
    assert isinstance(removed, RemovedRecord)


def test_a_roster_is_made_by_who_manages_the_agency_for_its_own_people(
    mall: Mall, agency: Agency, counter: Counter
) -> None:
    manager = person("wening", RoleKind.MANAGER, mall, agency)
    other = make_agency(mall, "Imigrasi")
    neighbour = person("dewi", RoleKind.OFFICER, mall, other)
    rini = person("rini", RoleKind.OFFICER, mall, agency)
    theirs = Counter.objects.create(mall=mall, zone=counter.zone, agency=other, number=4)

    def post(user: User, at: Counter | None, by: User) -> Posting:
        return actions.save_posting(
            mall=mall, user=user, counter=at, date=DAY, starts=time(8), ends=time(9), by=by, at=NOW
        )

    for user, at, by in ((neighbour, theirs, manager), (neighbour, None, manager), (rini, theirs, manager)):
        with pytest.raises(NotYourRoster):
            post(user, at, by)
    with pytest.raises(NotYourRoster):
        post(rini, counter, rini)
    with pytest.raises(ValidationError):  # who may not serve there
        post(rini, theirs, person("endah", RoleKind.OPERATOR, mall))
    assert post(rini, counter, manager)


def test_the_journal_tells_all_of_this_without_a_name(mall: Mall, agency: Agency, counter: Counter) -> None:
    operator = person("endah", RoleKind.OPERATOR, mall)
    user = invite(operator, officer(mall, agency), position="Penata Muda").user
    values = {"full_name": "Rini Astuti Dewi", "email": "rini.dewi@contoh.go.id", "username": "rini.dewi"}
    actions.change_person(user=user, values=values, version=1, by=operator, at=NOW)
    posting = actions.save_posting(
        mall=mall, user=user, counter=counter, date=DAY, starts=time(8), ends=time(9), by=operator, at=NOW
    )
    actions.remove_posting(posting=posting, by=operator, at=NOW)
    actions.leave(user=user, by=operator, at=NOW)
    actions.come_back(user=user, by=operator, at=NOW, real_at=clock.real_now())
    told = "\n".join(f"{entry.actor} {entry.verb} {entry.subject} {entry.data}" for entry in Entry.objects.all())
    for verb in ("user.invited", "role.given", "user.changed", "posting.removed", "user.left", "user.came_back"):
        assert verb in told
    for secret in ("Rini", "rini", "contoh.go.id", "Astuti", "Dewi", "argon2"):
        assert secret not in told
    kept = "\n".join(f"{one.name} {one.content}" for one in RemovedRecord.objects.all())
    assert "Rini" not in kept
    assert Role.objects.filter(user=user).count() == 1


def test_a_link_from_before_a_promotion_no_longer_opens_the_account(mall: Mall, agency: Agency) -> None:
    manager = person("wening", RoleKind.MANAGER, mall, agency)
    rising = person("bagas", RoleKind.OFFICER, mall, agency)
    code = actions.renew_invitation(user=rising, by=manager, at=NOW, real_at=NOW)
    actions.give_role(user=rising, kind=RoleKind.OPERATOR, mall=mall, by=None, at=NOW)
    with pytest.raises(InvitationOver):
        accept(code)


def test_the_links_of_somebody_who_left_end_with_them(mall: Mall, agency: Agency) -> None:
    manager = person("wening", RoleKind.MANAGER, mall, agency)
    colleague = person("bagas", RoleKind.OFFICER, mall, agency)
    code = actions.renew_invitation(user=colleague, by=manager, at=NOW, real_at=NOW)
    actions.leave(user=manager, by=None, at=NOW)
    with pytest.raises(InvitationOver):
        accept(code)


def test_a_new_e_mail_a_new_password_and_a_new_beginning_forget_the_account_of_the_provider(
    mall: Mall, agency: Agency
) -> None:
    user = person("bagas", RoleKind.OFFICER, mall, agency)

    def change() -> None:
        actions.change_person(user=user, values={"email": "baru@contoh.go.id"}, version=None, by=None, at=NOW)

    def renew() -> None:
        accept(actions.renew_invitation(user=user, by=None, at=NOW, real_at=NOW))

    def begin_anew() -> None:
        actions.leave(user=user, by=None, at=NOW)
        actions.come_back(user=user, by=None, at=NOW, real_at=NOW)

    acts: list[Callable[[], None]] = [change, renew, begin_anew]
    for number, act in enumerate(acts):
        SocialAccount.objects.create(user=user, provider="openid_connect", uid=f"subject-{number}")
        act()
        user.refresh_from_db()
        assert not SocialAccount.objects.filter(user=user).exists()


def test_a_posting_of_somebody_who_left_does_not_come_back(mall: Mall, agency: Agency, counter: Counter) -> None:
    operator = person("endah", RoleKind.OPERATOR, mall)
    user = person("bagas", RoleKind.OFFICER, mall, agency)
    posting = actions.save_posting(
        mall=mall, user=user, counter=counter, date=DAY, starts=time(8), ends=time(12), by=operator, at=NOW
    )
    removed = actions.remove_posting(posting=posting, by=operator, at=NOW)
    actions.restore_posting(mall=mall, removed=removed, by=operator, at=NOW)
    assert Posting.objects.exists()
    removed = actions.remove_posting(posting=Posting.objects.get(), by=operator, at=NOW)
    actions.leave(user=user, by=operator, at=NOW)
    with pytest.raises(PostedAlready):
        actions.restore_posting(mall=mall, removed=removed, by=operator, at=NOW)
    assert not Posting.objects.exists()
