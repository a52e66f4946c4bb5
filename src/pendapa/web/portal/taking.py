"""The way to a number: how busy a service is, and the form that takes a number from afar."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.catalogue import queries as catalogue
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls import queries as places
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.queries import QueueNow
from pendapa.operations.queueing.rules import Channel
from pendapa.web.portal.forms import TakeNumber, new_key
from pendapa.web.portal.malls import language, mall_or_404
from pendapa.web.ui import callers

MOST_FROM_ONE_ADDRESS = 120  # numbers an hour; the hall's own Wi-Fi and a mobile network share one among many


class TooManyFromHere(Refused):
    """More numbers were taken from one address within an hour than a family or an office takes."""

    status = 429


@dataclass(frozen=True)
class Offer:
    """A public service as a visitor sees it: how many wait, and why it cannot be taken now (empty: it can)."""

    service: PublicService
    now: QueueNow | None

    @property
    def state(self) -> str:
        if self.now is None:
            return ""
        return "open" if self.now.gives_numbers else "full" if self.now.is_full else "closed"

    @property
    def ahead(self) -> int | None:
        return self.now.waiting + self.now.remote if self.now and self.now.gives_numbers else None

    @property
    def reason(self) -> str:
        if self.now is None:
            return _("No number is needed. Please ask the information officer.")
        if self.now.gives_numbers:
            return ""
        if self.now.is_full:
            return _("All numbers for today are taken.")
        return _("No numbers are given now.")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def take_number(request: HttpRequest, mall_code: str, slug: str) -> HttpResponse:
    """One service: how busy it is, and the form that takes a number from afar."""
    mall = mall_or_404(mall_code)
    at = clock.now()
    caller = callers.caller(request)
    visits = _visits_to_join(caller, mall, at)
    refusal: Refused | None = None
    if request.method == "POST":
        form = TakeNumber(request.POST, visits=visits)
        if form.is_valid():
            try:
                return _take(request, mall, slug, form, caller)
            except actions.UnknownService as unknown:
                raise Http404 from unknown
            except Refused as refused:
                refusal = refused
    else:
        form = TakeNumber(visits=visits, initial={"key": new_key()})
    offer = _offer_or_404(mall, slug, at)
    version = catalogue.version_on(offer.service, places.service_date(mall, at))
    page = {
        "mall": mall,
        "offer": offer,
        "name": version.standard.name.in_(language()) if version else offer.service.name,
        "form": form,
        "refusal": refusal,
        **_hours(mall, offer, refusal, at),
    }
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return render(request, "portal/number.html", page, status=status)


@require_safe
@never_cache
def now(request: HttpRequest, mall_code: str, slug: str) -> HttpResponse:
    """How busy a service is at this moment, for the page that shows all else of it."""
    mall = mall_or_404(mall_code)
    at = clock.now()
    offer = _offer_or_404(mall, slug, at)
    return render(request, "portal/now.html", {"offer": offer, **_hours(mall, offer, None, at)})


def _take(request: HttpRequest, mall: Mall, slug: str, form: TakeNumber, caller: str) -> HttpResponse:
    # A thrown-away cookie would make everybody a new caller: the address bounds what cookies cannot.
    if not callers.is_within(request, "numbers", most=MOST_FROM_ONE_ADDRESS, seconds=3600):
        raise TooManyFromHere(
            _("Many numbers were taken from your connection. Please try again in an hour, or take one at the kiosk.")
        )
    issued = actions.issue_ticket(
        mall=mall.code,
        service=slug,
        channel=Channel.PORTAL,
        by=None,
        caller=caller,
        key=form.cleaned_data["key"],
        priority_reason=form.reason(),
        visit=form.cleaned_data.get("visit") or None,
    )
    return redirect("ticket", code=issued.code)


def _offer_or_404(mall: Mall, slug: str, at: datetime) -> Offer:
    """A service of the mall with its queue as it is now."""
    service = catalogue.services_of(mall).filter(slug=slug).prefetch_related("queues").first()
    if service is None:
        raise Http404
    now = {one.queue.pk: one for one in queries.queues_at(mall, at)}
    return Offer(service, next((now[queue.pk] for queue in service.queues.all() if queue.pk in now), None))


def _visits_to_join(caller: str, mall: Mall, at: datetime) -> list[tuple[str, str]]:
    """The visits of today that this browser began at the mall, in words: one person, one QR code."""
    visits = queries.open_visits_of(caller, [places.service_date(mall, at)]).filter(mall=mall)
    choices = []
    for visit in visits.prefetch_related("tickets"):
        labels = ", ".join(sorted({ticket.label for ticket in visit.tickets.all()}))
        choices.append((visit.code, _("For the person with %(labels)s") % {"labels": labels}))
    return choices


def _hours(mall: Mall, offer: Offer, refusal: Refused | None, at: datetime) -> dict[str, Any]:
    """Until when numbers are given today, or when they are given again, in the mall's own time."""
    now = offer.now
    if now is None:
        return {}
    if now.gives_numbers and now.numbers_until:
        minutes = int((now.numbers_until - at).total_seconds() // 60)
        last = date_format(now.numbers_until.astimezone(mall.zone_info), "H.i")
        soon = ngettext("in %(n)d minute", "in %(n)d minutes", minutes) % {"n": minutes} if minutes < 60 else ""
        return {"last_number": last, "closes_soon": soon}
    told = refusal.facts.get("next_opening") if refusal else None
    opening = (parse_datetime(told) if told else None) or places.next_opening(now.queue.schedule, at)
    if opening is None:
        return {}
    return {"opens_again": opening.astimezone(mall.zone_info)}
