"""One public service: the sheet of its standard as it is in force, on a screen and on paper, and as it was."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from pendapa.base import clock
from pendapa.directory.catalogue import queries as catalogue
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.catalogue.rules import PromisedTime, Unit, review_due
from pendapa.directory.malls import queries as places
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing.models import Queue
from pendapa.web.portal import leaflets
from pendapa.web.portal.cards import cards
from pendapa.web.portal.changes import differences
from pendapa.web.portal.hours import hours
from pendapa.web.portal.malls import language, mall_or_404
from pendapa.web.portal.shelf import public_page
from pendapa.web.ui.numbers import absolute
from pendapa.web.ui.standards import sheet

SIMILAR = 6


@dataclass(frozen=True)
class Life:
    """Where a version stands among the others of its service."""

    is_in_force: bool
    is_to_come: bool
    in_force: ServiceVersion | None
    before: ServiceVersion | None
    next: ServiceVersion | None


@public_page
def service(request: HttpRequest, mall_code: str, slug: str) -> HttpResponse:
    """A service as it is in force today: what to bring, what it costs, how long it takes, where to go."""
    mall, found = _service_or_404(mall_code, slug)
    today = places.service_date(mall, clock.now())
    if found.is_retired:
        return _retired(request, mall, found, today)
    versions = _versions(found)
    in_force = next((one for one in versions if _holds(one, today)), None)
    return _show(request, mall, found, shown=in_force, versions=versions, today=today)


@public_page
def version(request: HttpRequest, mall_code: str, slug: str, number: int) -> HttpResponse:
    """What was published under this number, for ever, and whether it still holds."""
    mall, found = _service_or_404(mall_code, slug)
    versions = _versions(found)
    asked = next((one for one in versions if one.number == number), None)
    if asked is None:
        raise Http404
    today = places.service_date(mall, clock.now())
    return _show(request, mall, found, shown=asked, versions=versions, today=today, is_permanent=True)


@public_page
def leaflet(request: HttpRequest, mall_code: str, slug: str) -> HttpResponse:
    """A service as it is in force today, on paper. Where nothing is published there is nothing to print."""
    mall, found = _service_or_404(mall_code, slug)
    today = places.service_date(mall, clock.now())
    if found.is_retired:
        return _retired(request, mall, found, today)
    in_force = next((one for one in _versions(found) if _holds(one, today)), None)
    if in_force is None:
        raise Http404
    spoken, address = language(), absolute(request, reverse("service", args=[mall.code, found.slug]))
    made = leaflets.leaflet(in_force, mall, queue=_queue(found), address=address, spoken=spoken)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.slug}-{spoken}.pdf"'
    return response


@public_page
def pledge(request: HttpRequest, mall_code: str, agency: int) -> HttpResponse:
    """The signed promise of an agency (*maklumat pelayanan*)."""
    mall = mall_or_404(mall_code)
    found = catalogue.pledge_of(mall, agency)
    if found is None:
        raise Http404
    page = {"mall": mall, "agency": found.agency, "pledge": found, "words": found.words.in_(language())}
    return render(request, "portal/pledge.html", page)


def _show(
    request: HttpRequest,
    mall: Mall,
    found: PublicService,
    *,
    shown: ServiceVersion | None,
    versions: list[ServiceVersion],
    today: date,
    is_permanent: bool = False,
) -> HttpResponse:
    spoken = language()
    queue = _queue(found)
    address = reverse("service", args=[mall.code, found.slug])
    page: dict[str, Any] = {
        "mall": mall,
        "service": found,
        "agency": found.agency,
        "queue": queue,
        "name": found.name,
        "address": absolute(request, address),
        "hours": hours(queue.schedule, today) if queue else None,
        "has_pledge": catalogue.pledge_of(mall, found.agency_id) is not None,
        "is_permanent": is_permanent,
    }
    if shown is not None:
        said, life = sheet(shown.standard, spoken), _life(shown, versions, today)
        page |= {
            "sheet": said,
            "name": said.name,
            "version": shown,
            "ticks": f"{mall.code}/{found.slug}/{shown.number}",
            "life": life,
            "permanent": absolute(request, reverse("service_version", args=[mall.code, found.slug, shown.number])),
            "review_due": review_due(shown.decree_date or shown.valid_from or today),
            "changed": differences(life.before.standard, shown.standard, spoken) if life.before else [],
            "described": _described(shown, mall, address=page["address"], spoken=spoken),
        }
    return render(request, "portal/service.html", page)


def _retired(request: HttpRequest, mall: Mall, found: PublicService, today: date) -> HttpResponse:
    similar = catalogue.catalogue_of(mall, today).filter(service__agency=found.agency_id)[:SIMILAR]
    page = {"mall": mall, "service": found, "agency": found.agency, "similar": cards(mall, similar, language())}
    return render(request, "portal/retired.html", page, status=410)


def _queue(found: PublicService) -> Queue | None:
    """The queue that takes a service, with what its page says of it."""
    return found.queues.select_related("zone", "schedule__mall").first()


def _service_or_404(mall_code: str, slug: str) -> tuple[Mall, PublicService]:
    """A service of a mall, also one that was retired."""
    mall = mall_or_404(mall_code)
    found = PublicService.objects.filter(mall=mall, slug=slug).select_related("agency").first()
    if found is None:
        raise Http404
    return mall, found


def _versions(found: PublicService) -> list[ServiceVersion]:
    """What was ever published of a service, newest first."""
    versions = list(catalogue.versions_of(found))
    for one in versions:
        one.service = found
    return versions


def _holds(one: ServiceVersion, on: date) -> bool:
    """Whether a published version is valid on a date."""
    return one.valid_from is not None and one.valid_from <= on and (one.valid_until is None or on <= one.valid_until)


def _life(shown: ServiceVersion, versions: list[ServiceVersion], today: date) -> Life:
    older = [one for one in versions if (one.number or 0) < (shown.number or 0)]
    newer = [one for one in versions if (one.number or 0) > (shown.number or 0)]
    return Life(
        is_in_force=_holds(shown, today),
        is_to_come=shown.valid_from is not None and shown.valid_from > today,
        in_force=next((one for one in versions if _holds(one, today)), None),
        before=older[0] if older else None,
        next=newer[-1] if newer else None,
    )


_ISO = {Unit.MINUTE: "PT{}M", Unit.HOUR: "PT{}H", Unit.CALENDAR_DAY: "P{}D", Unit.WORKING_DAY: "P{}D"}


def _described(shown: ServiceVersion, mall: Mall, *, address: str, spoken: str) -> SafeString:
    """The service as search engines read it: a GovernmentService of schema.org, safe inside a script element."""
    standard, said, agency = shown.standard, sheet(shown.standard, spoken), shown.service.agency
    place: dict[str, Any] = {"@type": "GovernmentOffice", "name": mall.name}
    if mall.address:
        place["address"] = mall.address
    if mall.phone:
        place["telephone"] = mall.phone
    channel: dict[str, Any] = {"@type": "ServiceChannel", "serviceUrl": address, "serviceLocation": place}
    if standard.time is not None:
        channel["processingTime"] = _duration(standard.time)
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "name": said.name,
        "description": said.summary,
        "url": address,
        "inLanguage": spoken,
        "provider": {"@type": "GovernmentOrganization", "name": agency.name, "alternateName": agency.short_name},
        "availableChannel": channel,
    }
    if standard.fee is not None:
        prices = [0] if standard.fee.free else [line.amount for line in standard.fee.lines if line.amount is not None]
        told["offers"] = [{"@type": "Offer", "price": price, "priceCurrency": "IDR"} for price in prices]
    written = json.dumps(told, ensure_ascii=False)
    for sign, escape in (("<", "\\u003C"), (">", "\\u003E"), ("&", "\\u0026"), ("\u2028", ""), ("\u2029", "")):
        written = written.replace(sign, escape)
    return mark_safe(written)  # noqa: S308 -- JSON without a sign that could end its element


def _duration(time: PromisedTime) -> str:
    return _ISO[time.unit].format(time.value)
