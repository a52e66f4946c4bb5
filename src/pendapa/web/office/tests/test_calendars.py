"""The calendar's pages: proposing, importing, confirming by a second person."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.base.journal import queries as journal
from pendapa.directory.accounts.models import Role, RoleKind, User
from pendapa.directory.malls.models import CalendarDay, Mall
from pendapa.operations.queueing.tests.make import give_second_factor, make_mall, make_user
from pendapa.web.office.tests.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(mall: Mall, sign_in: SignIn) -> Client:
    """Another operator's browser."""
    return sign_in(make_user("danu", mall=mall, kind=RoleKind.OPERATOR))


def administrator(name: str) -> User:
    user = make_user(name)
    Role.objects.create(user=user, kind=RoleKind.ADMINISTRATOR)
    give_second_factor(user)
    return user


def url(mall: Mall | None, rest: str = "") -> str:
    return f"/office/{mall.code}/calendar/{rest}" if mall else f"/office/calendar/{rest}"


def propose(client: Client, mall: Mall | None, **more: str) -> CalendarDay:
    sent = {"date": "2026-12-09", "kind": "local_closure", "name": "Rapat kerja", "legal_basis": "", **more}
    answer = client.post(url(mall, "new/"), sent)
    assert answer.status_code == 302, answer.content.decode()
    return CalendarDay.objects.latest("pk")


def ticked(day: CalendarDay) -> str:
    """A day as its tick on the page sends it: which one, and which version was looked at."""
    return f"{day.pk}-{CalendarDay.objects.get(pk=day.pk).version}"


def test_a_day_is_proposed_by_one_and_confirmed_by_another(mall: Mall, at_office: Client, second: Client) -> None:
    day = propose(at_office, mall)
    sent: dict[str, Any] = {"days": [ticked(day)], "decree": "SK Bupati 12/2026"}
    refused = at_office.post(url(mall, "confirm/?year=2026"), sent)
    assert refused.status_code == 409
    assert "Anda sendiri" in refused.content.decode()
    assert second.post(url(mall, "confirm/?year=2026"), {"days": [ticked(day)]}).status_code == 422
    page = second.post(url(mall, "confirm/?year=2026"), sent, follow=True)
    assert "1 hari dikonfirmasi" in page.content.decode()
    day.refresh_from_db()
    assert (day.is_confirmed, day.legal_basis) == (True, "SK Bupati 12/2026")
    assert "disabled" in at_office.get(url(mall, f"{day.pk}/")).content.decode()
    assert at_office.post(url(mall, f"{day.pk}/"), {"name": "Lain"}).status_code == 404
    assert at_office.post(url(mall, f"{day.pk}/reject/")).status_code == 302
    assert at_office.get(url(mall, f"{day.pk}/withdraw/")).status_code == 200
    day.refresh_from_db()
    assert day.is_confirmed
    at_office.post(url(mall, f"{day.pk}/withdraw/"))
    day.refresh_from_db()
    assert not day.is_confirmed
    at_office.post(url(mall, f"{day.pk}/reject/"))
    assert not CalendarDay.objects.exists()


def test_nothing_chosen_and_nonsense_are_refused_in_words(mall: Mall, at_office: Client) -> None:
    for days in ([], ["x"], ["99999999999999999"], ["0"]):
        page = at_office.post(url(mall, "confirm/"), {"days": days, "decree": "\0"})
        assert page.status_code == 422
    page = at_office.post(url(mall, "new/"), {"date": "2026-02-30", "kind": "pesta", "name": ""})
    assert page.status_code == 422
    for year in ("0", "99999", "x"):
        assert at_office.get(url(mall, f"?year={year}")).status_code == 200


def test_the_same_day_twice_is_refused(mall: Mall, at_office: Client) -> None:
    propose(at_office, mall)
    sent = {"date": "2026-12-09", "kind": "local_closure", "name": "Lain"}
    assert at_office.post(url(mall, "new/"), sent).status_code == 422


def test_a_proposal_is_corrected_and_two_editors_notice_each_other(
    mall: Mall, at_office: Client, second: Client
) -> None:
    day = propose(at_office, mall)
    sent = {"date": "2026-12-10", "kind": "local_closure", "name": "Rapat", "version": str(day.version)}
    assert second.post(url(mall, f"{day.pk}/"), sent).status_code == 302
    assert at_office.post(url(mall, f"{day.pk}/"), sent | {"name": "Rapat lain"}).status_code == 409
    day.refresh_from_db()
    assert day.date == date(2026, 12, 10)


