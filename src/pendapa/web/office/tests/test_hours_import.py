"""Schedules, seasons and special days from a table."""

from datetime import date, time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pendapa.base import clock
from pendapa.directory.accounts.models import User
from pendapa.directory.malls import queries
from pendapa.directory.malls.models import Agency, Mall, OpeningPeriod, Schedule, Season, SpecialDay
from pendapa.directory.malls.queries import service_date
from pendapa.directory.malls.rules import Stretch
from pendapa.operations.queueing.tests.make import make_queue, take
from pendapa.web.office.hours_import import stretches_in
from pendapa.web.office.tests.conftest import SignIn

pytestmark = pytest.mark.django_db


def upload(client: Client, mall: Mall, register: str, content: str | bytes) -> Any:
    """The preview of a file."""
    raw = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("jam.csv", raw)
    return client.post(f"/office/{mall.code}/{register}/import/", {"file": file}, follow=True)


def save(client: Client, page: Any) -> Any:
    return client.post(page.redirect_chain[-1][0], {"mark": page.context["mark"]}, follow=True)


def faults(page: Any) -> list[str]:
    return [str(error) for row in page.context["rows"] for error in row["planned"].errors]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("07.30-12.00, 13.00-16.00", [Stretch(time(7, 30), time(12)), Stretch(time(13), time(16))]),
        ("7:30 \N{EN DASH} 11:30; 13:00 s/d 16:00", [Stretch(time(7, 30), time(11, 30)), Stretch(time(13), time(16))]),
        ("22.00-02.00 +1", [Stretch(time(22), time(2), over_midnight=True)]),
        ("tutup", []),
        ("", None),
    ],
)  # fmt: skip
def test_hours_are_read_as_people_write_them(text: str, found: list[Stretch] | None) -> None:
    assert stretches_in(text) == found


@pytest.mark.parametrize(
    "text", ["pagi", "08.00", "15.00-08.00", "08.00-12.00 +1", "08.00-12.00, 11.00-13.00", "25.00-26.00"]
)
def test_what_is_no_hours_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValidationError):
        stretches_in(text)


def test_schedules_come_with_their_weeks_and_those_of_seasons(mall: Mall, at_office: Client) -> None:
    Season.objects.create(mall=mall, name="Ramadan", starts_on=date(2027, 2, 8), ends_on=date(2027, 3, 9))
    text = (
        "nama;musim;senin;selasa;rabu;kamis;jumat;sabtu;minggu\n"
        'Jam dinas;;"07.30-12.00, 13.00-16.00";08.00-15.00;08.00-15.00;08.00-15.00;"07.30-11.30, 13.00-16.00";tutup;\n'
        "Jam dinas;Ramadan;08.00-14.00;;;;;;\n"
    )
    page = upload(at_office, mall, "hours", text)
    assert faults(page) == []
    assert "2 baris tersimpan." in save(at_office, page).content.decode()
    schedule = Schedule.objects.get(mall=mall, name="Jam dinas")
    periods = queries.periods_of(schedule)
    friday = sorted(str(one.stretch) for one in periods if one.weekday == 4)
    assert friday == ["07.30–11.30", "13.00–16.00"]  # noqa: RUF001 - as it is printed
    assert len([one for one in periods if one.season]) == 1
    changed = upload(at_office, mall, "hours", "nama;jumat\nJam dinas;08.00-11.00\n")
    assert [str(one[2]) for one in changed.context["rows"][0]["planned"].changes] == ["08.00–11.00"]  # noqa: RUF001 - printed
    save(at_office, changed)
    days = {one.weekday for one in queries.periods_of(Schedule.objects.get(pk=schedule.pk)) if one.season is None}
    assert days == {0, 1, 2, 3, 4}  # an empty cell leaves a day as it is


