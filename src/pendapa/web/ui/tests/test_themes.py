"""Light, dark, or as the device: kept by a cookie, so that the first byte of the next page has the right colours."""

import pytest
from django.test import Client
from pytest_django import Settings

from pendapa.web.ui import context


@pytest.fixture(autouse=True)
def _demo(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = True
    monkeypatch.setattr(context, "_shown_time", lambda: None)  # the demo's clock stands in the database


def html_tag(client: Client) -> str:
    page = client.get("/gallery/").content.decode()
    return page[page.index("<html") : page.index(">", page.index("<html"))]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_choice_holds_from_the_next_page_on(client: Client, theme: str) -> None:
    assert "data-bs-theme" not in html_tag(client)
    response = client.post("/theme/", {"theme": theme, "next": "/gallery/"})
    assert (response.status_code, response["Location"]) == (302, "/gallery/")
    assert f'data-bs-theme="{theme}"' in html_tag(client)


def test_as_the_device_forgets_the_choice(client: Client) -> None:
    client.post("/theme/", {"theme": "dark"})
    client.post("/theme/", {"theme": ""})
    assert "data-bs-theme" not in html_tag(client)


def test_a_cookie_of_somebody_else_writes_nothing_into_the_page(client: Client) -> None:
    client.cookies["theme"] = 'x" onload="'
    assert "onload" not in html_tag(client)


def test_the_way_back_leads_to_no_other_host(client: Client) -> None:
    assert client.post("/theme/", {"theme": "dark", "next": "https://example.com/"})["Location"] == "/"


def test_the_choice_is_made_by_a_form_only(client: Client) -> None:
    assert client.get("/theme/").status_code == 405