def test_the_days_of_a_year_come_from_the_package_with_every_fate(sign_in: SignIn) -> None:
    browser = sign_in(administrator("siti"))
    page = browser.post(url(None, "import/"), {"year": "2026"}, follow=True)
    assert page.status_code == 200
    counts = {one["fate"]: one["count"] for one in page.context["counts"]}
    assert counts["new"] >= 24
    address = page.redirect_chain[-1][0]
    assert browser.get(f"{address}?only=new").status_code == 200
    saved = browser.post(address, follow=True)
    assert CalendarDay.objects.count() == counts["new"]
    assert "diusulkan" in saved.content.decode()
    again = browser.post(url(None, "import/"), {"year": "2026"}, follow=True)
    assert {one["fate"]: one["count"] for one in again.context["counts"]}["new"] == 0
    assert browser.post(url(None, "import/"), {"year": "", "file": ""}).status_code == 422
    assert browser.get(address).status_code == 302


def test_files_go_out_and_come_back_the_same(mall: Mall, at_office: Client, second: Client) -> None:
    day = propose(at_office, mall, legal_basis="SK 1")
    second.post(url(mall, "confirm/"), {"days": [ticked(day)]})
    for form in ("csv", "ics"):
        content = b"".join([at_office.get(url(mall, f"export.{form}?year=2026")).content])
        file = SimpleUploadedFile(f"hari.{form}", content)
        page = at_office.post(url(mall, "import/"), {"file": file}, follow=True)
        assert [(one["planned"].fate, one["cells"][0]) for one in page.context["rows"]] == [
            ("unchanged", "2026-12-09")
        ], form
    assert at_office.get(url(mall, "export.pdf")).status_code == 404


@pytest.mark.parametrize("content", [b"", b"\xff\xff\x00", b"a;b\n1;2", b"BEGIN:VCALENDAR\r\nEND:VEVENT"])
def test_a_file_that_is_none_gets_a_sentence(mall: Mall, at_office: Client, content: bytes) -> None:
    page = at_office.post(url(mall, "import/"), {"file": SimpleUploadedFile("hari.csv", content)})
    assert page.status_code == 422


def test_the_calendar_of_the_country_belongs_to_administrators(
    mall: Mall, at_office: Client, auditor: User, sign_in: SignIn
) -> None:
    assert at_office.get(url(None)).status_code == 404
    one, other = sign_in(administrator("siti")), sign_in(administrator("budi"))
    day = propose(one, None, kind="national", name="Natal", date="2026-12-25")
    assert at_office.get(url(mall, f"{day.pk}/")).status_code == 404
    assert at_office.post(url(mall, "confirm/"), {"days": [ticked(day)], "decree": "SKB"}).status_code == 422
    assert other.post(url(None, "confirm/"), {"days": [ticked(day)], "decree": "SKB"}).status_code == 302
    assert "Natal" in at_office.get(url(mall, "?year=2026")).content.decode()
    watcher = sign_in(auditor)
    assert watcher.get(url(mall)).status_code == 200
    assert watcher.get(url(mall, "new/")).status_code == 404
    assert watcher.post(url(mall, "confirm/")).status_code == 404
    stranger = sign_in(make_user("asing", mall=make_mall(), kind=RoleKind.OPERATOR))
    assert stranger.get(url(mall)).status_code == 404
    assert Client().get(url(mall)).status_code == 302


