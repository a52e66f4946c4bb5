"""The second factor: whose role asks for it sees nothing before it is set up, and a password alone opens nothing."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.actions.second_factors import reencrypt_second_factors
from pendapa.directory.accounts.models import RoleKind, User

pytestmark = pytest.mark.django_db
PASSWORD = "gerbang-jati-1987"


@pytest.fixture(autouse=True)
def admin() -> User:
    cache.clear()
    user = actions.create_user(username="admin", full_name="Sari", password=PASSWORD, by=None, at=clock.real_now())
    actions.give_role(user=user, kind=RoleKind.ADMINISTRATOR, mall=None, by=None, at=clock.real_now())
    return user


def sign_in(name: str = "admin") -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.post("/sign-in/login/", {"login": name, "password": PASSWORD})
    return browser


def code_of(secret: str, step: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step)))


def set_up(browser: Client) -> str:
    asked = browser.get("/sign-in/second-factor/app/")["Location"]
    page = browser.post(asked, {"password": PASSWORD}, follow=True)
    secret = str(page.context["form"].secret)
    answer = browser.post("/sign-in/second-factor/app/", {"code": code_of(secret, -1)})
    assert answer.headers["Location"] == "/sign-in/second-factor/codes/", answer.content.decode()
    return secret


def test_an_administrator_sets_it_up_before_seeing_anything_else() -> None:
    browser = sign_in()
    for path in ("/office/", "/home/", "/desk/", "/"):
        assert browser.get(path).headers["Location"] == "/sign-in/second-factor/app/"
    assert browser.post("/office/new/", {"code": "x"}).headers["Location"] == "/sign-in/second-factor/app/"
    assert (
        browser.get("/office/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/sign-in/second-factor/app/"
    )
    secret = set_up(browser)
    assert browser.get("/").status_code == 200
    codes = browser.get("/sign-in/second-factor/codes/")
    assert len(codes.context["unused_codes"]) == 10
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored


def test_from_then_on_the_password_alone_opens_nothing(admin: User) -> None:
    first = sign_in()
    secret = set_up(first)
    recovery = first.get("/sign-in/second-factor/codes/").context["unused_codes"][0]
    browser = sign_in()
    assert "_auth_user_id" not in browser.session
    ask = "/sign-in/second-factor/ask/"
    assert browser.post(ask, {"code": "000000"}).status_code == 200
    assert "_auth_user_id" not in browser.session
    assert Entry.objects.filter(verb="sign_in.failed", subject=admin.actor_name).exists()
    code = code_of(secret)
    browser.post(ask, {"code": code})
    assert browser.session["_auth_user_id"] == str(admin.pk)
    again = sign_in()
    again.post(ask, {"code": code})  # seen over the shoulder
    assert "_auth_user_id" not in again.session
    for wanted in (True, False):  # a recovery code opens once
        other = sign_in()
        other.post(ask, {"code": recovery})
        assert ("_auth_user_id" in other.session) == wanted


def test_guessing_codes_is_stopped(admin: User) -> None:
    secret = set_up(sign_in())
    browser = sign_in()
    for guess in range(8):
        browser.post("/sign-in/second-factor/ask/", {"code": f"00000{guess}"})
    browser.post("/sign-in/second-factor/ask/", {"code": code_of(secret)})
    assert "_auth_user_id" not in browser.session


def test_who_is_obliged_cannot_remove_it_and_an_administrator_can_reset_it(admin: User) -> None:
    browser = sign_in()
    set_up(browser)
    browser.post("/sign-in/second-factor/app/remove/")
    assert Authenticator.objects.filter(user=admin, type="totp").exists()
    other = actions.create_user(username="lain", full_name="Budi", password=PASSWORD, by=None, at=clock.real_now())
    actions.give_role(user=other, kind=RoleKind.ADMINISTRATOR, mall=None, by=None, at=clock.real_now())
    actions.reset_second_factor(user=admin, by=other, at=clock.now())
    assert not Authenticator.objects.filter(user=admin).exists()
    assert Entry.objects.filter(verb="user.second_factor_reset", actor=other.actor_name).exists()
    assert browser.get("/office/").headers["Location"].startswith("/sign-in/login/")


def test_others_may_have_one_and_are_not_asked_for_it() -> None:
    actions.create_user(username="rini", full_name="Rini", password=PASSWORD, by=None, at=clock.real_now())
    browser = sign_in("rini")
    assert browser.get("/").status_code == 200
    set_up(browser)
    assert "_auth_user_id" not in sign_in("rini").session
    browser.post("/sign-in/second-factor/app/remove/")
    assert "_auth_user_id" in sign_in("rini").session


def test_a_role_that_is_given_this_minute_counts_at_once() -> None:
    user = actions.create_user(username="rini", full_name="Rini", password=PASSWORD, by=None, at=clock.real_now())
    browser = sign_in("rini")
    assert browser.get("/").status_code == 200
    actions.give_role(user=user, kind=RoleKind.ADMINISTRATOR, mall=None, by=None, at=clock.real_now())
    assert browser.get("/").headers["Location"] == "/sign-in/second-factor/app/"


def test_keys_to_the_api_are_not_asked_for_it(admin: User) -> None:
    key = actions.create_token(bearer=admin, by=None, at=clock.real_now())
    answer = sign_in().get("/api/v1/malls", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200


def test_a_click_in_the_demo_opens_the_demo_and_nothing_elsewhere(settings: Settings) -> None:
    settings.DEMO = True
    browser = Client()
    browser.post("/example/sign-in/", {"username": "admin"})
    assert browser.get("/").status_code == 200
    assert sign_in().get("/office/").headers["Location"] == "/sign-in/second-factor/app/"  # by password, as everywhere
    settings.DEMO = False
    assert browser.get("/office/").headers["Location"] == "/sign-in/second-factor/app/"  # the same session
    stranger = Client()
    assert stranger.post("/example/sign-in/", {"username": "admin"}).status_code == 404
    assert "_auth_user_id" not in stranger.session
    assert "demo_without_second_factor" not in stranger.session


def test_the_secrets_move_on_to_a_new_field_key(settings: Settings) -> None:
    secret = set_up(sign_in())
    before = {one.pk: one.data for one in Authenticator.objects.all()}
    settings.FIELD_KEYS = {"k9": bytes(32), **settings.FIELD_KEYS}
    assert reencrypt_second_factors() == 2
    after = Authenticator.objects.get(type="totp")
    assert after.data["secret"] != before[after.pk]["secret"]
    assert after.data["secret"].startswith("k9:")
    settings.FIELD_KEYS = {"k9": bytes(32)}
    browser = sign_in()
    browser.post("/sign-in/second-factor/ask/", {"code": code_of(secret)})
    assert "_auth_user_id" in browser.session


def test_the_language_that_somebody_chose_follows_them() -> None:
    actions.create_user(username="rini", full_name="Rini", password=PASSWORD, by=None, at=clock.real_now())
    sign_in("rini").post("/language/", {"language": "en", "next": "/sign-in/account/"})
    browser = Client(headers={"accept-language": "id"})
    browser.post("/sign-in/login/", {"login": "rini", "password": PASSWORD})
    assert "My account" in browser.get("/sign-in/account/").content.decode()
