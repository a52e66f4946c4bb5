"""What the screens of the hall say of themselves, and what they hear: whether they are locked, moved or unknown."""

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.models import Device
from pendapa.web.hall import devices

HEADER = "X-Pendapa-Device"
_LARGEST = 4096  # bytes


class Said(forms.Form):
    """A report: the browser, and its faults by their codes."""

    software = forms.RegexField(r"^[ -~]*\Z", max_length=40, required=False)
    fault = forms.CharField(max_length=160, required=False)


# No token protects this against forged requests: a screen stands for weeks on a page whose token is of the first day.
# The header does: a foreign page cannot send it without our leave (CORS), and the cookie is SameSite=Lax.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def report(request: HttpRequest) -> HttpResponse:
    """How this device stands: `state` (known, locked or unknown) and where its `home` is; a POST is a sign of life."""
    device = devices.known(request)
    if request.method == "POST":
        if HEADER not in request.headers:
            return JsonResponse({"error": _("This is not a screen of the mall.")}, status=400)
        if device is None or not device.is_active:
            return JsonResponse(_standing(device), status=403)
        sent = _sent(request)
        said = Said(sent)
        if sent is None or not said.is_valid():
            return JsonResponse({"error": _("A report says software and fault, as a JSON object.")}, status=422)
        fault = said.cleaned_data["fault"] if "fault" in sent else None
        software = said.cleaned_data["software"]
        try:
            actions.report(device=device, software=software, fault=fault, at=clock.now(), real_at=clock.real_now())
        except Refused as refusal:
            return JsonResponse({"error": refusal.sentence}, status=refusal.status)
    return JsonResponse(_standing(device))


def _standing(device: Device | None) -> dict[str, str | None]:
    if device is None:
        return {"state": "unknown", "home": None}
    return {"state": "known" if device.is_active else "locked", "home": devices.home_of(device)}


def _sent(request: HttpRequest) -> dict[str, Any] | None:
    """The report as it was sent; None if it is no JSON object, or too large for one of ours."""
    length = request.headers.get("Content-Length") or "0"
    if not length.isdigit() or int(length) > _LARGEST:
        return None
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return sent if isinstance(sent, dict) else None
