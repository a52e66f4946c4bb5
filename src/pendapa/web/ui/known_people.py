"""Who signed in on this browser before: officers who share a counter's computer change by name and password alone.

A signed cookie holds the ids of at most six people who serve at counters, newest first. It opens nothing.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase

from pendapa.directory.accounts.models import User
from pendapa.directory.accounts.rules import Act, roles_that_may

COOKIE = "pendapa_people"
MOST = 6
_AGE = 60 * 24 * 3600  # seconds
_SALT = "pendapa.web.ui.known_people"


def known(request: HttpRequest) -> list[User]:
    """The people of this browser who may still serve at a counter, newest first."""
    ids = _ids(request)
    serving = User.objects.filter(pk__in=ids, is_active=True, roles__kind__in=roles_that_may(Act.SERVE)).distinct()
    found = {user.pk: user for user in serving}
    return [found[pk] for pk in ids if pk in found]


def forget(request: HttpRequest, person: int) -> None:
    """Take somebody out of this browser's list."""
    _change(request, [pk for pk in _ids(request) if pk != person])


@receiver(user_logged_in)
def remember(request: HttpRequest | None, user: User, **_rest: Any) -> None:
    """Put who signs in now first, if they serve at a counter; nobody else is offered on a shared computer."""
    if request is not None and user.roles.filter(kind__in=roles_that_may(Act.SERVE)).exists():
        _change(request, [user.pk, *(pk for pk in _ids(request) if pk != user.pk)][:MOST])


@receiver(user_logged_in)
def speak(request: HttpRequest | None, user: User, **_rest: Any) -> None:
    """Go on in the language that somebody chose for themselves, on whatever computer."""
    if request is not None and user.language in dict(settings.LANGUAGES):
        request.language_of_person = user.language  # type: ignore[attr-defined]  # read by KnownPeople on the way out


class KnownPeople:
    """Sends the cookies when the list has changed, or somebody has come whose language is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        ids: list[int] | None = getattr(request, "known_people", None)
        if ids is not None:
            response.set_signed_cookie(
                COOKIE,
                ".".join(map(str, ids)),
                salt=_SALT,
                max_age=_AGE,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        language: str | None = getattr(request, "language_of_person", None)
        if language:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Lax",
                secure=settings.LANGUAGE_COOKIE_SECURE,
            )
        return response


def _change(request: HttpRequest, ids: list[int]) -> None:
    request.known_people = ids  # type: ignore[attr-defined]  # read by KnownPeople on the way out


def _ids(request: HttpRequest) -> list[int]:
    changed: list[int] | None = getattr(request, "known_people", None)
    if changed is not None:
        return changed
    try:
        text = request.get_signed_cookie(COOKIE, salt=_SALT, max_age=_AGE)
    except (KeyError, signing.BadSignature):
        return []
    return [int(part) for part in (text or "").split(".") if part.isdigit()][:MOST]
