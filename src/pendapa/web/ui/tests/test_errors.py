import json
from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from pendapa.web.ui import views

BUILD = RequestFactory()
PAGES: list[tuple[Callable[[HttpRequest], HttpResponse], int]] = [
    (views.bad_request, 400),
    (views.permission_denied, 403),
    (views.csrf_failure, 403),
    (views.page_not_found, 404),
    (views.wrong_method, 405),
    (views.too_many_requests, 429),
    (views.server_error, 500),
]


def failing(path: str = "/desk/", language: str | None = None) -> HttpRequest:
    request = BUILD.get(path)
    request.request_id = "K7Q2-F"  # type: ignore[attr-defined]  # as RequestId does
    if language:
        request.LANGUAGE_CODE = language
    return request


@pytest.mark.parametrize(("page", "status"), PAGES)
def test_each_error_page_carries_the_code_that_stands_in_the_log(
    page: Callable[[HttpRequest], HttpResponse], status: int
) -> None:
    response = page(failing(language="en"))
    assert response.status_code == status
    assert b"K7Q2-F" in response.content
    assert response.content.count(b"<h1>") == 1


@pytest.mark.parametrize(("page", "status"), PAGES)
def test_an_error_page_asks_nothing_of_the_database(page: Callable[[HttpRequest], HttpResponse], status: int) -> None:
    page(failing())  # pytest-django refuses every connection here


def test_while_the_language_is_unknown_both_are_spoken() -> None:
    text = views.server_error(failing()).content.decode()
    assert 'lang="id"' in text
    assert 'lang="en"' in text
    assert "Sorry, something is wrong in our system." in text


def test_a_known_language_is_spoken_alone() -> None:
    text = views.server_error(failing(language="en")).content.decode()
    assert text.count("<section") == 1


def test_a_broken_error_page_still_says_two_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> str:
        raise OSError

    monkeypatch.setattr(views, "render_to_string", broken)
    response = views.server_error(failing())
    assert response.status_code == 500
    assert response["Content-Type"].startswith("text/plain")
    assert b"K7Q2-F" in response.content


def test_without_the_list_of_static_files_the_page_only_loses_its_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: str) -> str:
        raise ValueError(path)

    monkeypatch.setattr(views, "static", missing)
    text = views.page_not_found(failing(language="en")).content.decode()
    assert "stylesheet" not in text
    assert "We cannot find this page." in text


def test_under_the_api_an_error_is_a_problem_document() -> None:
    response = views.page_not_found(failing("/api/v1/nowhere"))
    assert response["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert (problem["status"], problem["reference"]) == (404, "K7Q2-F")


def test_an_address_nobody_knows_gets_the_kind_page(client: Client, settings: Settings) -> None:
    settings.DEMO = False
    response = client.get("/gallery/", HTTP_ACCEPT_LANGUAGE="en")
    assert response.status_code == 404
    assert "We cannot find this page." in response.content.decode()
    assert response["X-Request-ID"] in response.content.decode()
