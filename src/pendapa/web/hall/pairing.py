"""A new screen shows a code, waits until an operator types it in at the office, and turns into its device by itself."""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pendapa.base import clock
from pendapa.directory.accounts import actions, queries
from pendapa.directory.accounts.actions.devices import Asked
from pendapa.directory.accounts.models import Device, Pairing
from pendapa.web.hall import devices
from pendapa.web.ui import callers, numbers

COOKIE = "pendapa_pairing"
MAX_AGE = 24 * 3600  # seconds
RENEWED_BEFORE = timedelta(seconds=45)  # the end of a code, so that nobody reads one that has just run out
MOST_SCREENS = 300  # codes for one address in an hour: fifty screens behind it that renew theirs


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """The code of this screen. Once it was typed in, this very page takes the key and opens the device's home.

    Without scripts the page loads itself anew every few seconds; pairing.js does so when there is something new.
    """
    device = devices.known(request)
    if device is not None:
        return redirect(devices.home_of(device))
    secret, code = _kept(request)
    now = clock.real_now()
    taken = actions.take_key(secret=secret, at=clock.now(), real_at=now) if secret else None
    if taken is not None:
        return _as_device(request, *taken)
    pairing = _fresh(secret, code, now)
    asked = Asked(code, secret, pairing.expires_at) if pairing else None
    if asked is None:
        if not callers.is_within(request, "pairing-screens", most=MOST_SCREENS, seconds=3600):
            return render(request, "hall/pairing_later.html", status=429)
        asked = actions.ask_pairing(secret=secret, real_at=now)
    where = numbers.absolute(request, reverse("device_code"))
    page = {
        "code": asked.code,
        "until_seconds": int((asked.expires_at - RENEWED_BEFORE - now).total_seconds()),
        "where": where.partition("://")[2].rstrip("/"),
        "qr": numbers.qr(where),
    }
    response = render(request, "hall/pairing.html", page)
    _keep(request, response, asked)
    return response


def _as_device(request: HttpRequest, device: Device, key: str) -> HttpResponse:
    response = redirect(devices.home_of(device))
    devices.remember(response, key)
    response.delete_cookie(COOKIE, path=request.path, samesite="Lax")
    return response


@require_safe
@never_cache
def state(request: HttpRequest) -> HttpResponse:
    """Whether the screen should load its page anew: its code was typed in, or runs out."""
    return JsonResponse({"anew": _fresh(*_kept(request), clock.real_now()) is None})


def _fresh(secret: str, code: str, now: datetime) -> Pairing | None:
    """The pairing whose code may still be shown for a while."""
    return queries.shows(secret=secret, code=code, at=now + RENEWED_BEFORE) if secret else None


def _kept(request: HttpRequest) -> tuple[str, str]:
    """The secret of this waiting browser and the code it shows; two empty texts for another browser."""
    kept = request.COOKIES.get(COOKIE, "")
    secret, _dot, code = kept.partition(".")
    return (secret, code) if kept.isascii() and len(kept) <= 120 and code else ("", "")


def _keep(request: HttpRequest, response: HttpResponse, asked: Asked) -> None:
    response.set_cookie(
        COOKIE,
        f"{asked.secret}.{asked.code}",
        max_age=MAX_AGE,
        path=request.path,  # no other page has to know it
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
