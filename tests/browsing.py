"""Fixtures for tests in Debian's Chromium: a browser, a fresh window that must not complain, and axe."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-background-networking"]

Check = Callable[[Page], None]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in the browser come last: Playwright keeps an event loop in this thread, beside which no other can run."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run. Without one the tests are skipped, except in CI, where they fail."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("There is no Chromium, and in CI the browser tests are never skipped.")
        pytest.skip("no Chromium on this machine: install it to run the browser tests")
    # Playwright keeps an event loop in this thread, in which Django would no longer let any test read its database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_window(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens windows with profiles of their own; a script error or a broken policy in one of them fails the test."""
    complaints: list[str] = []
    opened: list[BrowserContext] = []

    def read(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            complaints.append(line.text)

    def open_window(width: int = 360, height: int = 740, language: str = "id-ID", **more: object) -> BrowserContext:
        window = browser.new_context(viewport={"width": width, "height": height}, locale=language, **more)  # type: ignore[arg-type]  # Playwright's own options
        window.on("weberror", lambda error: complaints.append(str(error.error)))
        window.on("console", read)
        window.set_default_timeout(10_000)
        opened.append(window)
        return window

    yield open_window
    for window in opened:
        window.close()
    assert complaints == []


@pytest.fixture
def page(new_window: Callable[..., BrowserContext]) -> Page:
    """A page on a phone, in Indonesian."""
    return new_window().new_page()


@pytest.fixture(scope="session")
def assert_accessible() -> Check:
    """Fails with the list of what axe finds."""
    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(page)
        assert found.violations_count == 0, found.generate_report()

    return check
