"""Services into and out of files: what was exported changes nothing, and what is imported becomes drafts alone."""

import csv
import json
import tomllib
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

import pendapa
from pendapa.directory.accounts.models import User
from pendapa.directory.catalogue import queries, rules
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.catalogue.tests.make import full_content, public_content
from pendapa.directory.malls.models import Agency, Mall
from pendapa.operations.queueing.tests.make import make_agency
from pendapa.web.office import services_shapes as shapes
from pendapa.web.office.tests.conftest import SignIn
from pendapa.web.office.tests.services_stage import drafted, fields_of, published, submitted, url

DEMO = Path(pendapa.__file__).parent / "server/demo/services"


def contents() -> list[dict[str, Any]]:
    return [
        rules.to_json(rules.from_json({name: value for name, value in one.items() if name not in {"slug", "line"}}))
        for path in sorted(DEMO.glob("*.toml"))
        for one in tomllib.loads(path.read_text())["service"]
    ]


def test_every_service_of_the_demo_goes_through_both_shapes_unchanged() -> None:
    for content in contents():
        where = {"slug": "x", "agency": "y"}
        sippn = shapes.of_sippn(content, **where)
        assert shapes.over_sippn(content, sippn, **where) == content
        assert shapes.over_sheets(content, shapes.of_sheets(content, **where), **where) == content


def test_an_empty_service_becomes_the_same_in_sippn() -> None:
    empty = {"name": {"id": "Akta"}}
    for content in contents():
        where = {"slug": "x", "agency": "y"}
        sippn = shapes.of_sippn(content, **where)
        made = rules.from_json(shapes.over_sippn(empty, sippn, **where))
        again = shapes.of_sippn(rules.to_json(made), **where)
        assert again == sippn


def test_an_empty_service_becomes_the_same_from_sheets() -> None:
    for content in contents():
        where = {"slug": "x", "agency": "y"}
        made = shapes.over_sheets({"name": {"id": "Akta"}}, shapes.of_sheets(content, **where), **where)
        assert rules.to_json(rules.from_json(made)) == {**content, "popularity": 0}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("14 Hari kerja", {"value": 14, "unit": "working_day"}),
        ("10 menit", {"value": 10, "unit": "minute"}),
        ("2  jam", {"value": 2, "unit": "hour"}),
        ("3 hari", {"value": 3, "unit": "calendar_day"}),
        ("segera", {"value": "segera", "unit": None}),
    ],
)
def test_a_time_is_read_as_sippn_writes_it(said: str, read: dict[str, Any]) -> None:
    assert shapes.time_in(said) == read


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            "Paspor biasa: Rp350.000 per buku",
            {"label": {"id": "Paspor biasa"}, "amount": 350_000, "per": {"id": "buku"}},
        ),
        ("Rp 30.000", {"label": {"id": "Tarif"}, "amount": 30_000}),
        ("Ukur: 0,5 × luas", {"label": {"id": "Ukur"}, "formula": {"id": "0,5 × luas"}}),  # noqa: RUF001 - as printed
        ("menurut luas", {"label": {"id": "Tarif"}, "formula": {"id": "menurut luas"}}),
    ],
)
def test_a_price_is_an_amount_or_a_formula(said: str, read: dict[str, Any]) -> None:
    assert shapes.price_in(said) == read


# ---- Through the pages ----


@pytest.fixture
def service(mall: Mall, agency: Agency) -> PublicService:
    return published(mall, agency)


def upload(client: Client, mall: Mall, content: bytes, name: str) -> Any:
    return client.post(url(mall, "import/"), {"file": SimpleUploadedFile(name, content)}, follow=True)


def save(client: Client, page: Any) -> Any:
    mark = page.content.decode().partition('name="mark" value="')[2].partition('"')[0]
    fields = {"mark": mark} | ({"without_errors": "1"} if "without_errors" in page.content.decode() else {})
    return client.post(page.request["PATH_INFO"], fields, follow=True)


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["xlsx", "csv", "json"])
def test_an_exported_file_changes_nothing_at_its_own_mall(
    mall: Mall, service: PublicService, at_office: Client, form: str
) -> None:
    published(mall, service.agency, "kk", public_content("Kartu keluarga", complaints={}))
    file = at_office.get(url(mall, f"export.{form}"))
    assert file.headers["Content-Disposition"].endswith(f'.{form}"')
    page = upload(at_office, mall, file.content, f"layanan.{form}")
    assert "Tidak ada yang perlu disimpan" in page.content.decode() or "seperti semula" in page.content.decode()
    assert 'name="mark"' in page.content.decode()
    assert "of-preview__error" not in page.content.decode()
    assert "of-preview__changed" not in page.content.decode()
    assert not ServiceVersion.objects.filter(number=None).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["xlsx", "csv", "json"])
def test_what_is_new_elsewhere_or_changed_becomes_a_draft_and_is_never_published(
    mall: Mall, service: PublicService, at_office: Client, form: str
) -> None:
    file = at_office.get(url(mall, f"export.{form}")).content
    file = changed(file, form)
    page = upload(at_office, mall, file, f"layanan.{form}")
    assert "of-preview__changed" in page.content.decode()
    answer = save(at_office, page)
    assert "1 rancangan ditulis" in answer.content.decode()
    draft = queries.open_draft(service)
    assert draft is not None
    assert draft.content["steps"] == [{"id": "Ambil nomor antrean"}, {"id": "Serahkan semua berkas"}]
    assert draft.content["requirements"] == full_content()["requirements"]
    assert draft.state == "draft"
    assert queries.versions_of(service).count() == 1
    over = at_office.get(page.request["PATH_INFO"], follow=True)
    assert "sudah disimpan" in over.content.decode()


