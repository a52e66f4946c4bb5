"""Hours and calendar on the narrowest phone, by keyboard, without JavaScript, and as axe sees them."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browsing import Check

from pendapa.base import clock
from pendapa.directory.malls import actions
from pendapa.directory.malls.models import CalendarDay, Mall, Schedule
from pendapa.directory.malls.queries import service_date
from pendapa.directory.malls.rules import Period, Stretch
from pendapa.web.office.tests.conftest import fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NewWindow = Callable[..., BrowserContext]


@pytest.fixture
def schedule(mall: Mall) -> Schedule:
    """Office hours with Friday prayer, a week for Ramadan, a special day, and days of the calendar."""
    at = clock.now()
    today = service_date(mall, at)
    season = actions.save_season(
        mall=mall,
        season=None,
        values={
            "name": "Ramadan 1448 H",
            "starts_on": today + timedelta(days=76),
            "ends_on": today + timedelta(days=105),
        },
        version=None,
        by="user:1",
        at=at,
    )
    periods = [
        *(Period(day, *hours) for day in range(4) for hours in ((time(7, 30), time(12)), (time(13), time(16)))),
        Period(4, time(7, 30), time(11, 30)),
        Period(4, time(13), time(16)),
        *(Period(day, time(8), time(14), season=season.pk) for day in range(5)),
    ]
    schedule = actions.save_schedule(
        mall=mall, schedule=None, values={"name": "Jam kantor"}, periods=periods, version=None, by="user:1", at=at
    )
    actions.save_special_day(
        mall=mall,
        day=None,
        values={"date": today + timedelta(days=2), "reason": "Layanan malam", "schedule": None},
        stretches=[Stretch(time(8), time(15)), Stretch(time(18), time(21))],
        version=None,
        by="user:1",
        at=at,
    )
    days = [
        CalendarDay(date=date(2026, *day), kind=kind, name=name)
        for day, kind, name in (
            ((12, 24), "joint_leave", "Cuti bersama Natal"),
            ((12, 25), "national", "Hari Raya Natal"),
            ((8, 17), "national", "Hari Kemerdekaan RI"),
            ((11, 27), "election", "Pemungutan suara ulang"),
        )
    ]
    for day in days:
        values = {"date": day.date, "kind": day.kind, "name": day.name, "mall": mall, "source": "SKB.csv"}
        actions.propose_day(day=None, values=values, version=None, by="user:1", at=at)
    confirmed = CalendarDay.objects.filter(date__lte=date(2026, 12, 1))
    actions.confirm_calendar_days(days=[*confirmed], legal_basis="SKB 3 Menteri 1497/2025", by="user:2", at=at)
    return schedule


@pytest.fixture
def office(at_office: Client, live_server: LiveServer, new_window: NewWindow) -> Callable[..., Page]:
    def opened(width: int, **more: object) -> Page:
        window = new_window(width, 800, "en-US", **more)
        cookie = at_office.cookies[settings.SESSION_COOKIE_NAME]
        window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}])
        return window.new_page()

    return opened


def test_every_page_fits_a_narrow_phone_and_is_accessible(
    mall: Mall, schedule: Schedule, office: Callable[..., Page], live_server: LiveServer, assert_accessible: Check
) -> None:
    page = office(320)
    for rest in (
        "hours/", f"hours/{schedule.pk}/", "hours/new/", "hours/week/", "seasons/", "special-days/",
        "special-days/new/", "calendar/?year=2026", "calendar/new/", "calendar/import/",
    ):  # fmt: skip
        page.goto(f"{live_server.url}/office/{mall.code}/{rest}")
        assert_accessible(page)
        assert fits(page), rest


def test_a_week_is_filled_in_tried_and_saved_by_keyboard(
    mall: Mall, schedule: Schedule, office: Callable[..., Page], live_server: LiveServer, assert_accessible: Check
) -> None:
    page = office(1440)
    page.goto(f"{live_server.url}/office/{mall.code}/hours/{schedule.pk}/")
    page.get_by_role("button", name=re.compile("Add hours.*Usual week, Saturday")).press("Enter")
    first = page.get_by_label("Usual week, Saturday, opens")
    expect(first).to_be_focused()
    first.fill("08:00")
    page.get_by_label("Usual week, Saturday, closes").fill("12:00")
    page.get_by_role("button", name="Try this week").press("Enter")
    expect(page.get_by_role("heading", name="As it would be")).to_be_visible()
    expect(page.get_by_role("list", name="The week as it would be")).to_contain_text("before: closed")
    assert_accessible(page)
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("saved")
    assert schedule.periods.filter(weekday=5).count() == 1


def test_a_second_person_confirms_the_days(
    mall: Mall,
    schedule: Schedule,
    office: Callable[..., Page],
    live_server: LiveServer,
    assert_accessible: Check,
) -> None:
    page = office(1440)
    page.goto(f"{live_server.url}/office/{mall.code}/calendar/?year=2026")
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Confirm the chosen days").click()
    expect(page.get_by_role("alert")).to_contain_text("Name the decree")
    assert_accessible(page)
    page.get_by_label("Decree of the chosen days").fill("SKB 3 Menteri 1497/2025")
    page.get_by_role("button", name="Confirm the chosen days").click()
    expect(page.locator("#toasts")).to_contain_text("2 days are confirmed")
