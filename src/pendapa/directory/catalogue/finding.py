"""Finding services by what people type. The index of a mall is made in memory and is only a copy: nothing needs it."""

import tomllib
from collections import OrderedDict
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from threading import Lock

from pendapa.base import clock
from pendapa.directory.catalogue import queries
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.catalogue.rules import FIRST_LANGUAGE, Standard, Text
from pendapa.directory.catalogue.rules.ranking import Entry, Field, Found, Index
from pendapa.directory.catalogue.rules.words import Dictionary
from pendapa.directory.malls.models import Mall
from pendapa.directory.malls.queries import service_date

__all__ = ["Found", "found"]

WORDS = Path(__file__).parent / "data" / "words.toml"
MOST_MALLS = 16  # whose indexes a process keeps


def found(mall: Mall, words: str, *, language: str, limit: int = 20, on: date | None = None) -> Found:
    """The services of a mall that answer a search, the best first; see `rules.ranking.Found`.

    `on` is the day whose catalogue counts; whoever knows the mall's date saves the statement that asks for it. Past
    that, a search costs the two small statements of `queries.revision`.
    """
    if not words.strip():
        return Found()
    return _indexes.index(mall, on or service_date(mall, clock.now())).search(words, language=language, limit=limit)


class _Indexes:
    """The indexes of this process, each of one revision of a mall's catalogue."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[str, Index]] = OrderedDict()
        self._keeping = Lock()
        self._building = Lock()

    def index(self, mall: Mall, on: date) -> Index:
        """The index of what a mall offers on a date.

        While one request makes it anew, others are answered from the former one.
        """
        revision = queries.revision(mall, on)
        former = self._of(mall)
        if former is not None and former[0] == revision:
            return former[1]
        if not self._building.acquire(blocking=former is None):
            assert former is not None
            return former[1]
        try:
            known = self._of(mall)  # made while this one waited?
            if known is not None and known[0] == revision:
                return known[1]
            index = _made(mall, on)
            with self._keeping:
                self._kept[mall.pk] = revision, index
                self._kept.move_to_end(mall.pk)
                while len(self._kept) > MOST_MALLS:
                    self._kept.popitem(last=False)
            return index
        finally:
            self._building.release()

    def _of(self, mall: Mall) -> tuple[str, Index] | None:
        with self._keeping:
            if mall.pk in self._kept:
                self._kept.move_to_end(mall.pk)
            return self._kept.get(mall.pk)


_indexes = _Indexes()


def _made(mall: Mall, on: date) -> Index:
    """The index of a mall's catalogue on a date. Three statements."""
    said: dict[int, list[str]] = {}
    means: dict[str, str] = {}
    for synonym in queries.synonyms_of(mall):
        if synonym.service_id is None:
            means[synonym.said] = synonym.means
        else:
            said.setdefault(synonym.service_id, []).append(synonym.said)
    standards = {version.service_id: (version.service, version.standard) for version in queries.catalogue_of(mall, on)}
    entries = [entry(service, standard, said.get(pk, ())) for pk, (service, standard) in standards.items()]
    entries += [
        entry(service, Standard(name=Text.of({FIRST_LANGUAGE: service.name})), said.get(service.pk, ()))
        for service in queries.without_standard(mall, on)
    ]
    return Index(entries, dictionary(), means)


def entry(service: PublicService, standard: Standard, said: list[str] | tuple[str, ...] = ()) -> Entry:
    """What can be found of one service; `said` are the mall's own words for it."""
    agency = service.agency
    return Entry(
        service.pk,
        service.slug,
        {
            Field.NAME: [*standard.name.words],
            Field.SYNONYM: [(FIRST_LANGUAGE, words) for words in said],
            Field.AGENCY: [(FIRST_LANGUAGE, agency.short_name), (FIRST_LANGUAGE, agency.name)],
            Field.PRODUCT: [*_pairs(standard.products)],
            Field.SUMMARY: [*standard.summary.words],
            Field.REQUIREMENT: [*_pairs(requirement.text for requirement in standard.requirements)],
        },
        standard.life_events,
        standard.popularity,
    )


def _pairs(texts: "Iterator[Text] | tuple[Text, ...]") -> Iterator[tuple[str, str]]:
    return (pair for text in texts for pair in text.words)


@cache
def dictionary() -> Dictionary:
    """The general dictionary that comes with the catalogue."""
    return Dictionary.read(tomllib.loads(WORDS.read_text("utf-8")))
