"""The pictures of the tour: each page of the office at three widths, taken from the demo and never without live rows.

`PENDAPA_TOUR=docs/tour` keeps them where the tour shows them; otherwise they only prove that they can be taken.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import Check
from tests.journeys.test_first_number import become

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., BrowserContext]

WIDTHS = {360: 740, 768: 1024, 1440: 900}
QUALITY = 78  # of JPEG


@dataclass(frozen=True)
class Stop:
    """One page of the tour, and what must be on it for the picture to be true: a selector and how many at least."""

    name: str
    path: str
    rows: str
    least: int


STOPS = (
    Stop("front", "/magetan/", ".pd-line", 8),
    Stop("found", "/magetan/?q=akta+lahir+telat", "#results .pd-line", 2),
    Stop("service", "/magetan/services/akta-kelahiran/", ".pd-ticks__thing", 5),
    Stop("overview", "/office/magetan/", "main li", 8),
    Stop("identity", "/office/magetan/identity/", "[name=address]", 1),
    Stop("zones", "/office/magetan/zones/", ".of-row", 3),
    Stop("facilities", "/office/magetan/facilities/", ".of-row", 20),
    Stop("agencies", "/office/magetan/agencies/", ".of-row", 22),
    Stop("counters", "/office/magetan/counters/", ".of-row", 30),
    Stop("queues", "/office/magetan/queues/", ".of-row", 20),
    Stop("services", "/office/magetan/services/", ".of-row", 50),
    Stop("words", "/office/magetan/words/", ".of-row", 4),
    Stop("pledges", "/office/magetan/pledges/", ".of-row", 22),
    Stop("week", "/office/magetan/hours/week/", ".of-week__bar .of-bar:not([width='0'])", 20),
    Stop("seasons", "/office/magetan/seasons/", ".of-row", 1),
    Stop("calendar", "/office/magetan/calendar/?year=2026", "main tbody tr, main li", 20),
    Stop("people", "/office/magetan/people/", ".of-row", 50),
    Stop("roster", "/office/magetan/roster/week/", "main td .of-shift a", 50),
    Stop("devices", "/office/magetan/devices/", "main li, .of-row", 8),
)


def picture(page: Page, folder: Path, name: str, assert_accessible: Check) -> None:
    """Take the page as it is at every width; it must fit each, and axe finds nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert_accessible(page)
        page.screenshot(path=folder / f"{name}-{width}.jpg", type="jpeg", quality=QUALITY)


@pytest.mark.parametrize("stop", STOPS, ids=[stop.name for stop in STOPS])
def test_a_page_of_the_tour_shows_live_rows_at_every_width(
    demo: str, new_window: Window, assert_accessible: Check, tmp_path: Path, stop: Stop
) -> None:
    folder = Path(os.environ.get("PENDAPA_TOUR") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    page = new_window(1440, 900).new_page()
    become(page, demo, "operator")
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{demo}{stop.path}")
        expect(page.locator(stop.rows).nth(stop.least - 1)).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert_accessible(page)
        page.screenshot(path=folder / f"{stop.name}-{width}.jpg", type="jpeg", quality=QUALITY)


def test_a_change_is_pictured_with_its_history(
    demo: str, new_window: Window, assert_accessible: Check, tmp_path: Path
) -> None:
    folder = Path(os.environ.get("PENDAPA_TOUR") or tmp_path)
    page = new_window(1440, 900).new_page()
    become(page, demo, "operator")
    page.goto(f"{demo}/office/magetan/zones/")
    page.locator(".of-row__link").first.click()
    zone = page.url
    seats = page.locator("[name=seats]")
    seats.fill(str(int(seats.input_value() or 0) + 4))
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("tersimpan")
    page.goto(zone)
    expect(page.locator(".of-timeline__entry").first).to_contain_text(seats.input_value())
    picture(page, folder, "change", assert_accessible)
    page.goto(f"{demo}/office/magetan/hours/")
    page.locator(".of-row__link").first.click()
    expect(page.locator(".of-hours__line").nth(5)).to_be_attached()
    picture(page, folder, "schedule", assert_accessible)
