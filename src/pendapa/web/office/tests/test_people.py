"""The people of a mall in the office: who is seen by whom, invitations, roles, leaving, import."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.models import Invitation, Role, RoleKind, User
from pendapa.directory.malls.models import Agency, Mall, Region, RegionLevel
from pendapa.operations.queueing.tests.make import give_second_factor, make_agency, make_mall, make_user
from pendapa.web.office.tests.conftest import SignIn

pytestmark = pytest.mark.django_db
PASSWORD = "gerbang-jati-1987"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def officer(mall: Mall, agency: Agency) -> User:
    user = make_user("rini", mall=mall, agency=agency)
    User.objects.filter(pk=user.pk).update(full_name="Rini Astuti", email="rini@contoh.go.id", password="!x")
    user.refresh_from_db()
    return user


@pytest.fixture
def admin(mall: Mall) -> User:
    user = make_user("admin")
    Role.objects.create(user=user, kind=RoleKind.ADMINISTRATOR)
    give_second_factor(user)
    return user


def url(mall: Mall, rest: str = "") -> str:
    return f"/office/{mall.code}/people/{rest}"


def names(response: Any) -> set[str]:
    return {line["record"].username for line in response.context["records"]}


def new(mall: Mall, agency: Agency | None, **fields: str) -> dict[str, Any]:
    typed = {"full_name": "Budi Santosa", "username": "budi", "email": "", "position": "", "role": "officer"}
    return {**typed, "agency": agency.pk if agency else "", **fields}


def test_everybody_sees_the_people_within_reach(
    *,
    mall: Mall,
    agency: Agency,
    operator: User,
    manager: User,
    auditor: User,
    officer: User,
    admin: User,
    sign_in: SignIn,
) -> None:
    make_user("dewi", mall=mall, agency=make_agency(mall, "Imigrasi"))
    elsewhere = make_mall()
    stranger = make_user("jauh", mall=elsewhere, kind=RoleKind.OPERATOR)
    here = {"endah", "wening", "teguh", "rini", "dewi"}
    assert names(sign_in(operator).get(url(mall))) == here
    assert names(sign_in(auditor).get(url(mall))) == here
    assert names(sign_in(manager).get(url(mall))) == {"wening", "rini"}
    assert names(sign_in(admin).get(url(mall))) == here | {"admin"}
    assert sign_in(officer).get(url(mall)).status_code == 404
    assert sign_in(stranger).get(url(mall)).status_code == 404
    assert sign_in(operator).get(url(mall, f"{stranger.pk}/")).status_code == 404


def test_the_list_is_searched_and_filtered(mall: Mall, agency: Agency, officer: User, at_office: Client) -> None:
    make_user("dewi", mall=mall, agency=make_agency(mall, "Imigrasi"))
    assert names(at_office.get(url(mall, "?q=astuti"))) == {"rini"}
    assert names(at_office.get(url(mall, "?q=rini@contoh"))) == {"rini"}
    assert names(at_office.get(url(mall, f"?agency={agency.pk}"))) == {"rini"}
    assert names(at_office.get(url(mall, "?role=operator"))) == {"endah"}
    actions.leave(user=officer, by=None, at=clock.now())
    assert names(at_office.get(url(mall, "?state=left"))) == {"rini"}


def test_ten_thousand_people_take_no_more_statements_than_ten(
    mall: Mall, agency: Agency, at_office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    at = clock.now()
    people = User.objects.bulk_create(
        User(username=f"petugas-{n}", full_name=f"Petugas {n:05}", joined_at=at) for n in range(10_000)
    )
    Role.objects.bulk_create(Role(user=one, kind=RoleKind.OFFICER, mall=mall, agency=agency) for one in people)
    with django_assert_max_num_queries(12):
        page = at_office.get(url(mall, "?page=3&q=petugas"))
    assert len(page.context["records"]) == 50


def test_an_invitation_is_shown_once_and_opens_the_account(mall: Mall, agency: Agency, at_office: Client) -> None:
    page = at_office.post(url(mall, "new/"), new(mall, agency), follow=True)
    user = User.objects.get(username="budi")
    assert page.redirect_chain[-1][0] == url(mall, f"{user.pk}/link/")
    link = page.context["shown"]["link"]
    assert link in page.content.decode()
    assert "<svg" in page.content.decode()
    assert not at_office.get(url(mall, f"{user.pk}/link/")).context["shown"]
    path = link.removeprefix("http://testserver")
    browser = Client(headers={"accept-language": "en"})
    assert "budi" in browser.get(path).content.decode()
    assert browser.post(path, {"password": "short", "again": "short"}).status_code == 422
    assert browser.post(path, {"password": PASSWORD, "again": "other-jati-1987"}).status_code == 422
    assert browser.post(path, {"password": PASSWORD, "again": PASSWORD}).headers["Location"] == "/sign-in/login/"
    assert browser.get(path).status_code == 410
    browser.post("/sign-in/login/", {"login": "budi", "password": PASSWORD})
    assert browser.session["_auth_user_id"] == str(user.pk)
    assert browser.get("/sign-in/invitation/K7Q2-F8MN-X4TR-9BWD/").status_code == 404


def test_the_code_of_a_link_is_nowhere_readable(mall: Mall, agency: Agency, at_office: Client) -> None:
    at_office.post(url(mall, "new/"), new(mall, agency))
    kept = str(at_office.session["invitation_link"])
    page = at_office.get(url(mall, f"{User.objects.get(username='budi').pk}/link/"))
    code = page.context["shown"]["link"].rstrip("/").rpartition("/")[2]
    assert code not in kept
    assert "invitation_link" not in at_office.session


def test_forms_offer_only_what_may_be_given(mall: Mall, agency: Agency, manager: User, sign_in: SignIn) -> None:
    neighbour = make_agency(mall, "Imigrasi")
    client = sign_in(manager)
    form = client.get(url(mall, "new/")).context["form"]
    assert {kind for kind, _words in form.fields["role"].choices} == {"", "officer", "complaint_officer"}
    assert list(form.fields["agency"].queryset) == [agency]
    for role, at in (("operator", agency), ("manager", agency), ("officer", neighbour), ("administrator", None)):
        assert client.post(url(mall, "new/"), new(mall, at, role=role)).status_code == 422
    assert client.post(url(mall, "new/"), new(mall, agency, everywhere="on")).status_code == 302
    assert Role.objects.get(user__username="budi").agency == agency


def test_errors_stand_at_their_fields(mall: Mall, agency: Agency, officer: User, at_office: Client) -> None:
    typed = new(mall, None, username="RINI", email="RINI@contoh.go.id")
    refused = at_office.post(url(mall, "new/"), typed)
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"agency"}
    refused = at_office.post(url(mall, "new/"), typed | {"agency": agency.pk})
    assert set(refused.context["form"].errors) == {"username", "email"}
    assert User.objects.filter(full_name="Budi Santosa").count() == 0


def test_data_are_changed_and_the_history_names_no_address(mall: Mall, officer: User, at_office: Client) -> None:
    values = {"full_name": "Rini Dewi", "username": "rini", "email": "rini.dewi@contoh.go.id", "position": "Penata"}
    assert at_office.post(url(mall, f"{officer.pk}/"), {**values, "version": 1}).status_code == 302
    behind = at_office.post(url(mall, f"{officer.pk}/"), {**values, "full_name": "X", "version": 1})
    assert behind.status_code == 409
    history = at_office.get(url(mall, f"{officer.pk}/history/")).content.decode()
    assert "rini.dewi@" not in history
    assert "diubah" in history


def test_nobody_touches_an_account_with_more_power(
    *, mall: Mall, agency: Agency, operator: User, manager: User, admin: User, officer: User, sign_in: SignIn
) -> None:
    colleague = make_user("bagas", mall=mall, kind=RoleKind.OPERATOR)
    boss = make_user("lurah", mall=mall, kind=RoleKind.ADMINISTRATOR)
    client = sign_in(operator)
    for person in (colleague, boss):
        assert client.get(url(mall, f"{person.pk}/")).status_code == 200
        assert (
            client.post(url(mall, f"{person.pk}/"), {"full_name": "X", "username": "x", "version": 1}).status_code
            == 404
        )
        for act in ("link", "sign-out", "second-factor", "leave", "come-back"):
            assert client.post(url(mall, f"{person.pk}/{act}/")).status_code == 404
    taken = client.post(url(mall, f"{boss.pk}/roles/{boss.roles.get().pk}/take/"), follow=True)
    assert taken.status_code == 200
    assert boss.roles.count() == 1
    assert client.post(url(mall, f"{admin.pk}/leave/")).status_code == 404
    for act in ("link", "sign-out", "leave"):
        assert sign_in(manager).post(url(mall, f"{operator.pk}/{act}/")).status_code == 404
        assert sign_in(officer).post(url(mall, f"{officer.pk}/{act}/")).status_code == 404
    assert sign_in(boss).post(url(mall, f"{operator.pk}/link/")).status_code == 302


def test_roles_are_given_and_taken(mall: Mall, agency: Agency, officer: User, at_office: Client) -> None:
    page = url(mall, f"{officer.pk}/roles/")
    assert at_office.get(page).status_code == 200
    assert at_office.post(page, {"role": "host"}).status_code == 302
    assert at_office.post(page, {"role": "manager"}).status_code == 422
    assert at_office.post(page, {"role": "treasurer"}).status_code == 422
    assert {role.kind for role in officer.roles.all()} == {"officer", "host"}
    assert "peran diberikan: petugas informasi" in at_office.get(url(mall, f"{officer.pk}/history/")).content.decode()
    for role in officer.roles.all():
        at_office.post(url(mall, f"{officer.pk}/roles/{role.pk}/take/"))
    assert not officer.roles.exists()
    assert at_office.get(page).status_code == 404  # nobody's person any more


def test_roles_above_a_mall_are_given_by_the_installation_alone(
    mall: Mall, officer: User, admin: User, at_office: Client, sign_in: SignIn
) -> None:
    region = Region.objects.create(code="98", name="Jawa Contoh", level=RegionLevel.PROVINCE)
    page = url(mall, f"{officer.pk}/roles/")
    assert "region" not in at_office.get(page).context["form"].fields
    refused = at_office.post(page, {"role": "region_viewer", "region": region.pk})
    assert refused.status_code == 422
    client = sign_in(admin)
    assert client.post(page, {"role": "region_viewer"}).status_code == 422
    for sent in (
        {"role": "region_viewer", "region": "98"},
        {"role": "ministry_viewer"},
        {"role": "auditor", "everywhere": "on"},
    ):
        assert client.post(page, sent).status_code == 302
    assert client.post(page, {"role": "host", "everywhere": "on"}).status_code == 422
    held = {(role.kind, role.mall_id, role.region_id) for role in officer.roles.all()}
    assert held == {
        ("officer", mall.pk, None),
        ("region_viewer", None, "98"),
        ("ministry_viewer", None, None),
        ("auditor", None, None),
    }
    assert "Jawa Contoh" in client.get(page).content.decode()
    assert "Jawa Contoh" not in at_office.get(page).content.decode()


def test_who_leaves_is_out_at_once_and_can_come_back(
    mall: Mall, officer: User, at_office: Client, sign_in: SignIn
) -> None:
    theirs = sign_in(officer)
    assert theirs.get("/desk/").status_code == 403
    assert at_office.get(url(mall, f"{officer.pk}/leave/")).status_code == 200
    assert at_office.post(url(mall, f"{officer.pk}/leave/")).headers["Location"] == url(mall)
    assert theirs.get("/desk/").headers["Location"].startswith("/sign-in/")
    panel = at_office.get(url(mall, f"{officer.pk}/")).content.decode()
    assert f"{officer.pk}/come-back/" in panel
    back = at_office.post(url(mall, f"{officer.pk}/come-back/"), follow=True)
    assert back.context["shown"]["link"]
    officer.refresh_from_db()
    assert officer.is_active
    assert officer.roles.count() == 1


def test_sessions_and_second_factor_of_a_lost_phone_end(
    mall: Mall, officer: User, at_office: Client, sign_in: SignIn
) -> None:
    give_second_factor(officer)
    theirs = sign_in(officer)
    at_office.post(url(mall, f"{officer.pk}/second-factor/"))
    assert not Authenticator.objects.filter(user=officer).exists()
    assert theirs.get("/desk/").status_code == 302
    theirs = sign_in(User.objects.get(pk=officer.pk))
    at_office.post(url(mall, f"{officer.pk}/sign-out/"))
    assert theirs.get("/desk/").status_code == 302
    assert Entry.objects.filter(verb="user.second_factor_reset").count() == 1


def send(client: Client, mall: Mall, text: str) -> Any:
    file = SimpleUploadedFile("orang.csv", text.encode(), content_type="text/csv")
    return client.post(url(mall, "import/"), {"file": file}, follow=True)


HEAD = "nama pengguna,nama,surel,jabatan,peran,instansi\n"


def test_an_import_invites_all_and_ends_with_a_sheet_of_links(
    mall: Mall, agency: Agency, officer: User, at_office: Client
) -> None:
    page = send(
        at_office,
        mall,
        HEAD
        + "Budi,Budi Santosa,budi@contoh.go.id,Penata,officer,dukcapil\n"
        + "sinta,Sinta Lestari,,,petugas informasi,\n"
        + "rini,Rini Astuti,,Pengatur,officer,Dukcapil\n",
    )
    assert {one["fate"]: one["count"] for one in page.context["counts"]} == {
        "new": 2, "changed": 1, "unchanged": 0, "error": 0,
    }, [one["planned"].errors for one in page.context["rows"]]  # fmt: skip
    preview = page.redirect_chain[-1][0]
    sheet = at_office.post(preview, {"mark": page.context["mark"]})
    text = sheet.content.decode()
    assert text.count("/sign-in/invitation/") == 2
    assert text.count("<svg") >= 2
    assert Invitation.objects.count() == 2
    officer.refresh_from_db()
    assert (officer.position, officer.email) == ("Pengatur", "rini@contoh.go.id")  # an empty cell changes nothing
    assert Role.objects.get(user__username="sinta").kind == "host"


@pytest.mark.parametrize(
    "row",
    [
        "budi,Budi,,,operator,",
        "budi,Budi,,,raja,",
        "budi,Budi,,,officer,Imigrasi",
        "budi,Budi,,,officer,",
        "budi,Budi,bukan-surel,,host,",
        "budi,Budi,rini@contoh.go.id,,host,",
        "bu di,Budi,,,host,",
        ",Budi,,,host,",
        "budi,,,,host,",
        "bagas,Bagas,,,host,",
        "jauh,Jauh,,,host,",
        "sama,Sama,,,host,\nSAMA,Sama,,,host,",
    ],
)
def test_a_row_that_cannot_be_says_so(mall: Mall, officer: User, at_office: Client, row: str) -> None:
    make_user("bagas", mall=mall, kind=RoleKind.OPERATOR)
    make_user("jauh", mall=make_mall(), kind=RoleKind.HOST)
    page = send(at_office, mall, HEAD + row + "\n")
    assert page.context["counts"][3]["count"] == 1


def test_own_account_page(officer: User, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    page = browser.get("/sign-in/account/")
    assert page.status_code == 200
    assert "Rini Astuti" in page.content.decode()
    assert browser.get("/sign-in/second-factor/").status_code == 200
    other = sign_in(officer)
    assert browser.post("/sign-in/account/everywhere/").status_code == 302
    assert other.get("/sign-in/account/").status_code == 302


def test_a_history_tells_nothing_of_other_malls(mall: Mall, officer: User, at_office: Client) -> None:
    elsewhere = make_mall(name="MPP Ngawi")
    actions.give_role(user=officer, kind=RoleKind.TREASURER, mall=elsewhere, by=None, at=clock.now())
    actions.give_role(user=officer, kind=RoleKind.HOST, mall=mall, by=None, at=clock.now())
    for rest in ("", "history/"):
        page = at_office.get(url(mall, f"{officer.pk}/{rest}")).content.decode()
        assert "petugas informasi" in page
        assert "bendahara" not in page
