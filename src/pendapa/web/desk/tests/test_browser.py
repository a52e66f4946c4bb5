"""The officer's page in a browser: by keyboard alone, undone, moved on, followed, and readable for everybody."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import F
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browsing import Check

from pendapa.base import clock
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import CounterState, Ticket, Visit
from pendapa.operations.queueing.rules import PriorityReason, State
from pendapa.operations.queueing.tests.make import make_queue, take
from pendapa.web.desk.tests.hall import Desk, make_desk, state_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NewWindow = Callable[..., BrowserContext]


def sit(desk: Desk, server: LiveServer, window: BrowserContext) -> Page:
    """The counter's page in a window of the desk's officer."""
    cookie = desk.client.cookies[settings.SESSION_COOKIE_NAME]
    window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": server.url}])
    page = window.new_page()
    page.goto(server.url + desk.url)
    return page


@pytest.fixture
def seat(desk: Desk, live_server: LiveServer, new_window: NewWindow) -> Page:
    """The page of an open counter where three people wait, in English."""
    for _person in range(3):
        desk.wait()
    return sit(desk, live_server, new_window(1366, 768, "en-US"))


def news(page: Page, words: str) -> None:
    expect(page.locator("#ds-said")).to_contain_text(words)


def test_a_visitor_is_served_by_keyboard_alone(desk: Desk, seat: Page) -> None:
    for key, words in (
        ("n", "A-001 is called to counter"),
        ("r", "A-001 is called again, call 2."),
        ("s", "A-001 is being served."),
        ("h", "A-001 is on hold."),
        ("1", "A-001 is being served."),
        ("f", "A-001 is finished."),
        ("n", "A-002 is called to counter"),
        ("x", "A-002 is not here."),
        ("k", "A-002 is back in line"),
    ):
        seat.keyboard.press(key)
        news(seat, words)
    assert state_of(Ticket.objects.get(number=1)) == State.SERVED
    seat.keyboard.press("b")
    seat.get_by_role("radio", name="Prayer").check()
    seat.keyboard.press("Enter")
    expect(seat.get_by_role("button", name="Go on after the break")).to_be_visible()
    seat.keyboard.press("g")
    expect(seat.get_by_role("button", name="Call the next")).to_be_visible()
    seat.keyboard.press("q")
    expect(seat.get_by_role("heading", name="Choose a counter")).to_be_visible()
    desk.counter.status.refresh_from_db()
    assert desk.counter.status.state == CounterState.CLOSED


def test_a_wrong_key_is_undone(seat: Page) -> None:
    for key, words in (("n", "is called"), ("x", "is not here"), ("u", "Taken back. A-001 is now: called.")):
        seat.keyboard.press(key)
        news(seat, words)
    expect(seat.get_by_role("button", name="Start serving")).to_be_visible()


def test_a_visitor_is_moved_on_by_words(desk: Desk, seat: Page) -> None:
    target = make_queue(desk.queue.mall, prefix="Z").services.get()
    seat.keyboard.press("n")
    news(seat, "is called")
    seat.keyboard.press("t")
    search = seat.get_by_role("searchbox", name="Search for a service or agency")
    expect(search).to_be_focused()
    seat.keyboard.type(target.name)
    found = seat.get_by_role("button", name=target.name)
    expect(found).to_be_visible()
    found.focus()
    seat.keyboard.press("Enter")
    news(seat, f"A-001 is moved on to {target.name}")
    expect(seat.locator("#ds-panel")).to_be_empty()
    seat.keyboard.press("u")
    news(seat, "Taken back.")


def test_numbers_are_given_received_and_cancelled_from_panels(desk: Desk, seat: Page, assert_accessible: Check) -> None:
    seat.keyboard.press("w")
    expect(seat.get_by_role("heading", name="Give a number at the desk")).to_be_visible()
    assert_accessible(seat)
    seat.get_by_label("Priority").select_option(PriorityReason.ELDERLY)
    seat.get_by_role("button", name="Give the number").press("Enter")
    news(seat, "Number A-004 is given.")
    seat.keyboard.press("a")
    expect(seat.get_by_role("textbox", name="Number or code")).to_be_focused()
    seat.keyboard.type("A-777")
    seat.keyboard.press("Enter")
    expect(seat.get_by_role("alert").filter(has_text="No such number today")).to_be_visible()
    assert_accessible(seat)
    seat.keyboard.press("Escape")
    expect(seat.locator("#ds-panel")).to_be_empty()
    seat.get_by_role("link", name="Cancel the number: A-003").press("Enter")
    expect(seat.get_by_text("This cannot be undone.")).to_be_visible()
    assert_accessible(seat)
    seat.locator("#ds-panel").get_by_role("button", name="Cancel the number").press("Enter")
    news(seat, "A-003 is cancelled.")


def test_keys_can_be_switched_off(desk: Desk, seat: Page) -> None:
    seat.get_by_role("button", name="Keys").press("Enter")
    seat.keyboard.press("n")
    seat.wait_for_timeout(500)
    assert set(Ticket.objects.values_list("state", flat=True)) == {State.WAITING}
    seat.get_by_role("button", name="Call the next").press("Enter")
    news(seat, "A-001 is called")


def test_the_page_follows_what_others_do(desk: Desk, seat: Page) -> None:
    colleague = make_desk(beside=desk)
    colleague.sit()
    expect(seat.get_by_text("A-001", exact=True)).to_be_visible()
    actions.call_next(counter=colleague.counter, by=colleague.officer, at=clock.now())
    expect(seat.get_by_text("A-001", exact=True)).to_have_count(0, timeout=9_000)


def test_a_page_behind_the_times_says_what_is_now(desk: Desk, seat: Page) -> None:
    seat.keyboard.press("n")
    news(seat, "is called")
    ticket = Ticket.objects.get(number=1)
    actions.finish(
        ticket=actions.start(ticket=ticket, by=desk.officer, at=clock.now()), by=desk.officer, at=clock.now()
    )
    seat.keyboard.press("x")
    expect(seat.get_by_role("alert")).to_contain_text("A-001 is now: done.")
    expect(seat.get_by_role("button", name="Call the next")).to_be_visible()


def test_signed_out_in_another_tab_the_page_leads_to_signing_in(desk: Desk, seat: Page) -> None:
    desk.client.logout()
    seat.keyboard.press("n")
    expect(seat).to_have_url(f"{seat.url.split('/desk/')[0]}/sign-in/login/?next={desk.url.replace('/', '%2F')}")
    assert set(Ticket.objects.values_list("state", flat=True)) == {State.WAITING}


@pytest.mark.parametrize("language", ["id-ID", "en-US"])
@pytest.mark.parametrize("width", [1366, 320])
def test_everybody_can_read_the_page(
    desk: Desk, live_server: LiveServer, new_window: NewWindow, assert_accessible: Check, *, language: str, width: int
) -> None:
    for act in (actions.hold, actions.no_show):
        act(ticket=desk.call(), by=desk.officer, at=clock.now())
    desk.wait()
    desk.serve()
    for _person in range(14):
        desk.wait()
    take(desk.queue, reason=PriorityReason.ELDERLY)
    Ticket.objects.update(issued_at=F("issued_at") - timedelta(minutes=20))
    Visit.objects.update(present_at=F("present_at") - timedelta(minutes=20))
    page = sit(desk, live_server, new_window(width, 700, language))
    page.wait_for_timeout(300)
    assert_accessible(page)
    for path in ("break/", "issue/", "receive/", f"tickets/{Ticket.objects.get(state=State.SERVING).pk}/transfer/"):
        page.goto(live_server.url + desk.url + path)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(live_server.url + desk.url)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    actions.finish(ticket=Ticket.objects.get(state=State.SERVING), by=desk.officer, at=clock.now())
    actions.close_counter(counter=desk.counter, by=desk.officer, at=clock.now())
    page.goto(f"{live_server.url}/desk/")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
