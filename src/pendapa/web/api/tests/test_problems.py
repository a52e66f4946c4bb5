import json

import pytest
from django.db import OperationalError
from django.http import UnreadablePostError
from django.test import Client

from pendapa.web.api import malls, problems
from pendapa.web.api.problems import TITLES, Problem
from pendapa.web.api.tests.hall import Hall, call, good, problem


@pytest.mark.parametrize(
    "path",
    ["", "nothing", "malls/", "malls//services", "malls/a/b/c", "malls/a b", "%00", "%0A", "%F0%9F%98%80", "a" * 5000],
)
def test_an_address_that_is_none_of_ours_is_a_problem(path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        problem(call(f"/api/v1/{path}", method), 404, "no-such-address")


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("malls", "POST", "GET, HEAD"),
        ("malls/a", "DELETE", "GET, HEAD"),
        ("malls/a/tickets", "GET", "POST"),
        ("malls/a/tickets", "OPTIONS", "POST"),
        ("tickets/x", "PATCH", "GET, HEAD"),
        ("openapi.json", "POST", "GET, HEAD"),
        ("malls", "BREW", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_taken_names_those_that_are(path: str, method: str, allowed: str) -> None:
    response = call(f"/api/v1/{path}", method)
    problem(response, 405, "method-not-taken")
    assert response["Allow"] == allowed


def test_head_says_what_get_would(hall: Hall) -> None:
    head = call(hall.path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == call(hall.path)["ETag"]


def test_a_failure_is_logged_once_and_tells_only_its_reference(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_code: str) -> None:
        raise RuntimeError("inner details")

    monkeypatch.setattr(malls, "_mall", broken)
    response = call(hall.path)
    assert "inner details" not in response.content.decode()
    problem(response, 500, "failure")
    failures = [record for record in caplog.records if record.exc_info]
    assert len(failures) == 1


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("the connection is lost"), 503, "outage"),
        (UnreadablePostError("broken off"), 400, "unreadable"),
    ],
)
def test_what_is_not_our_fault_is_told_apart(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def broken(_code: str) -> None:
        raise error

    monkeypatch.setattr(malls, "_mall", broken)
    response = call(hall.path)
    problem(response, status, code)
    assert (response.get("Retry-After") is not None) == (status == 503)


def test_a_foreign_host_is_a_bad_request(hall: Hall) -> None:
    problem(call(hall.path, host="elsewhere.example"), 400, "unreadable")


def test_the_callers_language_is_followed_and_indonesian_is_the_usual_one(db: None) -> None:
    for accepted, language in (
        ("en", "en"),
        ("en-GB,id;q=0.5", "en"),
        ("id", "id"),
        ("fr", "id"),
        ("", "id"),
        ("*;" * 400, "id"),
    ):
        response = call("/api/v1/nothing", accept_language=accepted)
        assert response["Content-Language"] == language


def test_one_callers_language_is_gone_for_the_next(db: None) -> None:
    call("/api/v1/nothing", accept_language="en")
    assert Client().get("/api/v1/nothing")["Content-Language"] == "id"


def test_nobody_keeps_a_problem(db: None) -> None:
    assert call("/api/v1/nothing")["Cache-Control"] == "no-store"


def test_every_status_has_a_title() -> None:
    for status, title in TITLES.items():
        document = problems.document(status=status, detail="x", code="x")
        assert json.loads(document.content)["title"] == str(title)
        Problem.model_validate_json(document.content)


def test_the_api_sets_no_cookie_and_allows_no_other_origin(hall: Hall) -> None:
    response = call(hall.path, origin="https://elsewhere.example")
    good(response)
    assert not response.cookies
    assert not [name for name in response.headers if name.lower().startswith("access-control")]
