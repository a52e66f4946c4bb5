"""Every route names its audience here, and shuts out everybody else: a route that is missing fails the test."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponseBase  # noqa: TID251 -- the type of what a test client gets
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from pendapa.base import clock
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.accounts.models import RoleKind
from pendapa.operations.queueing.tests.make import (
    make_counter,
    make_device,
    make_mall,
    make_queue,
    make_user,
    take,
    ticket_of,
)
from pendapa.web.hall import devices

ANYONE = "anyone"
CODE = "whoever holds the code"
PERSON = "whoever is signed in"
OFFICER = "an officer of the counter's agency"
KIOSK = "a kiosk of the mall"
DEMO = "anyone in a demo"

AUDIENCES = {
    "healthz": ANYONE,
    "readyz": ANYONE,
    "metrics": ANYONE,
    "api/v1/openapi.json": ANYONE,
    "api/v1/": ANYONE,
    "api/v1/malls": ANYONE,
    "api/v1/malls/<slug:mall>": ANYONE,
    "api/v1/malls/<slug:mall>/services": ANYONE,
    "api/v1/malls/<slug:mall>/queues": ANYONE,
    "api/v1/malls/<slug:mall>/board": ANYONE,
    "api/v1/malls/<slug:mall>/tickets": ANYONE,
    "api/v1/tickets/<code>": CODE,
    "api/v1/tickets/<code>/cancel": CODE,
    "api/v1/tickets/<code>/arrive": CODE,
    "api/v1/malls/<slug:mall>/counters": OFFICER,
    "api/v1/malls/<slug:mall>/counters/<number>/call-next": OFFICER,
    **{
        f"api/v1/malls/<slug:mall>/tickets/<code>/{act}": OFFICER
        for act in ("recall", "start", "finish", "no-show", "hold", "resume", "return", "transfer", "undo")
    },
    r"api/v1/^[\s\S]*$": ANYONE,
    "sign-in/login/": ANYONE,
    "sign-in/logout/": ANYONE,
    "sign-in/inactive/": ANYONE,
    "sign-in/again/": PERSON,
    "sign-in/password/": PERSON,
    "language/": ANYONE,
    "gallery/": DEMO,
    "board/<slug:mall_code>/": ANYONE,
    "kiosk/<slug:mall_code>/": KIOSK,
    "kiosk/<slug:mall_code>/arrive/": KIOSK,
    "kiosk/<slug:mall_code>/agencies/<int:agency>/": KIOSK,
    "kiosk/<slug:mall_code>/services/<slug:slug>/": KIOSK,
    "devices/enter/": ANYONE,
    "devices/leave/": ANYONE,
    "example/": DEMO,
    "example/sign-in/": DEMO,
    "example/device/": DEMO,
    "desk/": PERSON,
    **{
        f"desk/<slug:mall>/<int:number>/{act}": OFFICER
        for act in ("", "now/", "sit/", "close/", "next/", "go-on/", "break/", "issue/", "receive/")
    },
    "desk/<slug:mall>/<int:number>/tickets/<int:ticket>/transfer/": OFFICER,
    "desk/<slug:mall>/<int:number>/tickets/<int:ticket>/cancel/": OFFICER,
    "desk/<slug:mall>/<int:number>/tickets/<int:ticket>/<slug:act>/": OFFICER,
    "": ANYONE,
    "mine/": ANYONE,
    "t/<str:code>/": CODE,
    "t/<str:code>/arrive/": CODE,
    "t/<str:code>/return/": CODE,
    "t/<str:code>/cancel/": CODE,
    "v/<str:code>/": CODE,
    "<slug:mall_code>/": ANYONE,
    "<slug:mall_code>/services/<slug:slug>/": ANYONE,
}

POSTED = (  # addresses that only take forms or commands
    "logout/", "language/", "leave/", "example/sign-in/", "example/device/", "sit/", "close/", "next/", "go-on/",
    "<slug:act>/", "arrive", "cancel", "t/<str:code>/arrive/", "t/<str:code>/return/", "t/<str:code>/cancel/",
    "malls/<slug:mall>/tickets", "call-next", "recall", "start", "finish", "no-show", "hold", "resume", "return",
    "tickets/<code>/transfer", "undo",
)  # fmt: skip


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of the address book, written out from the root."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def of(audience: str) -> list[str]:
    return [route for route, named in AUDIENCES.items() if named == audience]


def is_posted(route: str) -> bool:
    return route.endswith(POSTED) and not route.startswith("kiosk/")


def test_every_route_names_its_audience() -> None:
    assert set(routes()) == set(AUDIENCES)


@pytest.fixture
def places(db: None) -> dict[str, Any]:
    """What the placeholders of the routes may stand for: all of it exists, at one mall."""
    queue = make_queue(prefix="A")
    counter = make_counter(queue)
    ticket = ticket_of(take(queue))
    return {
        "mall": queue.mall.code,
        "mall_code": queue.mall.code,
        "slug": queue.services.get().slug,
        "agency": queue.agency_id,
        "number": counter.number,
        "ticket": ticket.pk,
        "act": "start",
        "code": ticket.code,
    }


def reach(client: Client, route: str, places: dict[str, Any], **headers: str) -> HttpResponseBase:
    """Ask for a route in the way it wants to be asked."""
    path = "/" + route.replace(r"^[\s\S]*$", "nothing")
    for name, value in places.items():
        for kind in ("", "slug:", "int:", "str:"):
            path = path.replace(f"<{kind}{name}>", str(value))
    if is_posted(route) and route.startswith("api/"):
        body = {"service": places["slug"]} if route.endswith("transfer") else {}
        return client.post(path, body, content_type="application/json", headers=headers)
    if is_posted(route):
        return client.post(path, headers=headers)
    return client.get(path, headers=headers)


def stranger() -> tuple[Client, str]:
    """An officer of a neighbouring mall, at the pages and in the API."""
    queue = make_queue(make_mall())
    make_counter(queue)
    user = make_user(mall=queue.mall, agency=queue.agency, kind=RoleKind.OFFICER)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client, create_token(bearer=user, by=None, at=clock.real_now())


@pytest.mark.parametrize("route", of(ANYONE))
def test_nobody_is_sent_away_from_what_is_for_everybody(places: dict[str, Any], route: str) -> None:
    assert reach(Client(), route, places).status_code not in {401, 403}


@pytest.mark.parametrize("route", of(CODE))
def test_only_the_code_opens(places: dict[str, Any], route: str) -> None:
    if "v/" not in route[:2]:
        assert reach(Client(), route, places).status_code not in {401, 403, 404}
    assert reach(Client(), route, {**places, "code": "K7Q2-F8MN-X4TR-9BWD"}).status_code == 404


@pytest.mark.parametrize("route", of(OFFICER))
def test_officers_alone_serve_and_only_at_their_own_mall(places: dict[str, Any], route: str) -> None:
    client, token = stranger()
    if route.startswith("api/"):
        assert reach(Client(), route, places).status_code == 401
        assert reach(Client(), route, places, Authorization=f"Bearer {token}").status_code == 404
    else:
        nobody = reach(Client(), route, places)
        assert nobody.status_code == 302
        assert nobody.headers["Location"].startswith("/sign-in/login/")
        assert reach(client, route, places).status_code == 404


@pytest.mark.parametrize("route", of(PERSON))
def test_what_is_for_people_with_an_account_leads_to_the_sign_in(places: dict[str, Any], route: str) -> None:
    answer = reach(Client(), route, places)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(("/sign-in/login/", "/"))
    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize("route", of(KIOSK))
def test_kiosks_alone_give_numbers_and_only_at_their_own_mall(places: dict[str, Any], route: str) -> None:
    assert reach(Client(), route, places).status_code == 403
    screen = Client()
    screen.cookies[devices.COOKIE] = create_token(bearer=make_device(make_mall()), by=None, at=clock.real_now())
    assert reach(screen, route, places).status_code == 404


@pytest.mark.parametrize("route", of(DEMO))
def test_a_real_installation_has_no_example(places: dict[str, Any], route: str, settings: Settings) -> None:
    settings.DEMO = settings.DEBUG = False
    assert reach(Client(), route, places).status_code == 404
