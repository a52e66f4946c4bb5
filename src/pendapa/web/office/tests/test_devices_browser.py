"""A new screen in the hall and the operator's phone: paired without typing a key, locked, moved and given up."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browsing import Check

from pendapa.base import clock
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.models import Device, DeviceKind, Pairing
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing.tests.make import make_mall
from pendapa.web.office.tests.conftest import fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NewWindow = Callable[..., BrowserContext]

WELCOME = "Welcome. Which agency do you need?"
SOON = 10_000  # ms in which a screen has heard what happened to it


@pytest.fixture
def office(at_office: Client, live_server: LiveServer, new_window: NewWindow) -> Page:
    """The operator's phone, which is the narrowest there is."""
    window = new_window(320, 640, "en-US")
    cookie = at_office.cookies[settings.SESSION_COOKIE_NAME]
    window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}])
    return window.new_page()


def type_in(office: Page, live_server: LiveServer, code: str) -> None:
    office.goto(f"{live_server.url}/devices/code/")
    office.get_by_label("Code on the screen").fill(code.lower().replace("-", " "))


def test_a_screen_becomes_a_kiosk_by_itself_and_is_locked_from_the_phone(
    mall: Mall, office: Page, live_server: LiveServer, new_window: NewWindow, assert_accessible: Check
) -> None:
    kiosk = new_window(1080, 1920, "en-US").new_page()
    kiosk.goto(f"{live_server.url}/devices/pair/")
    assert_accessible(kiosk)
    type_in(office, live_server, kiosk.locator("#code").inner_text())
    assert_accessible(office)
    assert fits(office)
    office.get_by_label("Where it stands").fill("beside the main door")
    office.get_by_role("button", name="Pair").click()
    expect(kiosk.get_by_role("heading", level=1)).to_have_text(WELCOME, timeout=SOON)

    card = office.get_by_role("article").filter(has_text="kiosk-1")
    expect(card).to_contain_text("beside the main door")
    expect(card).to_contain_text("online", timeout=15_000)
    link = card.get_by_role("link")
    link.focus()
    before = card.inner_text()
    expect(card).not_to_have_text(before, timeout=15_000, use_inner_text=True)  # the cards came anew
    expect(link).to_be_focused()
    assert_accessible(office)
    assert fits(office)

    link.click()
    assert_accessible(office)
    assert fits(office)
    office.get_by_role("button", name="Lock the device").click()
    expect(kiosk.locator("h1")).to_have_text("Layar ini sedang dikunci", timeout=SOON)
    expect(kiosk.get_by_text("This screen is locked for now")).to_be_visible()
    assert_accessible(kiosk)
    office.get_by_role("button", name="Unlock the device").click()
    expect(kiosk.get_by_role("heading", level=1)).to_have_text(WELCOME, timeout=SOON)

    office.get_by_text("Lost, sold or looked into?").click()
    office.get_by_role("button", name="Withdraw the key").click()
    expect(kiosk.get_by_role("heading", level=1)).to_have_text("This screen is not a kiosk yet", timeout=SOON)


def test_a_screen_without_scripts_becomes_a_board(
    mall: Mall, office: Page, live_server: LiveServer, new_window: NewWindow
) -> None:
    board = new_window(1920, 1080, "en-US", java_script_enabled=False).new_page()
    board.goto(f"{live_server.url}/devices/pair/")
    type_in(office, live_server, board.locator("#code").text_content() or "")
    office.get_by_label("board", exact=True).check()
    office.get_by_role("button", name="Pair").click()
    expect(board.get_by_role("heading", level=1)).to_have_text(mall.name, timeout=SOON)
    assert board.url.endswith(f"/board/{mall.code}/")


def test_a_board_hears_that_it_was_locked_and_moved(
    mall: Mall, live_server: LiveServer, new_window: NewWindow, assert_accessible: Check
) -> None:
    device = actions.create_device(mall=mall, name="board-1", kind=DeviceKind.BOARD, by=None, at=clock.now())
    key = actions.create_token(bearer=device, by=None, at=clock.now())
    window = new_window(1920, 1080, "en-US")
    window.add_cookies([{"name": "pendapa_device", "value": key, "url": live_server.url}])
    board = window.new_page()
    board.goto(f"{live_server.url}/board/{mall.code}/")
    actions.lock_device(device=device, by=None, at=clock.now())
    expect(board.get_by_text("This screen is locked for now")).to_be_visible(timeout=SOON)
    assert_accessible(board)
    other = make_mall()
    actions.change_device(device=device, values={"mall": other}, version=None, by=None, at=clock.now())
    actions.unlock_device(device=device, by=None, at=clock.now())
    expect(board.get_by_role("heading", level=1)).to_have_text(other.name, timeout=SOON)
    assert Device.objects.get().seen_at is not None


def test_a_waiting_screen_renews_its_code_and_tells_when_it_is_cut_off(
    live_server: LiveServer, new_window: NewWindow, db: None
) -> None:
    window = new_window(360, 740, "en-US")
    screen = window.new_page()
    screen.goto(f"{live_server.url}/devices/pair/")
    code = screen.locator("#code").inner_text()
    Pairing.objects.update(expires_at=clock.real_now() + timedelta(seconds=10))
    expect(screen.locator("#code")).not_to_have_text(code)
    assert fits(screen)
    window.set_offline(True)
    expect(screen.get_by_role("status")).to_have_text("No connection right now. This screen keeps trying.")
    window.set_offline(False)
    expect(screen.get_by_role("status")).to_contain_text("Waiting for the operator.")
