"""The catalogue's pages: what they say of a service, in which language, at which address, to whatever hand asks."""

import json
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.directory.catalogue import actions as catalogue
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.catalogue.tests.make import REVIEWER, WRITER, full_content
from pendapa.directory.malls.models import Mall
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing.models import Queue
from pendapa.operations.queueing.tests.make import make_agency, make_mall, make_queue
from pendapa.web.portal import guide

pytestmark = pytest.mark.django_db(transaction=True)

MOST_STATEMENTS = 12  # architecture 6

PASSPORT: dict[str, Any] = {
    "name": {"id": "Permohonan paspor baru", "en": "New passport"},
    "summary": {"id": "Untuk yang belum pernah punya paspor.", "en": "For those who never had one."},
    "issuer": "outside",
    "outside_system": "Imigrasi (M-Paspor)",
    "delivery": ["at_place", "electronic"],
    "life_events": ["travel"],
    "popularity": 80,
    "requirements": [
        {"text": {"id": "KTP-el", "en": "ID card"}, "form": "original_and_copy", "count": 2, "picture": "id_card"},
        {
            "text": {"id": "Surat ganti nama", "en": "Change of name"},
            "only_if": {"id": "Nama Anda berganti", "en": "Your name changed"},
            "where": {"id": "Pengadilan", "en": "The court"},
        },
    ],
    "time": {"value": 4, "unit": "working_day", "starts": "paid"},
    "fee": {
        "free": False,
        "lines": [
            {"label": {"id": "Paspor biasa", "en": "Passport"}, "amount": 350_000},
            {"label": {"id": "Paspor elektronik", "en": "E-passport"}, "amount": 650_000},
        ],
    },
}


@pytest.fixture
def queue() -> Queue:
    return make_queue(prefix="A")


@pytest.fixture
def phone() -> Client:
    return Client(headers={"accept-language": "id"}, raise_request_exception=False)


def publish(queue: Queue, *, slug: str = "", valid_from: date | None = None, **parts: Any) -> PublicService:
    """A standard in force for the queue's service, or for another service of its agency."""
    return catalogue.put_service(
        mall=queue.mall,
        agency=queue.agency,
        slug=slug or queue.services.get().slug,
        content={**full_content(), **parts},
        by=WRITER,
        reviewed_by=REVIEWER,
        at=clock.now(),
        valid_from=valid_from,
    )


def address(service: PublicService, rest: str = "") -> str:
    return f"/{service.mall.code}/services/{service.slug}/{rest}"


def text_of(phone: Client, path: str, *, status: int = 200) -> str:
    """What a page says, without its markup and with single spaces."""
    answer = phone.get(path)
    assert answer.status_code == status, path
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_a_service_says_what_to_bring_what_it_costs_and_how_long_it_takes(phone: Client, queue: Queue) -> None:
    page = text_of(phone, address(publish(queue, **PASSPORT)))
    for words in (
        "Permohonan paspor baru",
        "Mulai Rp350.000",
        "Rp650.000",
        "4 hari kerja",
        "dihitung sejak Anda membayar",
        "asli dan fotokopi 2 lembar",
        "Hanya jika nama Anda berganti",
        "Didapat di: Pengadilan",
        "Imigrasi (M-Paspor)",
        "di loket dan lewat internet",
        "188/14/KEPT/403.111/2026",
        "UU 24/2013",
        "1, berlaku sejak",
        "5 Januari 2029",
        "Hari ini",
    ):
        assert words in page, words


def test_whoever_reads_english_gets_english(queue: Queue) -> None:
    page = text_of(Client(headers={"accept-language": "en"}), address(publish(queue, **PASSPORT)))
    for words in (
        "New passport",
        "From Rp350,000",
        "4 working days",
        "Only if your name changed",
        "See an example",
        "Get it at: The court",
    ):
        assert words in page, words


def test_what_is_free_is_called_so_and_has_no_price(phone: Client, queue: Queue) -> None:
    page = text_of(phone, address(publish(queue)))
    assert "Gratis" in page
    assert "Rp" not in page


def test_a_service_without_a_standard_says_so_and_still_gives_a_number(phone: Client, queue: Queue) -> None:
    page = text_of(phone, address(queue.services.get()))
    assert "Syarat layanan ini belum ditulis di sini." in page
    assert "Ambil nomor antrean" in page


