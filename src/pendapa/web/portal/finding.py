"""The search of a mall's services as a page shows it: cards with the reason why each was found."""

from dataclasses import dataclass

from pendapa.base import clock
from pendapa.directory.catalogue import queries as catalogue
from pendapa.directory.malls import queries as places
from pendapa.directory.malls.models import Mall
from pendapa.web.portal.cards import Card, bare_card, card

LONGEST_SEARCH = 100
MOST = 20


@dataclass(frozen=True)
class Results:
    """What a search found. `shown_for` are the words as they were understood, where that is not as typed."""

    cards: list[Card]
    shown_for: str = ""


def find(mall: Mall, words: str, language: str) -> Results:
    """The services that answer a search, the best first."""
    services = list(catalogue.services_of(mall, search=words)[:MOST])
    today = places.service_date(mall, clock.now())
    versions = catalogue.catalogue_of(mall, today).filter(service__in=services)
    told = {one.service_id: one for one in versions}
    return Results([card(mall, told[one.pk], language) if one.pk in told else bare_card(mall, one) for one in services])
