"""Kiosks and boards by their own key: a screen gets it once, and is known by a cookie from then on."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pendapa.directory.accounts import queries
from pendapa.directory.accounts.models import Device, DeviceKind
from pendapa.web.ui import callers

COOKIE = "pendapa_device"
MAX_AGE = 400 * 24 * 3600  # seconds; browsers keep no cookie longer


class DeviceRequest(HttpRequest):
    """A request from a device that is known; for typing only."""

    device: Device


class EnterKey(forms.Form):
    """The key that `pendapa token --device NAME` printed."""

    key = forms.CharField(
        label=_("Key of the device"),
        help_text=_("It begins with pdp_ and was printed when the key was made."),
        max_length=120,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


def known(request: HttpRequest) -> Device | None:
    """The device this browser is, also while it is locked; None without a key, or once the key was withdrawn."""
    key = request.COOKIES.get(COOKIE, "")
    return queries.device_of_key(key) if key.isascii() and 0 < len(key) <= 120 else None


def for_kiosk(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for a kiosk of the mall that the address names; any other browser is told how to become one.

    A locked kiosk says that it is locked. The view gets a `DeviceRequest`.
    """

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, mall_code: str, **rest: Any) -> HttpResponse:
        device = known(request)
        if device is None:
            return render(request, "hall/unknown_device.html", status=403)
        if not device.is_active:
            return locked(request, device)
        if device.kind != DeviceKind.KIOSK or device.mall.code != mall_code:
            raise Http404
        request.device = device  # type: ignore[attr-defined]  # DeviceRequest says so to the view
        return view(request, mall_code, **rest)

    return guarded


def locked(request: HttpRequest, device: Device) -> HttpResponse:
    """The page of a locked screen. It goes on by itself once the device is unlocked."""
    return render(request, "hall/locked.html", {"device": device, "device_home": home_of(device)}, status=403)


def remember(response: HttpResponse, key: str) -> None:
    """Let this browser act as the device whose key it is, from now on."""
    response.set_cookie(
        COOKIE, key, max_age=MAX_AGE, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def home_of(device: Device) -> str:
    """Where a device begins its day."""
    return f"/{device.kind}/{device.mall.code}/"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Make this screen a device of the mall, by its key; a wrong key ten times locks the address out for an hour."""
    form = EnterKey(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not callers.is_within(request, "device-keys", most=10, seconds=3600):
            form.add_error("key", _("Too many tries from here. Please wait an hour."))
            return render(request, "hall/enter.html", {"form": form}, status=429)
        key: str = form.cleaned_data["key"]
        device = queries.device_of_key(key) if key.isascii() else None
        if device is not None and device.is_active and device.kind != DeviceKind.PRINTER:
            response = redirect(home_of(device))
            remember(response, key)
            return response
        form.add_error("key", _("This key is not that of a device, or it was withdrawn."))
    page = {"form": form, "device": known(request)}
    return render(request, "hall/enter.html", page, status=422 if form.errors else 200)


@require_http_methods(["POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """This screen is an ordinary browser again."""
    response = redirect("device_enter")
    response.delete_cookie(COOKIE, samesite="Lax")
    return response
