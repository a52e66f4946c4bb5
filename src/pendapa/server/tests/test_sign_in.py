"""Signing in: by name and password, slowly for whoever guesses, and nobody signs up."""

import pytest
from django.core.cache import cache
from django.test import Client

from pendapa.base import clock
from pendapa.directory.accounts.actions import create_user
from pendapa.directory.accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "gerbang-jati-1987"
PAGE = "/sign-in/login/"


@pytest.fixture(autouse=True)
def person() -> User:
    cache.clear()
    return create_user(username="sari", full_name="Sari Wulandari", password=PASSWORD, by=None, at=clock.real_now())


def sign_in(username: str = "sari", password: str = PASSWORD, browser: Client | None = None) -> int:
    browser = browser or Client(headers={"accept-language": "en"})
    return browser.post(PAGE, {"login": username, "password": password}).status_code


def test_the_right_password_opens_the_first_page(person: User) -> None:
    browser = Client()
    answer = browser.post(PAGE, {"login": "sari", "password": PASSWORD})
    assert answer.headers["Location"] == "/home/"
    assert browser.session["_auth_user_id"] == str(person.pk)
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_session_id_from_before_is_not_kept() -> None:
    browser = Client()
    browser.get(PAGE)
    session = browser.session
    session["planted"] = True
    session.save()
    before = session.session_key
    browser.post(PAGE, {"login": "sari", "password": PASSWORD})
    assert browser.session.session_key != before


def test_wrong_names_and_wrong_passwords_are_answered_alike() -> None:
    browser = Client(headers={"accept-language": "en"})
    pages = []
    for login, password in (("sari", "wrong-password-1"), ("nobody", "wrong-password-1")):
        page = browser.post(PAGE, {"login": login, "password": password}).content.decode()
        pages.append([line for line in page.splitlines() if "not correct" in line])
    assert pages[0]
    assert pages[0] == pages[1]


def test_guessing_one_persons_password_is_stopped_even_for_the_right_one() -> None:
    for guess in range(5):
        assert sign_in(password=f"wrong-password-{guess}") == 200
    assert sign_in() in {200, 429}
    browser = Client()
    sign_in(browser=browser)
    assert "_auth_user_id" not in browser.session


def test_guessing_over_many_names_is_stopped_by_address() -> None:
    answers = [sign_in(username=f"user-{guess}", password="wrong-password-1") for guess in range(32)]
    browser = Client()
    sign_in(browser=browser)
    assert "_auth_user_id" not in browser.session
    assert set(answers) <= {200, 429}


def test_a_locked_account_stays_out(person: User) -> None:
    User.objects.update(is_active=False)
    browser = Client()
    sign_in(browser=browser)
    assert "_auth_user_id" not in browser.session


def test_a_person_who_is_locked_leaves_at_the_next_page(person: User) -> None:
    browser = Client()
    sign_in(browser=browser)
    User.objects.update(is_active=False)
    assert browser.get("/desk/").headers["Location"].startswith(PAGE)


@pytest.mark.parametrize("path", ["/sign-in/signup/", "/accounts/signup/", "/sign-in/register/"])
def test_nobody_signs_up(path: str) -> None:
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_way_on_after_signing_in_stays_here(target: str) -> None:
    answer = Client().post(f"{PAGE}?next={target}", {"login": "sari", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/home/"


@pytest.mark.parametrize("login", ["", "a" * 100_000, "\x00", "\u202esari", "\U0001f600", "' OR 1=1 --"])
def test_strange_names_are_refused_kindly(login: str) -> None:
    assert sign_in(username=login) in {200, 400}
