"""What happens to a form when its session ended, or its page is older than the last sign-in: nothing is lost."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from pendapa.base import clock
from pendapa.directory.accounts.models import Role, RoleKind, User
from pendapa.directory.malls.models import Agency, CalendarDay, Counter, DayKind, Mall, Zone
from pendapa.operations.queueing.models import Queue, WorkProfile
from pendapa.operations.queueing.tests.make import give_second_factor, make_device, make_user
from pendapa.web.office import urls

pytestmark = pytest.mark.django_db
HERE = "http://testserver"
TEMPLATES = Path(urls.__file__).parent / "templates" / "office"


@pytest.fixture
def officer(mall: Mall, agency: Agency) -> User:
    return make_user("rini", mall=mall, agency=agency)


def browser(*, enforce_csrf_checks: bool = False) -> Client:
    return Client(enforce_csrf_checks, headers={"accept-language": "en"})


def enter(client: Client, user: User) -> None:
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")


def back_after(client: Client, sent: Any, user: User) -> Any:
    """The page where somebody is after signing in again."""
    assert sent.status_code == 302
    address = urlsplit(sent.headers["Location"])
    assert address.path == "/sign-in/login/"
    enter(client, user)
    return client.get(parse_qs(address.query)["next"][0], follow=True)


def told(page: Any) -> list[str]:
    return [str(one) for one in get_messages(page.wsgi_request)]


def field(name: str, value: str) -> re.Pattern[str]:
    return re.compile(rf'name="{name}"[^>]*value="{re.escape(value)}"[^>]*')


# ---- Signed out in the meantime ----


def test_no_office_address_ends_in_a_wrong_way_after_signing_in(mall: Mall, operator: User) -> None:
    known = {"mall": mall.code, "register": "zones", "token": "x" * 24, "form": "csv"}
    tried = set()
    for pattern in urls.urlpatterns:
        if not hasattr(pattern.callback, "instead"):
            continue
        assert pattern.name
        names = pattern.pattern.converters
        address = reverse(pattern.name, kwargs={name: known.get(name, 987654) for name in names})
        client = browser()
        sent = client.post(address, {"typed_by": operator.pk})
        if sent.status_code != 405:  # it takes forms
            tried.add(pattern.name)
            assert back_after(client, sent, operator).status_code != 405, address
    assert {"office_person_sign_out", "office_person_take", "office_calendar_confirm", "office_restore"} <= tried


def test_a_button_is_offered_again_on_the_page_where_it_stood(mall: Mall, operator: User, officer: User) -> None:
    client, page = browser(), f"/office/{mall.code}/people/{officer.pk}/"
    sent = client.post(f"{page}sign-out/", headers={"referer": f"{HERE}{page}?from=list"})
    assert client.get(f"{page}sign-out/").status_code == 405  # nobody is there to ask it of
    shown = back_after(client, sent, operator)
    assert shown.redirect_chain == [(f"{page}?from=list", 302)]
    assert shown.status_code == 200
    assert "nothing was done yet" in shown.content.decode()
    assert "nothing was done yet" not in client.get(page).content.decode()
    officer.refresh_from_db()
    assert officer.is_active
    assert client.get(f"{page}sign-out/").status_code == 405  # who types the address is told so, as before


def test_a_device_is_not_locked_before_it_is_asked_for_again(mall: Mall, operator: User) -> None:
    device, client = make_device(mall), browser()
    page = f"/office/{mall.code}/devices/{device.pk}/"
    sent = client.post(f"{page}lock/", headers={"referer": f"{HERE}{page}"})
    assert back_after(client, sent, operator).redirect_chain == [(page, 302)]
    device.refresh_from_db()
    assert device.is_active


@pytest.mark.parametrize("referer", ["", "https://evil.example/office/", f"{HERE}//evil.example/", "null"])
def test_without_a_page_of_ours_the_way_back_leads_to_the_overview(
    mall: Mall, operator: User, officer: User, referer: str
) -> None:
    client = browser()
    sent = client.post(f"/office/{mall.code}/people/{officer.pk}/sign-out/", headers={"referer": referer})
    assert back_after(client, sent, operator).redirect_chain == [(f"/office/{mall.code}/", 302)]


def test_a_form_on_a_page_that_was_itself_an_answer_leads_to_the_overview(mall: Mall, operator: User) -> None:
    client, address = browser(), f"/office/{mall.code}/calendar/confirm/"
    sent = client.post(address, headers={"referer": f"{HERE}{address}"})
    assert back_after(client, sent, operator).redirect_chain == [(f"/office/{mall.code}/", 302)]
    client.logout()
    sent = client.post(f"/office/{mall.code}/calendar/1/reject/", headers={"referer": f"{HERE}{address}"})
    assert back_after(client, sent, operator).redirect_chain[-1] == (f"/office/{mall.code}/", 302)


def test_another_role_is_still_chosen(mall: Mall, agency: Agency, operator: User, officer: User) -> None:
    client, address = browser(), f"/office/{mall.code}/people/{officer.pk}/roles/"
    sent = client.post(address, {"role": "manager", "agency": agency.pk, "typed_by": operator.pk})
    page = back_after(client, sent, operator)
    assert page.context["was_kept"]
    assert page.context["form"]["role"].value() == "manager"
    assert page.context["form"]["agency"].value() == str(agency.pk)
    assert "What you typed is still here" in page.content.decode()
    assert not Role.objects.filter(user=officer, kind=RoleKind.MANAGER).exists()


def test_the_week_to_fill_is_still_chosen_and_nothing_is_copied_yet(mall: Mall, operator: User, officer: User) -> None:
    client, address = browser(), f"/office/{mall.code}/roster/copy/"
    enter(client, operator)
    week = client.get(address).context["form"].fields["week"].choices[2][0]
    client.logout()
    page = back_after(client, client.post(address, {"week": week, "typed_by": operator.pk}), operator)
    assert page.status_code == 200
    assert page.context["form"]["week"].value() == week
    assert "What you typed is still here" in page.content.decode()
    assert told(page) == []


def test_work_profiles_are_shown_again_before_they_are_made(mall: Mall, agency: Agency, operator: User) -> None:
    zone = mall.zones.get()
    Counter.objects.create(mall=mall, number=7, zone=zone, agency=agency)
    schedule = mall.schedules.get()
    Queue.objects.create(mall=mall, agency=agency, zone=zone, schedule=schedule, name="KTP", prefix="K")
    client, address = browser(), f"/office/{mall.code}/work-profiles/fill/"
    page = back_after(client, client.post(address, {"typed_by": operator.pk}), operator)
    assert "nothing was made yet" in page.content.decode()
    assert not WorkProfile.objects.filter(mall=mall).exists()
    assert client.post(address, {"typed_by": operator.pk}).status_code == 302
    assert WorkProfile.objects.filter(mall=mall).count() == 1


@pytest.mark.parametrize("register", ["zones", "services"])
def test_a_file_is_asked_for_again(mall: Mall, operator: User, register: str) -> None:
    client, address = browser(), f"/office/{mall.code}/{register}/import/"
    page = back_after(client, client.post(address, {"typed_by": operator.pk}), operator)
    assert "Please choose it once more" in page.content.decode()
    assert "Please choose it once more" not in client.get(address).content.decode()


def test_the_year_to_import_is_still_typed(mall: Mall) -> None:
    client, admin = browser(), make_user("admin")
    Role.objects.create(user=admin, kind=RoleKind.ADMINISTRATOR)
    give_second_factor(admin)
    sent = client.post("/office/calendar/import/", {"year": "2031", "typed_by": admin.pk})
    page = back_after(client, sent, admin)
    assert page.context["was_kept"]
    assert field("year", "2031").search(page.content.decode())


def test_the_days_to_confirm_are_still_chosen_and_their_decree_typed(mall: Mall, operator: User) -> None:
    named = {"kind": DayKind.LOCAL_CLOSURE, "name": "Hari jadi", "proposed_by": "user:0", "proposed_at": clock.now()}
    day = CalendarDay.objects.create(mall=mall, date=date(2027, 3, 1), **named)
    client, page = browser(), f"/office/{mall.code}/calendar/"
    typed = {"days": f"{day.pk}-{day.version}", "decree": "SK 12/2027", "typed_by": operator.pk}
    sent = client.post(f"{page}confirm/?year=2027", typed, headers={"referer": f"{HERE}{page}?year=2027"})
    shown = back_after(client, sent, operator)
    assert shown.redirect_chain == [(f"{page}?year=2027", 302)]
    assert field("decree", "SK 12/2027").search(shown.content.decode())
    assert re.search(rf'value="{day.pk}-{day.version}"[^>]* checked', shown.content.decode())
    day.refresh_from_db()
    assert not day.is_confirmed


# ---- Signed in again in another tab ----

TYPED = {"code": "utara", "name": "Sayap Utara", "seats": "20"}


@pytest.fixture
def old_tab(mall: Mall, operator: User) -> tuple[Client, str, dict[str, Any]]:
    """A browser whose person signed in again since a form was opened, the form's address, and what it sends."""
    client, address = browser(enforce_csrf_checks=True), f"/office/{mall.code}/zones/new/"
    enter(client, operator)
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(address).content.decode())
    assert found
    del client.cookies["csrftoken"]
    client.get(address)  # with the token of the other tab
    return client, address, {**TYPED, "csrfmiddlewaretoken": found[1], "typed_by": operator.pk}