def changed(file: bytes, form: str) -> bytes:
    if form != "xlsx":
        return file.replace(b"Serahkan berkas", b"Serahkan semua berkas")
    book = load_workbook(BytesIO(file))
    for row in book[shapes.MORE].iter_rows():
        for cell in row:
            if cell.value == "Serahkan berkas":
                cell.value = "Serahkan semua berkas"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_new_service_comes_from_sippn(mall: Mall, agency: Agency, at_office: Client) -> None:
    said = {
        "nama_layanan": "Kartu keluarga",
        "organisasi": "Dukcapil",
        "persyaratan": ["KTP-el"],
        "sistem_mekanisme_prosedur": ["Datang"],
        "waktu_penyelesaian": "1 Hari kerja",
        "biaya_tarif": "Tidak dipungut biaya",
        "produk_pelayanan": ["Kartu keluarga"],
        "penanganan_pengaduan": "Kotak saran",
    }
    save(at_office, upload(at_office, mall, json.dumps([said]).encode(), "x.json"))
    service = PublicService.objects.get(name="Kartu keluarga")
    draft = queries.open_draft(service)
    assert draft is not None
    assert draft.content["fee"] == {"free": True}
    assert rules.missing(draft.standard, rules.PUBLIC) == ()


@pytest.mark.django_db
def test_rows_that_do_not_fit_say_why_and_the_others_are_saved(
    mall: Mall, service: PublicService, manager: User, sign_in: SignIn
) -> None:
    published(mall, make_agency(mall, "Imigrasi"), "paspor", full_content("Paspor baru"))
    submitted(published(mall, service.agency, "kk", full_content("Kartu keluarga")), manager, staff_count=4)
    rows = [
        {"kode": service.slug, "produk_pelayanan": "Akta"},
        {"nama_layanan": "Paspor baru", "organisasi": "Imigrasi", "produk_pelayanan": "Paspor"},
        {"kode": "kk", "produk_pelayanan": "KK"},
        {"nama_layanan": "Mati", "organisasi": "Dukcapil", "waktu_penyelesaian": "segera"},
        {"nama_layanan": "Mati", "organisasi": "Dukcapil", "produk_pelayanan": "Akta"},
    ]
    heads = list(shapes.SIPPN)
    text = StringIO()
    writer = csv.DictWriter(text, heads)
    writer.writeheader()
    writer.writerows(rows)
    client = sign_in(manager)
    page = upload(client, mall, text.getvalue().encode(), "x.csv")
    shown = page.content.decode()
    for words in ("menunggu pemeriksaan", "“Imigrasi”", "bilangan bulat", "dua kali"):
        assert words in shown
    save(client, page)
    assert queries.open_draft(service) is not None
    assert not PublicService.objects.filter(name="Mati").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04broken", b"a;b\n1;2", b'{"layanan": 3}', b"[1]", b"[" * 100_000, b"\x00\x01", b"nama_layanan\n"],
)
def test_a_file_that_is_none_is_refused_in_words(mall: Mall, at_office: Client, content: bytes) -> None:
    answer = upload(at_office, mall, content, "x.csv")
    assert answer.status_code == 422
    assert "pd-errors" in answer.content.decode()


@pytest.mark.django_db
def test_too_many_services_or_a_wrong_sheet_are_refused(mall: Mall, agency: Agency, at_office: Client) -> None:
    many = json.dumps([{"nama_layanan": f"L{n}", "organisasi": "Dukcapil"} for n in range(501)]).encode()
    assert "500" in upload(at_office, mall, many, "x.json").content.decode()
    book = Workbook()
    out = BytesIO()
    book.save(out)
    assert "tidak memuat lembar" in upload(at_office, mall, out.getvalue(), "x.xlsx").content.decode()


@pytest.mark.django_db
def test_a_preview_that_is_stale_is_shown_anew(
    mall: Mall, service: PublicService, operator: User, at_office: Client
) -> None:
    file = at_office.get(url(mall, "export.json")).content.replace(b"Serahkan berkas", b"Serahkan semua")
    page = upload(at_office, mall, file, "x.json")
    drafted(service, operator, staff_count=7)
    answer = save(at_office, page)
    assert answer.status_code == 409
    draft = queries.open_draft(service)
    assert draft is not None
    assert draft.content["steps"][1] == {"id": "Serahkan berkas"}


@pytest.mark.django_db
def test_a_file_of_another_persons_import_is_not_there(
    mall: Mall, service: PublicService, at_office: Client, manager: User, sign_in: SignIn
) -> None:
    page = upload(at_office, mall, at_office.get(url(mall, "export.json")).content, "x.json")
    other = sign_in(manager).get(page.request["PATH_INFO"], follow=True)
    assert "sudah selesai" in other.content.decode() or "sudah disimpan" in other.content.decode()
    assert fields_of(other.content.decode()) == {}
