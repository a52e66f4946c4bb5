from typing import Any

import pytest

from pendapa.web.api.tests.hall import call, good

CALLS = {
    "GET /malls",
    "GET /malls/{mall}",
    "GET /malls/{mall}/services",
    "GET /malls/{mall}/queues",
    "GET /malls/{mall}/board",
    "GET /malls/{mall}/counters",
    "POST /malls/{mall}/tickets",
    "GET /tickets/{code}",
    "POST /tickets/{code}/cancel",
    "POST /tickets/{code}/arrive",
    "POST /malls/{mall}/counters/{number}/call-next",
    "POST /devices/report",
    *(
        f"POST /malls/{{mall}}/tickets/{{code}}/{act}"
        for act in ("recall", "start", "finish", "no-show", "hold", "resume", "return", "transfer", "undo")
    ),
}


@pytest.fixture
def description(db: None) -> Any:
    return good(call("/api/v1/openapi.json"))


def test_the_description_names_every_call(description: Any) -> None:
    assert description["openapi"].startswith("3.1")
    found = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in description["paths"].items()
        for method in methods
    }
    assert found == CALLS


def test_every_call_says_who_may_make_it_and_how_it_refuses(description: Any) -> None:
    for methods in description["paths"].values():
        for call_ in methods.values():
            assert call_["description"]
            assert call_["tags"] in (["anyone"], ["staff"])
            assert call_["security"][-1] == {"token": []}
            refusals = {status: answer for status, answer in call_["responses"].items() if status >= "400"}
            assert {"401", "404", "422", "500"} <= set(refusals)
            assert all(list(answer["content"]) == ["application/problem+json"] for answer in refusals.values())


def test_every_reference_of_the_description_leads_somewhere(description: Any) -> None:
    names = set(description["components"]["schemas"])
    assert {found.rpartition("/")[2] for found in _references(description)} <= names


def test_the_description_is_sent_once(db: None) -> None:
    first = call("/api/v1/openapi.json")
    assert call("/api/v1/openapi.json", if_none_match=first["ETag"]).status_code == 304


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if "$ref" in part else set()
        return own.union(*(_references(value) for value in part.values()))
    if isinstance(part, list):
        return set().union(*(_references(value) for value in part))
    return set()