def test_a_form_older_than_the_last_sign_in_stands_there_again(
    mall: Mall, old_tab: tuple[Client, str, dict[str, Any]]
) -> None:
    client, address, sent = old_tab
    page = client.post(address, sent, headers={"origin": HERE}, follow=True)
    assert page.redirect_chain == [(address, 302)]
    assert page.context["was_kept"]
    assert field("name", "Sayap Utara").search(page.content.decode())
    assert not Zone.objects.filter(code="utara").exists()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert found
    again = client.post(address, {**sent, "csrfmiddlewaretoken": found[1]}, headers={"origin": HERE})
    assert again.status_code == 302
    assert Zone.objects.filter(mall=mall, code="utara").exists()


def test_an_older_browser_names_the_page_alone(old_tab: tuple[Client, str, dict[str, Any]]) -> None:
    client, address, sent = old_tab
    page = client.post(address, sent, headers={"referer": f"{HERE}{address}"}, follow=True)
    assert page.context["was_kept"]


def test_signed_out_since_then_it_waits_behind_the_sign_in(
    operator: User, old_tab: tuple[Client, str, dict[str, Any]]
) -> None:
    client, address, sent = old_tab
    token = client.cookies["csrftoken"].value
    client.logout()
    client.cookies["csrftoken"] = token
    refused = client.post(address, sent, headers={"origin": HERE})
    assert refused.headers["Location"] == address
    page = back_after(client, client.get(address), operator)
    assert page.context["was_kept"]
    assert field("name", "Sayap Utara").search(page.content.decode())


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example", "referer": "https://evil.example/form"},
        {"origin": "null"},
        {"origin": "https://evil.example", "referer": f"{HERE}/office/"},
        {"referer": "https://evil.example/form"},
        {"referer": f"{HERE}.evil.example/"},
        {"referer": f"{HERE}@evil.example/"},
        {"referer": "/office/"},
        {},
    ],
)
def test_a_form_of_a_foreign_page_is_refused_and_not_kept(
    old_tab: tuple[Client, str, dict[str, Any]], headers: dict[str, str]
) -> None:
    client, address, sent = old_tab
    assert client.post(address, sent, headers=headers).status_code == 403
    page = client.get(address)
    assert not page.context["was_kept"]
    assert "Sayap Utara" not in page.content.decode()
    assert not Zone.objects.filter(code="utara").exists()


@pytest.mark.parametrize("typed_by", ["", "0", "987654"])
def test_a_form_of_nobody_or_somebody_else_is_refused_and_not_kept(
    old_tab: tuple[Client, str, dict[str, Any]], typed_by: str
) -> None:
    client, address, sent = old_tab
    assert client.post(address, {**sent, "typed_by": typed_by}, headers={"origin": HERE}).status_code == 403
    assert not client.get(address).context["was_kept"]


def test_outside_the_office_an_old_page_is_refused_as_before(old_tab: tuple[Client, str, dict[str, Any]]) -> None:
    client, _address, sent = old_tab
    assert client.post("/sign-in/login/", sent, headers={"origin": HERE}).status_code == 403


# ---- Every form ----


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda one: str(one.name))
def test_a_form_to_fill_in_says_who_typed(template: Path) -> None:
    text = template.read_text()
    for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
        head = form[: form.index(">")]
        if 'method="post"' in head and re.search(r'class="[^"]*\bof-(form|drop)\b|id="confirm"', head):
            assert 'name="typed_by" value="{{ request.user.pk }}"' in form, head
