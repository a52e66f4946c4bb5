"""A hall as its callers meet it: two agencies, people of every role, devices, and a neighbouring mall."""

import json
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client

from pendapa.base import clock
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.accounts.models import Device, DeviceKind, RoleKind, User
from pendapa.directory.malls.models import Counter
from pendapa.operations.queueing.models import Queue, Ticket
from pendapa.operations.queueing.rules import Channel
from pendapa.operations.queueing.tests.make import (
    make_counter,
    make_device,
    make_mall,
    make_queue,
    make_user,
    take,
    ticket_of,
)

WRONG = "pdp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Hall:
    """Queue `a` belongs to the agency of `officer`, queue `b` to that of `colleague`; `stranger` is of another mall."""

    a: Queue
    b: Queue
    counter: Counter
    officer: User
    tokens: dict[str, str]

    @property
    def mall(self) -> str:
        return self.a.mall.code

    @property
    def path(self) -> str:
        return f"/api/v1/malls/{self.mall}"

    @property
    def service(self) -> str:
        return self.a.services.get().slug

    def waiting(self, queue: Queue | None = None) -> Ticket:
        """Somebody who waits in the hall."""
        return ticket_of(take(queue or self.a))

    def remote(self) -> Ticket:
        """Somebody who took a number from afar."""
        return ticket_of(take(self.a, channel=Channel.PORTAL))

    def call(self, who: str | None, path: str, method: str = "POST", **options: Any) -> HttpResponse:
        """What the API answers to somebody, named as in `tokens`; None is nobody."""
        return call(path, method, token=self.tokens[who] if who else None, **options)

    def act(self, who: str | None, ticket: Ticket, act: str, **options: Any) -> HttpResponse:
        """What the API answers to an act at the counter."""
        return self.call(who, f"{self.path}/tickets/{ticket.code}/{act}", **options)


def make_hall() -> Hall:
    a = make_queue(prefix="A")
    b = make_queue(a.mall, prefix="B")
    elsewhere = make_queue(make_mall())
    officer = make_user(mall=a.mall, agency=a.agency)
    bearers: dict[str, User | Device] = {
        "officer": officer,
        "colleague": make_user(mall=a.mall, agency=b.agency),
        "manager": make_user(mall=a.mall, agency=a.agency, kind=RoleKind.MANAGER),
        "host": make_user(mall=a.mall, kind=RoleKind.HOST),
        "operator": make_user(mall=a.mall, kind=RoleKind.OPERATOR),
        "administrator": make_user(mall=a.mall, kind=RoleKind.ADMINISTRATOR),
        "stranger": make_user(mall=elsewhere.mall, agency=elsewhere.agency),
        "kiosk": make_device(a.mall),
        "board": make_device(a.mall, DeviceKind.BOARD),
        "far kiosk": make_device(elsewhere.mall),
    }
    at = clock.real_now()
    tokens = {name: create_token(bearer=bearer, by=None, at=at) for name, bearer in bearers.items()}
    return Hall(a, b, make_counter(a, b, number=1), officer, {**tokens, "wrong": WRONG})


def call(
    path: str,
    method: str = "GET",
    *,
    token: str | None = None,
    body: object = None,
    raw: bytes | None = None,
    kind: str = "application/json",
    **headers: str,
) -> HttpResponse:
    """A request as a client program sends it: no cookies, English; `headers` by name with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named.setdefault("accept-language", "en")
    if token:
        named["authorization"] = f"Bearer {token}"
    data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    client = Client(raise_request_exception=False)
    return cast("HttpResponse", client.generic(method, path, data, content_type=kind, headers=named))


def problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document that an answer must be."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(response.content)
    assert {"type", "title", "status", "detail", "instance", "reference", "code", "errors"} <= set(document)
    assert (document["status"], document["code"]) == (status, code)
    assert document["reference"] == response["X-Request-ID"]
    assert document["instance"].endswith(document["reference"])
    assert document["title"]
    assert document["detail"]
    return document


def good(response: HttpResponse, status: int = 200) -> Any:
    """What an answer that went well says."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    return json.loads(response.content)
