"""What only a browser can tell: accessibility, the strict policy, live data, and the habits of forms and keys."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django import Settings

from pendapa.web.ui.tests.stage import Stage

pytestmark = pytest.mark.browser

LIVE_PAGE = """<!doctype html><html lang="en"><title>Live</title><meta charset="utf-8">
<script src="/static/ui/live.js" defer></script><script src="/own.js" defer></script>
<main><p id="text"></p><p id="mode"></p><p id="now"></p></main></html>"""

LIVE_SCRIPT = """
const put = (id, text) => { document.getElementById(id).textContent = text; };
const show = (state, keys) => { put("text", state.label); put("now", String(live.now() > 1.7e12)); };
const live = PendapaLive.open({
  url: "/live", snapshotUrl: "/snapshot", onSnapshot: show, onChange: show, onState: (mode) => put("mode", mode),
});
"""


@pytest.fixture
def play(play: Stage) -> Stage:
    """The stage with a page that shows live data."""
    play.snapshot = {"now": "2026-11-24T02:12:00Z", "label": "A-012"}
    play.pages["/live.html"] = LIVE_PAGE
    play.pages["/own.js"] = LIVE_SCRIPT
    return play


def until(fact: Callable[[], bool], seconds: float = 8) -> None:
    """Wait for something the server can see."""
    end = monotonic() + seconds
    while not fact():
        assert monotonic() < end, "it did not happen in time"
        sleep(0.05)


def rendered(client: Client, path: str) -> str:
    return client.get(path, HTTP_ACCEPT_LANGUAGE="id").content.decode()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1440])
def test_every_component_passes_axe_and_fits(window: BrowserContext, gallery: str, width: int, scheme: Any) -> None:
    page = window.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(gallery)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signing_in_passes_axe(
    window: BrowserContext, play: Stage, client: Client, settings: Settings, scheme: Any
) -> None:
    settings.DEMO = False
    play.pages["/sign-in/login/"] = rendered(client, "/sign-in/login/")
    page = window.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{play.url}/sign-in/login/")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Tab")
    expect(page.locator(".pd-skip")).to_be_focused()


# ---- Live data ----


def live_page(window: BrowserContext, play: Stage, *, shared: bool = True) -> Page:
    page = window.new_page()
    if not shared:
        page.add_init_script("delete window.SharedWorker")
    page.goto(f"{play.url}/live.html")
    expect(page.locator("#text")).to_have_text("A-012")
    return page


@pytest.mark.parametrize("shared", [True, False])
def test_a_change_reaches_the_page_and_keeps_the_rest(window: BrowserContext, play: Stage, shared: bool) -> None:
    page = live_page(window, play, shared=shared)
    expect(page.locator("#mode")).to_have_text("live")
    play.send("change", label="B-007")
    expect(page.locator("#text")).to_have_text("B-007")
    play.send("change", other=1)
    play.send("heartbeat", now="2026-11-24T02:12:10Z")
    expect(page.locator("#text")).to_have_text("B-007")
    expect(page.locator("#now")).to_have_text("true")


def test_all_tabs_of_a_browser_share_one_stream(window: BrowserContext, play: Stage) -> None:
    pages = [live_page(window, play) for _n in range(4)]
    assert play.opened == 1
    play.send("change", label="C-031")
    for page in pages:
        expect(page.locator("#text")).to_have_text("C-031")
    pages[0].close()
    play.send("change", label="C-032")
    expect(pages[1].locator("#text")).to_have_text("C-032")
    assert play.open_streams == 1


def test_without_a_stream_the_snapshot_is_asked_for(window: BrowserContext, play: Stage) -> None:
    play.streaming = False
    page = live_page(window, play)
    expect(page.locator("#mode")).to_have_text("polling")
    play.snapshot = {"now": "2026-11-24T02:13:00Z", "label": "B-008"}
    expect(page.locator("#text")).to_have_text("B-008", timeout=8_000)
    until(lambda: play.not_modified > 0)


def test_a_stream_that_broke_comes_back(window: BrowserContext, play: Stage) -> None:
    page = live_page(window, play)
    play.cut()
    expect(page.locator("#mode")).to_have_text("polling")
    play.streaming = True
    play.snapshot = {"now": "2026-11-24T02:14:00Z", "label": "B-009"}
    expect(page.locator("#mode")).to_have_text("live", timeout=10_000)
    expect(page.locator("#text")).to_have_text("B-009")


def test_silence_is_told_within_seconds(window: BrowserContext, play: Stage) -> None:
    page = window.new_page()
    page.add_init_script("delete window.SharedWorker")
    page.clock.install()
    page.goto(f"{play.url}/live.html")
    expect(page.locator("#mode")).to_have_text("live")
    play.snapshot = None  # the whole server is gone: no snapshot either
    play.streaming = False
    page.clock.fast_forward(16_000)
    expect(page.locator("#mode")).to_have_text("stale")
    page.clock.fast_forward(60_000)
    expect(page.locator("#mode")).to_have_text("offline")
    play.snapshot = {"now": "2026-11-24T02:20:00Z", "label": "D-001"}
    page.clock.fast_forward(10_000)
    expect(page.locator("#mode")).to_have_text("polling")
    expect(page.locator("#text")).to_have_text("D-001")


# ---- Forms, keys, toasts ----

HABITS = """<!doctype html><html lang="en"><title>Habits</title><meta charset="utf-8">
<meta name="htmx-config" content='{"includeIndicatorStyles":false,"allowEval":false}'>
<link rel="stylesheet" href="/static/ui/pendapa.css"><script src="/static/ui/vendor/htmx/htmx.min.js" defer></script>
<script src="/static/ui/pendapa.js" defer></script><body data-fault="Sorry" data-offline="Offline" data-close="Close">
<form method="post" action="/send"><button name="act" value="call" data-key="n">Call</button></form>
<form method="post" action="/send"><button name="act" value="no" data-key="x" disabled>No</button></form>
<form hx-post="/send" hx-swap="none" hx-confirm="Sure?"><button>Delete</button></form>
<button type="button" data-keys-switch aria-pressed="true">Keys</button><input aria-label="Note">
<button type="button" hx-get="/missing">Ask</button>
<div id="toasts" class="pd-toasts" role="status"><div data-toast data-seconds="1" class="pd-toast"><p>News</p>
<button type="button" data-toast-close>Close</button></div></div></body></html>"""


@pytest.fixture
def habits(window: BrowserContext, play: Stage) -> Page:
    play.pages["/habits.html"] = HABITS
    page = window.new_page()
    page.goto(f"{play.url}/habits.html")
    return page


def test_a_double_tap_sends_once(habits: Page, play: Stage) -> None:
    habits.get_by_role("button", name="Call").dblclick()
    until(lambda: len(play.posted) == 1)
    habits.wait_for_timeout(300)
    assert play.posted == ["act=call"]


def test_a_key_presses_its_button(habits: Page, play: Stage) -> None:
    habits.keyboard.press("n")
    until(lambda: play.posted == ["act=call"])


def test_a_key_is_a_letter_while_someone_types(habits: Page, play: Stage) -> None:
    habits.get_by_label("Note").press_sequentially("nan")
    habits.wait_for_timeout(200)
    assert play.posted == []
    expect(habits.get_by_label("Note")).to_have_value("nan")


@pytest.mark.parametrize("key", ["x", "Control+n", "q"])
def test_keys_of_closed_buttons_and_of_the_browser_do_nothing(habits: Page, play: Stage, key: str) -> None:
    habits.keyboard.press(key)
    habits.wait_for_timeout(200)
    assert play.posted == []


def test_keys_can_be_switched_off_and_stay_off(habits: Page, play: Stage) -> None:
    switch = habits.get_by_role("button", name="Keys")
    switch.click()
    habits.reload()
    expect(switch).to_have_attribute("aria-pressed", "false")
    habits.keyboard.press("n")
    habits.wait_for_timeout(200)
    assert play.posted == []


def test_a_question_answered_with_no_leaves_the_form_usable(habits: Page, play: Stage) -> None:
    habits.once("dialog", lambda dialog: dialog.dismiss())
    habits.get_by_role("button", name="Delete").click()
    habits.once("dialog", lambda dialog: dialog.accept())
    habits.get_by_role("button", name="Delete").click()
    until(lambda: len(play.posted) == 1)


def test_news_leaves_but_not_under_the_pointer(habits: Page) -> None:
    news = habits.get_by_text("News")
    news.hover()
    habits.wait_for_timeout(2_500)
    expect(news).to_be_visible()
    habits.mouse.move(0, 0)
    expect(news).to_be_hidden(timeout=4_000)


def test_a_failed_request_is_admitted(habits: Page) -> None:
    habits.get_by_role("button", name="Ask").click()
    expect(habits.get_by_role("status")).to_contain_text("Sorry")
