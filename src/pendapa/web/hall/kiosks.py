"""The kiosk in the hall: agency, service, number; and "I am here" for those who took theirs at home."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from pendapa.base import clock, codes
from pendapa.base.errors import Refused
from pendapa.directory.catalogue import queries as catalogue
from pendapa.directory.catalogue.models import PublicService
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.models import PRIORITY_REASON_NAMES, Ticket
from pendapa.operations.queueing.queries import QueueNow
from pendapa.operations.queueing.rules import Channel, PriorityReason, State
from pendapa.web.hall.devices import DeviceRequest, for_kiosk
from pendapa.web.ui import numbers


class UnknownNumber(Refused):
    """No number of this mall has that code."""

    status = 404


class TakeAtKiosk(forms.Form):
    """A number at the kiosk: the one-time key of the page, and perhaps a reason for going first."""

    key = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput)
    priority = forms.ChoiceField(
        choices=[("", ""), *((reason.value, PRIORITY_REASON_NAMES[reason]) for reason in PriorityReason)],
        required=False,
    )


class ArriveAtKiosk(forms.Form):
    """The code of a number or visit, typed or read by a scanner as the address in the QR."""

    code = forms.CharField(label=_("Code of your number"), max_length=300, strip=True)


@for_kiosk
@require_safe
def start(request: DeviceRequest, mall_code: str) -> HttpResponse:
    """The first screen: whose service do you need? After a break of the visitor it speaks Indonesian again."""
    if "again" in request.GET:
        response = redirect("kiosk", mall_code=mall_code)
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return response
    mall = request.device.mall
    at = clock.now()
    agencies: dict[int, dict[str, Any]] = {}
    for now in queries.queues_at(mall, at):
        agency = now.queue.agency
        line = agencies.setdefault(agency.pk, {"agency": agency, "waiting": 0, "is_open": False})
        line["waiting"] += now.waiting
        line["is_open"] |= now.gives_numbers
    choices = sorted(agencies.values(), key=lambda line: (not line["is_open"], line["agency"].short_name.casefold()))
    return render(request, "hall/kiosk.html", {"mall": mall, "agencies": choices})


@for_kiosk
@require_safe
def agency(request: DeviceRequest, mall_code: str, agency: int) -> HttpResponse:
    """The second screen: the services of one agency."""
    mall = request.device.mall
    services = list(catalogue.services_of(mall).filter(agency=agency).prefetch_related("queues"))
    if not services:
        raise Http404
    now = _queues(request)
    offers = [(service, _queue_of(service, now)) for service in services]
    return render(request, "hall/kiosk_agency.html", {"mall": mall, "agency": services[0].agency, "offers": offers})


@for_kiosk
@require_http_methods(["GET", "HEAD", "POST"])
def service(request: DeviceRequest, mall_code: str, slug: str) -> HttpResponse:
    """The third screen takes the number; the answer to it shows the number with its QR."""
    mall = request.device.mall
    wanted = catalogue.services_of(mall).filter(slug=slug).prefetch_related("queues").first()
    if wanted is None:
        raise Http404
    refusal: Refused | None = None
    if request.method == "POST":
        form = TakeAtKiosk(request.POST)
        if form.is_valid():
            reason = form.cleaned_data["priority"]
            try:
                issued = actions.issue_ticket(
                    mall=mall.code,
                    service=wanted.slug,
                    channel=Channel.KIOSK,
                    by=request.device,
                    key=form.cleaned_data["key"],
                    priority_reason=PriorityReason(reason) if reason else None,
                )
            except Refused as refused:
                refusal = refused
            else:
                return _number(request, issued.code)
    page = {
        "mall": mall,
        "service": wanted,
        "now": _queue_of(wanted, _queues(request)),
        "key": uuid4().hex,
        "reasons": [(reason.value, PRIORITY_REASON_NAMES[reason]) for reason in PriorityReason],
        "refusal": refusal,
    }
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(request, "hall/kiosk_service.html", page, status=status)


@for_kiosk
@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: DeviceRequest, mall_code: str) -> HttpResponse:
    """Someone took a number at home: note that they are here now."""
    form = ArriveAtKiosk(request.POST or None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            ticket = _number_of(request, form.cleaned_data["code"])
            if ticket.state == State.REMOTE:
                actions.arrive(ticket=ticket, by=request.device, at=clock.now())
            elif ticket.state == State.NO_SHOW:
                actions.return_to_queue(ticket=ticket, by=request.device, at=clock.now())
            return _number(request, ticket.code)
        except Refused as refused:
            refusal = refused
    page = {"mall": request.device.mall, "form": form, "refusal": refusal, "symbols": codes.ALPHABET}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "hall/kiosk_arrive.html", page, status=status)


def _number_of(request: DeviceRequest, text: str) -> Ticket:
    """The number of this mall that a typed code or a scanned address names. Raises `UnknownNumber`, `BadCode`."""
    code = codes.normalise(text.partition("?")[0].rstrip("/").rpartition("/")[2])
    found = queries.ticket_by_code(code)
    if found is None:
        of_visit = queries.tickets_of_visit(code)
        found = next((one for one in of_visit if one.state in {State.REMOTE, State.NO_SHOW}), None)
        found = found or (of_visit[0] if of_visit else None)
    if found is None or found.queue.mall_id != request.device.mall_id:
        raise UnknownNumber(_("No number of this mall has this code. Please check it, or ask the information officer."))
    return found


def _number(request: DeviceRequest, code: str) -> HttpResponse:
    ticket = queries.ticket_by_code(code)
    assert ticket is not None  # it was just given or found
    page = {
        "mall": request.device.mall,
        "card": numbers.card(ticket, ahead=queries.ahead_of(ticket)),
        "ticket": ticket,
        "qr": numbers.qr(numbers.visit_url(request, ticket.visit.code)),
    }
    return render(request, "hall/kiosk_number.html", page)


def _queues(request: DeviceRequest) -> dict[int, QueueNow]:
    return {now.queue.pk: now for now in queries.queues_at(request.device.mall, clock.now())}


def _queue_of(service: PublicService, now: dict[int, QueueNow]) -> QueueNow | None:
    return next((now[queue.pk] for queue in service.queues.all() if queue.pk in now), None)
