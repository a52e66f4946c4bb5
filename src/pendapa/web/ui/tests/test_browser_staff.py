"""Staff pages in a browser: keys, forms that say what is unsaved, colours, and what people set in their system."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pendapa.web.ui.tests.stage import Stage

pytestmark = pytest.mark.browser

PART = "#light-staff"

# Elements that a keyboard reached without a ring: neither around themselves nor around the row they open.
UNSEEN = """() => {
  const element = document.activeElement;
  const drawn = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return drawn(getComputedStyle(element)) || drawn(getComputedStyle(element, "::after")) ? null : element.outerHTML;
}"""


@pytest.fixture
def page(window: BrowserContext, gallery: str) -> Page:
    """The gallery, wide."""
    opened = window.new_page()
    opened.set_viewport_size({"width": 1280, "height": 900})
    opened.goto(gallery)
    return opened


def test_whatever_the_keyboard_reaches_is_seen_to_be_reached(page: Page) -> None:
    page.locator(f"{PART} .of-nav a").first.focus()
    reached, unseen = 0, []
    while page.evaluate(f"document.querySelector('{PART}').contains(document.activeElement)"):
        reached += 1
        if without := page.evaluate(UNSEEN):
            unseen.append(without)
        page.keyboard.press("Tab")
    assert unseen == []
    assert reached > 60


def test_slash_goes_to_the_search_and_j_and_k_through_the_rows(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator("[data-search]").first).to_be_focused()
    page.keyboard.type("j/k")
    expect(page.locator("[data-search]").first).to_have_value("j/k")
    page.locator("[data-search]").first.blur()
    rows = page.locator(".of-row__link")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()


def test_a_row_opens_wherever_it_is_clicked_but_its_actions_stay_apart(page: Page) -> None:
    page.evaluate("document.querySelectorAll('.of-row__link').forEach((a, n) => { a.hash = `row-${n}`; })")
    page.evaluate("document.querySelectorAll('.of-row__actions a').forEach((a, n) => { a.hash = `act-${n}`; })")
    row = page.locator(f"{PART} .of-row").first
    row.locator("td").nth(2).click(force=True)  # the link lies over the row
    assert page.evaluate("location.hash") == "#row-0"
    row.locator(".of-row__actions a").click()
    assert page.evaluate("location.hash") == "#act-0"


def test_a_menu_closes_when_one_looks_elsewhere(page: Page) -> None:
    menu = page.locator(f"{PART} .of-pop").first
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_colours_change_at_once_and_the_server_is_told(page: Page, play: Stage) -> None:
    html = page.locator("html")
    switch = page.locator(f"{PART} [data-theme-switch]")
    switch.locator("button[value=dark]").click()
    expect(html).to_have_attribute("data-bs-theme", "dark")
    expect(switch.locator("button[value=dark]")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(200)
    assert [body for body in play.posted if "dark" in body]
    switch.locator("button[value='']").click()
    expect(html).not_to_have_attribute("data-bs-theme", "dark")


def test_a_line_is_added_to_a_formset_under_the_next_number(page: Page) -> None:
    box = page.locator(f"{PART} [data-rows]")
    box.locator("[data-rows-add]").click()
    expect(box.locator(".of-formrow")).to_have_count(3)
    expect(box.locator("input[name='rows-2-date']")).to_be_focused()
    expect(box.locator("input[name='rows-TOTAL_FORMS']")).to_have_value("3")


def test_what_somebody_else_saved_can_be_taken_over_and_given_back(page: Page) -> None:
    seats = page.locator(f"{PART} input[name=seats]")
    seats.fill("50")
    take = page.locator(f"{PART} [data-take]").first
    take.click()
    expect(seats).to_have_value("48")
    take.click()
    expect(seats).to_have_value("50")


def test_nothing_moves_for_people_who_asked_for_that(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s').length"
    )
    assert moving == 0


@pytest.mark.parametrize(
    "chosen",
    [
        ".of-nav a[aria-current]",
        ".of-tabs a[aria-current]",
        ".of-theme [aria-pressed=true]",
        ".of-pager [aria-current]",
    ],
)
def test_what_is_chosen_stays_visible_in_forced_colours(page: Page, chosen: str) -> None:
    page.emulate_media(forced_colors="active")
    style: Any = page.locator(f"{PART} {chosen}").first.evaluate("(one) => getComputedStyle(one).outlineStyle")
    assert style == "solid"


def test_on_a_phone_a_row_is_a_card_with_its_titles(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    cell = page.locator(f"{PART} .of-row td").first
    assert cell.evaluate("(one) => getComputedStyle(one, '::before').content") == '"Lantai"'
    assert page.locator(f"{PART} .of-table").first.evaluate("(one) => getComputedStyle(one).display") == "block"