def test_a_year_takes_few_statements(
    mall: Mall, at_office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    CalendarDay.objects.bulk_create(
        CalendarDay(
            date=date(2026, 1 + number // 28, 1 + number % 28),
            kind="national",
            name=f"Hari {number}",
            proposed_by="user:1",
            proposed_at=clock.now(),
        )
        for number in range(200)
    )
    with django_assert_max_num_queries(12):
        assert at_office.get(url(mall, "?year=2026")).status_code == 200


def test_nobody_confirms_a_day_that_was_changed_after_they_looked(
    mall: Mall, at_office: Client, second: Client
) -> None:
    fields = {"kind": "regional", "date": "2026-10-12", "name": "Hari jadi", "legal_basis": "SK 12/2026"}
    at_office.post(url(mall, "new/"), fields)
    day = CalendarDay.objects.get()
    looked_at = ticked(day)
    at_office.post(url(mall, f"{day.pk}/"), {**fields, "date": "2026-11-26", "version": day.version})
    day.refresh_from_db()
    assert f"{day.date}" == "2026-11-26"
    assert second.post(url(mall, "confirm/?year=2026"), {"days": [looked_at], "decree": "SK"}).status_code == 409
    assert not CalendarDay.objects.get().is_confirmed


def undo_of(client: Client, mall: Mall | None, day: CalendarDay) -> str:
    """The address of Undo in the news after a day is rejected."""
    page = client.post(url(mall, f"{day.pk}/reject/"), follow=True).content.decode()
    assert f'action="{url(mall, f"{day.pk}/restore/")}"' in page
    assert not CalendarDay.objects.filter(pk=day.pk).exists()
    return url(mall, f"{day.pk}/restore/")


def test_a_rejected_day_of_a_mall_comes_back_as_it_was_proposed(
    *, mall: Mall, operator: User, auditor: User, at_office: Client, second: Client, manager: User, sign_in: SignIn
) -> None:
    day = propose(at_office, mall)
    undo = undo_of(second, mall, day)
    removed = f"/office/{mall.code}/removed/"
    assert [(line["restore_url"], str(line["what"])) for line in at_office.get(removed).context["lines"]] == [
        (undo, "hari kalender")
    ]
    watcher = sign_in(auditor)
    assert [line["restore_url"] for line in watcher.get(removed).context["lines"]] == [""]
    assert sign_in(manager).get(removed).context["lines"] == []
    stranger = sign_in(make_user("asing", mall=make_mall(), kind=RoleKind.OPERATOR))
    for shut in (watcher, sign_in(manager), stranger):
        assert shut.post(undo).status_code == 404
    assert at_office.get(undo).status_code == 405
    for _tap in range(2):
        assert "Rapat kerja dikembalikan." in at_office.post(undo, follow=True).content.decode()
    back = CalendarDay.objects.get()
    assert (back.pk, back.proposed_by, back.is_confirmed) == (day.pk, operator.actor_name, False)
    assert at_office.get(removed).context["lines"] == []
    verbs = list(journal.history_of(back).values_list("verb", flat=True))
    assert verbs == ["calendarday.added", "calendarday.removed", "calendarday.restored"]
    assert at_office.post(url(mall, "999/restore/")).status_code == 404


def test_a_rejected_day_whose_place_is_taken_stays_away_in_words(mall: Mall, at_office: Client) -> None:
    undo = undo_of(at_office, mall, propose(at_office, mall))
    other = propose(at_office, mall, name="Libur lain")
    assert "tidak dapat dikembalikan" in at_office.post(undo, follow=True).content.decode()
    assert CalendarDay.objects.get() == other


def test_a_rejected_day_of_the_country_stands_below_its_year_until_it_is_back(
    mall: Mall, at_office: Client, sign_in: SignIn
) -> None:
    one = sign_in(administrator("siti"))
    day = propose(one, None, kind="national", name="Natal", date="2026-12-25")
    undo = undo_of(one, None, day)
    assert [line["restore_url"] for line in one.get(url(None, "?year=2026")).context["rejected"]] == [undo]
    assert one.get(url(None, "?year=2027")).context["rejected"] == []
    assert at_office.post(undo).status_code == 404
    assert at_office.post(url(mall, f"{day.pk}/restore/")).status_code == 404
    assert one.post(undo).headers["Location"] == url(None, "?year=2026")
    assert CalendarDay.objects.get() == day
    assert one.get(url(None, "?year=2026")).context["rejected"] == []


def test_the_page_of_a_day_tells_what_happened_to_it(mall: Mall, at_office: Client, second: Client) -> None:
    day = propose(at_office, mall)
    sent = {"date": "2026-12-10", "kind": "local_closure", "name": "Rapat kerja", "version": day.version}
    at_office.post(url(mall, f"{day.pk}/"), sent)
    second.post(url(mall, "confirm/?year=2026"), {"days": [ticked(day)], "decree": "SK 12/2026"})
    at_office.post(url(mall, f"{day.pk}/withdraw/"))
    undo = undo_of(second, mall, day)
    at_office.post(undo)
    page = second.get(url(mall, f"{day.pk}/"))
    lines = [(str(line.what), [change[0] for change in line.changes]) for line in page.context["lines"]]
    assert lines == [
        ("mengembalikan", []),
        ("menolak", []),
        ("menarik konfirmasinya", []),
        ("mengonfirmasi", []),
        ("memperbaiki", ["Dasar hukum"]),
        ("memperbaiki", ["Tanggal"]),
        ("mengusulkan", []),
    ]
    assert "menarik konfirmasinya" in page.content.decode()
    assert "user:" not in page.content.decode()
