"""Officers who share a computer change by name and password, and the counter goes with them."""

from typing import Any

import pytest
from django.test import Client

from pendapa.base import clock
from pendapa.directory.accounts import actions as accounts
from pendapa.directory.accounts.models import RoleKind, User
from pendapa.operations.queueing.models import CounterStatus
from pendapa.operations.queueing.tests.make import make_agency, make_mall, make_user
from pendapa.web.desk.tests.hall import Desk
from pendapa.web.ui import known_people

pytestmark = pytest.mark.django_db
PASSWORD = "gerbang-jati-1987"


def with_password(user: User, name: str) -> User:
    user.full_name = name
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def dewi(desk: Desk) -> User:
    return with_password(make_user("dewi", mall=desk.queue.mall, agency=desk.queue.agency), "Dewi Lestari")


@pytest.fixture
def shared(desk: Desk, dewi: User) -> Client:
    """A computer where both have signed in, the desk's officer last."""
    with_password(desk.officer, "Rini Astuti")
    browser = Client(headers={"accept-language": "en"})
    for name in ("dewi", desk.officer.username):
        browser.post("/sign-in/logout/")
        browser.post("/sign-in/login/", {"login": name, "password": PASSWORD})
    return browser


def who(browser: Client) -> str:
    return str(browser.session.get("_auth_user_id", ""))


def take_over(browser: Client, desk: Desk, person: User, password: str = PASSWORD) -> Any:
    return browser.post(f"{desk.url}change/", {"person": person.pk, "password": password})


def officer_at(desk: Desk) -> User | None:
    return CounterStatus.objects.get(counter=desk.counter).officer


def test_the_counter_goes_to_the_next_officer_by_the_password_alone(desk: Desk, dewi: User, shared: Client) -> None:
    before = shared.session.session_key
    page = shared.get(f"{desk.url}change/").content.decode()
    assert "Dewi Lestari" in page
    assert 'name="password"' in shared.get(f"{desk.url}change/?person={dewi.pk}").content.decode()
    assert take_over(shared, desk, dewi).headers["Location"] == desk.url
    assert who(shared) == str(dewi.pk)
    assert officer_at(desk) == dewi
    assert shared.session.session_key != before
    assert "Dewi Lestari" in shared.get(desk.url).content.decode()


def test_the_desk_leads_there(desk: Desk, shared: Client) -> None:
    assert f"{desk.url}change/" in shared.get(desk.url).content.decode()


def test_a_wrong_password_changes_nothing_and_guessing_is_stopped(desk: Desk, dewi: User, shared: Client) -> None:
    for guess in range(5):
        assert take_over(shared, desk, dewi, f"wrong-jati-{guess}").status_code == 422
    assert take_over(shared, desk, dewi).status_code in {422, 429}
    assert who(shared) == str(desk.officer.pk)
    assert officer_at(desk) == desk.officer


def test_a_visitor_at_the_counter_comes_first(desk: Desk, dewi: User, shared: Client) -> None:
    ticket = desk.serve()
    assert ticket.label in shared.get(f"{desk.url}change/").content.decode()
    refused = take_over(shared, desk, dewi)
    assert refused.status_code == 409
    assert who(shared) == str(desk.officer.pk)
    assert officer_at(desk) == desk.officer


def test_only_people_of_this_browser_who_are_still_here_are_offered(desk: Desk, dewi: User, shared: Client) -> None:
    stranger = with_password(make_user("siti", mall=desk.queue.mall, agency=desk.queue.agency), "Siti")
    assert take_over(shared, desk, stranger).status_code == 404
    assert take_over(Client(), desk, dewi).status_code == 302  # to the sign-in
    accounts.leave(user=dewi, by=None, at=clock.now())
    assert "Dewi" not in shared.get(f"{desk.url}change/").content.decode()
    assert take_over(shared, desk, dewi).status_code == 404


def test_somebody_can_be_forgotten(desk: Desk, dewi: User, shared: Client) -> None:
    shared.post(f"{desk.url}change/forget/", {"person": str(dewi.pk)})
    assert "Dewi" not in shared.get(f"{desk.url}change/").content.decode()
    assert take_over(shared, desk, dewi).status_code == 404
    shared.post(f"{desk.url}change/forget/", {"person": "x" * 99})


def test_a_forged_list_names_nobody(desk: Desk, dewi: User, shared: Client) -> None:
    shared.cookies[known_people.COOKIE] = str(dewi.pk)
    assert "Dewi" not in shared.get(f"{desk.url}change/").content.decode()


def test_six_people_are_remembered_and_no_administrators(desk: Desk, shared: Client) -> None:
    for number in range(7):
        with_password(make_user(f"petugas-{number}", mall=desk.queue.mall, agency=desk.queue.agency), f"P {number}")
        shared.post("/sign-in/logout/")
        shared.post("/sign-in/login/", {"login": f"petugas-{number}", "password": PASSWORD})
    with_password(make_user("endah", mall=desk.queue.mall, kind=RoleKind.OPERATOR), "Endah")
    page = shared.get(f"{desk.url}change/")
    assert [one.username for one in page.context["people"]] == [f"petugas-{n}" for n in (5, 4, 3, 2, 1)]
    cookie = shared.cookies[known_people.COOKIE]
    assert cookie["httponly"]


def test_who_may_not_serve_there_chooses_a_counter_of_their_own(desk: Desk, shared: Client) -> None:
    elsewhere = make_mall()
    far = with_password(make_user("jauh", mall=elsewhere, agency=make_agency(elsewhere)), "Jauh")
    shared.post("/sign-in/logout/")
    shared.post("/sign-in/login/", {"login": "jauh", "password": PASSWORD})
    shared.post("/sign-in/logout/")
    shared.post("/sign-in/login/", {"login": desk.officer.username, "password": PASSWORD})
    assert take_over(shared, desk, far).headers["Location"] == "/desk/"
    assert officer_at(desk) is None