def test_a_service_without_a_queue_needs_no_number(phone: Client, queue: Queue) -> None:
    service = publish(queue, slug="konsultasi")
    assert "Tidak perlu nomor antrean" in text_of(phone, address(service))
    assert address(service, "number/") not in phone.get(address(service)).content.decode()


def test_a_version_keeps_its_address_for_ever(phone: Client, queue: Queue) -> None:
    publish(queue, valid_from=date(2026, 1, 5))
    service = publish(queue, time={"value": 3, "unit": "working_day"})
    first = text_of(phone, address(service, "versions/1/"))
    assert "sekarang tidak berlaku lagi" in first
    assert "Lihat yang berlaku sekarang" in first
    assert "1 hari kerja" in first
    second = text_of(phone, address(service, "versions/2/"))
    assert "Ini versi 2, berlaku sejak" in second
    now = text_of(phone, address(service))
    assert "Yang berubah sejak versi 1" in now
    assert "1 hari kerja → 3 hari kerja" in now


def test_a_draft_has_no_address(phone: Client, queue: Queue) -> None:
    service = publish(queue)
    catalogue.draft_version(service=service, by=WRITER, at=clock.now())
    for number in (0, 2, 10**30):
        assert phone.get(address(service, f"versions/{number}/")).status_code == 404


def test_a_retired_service_says_so_kindly_and_names_others(phone: Client, queue: Queue) -> None:
    gone = publish(queue, slug="surat-lama", name={"id": "Surat lama"})
    publish(queue, name={"id": "Surat baru"})
    catalogue.retire_service(service=gone, version=None, by=WRITER, at=clock.now())
    page = text_of(phone, address(gone), status=410)
    assert "Surat lama tidak lagi dilayani di sini" in page
    assert "Surat baru" in page
    assert phone.get(address(gone, "number/")).status_code == 404
    assert phone.get(address(gone, "versions/1/")).status_code == 200


def test_search_engines_read_the_service(phone: Client, queue: Queue) -> None:
    evil: dict[str, Any] = {**PASSPORT, "summary": {"id": "</script><script>alert(1)</script> & co"}}
    service = publish(queue, **evil)
    html = phone.get(address(service)).content.decode()
    assert "<script>alert" not in html
    told = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)[1])  # type: ignore[index]  # it is there, or the test fails
    assert told["@type"] == "GovernmentService"
    assert told["description"] == evil["summary"]["id"]
    assert told["availableChannel"]["processingTime"] == "P4D"
    assert [offer["price"] for offer in told["offers"]] == [350_000, 650_000]
    assert f'<link rel="canonical" href="http://testserver{address(service)}">' in html


def test_the_promise_of_an_agency_has_a_page(phone: Client, queue: Queue) -> None:
    path = f"/{queue.mall.code}/agencies/{queue.agency_id}/pledge/"
    assert phone.get(path).status_code == 404
    values = {"text": {"id": "Kami melayani sesuai standar."}, "signed_by": "Kepala Dinas", "signed_on": "2026-01-05"}
    catalogue.put_pledge(mall=queue.mall, agency=queue.agency, values=values, by=WRITER, at=clock.now())
    page = text_of(phone, path)
    assert "Kami melayani sesuai standar." in page
    assert "Kepala Dinas" in page
    assert f"Maklumat pelayanan {queue.agency.short_name}" in text_of(phone, address(publish(queue)))


def test_a_search_finds_by_what_people_say_and_tells_why(phone: Client, queue: Queue) -> None:
    publish(queue, **PASSPORT)
    found = text_of(phone, f"/{queue.mall.code}/?q=paspr")
    assert "Permohonan paspor baru" in found
    assert "Ditampilkan untuk “paspor”." in found
    assert "Muncul karena" in text_of(phone, f"/{queue.mall.code}/?q=kutipan")
    nothing = text_of(phone, f"/{queue.mall.code}/?q=xyzzy")
    assert "Jawab beberapa pertanyaan" in nothing


def test_while_typing_the_results_alone_are_sent(phone: Client, queue: Queue) -> None:
    publish(queue, **PASSPORT)
    part = phone.get(f"/{queue.mall.code}/?q=paspor", headers={"HX-Request": "true"})
    assert b"Permohonan paspor baru" in part.content
    assert b"<html" not in part.content
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize(
    "words", ["%00", "a" * 8192, "%E2%80%AEabc", "<img+src=x+onerror=alert(1)>", "%ff", "' OR 1=1 --"]
)
def test_a_hostile_search_gets_an_ordinary_page(phone: Client, queue: Queue, words: str) -> None:
    publish(queue, **PASSPORT)
    answer = phone.get(f"/{queue.mall.code}/?q={words}")
    assert answer.status_code == 200
    assert b"<img src=x" not in answer.content
    assert len(answer.content) < 30_000


