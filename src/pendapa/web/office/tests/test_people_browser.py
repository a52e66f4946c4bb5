"""From the invitation to the counter, as people do it: on a phone of 320 px and on a desk, accessible throughout."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browsing import Check

from pendapa.base import clock
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.actions import RoleAt
from pendapa.directory.accounts.models import RoleKind, User
from pendapa.directory.malls.models import Agency, Mall
from pendapa.web.office.tests.conftest import fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NewWindow = Callable[..., BrowserContext]
SIGN_IN = re.compile("/sign-in/")
PASSWORD = "gerbang-jati-1987"


@pytest.fixture(autouse=True)
def counts_from_zero(db: None) -> None:
    cache.clear()


@pytest.fixture(params=[320, 1280])
def office(request: pytest.FixtureRequest, at_office: Client, live_server: LiveServer, new_window: NewWindow) -> Page:
    """The operator's browser, as narrow as a phone and as wide as a desk."""
    window = new_window(request.param, 740, "en-US")
    cookie = at_office.cookies[settings.SESSION_COOKIE_NAME]
    window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}])
    return window.new_page()


def test_somebody_is_invited_and_gets_in(
    *,
    mall: Mall,
    agency: Agency,
    office: Page,
    live_server: LiveServer,
    new_window: NewWindow,
    assert_accessible: Check,
) -> None:
    def look(page: Page) -> None:
        assert_accessible(page)
        assert fits(page), page.url

    office.goto(f"{live_server.url}/office/{mall.code}/people/")
    look(office)
    office.get_by_role("link", name="Invite a person").first.click()
    office.get_by_label("Name", exact=True).fill("Budi Santosa")
    office.get_by_label("User name").fill("budi")
    office.get_by_label("Role").select_option(label="counter officer")
    office.get_by_label("Agency").select_option(label=agency.short_name)
    look(office)
    office.get_by_role("button", name="Save", exact=False).last.click()
    expect(office.get_by_role("heading", level=1)).to_have_text("Link for Budi Santosa")
    look(office)
    link = office.get_by_label("Invitation link").input_value()

    phone = new_window(320, 640, "en-US").new_page()
    phone.goto(link)
    look(phone)
    phone.get_by_label("New password").fill(PASSWORD)
    phone.get_by_label("Once more").fill(PASSWORD)
    phone.get_by_role("button", name="Set the password").click()
    look(phone)
    phone.get_by_label("User name").fill("budi")
    phone.get_by_label("Password").fill(PASSWORD)
    phone.get_by_role("button", name="Sign in").click()
    expect(phone).not_to_have_url(SIGN_IN)
    phone.goto(f"{live_server.url}/sign-in/account/")
    look(phone)

    office.get_by_role("link", name="Budi Santosa").first.click()
    look(office)
    office.get_by_role("link", name="Roles").click()
    look(office)
    office.goto(f"{live_server.url}/office/{mall.code}/people/{User.objects.get(username='budi').pk}/leave/")
    look(office)
    office.get_by_role("button", name="Lock out everywhere").click()
    expect(office.get_by_text("Budi Santosa is locked out everywhere.")).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Sign in")
    for page in ("roster/", "roster/new/", "roster/copy/", "people/import/", "roster/import/"):
        office.goto(f"{live_server.url}/office/{mall.code}/{page}")
        look(office)


def test_an_administrator_sets_up_the_second_factor(
    mall: Mall, live_server: LiveServer, new_window: NewWindow, assert_accessible: Check
) -> None:
    at = clock.real_now()
    invited = actions.invite_person(
        username="admin",
        full_name="Sari Wulandari",
        roles=[RoleAt(RoleKind.ADMINISTRATOR, mall)],
        by=None,
        at=at,
        real_at=at,
    )
    actions.accept_invitation(code=invited.code, password=PASSWORD, at=at, real_at=at)
    page = new_window(320, 640, "en-US").new_page()

    def look() -> None:
        assert_accessible(page)
        assert fits(page), page.url

    def enter() -> None:
        page.goto(f"{live_server.url}/sign-in/login/")
        page.get_by_label("User name").fill("admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    enter()
    page.wait_for_url("**/sign-in/again/**")
    look()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up the second factor")
    look()
    secret = page.locator("code").inner_text()

    def code(step: int) -> str:
        return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step)))

    page.get_by_label("Authenticator code").fill(code(-1))
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    look()
    page.goto(f"{live_server.url}/sign-in/second-factor/")
    look()
    page.goto(f"{live_server.url}/sign-in/second-factor/app/remove/")
    look()
    page.context.clear_cookies()
    enter()
    expect(page.get_by_role("heading", level=1)).to_have_text("The code from your phone")
    look()
    page.get_by_label("Code").fill(code(0))
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(SIGN_IN)
