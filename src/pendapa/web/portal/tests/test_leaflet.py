"""The leaflet of a service: a PDF with the words of its page, the same bytes each time, and never code from a text."""

import gzip
import json
import re
import shutil
import subprocess
from datetime import date, time
from typing import Any

import pytest
import typst
from django.test import Client
from django.utils.translation import override
from pytest_django.fixtures import Settings

from pendapa.base import clock
from pendapa.directory.catalogue import actions as catalogue
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.catalogue.tests.make import NOW, REVIEWER, WRITER, full_content
from pendapa.directory.malls.models import Agency, Mall, OpeningPeriod, Schedule, Zone
from pendapa.operations.queueing.models import Queue
from pendapa.operations.queueing.tests.make import make_queue
from pendapa.web.portal import leaflets, shelf
from pendapa.web.portal.hours import week

ADDRESS = "https://mpp.example/magetan/services/akta-kelahiran/"
HOSTILE = '#import "x": * ] $ a_b *c* `r` <l> @ref // /* \\ "q" = #read("leaflet.typ") #{1+1} &amp; <b> ~ -- ...'


@pytest.fixture(autouse=True)
def empty_shelf() -> None:
    shelf.KEPT.clear()


@pytest.fixture
def queue(db: None) -> Queue:
    queue = make_queue(prefix="A")
    publish(queue)
    return queue


@pytest.fixture
def phone() -> Client:
    return Client(headers={"accept-language": "id"})


def publish(queue: Queue, **parts: Any) -> PublicService:
    return catalogue.put_service(
        mall=queue.mall,
        agency=queue.agency,
        slug=queue.services.get().slug,
        content={**full_content(), **parts},
        by=WRITER,
        reviewed_by=REVIEWER,
        at=clock.now(),
    )


def path(queue: Queue) -> str:
    return f"/{queue.mall.code}/services/{queue.services.get().slug}/leaflet.pdf"


def unsaved(content: dict[str, Any]) -> ServiceVersion:
    """A version in force, made without a database."""
    service = PublicService(agency=Agency(name="Dinas Kependudukan", short_name="Dukcapil"), slug="layanan")
    return ServiceVersion(
        service=service, content=content, number=3, valid_from=date(2026, 1, 5), published_at=NOW, decree_number=""
    )


def place() -> tuple[Mall, Queue]:
    mall = Mall(code="magetan", name="MPP Magetan", address="Pasar Baru lantai 3", phone="0351 555 0100")
    return mall, Queue(
        prefix="A", name="Akta", zone=Zone(name="Zona 1", floor="lantai 3"), schedule=Schedule(mall=mall)
    )


def told(content: dict[str, Any], spoken: str = "id") -> dict[str, Any]:
    mall, queue = place()
    with override(spoken):
        return leaflets.content(unsaved(content), mall, queue=queue, address=ADDRESS, spoken=spoken)


