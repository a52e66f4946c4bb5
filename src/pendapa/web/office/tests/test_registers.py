"""Lists, forms, conflicts, removal, history and import of a register, tried on a register of zones made here."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.base.records import actions as records
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.models import RoleKind, User
from pendapa.directory.malls.models import Mall, Zone
from pendapa.operations.queueing.tests.make import make_mall, make_user
from pendapa.web.office import sections
from pendapa.web.office.access import OfficeRequest
from pendapa.web.office.registers import Column, Fate, Filter, ImportColumn, Importer, Planned, Register, Row, Sent
from pendapa.web.office.tests.conftest import SignIn

pytestmark = pytest.mark.django_db


class ZoneForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic while the program runs
    class Meta:
        model = Zone
        fields = ["code", "name", "seats", "capacity"]


def save(request: OfficeRequest, record: Zone | None, sent: Sent) -> Zone:
    values = sent.form.cleaned_data
    if record is None:
        return records.add(Zone(mall=request.mall, **values), by=request.user, at=sent.at)
    records.change(record, values, version=sent.version, by=request.user, at=sent.at)
    return record


def plan(request: OfficeRequest, rows: Any) -> list[Planned]:
    known = {zone.code: zone for zone in Zone.objects.filter(mall=request.mall)}
    planned = []
    for row in rows:
        zone, name = known.get(row.values["code"]), row.values["name"]
        if not name:
            planned.append(Planned(row, Fate.ERROR, errors=["Nama kosong."]))
        elif zone is None:
            planned.append(Planned(row, Fate.NEW, name))
        elif zone.name != name:
            planned.append(Planned(row, Fate.CHANGED, name, [("Nama", zone.name, name)], content=zone.pk))
        else:
            planned.append(Planned(row, Fate.UNCHANGED, name))
    return planned


def apply(request: OfficeRequest, planned: Any, at: datetime) -> None:
    for one in planned:
        row: Row = one.row
        if one.fate == Fate.NEW:
            zone = Zone(mall=request.mall, code=row.values["code"], name=row.values["name"])
            records.add(zone, by=request.user, at=at)
        else:
            zone = Zone.objects.get(pk=one.content)
            records.change(zone, {"name": row.values["name"]}, version=None, by=request.user, at=at)


PLACES = Register(
    name="places",
    title="Tempat",
    singular="tempat",
    add_label="Tambah tempat",
    icon="geo-alt",
    explain="Bagian-bagian aula.",
    model=Zone,
    rows=lambda request: Zone.objects.filter(mall=request.mall),
    columns=[
        Column("name", "Nama", lambda zone: zone.name, sort=["name"]),
        Column("code", "Kode", lambda zone: zone.code, sort=["code"]),
        Column("seats", "Kursi", lambda zone: zone.seats, sort=["seats"], is_number=True),
        Column("floor", "Lantai", lambda zone: zone.floor, on_demand=True),
    ],
    form=lambda request, record, data: ZoneForm(data, instance=record or Zone(mall=request.mall)),
    save=save,
    remove=lambda request, record, at: records.remove(record, by=request.user, at=at),
    search=["name__icontains", "code__icontains"],
    order=["name"],
    filters=[
        Filter(
            "seated",
            "Kursi",
            lambda request: [("yes", "ada"), ("no", "tidak ada")],
            lambda rows, value: rows.filter(seats__isnull=value == "no"),
        )
    ],
    importer=Importer([ImportColumn("code", ["kode"], True), ImportColumn("name", ["nama"], True)], plan, apply),
)


@pytest.fixture(autouse=True)
def places() -> Iterator[Register]:
    sections.REGISTERS["places"] = PLACES
    yield PLACES
    del sections.REGISTERS["places"]


@pytest.fixture
def zones(mall: Mall) -> list[Zone]:
    mall.zones.all().delete()
    return [
        Zone.objects.create(mall=mall, code=code, name=f"Sayap {code}", seats=seats)
        for code, seats in (("barat", 40), ("selatan", None), ("timur", 12), ("utara", 25))
    ]


def url(mall: Mall, rest: str = "") -> str:
    return f"/office/{mall.code}/places/{rest}"


def names(response: Any) -> list[str]:
    return [line["record"].code for line in response.context["records"]]


def test_a_list_is_searched_filtered_and_sorted(mall: Mall, zones: list[Zone], at_office: Client) -> None:
    assert names(at_office.get(url(mall))) == ["barat", "selatan", "timur", "utara"]
    assert names(at_office.get(url(mall, "?q=sayap+ut"))) == ["utara"]
    assert names(at_office.get(url(mall, "?seated=no"))) == ["selatan"]
    assert names(at_office.get(url(mall, "?sort=-seats&seated=yes"))) == ["barat", "utara", "timur"]
    assert names(at_office.get(url(mall, "?sort=nothing&seated=nothing&page=99"))) == [
        "barat", "selatan", "timur", "utara",
    ]  # fmt: skip
    assert names(at_office.get(url(mall, "?q=%00"))) == ["barat", "selatan", "timur", "utara"]


def test_ten_thousand_rows_take_no_more_statements_than_ten(
    mall: Mall, at_office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Zone.objects.bulk_create(
        Zone(mall=mall, code=f"zona-{number}", name=f"Zona {number:05}") for number in range(10_000)
    )
    with django_assert_max_num_queries(12):
        page = at_office.get(url(mall, "?page=3&q=zona"))
    assert len(page.context["records"]) == 50
    assert page.context["page"].paginator.count == 10_000


def test_a_list_is_exported_as_it_is_narrowed(mall: Mall, zones: list[Zone], at_office: Client) -> None:
    text = at_office.get(url(mall, "?q=timur&format=csv")).content.decode("utf-8-sig")
    assert text.splitlines() == ["Nama,Kode,Kursi,Lantai", "Sayap timur,timur,12,"]
    file = at_office.get(url(mall, "?format=xlsx"))
    assert file.content.startswith(b"PK")
    assert 'filename="places.xlsx"' in file["Content-Disposition"]


def test_htmx_gets_the_rows_alone(mall: Mall, zones: list[Zone], at_office: Client) -> None:
    part = at_office.get(url(mall, "?q=timur"), headers={"HX-Request": "true"}).content.decode()
    assert "Sayap timur" in part
    assert "<html" not in part


def test_a_record_is_added_and_found_in_the_history(mall: Mall, at_office: Client) -> None:
    answer = at_office.post(url(mall, "new/"), {"code": "utara", "name": "Sayap Utara", "seats": "20"}, follow=True)
    assert "Sayap Utara ditambahkan." in answer.content.decode()
    zone = Zone.objects.get(code="utara")
    at_office.post(url(mall, f"{zone.pk}/"), {"code": "utara", "name": "Sayap Baru", "seats": "20", "version": "1"})
    history = at_office.get(url(mall, f"{zone.pk}/history/")).content.decode()
    assert "Sayap Utara" in history
    assert "Sayap Baru" in history
    assert "Sari Wulandari" in history  # whose name the journal itself does not hold
    assert "Sari" not in str(Entry.objects.filter(subject=f"zone:{zone.pk}").values_list("data", "actor"))


def test_an_error_stands_at_its_field_and_nothing_is_lost(mall: Mall, zones: list[Zone], at_office: Client) -> None:
    answer = at_office.post(url(mall, "new/"), {"code": "utara", "name": "Ruang Baru", "seats": "-3"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"seats"}
    assert "Ruang Baru" in answer.content.decode()
    answer = at_office.post(url(mall, "new/"), {"code": "utara", "name": "Ruang Baru", "seats": "3"})
    assert answer.status_code == 422  # the code is taken, which only the mall's other records tell
    assert Zone.objects.filter(mall=mall).count() == 4


def test_who_is_behind_sees_both_versions_and_may_save_knowingly(
    mall: Mall, zones: list[Zone], at_office: Client, sign_in: SignIn
) -> None:
    zone = zones[0]
    page = at_office.get(url(mall, f"{zone.pk}/"))
    assert page.context["version"] == 1
    other = User.objects.get(pk=make_user("bagas", mall=mall, kind=RoleKind.OPERATOR).pk)
    User.objects.filter(pk=other.pk).update(full_name="Bagas Nugroho")
    sign_in(other).post(
        url(mall, f"{zone.pk}/"), {"code": "barat", "name": "Aula Barat", "seats": "40", "version": "1"}
    )
    mine = {"code": "barat", "name": "Sayap Barat", "seats": "44", "version": "1"}
    refused = at_office.post(url(mall, f"{zone.pk}/"), mine)
    assert refused.status_code == 409
    text = refused.content.decode()
    assert "Bagas Nugroho" in text
    assert "Aula Barat" in text
    assert "Sayap Barat" in text
    assert refused.context["version"] == 2
    zone.refresh_from_db()
    assert (zone.name, zone.seats) == ("Aula Barat", 40)
    assert at_office.post(url(mall, f"{zone.pk}/"), {**mine, "version": "2"}).status_code == 302
    zone.refresh_from_db()
    assert (zone.name, zone.seats, zone.version) == ("Sayap Barat", 44, 3)


def test_a_removal_is_asked_about_and_can_be_undone_from_the_toast(
    mall: Mall, zones: list[Zone], at_office: Client
) -> None:
    zone = zones[2]
    assert at_office.get(url(mall, f"{zone.pk}/remove/")).status_code == 200
    assert Zone.objects.filter(pk=zone.pk).exists()
    page = at_office.post(url(mall, f"{zone.pk}/remove/"), follow=True).content.decode()
    removed = RemovedRecord.objects.get()
    undo = f"/office/{mall.code}/removed/{removed.pk}/"
    assert f'action="{undo}"' in page
    assert not Zone.objects.filter(pk=zone.pk).exists()
    assert "Sayap timur" in at_office.get(f"/office/{mall.code}/removed/").content.decode()
    at_office.post(undo)
    at_office.post(undo)
    assert Zone.objects.get(pk=zone.pk).name == "Sayap timur"


def test_what_is_used_cannot_be_removed_and_the_page_names_why(
    mall: Mall, zones: list[Zone], at_office: Client
) -> None:
    agency = mall.tenancies.create(agency_id=_agency(), zone=zones[0])
    refused = at_office.post(url(mall, f"{zones[0].pk}/remove/"))
    assert refused.status_code == 409
    assert str(agency) in refused.content.decode()
    assert Zone.objects.filter(pk=zones[0].pk).exists()


def _agency() -> int:
    from pendapa.directory.malls.models import Agency, Level

    return Agency.objects.create(name="Dinas", short_name="Dinas", level=Level.REGENCY).pk


def test_an_auditor_sees_all_and_changes_nothing(mall: Mall, zones: list[Zone], auditor: User, sign_in: SignIn) -> None:
    client = sign_in(auditor)
    zone = zones[0]
    for rest in ("", f"{zone.pk}/", f"{zone.pk}/history/", "?format=csv"):
        assert client.get(url(mall, rest)).status_code == 200
    assert 'name="version"' in client.get(url(mall, f"{zone.pk}/")).content.decode()
    assert client.post(url(mall, f"{zone.pk}/"), {"code": "x", "name": "X", "version": "1"}).status_code == 404
    for rest in ("new/", f"{zone.pk}/remove/", "import/"):
        assert client.get(url(mall, rest)).status_code == 404
        assert client.post(url(mall, rest)).status_code == 404
    zone.refresh_from_db()
    assert zone.version == 1


def test_neighbours_can_neither_see_nor_guess(
    mall: Mall, zones: list[Zone], at_office: Client, sign_in: SignIn
) -> None:
    neighbour = make_mall()
    stranger = sign_in(make_user(mall=neighbour, kind=RoleKind.OPERATOR))
    for rest in ("", f"{zones[0].pk}/", f"{zones[0].pk}/history/", f"{zones[0].pk}/remove/", "new/", "import/"):
        assert stranger.get(url(mall, rest)).status_code == 404
    theirs = neighbour.zones.get()
    assert at_office.get(url(mall, f"{theirs.pk}/")).status_code == 404
    assert at_office.post(url(mall, f"{theirs.pk}/remove/")).status_code == 404
    assert Zone.objects.filter(pk=theirs.pk).exists()


def test_a_form_that_was_sent_after_the_session_ended_is_not_lost(mall: Mall, operator: User) -> None:
    client = Client()
    typed = {"code": "utara", "name": "Sayap Utara", "seats": "20", "typed_by": str(operator.pk)}
    sent = client.post(url(mall, "new/"), typed)
    assert sent.status_code == 302
    assert sent.headers["Location"].startswith("/sign-in/login/?next=")
    client.force_login(operator, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(url(mall, "new/"))
    assert page.context["was_kept"]
    assert 'value="Sayap Utara"' in page.content.decode()
    assert not client.get(url(mall, "new/")).context["was_kept"]


def test_what_one_person_typed_never_stands_before_another(mall: Mall, operator: User) -> None:
    client = Client()
    client.post(url(mall, "new/"), {"code": "utara", "name": "Sayap Rahasia", "typed_by": str(operator.pk)})
    other = make_user(mall=mall, kind=RoleKind.OPERATOR)
    client.force_login(other, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(url(mall, "new/"))
    assert not page.context["was_kept"]
    assert "Sayap Rahasia" not in page.content.decode()


def send(client: Client, mall: Mall, text: str) -> Any:
    file = SimpleUploadedFile("zona.csv", text.encode(), content_type="text/csv")
    return client.post(url(mall, "import/"), {"file": file}, follow=True)


def test_an_import_shows_every_rows_fate_before_it_saves(mall: Mall, zones: list[Zone], at_office: Client) -> None:
    page = send(at_office, mall, "kode,nama\nbarat,Sayap barat\ntimur,Aula Timur\nbaru,Aula Baru\nrusak,\n")
    counts = {one["fate"]: one["count"] for one in page.context["counts"]}
    assert counts == {"new": 1, "changed": 1, "unchanged": 1, "error": 1}
    assert page.context["rows"][0]["planned"].fate == Fate.ERROR  # errors first
    assert Zone.objects.filter(mall=mall).count() == 4
    preview = page.redirect_chain[-1][0]
    mark = page.context["mark"]
    assert at_office.post(preview, {"mark": mark}).status_code == 409  # one row is wrong
    done = at_office.post(preview, {"mark": mark, "without_errors": "1"}, follow=True)
    assert "2 baris tersimpan." in done.content.decode()
    assert {*Zone.objects.filter(mall=mall).values_list("name", flat=True)} == {
        "Sayap barat", "Sayap selatan", "Sayap utara", "Aula Timur", "Aula Baru",
    }  # fmt: skip
    again = at_office.post(preview, {"mark": mark, "without_errors": "1"}, follow=True)  # a double tap
    assert again.status_code == 200
    assert Zone.objects.filter(mall=mall).count() == 5


def test_an_import_that_was_overtaken_is_shown_anew(mall: Mall, zones: list[Zone], at_office: Client) -> None:
    page = send(at_office, mall, "kode,nama\ntimur,Aula Timur\n")
    records.change(zones[2], {"name": "Balai Timur"}, version=None, by="user:9", at=clock.now())
    preview = page.redirect_chain[-1][0]
    refused = at_office.post(preview, {"mark": page.context["mark"]})
    assert refused.status_code == 409
    assert "Balai Timur" in refused.content.decode()
    zones[2].refresh_from_db()
    assert zones[2].name == "Balai Timur"


def test_somebody_elses_preview_cannot_be_opened(
    mall: Mall, zones: list[Zone], at_office: Client, sign_in: SignIn
) -> None:
    preview = send(at_office, mall, "kode,nama\ntimur,Aula Timur\n").redirect_chain[-1][0]
    other = sign_in(make_user(mall=mall, kind=RoleKind.OPERATOR))
    assert other.get(preview).status_code == 302
    assert other.post(preview, {"mark": ""}).status_code == 302
    assert Zone.objects.get(pk=zones[2].pk).name == "Sayap timur"


def test_there_is_a_file_to_begin_with(mall: Mall, at_office: Client) -> None:
    assert at_office.get(url(mall, "import/example.csv")).content.decode("utf-8-sig").startswith("kode,nama")
    assert at_office.get(url(mall, "import/example.xlsx")).content.startswith(b"PK")
    assert at_office.get(url(mall, "import/example.pdf")).status_code == 404