def test_the_list_gives_back_what_can_be_imported(mall: Mall, at_office: Client) -> None:
    OpeningPeriod.objects.filter(schedule__mall=mall).update(opens=time(8), closes=time(15))
    SpecialDay.objects.create(mall=mall, date=date(2026, 12, 31), reason="Rapat akhir tahun")
    Season.objects.create(mall=mall, name="Ramadan", starts_on=date(2027, 2, 8), ends_on=date(2027, 3, 9))
    for register in ("hours", "seasons", "special-days"):
        for form in ("csv", "xlsx"):
            file = at_office.get(f"/office/{mall.code}/{register}/?format={form}").content
            page = upload(at_office, mall, register, file)
            assert faults(page) == []
            assert {row["planned"].fate for row in page.context["rows"]} == {"unchanged"}


def test_special_days_and_seasons_come_from_files(mall: Mall, at_office: Client) -> None:
    name = mall.schedules.get().name
    text = (
        "tanggal;alasan;jam;jam layanan\n"
        "2026-12-31;Rapat akhir tahun;tutup;\n"
        f"2026-12-24;Layanan malam;08.00-20.00;{name}\n"
    )
    page = upload(at_office, mall, "special-days", text)
    assert faults(page) == []
    save(at_office, page)
    assert {(str(day.date), day.periods.count()) for day in SpecialDay.objects.all()} == {
        ("2026-12-31", 0),
        ("2026-12-24", 1),
    }
    page = upload(at_office, mall, "seasons", "nama;hari pertama;hari terakhir\nRamadan;2027-02-08;2027-03-09\n")
    save(at_office, page)
    assert Season.objects.get().ends_on == date(2027, 3, 9)
    text = "nama;hari pertama;hari terakhir\nRamadan;2027-02-01;2027-02-28\nUjian;2027-03-01;2027-03-05\n"
    assert faults(upload(at_office, mall, "seasons", text)) == []  # as they will be, not as they are
    text = "nama;hari pertama;hari terakhir\nLibur;2027-03-09;2027-03-20\n"
    page = upload(at_office, mall, "seasons", text)
    assert page.status_code == 200
    assert faults(page) == ["Tanggal ini bertumpang tindih dengan musim lain."]


def test_the_preview_says_what_the_hours_touch(mall: Mall, at_office: Client) -> None:
    queue = make_queue(mall)
    take(queue)
    today = service_date(mall, clock.now())
    page = upload(at_office, mall, "special-days", f"tanggal;alasan;jam\n{today};Listrik padam;tutup\n")
    assert "1 orang" in " ".join(str(impact.text) for impact in page.context["impacts"])
    assert not SpecialDay.objects.exists()
    take(queue)
    where, mark = page.redirect_chain[-1][0], page.context["mark"]
    anew = at_office.post(where, {"mark": mark})
    assert anew.status_code == 409
    assert "2 orang" in " ".join(str(impact.text) for impact in anew.context["impacts"])
    at_office.post(where, {"mark": anew.context["mark"]})
    assert SpecialDay.objects.get().date == today


def test_rows_that_do_not_fit_say_why(mall: Mall, at_office: Client) -> None:
    page = upload(at_office, mall, "hours", "nama;musim;senin\nBaru;Puasa;08.00-12.00\nLain;;pagi\n")
    assert len(faults(page)) >= 2
    assert not Schedule.objects.filter(name__in=["Baru", "Lain"]).exists()


def test_a_manager_imports_for_the_own_agency_only(mall: Mall, agency: Agency, manager: User, sign_in: SignIn) -> None:
    own = Schedule.objects.create(mall=mall, agency=agency, name="Jam instansi")
    others = mall.schedules.exclude(pk=own.pk).get()
    client = sign_in(manager)
    page = upload(client, mall, "hours", f"nama;senin\n{own.name};08.00-12.00\n{others.name};tutup\n")
    fates = {str(row["planned"].name): row["planned"].fate for row in page.context["rows"]}
    assert fates == {own.name: "changed", others.name: "error"}
    before = others.periods.count()
    client.post(page.redirect_chain[-1][0], {"mark": page.context["mark"], "without_errors": "1"})
    assert (own.periods.count(), others.periods.count()) == (1, before)
