"""The next officer takes over a counter's computer, by eye and by axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer
from tests.browsing import Check

from pendapa.operations.queueing.tests.make import make_user
from pendapa.web.desk.tests.hall import Desk
from pendapa.web.desk.tests.test_change import PASSWORD, with_password

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [320, 1280])
def test_the_next_officer_takes_over(
    desk: Desk,
    width: int,
    live_server: LiveServer,
    new_window: Callable[..., BrowserContext],
    assert_accessible: Check,
) -> None:
    with_password(desk.officer, "Rini Astuti")
    with_password(make_user("dewi", mall=desk.queue.mall, agency=desk.queue.agency), "Dewi Lestari")
    page = new_window(width, 740, "en-US").new_page()

    def look() -> None:
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    for name in ("dewi", desk.officer.username):
        page.goto(f"{live_server.url}/sign-in/login/?next={desk.url}")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Counter")
        if name == "dewi":
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="Change user").click()
    look()
    page.get_by_role("link", name="Dewi Lestari").click()
    look()
    page.get_by_label("Password").fill("wrong-jati-1987")
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    look()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("Dewi Lestari is at counter")).to_be_visible()
