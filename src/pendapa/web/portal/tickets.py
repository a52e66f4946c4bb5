"""The citizen's own numbers: the page that follows one, the visit behind a QR code, and all that this browser took."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from pendapa.base import clock, codes
from pendapa.base.errors import Refused
from pendapa.directory.malls import queries as places
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.models import Ticket, Visit
from pendapa.operations.queueing.rules import ENDED, Act
from pendapa.web.pages import HtmxRequest, answer
from pendapa.web.ui import callers, numbers


@require_safe
@never_cache
def ticket(request: HtmxRequest, code: str) -> HttpResponse:
    """One number, followed live. The code of a number that was transferred leads on to its successor."""
    found = _ticket_or_404(code)
    if found.code != code:
        return redirect("ticket", code=found.code)
    return _show(request, found)


@csrf_exempt  # the unguessable code in the address is the proof; signing in would spoil the token of an open page
@require_POST
def arrive(request: HtmxRequest, code: str) -> HttpResponse:
    """“I am here”: all numbers of the visit that were taken from afar may now be called."""
    return _do(request, code, lambda one: actions.arrive(ticket=one, by=None, at=clock.now()))


@csrf_exempt  # the unguessable code in the address is the proof; signing in would spoil the token of an open page
@require_POST
def come_back(request: HtmxRequest, code: str) -> HttpResponse:
    """“I am here” after a missed call: the old place, once, within the grace time."""
    return _do(request, code, lambda one: actions.return_to_queue(ticket=one, by=None, at=clock.now()))


@csrf_exempt  # the unguessable code in the address is the proof; signing in would spoil the token of an open page
@require_POST
def cancel(request: HtmxRequest, code: str) -> HttpResponse:
    """The number is not needed any more."""
    return _do(request, code, lambda one: actions.cancel(ticket=one, by=None, at=clock.now()))


@require_safe
@never_cache
def visit(request: HtmxRequest, code: str) -> HttpResponse:
    """What the QR opens: every number of one person's day at the mall."""
    found = Visit.objects.select_related("mall").filter(code=_normal_or_404(code)).first()
    if found is None:
        raise Http404
    tickets = queries.tickets_of(found)
    if len(tickets) == 1:
        return redirect("ticket", code=tickets[0].code)
    return render(request, "portal/visit.html", {"visit": found, "cards": _cards(tickets)})


@require_safe
@never_cache
def mine(request: HtmxRequest) -> HttpResponse:
    """The numbers of this browser that are still of use."""
    at = clock.now()
    dates = {places.service_date(mall, at) for mall in places.malls()}
    visits = queries.open_visits_of(callers.caller(request), dates)
    tickets = [one for visit in visits for one in queries.tickets_of(visit)]
    return render(request, "portal/mine.html", {"cards": _cards(tickets)})


def _do(request: HtmxRequest, code: str, act: Callable[[Ticket], Ticket]) -> HttpResponse:
    """Carry out an act on a number and show it as it is then; a refusal stands above it in words."""
    found = _ticket_or_404(code)
    try:
        act(found)
    except Refused as refusal:
        return _show(request, _ticket_or_404(code), refusal=refusal)
    if request.htmx:
        return _show(request, _ticket_or_404(code))
    return redirect("ticket", code=found.code)


def _show(request: HtmxRequest, found: Ticket, *, refusal: Refused | None = None) -> HttpResponse:
    others = [one for one in queries.tickets_of(found.visit) if one.pk != found.pk]
    page = {
        "ticket": found,
        "card": numbers.card(found, ahead=queries.ahead_of(found)),
        "refusal": refusal,
        "action_url": _where_to_say_here(found),
        "may_cancel": found.may(Act.CANCEL),
        "is_over": found.state in ENDED and found.returns_until is None,
        "others": _cards(others),
        "qr": numbers.qr(numbers.visit_url(request, found.visit.code)),
    }
    return answer(request, "portal/ticket.html", "ticket", page, status=refusal.status if refusal else 200)


def _where_to_say_here(found: Ticket) -> str:
    """The address of “I am here” for somebody on the way or somebody who missed the call; empty for all others."""
    if found.may(Act.ARRIVE):
        return reverse("ticket_arrive", kwargs={"code": found.code})
    if found.returns_until is not None and clock.now() <= found.returns_until:
        return reverse("ticket_return", kwargs={"code": found.code})
    return ""


def _cards(tickets: list[Ticket]) -> list[numbers.Card]:
    """Numbers for a list; how many people are ahead of each is read in one statement."""
    ahead = queries.ahead_of_each([one.code for one in tickets]) if tickets else {}
    return [numbers.card(one, ahead=ahead.get(one.code, ("", 0))[1]) for one in tickets]


def _ticket_or_404(code: str) -> Ticket:
    found = queries.ticket_by_code(_normal_or_404(code))
    if found is None:
        raise Http404
    return found


def _normal_or_404(code: str) -> str:
    try:
        return codes.normalise(code)
    except codes.BadCode as refusal:
        raise Http404 from refusal
