"""A service standard in the words of its editors: choices, titles, and what differs between two of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pendapa.directory.catalogue import rules
from pendapa.directory.catalogue.rules import (
    ChangeKind,
    Decree,
    Delivery,
    Duration,
    Fee,
    FeeLine,
    Form,
    ForWhom,
    Issuer,
    LifeEvent,
    Picture,
    PromisedTime,
    Requirement,
    Standard,
    Start,
    Text,
    Unit,
)
from pendapa.web.ui.standards import DELIVERIES, FORMS, money

Words = str | Promise

UNITS: dict[Unit, Words] = {
    Unit.MINUTE: gettext_lazy("minutes"),
    Unit.HOUR: gettext_lazy("hours"),
    Unit.CALENDAR_DAY: gettext_lazy("days"),
    Unit.WORKING_DAY: gettext_lazy("working days"),
}
STARTS: dict[Start, Words] = {
    Start.COMPLETE: gettext_lazy("once the papers are complete"),
    Start.PAID: gettext_lazy("once it is paid"),
    Start.AT_COUNTER: gettext_lazy("once the visitor is at the counter"),
    Start.INSPECTED: gettext_lazy("once it is inspected"),
}
ISSUERS: dict[Issuer, Words] = {
    Issuer.HERE: gettext_lazy("here, by the agency"),
    Issuer.OUTSIDE: gettext_lazy("by an outside system; the mall guides and tracks"),
}
DURATIONS: dict[Duration, Words] = {
    Duration.SHORT: gettext_lazy("short, up to 5 minutes"),
    Duration.MEDIUM: gettext_lazy("medium, up to 15 minutes"),
    Duration.LONG: gettext_lazy("long, more than 15 minutes"),
}
FOR_WHOM: dict[ForWhom, Words] = {
    ForWhom.PERSON: gettext_lazy("a person"),
    ForWhom.COMPANY: gettext_lazy("a company"),
}
EVENTS: dict[LifeEvent, Words] = {
    LifeEvent.BIRTH: gettext_lazy("birth"),
    LifeEvent.CHILDHOOD: gettext_lazy("childhood"),
    LifeEvent.SCHOOL: gettext_lazy("school"),
    LifeEvent.WORK: gettext_lazy("work"),
    LifeEvent.BUSINESS: gettext_lazy("business"),
    LifeEvent.MARRIAGE: gettext_lazy("marriage"),
    LifeEvent.DIVORCE: gettext_lazy("divorce"),
    LifeEvent.HEALTH: gettext_lazy("health"),
    LifeEvent.HOME: gettext_lazy("home"),
    LifeEvent.LAND: gettext_lazy("land"),
    LifeEvent.VEHICLE: gettext_lazy("vehicle"),
    LifeEvent.TRAVEL: gettext_lazy("travel"),
    LifeEvent.MOVING: gettext_lazy("moving"),
    LifeEvent.RETIREMENT: gettext_lazy("retirement"),
    LifeEvent.LOSS: gettext_lazy("loss"),
    LifeEvent.DEATH: gettext_lazy("death"),
    LifeEvent.TAX: gettext_lazy("taxes"),
    LifeEvent.WORSHIP: gettext_lazy("worship"),
    LifeEvent.DISABILITY: gettext_lazy("disability"),
}
PICTURES: dict[Picture, Words] = {
    Picture.ID_CARD: gettext_lazy("identity card"),
    Picture.FAMILY_CARD: gettext_lazy("family card"),
    Picture.DEED: gettext_lazy("deed or certificate"),
    Picture.BOOKLET: gettext_lazy("passport or booklet"),
    Picture.LICENCE: gettext_lazy("driving licence"),
    Picture.VEHICLE_PAPER: gettext_lazy("paper of a vehicle"),
    Picture.PHOTO: gettext_lazy("photo of a person"),
    Picture.FORM: gettext_lazy("form to fill in"),
    Picture.LETTER: gettext_lazy("letter with a stamp"),
    Picture.RECEIPT: gettext_lazy("receipt"),
}
_CHOICES: dict[type[StrEnum], Mapping[Any, Words]] = {
    Form: FORMS,
    Picture: PICTURES,
    Unit: UNITS,
    Start: STARTS,
    Issuer: ISSUERS,
    Delivery: DELIVERIES,
    Duration: DURATIONS,
    ForWhom: FOR_WHOM,
    LifeEvent: EVENTS,
}

TITLES: dict[str, Words] = {
    **rules.LABELS,
    "name": gettext_lazy("name"),
    "summary": gettext_lazy("in short"),
    "issuer": gettext_lazy("issued"),
    "outside_system": gettext_lazy("outside system"),
    "delivery": gettext_lazy("ways of delivery"),
    "duration": gettext_lazy("time at the counter"),
    "life_events": gettext_lazy("life events"),
    "for_whom": gettext_lazy("for whom"),
    "stock": gettext_lazy("stock that it uses up"),
    "popularity": gettext_lazy("popularity"),
    "decree": gettext_lazy("decree of the standard"),
    "fee.free": gettext_lazy("free of charge"),
    "fee.basis": gettext_lazy("legal basis of the fee"),
    "fee.lines": gettext_lazy("fee"),
    "fee.note": gettext_lazy("note on the fee"),
}
_PARTS: dict[str, Words] = {
    "text": gettext_lazy("what"),
    "form": gettext_lazy("form"),
    "count": gettext_lazy("how many"),
    "whose": gettext_lazy("whose"),
    "where": gettext_lazy("where to get it"),
    "only_if": gettext_lazy("only if"),
    "picture": gettext_lazy("example picture"),
    "label": gettext_lazy("fee for"),
    "amount": gettext_lazy("amount"),
    "formula": gettext_lazy("formula"),
    "per": gettext_lazy("per"),
    "value": gettext_lazy("how long"),
    "unit": gettext_lazy("unit"),
    "starts": gettext_lazy("counted"),
    "exceptions": gettext_lazy("exceptions"),
    "number": gettext_lazy("number"),
    "date": gettext_lazy("date"),
    "free": gettext_lazy("free of charge"),
    "basis": gettext_lazy("legal basis"),
    "note": gettext_lazy("note"),
}


def title_of(name: str) -> str:
    """What a part of a standard is called: "fee.lines", "requirements"."""
    return capfirst(str(TITLES.get(name, name)))


def choice(value: StrEnum) -> str:
    """One of a standard's choices in words."""
    return str(_CHOICES[type(value)][value])


