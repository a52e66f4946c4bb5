"""Every route names its audience, and shuts out everybody else: a route that is missing fails the test."""

import pytest
from django.test import Client
from pytest_django import Settings

from pendapa.base import clock
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.accounts.models import Device, RoleKind
from pendapa.operations.queueing.tests.make import make_counter, make_device, make_mall, make_queue, make_user
from pendapa.web.hall import devices
from tests.architecture.audiences import (
    ANYONE,
    AUDIENCES,
    CODE,
    DEMO,
    DEVICE,
    KIOSK,
    OFFICER,
    PERSON,
    Places,
    make_places,
    of,
    reach,
    routes,
)


def test_every_route_names_its_audience() -> None:
    assert set(routes()) == set(AUDIENCES)


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


def stranger() -> tuple[Client, str]:
    """An officer of a neighbouring mall, at the pages and in the API."""
    queue = make_queue(make_mall())
    make_counter(queue)
    user = make_user(mall=queue.mall, agency=queue.agency, kind=RoleKind.OFFICER)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client, create_token(bearer=user, by=None, at=clock.real_now())


@pytest.mark.parametrize("route", of(ANYONE))
def test_nobody_is_sent_away_from_what_is_for_everybody(places: Places, route: str) -> None:
    assert reach(Client(), route, places).status_code not in {401, 403}


@pytest.mark.parametrize("route", of(CODE))
def test_only_the_code_opens(places: Places, route: str) -> None:
    if "v/" not in route[:2]:
        assert reach(Client(), route, places).status_code not in {401, 403, 404}
    assert reach(Client(), route, Places({**places, "code": "K7Q2-F8MN-X4TR-9BWD"})).status_code == 404


@pytest.mark.parametrize("route", of(OFFICER))
def test_officers_alone_serve_and_only_at_their_own_mall(places: Places, route: str) -> None:
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
def test_what_is_for_people_with_an_account_leads_to_the_sign_in(places: Places, route: str) -> None:
    answer = reach(Client(), route, places)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/login/")
    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize("route", of(DEVICE))
def test_a_device_alone_speaks_for_itself(places: Places, route: str) -> None:
    _client, token = stranger()
    device = make_device(places.mall)
    key = create_token(bearer=device, by=None, at=clock.real_now())
    assert reach(Client(), route, places).status_code == 401
    assert reach(Client(), route, places, Authorization=f"Bearer {token}").status_code == 403
    assert reach(Client(), route, places, Authorization=f"Bearer {key}").status_code == 200
    Device.objects.filter(pk=device.pk).update(is_active=False)
    assert reach(Client(), route, places, Authorization=f"Bearer {key}").status_code == 401


@pytest.mark.parametrize("route", of(KIOSK))
def test_kiosks_alone_give_numbers_and_only_at_their_own_mall(places: Places, route: str) -> None:
    assert reach(Client(), route, places).status_code == 403
    screen = Client()
    screen.cookies[devices.COOKIE] = create_token(bearer=make_device(make_mall()), by=None, at=clock.real_now())
    assert reach(screen, route, places).status_code == 404


@pytest.mark.parametrize("route", of(DEMO))
def test_a_real_installation_has_no_example(places: Places, route: str, settings: Settings) -> None:
    settings.DEMO = settings.DEBUG = False
    assert reach(Client(), route, places).status_code == 404
