"""The roster in the office: postings by hand, by import, and as last week."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.models import Posting, RoleKind, User
from pendapa.directory.malls.models import Agency, Counter, Mall
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing.tests.make import make_agency, make_mall, make_user
from pendapa.web.office.tests.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(mall: Mall, agency: Agency) -> Counter:
    cache.clear()
    return Counter.objects.create(mall=mall, number=3, zone=mall.zones.get(), agency=agency)


@pytest.fixture
def officer(mall: Mall, agency: Agency) -> User:
    return make_user("rini", mall=mall, agency=agency)


@pytest.fixture
def today(mall: Mall) -> date:
    return service_date(mall, clock.now())


def url(mall: Mall, rest: str = "") -> str:
    return f"/office/{mall.code}/roster/{rest}"


def typed(user: User, counter: Counter | None, day: date, starts: str = "08:00", ends: str = "12:00") -> dict[str, Any]:
    fields = {"user": user.pk, "counter": counter.pk if counter else "", "date": day.isoformat()}
    return {**fields, "starts": starts, "ends": ends}


@pytest.mark.parametrize("kind", [RoleKind.OPERATOR, RoleKind.MANAGER])
def test_a_posting_is_made_changed_removed_and_brought_back(
    *, kind: RoleKind, mall: Mall, agency: Agency, counter: Counter, officer: User, today: date, sign_in: SignIn
) -> None:
    at_office = sign_in(make_user(mall=mall, agency=agency if kind == RoleKind.MANAGER else None, kind=kind))
    assert at_office.post(url(mall, "new/"), typed(officer, counter, today)).status_code == 302
    posting = Posting.objects.get()
    refused = at_office.post(url(mall, "new/"), typed(officer, None, today, "11:00", "13:00"))
    assert refused.status_code == 409
    assert "Sari Wulandari" in refused.content.decode()
    assert at_office.post(url(mall, "new/"), typed(officer, None, today, "13:00", "12:00")).status_code == 422
    assert at_office.get(url(mall, f"{posting.pk}/")).status_code == 200
    changed = at_office.post(url(mall, f"{posting.pk}/"), {**typed(officer, None, today), "version": 1})
    assert changed.status_code == 302
    assert "Sari" in at_office.get(url(mall)).content.decode()
    page = at_office.post(url(mall, f"{posting.pk}/remove/"), follow=True).content.decode()
    assert not Posting.objects.exists()
    undo = f"/office/{mall.code}/removed/{RemovedRecord.objects.get().pk}/"
    for offered in (page, at_office.get(f"/office/{mall.code}/removed/").content.decode()):
        assert f'action="{undo}"' in offered
    assert "dikembalikan" in at_office.post(undo, follow=True).content.decode()
    assert Posting.objects.get() == posting
    assert "Sari" in at_office.get(url(mall)).content.decode()


def test_a_manager_brings_back_what_they_removed_and_nothing_else(
    *, mall: Mall, agency: Agency, counter: Counter, officer: User, manager: User, today: date, sign_in: SignIn
) -> None:
    other = make_agency(mall, "Imigrasi")
    neighbour = make_user("nina", mall=mall, agency=other, kind=RoleKind.MANAGER)
    Posting.objects.create(mall=mall, user=officer, counter=counter, date=today, starts=time(8), ends=time(9))
    own = sign_in(manager)
    own.post(url(mall, f"{Posting.objects.get().pk}/remove/"))
    page = f"/office/{mall.code}/removed/"
    undo = f"{page}{RemovedRecord.objects.get().pk}/"
    theirs = sign_in(neighbour)
    assert theirs.get(page).context["lines"] == []
    assert theirs.post(undo).status_code == 404
    RemovedRecord.objects.update(removed_by=neighbour.actor_name)
    assert own.get(page).context["lines"] == []
    assert own.post(undo).status_code == 404
    manager.roles.update(kind=RoleKind.OFFICER)
    RemovedRecord.objects.update(removed_by=manager.actor_name)
    assert own.post(undo).status_code == 404  # theirs once, but they plan nobody's days any more
    assert not Posting.objects.exists()


def test_managers_plan_for_their_own(
    *, mall: Mall, agency: Agency, counter: Counter, officer: User, manager: User, today: date, sign_in: SignIn
) -> None:
    other = make_agency(mall, "Imigrasi")
    theirs = make_user("dewi", mall=mall, agency=other)
    there = Counter.objects.create(mall=mall, number=4, zone=counter.zone, agency=other)
    hidden = Posting.objects.create(mall=mall, user=theirs, counter=there, date=today, starts=time(8), ends=time(9))
    client = sign_in(manager)
    assert client.post(url(mall, "new/"), typed(theirs, None, today)).status_code == 422
    assert client.post(url(mall, "new/"), typed(officer, there, today)).status_code == 422
    assert client.post(url(mall, "new/"), typed(officer, counter, today)).status_code == 302
    assert [line["record"].user for line in client.get(url(mall)).context["records"]] == [officer]
    assert client.get(url(mall, f"{hidden.pk}/")).status_code == 404
    assert client.post(url(mall, f"{hidden.pk}/remove/")).status_code == 404
    assert sign_in(officer).get(url(mall)).status_code == 404
    stranger = make_user(mall=make_mall(), kind=RoleKind.OPERATOR)
    assert sign_in(stranger).get(url(mall)).status_code == 404


def test_the_list_narrows_to_a_week_and_a_day_with_few_statements(
    *,
    mall: Mall,
    counter: Counter,
    officer: User,
    today: date,
    at_office: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    Posting.objects.bulk_create(
        Posting(mall=mall, user=officer, counter=counter, date=today + timedelta(days=n), starts=time(8), ends=time(9))
        for n in range(-500, 500)
    )
    monday = today - timedelta(days=today.weekday())
    with django_assert_max_num_queries(12):
        page = at_office.get(url(mall, f"?week={monday.isoformat()}"))
    assert page.context["page"].paginator.count == 7
    assert at_office.get(url(mall, f"?day={today.isoformat()}")).context["page"].paginator.count == 1


def test_a_week_is_filled_as_the_one_before(
    mall: Mall, counter: Counter, officer: User, today: date, at_office: Client
) -> None:
    monday = today - timedelta(days=today.weekday())
    for n in range(3):
        Posting.objects.create(
            mall=mall, user=officer, counter=counter, date=monday + timedelta(days=n), starts=time(8), ends=time(12)
        )
    then = monday + timedelta(days=7)
    Posting.objects.create(mall=mall, user=officer, date=then, starts=time(11), ends=time(15))
    assert at_office.get(url(mall, "copy/")).status_code == 200
    page = at_office.post(url(mall, "copy/"), {"week": then.isoformat()})
    assert len(page.context["left_out"]) == 1
    assert Posting.objects.filter(date__gte=then).count() == 3
    Posting.objects.filter(date=then).delete()
    assert at_office.post(url(mall, "copy/"), {"week": then.isoformat()}).status_code == 302
    assert at_office.post(url(mall, "copy/"), {"week": then.isoformat()}).status_code == 302  # a double tap
    assert Posting.objects.filter(date__gte=then).count() == 3
    assert at_office.post(url(mall, "copy/"), {"week": "1999-01-04"}).status_code == 422


def test_a_roster_is_imported(mall: Mall, counter: Counter, officer: User, today: date, at_office: Client) -> None:
    text = "nama pengguna,loket,tanggal,dari,sampai\n"
    text += f"rini,3,{today.isoformat()},08.00,12:00\nrini,,{today:%d/%m/%Y},13:00,15:00\n"
    text += f"rini,3,{today.isoformat()},11:00,14:00\nsiapa,3,{today.isoformat()},8:00,9:00\nrini,9,besok,x,9:00\n"
    file = SimpleUploadedFile("jadwal.csv", text.encode(), content_type="text/csv")
    page = at_office.post(url(mall, "import/"), {"file": file}, follow=True)
    counts = {one["fate"]: one["count"] for one in page.context["counts"]}
    assert counts == {"new": 2, "changed": 0, "unchanged": 0, "error": 3}
    preview = page.redirect_chain[-1][0]
    at_office.post(preview, {"mark": page.context["mark"], "without_errors": "1"})
    assert Posting.objects.count() == 2
