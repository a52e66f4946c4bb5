import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.test import RequestFactory

from pendapa.base.tracing import request_id
from pendapa.web.ui.figures import REQUESTS
from pendapa.web.ui.middleware import KindRefusals, RequestId, for_pages

BUILD = RequestFactory()


def routed(route: str, status: int = 200) -> Callable[[HttpRequest], HttpResponse]:
    """A view behind the given route."""

    def view(request: HttpRequest) -> HttpResponse:
        request.resolver_match = SimpleNamespace(route=route)  # type: ignore[assignment]  # all that is read of it
        return HttpResponse(request_id.get(), status=status)

    return view


def test_the_reference_is_in_the_log_the_answer_and_the_request() -> None:
    request = BUILD.get("/t/K7Q2/")
    response = RequestId(routed("t/<code>/"))(request)
    assert isinstance(response, HttpResponse)
    assert response["X-Request-ID"] == request.request_id == response.content.decode()  # type: ignore[attr-defined]  # RequestId sets it
    assert request_id.get() == ""


def test_the_log_line_names_the_route_and_nothing_about_the_person(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "pendapa.request"):
        RequestId(routed("t/<code>/", 409))(BUILD.post("/t/SECRET-CODE/?phone=0812", REMOTE_ADDR="203.0.113.9"))
    (record,) = caplog.records
    facts = vars(record)
    assert (facts["method"], facts["route"], facts["status"]) == ("POST", "t/<code>/", 409)
    assert facts["ms"] >= 0
    told = str(facts)
    assert not any(private in told for private in ("SECRET-CODE", "0812", "203.0.113.9"))


def test_requests_are_counted_by_route_and_status() -> None:
    labels = {"method": "GET", "route": "counted/<code>/", "status": "404"}
    RequestId(routed("counted/<code>/", 404))(BUILD.get("/counted/X/"))
    (family,) = REQUESTS.collect()
    counts = [s.value for s in family.samples if s.name.endswith("_count") and s.labels == labels]
    assert counts == [1]


def test_an_invented_method_makes_no_new_figure() -> None:
    RequestId(routed("odd/"))(BUILD.generic("BREW", "/odd/"))
    (family,) = REQUESTS.collect()
    assert {s.labels["method"] for s in family.samples if s.labels["route"] == "odd/"} == {"OTHER"}


class Nosy:
    """A middleware with every hook, which remembers where it was asked."""

    asked: list[str]

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        Nosy.asked = []

    def __call__(self, request: HttpRequest) -> Any:
        Nosy.asked.append("call")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> None:
        Nosy.asked.append("view")

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        Nosy.asked.append("exception")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/v1/malls", []),
        ("/healthz", []),
        ("/readyz", []),
        ("/metrics", []),
        ("/", ["call", "view", "exception"]),
        ("/magetan/", ["call", "view", "exception"]),
        ("/apis/", ["call", "view", "exception"]),
    ],
)
def test_what_only_pages_need_is_skipped_for_machines(path: str, asked: list[str]) -> None:
    dispatch: Any = for_pages(f"{__name__}.Nosy")(lambda request: HttpResponse("ok"))
    request = BUILD.get(path)
    assert dispatch(request).content == b"ok"
    assert dispatch.process_view(request, None, (), {}) is None
    assert dispatch.process_exception(request, ValueError()) is None
    assert Nosy.asked == asked


def test_a_page_that_takes_only_forms_explains_itself() -> None:
    middleware = KindRefusals(lambda request: HttpResponseNotAllowed(["POST"]))
    response = middleware(BUILD.get("/desk/call-next/"))
    assert isinstance(response, HttpResponse)
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert b"<h1>" in response.content


def test_an_answer_with_words_of_its_own_is_left_alone() -> None:
    answer = HttpResponse("x", status=405)
    assert KindRefusals(lambda request: answer)(BUILD.get("/")) is answer
