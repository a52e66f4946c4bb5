"""How a view answers: one template, one context, for a plain browser and for htmx alike."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request that has passed the page middleware; for typing only."""

    htmx: HtmxDetails
    request_id: str


def answer(
    request: HttpRequest, template: str, part: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The part `{% partialdef part %}` of the template for htmx, the whole page otherwise.

    A boosted link and htmx's walk back through the history want whole pages, so they get them.
    """
    response = render(request, f"{template}#{part}" if _wants_part(request) else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _wants_part(request: HttpRequest) -> bool:
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if not htmx:
        return False
    return not htmx.boosted and not htmx.history_restore_request
