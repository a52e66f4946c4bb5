"""Finding services of a mall: what its catalogue and its own words say at that moment."""

import pytest
from pytest_django import DjangoAssertNumQueries

from pendapa.directory.catalogue import actions, finding
from pendapa.directory.catalogue.finding import found
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.catalogue.tests.make import (
    NOW,
    REVIEWER,
    TODAY,
    later,
    make_agency,
    make_mall,
    make_published,
    make_service,
    public_content,
)
from pendapa.directory.malls.models import Mall

pytestmark = pytest.mark.django_db


def hits(mall: Mall, words: str) -> list[PublicService]:
    services = PublicService.objects.in_bulk(
        [hit.service_id for hit in found(mall, words, language="id", on=TODAY).hits]
    )
    return list(services.values())


def test_a_published_service_is_found_by_its_content() -> None:
    service = make_service()
    make_published(service)
    (hit,) = found(service.mall, "akte lahir", language="id", on=TODAY).hits
    assert (hit.service_id, hit.slug) == (service.pk, service.slug)
    assert found(service.mall, "birth certificate", language="en", on=TODAY).hits[0].service_id == service.pk


def test_the_mall_s_own_date_counts_where_none_is_given() -> None:
    service = make_service()
    assert found(service.mall, "akta", language="id").hits[0].service_id == service.pk


def test_a_service_without_a_standard_is_found_by_its_name_and_agency() -> None:
    service = make_service(name="Kartu kuda", agency=make_agency(make_mall(), "Disnak"))
    assert hits(service.mall, "kuda disnak") == [service]


def test_another_mall_s_services_are_not_found() -> None:
    make_published(make_service())
    assert not found(make_mall(), "akta kelahiran", language="id", on=TODAY)


def test_what_was_just_published_is_found_at_once() -> None:
    service = make_service()
    assert not found(service.mall, "kutipan", language="id", on=TODAY)
    make_published(service)
    assert hits(service.mall, "kutipan") == [service]
    actions.retire_service(service=service, version=None, by=REVIEWER, at=later(0))
    assert hits(service.mall, "kutipan") == []


def test_words_of_the_mall_lead_to_a_meaning_or_to_one_service() -> None:
    service = make_service()
    mall = service.mall
    make_published(service, public_content("Surat pindah"))
    assert hits(mall, "boyongan") == []
    actions.load_synonyms(mall=mall, meanings=[("boyongan", "pindah"), ("Layang Lunga", service)], by=REVIEWER, at=NOW)
    assert hits(mall, "boyongan") == [service]
    assert hits(mall, "layang lunga") == [service]


def test_a_search_costs_two_statements_once_the_index_is_there(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    service = make_service()
    make_published(service)
    found(service.mall, "akta", language="id", on=TODAY)
    with django_assert_num_queries(2):
        found(service.mall, "kelahiran", language="id", on=TODAY)
    with django_assert_num_queries(0):
        assert not found(service.mall, "  ", language="id", on=TODAY)


def test_a_process_keeps_the_indexes_of_the_malls_asked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    indexes = finding._Indexes()
    monkeypatch.setattr(finding, "_indexes", indexes)
    monkeypatch.setattr(finding, "MOST_MALLS", 2)
    malls = [make_service().mall for _mall in range(3)]
    for mall in (malls[0], malls[1], malls[0], malls[2]):
        assert found(mall, "akta", language="id", on=TODAY)
    assert list(indexes._kept) == [malls[0].pk, malls[2].pk]


def test_while_the_index_is_made_anew_others_are_answered_from_the_former() -> None:
    service = make_service()
    make_published(service)
    indexes = finding._Indexes()
    former = indexes.index(service.mall, TODAY)
    actions.load_synonyms(mall=service.mall, meanings=[("layang", "akta")], by=REVIEWER, at=NOW)
    with indexes._building:
        assert indexes.index(service.mall, TODAY) is former
    assert indexes.index(service.mall, TODAY) is not former
