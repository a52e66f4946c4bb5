"""Situation questions: small trees, kept as data, that lead somebody to the right service by plain links."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import reverse

from pendapa.base import clock
from pendapa.directory.catalogue import queries as catalogue
from pendapa.directory.catalogue.rules import Text
from pendapa.directory.catalogue.rules.text import NOTHING
from pendapa.directory.malls import queries as places
from pendapa.directory.malls.models import Mall
from pendapa.web.portal.cards import Card, bare_card, cards

FILE = Path(__file__).parent / "data" / "guide.toml"


@dataclass(frozen=True)
class Step:
    """A question of the file, or a last step that names services. `answers` are (words, next step)."""

    name: str
    words: Text
    answers: tuple[tuple[Text, str], ...] = ()
    services: tuple[str, ...] = ()
    note: Text = NOTHING
    topic: Text = NOTHING  # of a first step: what it stands under
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """One way on."""

    words: str
    url: str


@dataclass(frozen=True)
class Question:
    """A step as it is shown at one mall."""

    words: str
    note: str
    answers: list[Link]
    cards: list[Card]


def topics(mall: Mall, language: str, *, event: str = "") -> list[Link]:
    """The first questions that lead to something at a mall; of one event of a life, or all."""
    slugs = _slugs(mall)
    return [
        Link(step.topic.in_(language), _url(mall, step.name))
        for step in steps().values()
        if step.topic and (not event or event in step.events) and _leads(step, slugs)
    ]


def question(mall: Mall, name: str, language: str) -> Question | None:
    """A step at a mall. Answers that lead to nothing here are left out."""
    step = steps().get(name)
    if step is None:
        return None
    slugs = _slugs(mall)
    answers = [
        Link(words.in_(language), _url(mall, following))
        for words, following in step.answers
        if _leads(steps()[following], slugs)
    ]
    found = _cards(mall, [slug for slug in step.services if slug in slugs], language)
    if not answers and not found:
        return None
    return Question(step.words.in_(language), step.note.in_(language), answers, found)


@cache
def steps() -> Mapping[str, Step]:
    """All steps of the file by name; each answer leads to one of them."""
    read = {name: _step(name, values) for name, values in tomllib.loads(FILE.read_text("utf-8")).items()}
    astray = {following for step in read.values() for _words, following in step.answers if following not in read}
    if astray:
        raise ValueError(f"guide.toml leads to steps that it lacks: {sorted(astray)}")
    return read


def _step(name: str, values: Mapping[str, Any]) -> Step:
    return Step(
        name=name,
        words=Text.of(values["words"]),
        answers=tuple((Text.of(one["words"]), one["to"]) for one in values.get("answers", ())),
        services=tuple(values.get("services", ())),
        note=Text.of(values.get("note", {})),
        topic=Text.of(values.get("topic", {})),
        events=tuple(values.get("events", ())),
    )


def _leads(step: Step, slugs: Iterable[str]) -> bool:
    """Whether a step or one that follows it names a service of the mall."""
    return any(slug in slugs for slug in step.services) or any(
        _leads(steps()[to], slugs) for _words, to in step.answers
    )


def _slugs(mall: Mall) -> frozenset[str]:
    named = {slug for step in steps().values() for slug in step.services}
    return frozenset(catalogue.services_of(mall).filter(slug__in=named).values_list("slug", flat=True))


def _cards(mall: Mall, slugs: list[str], language: str) -> list[Card]:
    if not slugs:
        return []
    today = places.service_date(mall, clock.now())
    told = {one.service.slug: one for one in catalogue.catalogue_of(mall, today).filter(service__slug__in=slugs)}
    untold = {one.slug: one for one in catalogue.services_of(mall).filter(slug__in=set(slugs) - set(told))}
    return [cards(mall, [told[slug]], language)[0] if slug in told else bare_card(mall, untold[slug]) for slug in slugs]


def _url(mall: Mall, name: str) -> str:
    return reverse("guide_step", args=[mall.code, name])