# ---- What differs ----


@dataclass(frozen=True)
class Piece:
    """Some words of a text that was rewritten: `same`, `old` or `new`."""

    kind: str
    words: str


@dataclass(frozen=True)
class Line:
    """One part of an item: before, now, and its words piece by piece where it was rewritten."""

    title: str
    old: str
    new: str
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True)
class Entry:
    """One difference: what it is about, and its parts."""

    kind: str
    name: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Component:
    """All differences of one component."""

    key: str
    title: str
    is_public: bool
    entries: Sequence[Entry] = field(default_factory=list)


def differences(old: Standard, new: Standard) -> list[Component]:
    """What differs between two standards, by component, for a page."""
    found = groupby(rules.changes(old, new), key=lambda change: change.component)
    return [
        Component(key, title_of(key), key in rules.PUBLIC, [_entry(change) for change in group]) for key, group in found
    ]


def flat(old: Standard, new: Standard) -> list[tuple[str, str, str]]:
    """The differences as (title, before, now), for the places where a table is enough."""
    rows = []
    for component in differences(old, new):
        for entry in component.entries:
            for line in entry.lines:
                title = " \N{MIDDLE DOT} ".join(filter(None, [component.title, entry.name, line.title]))
                rows.append((title, line.old, line.new))
    return rows