def test_ways_lead_by_event_and_by_agency(phone: Client, queue: Queue) -> None:
    publish(queue, **PASSPORT)
    assert "Permohonan paspor baru" in text_of(phone, f"/{queue.mall.code}/events/travel/")
    assert "Belum ada apa-apa" in text_of(phone, f"/{queue.mall.code}/events/birth/")
    assert "Permohonan paspor baru" in text_of(phone, f"/{queue.mall.code}/agencies/{queue.agency_id}/")


def test_questions_lead_to_a_service_by_plain_links(phone: Client, queue: Queue) -> None:
    publish(queue, slug="paspor-baru", **PASSPORT)
    code = queue.mall.code
    assert "Mengurus paspor" in text_of(phone, f"/{code}/guide/")
    assert "Mengurus SIM" not in text_of(phone, f"/{code}/guide/")  # this mall has no such service
    first = phone.get(f"/{code}/guide/paspor/").content.decode()
    assert f"/{code}/guide/paspor-dewasa/" in first
    assert "paspor-untuk-anak" not in first
    assert "Permohonan paspor baru" in text_of(phone, f"/{code}/guide/paspor-biasa/")
    assert phone.get(f"/{code}/guide/sim/").status_code == 404


def test_every_step_of_the_questions_can_be_reached_and_speaks_both_languages() -> None:
    steps = guide.steps()
    reached = {name for name, step in steps.items() if step.topic}
    reached |= {following for step in steps.values() for _words, following in step.answers}
    assert reached == set(steps)
    for step in steps.values():
        assert step.answers or step.services
        for words in (step.words, *(said for said, _to in step.answers)):
            assert words.languages == ("id", "en")


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/",
        "/{mall}/services/nothing/",
        "/{mall}/services/nothing/now/",
        "/{mall}/services/nothing/versions/1/",
        "/{mall}/events/nothing/",
        "/{mall}/guide/nothing/",
        "/{mall}/agencies/99999999999999999999999/",
        "/{mall}/agencies/0/pledge/",
        "/nowhere/guide/",
        "/nowhere/events/birth/",
        "/{other}/services/{slug}/",
        "/{other}/agencies/{agency}/",
    ],
)
def test_what_is_not_there_is_not_found(phone: Client, queue: Queue, path: str) -> None:
    known = {"mall": queue.mall.code, "other": make_mall().code, "slug": publish(queue).slug, "agency": queue.agency_id}
    assert phone.get(path.format(**known)).status_code == 404


def _grow(mall: Mall, queue: Queue) -> None:
    """5,000 services of 20 agencies."""
    agencies = [make_agency(mall, f"Instansi {number:02}") for number in range(20)]
    rows = [
        catalogue.ServiceRow(
            agencies[number % 20],
            f"layanan-besar-{number}",
            full_content(f"Izin nomor {number}", popularity=number % 101, life_events=["birth", "work"]),
        )
        for number in range(5_000)
    ]
    day = service_date(mall, clock.now())
    catalogue.load_catalogue(mall=mall, rows=rows, by=WRITER, reviewed_by=REVIEWER, at=clock.now(), valid_from=day)


def test_pages_cost_few_statements_whatever_the_row_counts(
    phone: Client, queue: Queue, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    service = publish(queue, **PASSPORT)
    mall = queue.mall
    _grow(mall, queue)
    agency = PublicService.objects.filter(slug="layanan-besar-7").values_list("agency", flat=True).get()
    phone.get(f"/{mall.code}/?q=izin")  # makes the index
    for path in (
        f"/{mall.code}/",
        f"/{mall.code}/?q=izin+777",
        f"/{mall.code}/events/birth/",
        f"/{mall.code}/agencies/{agency}/",
        f"/{mall.code}/guide/",
        address(service),
        address(service, "versions/1/"),
        address(service, "now/"),
        address(service, "number/"),
    ):
        with django_assert_max_num_queries(MOST_STATEMENTS):
            answer = phone.get(path)
        assert answer.status_code == 200
        assert len(answer.content) < 400_000
