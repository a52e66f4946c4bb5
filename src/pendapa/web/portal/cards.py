"""Services in a list: each a card with what to bring, what it costs and how long it takes."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.malls.models import Mall
from pendapa.web.ui.standards import bring, cost, promise


@dataclass(frozen=True)
class Card:
    """One service in a list, in one language."""

    url: str
    name: str
    agency: str
    bring: str = ""
    cost: str = ""
    time: str = ""
    why: str = ""


def cards(mall: Mall, versions: Iterable[ServiceVersion], language: str) -> list[Card]:
    """Versions in force as cards; each has its service and agency loaded."""
    return [card(mall, one, language) for one in versions]


def card(mall: Mall, version: ServiceVersion, language: str, *, why: str = "") -> Card:
    service, standard = version.service, version.standard
    return Card(
        url=_url(mall, service),
        name=standard.name.in_(language),
        agency=service.agency.short_name,
        bring=bring(len(standard.requirements)),
        cost=cost(standard.fee),
        time=promise(standard.time),
        why=why,
    )


def bare_card(mall: Mall, service: PublicService) -> Card:
    """A service of which nothing is published yet."""
    return Card(url=_url(mall, service), name=service.name, agency=service.agency.short_name)


def _url(mall: Mall, service: PublicService) -> str:
    return reverse("service", args=[mall.code, service.slug])