def words_of(pdf: bytes) -> str:
    """The words of a PDF in one line, read by an independent program where it is installed."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    read = subprocess.run([program, "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(read.stdout.decode().split())


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def is_archivable(pdf: bytes) -> bool:
    return b"<pdfaid:part>2<" in pdf and b"<pdfuaid:part>1<" in pdf


def test_a_leaflet_says_what_the_page_says(phone: Client, queue: Queue) -> None:
    answer = phone.get(path(queue))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"].startswith('inline; filename="')
    assert answer.content.startswith(b"%PDF-")
    assert is_archivable(answer.content)
    assert b"<dc:language>" in answer.content
    assert f"Akta kelahiran, {queue.mall.name}".encode() in answer.content  # its title, in the metadata
    assert pages(answer.content) == 1
    said = words_of(answer.content)
    for words in (
        queue.agency.name,
        "Akta kelahiran",
        "Gratis",
        "1 hari kerja",
        "KTP-el",
        "cukup ditunjukkan, 2 buah, milik ayah dan ibu",
        "1. Ambil nomor antrean",
        "Kutipan akta kelahiran",
        "Petugas gerai.",
        "UU 24/2013, Perpres 96/2018",
        "188/14/KEPT/403.111/2026, 5 Januari 2026",
        f"http://testserver{path(queue).removesuffix('leaflet.pdf')}",
    ):
        assert words in said
    assert "CONTOH" not in said


def test_the_service_page_leads_to_it(phone: Client, queue: Queue) -> None:
    page = phone.get(path(queue).removesuffix("leaflet.pdf")).content.decode()
    assert f'href="{path(queue)}"' in page
    assert "Unduh selebaran (PDF)" in page
    permanent = phone.get(f"{path(queue).removesuffix('leaflet.pdf')}versions/1/").content.decode()
    assert "leaflet.pdf" not in permanent  # it is of the version in force


def test_english_visitors_get_english_words(queue: Queue) -> None:
    answer = Client(headers={"accept-language": "en"}).get(path(queue))
    said = words_of(answer.content)
    assert answer["Content-Language"] == "en"
    assert answer["Content-Disposition"].endswith('-en.pdf"')
    assert "Birth certificate" in said
    assert "1 working day" in said
    assert "Free of charge" in said


def test_a_demo_says_that_it_is_an_example(phone: Client, queue: Queue, settings: Settings) -> None:
    settings.DEMO = True
    assert "CONTOH, bukan data resmi" in words_of(phone.get(path(queue)).content)


def test_the_same_words_are_the_same_bytes(phone: Client, queue: Queue) -> None:
    first = phone.get(path(queue))
    assert phone.get(path(queue)).content == first.content
    assert not shelf.KEPT.pages  # files do not push pages off the shelf
    publish(queue, time={"value": 9, "unit": "hour"})
    assert phone.get(path(queue)).content != first.content


def test_caches_ask_for_it_as_for_a_page(phone: Client, queue: Queue) -> None:
    first = phone.get(path(queue))
    assert {part.strip() for part in first["Cache-Control"].split(",")} == {"public", "no-cache"}
    known = phone.get(path(queue), headers={"if-none-match": first["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    packed = phone.get(path(queue), headers={"accept-encoding": "gzip"})
    assert gzip.decompress(packed.content) == first.content
    publish(queue, time={"value": 9, "unit": "hour"})
    assert phone.get(path(queue), headers={"if-none-match": first["ETag"]}).status_code == 200


def test_there_is_none_of_what_is_unknown_unwritten_or_retired(queue: Queue) -> None:
    phone = Client(headers={"accept-language": "id"}, raise_request_exception=False)
    assert phone.get(f"/{queue.mall.code}/services/nothing/leaflet.pdf").status_code == 404
    assert phone.get(f"/nowhere/services/{queue.services.get().slug}/leaflet.pdf").status_code == 404
    unwritten = make_queue(queue.mall, prefix="B")
    assert phone.get(path(unwritten)).status_code == 404
    assert phone.post(path(queue)).status_code == 405
    where = path(queue)
    catalogue.retire_service(service=queue.services.get(), version=None, by=WRITER, at=clock.now())
    gone = phone.get(where)
    assert (gone.status_code, gone["Content-Type"]) == (410, "text/html; charset=utf-8")


def test_the_usual_week_joins_days_of_the_same_hours(queue: Queue) -> None:
    schedule = Schedule.objects.create(mall=queue.mall, name="Jam kantor")
    assert week(schedule) == ()
    hours = {day: [(8, 12), (13, 15)] for day in (0, 1, 2, 3)} | {4: [(8, 11)], 6: [(8, 11)]}
    OpeningPeriod.objects.bulk_create(
        OpeningPeriod(schedule=schedule, weekday=day, opens=time(opens), closes=time(closes))
        for day, stretches in hours.items()
        for opens, closes in stretches
    )
    with override("id"):
        assert week(schedule) == (
            "Senin\N{EN DASH}Kamis, 08.00\N{EN DASH}12.00 dan 13.00\N{EN DASH}15.00",
            "Jumat, 08.00\N{EN DASH}11.00",
            "Minggu, 08.00\N{EN DASH}11.00",
        )


def hostile(text: str) -> dict[str, Any]:
    """A standard that says nothing but this text, wherever a text may stand."""
    said = {"id": text}
    return full_content(
        name=text[:150],
        summary={"id": f"{text}\nbaris kedua"},
        issuer="outside",
        outside_system=text,
        requirements=[{"text": said, "form": "copy", "count": 3, "whose": said, "where": said, "only_if": said}],
        steps=[said, said],
        time={"value": 1, "unit": "hour", "exceptions": said},
        fee={
            "free": False,
            "lines": [{"label": said, "amount": 5000, "per": said}, {"label": said, "formula": said}],
            "note": said,
            "basis": said,
        },
        products=[said, said],
        complaints=said,
        legal_basis=[text],
    )


def test_no_text_is_read_as_code() -> None:
    words = told(hostile(HOSTILE))
    assert json.dumps(words).count("#import") >= 10
    made = leaflets.pdf(words, NOW)
    assert is_archivable(made)
    assert words_of(made).count(HOSTILE) >= 10


@pytest.mark.parametrize("text", ["KTP \N{WHITE HEAVY CHECK MARK}", "\N{CJK UNIFIED IDEOGRAPH-4E2D}"])
def test_a_sign_without_a_font_costs_the_archive_and_not_the_leaflet(text: str) -> None:
    made = leaflets.pdf(told(full_content(text)), NOW)
    assert made.startswith(b"%PDF-")
    assert not is_archivable(made)


def test_signs_beyond_the_leaflets_own_font_come_from_another() -> None:
    made = leaflets.pdf(told(full_content("Usia \N{GREATER-THAN OR EQUAL TO} 17 \N{RIGHTWARDS ARROW} KTP")), NOW)
    assert is_archivable(made)


def test_a_missing_font_is_no_silent_other_font(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[])
    monkeypatch.setattr(leaflets, "fonts", lambda: bare)
    with pytest.raises(leaflets.NotAsDesigned, match="unknown font family"):
        leaflets.pdf(told(full_content()), NOW)
