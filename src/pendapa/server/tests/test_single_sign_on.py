"""Staff sign in by an outside provider, which runs on this machine for the test: who gets in, and who does not."""

import threading
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from werkzeug.serving import make_server

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.actions import RoleAt
from pendapa.directory.accounts.models import RoleKind, User

# The provider's own libraries announce their next versions.
pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore")]
EMAIL = "rini@contoh.go.id"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of an OpenID Connect provider that believes every user and client."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock  # type: ignore[import-untyped]  # it carries no types

        server = make_server("127.0.0.1", 0, oidc_provider_mock.app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture(autouse=True)
def configured(provider: str, settings: Settings) -> None:
    cache.clear()
    app = {"provider_id": "staff", "name": "SSO Magetan", "client_id": "pendapa", "secret": "shared-secret"}
    settings.OIDC_NAME = "SSO Magetan"
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [{**app, "settings": {"server_url": provider}}]}
    }


@pytest.fixture
def rini() -> User:
    at = clock.real_now()
    roles = [RoleAt(RoleKind.MINISTRY_VIEWER, None)]
    invited = actions.invite_person(
        username="rini", full_name="Rini Astuti", email=EMAIL, roles=roles, by=None, at=at, real_at=at
    )
    return invited.user


def knows(provider: str, subject: str, **claims: Any) -> None:
    """Make the provider say something of a subject."""
    requests.put(f"{provider}/users/{subject}", json=claims, timeout=5).raise_for_status()


def come_by(provider: str, subject: str, browser: Client | None = None) -> tuple[Client, Any]:
    """Press the button, sign in at the provider, and come back."""
    browser = browser or Client(headers={"accept-language": "en"})
    start = browser.post("/sign-in/single/")
    there = requests.post(start.headers["Location"], data={"sub": subject}, allow_redirects=False, timeout=5)
    back = urlsplit(there.headers["Location"])
    assert f"{back.path}" == "/sign-in/single/callback/"
    return browser, browser.get(f"{back.path}?{back.query}")


def who(browser: Client) -> str:
    return str(browser.session.get("_auth_user_id", ""))


def test_the_first_time_a_verified_address_opens_and_later_the_subject(provider: str, rini: User) -> None:
    knows(provider, "s-1", email=EMAIL.upper(), email_verified=True, name="Rini Astuti")
    browser, answer = come_by(provider, "s-1")
    assert answer.headers["Location"] == "/home/"
    assert who(browser) == str(rini.pk)
    account = SocialAccount.objects.get()
    assert (account.uid, account.extra_data) == ("s-1", {})
    knows(provider, "s-1", email="baru@contoh.go.id", email_verified=False)
    browser, _answer = come_by(provider, "s-1")
    assert who(browser) == str(rini.pk)
    assert SocialAccount.objects.get().extra_data == {}
    verbs = [*Entry.objects.filter(subject=rini.actor_name).order_by("written_at").values_list("verb", flat=True)]
    assert verbs[-3:] == ["user.linked", "user.signed_in", "user.signed_in"]


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "lain@contoh.go.id", "email_verified": True},
        {"email": EMAIL, "email_verified": False},
        {"email": EMAIL},
        {"email": EMAIL, "email_verified": "yes"},
        {"email": "", "email_verified": True},
        {"name": "Rini Astuti"},
    ],
)
def test_another_or_unverified_address_opens_nothing(provider: str, rini: User, claims: dict[str, Any]) -> None:
    knows(provider, "s-2", **claims)
    browser, answer = come_by(provider, "s-2")
    assert answer.status_code == 403
    assert "No way in with that account" in answer.content.decode()
    assert who(browser) == ""
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1
    assert Entry.objects.filter(verb="sign_in.failed").exists()


def test_a_second_subject_with_the_same_address_does_not_take_the_account(provider: str, rini: User) -> None:
    knows(provider, "s-1", email=EMAIL, email_verified=True)
    come_by(provider, "s-1")
    knows(provider, "s-9", email=EMAIL, email_verified=True)
    browser, answer = come_by(provider, "s-9")
    assert answer.status_code == 403
    assert who(browser) == ""


@pytest.mark.parametrize("came_before", [True, False])
def test_who_left_is_told_so(provider: str, rini: User, came_before: bool) -> None:
    knows(provider, "s-1", email=EMAIL, email_verified=True)
    if came_before:
        come_by(provider, "s-1")
    actions.leave(user=User.objects.get(pk=rini.pk), by=None, at=clock.now())
    browser, answer = come_by(provider, "s-1")
    assert answer.status_code == 403
    assert "You have left this installation" in answer.content.decode()
    assert who(browser) == ""


def test_the_second_factor_is_asked_for_all_the_same(provider: str, rini: User) -> None:
    knows(provider, "s-1", email=EMAIL, email_verified=True)
    actions.give_role(user=rini, kind=RoleKind.ADMINISTRATOR, mall=None, by=None, at=clock.now())
    browser, _answer = come_by(provider, "s-1")
    assert browser.get("/home/").headers["Location"] == "/sign-in/second-factor/app/"
    Authenticator.objects.create(user=rini, type=Authenticator.Type.TOTP, data={"secret": ""})
    browser, answer = come_by(provider, "s-1")
    assert answer.headers["Location"].startswith("/sign-in/second-factor/ask/")
    assert who(browser) == ""


def test_a_forged_or_broken_way_back_opens_nothing(provider: str, rini: User) -> None:
    knows(provider, "s-1", email=EMAIL, email_verified=True)
    for query in ("", "?code=x&state=y", "?error=access_denied", "?code=%00&state=%00"):
        browser = Client(headers={"accept-language": "en"})
        assert browser.get(f"/sign-in/single/callback/{query}").status_code in {302, 400, 403}
        assert who(browser) == ""
    mine = Client()
    start = mine.post("/sign-in/single/")
    there = requests.post(start.headers["Location"], data={"sub": "s-1"}, allow_redirects=False, timeout=5)
    back = urlsplit(there.headers["Location"])
    assert "state" in parse_qs(back.query)
    victim = Client()  # to whom somebody sends their own way back
    victim.get(f"{back.path}?{back.query}")
    assert who(victim) == ""


def test_nobody_links_another_account_to_a_session(provider: str, rini: User) -> None:
    browser = Client()
    browser.force_login(rini, backend="allauth.account.auth_backends.AuthenticationBackend")
    start = browser.post("/sign-in/single/?process=connect")
    there = requests.post(start.headers["Location"], data={"sub": "s-5"}, allow_redirects=False, timeout=5)
    back = urlsplit(there.headers["Location"])
    assert browser.get(f"{back.path}?{back.query}").status_code == 404
    assert not SocialAccount.objects.exists()


def test_the_button_is_there_only_where_a_provider_is(settings: Settings) -> None:
    browser = Client(headers={"accept-language": "en"})
    assert "Sign in with SSO Magetan" in browser.get("/sign-in/login/").content.decode()
    settings.OIDC_NAME = ""
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}
    assert "Sign in with" not in browser.get("/sign-in/login/").content.decode()
    assert browser.post("/sign-in/single/").status_code == 404
    assert browser.get("/sign-in/single/callback/?code=x").status_code == 404
