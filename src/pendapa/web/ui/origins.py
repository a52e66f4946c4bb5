"""Forms without a token, for what harms nobody: pages that caches keep for everybody cannot hold anybody's token."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]


def own_pages_only(view: View) -> View:
    """Take a form from a page of this site, as the browser itself tells, instead of by a token.

    Every browser of today sends `Sec-Fetch-Site` or, with a form, `Origin`. Whoever sends neither is no browser that
    another site could use.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _is_from_here(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)


def _is_from_here(request: HttpRequest) -> bool:
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()
