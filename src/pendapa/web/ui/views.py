"""Pages for when something went wrong, and the gallery of components."""

import logging
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext_noop as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pendapa.base import clock
from pendapa.web.ui import examples

_log = logging.getLogger("pendapa.request")


class Sentences(NamedTuple):
    """What an error page says: what happened, and what the person can do now."""

    title: str
    advice: str


UNREADABLE = Sentences(
    _("We could not read this request."),
    _("Please go back to the page before and try once more. Nothing was changed."),
)
NOT_FOR_YOU = Sentences(
    _("This page is not open to you."),
    _("Sign in with an account that may see it, or ask the information officer."),
)
OPEN_TOO_LONG = Sentences(
    _("This page was open for too long."),
    _("To keep you safe we did not accept it, and nothing was changed. Load the page again and send it once more."),
)
NOT_FOUND = Sentences(
    _("We cannot find this page."),
    _("The address may be mistyped, or what it showed is over. Start again from the front page."),
)
WRONG_WAY = Sentences(
    _("This page does not open in this way."),
    _("It only takes what a form sends. Go back, or start again from the front page."),
)
TOO_MANY = Sentences(
    _("That was tried too often in a short time."),
    _("Please wait a few minutes, then try again."),
)
AWAY = Sentences(
    _("Sorry, the system cannot answer at this moment."),
    _("Please try again in a few seconds. What was confirmed to you is kept."),
)
OUR_FAULT = Sentences(
    _("Sorry, something is wrong in our system."),
    _("Your data is safe. Please show the code below to the information officer."),
)

OUTAGE = (InterfaceError, OperationalError)
"""What Django raises when the database is away, is starting, or does not answer in time."""
AGAIN_IN = 5  # seconds until it is worth asking again


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400, UNREADABLE)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403, NOT_FOR_YOU)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    _log.warning("csrf", extra={"reason": reason})
    return _instead(request, 403) or _page(request, 403, OPEN_TOO_LONG)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404, NOT_FOUND)


def wrong_method(request: HttpRequest) -> HttpResponse:
    return _instead(request, 405) or _page(request, 405, WRONG_WAY)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 429, TOO_MANY)


def server_error(request: HttpRequest) -> HttpResponse:
    """The last page that still has to work: it needs no database, no session and no context processor.

    503 while the database is away, which is nobody's bug and passes; 500 for everything else. Should even its template
    fail, two plain sentences and the code remain.
    """
    is_away = isinstance(sys.exception(), OUTAGE)
    status, sentences = (503, AWAY) if is_away else (500, OUR_FAULT)
    try:
        page = _page(request, status, sentences)
    except Exception:
        _log.exception("error-page")
        lines = [*sentences, f"X-Request-ID: {_reference(request)}"]
        page = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8", status=status)
    if is_away:
        page["Retry-After"] = str(AGAIN_IN)
    page["Cache-Control"] = "no-store"
    return page


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every state, light and dark, for those who build pages; not part of a real mall."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    return render(request, "ui/gallery.html", examples.gallery())


@require_safe
@never_cache
def example_clock(request: HttpRequest) -> HttpResponse:
    """What the demo's clock shows, for the banner of a page that caches keep."""
    if not settings.DEMO:
        raise Http404
    shown = clock.now() if clock.is_simulated() else None
    return render(request, "ui/components/demo_clock.html", {"demo_time": shown}) if shown else HttpResponse()


def _instead(request: HttpRequest, status: int) -> HttpResponse | None:
    """What the view would rather answer than an error page: it may carry functions for it, by status, as `instead`."""
    answers = getattr(request.resolver_match.func, "instead", {}) if request.resolver_match else {}
    answer: HttpResponse | None = answers[status](request) if status in answers else None
    return answer


def _page(request: HttpRequest, status: int, sentences: Sentences) -> HttpResponse:
    reference = _reference(request)
    if request.path_info.startswith("/api/"):
        problem = {"type": "about:blank", "title": sentences.title, "status": status, "detail": sentences.advice}
        return JsonResponse({**problem, "reference": reference}, status=status, content_type="application/problem+json")
    context: dict[str, Any] = {
        "status": status,
        "reference": reference,
        "texts": [_in(language, sentences) for language in _languages(request)],
        "style_urls": _style_urls(),
        "demo": settings.DEMO,
    }
    return HttpResponse(render_to_string("ui/error.html", context), status=status)


def _reference(request: HttpRequest) -> str:
    return getattr(request, "request_id", "")


def _languages(request: HttpRequest) -> Iterable[str]:
    """The person's language, or all of ours while it is not known."""
    known = getattr(request, "LANGUAGE_CODE", None)
    return [known] if known else [code for code, _name in settings.LANGUAGES]


def _in(language: str, sentences: Sentences) -> dict[str, str]:
    with translation.override(language):
        return {
            "language": language,
            "title": translation.gettext(sentences.title),
            "advice": translation.gettext(sentences.advice),
            "code": translation.gettext("Code"),
            "home": translation.gettext("To the front page"),
        }


def _style_urls() -> list[str]:
    """The style sheets, or none when the list of hashed names is missing: a page without colours still speaks."""
    try:
        return [static("ui/vendor/bootstrap/bootstrap.min.css"), static("ui/pendapa.css")]
    except ValueError:
        return []
