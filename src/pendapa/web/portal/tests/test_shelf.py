"""Public pages in caches: what they are told, when a page has changed, and who never gets a kept one."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from pendapa.base import clock
from pendapa.directory.catalogue import actions as catalogue
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.catalogue.tests.make import REVIEWER, WRITER, full_content
from pendapa.directory.malls.models import Agency, Schedule, Zone
from pendapa.operations.queueing import actions as queueing
from pendapa.operations.queueing.models import Queue
from pendapa.operations.queueing.tests.make import make_queue, make_user, take
from pendapa.web.portal import shelf

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_shelf() -> None:
    shelf.KEPT.clear()


@pytest.fixture
def queue() -> Queue:
    queue = make_queue(prefix="A")
    publish(queue)
    return queue


@pytest.fixture
def phone() -> Client:
    return Client(headers={"accept-language": "id", "accept-encoding": "gzip"})


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


def paths(queue: Queue) -> list[str]:
    code, slug = queue.mall.code, queue.services.get().slug
    return [
        f"/{code}/",
        f"/{code}/services/{slug}/",
        f"/{code}/services/{slug}/versions/1/",
        f"/{code}/events/birth/",
        f"/{code}/guide/",
        f"/{code}/agencies/{queue.agency_id}/",
    ]


def service_path(queue: Queue) -> str:
    return paths(queue)[1]


@pytest.mark.parametrize("which", range(6))
def test_a_public_page_tells_caches_how_to_keep_it(phone: Client, queue: Queue, which: int) -> None:
    path = paths(queue)[which]
    for _drawn_then_kept in range(2):
        answer = phone.get(path)
        assert answer.status_code == 200
        assert not answer.cookies
        assert answer["ETag"].startswith('"')
        assert {part.strip() for part in answer["Cache-Control"].split(",")} == {"public", "no-cache"}
        vary = {part.strip() for part in answer["Vary"].split(",")}
        assert vary >= {"Accept-Encoding", "Accept-Language", "Cookie"}
        assert vary <= {"Accept-Encoding", "Accept-Language", "Cookie", "HX-Request"}
        assert answer["Content-Language"] == "id"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Request-ID"]
        again = phone.get(path, headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 304
        assert not again.content
        assert again["ETag"] == answer["ETag"]
        assert "Content-Security-Policy" in again


def test_a_kept_page_costs_one_statement_and_is_the_same(
    phone: Client, queue: Queue, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = service_path(queue)
    first = phone.get(path)
    with django_assert_num_queries(1):
        second = phone.get(path)
    assert (second.content, second["ETag"]) == (first.content, first["ETag"])
    with django_assert_num_queries(1):
        assert phone.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304


def test_packed_and_plain_are_the_same_page_under_two_tags(phone: Client, queue: Queue) -> None:
    path = service_path(queue)
    packed = phone.get(path)
    for _drawn_then_kept in range(2):
        plain = Client(headers={"accept-language": "id"}).get(path)
        assert gzip.decompress(packed.content) == plain.content
        assert packed["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain
        assert packed["ETag"] != plain["ETag"]


def test_any_process_gives_a_page_the_same_tag(phone: Client, queue: Queue) -> None:
    first = phone.get(service_path(queue))["ETag"]
    shelf.KEPT.clear()
    assert phone.get(service_path(queue))["ETag"] == first


def test_language_and_colours_are_other_pages(phone: Client, queue: Queue) -> None:
    path = service_path(queue)
    tags = {phone.get(path)["ETag"]}
    tags.add(Client(headers={"accept-language": "en", "accept-encoding": "gzip"}).get(path)["ETag"])
    dark = Client(headers={"accept-language": "id", "accept-encoding": "gzip"})
    dark.cookies["theme"] = "dark"
    tags.add(dark.get(path)["ETag"])
    assert b'data-bs-theme="dark"' in gzip.decompress(dark.get(path).content)
    spoken = Client(headers={"accept-language": "id", "accept-encoding": "gzip"})
    spoken.cookies["django_language"] = "en"
    assert spoken.get(path)["Content-Language"] == "en"
    tags.add(spoken.get(path)["ETag"])
    assert len(tags) == 3  # English by cookie or by header is one page


CHANGES: list[Callable[[Queue], Any]] = [
    lambda queue: publish(queue, time={"value": 9, "unit": "hour"}),
    lambda queue: queueing.save_queue(
        mall=queue.mall, queue=queue, values={}, services=[], version=None, by=WRITER, at=clock.now()
    ),
    lambda queue: catalogue.retire_service(service=queue.services.get(), version=None, by=WRITER, at=clock.now()),
    lambda queue: Schedule.objects.filter(pk=queue.schedule_id).update(version=2),
    lambda queue: Zone.objects.filter(pk=queue.zone_id).update(version=2),
    lambda queue: Agency.objects.filter(pk=queue.agency_id).update(version=2),
    lambda queue: Queue.objects.filter(pk=queue.pk).update(version=2),
    lambda queue: type(queue.mall).objects.filter(pk=queue.mall_id).update(version=2),
    lambda queue: Zone.objects.create(mall=queue.mall, code="new", name="Baru"),
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_a_change_of_what_is_shown_is_another_page(phone: Client, queue: Queue, change: Callable[[Queue], Any]) -> None:
    path = service_path(queue)
    before = phone.get(path)["ETag"]
    change(queue)
    after = phone.get(path, headers={"if-none-match": before})
    assert after.status_code in {200, 410}
    assert after.get("ETag") != before


def test_who_waits_is_no_change(phone: Client, queue: Queue) -> None:
    before = phone.get(service_path(queue))["ETag"]
    take(queue)
    assert phone.get(service_path(queue))["ETag"] == before


def test_the_next_day_is_another_page(phone: Client, queue: Queue) -> None:
    before = phone.get(service_path(queue))["ETag"]
    clock.set_clock(at=clock.now() + timedelta(days=1), may_go_back=True)
    assert phone.get(service_path(queue))["ETag"] != before


def test_the_clock_of_a_demo_changes_no_page(phone: Client, queue: Queue, settings: Settings) -> None:
    settings.DEMO = True
    before = phone.get(service_path(queue))
    assert b"/example/time/" in gzip.decompress(before.content)
    assert phone.get(service_path(queue))["ETag"] == before["ETag"]


def test_whoever_is_signed_in_gets_a_page_of_their_own(queue: Queue) -> None:
    somebody, path = Client(headers={"accept-language": "id"}), service_path(queue)
    Client(headers={"accept-language": "id"}).get(path)
    somebody.force_login(make_user("sari"))
    answer = somebody.get(path)
    assert "ETag" not in answer
    assert {"private", "no-store"} <= {part.strip() for part in answer["Cache-Control"].split(",")}
    assert b"Sari Wulandari" in answer.content
    assert b"Sari Wulandari" not in Client(headers={"accept-language": "id"}).get(path).content


def test_a_search_fills_no_shelf(phone: Client, queue: Queue) -> None:
    for number in range(5):
        phone.get(f"/{queue.mall.code}/?q=kata{number}")
    assert not shelf.KEPT.pages


def test_the_shelf_has_a_bound(phone: Client, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = paths(queue)[:2]
    sizes = [len(phone.get(path).content) for path in (first, second)]
    monkeypatch.setattr(shelf, "MOST_BYTES", max(sizes))
    phone.get(paths(queue)[2])
    assert shelf.KEPT.bytes <= max(sizes)
    assert shelf.KEPT.bytes == sum(len(page.packed) for page in shelf.KEPT.pages.values())


def test_a_strange_host_gets_nothing_from_the_shelf(phone: Client, queue: Queue) -> None:
    phone.get(service_path(queue))
    assert (
        Client(raise_request_exception=False).get(service_path(queue), headers={"host": "evil.example"}).status_code
        == 400
    )


def test_a_head_says_what_a_get_would(phone: Client, queue: Queue) -> None:
    got = phone.get(service_path(queue))
    head = phone.head(service_path(queue))
    assert head["ETag"] == got["ETag"]
    assert not head.content
