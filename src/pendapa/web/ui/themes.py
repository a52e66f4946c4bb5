"""Light or dark as a person chose for this browser; without a choice the system's setting holds.

A cookie and not the browser's own storage: so the first byte of a page has the right colours, also without JavaScript.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

COOKIE = "theme"
_YEAR = 365 * 24 * 3600

# (value, words, icon); the empty one follows the system.
THEMES: list[tuple[str, str | Promise, str]] = [
    ("light", _("Light"), "sun"),
    ("", _("As the device"), "circle-half"),
    ("dark", _("Dark"), "moon"),
]


def chosen(request: HttpRequest) -> str:
    """`light`, `dark`, or nothing where the person chose neither."""
    value = request.COOKIES.get(COOKIE, "")
    return value if value in ("light", "dark") else ""


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep a choice for a year and go back to the page it was made on."""
    to = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure()):
        to = "/"
    response = HttpResponseRedirect(to)
    wanted: Any = request.POST.get("theme")
    if wanted in ("light", "dark"):
        response.set_cookie(
            COOKIE, wanted, max_age=_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
