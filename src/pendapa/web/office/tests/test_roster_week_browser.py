"""The roster's week on a phone and on a desk: readable, reached by keyboard, with nothing cut off."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browsing import Check

from pendapa.base import clock
from pendapa.directory.accounts.models import Posting
from pendapa.directory.malls.models import Agency, Counter, Mall
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing.tests.make import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NewWindow = Callable[..., BrowserContext]


@pytest.fixture
def week(mall: Mall, agency: Agency) -> str:
    """The address of a week in which two people work at counters, and one in the hall."""
    today = service_date(mall, clock.now())
    first = today - timedelta(days=today.weekday())
    zone = mall.zones.get()
    counters = [Counter.objects.create(mall=mall, number=n, zone=zone, agency=agency) for n in (3, 4, 12)]
    places = (counters[0], counters[1], None)
    for number, (name, counter) in enumerate(zip(("Rini Astuti", "Budi Santosa", "Dewi Lestari"), places, strict=True)):
        user = make_user(mall=mall, agency=agency)
        user.full_name, user.position = name, "Pengatur Muda"
        user.save()
        for day in range(number, 5):
            Posting.objects.create(
                mall=mall, user=user, counter=counter, date=first + timedelta(days=day), starts=time(8), ends=time(15)
            )
    return f"/office/{mall.code}/roster/week/"


@pytest.fixture(params=[320, 1440])
def page(
    request: pytest.FixtureRequest, at_office: Client, live_server: LiveServer, new_window: NewWindow, week: str
) -> Page:
    """The operator's page, on the narrowest phone and on a desk."""
    window = new_window(request.param, 800, "en-US")
    cookie = at_office.cookies[settings.SESSION_COOKIE_NAME]
    window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}])
    page = window.new_page()
    page.goto(f"{live_server.url}{week}")
    return page


def test_the_week_is_read_and_turned(page: Page, assert_accessible: Check) -> None:
    for by, first in (("By counter", "Counter 3"), ("By person", "Budi Santosa")):
        page.get_by_role("link", name=by).click()
        expect(page.get_by_role("rowheader").first).to_contain_text(first)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Week after").click()
    expect(page.get_by_role("table")).to_contain_text("Nobody is posted in these days.")
    page.get_by_role("link", name="This week").click()


def test_a_shift_is_opened_by_keyboard(page: Page) -> None:
    page.get_by_role("link", name="Rini Astuti").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Until")).to_have_value("15:00")
