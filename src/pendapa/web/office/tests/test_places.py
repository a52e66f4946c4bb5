"""Zones, facilities, stands, counters, queues and work profiles, kept up through the office's pages."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.directory.accounts.models import Role, RoleKind, User
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.actions import load_regions
from pendapa.directory.malls.models import Agency, Counter, Facility, Level, Mall, Tenancy, Zone
from pendapa.operations.queueing.models import CounterStatus, Queue, QueueDay, WorkProfile
from pendapa.operations.queueing.tests.make import (
    give_second_factor,
    make_agency,
    make_counter,
    make_mall,
    make_queue,
    make_user,
)
from pendapa.web.office.tests.conftest import SignIn

pytestmark = pytest.mark.django_db

ROWS = {"rows-TOTAL_FORMS": "0", "rows-INITIAL_FORMS": "0"}


def url(mall: Mall, rest: str) -> str:
    return f"/office/{mall.code}/{rest}"


def send(client: Client, mall: Mall, register: str, text: str) -> Any:
    """Import a file, and save it where the preview shows no error."""
    file = SimpleUploadedFile("daftar.csv", text.encode(), content_type="text/csv")
    page = client.post(url(mall, f"{register}/import/"), {"file": file}, follow=True)
    assert page.status_code == 200, page.content.decode()
    faults = [
        (one["planned"].row.number, one["planned"].errors) for one in page.context["rows"] if one["planned"].errors
    ]
    if faults:
        return faults
    return client.post(page.redirect_chain[-1][0], {"mark": page.context["mark"]}, follow=True)


def test_an_agency_and_its_stand_are_added_in_one_form(mall: Mall, at_office: Client) -> None:
    fields = {
        "name": "Kantor Pertanahan", "short_name": "ATR/BPN", "level": "centre", "stand": "Gerai Tanah",
        "agreement_number": "12/PKS/2026", "starts_on": "2026-01-01", "ends_on": "2028-12-31",
        "rows-TOTAL_FORMS": "2", "rows-INITIAL_FORMS": "0",
        "rows-0-party": "agency", "rows-0-text": "Dua petugas setiap hari kerja",
        "rows-1-party": "mall", "rows-1-text": "Listrik dan kebersihan", "rows-1-due_on": "2026-12-31",
    }  # fmt: skip
    answer = at_office.post(url(mall, "agencies/new/"), fields, follow=True)
    assert "Gerai Tanah ditambahkan." in answer.content.decode()
    tenancy = Tenancy.objects.get(mall=mall)
    assert (tenancy.agency.short_name, tenancy.obligations.count()) == ("ATR/BPN", 2)
    page = at_office.get(url(mall, f"agencies/{tenancy.pk}/"))
    assert "Dua petugas setiap hari kerja" in page.content.decode()
    changed = {
        **fields, "stand": "Gerai ATR", "version": page.context["version"], "rows-INITIAL_FORMS": "2",
        "rows-1-DELETE": "on",
    }  # fmt: skip
    assert at_office.post(url(mall, f"agencies/{tenancy.pk}/"), changed).status_code == 302
    tenancy.refresh_from_db()
    assert (tenancy.stand, tenancy.obligations.count()) == ("Gerai ATR", 1)
    assert "Gerai ATR" in at_office.get(url(mall, f"agencies/{tenancy.pk}/history/")).content.decode()


def test_an_agency_needs_its_names_and_its_level(mall: Mall, at_office: Client) -> None:
    answer = at_office.post(url(mall, "agencies/new/"), {"stand": "Gerai", **ROWS})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "short_name", "level"}
    assert not Tenancy.objects.exists()


def test_an_agency_of_another_mall_can_be_taken_over(mall: Mall, at_office: Client) -> None:
    known = make_agency(make_mall(), "Imigrasi")
    assert at_office.post(url(mall, "agencies/new/"), {"existing": known.pk, **ROWS}).status_code == 302
    assert Tenancy.objects.get(mall=mall).agency == known
    assert Agency.objects.count() == 1


def test_an_agency_that_still_has_counters_stays(mall: Mall, agency: Agency, at_office: Client) -> None:
    Counter.objects.create(mall=mall, number=3, zone=mall.zones.get(), agency=agency)
    refused = at_office.post(url(mall, f"agencies/{agency.tenancies.get().pk}/remove/"))
    assert refused.status_code == 409
    assert "3" in refused.content.decode()


def test_a_counter_is_shared_on_a_weekday(mall: Mall, agency: Agency, at_office: Client) -> None:
    other = make_agency(mall, "Imigrasi")
    fields = {
        "number": "9", "zone": mall.zones.get().pk, "agency": agency.pk, "kind": "service",
        "rows-TOTAL_FORMS": "1", "rows-INITIAL_FORMS": "0", "rows-0-weekday": "2", "rows-0-agency": other.pk,
    }  # fmt: skip
    assert at_office.post(url(mall, "counters/new/"), fields).status_code == 302
    counter = Counter.objects.get(mall=mall)
    assert [*counter.shares.values_list("weekday", "agency")] == [(2, other.pk)]
    assert "Rabu Imigrasi" in at_office.get(url(mall, "counters/")).content.decode()
    wrong = {**fields, "rows-0-starts": "12:00", "rows-0-ends": "08:00", "version": "2"}
    assert at_office.post(url(mall, f"counters/{counter.pk}/"), wrong).status_code == 422


def test_zones_facilities_agencies_and_counters_come_from_files(mall: Mall, at_office: Client) -> None:
    mall.zones.all().delete()
    send(
        at_office,
        mall,
        "zones",
        "kode;nama;lantai;kursi;daya tampung\nutara;Sayap Utara;1;60;120\nselatan;Sayap Selatan;2;;\n",
    )
    send(at_office, mall, "facilities", "fasilitas;zona;jumlah\nruang laktasi;utara;1\nmusala;;2\n")
    send(
        at_office,
        mall,
        "agencies",
        "singkatan;nama;tingkat;zona\nDukcapil;Dinas Kependudukan;kabupaten atau kota;utara\n"
        "Polres;Kepolisian Resor;pemerintah pusat;Sayap Selatan\n",
    )
    done = send(at_office, mall, "counters", "nomor;zona;instansi;kursi roda\n1;utara;Dukcapil;ya\n2;selatan;Polres;\n")
    assert "2 baris tersimpan." in done.content.decode()
    assert Zone.objects.get(code="utara").seats == 60
    assert Facility.objects.get(kind="prayer_room").count == 2
    assert Tenancy.objects.get(agency__short_name="Polres").agency.level == Level.CENTRE
    assert Counter.objects.get(number=1).is_wheelchair_ready
    again = at_office.post(
        url(mall, "counters/import/"),
        {
            "file": SimpleUploadedFile(
                "l.csv", b"nomor,zona,instansi,kursi roda\n1,utara,Dukcapil,ya\n2,utara,Polres,\n"
            )
        },
        follow=True,
    )
    assert {one["fate"]: one["count"] for one in again.context["counts"]} == {
        "new": 0, "changed": 1, "unchanged": 1, "error": 0,
    }  # fmt: skip


def test_a_row_that_names_something_unknown_says_so(mall: Mall, at_office: Client) -> None:
    faults = send(
        at_office, mall, "counters", "nomor;zona;instansi\nsatu;hall;Dukcapil\n2;nowhere;Dukcapil\n3;hall;Bank\n"
    )
    assert [number for number, _errors in faults] == [2, 3, 4]
    assert "Bank" in str(faults[2][1])
    assert not Counter.objects.exists()


def test_a_manager_sees_the_own_agency_only_and_changes_no_counter(
    mall: Mall, agency: Agency, manager: User, sign_in: SignIn
) -> None:
    other = make_agency(mall, "Imigrasi")
    zone = mall.zones.get()
    own = Counter.objects.create(mall=mall, number=1, zone=zone, agency=agency)
    strange = Counter.objects.create(mall=mall, number=2, zone=zone, agency=other)
    client = sign_in(manager)
    listed = client.get(url(mall, "counters/"))
    assert [line["record"] for line in listed.context["records"]] == [own]
    assert client.get(url(mall, f"counters/{strange.pk}/")).status_code == 404
    assert client.get(url(mall, f"counters/{own.pk}/")).status_code == 200
    assert client.post(url(mall, f"counters/{own.pk}/"), {}).status_code == 404
    assert client.get(url(mall, f"agencies/{other.tenancies.get().pk}/")).status_code == 404


def test_lists_stay_under_twelve_statements(
    mall: Mall, agency: Agency, at_office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    zone = mall.zones.get()
    Counter.objects.bulk_create(
        Counter(mall=mall, number=number, zone=zone, agency=agency) for number in range(1, 10_001)
    )
    for register in ("zones", "facilities", "agencies", "counters", "queues", "work-profiles"):
        with django_assert_max_num_queries(12):
            assert at_office.get(url(mall, f"{register}/")).status_code == 200


def test_a_queue_is_set_up_and_gives_numbers_today(mall: Mall, agency: Agency, at_office: Client) -> None:
    fields = {
        "prefix": "K", "name": "Kartu", "agency": agency.pk, "zone": mall.zones.get().pk,
        "schedule": mall.schedules.get().pk, "daily_limit": "40", "grace_minutes": "15",
        "services": "KTP-el hilang\nKTP-el baru\nktp-el hilang",
    }  # fmt: skip
    assert at_office.post(url(mall, "queues/new/"), fields).status_code == 302
    queue = Queue.objects.get(mall=mall)
    assert {*queue.services.values_list("slug", flat=True)} == {"ktp-el-hilang", "ktp-el-baru"}
    assert QueueDay.objects.get(queue=queue).number_limit == 40
    changed = {**fields, "daily_limit": "25", "version": queue.version, "services": ""}
    assert at_office.post(url(mall, f"queues/{queue.pk}/"), changed).status_code == 302
    assert QueueDay.objects.get(queue=queue).number_limit == 25
    assert not queue.services.exists()
    assert PublicService.objects.filter(mall=mall).count() == 2  # they stay known, without a queue
    assert at_office.post(url(mall, "queues/new/"), fields).status_code == 422  # the letter is taken


def test_counters_get_their_work_profile(mall: Mall, at_office: Client) -> None:
    queue = make_queue(mall)
    counter = Counter.objects.create(mall=mall, number=5, zone=mall.zones.get(), agency=queue.agency)
    fields = {"name": "Semua", "queues": [queue.pk], "counters": [counter.pk]}
    assert at_office.post(url(mall, "work-profiles/new/"), fields).status_code == 302
    profile = WorkProfile.objects.get(mall=mall, name="Semua")
    assert CounterStatus.objects.get(counter=counter).profile == profile
    open_one = make_counter(queue)
    CounterStatus.objects.filter(counter=open_one).update(
        profile=profile, state="open", officer=make_user(mall=mall, agency=queue.agency), since=clock.now()
    )
    refused = at_office.post(url(mall, f"work-profiles/{profile.pk}/"), {**fields, "version": profile.version})
    assert refused.status_code == 422
    assert CounterStatus.objects.get(counter=open_one).profile == profile


def test_a_mall_is_built_by_an_administrator_of_the_installation_only(
    mall: Mall, operator: User, sign_in: SignIn
) -> None:
    load_regions()
    fields = {"name": "MPP Ngawi", "code": "ngawi", "region": "35.21", "time_zone": "Asia/Jakarta"}
    local = make_user(mall=mall, kind=RoleKind.ADMINISTRATOR)
    for user in (operator, local):
        assert sign_in(user).post("/office/new/", fields).status_code == 404
    whole = make_user()
    Role.objects.create(user=whole, kind=RoleKind.ADMINISTRATOR)
    give_second_factor(whole)
    client = sign_in(whole)
    assert client.post("/office/new/", {**fields, "code": "desk"}).status_code == 422
    assert client.post("/office/new/", fields).headers["Location"] == "/office/ngawi/"
    assert Mall.objects.get(code="ngawi").region_id == "35.21"
    assert client.get("/office/ngawi/").status_code == 200
    assert "MPP Ngawi" in client.get("/office/").content.decode()


def test_the_malls_own_page_is_kept_up_and_read(mall: Mall, at_office: Client, auditor: User, sign_in: SignIn) -> None:
    page = at_office.get(url(mall, "identity/"))
    fields = {"name": "MPP Magetan", "code": mall.code, "address": "Jalan Contoh 1", "time_zone": "Asia/Makassar"}
    assert at_office.post(url(mall, "identity/"), {**fields, "version": page.context["version"]}).status_code == 302
    mall.refresh_from_db()
    assert (mall.address, mall.time_zone) == ("Jalan Contoh 1", "Asia/Makassar")
    behind = at_office.post(url(mall, "identity/"), {**fields, "phone": "0351 1234", "version": "1"})
    assert behind.status_code == 409
    reader = sign_in(auditor)
    assert reader.get(url(mall, "identity/")).status_code == 200
    assert reader.post(url(mall, "identity/"), fields).status_code == 404


def test_regions_are_looked_up_by_name_and_by_former_code(at_office: Client) -> None:
    load_regions()
    assert "Kabupaten Magetan" in at_office.get("/office/regions/?q=magetan").content.decode()
    page = at_office.get("/office/regions/?q=91.01").content.decode()
    assert "93.01" in page
    assert "UU 14/2022" in page


def test_an_agency_of_other_malls_keeps_its_name(mall: Mall, agency: Agency, at_office: Client) -> None:
    other = make_mall()
    Tenancy.objects.create(mall=other, agency=agency)
    tenancy = agency.tenancies.get(mall=mall)
    page = at_office.get(url(mall, f"agencies/{tenancy.pk}/"))
    form = page.context["form"]
    fields = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", False)}
    rows = {"rows-TOTAL_FORMS": "0", "rows-INITIAL_FORMS": "0", "version": tenancy.version}
    refused = at_office.post(url(mall, f"agencies/{tenancy.pk}/"), {**fields, **rows, "name": "Bukan Dinas"})
    assert refused.status_code == 409
    agency.refresh_from_db()
    assert agency.name != "Bukan Dinas"
    fine = at_office.post(url(mall, f"agencies/{tenancy.pk}/"), {**fields, **rows, "stand": "Gerai Baru"})
    assert fine.status_code == 302


def test_a_stand_ends_only_after_its_people_lost_their_roles(
    mall: Mall, agency: Agency, manager: User, at_office: Client
) -> None:
    address = url(mall, f"agencies/{agency.tenancies.get().pk}/remove/")
    assert at_office.post(address).status_code == 409
    manager.roles.all().delete()
    assert at_office.post(address).status_code == 302


def test_a_counter_is_called_by_more_than_its_number(mall: Mall, agency: Agency, at_office: Client) -> None:
    counter = Counter.objects.create(mall=mall, number=30, zone=mall.zones.get(), agency=agency)
    for rest in ("", "history/", "remove/"):
        assert "Loket 30" in at_office.get(url(mall, f"counters/{counter.pk}/{rest}")).content.decode()
