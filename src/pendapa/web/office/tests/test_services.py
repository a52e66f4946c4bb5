"""Services in the office: written, reviewed by a second person, published, compared, retired; and who may do so."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

import pendapa
from pendapa.base import clock
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.models import RoleKind, User
from pendapa.directory.catalogue import actions, queries, rules
from pendapa.directory.catalogue.models import AgencyPledge, MallSynonym, PublicService, ServiceVersion
from pendapa.directory.catalogue.tests.make import full_content, public_content
from pendapa.directory.malls.models import Agency, Mall
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing.models import QueueService
from pendapa.operations.queueing.tests.make import make_agency, make_mall, make_queue, make_user, take
from pendapa.web.office.services_form import Editor, content_of, is_rows_act
from pendapa.web.office.tests.conftest import SignIn
from pendapa.web.office.tests.services_stage import drafted, fields_of, published, submitted, url

pytestmark = pytest.mark.django_db

DEMO = Path(pendapa.__file__).parent / "server/demo/services"


@pytest.fixture
def at_agency(manager: User, sign_in: SignIn) -> Client:
    """The manager's browser."""
    return sign_in(manager)


@pytest.fixture
def service(mall: Mall, agency: Agency) -> PublicService:
    return published(mall, agency)


def open_draft(service: PublicService) -> ServiceVersion:
    draft = queries.open_draft(service)
    assert draft is not None
    return draft


def page_of(client: Client, service: PublicService, rest: str = "") -> str:
    return client.get(url(service.mall, f"{service.pk}/{rest}")).content.decode()


def send(client: Client, service: PublicService, fields: dict[str, Any], act: str = "save") -> Any:
    return client.post(url(service.mall, f"{service.pk}/"), {**fields, "act": act})


# ---- The form ----


def demo_contents() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path in sorted(DEMO.glob("*.toml")):
        for one in tomllib.loads(path.read_text())["service"]:
            known = {name: value for name, value in one.items() if name not in {"slug", "line"}}
            found.append((one["slug"], rules.to_json(rules.from_json(known))))
    return found


def test_every_service_of_the_demo_survives_its_form(mall: Mall, agency: Agency, at_office: Client) -> None:
    contents = demo_contents()
    assert len(contents) > 100
    service = published(mall, agency)
    for slug, content in contents[::12]:  # through the page itself: each costs a tenth of a second
        draft = drafted(service, make_user())
        actions.save_draft(draft=draft, content=content, version=None, by="user:1", at=clock.now())
        fields = fields_of(page_of(at_office, service))
        assert len(fields) < 1500
        sent = QueryDict(mutable=True)
        for name, value in fields.items():
            sent.setlist(name, value if isinstance(value, list) else [value])
        assert rules.to_json(rules.from_json(content_of(sent))) == content, slug


def test_a_text_in_further_languages_keeps_them(service: PublicService, manager: User, at_agency: Client) -> None:
    drafted(service, manager, name={"id": "Akta kelahiran", "en": "Birth certificate", "jv": "Akta lair"})
    fields = fields_of(page_of(at_agency, service)) | {"name.id": "Akta lahir"}
    send(at_agency, service, fields)
    assert open_draft(service).content["name"] == {"id": "Akta lahir", "en": "Birth certificate", "jv": "Akta lair"}


def test_rows_come_go_and_move_by_buttons_alone(service: PublicService, at_agency: Client) -> None:
    fields = fields_of(page_of(at_agency, service))
    fields = fields_of(send(at_agency, service, fields, "add:steps").content.decode())
    assert fields["steps.2.id"] == ""
    fields["steps.2.id"] = "Pulang"
    fields = fields_of(send(at_agency, service, fields, "up:steps.2").content.decode())
    assert [fields[f"steps.{place}.id"] for place in range(3)] == ["Ambil nomor antrean", "Pulang", "Serahkan berkas"]
    fields = fields_of(send(at_agency, service, fields, "down:steps.0").content.decode())
    fields = fields_of(send(at_agency, service, fields, "drop:steps.0").content.decode())
    assert [fields[f"steps.{place}.id"] for place in range(2)] == ["Ambil nomor antrean", "Serahkan berkas"]
    assert queries.open_draft(service) is None


