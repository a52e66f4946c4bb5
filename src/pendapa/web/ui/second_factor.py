"""Administrators, treasurers and signing officials set up a second factor before they see anything else."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from pendapa.directory.accounts import queries

_EXEMPT = "demo_without_second_factor"
_OPEN = ("/sign-in/", "/language/", "/theme/", "/static/")
"""Starts of paths that somebody needs who sets it up."""


class SecondFactorFirst:
    """Leads people whose role asks for a second factor to the page where they set it up. The API is not a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self._must_set_up(request):
            to = resolve_url("mfa_activate_totp")
            return HttpResponseClientRedirect(to) if request.headers.get("HX-Request") else redirect(to)
        return self.get_response(request)

    def _must_set_up(self, request: HttpRequest) -> bool:
        # Without its cookie nobody is signed in, and a public page shall not depend on sessions.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path_info.startswith(_OPEN):
            return False
        if not request.user.is_authenticated or _is_exempt(request):
            return False
        return queries.lacks_second_factor(request.user)


def exempt_in_demo(request: HttpRequest) -> None:
    """Let who became a person of the demo by a click see the demo at once; elsewhere this does nothing."""
    if settings.DEMO:
        request.session[_EXEMPT] = True


def _is_exempt(request: HttpRequest) -> bool:
    return settings.DEMO and request.session.get(_EXEMPT) is True
