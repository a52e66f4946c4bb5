"""Schedules, seasons and special days, kept up through the office's pages."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.models import RoleKind, User
from pendapa.directory.malls import actions
from pendapa.directory.malls.models import Agency, Mall, OpeningPeriod, Schedule, Season, SpecialDay
from pendapa.directory.malls.queries import service_date
from pendapa.directory.malls.rules import Stretch
from pendapa.operations.queueing.models import QueueDay
from pendapa.operations.queueing.tests.make import make_agency, make_mall, make_queue, make_schedule, make_user, take
from pendapa.web.office.tests.conftest import SignIn

pytestmark = pytest.mark.django_db


def url(mall: Mall, rest: str = "") -> str:
    return f"/office/{mall.code}/hours/{rest}"


def typed(schedule: Schedule | None = None, /, **more: Any) -> dict[str, Any]:
    """A schedule open on Monday mornings, as the editor sends it."""
    fields: dict[str, Any] = {
        "name": "Jam kantor",
        "agency": "",
        "numbers_before": "30",
        "last_number_before": "15",
        "closed_on": ["national", "election"],
        "w0-0-0-opens": "08:00",
        "w0-0-0-closes": "12:00",
    }
    if schedule:
        fields |= {"version": str(schedule.version)}
    return fields | more


@pytest.fixture
def schedule(mall: Mall) -> Schedule:
    return mall.schedules.get()


def tomorrow(mall: Mall) -> date:
    return service_date(mall, clock.now()) + timedelta(days=1)


def test_a_schedule_is_added_with_its_week(mall: Mall, at_office: Client) -> None:
    assert at_office.get(url(mall, "new/")).status_code == 200
    sent = typed(
        None, **{"w0-4-0-opens": "07:30", "w0-4-0-closes": "11:30", "w0-4-1-opens": "13:00", "w0-4-1-closes": "16:00"}
    )
    answer = at_office.post(url(mall, "new/"), sent, follow=True)
    assert "Jam kantor ditambahkan." in answer.content.decode()
    saved = Schedule.objects.get(name="Jam kantor")
    assert saved.closed_on == ["national", "election"]
    assert [*saved.periods.order_by("weekday", "opens").values_list("weekday", "opens")] == [
        (0, time(8)), (4, time(7, 30)), (4, time(13)),
    ]  # fmt: skip
    listed = at_office.get(url(mall)).content.decode()
    assert "Senin 08.00–12.00; Jumat 07.30–11.30, 13.00–16.00" in listed  # noqa: RUF001 - as it is printed


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"w0-0-1-opens": "11:00", "w0-0-1-closes": "13:00"}, "bertumpang tindih"),
        ({"w0-0-0-closes": "07:00"}, "Tutup sebelum buka"),
        ({"w0-0-0-closes": ""}, "Isi kedua jam"),
        ({"w0-0-0-opens": "25:99"}, "w0-0-0"),
        ({"name": ""}, "Nama"),
    ],
)
def test_what_is_wrong_stands_at_its_day(mall: Mall, at_office: Client, fields: dict[str, str], words: str) -> None:
    page = at_office.post(url(mall, "new/"), typed(None, **fields))
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not Schedule.objects.filter(name="Jam kantor").exists()


def test_lines_are_added_dropped_and_copied_without_saving(mall: Mall, at_office: Client, schedule: Schedule) -> None:
    page = at_office.post(url(mall, f"{schedule.pk}/"), typed(schedule, add="w0-2", name=""))
    assert page.status_code == 200
    days = page.context["weeks"][0].days
    assert [len(day.lines) for day in days] == [1, 0, 1, 0, 0, 0, 0]
    assert not page.context["form"].errors
    page = at_office.post(url(mall, f"{schedule.pk}/"), typed(schedule, drop="w0-0-0"))
    assert not page.context["weeks"][0].is_used
    page = at_office.post(url(mall, f"{schedule.pk}/"), typed(schedule, copy="w0"))
    assert [len(day.lines) for day in page.context["weeks"][0].days] == [1, 1, 1, 1, 1, 0, 0]
    assert 'name="w0-4-0-opens" value="08:00"' in page.content.decode()
    assert OpeningPeriod.objects.count() == 7


def test_the_week_is_tried_before_saving(mall: Mall, at_office: Client, schedule: Schedule) -> None:
    page = at_office.post(url(mall, f"{schedule.pk}/"), typed(schedule, look="1", week="2026-03-18"))
    assert page.context["monday"] == date(2026, 3, 16)
    assert [day["is_closed"] for day in page.context["planned"]] == [False, *[True] * 6]
    assert not any(day["is_closed"] for day in page.context["present"])
    assert {bar["kind"] for bar in page.context["planned"][0]["bars"]} == {"new", "gone"}
    assert Schedule.objects.get().name == schedule.name


def test_what_a_change_touches_is_shown_before_it_is_saved(mall: Mall, at_office: Client, agency: Agency) -> None:
    queue = make_queue(mall, agency=agency)
    take(queue)
    schedule = mall.schedules.get()
    shut = {name: value for name, value in typed(schedule).items() if not name.startswith("w0")}
    page = at_office.post(url(mall, f"{schedule.pk}/"), shut)
    assert "1 orang" in page.content.decode()
    assert OpeningPeriod.objects.count() == 7
    until = QueueDay.objects.get().numbers_until
    answer = at_office.post(url(mall, f"{schedule.pk}/"), shut | {"seen": page.context["mark"]})
    assert answer.status_code == 302
    assert not OpeningPeriod.objects.exists()
    assert QueueDay.objects.get().numbers_until < until


def test_two_editors_notice_each_other(mall: Mall, at_office: Client, schedule: Schedule) -> None:
    first = typed(schedule)
    assert at_office.post(url(mall, f"{schedule.pk}/"), first).status_code == 302
    page = at_office.post(url(mall, f"{schedule.pk}/"), first | {"name": "Lain"})
    assert page.status_code == 409
    assert "Jam kantor" in page.content.decode()
    assert (
        at_office.post(
            url(mall, f"{schedule.pk}/"), first | {"name": "Lain", "version": str(page.context["version"])}
        ).status_code
        == 302
    )


def test_a_season_gets_a_week_of_its_own(mall: Mall, at_office: Client, schedule: Schedule) -> None:
    first = tomorrow(mall)
    sent = {"name": "Ramadan", "starts_on": str(first), "ends_on": str(first + timedelta(days=29))}
    at_office.post(f"/office/{mall.code}/seasons/new/", sent)
    season = Season.objects.get()
    fields = typed(schedule, **{f"w{season.pk}-0-0-opens": "08:00", f"w{season.pk}-0-0-closes": "14:00"})
    assert at_office.post(url(mall, f"{schedule.pk}/"), fields).status_code == 302
    assert schedule.periods.filter(season=season).count() == 1
    page = at_office.get(url(mall, f"{schedule.pk}/")).content.decode()
    assert "Ramadan" in page
    again = at_office.post(f"/office/{mall.code}/seasons/new/", sent)
    assert again.status_code == 422


def test_a_special_day_is_confirmed_when_it_touches_people(mall: Mall, at_office: Client, agency: Agency) -> None:
    queue = make_queue(mall, agency=agency)
    take(queue)
    sent = {
        "date": str(service_date(mall, clock.now())), "schedule": "", "reason": "Listrik padam",
        "rows-TOTAL_FORMS": "0", "rows-INITIAL_FORMS": "0",
    }  # fmt: skip
    page = at_office.post(f"/office/{mall.code}/special-days/new/", sent)
    assert page.status_code == 422
    assert not SpecialDay.objects.exists()
    mark = page.context["form"].fields["seen"].widget.attrs["value"]
    assert at_office.post(f"/office/{mall.code}/special-days/new/", sent | {"seen": mark}).status_code == 302
    day = SpecialDay.objects.get()
    page = at_office.get(f"/office/{mall.code}/special-days/{day.pk}/")
    assert page.status_code == 200
    week = at_office.get(url(mall, "week/"))
    assert "Listrik padam" in week.content.decode()


def test_what_is_removed_and_brought_back_moves_the_days_of_queues(
    mall: Mall, at_office: Client, agency: Agency
) -> None:
    take(make_queue(mall, agency=agency))
    until = QueueDay.objects.get().closes_at
    today = service_date(mall, clock.now())
    actions.save_special_day(
        mall=mall,
        day=None,
        values={"date": today, "reason": "Malam", "schedule": None},
        stretches=[Stretch(time(0), time(23, 59, 30))],
        version=None,
        by="user:1",
        at=clock.now(),
    )
    assert QueueDay.objects.get().closes_at != until
    address = f"/office/{mall.code}/special-days/{SpecialDay.objects.get().pk}/remove/"
    assert "1 orang" in at_office.get(address).content.decode()
    at_office.post(address)
    assert QueueDay.objects.get().closes_at == until
    at_office.post(f"/office/{mall.code}/removed/{RemovedRecord.objects.get().pk}/")
    assert SpecialDay.objects.exists()
    assert QueueDay.objects.get().closes_at != until


def test_a_manager_brings_back_hours_of_their_agency_that_they_removed(
    mall: Mall, agency: Agency, manager: User, sign_in: SignIn
) -> None:
    own = make_schedule(mall, name="Dukcapil")
    Schedule.objects.filter(pk=own.pk).update(agency=agency)
    day = SpecialDay.objects.create(mall=mall, schedule=own, date=tomorrow(mall), reason="Rapat")
    browser = sign_in(manager)
    here = f"/office/{mall.code}"
    for address in (f"special-days/{day.pk}", f"hours/{own.pk}"):
        assert browser.post(f"{here}/{address}/remove/").status_code == 302
    undos = [line["restore_url"] for line in browser.get(f"{here}/removed/").context["lines"]]
    assert len(undos) == 2
    for undo in undos:  # the schedule first, which the day needs
        assert browser.post(undo).status_code == 302
    assert SpecialDay.objects.get().schedule == own


def test_a_manager_changes_the_hours_of_their_agency_alone(
    mall: Mall, agency: Agency, manager: User, auditor: User, sign_in: SignIn
) -> None:
    whole = mall.schedules.get()
    own = make_schedule(mall, name="Dukcapil")
    other = make_schedule(mall, name="Pajak")
    Schedule.objects.filter(pk=own.pk).update(agency=agency)
    Schedule.objects.filter(pk=other.pk).update(agency=make_agency(mall, "Pajak"))
    own.refresh_from_db()
    browser = sign_in(manager)
    assert browser.get(url(mall, f"{other.pk}/")).status_code == 404
    assert browser.get(url(mall, f"{whole.pk}/")).status_code == 200
    assert browser.post(url(mall, f"{whole.pk}/"), typed(whole)).status_code == 404
    assert browser.post(url(mall, f"{own.pk}/"), typed(own)).status_code == 422  # for the whole mall: not theirs
    assert browser.post(url(mall, f"{own.pk}/"), typed(own, agency=str(agency.pk))).status_code == 302
    assert "Pajak" not in browser.get(url(mall, "week/")).content.decode()
    watcher = sign_in(auditor)
    assert watcher.get(url(mall, f"{other.pk}/")).status_code == 200
    assert watcher.post(url(mall, f"{other.pk}/"), typed(other)).status_code == 404
    assert watcher.get(url(mall, "new/")).status_code == 404


def test_people_of_another_mall_find_nothing(mall: Mall, schedule: Schedule, sign_in: SignIn) -> None:
    stranger = sign_in(make_user("asing", mall=make_mall(), kind=RoleKind.OPERATOR))
    for rest in ("", "new/", "week/", f"{schedule.pk}/"):
        assert stranger.get(url(mall, rest)).status_code == 404
    assert Client().get(url(mall)).status_code == 302


@pytest.mark.parametrize("rest", ["", "week/", "week/?week=0001-01-01", "week/?week=9999-12-31", "week/?week=x"])
def test_pages_take_few_statements_however_many_schedules(
    mall: Mall, at_office: Client, rest: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        make_schedule(mall, name=f"Jadwal {number}")
    with django_assert_max_num_queries(12):
        assert at_office.get(url(mall, rest)).status_code == 200


def test_the_editor_takes_few_statements(
    mall: Mall, at_office: Client, schedule: Schedule, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(14):
        assert at_office.get(url(mall, f"{schedule.pk}/")).status_code == 200
