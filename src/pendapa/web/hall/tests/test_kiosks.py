"""The kiosk: a device of its mall gives numbers in the hall; nobody else does."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from pendapa.base import clock
from pendapa.directory.accounts.actions import create_token, revoke_tokens
from pendapa.directory.accounts.models import Device, DeviceKind
from pendapa.operations.queueing.models import Queue, QueueDay, Ticket
from pendapa.operations.queueing.rules import Channel, State
from pendapa.operations.queueing.tests.make import (
    make_device,
    make_mall,
    make_queue,
    make_service,
    make_user,
    take,
    ticket_of,
)
from pendapa.web.hall import devices

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue() -> Queue:
    return make_queue(prefix="A")


def browser_of(device: Device) -> Client:
    """A browser that was entered as a device."""
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.cookies[devices.COOKIE] = create_token(bearer=device, by=None, at=clock.real_now())
    return client


@pytest.fixture
def kiosk(queue: Queue) -> Client:
    return browser_of(make_device(queue.mall))


def home(queue: Queue) -> str:
    return f"/kiosk/{queue.mall.code}/"


def press(kiosk: Client, queue: Queue, **fields: Any) -> Any:
    path = f"{home(queue)}services/{queue.services.get().slug}/"
    return kiosk.post(path, {"key": uuid4().hex, "priority": "", **fields})


def test_from_the_first_screen_to_the_number(kiosk: Client, queue: Queue) -> None:
    assert queue.agency.short_name in kiosk.get(home(queue)).content.decode()
    services = kiosk.get(f"{home(queue)}agencies/{queue.agency_id}/").content.decode()
    assert queue.services.get().name in services
    number = press(kiosk, queue).content.decode()
    assert "A-001" in number
    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.channel) == (State.WAITING, Channel.KIOSK)
    assert ticket.code in number


def test_a_double_tap_gives_one_number(kiosk: Client, queue: Queue) -> None:
    key = uuid4().hex
    assert "A-001" in press(kiosk, queue, key=key).content.decode()
    assert "A-001" in press(kiosk, queue, key=key).content.decode()
    assert Ticket.objects.count() == 1


def test_a_browser_that_is_no_device_is_told_how_to_become_one(queue: Queue) -> None:
    answer = Client(headers={"accept-language": "en"}).get(home(queue))
    assert answer.status_code == 403
    assert "This screen is not a kiosk yet" in answer.content.decode()
    assert press(Client(), queue).status_code == 403
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize("path", ["", "arrive/", "agencies/{agency}/", "services/{slug}/"])
def test_a_device_of_another_mall_or_kind_finds_nothing(queue: Queue, path: str) -> None:
    path = home(queue) + path.format(agency=queue.agency_id, slug=queue.services.get().slug)
    assert browser_of(make_device(make_mall())).get(path).status_code == 404
    assert browser_of(make_device(queue.mall, kind=DeviceKind.BOARD)).get(path).status_code == 404


def test_a_withdrawn_key_and_a_locked_device_are_out_at_once(queue: Queue) -> None:
    device = make_device(queue.mall)
    screen = browser_of(device)
    revoke_tokens(bearer=device, by=None, at=clock.real_now())
    assert screen.get(home(queue)).status_code == 403
    screen = browser_of(device)
    Device.objects.update(is_active=False)
    assert screen.get(home(queue)).status_code == 403


def test_the_key_of_a_person_makes_no_device(queue: Queue) -> None:
    key = create_token(bearer=make_user(), by=None, at=clock.real_now())
    screen = Client(headers={"accept-language": "en"})
    assert screen.post("/devices/enter/", {"key": key}).status_code == 422
    screen.cookies[devices.COOKIE] = key
    assert screen.get(home(queue)).status_code == 403


def test_a_screen_is_entered_by_its_key_and_left_again(queue: Queue) -> None:
    device = make_device(queue.mall)
    screen = Client(headers={"accept-language": "en"})
    answer = screen.post("/devices/enter/", {"key": create_token(bearer=device, by=None, at=clock.real_now())})
    assert answer["Location"] == home(queue)
    assert answer.cookies[devices.COOKIE]["httponly"]
    assert device.name in screen.get("/devices/enter/").content.decode()
    screen.post("/devices/leave/")
    assert screen.get(home(queue)).status_code == 403


def test_keys_cannot_be_guessed_for_long(db: None) -> None:
    screen = Client()
    statuses = [screen.post("/devices/enter/", {"key": f"pdp_{n}"}).status_code for n in range(12)]
    assert statuses == [422] * 10 + [429] * 2


@pytest.mark.parametrize("key", ["", "pdp_😀", "\x00", "x" * 100_000, "\u202epdp_abc"])
def test_a_strange_key_is_refused_kindly(db: None, key: str) -> None:
    assert Client().post("/devices/enter/", {"key": key}).status_code == 422


def test_a_full_queue_is_told_on_the_way_and_at_the_end(kiosk: Client) -> None:
    queue = Queue.objects.get()
    QueueDay.objects.update(number_limit=1)
    take(queue)
    page = kiosk.get(f"{home(queue)}services/{queue.services.get().slug}/").content.decode()
    assert "All numbers for today are taken." in page
    answer = press(kiosk, queue)
    assert answer.status_code == 409
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    "written", ["{code}", "{lower}", "http://mall.example/t/{code}/", "https://mall.example/v/{visit}/", "{visit}"]
)
def test_whoever_took_a_number_at_home_says_i_am_here(kiosk: Client, queue: Queue, written: str) -> None:
    ticket = ticket_of(take(queue, channel=Channel.PORTAL))
    code = written.format(code=ticket.code, lower=ticket.code.lower().replace("-", " "), visit=ticket.visit.code)
    answer = kiosk.post(f"{home(queue)}arrive/", {"code": code})
    assert answer.status_code == 200
    assert ticket.label in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING


def test_another_malls_number_is_not_received_here(kiosk: Client, queue: Queue) -> None:
    ticket = ticket_of(take(make_queue(), channel=Channel.PORTAL))
    answer = kiosk.post(f"{home(queue)}arrive/", {"code": ticket.code})
    assert answer.status_code == 404
    assert "No number of this mall has this code." in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.state == State.REMOTE


@pytest.mark.parametrize("code", ["", "K7Q2", "a" * 400, "\x00", "😀", "\u202eABCD", "http://[", "K7Q2-F8MN-X4TR-9BWD"])
def test_a_strange_code_is_refused_in_words(kiosk: Client, queue: Queue, code: str) -> None:
    answer = kiosk.post(f"{home(queue)}arrive/", {"code": code})
    assert 400 <= answer.status_code < 500
    assert 'role="alert"' in answer.content.decode()


def test_the_next_visitor_finds_indonesian_again(kiosk: Client, queue: Queue) -> None:
    answer = kiosk.get(f"{home(queue)}?again")
    assert answer.status_code == 302
    assert answer.cookies["django_language"].value == ""


def test_screens_cost_few_statements(
    kiosk: Client, queue: Queue, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for prefix in "BCDEF":
        other = make_queue(queue.mall, prefix=prefix)
        other.services.add(*(make_service(queue.mall, other.agency) for _service in range(6)))
    for path in ("", f"agencies/{queue.agency_id}/", f"services/{queue.services.get().slug}/", "arrive/"):
        with django_assert_max_num_queries(12):
            kiosk.get(home(queue) + path)
    with django_assert_max_num_queries(12):
        press(kiosk, queue)


def test_the_demos_front_desk_is_closed_elsewhere(queue: Queue, settings: Settings) -> None:
    settings.DEMO = False
    device = make_device(queue.mall)
    for answer in (
        Client().get("/example/"),
        Client().post("/example/sign-in/", {"username": make_user().username}),
        Client().post("/example/device/", {"device": device.name}),
    ):
        assert answer.status_code == 404


def test_the_demos_front_desk_opens_every_face(queue: Queue, settings: Settings) -> None:
    settings.DEMO = True
    user, device, screen = make_user(), make_device(queue.mall), Client()
    assert screen.get("/example/").status_code == 200
    assert screen.post("/example/sign-in/", {"username": user.username}).status_code == 302
    assert screen.session["_auth_user_id"] == str(user.pk)
    assert screen.post("/example/device/", {"device": device.name})["Location"] == home(queue)
    assert screen.get(home(queue)).status_code == 200
    assert screen.post("/example/sign-in/", {"username": "nobody\x00"}).status_code == 404


def test_nobody_becomes_a_printer_which_has_no_screen(queue: Queue, settings: Settings) -> None:
    settings.DEMO = True
    printer = make_device(queue.mall, kind=DeviceKind.PRINTER)
    browser = Client()
    assert printer.name not in browser.get("/example/").content.decode()
    assert browser.post("/example/device/", {"device": printer.name}).status_code == 404