@pytest.mark.parametrize("act", ["add:name", "drop:steps.999", "up:steps.0", "down:requirements.0", "add:nothing.1"])
def test_a_button_that_leads_nowhere_changes_nothing(service: PublicService, at_agency: Client, act: str) -> None:
    fields = fields_of(page_of(at_agency, service))
    answer = send(at_agency, service, fields, act)
    assert answer.status_code == 200
    assert fields_of(answer.content.decode()) == fields


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"name.id": "", "name.en": "Birth"}, "f-name-id", "bahasa Indonesia"),
        ({"time.value": "soon"}, "f-time-value", "bilangan bulat"),
        ({"requirements.0.count": "100"}, "f-requirements-0-count", "bilangan bulat"),
        ({"fee.free": "no", "fee.lines.0.label.id": "Buku"}, "f-fee-lines-0-amount", "jumlah"),
        ({"fee.lines.0.label.id": "Buku", "fee.lines.0.amount": "5000"}, "part-fee", "gratis"),
        ({"issuer": "outside"}, "f-outside_system", "sistem"),
        ({"decree.number": "SK 1", "decree.date": "kemarin"}, "f-decree-date", "tanggal"),
        ({"summary.id": "x" * 2001}, "f-summary-id", "karakter"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_stays_as_typed(
    service: PublicService, at_agency: Client, fields: dict[str, str], place: str, words: str
) -> None:
    answer = send(at_agency, service, fields_of(page_of(at_agency, service)) | fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'href="#{place}"' in page or f'href="#{place.removesuffix("-id")}' in page
    assert all(value[:200] in page for value in fields.values())
    assert queries.open_draft(service) is None


def test_a_form_that_is_huge_or_strange_is_refused_and_breaks_nothing(
    service: PublicService, at_agency: Client
) -> None:
    fields = fields_of(page_of(at_agency, service))
    assert send(at_agency, service, {f"steps.{n}.id": "x" for n in range(1600)}).status_code == 400
    assert send(at_agency, service, fields | {"summary.id": "x" * 1_200_000}).status_code in {400, 413}
    strange = {
        "requirements": "x",
        "requirements.a.b.c.d.e.f.g": "x",
        "steps.0": "x",
        "fee": "x",
        "time.value.x": "1",
        "name": "x",
    }
    assert send(at_agency, service, fields | strange).status_code in {200, 302, 422}
    answer = send(at_agency, service, {"name.id": "A", **{f"steps.{n}.id": f"Langkah {n}" for n in range(41)}})
    assert answer.status_code == 422
    assert "lebih dari 40" in answer.content.decode()


def test_empty_rows_are_no_mistake() -> None:
    sent = QueryDict(
        "name.id=A&requirements.0.form=copy&requirements.0.count=1&requirements.1.text.id=KTP-el&steps.0.id="
    )
    assert content_of(sent) == {"name": {"id": "A"}, "requirements": [{"text": {"id": "KTP-el"}}]}
    assert not is_rows_act(sent)


def test_the_meter_counts_as_the_domain_does() -> None:
    for content in (full_content(), public_content(), {"name": {"id": "A"}, "complaints": {}}):
        standard = rules.from_json(content)
        editor = Editor(rules.to_json(standard))
        assert editor.done == rules.done(standard)
        assert [one["key"] for one in editor.missing] == list(rules.missing(standard))


def test_the_preview_shows_what_is_typed_without_saving_and_leaves_out_what_does_not_fit(
    service: PublicService, at_agency: Client
) -> None:
    fields = fields_of(page_of(at_agency, service))
    fields |= {
        "steps.0.id": "Datang pagi",
        "time.value": "soon",
        "requirements.0.count": "1000",
        "preview_language": "en",
    }
    page = at_agency.post(url(service.mall, f"{service.pk}/preview/"), fields).content.decode()
    assert "Datang pagi" in page
    assert "Birth certificate" in page
    assert "KTP-el" not in page
    assert queries.open_draft(service) is None


# ---- Saving ----


def test_a_manager_saves_a_draft_and_visitors_see_nothing_of_it(
    service: PublicService, manager: User, at_agency: Client
) -> None:
    fields = fields_of(page_of(at_agency, service)) | {"requirements.0.count": "3"}
    assert send(at_agency, service, fields).status_code == 302
    draft = open_draft(service)
    assert draft.content["requirements"][0]["count"] == 3
    assert draft.drafted_by == manager.actor_name
    version = queries.version_on(service, service_date(service.mall, clock.now()))
    assert version is not None
    assert version.number == 1


def test_saving_twice_or_nothing_begins_no_second_draft(service: PublicService, at_agency: Client) -> None:
    fields = fields_of(page_of(at_agency, service))
    assert send(at_agency, service, fields).status_code == 302
    assert queries.open_draft(service) is None
    changed = fields | {"steps.0.id": "Ambil nomor"}
    assert [send(at_agency, service, changed).status_code for _tap in range(2)] == [302, 302]
    assert open_draft(service).version == 2


def test_a_stale_page_shows_both_texts_and_goes_over_them_only_knowingly(
    service: PublicService, operator: User, at_agency: Client
) -> None:
    fields = fields_of(page_of(at_agency, service)) | {"steps.0.id": "Dari pengelola"}
    drafted(service, operator, steps=[{"id": "Dari operator"}, {"id": "Serahkan berkas"}])
    answer = send(at_agency, service, fields)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Dari operator" in page
    assert "Dari pengelola" in page
    assert open_draft(service).content["steps"][0] == {"id": "Dari operator"}
    assert send(at_agency, service, fields_of(page)).status_code == 302
    assert open_draft(service).content["steps"][0] == {"id": "Dari pengelola"}


def test_a_version_published_meanwhile_is_not_undone_by_an_old_page(
    service: PublicService, operator: User, at_agency: Client
) -> None:
    fields = fields_of(page_of(at_agency, service)) | {"steps.1.id": "Tunggu"}
    published(service.mall, service.agency, content=full_content(staff_count=9))
    assert send(at_agency, service, fields).status_code == 409
    assert queries.open_draft(service) is None


def test_a_form_sent_after_the_session_ended_stands_there_again(
    service: PublicService, manager: User, at_agency: Client, sign_in: SignIn
) -> None:
    fields = fields_of(page_of(at_agency, service)) | {"steps.0.id": "Jangan hilang"}
    at_agency.logout()
    sent = send(at_agency, service, fields)
    assert sent.status_code == 302
    assert "/sign-in/login/" in sent.headers["Location"]
    kept = at_agency.session["kept_form"]
    client = sign_in(manager)
    session = client.session
    session["kept_form"] = kept
    session.save()
    page = page_of(client, service)
    assert "Jangan hilang" in page
    assert "Sesi Anda" in page


# ---- The queue that takes it ----


def test_one_page_changes_the_service_and_the_queue_that_takes_it(service: PublicService, at_agency: Client) -> None:
    first = make_queue(service.mall, prefix="A", agency=service.agency)
    second = make_queue(service.mall, prefix="B", agency=service.agency)
    fields = fields_of(page_of(at_agency, service))
    for chosen in (first, second):
        fields = fields | {"queue": str(chosen.pk), "steps.0.id": f"Ke {chosen.prefix}"}
        assert send(at_agency, service, fields).status_code == 302
        assert QueueService.objects.get(service=service).queue == chosen
        fields = fields_of(page_of(at_agency, service))
    assert first.services.count() == second.services.count() - 1 == 1
    send(at_agency, service, fields | {"queue": ""})
    assert not QueueService.objects.filter(service=service).exists()


def test_a_queue_of_another_agency_and_one_that_moved_meanwhile_are_refused(
    service: PublicService, at_agency: Client
) -> None:
    own = make_queue(service.mall, prefix="A", agency=service.agency)
    other = make_queue(service.mall, prefix="Z")
    fields = fields_of(page_of(at_agency, service))
    assert send(at_agency, service, fields | {"queue": str(other.pk)}).status_code == 409
    third = make_queue(service.mall, prefix="C", agency=service.agency)
    QueueService.objects.create(queue=third, service=service)
    answer = send(at_agency, service, fields | {"queue": str(own.pk)})
    assert answer.status_code == 409
    assert "antrean lain" in answer.content.decode()
    assert QueueService.objects.get(service=service).queue == third


# ---- Submit, publish, return ----


def decide(client: Client, service: PublicService, act: str, draft: ServiceVersion, **more: Any) -> Any:
    fields = {"draft": draft.pk, "version": draft.version, **more}
    return client.post(url(service.mall, f"{service.pk}/{act}/"), fields)


def test_two_people_bring_a_version_to_visitors(
    service: PublicService, manager: User, at_agency: Client, at_office: Client
) -> None:
    fields = fields_of(page_of(at_agency, service)) | {"steps.0.id": "Ambil nomor lebih dulu"}
    assert send(at_agency, service, fields, "submit").status_code == 302
    draft = open_draft(service)
    overview = at_office.get(f"/office/{service.mall.code}/").content.decode()
    assert f"{service.pk}/review/" in overview
    assert f"{service.pk}/review/" not in at_agency.get(f"/office/{service.mall.code}/").content.decode()
    review = page_of(at_office, service, "review/")
    assert "lebih dulu" in review
    assert "188/14/KEPT/403.111/2026" in review
    today = service_date(service.mall, clock.now())
    assert decide(at_office, service, "publish", draft, valid_from=today.isoformat()).status_code == 302
    version = queries.version_on(service, today)
    assert version is not None
    assert (version.number, version.drafted_by) == (2, manager.actor_name)
    first = ServiceVersion.objects.get(service=service, number=1)
    assert first.valid_until == today - timedelta(days=1)


def test_who_wrote_it_cannot_publish_it_but_may_take_it_back(
    service: PublicService, manager: User, at_agency: Client
) -> None:
    draft = submitted(service, manager, staff_count=3)
    refused = decide(at_agency, service, "publish", draft)
    assert refused.status_code == 409
    assert "Petugas lain" in refused.content.decode()
    assert "Terbitkan" not in page_of(at_agency, service, "review/")
    assert decide(at_agency, service, "return", draft).status_code == 302
    assert open_draft(service).state == "draft"


def test_a_version_comes_back_with_a_remark_that_its_writer_reads(
    service: PublicService, manager: User, at_agency: Client, at_office: Client
) -> None:
    draft = submitted(service, manager, staff_count=3)
    assert decide(at_office, service, "return", draft, remark=" ").status_code in {409, 422}
    assert decide(at_office, service, "return", draft, remark="Sebut nama formulirnya.").status_code == 302
    assert "Sebut nama formulirnya." in page_of(at_agency, service)
    assert "Sebut nama formulirnya." in at_agency.get(f"/office/{service.mall.code}/").content.decode()


def test_a_double_tap_finds_what_the_first_did(
    service: PublicService, manager: User, at_agency: Client, at_office: Client
) -> None:
    draft = drafted(service, manager, staff_count=3)
    assert [decide(at_agency, service, "submit", draft).status_code for _tap in range(2)] == [302, 302]
    draft.refresh_from_db()
    assert [decide(at_office, service, "publish", draft).status_code for _tap in range(2)] == [302, 302]
    assert queries.versions_of(service).count() == 2


@pytest.mark.parametrize("act", ["submit", "publish", "return"])
def test_a_wrong_state_or_a_stale_page_is_refused_in_words(
    service: PublicService, manager: User, operator: User, at_office: Client, act: str
) -> None:
    draft = drafted(service, manager, staff_count=3)
    if act != "submit":
        assert decide(at_office, service, act, draft, remark="x").status_code == 409
        submitted(service, manager)
        draft.refresh_from_db()
    draft.version -= 1
    answer = decide(at_office, service, act, draft, remark="x")
    assert answer.status_code == 409
    assert "diubah" in answer.content.decode()
    gone = at_office.post(url(service.mall, f"{service.pk}/{act}/"), {"draft": "9" * 18, "version": "x", "remark": "x"})
    assert gone.status_code == 409


@pytest.mark.parametrize("begins", ["2020-01-01", "besok", "9999-99-99", "2026-02-30", "99999-01-01"])
def test_a_date_that_is_none_or_past_publishes_nothing(
    service: PublicService, manager: User, at_office: Client, begins: str
) -> None:
    draft = submitted(service, manager, staff_count=3)
    assert decide(at_office, service, "publish", draft, valid_from=begins).status_code == 422
    assert open_draft(service).state == "in_review"


def test_nobody_writes_in_a_version_that_waits(service: PublicService, manager: User, at_agency: Client) -> None:
    fields = fields_of(page_of(at_agency, service)) | {"steps.0.id": "Terlambat"}
    submitted(service, manager, staff_count=3)
    assert "service-form" not in page_of(at_agency, service)
    assert send(at_agency, service, fields).status_code == 409
    assert open_draft(service).content["steps"][0] == {"id": "Ambil nomor antrean"}


def test_what_lacks_a_public_component_is_kept_but_not_submitted(mall: Mall, agency: Agency, at_agency: Client) -> None:
    answer = at_agency.post(url(mall, "new/"), {"agency": agency.pk, "name": "Kartu keluarga"})
    service = PublicService.objects.get(name="Kartu keluarga")
    assert answer.headers["Location"] == url(mall, f"{service.pk}/")
    fields = fields_of(page_of(at_agency, service)) | {"summary.id": "Satu keluarga, satu kartu."}
    answer = send(at_agency, service, fields, "submit")
    assert answer.status_code == 422
    assert "persyaratan" in answer.content.decode()
    assert open_draft(service).content["summary"] == {"id": "Satu keluarga, satu kartu."}
    assert open_draft(service).state == "draft"


def test_a_discarded_draft_comes_back_until_another_is_begun(
    service: PublicService, manager: User, at_agency: Client
) -> None:
    draft = drafted(service, manager, staff_count=3)
    page = at_agency.post(
        url(service.mall, f"{service.pk}/discard/"), {"draft": draft.pk}, follow=True
    ).content.decode()
    removed = RemovedRecord.objects.get()
    assert f"services/restore/{removed.pk}/" in page
    assert at_agency.post(url(service.mall, f"restore/{removed.pk}/")).status_code == 302
    assert open_draft(service).content["staff_count"] == 3
    at_agency.post(url(service.mall, f"{service.pk}/discard/"), {"draft": draft.pk})
    drafted(service, manager, staff_count=4)
    newest = RemovedRecord.objects.latest("pk")
    answer = at_agency.post(url(service.mall, f"restore/{newest.pk}/"), follow=True)
    assert "tidak dapat kembali" in answer.content.decode() or open_draft(service).content["staff_count"] == 4


# ---- Versions and what changed ----


def test_any_two_versions_are_compared(service: PublicService, manager: User, at_agency: Client) -> None:
    later = full_content(requirements=[{"text": {"id": "KTP-el"}, "form": "copy"}, {"text": {"id": "Buku nikah"}}])
    published(service.mall, service.agency, content=later)
    drafted(service, manager, staff_count=5)
    listed = page_of(at_agency, service, "versions/")
    assert "Versi 2" in listed
    assert "Versi 1" in listed
    page = page_of(at_agency, service, "compare/?before=1&after=2")
    assert "Buku nikah" in page
    assert "sv-diff__entry--added" in page
    assert "jumlah pelaksana" in page_of(at_agency, service, "compare/?before=2&after=draft").lower()
    assert at_agency.get(url(service.mall, f"{service.pk}/compare/?before=1&after=7")).status_code == 404
    assert "tunjukkan" in page_of(at_agency, service, "versions/1/").lower() or "KTP-el" in page_of(
        at_agency, service, "versions/1/"
    )
    assert at_agency.get(url(service.mall, f"{service.pk}/versions/9/")).status_code == 404


def test_everybody_who_works_there_reads_what_changed(
    mall: Mall, service: PublicService, manager: User, auditor: User, sign_in: SignIn
) -> None:
    published(mall, service.agency, content=full_content(steps=[{"id": "Ambil nomor antrean"}, {"id": "Tanda tangan"}]))
    other = make_agency(mall, "Imigrasi")
    published(mall, other, "paspor", full_content("Paspor baru"))
    officer = make_user(mall=mall, agency=other)
    host = make_user(mall=mall, kind=RoleKind.HOST)
    for user in (officer, host, manager, auditor):
        page = sign_in(user).get(url(mall, "changes/")).content.decode()
        assert "Tanda tangan" in page
        assert "Paspor baru" in page
    only = sign_in(officer).get(url(mall, f"changes/?agency={other.pk}")).content.decode()
    assert "Tanda tangan" not in only
    assert sign_in(officer).get(url(mall, "changes/?agency=x&page=99")).status_code == 200
    stranger = make_user(mall=make_mall(), agency=make_agency(make_mall(), "Samsat"))
    assert sign_in(stranger).get(url(mall, "changes/")).status_code == 404


# ---- Retire ----


def test_a_service_is_retired_with_a_reason_once_what_follows_is_said(
    service: PublicService, at_office: Client
) -> None:
    queue = make_queue(service.mall, prefix="A", agency=service.agency)
    QueueService.objects.filter(queue=queue).update(service=service)
    take(queue)
    page = page_of(at_office, service, "retire/")
    assert "Antrean A (Antrean A)" in page
    assert "1 pengunjung memegang nomor" in page
    refused = at_office.post(url(service.mall, f"{service.pk}/retire/"), {"version": service.version, "reason": " "})
    assert refused.status_code == 422
    sent = {"version": service.version, "reason": "Pindah ke kantor dinas."}
    assert at_office.post(url(service.mall, f"{service.pk}/retire/"), sent).status_code == 302
    service.refresh_from_db()
    assert service.is_retired
    assert not QueueService.objects.filter(service=service).exists()
    assert "Pindah ke kantor dinas." in page_of(at_office, service)
    assert at_office.post(url(service.mall, f"{service.pk}/bring-back/")).status_code == 302
    service.refresh_from_db()
    assert not service.is_retired


def test_a_stale_page_retires_nothing(service: PublicService, at_office: Client) -> None:
    sent = {"version": service.version - 1, "reason": "x"}
    assert at_office.post(url(service.mall, f"{service.pk}/retire/"), sent).status_code == 409
    service.refresh_from_db()
    assert not service.is_retired


# ---- The list ----


def test_the_list_is_narrowed_by_state_completeness_agency_and_words(
    mall: Mall, service: PublicService, manager: User, at_office: Client
) -> None:
    today = service_date(mall, clock.now())
    other = make_agency(mall, "Imigrasi")
    old = full_content("Paspor lama", decree={"number": "SK 1", "date": (today - timedelta(days=1200)).isoformat()})
    published(mall, other, "paspor-lama", old)
    published(mall, other, "paspor-baru", public_content("Paspor baru"))
    drafted(service, manager, staff_count=3)

    def names(query: str) -> list[str]:
        page = at_office.get(url(mall, query)).content.decode()
        return [name for name in ("Akta kelahiran", "Paspor lama", "Paspor baru") if f">{name}</a>" in page]

    assert names("") == ["Akta kelahiran", "Paspor lama", "Paspor baru"]
    assert names("?state=draft") == ["Akta kelahiran"]
    assert names("?state=due") == ["Paspor lama"]
    assert names("?complete=some") == ["Paspor baru"]
    assert names(f"?agency={other.pk}") == ["Paspor lama", "Paspor baru"]
    assert names("?q=akta+dukcapil") == ["Akta kelahiran"]
    assert names("?state=retired") == []
    page = at_office.get(url(mall)).content.decode()
    assert "14/14" in page
    assert "6/14" in page
    assert "1 layanan perlu ditinjau" in at_office.get(f"/office/{mall.code}/").content.decode()
    for form, start in (("csv", b"\xef\xbb\xbfNama"), ("xlsx", b"PK")):
        assert at_office.get(url(mall, f"?format={form}")).content.startswith(start)


def test_ten_thousand_services_are_listed_in_few_statements(
    mall: Mall, agency: Agency, at_office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    made = PublicService.objects.bulk_create(
        PublicService(mall=mall, agency=agency, name=f"Layanan {n:05}", slug=f"layanan-{n}") for n in range(10_000)
    )
    content = rules.to_json(rules.from_json(full_content()))
    at = clock.now()
    who = {"drafted_by": "user:1", "drafted_at": at, "submitted_by": "user:1", "submitted_at": at}
    who |= {"reviewed_by": "user:2", "reviewed_at": at, "published_by": "user:2", "published_at": at}
    ServiceVersion.objects.bulk_create(
        ServiceVersion(
            service=one, number=1, state="published", content=content, digest="x", valid_from=date(2026, 1, 1), **who
        )
        for one in made
    )
    for query in ("", "?page=150", "?sort=-written", "?state=published&complete=all&q=layanan+099"):
        with django_assert_max_num_queries(12):
            assert "14/14" in at_office.get(url(mall, query)).content.decode()


# ---- Who may ----


def test_a_manager_finds_nothing_of_another_agency(service: PublicService, at_agency: Client) -> None:
    other = published(service.mall, make_agency(service.mall, "Imigrasi"), "paspor", full_content("Paspor baru"))
    assert "Paspor baru" not in at_agency.get(url(service.mall)).content.decode()
    for rest in ("", "review/", "versions/", "versions/1/", "compare/", "retire/"):
        assert at_agency.get(url(service.mall, f"{other.pk}/{rest}")).status_code == 404, rest
    for rest in ("", "preview/", "submit/", "publish/", "return/", "discard/", "retire/", "bring-back/"):
        assert at_agency.post(url(service.mall, f"{other.pk}/{rest}")).status_code == 404, rest
    answer = at_agency.post(url(service.mall, "new/"), {"agency": other.agency_id, "name": "Visa"})
    assert answer.status_code == 422


def test_nothing_of_a_mall_is_found_at_another(service: PublicService, at_office: Client) -> None:
    elsewhere = make_mall()
    theirs = published(elsewhere, make_agency(elsewhere, "Samsat"), "stnk", full_content("STNK"))
    assert at_office.get(url(elsewhere, f"{theirs.pk}/")).status_code == 404
    assert at_office.get(url(service.mall, f"{theirs.pk}/")).status_code == 404
    assert at_office.post(url(service.mall, f"{theirs.pk}/publish/")).status_code == 404


def test_an_auditor_reads_all_and_changes_nothing(
    service: PublicService, manager: User, auditor: User, sign_in: SignIn
) -> None:
    client = sign_in(auditor)
    draft = submitted(service, manager, staff_count=3)
    for rest in ("", "review/", "versions/", "compare/"):
        page = client.get(url(service.mall, f"{service.pk}/{rest}"))
        assert page.status_code == 200
        assert '<button class="btn btn-primary"' not in page.content.decode()
    for rest in ("", "publish/", "return/", "discard/", "retire/"):
        fields = {"draft": draft.pk, "version": draft.version}
        assert client.post(url(service.mall, f"{service.pk}/{rest}"), fields).status_code == 404
    assert open_draft(service).state == "in_review"


# ---- Words and pledges ----


def test_a_word_means_words_or_one_service(mall: Mall, service: PublicService, at_office: Client) -> None:
    words = f"/office/{mall.code}/words/"
    at_office.post(f"{words}new/", {"said": "Ngurus  AKTE", "means": "", "service": "akta"})
    word = MallSynonym.objects.get()
    assert (word.said, word.service) == ("ngurus akte", service)
    for wrong in ({"said": "x", "means": "a", "service": "akta"}, {"said": "x"}, {"said": "x", "service": "kapal"}):
        assert at_office.post(f"{words}new/", wrong).status_code == 422
    published(mall, service.agency, "akta-kematian", full_content("Akta kematian"))
    answer = at_office.post(f"{words}new/", {"said": "akte", "service": "akta"})
    assert "bisa berarti" in answer.content.decode()


def test_a_manager_keeps_the_pledge_of_the_agency(mall: Mall, agency: Agency, at_agency: Client) -> None:
    pledges = f"/office/{mall.code}/pledges/"
    fields = {
        "agency": agency.pk,
        "text_id": "Kami melayani.",
        "text_en": "We serve.",
        "signed_by": "Kepala Dinas",
        "signed_on": "2026-01-05",
    }
    assert at_agency.post(f"{pledges}new/", fields).status_code == 302
    pledge = AgencyPledge.objects.get()
    assert pledge.text == {"id": "Kami melayani.", "en": "We serve."}
    changed = fields | {"text_en": "", "version": pledge.version}
    assert at_agency.post(f"{pledges}{pledge.pk}/", changed).status_code == 302
    pledge.refresh_from_db()
    assert pledge.text == {"id": "Kami melayani."}
    other = make_agency(mall, "Imigrasi")
    assert at_agency.post(f"{pledges}new/", fields | {"agency": other.pk}).status_code == 422
