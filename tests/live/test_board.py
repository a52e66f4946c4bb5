"""The board in a real browser over real servers: a call appears by itself, and silence is admitted."""

import json
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from pendapa.base import clock
from pendapa.directory.accounts.actions import create_token
from tests.live.hall import Desk
from tests.live.servers import Relay, Server, address, running, two_ports

pytestmark = pytest.mark.browser
LATEST = 2.0  # seconds from the answer of a call to the text on the board


@pytest.fixture
def servers(transactional_db: None) -> Iterator[tuple[Server, Server]]:
    """The pages and the streams of a demo, side by side as `pendapa demo` starts them."""
    first, second = two_ports()
    variables = {
        "DATABASE_URL": address(),
        "PENDAPA_DATABASE_POOL": "8",
        "PENDAPA_LOG_LEVEL": "WARNING",
        "PENDAPA_DEMO": "1",
        "LIVE_URL": f"http://127.0.0.1:{second}",
    }
    with running(Server("pages", first, variables)) as pages, running(Server("live", second, variables)) as live:
        yield pages, live


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile of a board's screen; whatever the page itself does wrong fails the test."""
    complaints: list[str] = []
    opened = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="id-ID")
    opened.on("weberror", lambda error: complaints.append(str(error.error)))

    def read(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            complaints.append(line.text)

    opened.on("console", read)
    yield opened
    opened.close()
    assert complaints == []


def shown(window: BrowserContext, pages: Server, desk: Desk) -> Page:
    """The board of a desk's mall, connected."""
    page = window.new_page()
    page.goto(f"{pages.url}/board/{desk.queue.mall.code}/")
    expect(page.get_by_text("Terhubung", exact=True)).to_be_visible()
    return page


def call_over_the_api(pages: Server, desk: Desk, token: str) -> str:
    """An officer calls; the label that was called."""
    path = f"/api/v1/malls/{desk.queue.mall.code}/counters/{desk.counter.number}/call-next"
    client = HTTPConnection("127.0.0.1", pages.port, timeout=10)
    client.request("POST", path, headers={"Authorization": f"Bearer {token}"})
    label: str = json.load(client.getresponse())["label"]
    client.close()
    return label


def test_a_call_over_the_api_is_on_the_board_within_two_seconds_without_a_reload(
    window: BrowserContext, servers: tuple[Server, Server]
) -> None:
    pages, _ = servers
    desk = Desk.make(waiting=4)
    token = create_token(bearer=desk.officer, by=None, at=clock.now())
    page = shown(window, pages, desk)
    expect(page.get_by_text("Belum ada yang dipanggil")).to_be_visible()
    page.evaluate("document.body.dataset.same = 'yes'")
    delays = []
    for _ in range(4):
        for active in desk.active():
            desk.finish(active)
        label = call_over_the_api(pages, desk, token)
        answered = time.monotonic()
        expect(page.get_by_role("listitem").filter(has_text=label).first).to_contain_text("Loket 1")
        delays.append(time.monotonic() - answered)
        expect(page.get_by_role("status")).to_have_text(f"{label}, silakan ke loket 1, {desk.queue.agency.short_name}.")
    assert max(delays) < LATEST, delays
    assert page.evaluate("document.body.dataset.same") == "yes"
    expect(page.locator(".pd-call").first).to_have_attribute("data-label", label)
    expect(page.get_by_role("list").last.get_by_role("listitem")).to_contain_text(["0"])


def test_a_second_call_of_the_same_number_is_told_again(window: BrowserContext, servers: tuple[Server, Server]) -> None:
    pages, _ = servers
    desk = Desk.make(waiting=1)
    page = shown(window, pages, desk)
    ticket = desk.call()
    row = page.locator(".pd-call")
    expect(row).to_have_class("pd-call pd-call--called pd-call--first pd-call--new")
    page.evaluate("document.getElementById('board-spoken').textContent = ''")
    desk.recall(ticket)
    expect(page.get_by_role("status")).to_contain_text(ticket.label)
    expect(row).to_have_count(1)
    desk.finish(ticket)
    expect(page.get_by_text("silakan datang")).to_be_hidden()


def test_a_board_that_hears_nothing_admits_it_and_recovers_by_itself(
    window: BrowserContext, servers: tuple[Server, Server]
) -> None:
    """Both servers are taken away: after 15 s nobody is sent to a counter by old data."""
    pages, live = servers
    desk = Desk.make(waiting=2)
    page = window.new_page()
    page.add_init_script("delete window.SharedWorker")  # so that the page's clock is the stream's
    page.clock.install()
    page.goto(f"{pages.url}/board/{desk.queue.mall.code}/")
    expect(page.get_by_text("Terhubung", exact=True)).to_be_visible()
    lost = page.get_by_role("alert")
    expect(lost).to_be_hidden()
    live.kill()
    pages.kill()
    page.clock.run_for(16_000)
    expect(lost).to_be_visible()
    expect(lost).to_contain_text("Papan ini sedang tidak terhubung.")
    expect(lost).to_contain_text("This board is not up to date.")
    expect(lost).to_contain_text("Kabar terakhir pukul")
    expect(page.get_by_text("CONTOH, bukan data resmi")).to_be_in_viewport()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    ticket = desk.call()
    pages.start()
    page.clock.run_for(5_000)
    expect(lost).to_be_hidden()
    expect(page.get_by_text("Diperbarui tiap beberapa detik")).to_be_visible()
    expect(page.locator(".pd-call")).to_contain_text([ticket.label])
    live.start()
    page.clock.run_for(60_000)
    expect(page.get_by_text("Terhubung", exact=True)).to_be_visible()


def test_a_change_that_was_taken_back_while_the_stream_was_away_is_not_kept(
    window: BrowserContext, servers: tuple[Server, Server]
) -> None:
    """The polled state is the one from before the stream: the server must not be asked with its tag."""
    pages, live = servers
    desk = Desk.make(waiting=1)
    page = window.new_page()
    page.add_init_script("delete window.SharedWorker")
    live.stop()
    page.goto(f"{pages.url}/board/{desk.queue.mall.code}/")
    expect(page.get_by_text("Diperbarui tiap beberapa detik")).to_be_visible()
    live.start()
    expect(page.get_by_text("Terhubung", exact=True)).to_be_visible(timeout=30_000)
    ticket = desk.call()
    expect(page.locator(".pd-call")).to_contain_text([ticket.label])
    page.route("**/api/v1/**", lambda route: route.abort())
    live.stop()
    desk.undo(ticket)
    page.unroute("**/api/v1/**")
    expect(page.locator(".pd-call")).to_have_count(0, timeout=10_000)


@pytest.mark.slow
def test_a_board_that_met_an_outage_comes_back_without_javascript(browser: Browser, transactional_db: None) -> None:
    desk = Desk.make(waiting=1)
    label = desk.call().label
    with tempfile.TemporaryDirectory(prefix="pendapa-relay-") as folder:
        relay = Relay(Path(folder))
        relay.open()
        variables = {"DATABASE_URL": address(folder), "PENDAPA_DATABASE_POOL": "4", "PENDAPA_LOG_LEVEL": "ERROR"}
        with running(Server("pages", two_ports()[0], variables)) as pages:
            relay.cut()
            window = browser.new_context(java_script_enabled=False, locale="id-ID")
            page = window.new_page()
            answer = page.goto(f"{pages.url}/board/{desk.queue.mall.code}/")
            assert answer is not None
            assert answer.status == 503
            expect(page.get_by_text("sistem belum dapat menjawab saat ini")).to_be_visible()
            relay.open()
            expect(page.locator(".pd-call")).to_contain_text([label], timeout=30_000)
            window.close()
        relay.cut()


def test_without_javascript_the_board_is_there(browser: Browser, servers: tuple[Server, Server]) -> None:
    pages, _ = servers
    desk = Desk.make(waiting=2)
    label = desk.call().label
    window = browser.new_context(java_script_enabled=False, locale="id-ID")
    page = window.new_page()
    page.goto(f"{pages.url}/board/{desk.queue.mall.code}/")
    expect(page.locator(".pd-call")).to_contain_text([label])
    expect(page.get_by_text("Keadaan pukul")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
    window.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_board_passes_axe_and_fits_every_screen(
    window: BrowserContext, servers: tuple[Server, Server], scheme: str
) -> None:
    pages, _ = servers
    desk = Desk.make(waiting=8)
    others = [desk.beside(prefix) for prefix in "BCDE"]
    for one in (desk, *others):
        one.call()
    page = shown(window, pages, desk)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    for width, height in ((1920, 1080), (1366, 768), (1080, 1920), (768, 1024), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        found = Axe().run(page)
        assert found.violations_count == 0, (width, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width >= 768:  # on a phone it may be longer
            assert page.evaluate("document.documentElement.scrollHeight") <= height
            rows = page.locator(".pd-call")
            expect(rows).to_have_count(5)
            expect(rows.last).to_be_in_viewport(ratio=1)
        expect(page.get_by_text("CONTOH, bukan data resmi")).to_be_visible()
        assert page.locator(".pd-call").evaluate_all("rows => rows.every(row => row.scrollWidth <= row.clientWidth)")
    page.set_viewport_size({"width": 1920, "height": 1080})
    # Read at 10 m a capital is at least 5 cm: 79 px on a screen of 55 inches, and Plus Jakarta's capitals are 0.71 em.
    size = page.locator(".pd-call__label").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert size * 0.71 > 79
