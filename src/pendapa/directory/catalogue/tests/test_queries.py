"""The services of a mall as they are listed and searched, and what is valid, written and due."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pendapa.base.records import actions as records
from pendapa.directory.catalogue import actions, queries
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.catalogue.queries import catalogue_of, services_of
from pendapa.directory.catalogue.tests.make import (
    NOW,
    REVIEWER,
    TODAY,
    WRITER,
    full_content,
    make_agency,
    make_draft,
    make_mall,
    make_published,
    make_service,
    make_submitted,
    public_content,
)
from pendapa.directory.malls.models import Agency, Level, Mall

pytestmark = pytest.mark.django_db


@pytest.fixture
def mall() -> Mall:
    mall = Mall.objects.create(code="contoh", name="MPP Contoh")
    other = Mall.objects.create(code="lain", name="MPP Lain")
    police = Agency.objects.create(name="Kepolisian Resor", short_name="Polres", level=Level.CENTRE)
    bank = Agency.objects.create(name="Bank Contoh", short_name="bank contoh", level=Level.PRIVATE)
    for where, agency, slug, name in (
        (mall, police, "skck", "SKCK baru"),
        (mall, police, "sim", "perpanjangan SIM"),
        (mall, bank, "setoran", "Setoran 100% tunai"),
        (other, police, "skck", "SKCK baru"),
    ):
        PublicService.objects.create(mall=where, agency=agency, slug=slug, name=name)
    return mall


def slugs(mall: Mall, search: str) -> list[str]:
    return [service.slug for service in services_of(mall, search=search)]


def test_services_stand_by_agency_and_name_without_regard_to_capitals(mall: Mall) -> None:
    assert slugs(mall, "") == ["setoran", "sim", "skck"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("skck", ["skck"]),
        ("POLRES sim", ["sim"]),
        ("kepolisian", ["sim", "skck"]),
        ("%", ["setoran"]),
        ("_", []),
        ("tidak ada", []),
    ],
)
def test_every_word_must_be_found_in_service_or_agency(mall: Mall, search: str, found: list[str]) -> None:
    assert slugs(mall, search) == found


# --- versions, drafts, reviews, the stamp ----------------------------------------------------------------------------


def test_a_catalogue_holds_what_is_valid_on_the_day_in_one_statement() -> None:
    mall = make_mall()
    agency = make_agency(mall)
    for name in ("Satu", "Dua"):
        make_published(make_service(mall, agency=agency, name=name), public_content(name))
    make_service(mall, agency=agency, name="Tanpa standar")
    make_draft(make_service(mall, agency=agency, name="Rancangan"))
    make_published(make_service(), public_content("Di mal lain"))
    soon = TODAY + timedelta(days=7)
    make_published(make_service(mall, agency=agency, name="Nanti"), public_content("Nanti"), valid_from=soon)
    with CaptureQueriesContext(connection) as seen:
        found = [(one.service.agency.short_name, str(one.standard.name)) for one in catalogue_of(mall, TODAY)]
    assert found == [("Dukcapil", "Dua"), ("Dukcapil", "Satu")]
    assert len(seen) == 1
    assert [str(one.standard.name) for one in catalogue_of(mall, soon)] == ["Dua", "Nanti", "Satu"]
    assert not catalogue_of(mall, TODAY - timedelta(days=1)).exists()
    assert [one.name for one in queries.without_standard(mall, TODAY)] == ["Nanti", "Rancangan", "Tanpa standar"]


def test_a_person_may_review_what_others_wrote() -> None:
    mall = make_mall()
    draft = make_submitted(make_service(mall))
    make_draft(make_service(mall, agency=draft.service.agency))
    make_submitted(make_service())
    assert list(queries.waiting_for_review(mall, REVIEWER)) == [draft]
    assert not queries.waiting_for_review(mall, WRITER).exists()
    assert list(queries.waiting_for_review(mall, REVIEWER, agencies=[draft.service.agency_id])) == [draft]
    assert not queries.waiting_for_review(mall, REVIEWER, agencies=[]).exists()
    assert queries.open_drafts(mall).count() == 2


@pytest.mark.parametrize(("days", "due"), [(0, True), (-1, False)])
def test_a_standard_is_due_for_review_three_years_after_its_decree(days: int, due: bool) -> None:
    mall = make_mall()
    decree = {"number": "1", "date": date(2023, 11, 24).isoformat()}
    version = make_published(make_service(mall), full_content(decree=decree))
    make_published(make_service(mall, agency=version.service.agency), public_content())
    found = list(queries.review_due(mall, TODAY + timedelta(days=days)))
    assert found == ([version] if due else [])
    assert queries.review_due(mall, date(2029, 11, 24)).count() == 2


def test_the_stamp_changes_with_all_that_the_public_sees_and_nothing_else() -> None:
    mall = make_mall()
    agency = make_agency(mall)
    service = make_service(mall, agency=agency)
    stamps = [queries.revision(mall, TODAY)]

    def is_new() -> bool:
        stamp = queries.revision(mall, TODAY)
        seen = stamp in stamps
        stamps.append(stamp)
        return not seen

    draft = make_submitted(service)
    assert not is_new()
    actions.publish(draft=draft, valid_from=None, version=None, by=REVIEWER, at=NOW)
    assert is_new()
    keep: Any = {"mall": mall, "by": WRITER, "at": NOW}
    words = actions.save_synonym(**keep, synonym=None, values={"said": "akte", "means": "akta"}, version=None)
    assert is_new()
    actions.save_synonym(**keep, synonym=words, values={"said": "akte", "means": "akta"}, version=None)
    assert not is_new()
    removed = actions.remove_kept(record=words, by=WRITER, at=NOW)
    assert is_new()
    actions.restore_kept(mall=mall, removed=removed, by=WRITER, at=NOW)
    assert is_new()
    pledge = {"text": {"id": "Kami berjanji"}, "signed_by": "Kepala Dinas", "signed_on": TODAY}
    actions.put_pledge(**keep, agency=agency, values=pledge)
    assert is_new()
    actions.retire_service(service=service, version=None, by=REVIEWER, at=NOW)
    assert is_new()
    actions.bring_back_service(service=service, by=REVIEWER, at=NOW)
    assert is_new()
    actions.service_named(**keep, agency=agency, name="Surat pindah")
    assert is_new()
    records.change(agency, {"short_name": "Disdukcapil"}, version=None, by=WRITER, at=NOW)
    assert is_new()
    make_published(make_service(), public_content())  # elsewhere
    assert not is_new()
    assert queries.revision(mall, TODAY + timedelta(days=1)) not in stamps  # a version may begin with the day


def test_pledges_and_synonyms_belong_to_their_mall() -> None:
    mall, other = make_mall(), make_mall()
    agency = make_agency(mall)
    keep: Any = {"by": WRITER, "at": NOW}
    values = {"text": {"id": "Kami berjanji"}, "signed_by": "Kepala Dinas", "signed_on": TODAY}
    pledge = actions.put_pledge(mall=mall, agency=agency, values=values, **keep)
    actions.load_synonyms(mall=mall, meanings=[("b", "x"), ("a", "y")], **keep)
    assert queries.pledge_of(mall, agency) == pledge
    assert queries.pledge_of(other, agency) is None
    assert [one.agency for one in queries.pledges_of(mall)] == [agency]
    assert [one.said for one in queries.synonyms_of(mall)] == ["a", "b"]
    assert not queries.synonyms_of(other).exists()
