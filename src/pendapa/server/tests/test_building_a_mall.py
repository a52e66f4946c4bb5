"""A mall of 22 agencies, 30 counters and their queues is built from files, through the office's own pages."""

import csv
from collections.abc import Iterable, Sequence
from datetime import time
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.directory.accounts.models import Role, RoleKind
from pendapa.directory.malls.actions import load_regions
from pendapa.directory.malls.models import Counter, CounterShare, Facility, Mall, OpeningPeriod, Schedule, Tenancy, Zone
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing.models import CounterStatus, Queue, QueueDay, QueueService
from pendapa.operations.queueing.tests.make import give_second_factor, make_user
from pendapa.server.demo import mall as demo
from pendapa.server.demo.agencies import KINDS, SHARED_COUNTER, SHARES, STANDS
from pendapa.server.demo.catalogue import offered
from pendapa.server.demo.places import FACILITIES, ZONES

pytestmark = pytest.mark.django_db

WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat")


@pytest.fixture
def administrator() -> Client:
    user = make_user("arif")
    Role.objects.create(user=user, kind=RoleKind.ADMINISTRATOR)
    give_second_factor(user)
    client = Client(headers={"accept-language": "id"})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def bring_in(client: Client, register: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> dict[str, int]:
    """Import a table and save it; returns how many rows had which fate."""
    text = StringIO()
    csv.writer(text, delimiter=";").writerows([heads, *rows])
    file = SimpleUploadedFile(f"{register}.csv", text.getvalue().encode("utf-8-sig"), content_type="text/csv")
    page: Any = client.post(f"/office/ngawi/{register}/import/", {"file": file}, follow=True)
    assert page.status_code == 200, page.content.decode()
    assert [one["planned"].errors for one in page.context["rows"] if one["planned"].errors] == []
    counts = {one["fate"]: one["count"] for one in page.context["counts"]}
    saved = client.post(page.redirect_chain[-1][0], {"mark": page.context["mark"]})
    assert saved.status_code == 302
    return counts


def agency_rows() -> list[list[object]]:
    return [
        [one.short_name, one.name, one.level.label, one.region, one.zone, f"{number}/PKS/2026", "05/01/2026", ""]
        for number, one in enumerate(STANDS, start=1)
    ]


def counter_rows() -> list[list[object]]:
    shares = "; ".join(f"{WEEKDAYS[day]} {name}" for day, name in SHARES)
    return [
        [
            number,
            stand.short_name,
            ZONES[stand.zone][0],
            KINDS[number].label if number in KINDS else "",
            "ya" if number % 3 else "tidak",
            shares if number == SHARED_COUNTER else "",
        ]
        for stand in STANDS
        for line in stand.lines
        for number in line.counters
    ]


def names_at(prefix: str) -> list[str]:
    """The services that a queue takes."""
    return [one.name for one in offered() if one.line == prefix]


def queue_rows() -> list[list[object]]:
    return [
        [
            line.prefix,
            line.name,
            stand.short_name,
            stand.zone,
            "Jam layanan",
            line.limit or "",
            "; ".join(names_at(line.prefix)),
        ]
        for stand in STANDS
        for line in stand.lines
    ]


AGENCY_HEADS = ("nama singkat", "nama", "tingkat", "wilayah", "zona", "nomor pks", "mulai", "berakhir")
COUNTER_HEADS = ("nomor", "instansi", "zona", "jenis", "kursi roda", "hari berbagi")
QUEUE_HEADS = ("awalan", "nama", "instansi", "zona", "jam layanan", "batas sehari", "layanan")


def test_a_mall_is_built_from_files_and_can_open(
    administrator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    load_regions()
    fields = {"name": "MPP Ngawi", "code": "ngawi", "region": "Kabupaten Ngawi", "time_zone": "Asia/Jakarta"}
    assert administrator.post("/office/new/", fields).headers["Location"] == "/office/ngawi/"
    mall = Mall.objects.get(code="ngawi")
    schedule = Schedule.objects.create(mall=mall, name="Jam layanan")
    OpeningPeriod.objects.bulk_create(
        OpeningPeriod(schedule=schedule, weekday=day, opens=time(0), closes=time(23, 59)) for day in range(7)
    )

    zones = [[code, name, floor, waiting, seats, most] for code, (name, floor, waiting, seats, most) in ZONES.items()]
    heads = ("kode", "nama", "lantai", "ruang tunggu", "kursi", "kapasitas")
    assert bring_in(administrator, "zones", heads, zones)["new"] == 3
    facilities = [[kind.label, zone, count, note] for kind, zone, count, note in FACILITIES]
    assert bring_in(administrator, "facilities", ("fasilitas", "zona", "jumlah", "catatan"), facilities)["new"] == 24
    assert bring_in(administrator, "agencies", AGENCY_HEADS, agency_rows())["new"] == 22
    assert bring_in(administrator, "counters", COUNTER_HEADS, counter_rows())["new"] == 30
    assert bring_in(administrator, "queues", QUEUE_HEADS, queue_rows())["new"] == 24

    assert Zone.objects.get(code="utara").seats == 80
    assert Facility.objects.count() == 24
    assert Tenancy.objects.get(agency__short_name="Samsat").agency.region_id == "35"
    assert Counter.objects.get(number=27).kind == KINDS[27]
    assert {*CounterShare.objects.values_list("counter__number", "weekday")} == {(30, 1), (30, 2)}
    assert QueueService.objects.count() == len(offered())
    assert QueueDay.objects.filter(date=service_date(mall, clock.now())).count() == 24

    assert administrator.get("/office/ngawi/work-profiles/fill/").context["missing"]
    assert administrator.post("/office/ngawi/work-profiles/fill/").status_code == 302
    assert CounterStatus.objects.count() == 30  # each counter can open now
    assert not administrator.get("/office/ngawi/work-profiles/fill/").context["missing"]
    for register in ("zones", "facilities", "agencies", "counters", "queues", "work-profiles"):
        with django_assert_max_num_queries(12):
            assert administrator.get(f"/office/ngawi/{register}/").status_code == 200, register

    # The same files again change nothing, and what differs is named before it is saved.
    again = {"new": 0, "changed": 0, "unchanged": 22, "error": 0}
    assert bring_in(administrator, "agencies", AGENCY_HEADS, agency_rows()) == again
    assert bring_in(administrator, "counters", COUNTER_HEADS, counter_rows())["unchanged"] == 30
    assert bring_in(administrator, "queues", QUEUE_HEADS, queue_rows())["unchanged"] == 24
    changed = [["A", "Kartu dan keluarga", "Dukcapil", "utara", "Jam layanan", "120", "KTP-el baru"]]
    assert bring_in(administrator, "queues", QUEUE_HEADS, changed)["changed"] == 1
    queue = Queue.objects.get(mall=mall, prefix="A")
    assert queue.daily_limit == 120
    assert [one.name for one in queue.services.all()] == ["KTP-el baru"]


def test_what_is_exported_can_be_imported_again(administrator: Client) -> None:
    load_regions()
    mall = demo.load(at=clock.now())
    Mall.objects.filter(pk=mall.pk).update(code="ngawi")
    expected = {"zones": 3, "facilities": 24, "agencies": 22, "counters": 30, "queues": 24}
    for register, count in expected.items():
        content = administrator.get(f"/office/ngawi/{register}/?format=xlsx").content
        file = SimpleUploadedFile(f"{register}.xlsx", content)
        page: Any = administrator.post(f"/office/ngawi/{register}/import/", {"file": file}, follow=True)
        assert "counts" in page.context, page.content.decode()
        found = {one["fate"]: one["count"] for one in page.context["counts"]}
        assert found["unchanged"] == count, [one["planned"] for one in page.context["rows"]]
