"""What happens around every request: its reference, its log line, its figures, and what only pages need."""

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string

from pendapa.base import codes
from pendapa.base.tracing import request_id
from pendapa.web.ui import callers, views
from pendapa.web.ui.figures import REQUESTS

GetResponse = Callable[[HttpRequest], HttpResponseBase]

BARE = ("/api/", "/healthz", "/readyz", "/metrics")
"""Starts of paths that are no pages: no session, no language, no messages; the API is the measured path."""

_log = logging.getLogger("pendapa.request")


class RequestId:
    """Gives each request a short reference that stands in its logs, its answer and on its error page.

    Writes one line per request. The route stands for the path, because a path may hold a ticket's code;
    neither query string nor address is written.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        reference = codes.reference()
        request.request_id = reference  # type: ignore[attr-defined]  # no typed place on Django's request
        token = request_id.set(reference)
        started = perf_counter()
        try:
            response = self.get_response(request)
            seconds = perf_counter() - started
            response["X-Request-ID"] = reference
            match = request.resolver_match
            route = match.route if match else ""
            method = request.method if request.method in _METHODS else "OTHER"
            REQUESTS.labels(method, route, response.status_code).observe(seconds)
            _log.info(
                "request",
                extra={
                    "method": method,
                    "route": route,
                    "status": response.status_code,
                    "ms": round(seconds * 1000, 1),
                },
            )
        finally:
            request_id.reset(token)
        return response


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CallerCookie:
    """Sends the cookie of a caller who was named during this request; see `callers`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponse):
            callers.send_cookie(request, response)
        return response


class KindRefusals:
    """Puts a readable page where Django answers with an empty one: a page reached in a way it does not take."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405 and isinstance(response, HttpResponse) and not response.content:
            page = views.wrong_method(request)
            page["Allow"] = response["Allow"]
            return page
        return response


def for_pages(middleware: str) -> Callable[[GetResponse], GetResponse]:
    """The named middleware, skipped with all its hooks for the paths in `BARE`."""

    def factory(get_response: GetResponse) -> GetResponse:
        inner = import_string(middleware)(get_response)

        def dispatch(request: HttpRequest) -> HttpResponseBase:
            if request.path_info.startswith(BARE):
                return get_response(request)
            response: HttpResponseBase = inner(request)
            return response

        for hook in ("process_view", "process_exception", "process_template_response"):
            if hasattr(inner, hook):
                setattr(dispatch, hook, _on_pages(getattr(inner, hook)))
        return dispatch

    return factory


def _on_pages(hook: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return None if request.path_info.startswith(BARE) else hook(request, *args, **kwargs)

    return guarded


# Named here because settings.MIDDLEWARE takes names, not calls.
page_csp = for_pages("csp.middleware.CSPMiddleware")
page_sessions = for_pages("django.contrib.sessions.middleware.SessionMiddleware")
page_language = for_pages("django.middleware.locale.LocaleMiddleware")
page_common = for_pages("django.middleware.common.CommonMiddleware")
page_csrf = for_pages("django.middleware.csrf.CsrfViewMiddleware")
page_users = for_pages("django.contrib.auth.middleware.AuthenticationMiddleware")
page_messages = for_pages("django.contrib.messages.middleware.MessageMiddleware")
page_htmx = for_pages("django_htmx.middleware.HtmxMiddleware")
page_second_factor = for_pages("pendapa.web.ui.second_factor.SecondFactorFirst")
page_people = for_pages("pendapa.web.ui.known_people.KnownPeople")
page_caller = for_pages("pendapa.web.ui.middleware.CallerCookie")
page_refusals = for_pages("pendapa.web.ui.middleware.KindRefusals")
