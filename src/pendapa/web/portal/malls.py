"""The front pages: malls, and the ways to a service of one: by search, by what happens in a life, by agency."""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from pendapa.base import clock
from pendapa.directory.catalogue import queries as catalogue
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.catalogue.rules import FIRST_LANGUAGE, LifeEvent
from pendapa.directory.malls import queries as places
from pendapa.directory.malls.models import Agency, Mall
from pendapa.web.pages import HtmxRequest, answer
from pendapa.web.portal import guide as guiding
from pendapa.web.portal.cards import Card, bare_card, cards
from pendapa.web.portal.finding import LONGEST_SEARCH, find
from pendapa.web.portal.shelf import public_page
from pendapa.web.ui.standards import EVENTS

POPULAR = 8
SMALL = 24  # services that a front page shows all at once
MOST = 300  # services on one page


@dataclass(frozen=True)
class Door:
    """One way on: an event of a life or an agency, and how many services lie behind it."""

    key: str
    name: str | Promise
    note: str | Promise
    count: int


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The front door: the only mall of the installation, or the choice among several."""
    malls = list(places.malls())
    if len(malls) == 1:
        return redirect("mall", mall_code=malls[0].code)
    return render(request, "portal/start.html", {"malls": malls})


@public_page
def mall(request: HtmxRequest, mall_code: str) -> HttpResponse:
    """A mall: the search and its results, or all other ways to a service."""
    found = mall_or_404(mall_code)
    search = request.GET.get("q", "").replace("\x00", "")[:LONGEST_SEARCH].strip()
    page: dict[str, Any] = {"mall": found, "search": search}
    if search:
        page["results"] = find(found, search, language())
    else:
        page |= _ways(found)
    return answer(request, "portal/mall.html", "results", page)


@public_page
def event(request: HttpRequest, mall_code: str, event: str) -> HttpResponse:
    """What a mall offers to somebody in whose life something happens."""
    mall = mall_or_404(mall_code)
    if event not in set(LifeEvent):
        raise Http404
    versions = _in_force(mall).filter(content__life_events__contains=[event])
    page = {
        "mall": mall,
        "title": EVENTS[LifeEvent(event)],
        "cards": cards(mall, versions.order_by("-content__popularity", "service_id")[:MOST], language()),
        "topics": guiding.topics(mall, language(), event=event),
    }
    return render(request, "portal/list.html", page)


@public_page
def agency(request: HttpRequest, mall_code: str, agency: int) -> HttpResponse:
    """What one agency offers in a mall."""
    mall = mall_or_404(mall_code)
    found = Agency.objects.filter(tenancies__mall=mall, pk=agency).first()
    if found is None:
        raise Http404
    page = {
        "mall": mall,
        "agency": found,
        "title": found.short_name,
        "lead": found.name if found.name != found.short_name else "",
        "cards": _of(mall, catalogue.services_of(mall).filter(agency=found)[:MOST], agency=found.pk),
        "pledge": catalogue.pledge_of(mall, found),
    }
    return render(request, "portal/list.html", page)


@public_page
def guide(request: HttpRequest, mall_code: str, step: str = "") -> HttpResponse:
    """Questions about somebody's situation that lead to the right service, by plain links."""
    mall = mall_or_404(mall_code)
    if not step:
        return render(request, "portal/guide.html", {"mall": mall, "topics": guiding.topics(mall, language())})
    asked = guiding.question(mall, step, language())
    if asked is None:
        raise Http404
    return render(request, "portal/question.html", {"mall": mall, "asked": asked})


def mall_or_404(code: str) -> Mall:
    """The mall of that code; anything else is a page that does not exist."""
    mall = places.malls().filter(code=code).first()
    if mall is None:
        raise Http404
    return mall


def language() -> str:
    """The language of this request, for texts of the catalogue."""
    return get_language() or FIRST_LANGUAGE


def _ways(mall: Mall) -> dict[str, Any]:
    services = catalogue.services_of(mall)
    agencies = [
        Door(
            str(row["agency"]),
            row["agency__short_name"],
            _other(row["agency__name"], row["agency__short_name"]),
            row["n"],
        )
        for row in services.order_by(Lower("agency__short_name"))
        .values("agency", "agency__short_name", "agency__name")
        .annotate(n=Count("pk"))
    ]
    count = sum(door.count for door in agencies)
    ways: dict[str, Any] = {"count": count, "agencies": agencies}
    if count <= SMALL:
        every = _of(mall, services)
        ways["groups"] = [(name, list(group)) for name, group in groupby(every, key=lambda one: one.agency)]
        return ways
    versions = _in_force(mall).order_by("-content__popularity", "service_id")
    ways["popular"] = cards(mall, versions[:POPULAR], language())
    happening = Counter(
        event for events in versions.values_list("content__life_events", flat=True) for event in events or ()
    )
    ways["events"] = [Door(event, words, "", happening[event]) for event, words in EVENTS.items() if happening[event]]
    ways["topics"] = guiding.topics(mall, language())
    return ways


def _other(name: str, short: str) -> str:
    return name if name != short else ""


def _in_force(mall: Mall) -> QuerySet[ServiceVersion]:
    return catalogue.catalogue_of(mall, places.service_date(mall, clock.now()))


def _of(mall: Mall, services: QuerySet[PublicService], *, agency: int | None = None) -> list[Card]:
    """Services as cards, with what is in force of them. Two statements."""
    versions = _in_force(mall)
    if agency is not None:
        versions = versions.filter(service__agency=agency)
    told = {one.service_id: one for one in versions}
    every = list(services)
    known = iter(cards(mall, [told[one.pk] for one in every if one.pk in told], language()))
    return [next(known) if one.pk in told else bare_card(mall, one) for one in every]
