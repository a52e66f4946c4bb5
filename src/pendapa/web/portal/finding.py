"""The search of a mall's services as a page shows it: cards with the reason why each was found."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pendapa.base import clock
from pendapa.directory.catalogue import finding
from pendapa.directory.catalogue import queries as catalogue
from pendapa.directory.catalogue.rules.ranking import Field, Why
from pendapa.directory.malls import queries as places
from pendapa.directory.malls.models import Mall
from pendapa.web.portal.cards import Card, bare_card, card

LONGEST_SEARCH = 100
MOST = 12
FAINT = 0.25  # of the best score; what answers less is left out

# Where a word was found, if not in the name, which everybody sees.
_PLACES: dict[Field, str | Promise] = {
    Field.SYNONYM: gettext_lazy("people call it %(words)s"),
    Field.AGENCY: gettext_lazy("%(words)s is the agency"),
    Field.PRODUCT: gettext_lazy("you get %(words)s"),
    Field.SUMMARY: gettext_lazy("its description says %(words)s"),
    Field.EVENT: gettext_lazy("it belongs to %(words)s"),
    Field.REQUIREMENT: gettext_lazy("%(words)s is among what you bring"),
}


@dataclass(frozen=True)
class Results:
    """What a search found. `shown_for` are the words as they were understood, where that is not as typed."""

    cards: list[Card]
    shown_for: str = ""


def find(mall: Mall, words: str, language: str) -> Results:
    """The services that answer a search, the best first. Four statements."""
    today = places.service_date(mall, clock.now())
    found = finding.found(mall, words, language=language, limit=MOST, on=today)
    hits = [hit for hit in found.hits if hit.score >= FAINT * found.hits[0].score]
    ids = [hit.service_id for hit in hits]
    told = {one.service_id: one for one in catalogue.catalogue_of(mall, today).filter(service__in=ids)}
    untold = set(ids) - set(told)
    bare = {one.pk: one for one in catalogue.services_of(mall).filter(pk__in=untold)} if untold else {}
    shown = []
    for hit in hits:
        if hit.service_id in told:
            shown.append(card(mall, told[hit.service_id], language, why=_why(hit.why)))
        elif hit.service_id in bare:
            shown.append(bare_card(mall, bare[hit.service_id]))
    return Results(shown, found.shown_for)


def _why(reasons: Iterable[Why]) -> str:
    """Why a service was found, in words; nothing where its name says it."""
    reasons = list(reasons)
    if any(one.field is Field.NAME for one in reasons):
        return ""
    told = [
        str(_PLACES[one.field]) % {"words": _("“%(words)s”") % {"words": " ".join(one.words)}}
        for one in reasons
        if one.field in _PLACES
    ]
    return _("Found because %(reasons)s.") % {"reasons": ", ".join(told[:2])} if told else ""