def _entry(change: rules.Change) -> Entry:
    if change.kind is ChangeKind.MOVED:
        lines = [Line(f"{number}.", "", _name(one)) for number, one in enumerate(change.after or (), start=1)]
        return Entry("moved", _("another order"), lines)
    before, after = _parts(change.before), _parts(change.after)
    if change.kind is ChangeKind.CHANGED:
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        name = "" if set(before) | set(after) <= {"", "id", "en"} else _name(change.after)
        lines = []
        for key in keys:
            was, now = before.get(key, ("", ""))[1], after.get(key, ("", ""))[1]
            title = after.get(key, before.get(key, ("", "")))[0]
            lines.append(Line(title, was, now, pieces(was, now)))
        return Entry("changed", name, lines)
    parts = after if change.kind is ChangeKind.ADDED else before
    lines = [
        Line(title, *(("", words) if change.kind is ChangeKind.ADDED else (words, "")))
        for title, words in parts.values()
    ]
    sub = title_of(change.field) if "." in change.field and change.field != "fee.lines" else ""
    return Entry(str(change.kind), sub, lines)


def _name(value: Any) -> str:
    """What an item is called within its component."""
    match value:
        case Requirement():
            return str(value.text)
        case FeeLine():
            return str(value.label)
        case Text() | str():
            return str(value)
        case StrEnum():
            return choice(value)
    return ""


def _parts(value: Any, prefix: str = "", title: str = "") -> dict[str, tuple[str, str]]:  # noqa: PLR0911 - one for each kind of value
    """The parts of a value in words: path to (title, words); what is as usual is left out."""
    match value:
        case None | "" | ():
            return {}
        case Text():
            found = {}
            for language, words in value.words:
                tag = "" if language == rules.FIRST_LANGUAGE else {"en": _("English")}.get(language, language)
                found[f"{prefix}.{language}" if prefix else language] = (": ".join(filter(None, [title, tag])), words)
            return found
        case Requirement() | FeeLine() | PromisedTime() | Fee() | Decree():
            parts: dict[str, tuple[str, str]] = {}
            for name, usual in type(value).__dataclass_fields__.items():
                held = getattr(value, name)
                if held == usual.default and name not in {"form"}:
                    continue
                first = name in {"text", "label"}
                parts |= _parts(held, name, "" if first else capfirst(str(_PARTS.get(name, name))))
                if name == "amount":
                    parts["amount"] = (capfirst(str(_PARTS["amount"])), money(held))
                if name == "lines":
                    parts |= {f"lines.{number}": (_name(one), _amount(one)) for number, one in enumerate(held)}
            return parts
        case tuple():
            return {}
        case StrEnum():  # before str, of which each is one
            return {prefix: (title, choice(value))}
        case bool():
            return {prefix: (title, _("yes") if value else _("no"))}
        case date():
            return {prefix: (title, date_format(value, "j F Y"))}
    return {prefix: (title, str(value))}


def _amount(line: FeeLine) -> str:
    return money(line.amount) if line.amount is not None else str(line.formula)


_WORD = re.compile(r"\S+\s*")
_REWRITTEN = 0.35  # share of common words below which before and now are shown whole


def pieces(old: str, new: str) -> list[Piece]:
    """A rewritten text word by word; nothing where the two have too little in common to be read as one."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    if not before or not after or len(before) + len(after) > 2_000:
        return []
    match = SequenceMatcher(None, [one.strip() for one in before], [one.strip() for one in after], autojunk=False)
    if match.ratio() < _REWRITTEN:
        return []
    found: list[Piece] = []
    for kind, a, b, c, d in match.get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(after[c:d])))
            continue
        if b > a:
            found.append(Piece("old", "".join(before[a:b])))
        if d > c:
            found.append(Piece("new", "".join(after[c:d])))
    return found


def untranslated(standard: Standard, language: str = "en") -> list[str]:
    """The public parts that have words in Indonesian but none in a language, by their titles, each once."""
    return [
        title_of(name)
        for name in ("name", "summary", *rules.PUBLIC)
        if any(language not in text.languages for text in _texts(getattr(standard, name)))
    ]


def _texts(value: Any) -> Iterable[Text]:
    match value:
        case Text():
            if value:
                yield value
        case tuple():
            for one in value:
                yield from _texts(one)
        case Requirement() | FeeLine() | PromisedTime() | Fee():
            for name in type(value).__dataclass_fields__:
                yield from _texts(getattr(value, name))
