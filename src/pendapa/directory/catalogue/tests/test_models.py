"""What the database itself promises, tried by statements that go past the actions."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from pendapa.directory.catalogue import rules
from pendapa.directory.catalogue.models import AgencyPledge, MallSynonym, PublicService, ServiceVersion
from pendapa.directory.catalogue.tests.make import NOW, REVIEWER, TODAY, WRITER, full_content, make_service

pytestmark = pytest.mark.django_db
PUBLISHED: dict[str, Any] = {
    "state": "published",
    "number": 1,
    "valid_from": TODAY,
    "reviewed_by": REVIEWER,
    "reviewed_at": NOW,
    "published_by": REVIEWER,
    "published_at": NOW,
}


def version(service: PublicService, **fields: Any) -> ServiceVersion:
    """A row just so, without any action."""
    content = fields.pop("content", full_content())
    return ServiceVersion.objects.create(
        service=service,
        content=content,
        digest=rules.digest(content),
        **{"drafted_by": WRITER, "drafted_at": NOW, **fields},
    )


def broken(act: Any) -> str:
    """The name of the constraint that an act breaks."""
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        act()
    return str(raised.value)


@pytest.fixture
def service() -> PublicService:
    return make_service()


def test_a_service_has_one_open_draft(service: PublicService) -> None:
    version(service)
    assert "one_open_draft_per_service" in broken(lambda: version(service, state="in_review"))
    version(service, **PUBLISHED)


def test_a_state_is_one_of_three(service: PublicService) -> None:
    assert "version_state_exists" in broken(lambda: version(service, state="lost"))


def test_a_number_names_one_version(service: PublicService) -> None:
    version(service, **PUBLISHED, valid_until=TODAY)
    later = {**PUBLISHED, "valid_from": TODAY + timedelta(days=1)}
    assert "version_number_once_per_service" in broken(lambda: version(service, **later))
    version(service, **{**later, "number": 2})


@pytest.mark.parametrize(
    ("starts", "ends"),
    [(0, None), (-5, None), (-5, 0), (3, 4), (10, None)],
)
def test_published_versions_do_not_overlap(service: PublicService, starts: int, ends: int | None) -> None:
    version(service, **{**PUBLISHED, "valid_until": TODAY + timedelta(days=10)})
    days = {
        "number": 2,
        "valid_from": TODAY + timedelta(days=starts),
        "valid_until": None if ends is None else TODAY + timedelta(days=ends),
    }
    assert "published_versions_do_not_overlap" in broken(lambda: version(service, **{**PUBLISHED, **days}))


@pytest.mark.parametrize(("starts", "ends"), [(-5, -1), (11, None), (3, 2)])
def test_they_may_touch_and_one_of_no_day_is_in_nobodys_way(
    service: PublicService, starts: int, ends: int | None
) -> None:
    version(service, **{**PUBLISHED, "valid_until": TODAY + timedelta(days=10)})
    until = None if ends is None else TODAY + timedelta(days=ends)
    version(service, **{**PUBLISHED, "number": 2, "valid_from": TODAY + timedelta(days=starts), "valid_until": until})
    version(make_service(), **PUBLISHED)


def test_a_version_does_not_end_before_the_eve_of_its_first_day(service: PublicService) -> None:
    fields = {**PUBLISHED, "valid_until": TODAY - timedelta(days=2)}
    with pytest.raises(DatabaseError), transaction.atomic():  # the check, or the range that cannot be made
        version(service, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"number": None},
        {"valid_from": None},
        {"published_at": None},
        {"published_by": ""},
        {"reviewed_at": None},
        {"reviewed_by": ""},
        {"reviewed_by": WRITER},
    ],
)
def test_a_second_person_stands_behind_what_is_published(service: PublicService, fields: Mapping[str, Any]) -> None:
    assert "version_published_by_a_second_person" in broken(lambda: version(service, **{**PUBLISHED, **fields}))


@pytest.mark.parametrize("fields", [{"number": 1}, {"valid_from": TODAY}, {"published_by": REVIEWER}])
def test_what_is_not_published_has_no_number_and_no_days(service: PublicService, fields: Mapping[str, Any]) -> None:
    assert "version_unpublished_has_no_number" in broken(lambda: version(service, **fields))


@pytest.mark.parametrize("component", rules.PUBLIC)
@pytest.mark.parametrize("empty", ["left out", "null", "empty"])
def test_nothing_is_published_without_a_public_component(service: PublicService, component: str, empty: str) -> None:
    content = full_content()
    del content[component]
    if empty == "null":
        content[component] = None
    elif empty == "empty":
        content[component] = {} if component in {"time", "fee"} else []
    if component == "complaints" and empty == "empty":
        return  # the mall's own ways alone
    assert "version_published_has_six_components" in broken(lambda: version(service, **PUBLISHED, content=content))
    version(service, content=content)  # as a draft it is fine


@pytest.mark.parametrize("component", rules.INTERNAL)
def test_a_decree_stands_on_all_fourteen(service: PublicService, component: str) -> None:
    decree = {"decree_number": "188/14/KEPT", "decree_date": date(2026, 1, 5)}
    content = full_content()
    version(service, **PUBLISHED, **decree, content=content)
    del content[component]
    refused = broken(lambda: version(make_service(), **PUBLISHED, **decree, content=content))
    assert "version_decree_needs_all_components" in refused
    version(make_service(), **PUBLISHED, content=content)


@pytest.mark.parametrize("decree", [{"decree_number": "188"}, {"decree_date": TODAY}])
def test_a_decree_has_number_and_date(service: PublicService, decree: Mapping[str, Any]) -> None:
    assert "version_decree_needs_all_components" in broken(lambda: version(service, **decree))


def test_free_is_free_even_for_a_draft(service: PublicService) -> None:
    content = full_content(fee={"free": True, "lines": [{"label": {"id": "x"}, "amount": 5000}]})
    assert "version_free_has_no_fees" in broken(lambda: version(service, content=content))


@pytest.mark.parametrize(
    "change",
    [
        "content = content || '{\"popularity\": 3}'",
        "digest = 'x'",
        "state = 'in_review', number = NULL, valid_from = NULL, published_at = NULL, published_by = ''",
        "valid_from = valid_from - 1",
        "reviewed_by = 'user:9'",
        "remark = 'x'",
        "number = 7",
        "valid_until = NULL",
        "valid_until = valid_until + 1",
    ],
)
def test_what_was_published_stays(service: PublicService, change: str) -> None:
    row = version(service, **PUBLISHED, valid_until=TODAY + timedelta(days=9))
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        cursor.execute(f"UPDATE catalogue_serviceversion SET {change} WHERE id = %s", [row.pk])  # noqa: S608 - above


def test_a_published_version_cannot_be_deleted_but_ended_earlier(service: PublicService) -> None:
    row = version(service, **PUBLISHED)
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        row.delete()
    for days in (9, 2, -1):
        ServiceVersion.objects.filter(pk=row.pk).update(valid_until=TODAY + timedelta(days=days))


def test_a_draft_can_be_changed_and_deleted(service: PublicService) -> None:
    row = version(service)
    ServiceVersion.objects.filter(pk=row.pk).update(content=full_content("Lain"))
    row.delete()


def test_a_service_with_versions_cannot_vanish(service: PublicService) -> None:
    version(service, **PUBLISHED)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("DELETE FROM catalogue_publicservice WHERE id = %s", [service.pk])


def test_an_agency_has_one_pledge_in_a_mall_with_words(service: PublicService) -> None:
    fields: Any = {"mall": service.mall, "agency": service.agency, "signed_by": "Kepala Dinas", "signed_on": TODAY}
    assert "pledge_has_words" in broken(lambda: AgencyPledge.objects.create(**fields, text={"en": "We promise"}))
    AgencyPledge.objects.create(**fields, text={"id": "Kami berjanji"})
    assert "pledge_once_per_agency" in broken(lambda: AgencyPledge.objects.create(**fields, text={"id": "Lagi"}))


def test_words_mean_one_thing_in_a_mall(service: PublicService) -> None:
    MallSynonym.objects.create(mall=service.mall, said="akte", means="akta")
    meanings: list[dict[str, Any]] = [{"means": "lain"}, {"service": service}]
    for fields in meanings:
        again = broken(lambda fields=fields: MallSynonym.objects.create(mall=service.mall, said="akte", **fields))
        assert "synonym_once_per_mall" in again
    for fields in [{}, {"means": "akta", "service": service}]:
        both = broken(lambda fields=fields: MallSynonym.objects.create(mall=service.mall, said="akta", **fields))
        assert "synonym_means_words_or_a_service" in both
