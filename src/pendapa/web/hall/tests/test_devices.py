"""Screens in the hall: paired by a code, known by their cookie, locked kindly, and heard without leaving an address."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.models import Device, DeviceKind, Pairing
from pendapa.operations.queueing.models import Queue
from pendapa.operations.queueing.tests.make import make_device, make_queue
from pendapa.web.hall import devices, pairing

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "203.0.113.77"


@pytest.fixture
def queue() -> Queue:
    return make_queue(prefix="A")


@pytest.fixture
def screen() -> Client:
    return Client(headers={"accept-language": "en"}, REMOTE_ADDR=ADDRESS)


def browser_of(device: Device) -> Client:
    client = Client(headers={"accept-language": "en"}, REMOTE_ADDR=ADDRESS)
    client.cookies[devices.COOKIE] = actions.create_token(bearer=device, by=None, at=clock.real_now())
    return client


def code_on(screen: Client) -> str:
    page = screen.get("/devices/pair/")
    assert page.status_code == 200
    code = screen.cookies[pairing.COOKIE].value.partition(".")[2]
    assert code in page.content.decode()
    return code


def is_anew(screen: Client) -> bool:
    anew: bool = screen.get("/devices/pair/state/").json()["anew"]
    return anew


def type_in(code: str, queue: Queue, **more: Any) -> Device:
    fields = {"kind": DeviceKind.KIOSK, "by": None, "at": clock.now(), "real_at": clock.real_now(), **more}
    return actions.pair(code=code, mall=queue.mall, **fields)


def report(client: Client, body: object = None, **headers: str) -> Any:
    said = {"software": "Chrome 142", "fault": ""} if body is None else body
    headers = {"X-Pendapa-Device": "1", **headers}
    return client.post("/devices/report/", said, content_type="application/json", headers=headers)


# ---- Pairing ----


def test_a_screen_shows_one_code_until_it_is_typed_in_and_then_becomes_the_device(screen: Client, queue: Queue) -> None:
    code = code_on(screen)
    assert code_on(screen) == code
    assert not is_anew(screen)
    device = type_in(code, queue)
    assert is_anew(screen)
    answer = screen.get("/devices/pair/")
    assert answer["Location"] == f"/kiosk/{queue.mall.code}/"
    assert answer.cookies[devices.COOKIE]["httponly"]
    assert answer.cookies[devices.COOKIE]["samesite"] == "Lax"
    assert screen.get(answer["Location"]).status_code == 200
    assert screen.get("/devices/pair/")["Location"] == f"/kiosk/{queue.mall.code}/"
    assert device.tokens.count() == 1


def test_without_scripts_the_page_loads_itself_anew(screen: Client) -> None:
    assert (
        '<noscript><meta http-equiv="refresh" content="5"></noscript>' in screen.get("/devices/pair/").content.decode()
    )


def test_a_code_is_renewed_before_it_runs_out(screen: Client) -> None:
    code = code_on(screen)
    Pairing.objects.update(expires_at=clock.real_now() + timedelta(seconds=30))
    assert is_anew(screen)
    assert code_on(screen) != code
    assert Pairing.objects.count() == 1
    assert not is_anew(screen)


def test_another_browser_does_not_get_the_key(screen: Client, queue: Queue) -> None:
    code = code_on(screen)
    other = Client()
    other.cookies[pairing.COOKIE] = f"guessed.{code}"
    type_in(code, queue)
    assert other.get("/devices/pair/").status_code == 200
    assert devices.COOKIE not in other.cookies


def test_the_secret_of_a_waiting_screen_goes_to_its_own_page_alone(screen: Client) -> None:
    screen.get("/devices/pair/")
    cookie = screen.cookies[pairing.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/devices/pair/", True, "Lax")


@pytest.mark.parametrize("kept", ["", ".", "x", "a.b", "x" * 4000, "..", "guessed.K7Q-2FM"])
def test_a_strange_cookie_gets_a_new_code(screen: Client, kept: str) -> None:
    screen.cookies[pairing.COOKIE] = kept
    assert screen.get("/devices/pair/").status_code == 200


def test_codes_cannot_be_asked_for_without_end(screen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MOST_SCREENS", 2)
    statuses = [Client(REMOTE_ADDR=ADDRESS).get("/devices/pair/").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_a_board_goes_to_its_board(screen: Client, queue: Queue) -> None:
    type_in(code_on(screen), queue, kind=DeviceKind.BOARD)
    assert screen.get("/devices/pair/")["Location"] == f"/board/{queue.mall.code}/"


def test_a_browser_that_is_no_device_is_shown_the_way(queue: Queue) -> None:
    for path in (f"/kiosk/{queue.mall.code}/", "/devices/enter/"):
        assert 'href="/devices/pair/"' in Client().get(path).content.decode()


# ---- Locked, moved, withdrawn ----


@pytest.mark.parametrize("kind", [DeviceKind.KIOSK, DeviceKind.BOARD])
def test_a_locked_screen_says_so_in_both_languages_and_goes_on_by_itself(queue: Queue, kind: DeviceKind) -> None:
    device = make_device(queue.mall, kind)
    client, home = browser_of(device), f"/{kind}/{queue.mall.code}/"
    assert client.get(home).status_code == 200
    actions.lock_device(device=device, by=None, at=clock.now())
    page = client.get(home)
    assert page.status_code == 403
    assert "This screen is locked for now" in page.content.decode()
    assert "Layar ini sedang dikunci" in page.content.decode()
    assert report(client).status_code == 403
    assert client.get("/devices/report/").json() == {"state": "locked", "home": home}
    actions.unlock_device(device=device, by=None, at=clock.now())
    assert client.get(home).status_code == 200
    assert client.get("/devices/report/").json() == {"state": "known", "home": home}


def test_a_locked_kiosk_gives_no_number(queue: Queue) -> None:
    device = make_device(queue.mall)
    client = browser_of(device)
    actions.lock_device(device=device, by=None, at=clock.now())
    path = f"/kiosk/{queue.mall.code}/services/{queue.services.get().slug}/"
    assert client.post(path, {"key": "0" * 32, "priority": ""}).status_code == 403


def test_the_board_stays_open_for_everybody_else(queue: Queue) -> None:
    actions.lock_device(device=make_device(queue.mall, DeviceKind.BOARD), by=None, at=clock.now())
    page = Client().get(f"/board/{queue.mall.code}/")
    assert page.status_code == 200
    assert "device.js" not in page.content.decode()


def test_a_moved_screen_hears_its_new_home(queue: Queue) -> None:
    device = make_device(queue.mall)
    client, other = browser_of(device), make_queue().mall
    actions.change_device(device=device, values={"mall": other}, version=None, by=None, at=clock.now())
    assert client.get("/devices/report/").json()["home"] == f"/kiosk/{other.code}/"


def test_a_printer_key_makes_no_screen(queue: Queue) -> None:
    printer = make_device(queue.mall, DeviceKind.PRINTER)
    key = actions.create_token(bearer=printer, by=None, at=clock.real_now())
    assert Client().post("/devices/enter/", {"key": key}).status_code == 422


# ---- Reports ----


def test_a_report_is_heard_and_answered_with_how_the_device_stands(queue: Queue) -> None:
    device = make_device(queue.mall)
    answer = report(browser_of(device), {"software": "Chrome 142", "fault": "offline-for:90"})
    assert answer.json() == {"state": "known", "home": f"/kiosk/{queue.mall.code}/"}
    device.refresh_from_db()
    assert (device.software, device.fault) == ("Chrome 142", "offline-for:90")
    assert device.seen_at is not None


def test_reports_cost_few_statements(queue: Queue, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = browser_of(make_device(queue.mall))
    with django_assert_max_num_queries(6):
        report(client)
    with django_assert_max_num_queries(1):
        client.get("/devices/report/")


def test_nobody_reports_for_a_screen_from_another_page(queue: Queue) -> None:
    device = make_device(queue.mall)
    client = browser_of(device)
    forged = client.post("/devices/report/", {"fault": ""}, content_type="application/json")
    assert forged.status_code == 400
    assert client.options("/devices/report/").status_code == 405
    device.refresh_from_db()
    assert device.seen_at is None
    assert "Access-Control-Allow-Origin" not in report(client).headers


def test_a_browser_that_is_no_device_is_not_heard() -> None:
    assert report(Client()).status_code == 403
    assert Client().get("/devices/report/").json() == {"state": "unknown", "home": None}


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        [],
        {"software": "\ud800"},
        {"software": "x" * 41},
        {"fault": "on fire"},
        {"fault": "x" * 200},
        {"fault": "\x00"},
        {"fault": ["paper-out"]},
        {"software": "x" * 10_000},
    ],
)
def test_a_strange_report_is_refused_and_changes_nothing(queue: Queue, body: object) -> None:
    device = make_device(queue.mall)
    assert report(browser_of(device), body).status_code == 422
    device.refresh_from_db()
    assert (device.fault, device.seen_at) == ("", None)


def test_addresses_of_devices_are_nowhere(screen: Client, queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    before = Entry.objects.count()
    device = type_in(code_on(screen), queue)
    screen.get("/devices/pair/", headers={"X-Forwarded-For": "198.51.100.9"})
    screen.get(f"/kiosk/{queue.mall.code}/")
    report(screen, {"software": "Chrome 142", "fault": "paper-out"})
    actions.lock_device(device=device, by=None, at=clock.now())
    report(screen)
    assert Entry.objects.count() > before
    written = [str(row) for model in (Device, Pairing, Entry) for row in model.objects.values()]
    logged = [f"{line.getMessage()} {vars(line)}" for line in caplog.records if line.name != "django.db.backends"]
    assert logged
    for text in (*written, *logged):
        assert "203.0.113" not in text
        assert "198.51.100" not in text
