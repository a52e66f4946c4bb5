"""Whole catalogues from files: all or nothing, and the same file twice changes nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pendapa.base.journal.models import Entry
from pendapa.directory.catalogue import actions, events, queries
from pendapa.directory.catalogue.actions import ServiceRow
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.catalogue.rules import Faulty
from pendapa.directory.catalogue.tests.make import (
    NOW,
    REVIEWER,
    TODAY,
    WRITER,
    full_content,
    later,
    make_agency,
    make_draft,
    make_mall,
    make_published,
    make_service,
    public_content,
)
from pendapa.directory.malls.models import Agency, Mall

pytestmark = pytest.mark.django_db


@pytest.fixture
def mall() -> Mall:
    return make_mall()


@pytest.fixture
def agency(mall: Mall) -> Agency:
    return make_agency(mall)


def load(mall: Mall, *rows: ServiceRow, **options: Any) -> list[PublicService]:
    asked: dict[str, Any] = {"by": WRITER, "reviewed_by": REVIEWER, "at": NOW, **options}
    return actions.load_catalogue(mall=mall, rows=rows, **asked)


def test_services_come_published_in_the_order_of_the_file(mall: Mall, agency: Agency) -> None:
    told: list[ServiceVersion] = []

    def listen(version: ServiceVersion, **_rest: Any) -> None:
        told.append(version)

    rows = [ServiceRow(agency, slug, full_content(slug.title())) for slug in ("skck", "akta", "sim")]
    events.version_published.connect(listen)
    try:
        loaded = load(mall, *rows, valid_from=date(2026, 1, 5))
    finally:
        events.version_published.disconnect(listen)
    assert [one.slug for one in loaded] == ["skck", "akta", "sim"]
    versions = list(queries.catalogue_of(mall, TODAY))
    assert [one.service.name for one in versions] == ["Akta", "Sim", "Skck"]
    assert {(one.number, one.valid_from, one.decree_date) for one in versions} == {
        (1, date(2026, 1, 5), date(2026, 1, 5))
    }
    assert len(told) == 3
    assert Entry.objects.filter(verb="serviceversion.published", mall=mall.pk, actor=REVIEWER).count() == 3
    assert Entry.objects.filter(verb="publicservice.added").count() == 3


def test_the_same_file_twice_changes_nothing(mall: Mall, agency: Agency) -> None:
    row = ServiceRow(agency, "akta", full_content())
    first = load(mall, row)
    before = queries.revision(mall, TODAY)
    assert load(mall, row, at=later(5)) == first
    assert ServiceVersion.objects.count() == 1
    assert queries.revision(mall, TODAY) == before


def test_what_differs_becomes_the_next_version_from_today(mall: Mall, agency: Agency) -> None:
    load(mall, ServiceRow(agency, "akta", public_content()), valid_from=date(2026, 1, 1))
    load(mall, ServiceRow(agency, "akta", public_content("Akta lahir")), valid_from=date(2026, 2, 1), at=later(3))
    service = PublicService.objects.get()
    assert service.name == "Akta lahir"
    spans = [(one.number, one.valid_from, one.valid_until) for one in queries.versions_of(service)]
    changed = TODAY + timedelta(days=3)
    assert spans == [(2, changed, None), (1, date(2026, 1, 1), changed - timedelta(days=1))]


def test_a_service_that_had_a_name_alone_gets_its_first_version(mall: Mall, agency: Agency) -> None:
    service = make_service(mall, agency=agency, slug="akta", name="Akta")
    draft = make_draft(service)
    put = actions.put_service(
        mall=mall,
        agency=agency,
        slug="akta",
        content=full_content(),
        by=WRITER,
        reviewed_by=REVIEWER,
        at=NOW,
    )
    assert put == service
    assert queries.open_draft(service) == draft
    published = actions.publish(
        draft=actions.submit(draft=draft, version=None, by=WRITER, at=NOW),
        valid_from=None,
        version=None,
        by=REVIEWER,
        at=later(1),
    )
    assert published.number == 2


def test_all_faults_of_all_rows_are_told_and_nothing_is_kept(mall: Mall, agency: Agency) -> None:
    retired = make_service(mall, agency=agency, slug="lama")
    make_published(retired)
    actions.retire_service(service=retired, version=None, by=REVIEWER, at=NOW)
    make_service(mall, agency=make_agency(mall, "Polres"), slug="skck")
    rows = [
        ServiceRow(agency, "baik", full_content()),
        ServiceRow(agency, "kurang", public_content(steps=[], fee={"free": False})),
        ServiceRow(agency, "sk", full_content(safety={})),
        ServiceRow(agency, "salah", public_content(popularity="x")),
        ServiceRow(agency, "baik", full_content()),
        ServiceRow(agency, "tanda baca!", full_content()),
        ServiceRow(agency, "skck", full_content()),
        ServiceRow(agency, "lama", full_content()),
    ]
    with pytest.raises(Faulty) as refused:
        load(mall, *rows)
    assert sorted(refused.value.faults) == [
        "baik.slug",
        "kurang.fee",
        "kurang.steps",
        "lama.slug",
        "salah.popularity",
        "sk.safety",
        "skck.agency",
        "tanda baca!.slug",
    ]
    assert not PublicService.objects.filter(slug="baik").exists()


def test_a_second_person_answers_for_a_file(mall: Mall, agency: Agency) -> None:
    with pytest.raises(actions.NeedsReviewer):
        load(mall, ServiceRow(agency, "akta", full_content()), reviewed_by=WRITER)


@pytest.mark.parametrize("again", [False, True])
def test_the_statements_do_not_grow_with_the_rows(mall: Mall, agency: Agency, again: bool) -> None:
    def rows(name: str) -> list[ServiceRow]:
        return [ServiceRow(agency, f"layanan-{number}", full_content(f"{name} {number}")) for number in range(131)]

    if again:
        load(mall, *rows("Lama"))
    with CaptureQueriesContext(
        connection,
    ) as seen:
        load(mall, *rows("Baru"))
    assert len(seen) <= 15
