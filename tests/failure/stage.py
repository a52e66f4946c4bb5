"""A hall for clumsy and hostile hands: who calls, where everything stands, and what changed in the tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.test import Client

from pendapa.base import clock
from pendapa.base.journal import actions as journal
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.accounts.models import Device, RoleKind, User
from pendapa.directory.malls.models import Counter
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Queue, Ticket
from pendapa.operations.queueing.tests.make import (
    make_counter,
    make_device,
    make_queue,
    make_user,
    take,
    ticket_of,
)
from pendapa.web.hall import devices
from pendapa.web.office import sections
from tests.architecture.audiences import routes

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PLACES = re.compile(r"<(?:\w+:)?(\w+)>")
Rows = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Hall:
    """One queue with somebody called to its counter and somebody waiting."""

    queue: Queue
    counter: Counter
    officer: User
    kiosk: Device
    called: Ticket
    waiting: Ticket


def make_hall() -> Hall:
    journal.ensure_partitions()
    journal.open_era()
    queue = make_queue(prefix="A")
    counter, officer = make_counter(queue), make_user(mall=queue.mall, agency=queue.agency)
    take(queue)
    called = actions.call_next(counter=counter, by=officer, at=clock.now())
    assert called is not None
    return Hall(queue, counter, officer, make_device(queue.mall), called, ticket_of(take(queue)))


def places(hall: Hall) -> dict[str, Any]:
    """What the placeholders of the routes stand for in the hall."""
    return {
        "mall": hall.queue.mall.code,
        "mall_code": hall.queue.mall.code,
        "slug": hall.queue.services.get().slug,
        "agency": hall.queue.agency_id,
        "number": hall.counter.number,
        "ticket": hall.called.pk,
        "act": "start",
        "code": hall.waiting.code,
        "register": "people",
        "record": hall.officer.pk,
        "form": "csv",
    }


def addresses() -> Iterator[tuple[str, dict[str, str]]]:
    """Every route, with each register of the office where it names one."""
    for route in routes():
        for register in sorted(sections.REGISTERS) if "<slug:register>" in route else [""]:
            yield route, {"register": register} if register else {}


def fill(route: str, values: dict[str, Any]) -> str:
    """The address of a route; a place of which the hall has nothing is filled with a 1."""
    return "/" + PLACES.sub(lambda match: str(values.get(match[1], 1)), route.replace(r"^[\s\S]*$", "nothing"))


@dataclass(frozen=True)
class Caller:
    """Somebody who asks: a browser for the pages, and a key for the API."""

    name: str
    client: Client
    headers: dict[str, str]

    def get(self, path: str, fields: dict[str, str] | None = None) -> Any:
        return self.client.get(path, fields or {}, headers=self.headers)

    def post(self, path: str, fields: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Any:
        """A form, or the JSON body of a call."""
        more, fields = {**self.headers, **(headers or {})}, fields or {}
        if path.startswith("/api/"):
            body = {name: value for name, value in fields.items() if name in {"service", "priority", "visit", "act"}}
            return self.client.post(path, body, content_type="application/json", headers=more)
        return self.client.post(path, {name: readable(value) for name, value in fields.items()}, headers=more)


def nobody() -> Caller:
    return Caller("nobody", Client(raise_request_exception=False), {})


def person(name: str, user: User) -> Caller:
    browser = Client(raise_request_exception=False)
    browser.force_login(user, backend=BACKEND)
    key = create_token(bearer=user, by=None, at=clock.real_now())
    return Caller(name, browser, {"Authorization": f"Bearer {key}"})


def screen(name: str, device: Device) -> Caller:
    key = create_token(bearer=device, by=None, at=clock.real_now())
    browser = Client(raise_request_exception=False)
    browser.cookies[devices.COOKIE] = key
    return Caller(name, browser, {"Authorization": f"Bearer {key}"})


def callers(hall: Hall) -> list[Caller]:
    """Nobody, the officer of the place, its kiosk, and the mall's operator."""
    operator = make_user(mall=hall.queue.mall, kind=RoleKind.OPERATOR)
    return [nobody(), person("officer", hall.officer), screen("kiosk", hall.kiosk), person("operator", operator)]


def readable(text: str) -> str:
    """The text as a browser would send it: half a character has no bytes of its own."""
    return text.encode("utf-8", "replace").decode()


def rows() -> Rows:
    """Of each table of Pendapa how many rows it has, and the latest transaction that wrote one that is there."""
    with connection.cursor() as cursor:
        cursor.execute(_every_table())
        return {table: (count, latest) for table, count, latest in cursor.fetchall()}


def _every_table() -> str:
    tables = sorted(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("pendapa.") and not model._meta.proxy
    )
    return " UNION ALL ".join(
        f"SELECT '{table}', count(*), coalesce(max(xmin::text::bigint), 0) FROM {table}"  # noqa: S608 -- our own names
        for table in tables
    )


def changed(before: Rows, after: Rows) -> set[str]:
    """The tables in which something was written in between."""
    return {table for table in after if after[table] != before[table]}
