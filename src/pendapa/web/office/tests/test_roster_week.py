"""The roster of a week as a grid."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.directory.accounts.models import Posting, RoleKind, User
from pendapa.directory.malls.models import Agency, CalendarDay, Counter, DayKind, Mall
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing.tests.make import make_agency, make_mall, make_user
from pendapa.web.office.tests.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(mall: Mall, agency: Agency) -> Counter:
    return Counter.objects.create(mall=mall, number=3, zone=mall.zones.get(), agency=agency)


@pytest.fixture
def officer(mall: Mall, agency: Agency) -> User:
    return make_user("rini", mall=mall, agency=agency)


@pytest.fixture
def monday(mall: Mall) -> date:
    today = service_date(mall, clock.now())
    return today - timedelta(days=today.weekday())


def post(user: User, counter: Counter | None, mall: Mall, day: date, starts: int = 8) -> Posting:
    times = {"starts": time(starts), "ends": time(starts + 4)}
    return Posting.objects.create(mall=mall, user=user, counter=counter, date=day, **times)


def week(client: Client, mall: Mall, query: str = "") -> Any:
    return client.get(f"/office/{mall.code}/roster/week/{query}")


def grid(page: Any) -> dict[str, list[list[str]]]:
    return {row["name"]: [[one["words"] for one in cell] for cell in row["cells"]] for row in page.context["rows"]}


def test_counters_stand_down_and_days_across(
    mall: Mall, counter: Counter, officer: User, monday: date, at_office: Client
) -> None:
    agency = counter.agency
    empty = Counter.objects.create(mall=mall, number=7, zone=counter.zone, agency=agency)
    post(officer, counter, mall, monday)
    post(officer, None, mall, monday + timedelta(days=2))
    post(officer, counter, mall, monday + timedelta(days=7))
    page = week(at_office, mall)
    assert grid(page) == {
        "Loket 3": [["Sari Wulandari"], [], [], [], [], [], []],
        f"Loket {empty.number}": [[], [], [], [], [], [], []],
        "Di aula": [[], [], ["Sari Wulandari"], [], [], [], []],
    }
    assert [day["is_today"] for day in page.context["days"]].count(True) == 1
    people = grid(week(at_office, mall, "?by=person"))
    assert people == {"Sari Wulandari": [["Loket 3"], [], ["Di aula"], [], [], [], []]}


def test_other_weeks_are_a_step_away(
    mall: Mall, counter: Counter, officer: User, monday: date, at_office: Client
) -> None:
    post(officer, counter, mall, monday + timedelta(days=7))
    page = week(at_office, mall, week(at_office, mall).context["after"])
    assert page.context["count"] == 1
    assert not page.context["is_this_week"]
    for query in ("?week=x", "?week=0001-01-01", "?week=9999-12-31", "?week=2026-02-30"):
        assert week(at_office, mall, query).context["is_this_week"]


def test_a_holiday_is_marked(mall: Mall, monday: date, at_office: Client) -> None:
    day = monday + timedelta(days=3)
    CalendarDay.objects.create(
        mall=mall,
        date=day,
        kind=DayKind.LOCAL_CLOSURE,
        name="Bersih aula",
        legal_basis="Surat 1/2026",
        proposed_by="user:1",
        proposed_at=clock.now(),
        confirmed_by="user:2",
        confirmed_at=clock.now(),
    )
    assert [one["is_off"] for one in week(at_office, mall).context["days"]].index(True) == 3


def test_everybody_sees_their_own_part(
    counter: Counter, manager: User, auditor: User, monday: date, sign_in: SignIn
) -> None:
    mall, officer = counter.mall, make_user("rini", mall=counter.mall, agency=counter.agency)
    other = make_agency(mall, "Imigrasi")
    there = Counter.objects.create(mall=mall, number=4, zone=counter.zone, agency=other)
    dewi = make_user("dewi", mall=mall, agency=other)
    post(dewi, there, mall, monday)
    post(officer, counter, mall, monday)
    assert set(grid(week(sign_in(manager), mall))) == {"Loket 3"}
    assert set(grid(week(sign_in(auditor), mall))) == {"Loket 3", "Loket 4"}
    assert "roster/new/" not in week(sign_in(auditor), mall).content.decode()
    assert week(sign_in(officer), mall).status_code == 404
    stranger = make_user(mall=make_mall(), kind=RoleKind.OPERATOR)
    assert week(sign_in(stranger), mall).status_code == 404


def test_a_full_week_takes_no_more_statements(
    mall: Mall,
    counter: Counter,
    monday: date,
    at_office: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    agency = counter.agency
    for number in range(40):
        post(make_user(mall=mall, agency=agency), counter, mall, monday + timedelta(days=number % 7))
    with django_assert_max_num_queries(12):
        assert week(at_office, mall).context["count"] == 40
