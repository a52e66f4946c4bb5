"""The front desk of the demo: one page that opens every face of it. A real installation has none."""

from django.conf import settings
from django.contrib.auth import login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pendapa.base import clock
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.accounts.models import Device, DeviceKind, User
from pendapa.directory.malls import queries as places
from pendapa.web.hall import devices
from pendapa.web.ui import second_factor


@require_safe
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """Who one can be in the demo, and its screens."""
    _only_in_a_demo()
    page = {
        "malls": places.malls(),
        "people": User.objects.filter(is_active=True, roles__mall__isnull=False)
        .distinct()
        .prefetch_related("roles__agency")
        .order_by("pk"),
        "administrators": User.objects.filter(is_active=True, roles__mall__isnull=True).order_by("pk"),
        "devices": _screens(),
        "password": settings.DEMO_PASSWORD,
    }
    return render(request, "hall/examples.html", page)


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Become one of the demo's people by a click."""
    _only_in_a_demo()
    user = get_object_or_404(User, username=request.POST.get("username", "")[:60].replace("\x00", ""), is_active=True)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    second_factor.exempt_in_demo(request)
    return redirect("home")


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Make this browser one of the demo's screens."""
    _only_in_a_demo()
    name = request.POST.get("device", "")[:40].replace("\x00", "")
    device = get_object_or_404(_screens(), name=name)
    response = redirect(devices.home_of(device))
    devices.remember(response, create_token(bearer=device, by=None, at=clock.real_now()))
    return response


def _screens() -> QuerySet[Device]:
    """The devices that a browser can be; a printer has no screen."""
    active = Device.objects.filter(is_active=True).exclude(kind=DeviceKind.PRINTER)
    return active.select_related("mall").order_by("name")


def _only_in_a_demo() -> None:
    if not settings.DEMO:
        raise Http404
