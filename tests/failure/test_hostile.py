"""Every page and call under hostile and clumsy hands: a kind answer, never a failure, nothing half-written."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.translation import gettext

from pendapa.base import clock
from pendapa.base.journal import actions as journal
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.accounts.models import User
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.models import Queue, QueueDay, Ticket
from pendapa.operations.queueing.rules import Channel, State
from pendapa.operations.queueing.tests.make import (
    make_counter,
    make_device,
    make_queue,
    make_user,
    take,
    ticket_of,
)
from pendapa.web.hall import devices
from tests.architecture.test_audiences import is_posted, routes

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MEGABYTE = 1_000_000
TEXTS = {
    "empty": "",
    "nul": "\x00",
    "emoji": "\U0001f600" * 40,
    "right to left": "\u202eABC-001\u2067",
    "half a character": "\ud800",
    "a megabyte": "A" * MEGABYTE,
    "markup": "<script>alert(1)</script>{{ 7*7 }}%s%(x)s",
    "quotes": "' OR 1=1; --",
    "a large number": "9" * 40,
    "a negative number": "-1",
    "line ends": "a\r\nSet-Cookie: b=c",
}
FIELDS = (
    "key", "visit", "priority", "code", "service", "reason", "other", "words", "number", "act", "login", "password",
    "next", "language", "username", "device", "q", "queue", "search", "shown",
)  # fmt: skip
MACHINES = ("healthz", "readyz", "metrics")  # nobody reads their pages
PLACES = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture
def hall() -> dict[str, Any]:
    """One queue with somebody at the counter and somebody waiting."""
    journal.ensure_partitions()
    journal.open_era()
    queue = make_queue(prefix="A")
    counter, officer = make_counter(queue), make_user(mall=queue.mall, agency=queue.agency)
    take(queue)
    for _try in range(2):
        actions.call_next(counter=counter, by=officer, at=clock.now())
    return {
        "queue": queue,
        "officer": officer,
        "counter": counter,
        "called": Ticket.objects.get(),
        "waiting": ticket_of(take(queue)),
    }


def places(hall: dict[str, Any]) -> dict[str, Any]:
    queue: Queue = hall["queue"]
    return {
        "mall": queue.mall.code,
        "mall_code": queue.mall.code,
        "slug": queue.services.get().slug,
        "agency": queue.agency_id,
        "number": hall["counter"].number,
        "ticket": hall["called"].pk,
        "act": "start",
        "code": hall["waiting"].code,
    }


def callers(hall: dict[str, Any]) -> Iterator[tuple[str, Client, dict[str, str]]]:
    """Nobody, the officer of the place and its kiosk, each as a browser and with a key for the API."""
    yield "nobody", Client(raise_request_exception=False), {}
    officer: User = hall["officer"]
    browser = Client(raise_request_exception=False)
    browser.force_login(officer, backend=BACKEND)
    yield "officer", browser, {"Authorization": f"Bearer {create_token(bearer=officer, by=None, at=clock.real_now())}"}
    key = create_token(bearer=make_device(hall["queue"].mall), by=None, at=clock.real_now())
    screen = Client(raise_request_exception=False)
    screen.cookies[devices.COOKIE] = key
    yield "kiosk", screen, {"Authorization": f"Bearer {key}"}


def fill(route: str, values: dict[str, Any]) -> str:
    return "/" + PLACES.sub(lambda match: str(values[match[1]]), route.replace(r"^[\s\S]*$", "nothing"))


def send(client: Client, route: str, path: str, fields: dict[str, str], headers: dict[str, str]) -> Any:
    """A form or a JSON body, in the way the route is meant to be called."""
    if route.startswith("api/"):
        body = {name: value for name, value in fields.items() if name in {"service", "priority", "visit", "act"}}
        return client.post(path, body, content_type="application/json", headers=headers)
    return client.post(path, {name: readable(value) for name, value in fields.items()}, headers=headers)


def readable(text: str) -> str:
    """The text as a browser would send it: half a character has no bytes of its own."""
    return text.encode("utf-8", "replace").decode()


def fits(route: str, answer: Any, what: str) -> None:
    """No failure; an error page carries its reference; an error of the API is a problem document."""
    assert answer.status_code < 500, f"{route} with {what}: {answer.status_code} {answer.content[:2000]!r}"
    if answer.status_code < 400 or route in MACHINES:
        return
    if route.startswith("api/"):
        assert answer["Content-Type"] == "application/problem+json", f"{route} with {what}"
        assert answer.json()["reference"], f"{route} with {what}"
    else:
        assert answer["X-Request-ID"], f"{route} with {what}"
        assert answer.content, f"{route} with {what}: an empty page of {answer.status_code}"


def tables() -> dict[str, int]:
    """How many rows each table of the hall has; what is written down of tries and sessions is not of the hall."""
    counted = ("queueing_visit", "queueing_ticket", "queueing_queueday", "accounts_user", "accounts_role", "malls_mall")
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in counted))  # noqa: S608 -- named above
        return dict(cursor.fetchall())


@pytest.mark.parametrize("what", TEXTS)
def test_strange_texts_in_every_field_of_every_route(hall: dict[str, Any], what: str) -> None:
    values, before = places(hall), tables()
    fields = dict.fromkeys(FIELDS, TEXTS[what])
    if what == "a megabyte":
        fields = {"key": TEXTS[what], "code": "A", "login": "A", "service": TEXTS[what]}
    for _name, client, headers in callers(hall):
        for route in routes():
            fits(route, send(client, route, fill(route, values), fields, headers), what)
            fits(route, client.get(fill(route, values), {"q": readable(fields.get("q", "A"))}, headers=headers), what)
    grown = {table for table, rows in tables().items() if rows != before[table]}
    assert grown <= {"queueing_visit", "queueing_ticket"}, grown
    _nothing_is_half_written(hall)


@pytest.mark.parametrize("what", ["emoji", "right to left", "markup", "quotes", "a large number", "a negative number"])
def test_strange_texts_in_every_place_of_every_address(hall: dict[str, Any], what: str) -> None:
    from urllib.parse import quote

    values, before = places(hall), tables()
    for _name, client, headers in callers(hall):
        for route in routes():
            for place in PLACES.findall(route):
                path = fill(route, {**values, place: quote(TEXTS[what], safe="")})
                fits(route, client.get(path, headers=headers), f"{what} as {place}")
                if is_posted(route):
                    fits(route, send(client, route, path, {}, headers), f"{what} as {place}")
    assert tables() == before


def test_every_method_on_every_route(hall: dict[str, Any]) -> None:
    values = places(hall)
    for _name, client, headers in callers(hall):
        for route in routes():
            for method in ("put", "patch", "delete", "head", "options", "trace"):
                answer = getattr(client, method)(fill(route, values), headers=headers)
                assert answer.status_code < 500, f"{method} {route}"
    _nothing_is_half_written(hall)


def test_every_form_sent_twice_does_what_it_did_once(hall: dict[str, Any]) -> None:
    """Replay: the second of two equal requests changes nothing in the hall."""
    values = places(hall)
    key = "0123456789abcdef" * 2
    for _name, client, headers in callers(hall):
        for route in [route for route in routes() if "call-next" not in route and "next/" not in route]:
            fields = {"key": key, "priority": "", "visit": "", "act": "", "service": values["slug"]}
            more = {**headers, "Idempotency-Key": key}
            send(client, route, fill(route, values), fields, more)
            once = _states()
            fits(route, send(client, route, fill(route, values), fields, more), "a replay")
            assert _states() == once, route
    _nothing_is_half_written(hall)


def test_a_clock_that_goes_a_minute_back_harms_nobody(hall: dict[str, Any]) -> None:
    queue: Queue = hall["queue"]
    clock.set_clock(offset=timedelta(minutes=-1), may_go_back=True)  # as when the time of the machine is corrected
    early = ticket_of(take(queue))
    assert early.label == "A-003"
    actions.start(ticket=hall["called"], by=hall["officer"], at=clock.now())
    actions.finish(ticket=Ticket.objects.get(pk=hall["called"].pk), by=hall["officer"], at=clock.now())
    for _visitor in range(2):
        called = actions.call_next(counter=hall["counter"], by=hall["officer"], at=clock.now())
        assert called is not None
        actions.no_show(ticket=called, by=hall["officer"], at=clock.now())
    assert queries.board_of(queue.mall.code, clock.now())
    _nothing_is_half_written(hall)


def test_midnight_between_taking_a_number_and_everything_else(hall: dict[str, Any]) -> None:
    """The number stays of its day; the new day begins at one, and the old page says a kind sentence."""
    queue: Queue = hall["queue"]
    old = ticket_of(take(queue, channel=Channel.PORTAL))
    clock.set_clock(offset=timedelta(days=1))
    new = ticket_of(take(queue))
    assert (new.label, new.day_id != old.day_id) == ("A-001", True)
    actions.close_day(day=QueueDay.objects.get(pk=old.day_id), by=None, at=clock.now())
    phone = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    answer = phone.post(f"/t/{old.code}/arrive/")
    assert answer.status_code == 409
    assert gettext("This number was for a day that is over.") in phone.get(f"/t/{old.code}/").content.decode()
    assert Ticket.objects.get(pk=old.pk).state == State.EXPIRED


def _states() -> list[tuple[int, str]]:
    return list(Ticket.objects.order_by("pk").values_list("pk", "state"))


def _nothing_is_half_written(hall: dict[str, Any]) -> None:
    """Numbers without a gap, each with its visit and its journal entry."""
    for day in QueueDay.objects.all():
        given = Ticket.objects.filter(day=day, predecessor=None).order_by("number").values_list("number", flat=True)
        assert list(given) == [*range(1, day.last_number + 1)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM queueing_ticket t WHERE NOT EXISTS (SELECT FROM journal_entry e"
            " WHERE e.subject = 'ticket:' || t.id AND e.verb IN ('ticket.issued', 'ticket.transferred'))"
            " AND t.predecessor_id IS NULL"
        )
        assert cursor.fetchone() == (0,)
