"""Administrators, treasurers and signing officials set up a second factor before they see anything else."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from pendapa.directory.accounts import queries
from pendapa.directory.accounts.models import User

_EXEMPT = "demo_without_second_factor"
_CLEAR = "second_factor_clear"
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
        user = request.user
        if not user.is_authenticated or _is_exempt(request) or request.session.get(_CLEAR) == user.version:
            return False
        return queries.lacks_second_factor(user)


@receiver(user_logged_in)
def look_once(request: HttpRequest | None, user: User, **_rest: Any) -> None:
    """Remember who has all that their roles ask for, so that their pages do not ask the database again.

    The mark holds for this `version` of the account, which grows when such a role is given.
    """
    if request is not None and not queries.lacks_second_factor(user):
        request.session[_CLEAR] = user.version


def exempt_in_demo(request: HttpRequest) -> None:
    """Let who became a person of the demo by a click see the demo at once; elsewhere this does nothing."""
    if settings.DEMO:
        request.session[_EXEMPT] = True


def _is_exempt(request: HttpRequest) -> bool:
    return settings.DEMO and request.session.get(_EXEMPT) is True
