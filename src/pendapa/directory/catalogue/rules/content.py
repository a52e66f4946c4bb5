"""A standard as the content of a version: JSON with the keys of the dataclasses, read with every fault named."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.directory.catalogue.rules.standard import (
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
    Unit,
)
from pendapa.directory.catalogue.rules.text import FIRST_LANGUAGE, LANGUAGE, UNWRITABLE, Text, clean

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)

NAME, PHRASE, SENTENCES, PAGE = 160, 400, 2_000, 6_000  # longest texts, in signs and per language
LANGUAGES = 12
REQUIREMENTS, STEPS, LINES, PRODUCTS, BASES, STOCK = 60, 40, 80, 30, 40, 20  # most items
AMOUNT = 10**12  # rupiah
MOST_FAULTS = 100


class Faulty(Refused):
    """A content that does not hold what it should. `faults` names each place (`fee.lines[1].amount`) and why."""

    status = 422

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        errors = [{"path": path, "text": text} for path, text in self.faults.items()]
        super().__init__(_("Some entries do not fit. Please look at the marked ones."), errors=errors)


def from_json(content: object) -> Standard:
    """Read a standard; what is left out is empty. Raises `Faulty` with every place that does not fit."""
    read = _Reading()
    standard = _standard(read, content)
    if read.faults or standard is None:
        raise Faulty(read.faults)
    return standard


def text_from_json(value: object, *, most: int = SENTENCES, path: str = "text") -> Text:
    """Read one text that has to be there. Raises `Faulty`."""
    read = _Reading()
    text = read.text(path, value, most, needed=True)
    if read.faults:
        raise Faulty(read.faults)
    return text


def to_json(standard: Standard) -> dict[str, Any]:
    """A standard as it is kept: without what is empty or usual, so that equal ones are written alike."""
    written = _plain(standard)
    written.update(
        issuer=str(standard.issuer), duration=str(standard.duration), popularity=standard.popularity
    )  # lists ask for these in SQL
    return dict(written)


def digest(content: Mapping[str, Any]) -> str:
    """The fingerprint of a content, whatever the order of its keys."""
    whole = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A value as JSON; the fields of a dataclass that are as usual are left out."""
    if isinstance(value, Text):
        return value.to_json()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if not dataclasses.is_dataclass(value):
        return value
    pairs = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
    return {field.name: _plain(found) for field, found in pairs if found != field.default}


def _standard(read: "_Reading", content: object) -> Standard | None:
    found = read.table("", content, [field.name for field in dataclasses.fields(Standard)])
    if found is None:
        return None
    get = found.get
    issuer = read.choice("issuer", get("issuer"), Issuer, usual=Issuer.HERE)
    system = read.words("outside_system", get("outside_system"), NAME)
    if issuer is Issuer.OUTSIDE and not system:
        read.fault("outside_system", _("Name the system that issues it."))
    staff = get("staff_count")
    complaints = get("complaints")
    return Standard(
        name=read.text("name", get("name"), NAME, needed=True),
        summary=read.text("summary", get("summary"), SENTENCES),
        issuer=issuer,
        outside_system=system,
        delivery=read.choices("delivery", get("delivery"), Delivery),
        duration=read.choice("duration", get("duration"), Duration, usual=Duration.MEDIUM),
        life_events=read.choices("life_events", get("life_events"), LifeEvent),
        for_whom=read.choices("for_whom", get("for_whom"), ForWhom),
        stock=read.phrases("stock", get("stock"), STOCK),
        popularity=read.number("popularity", get("popularity"), 0, 100, usual=0),
        requirements=read.items("requirements", get("requirements"), REQUIREMENTS, read.requirement),
        steps=read.texts("steps", get("steps"), STEPS),
        time=read.time("time", get("time")),
        fee=read.fee("fee", get("fee")),
        products=read.texts("products", get("products"), PRODUCTS),
        complaints=None
        if complaints is None
        else read.text("complaints", {} if complaints == [] else complaints, SENTENCES),
        legal_basis=read.phrases("legal_basis", get("legal_basis"), BASES),
        facilities=read.text("facilities", get("facilities"), PAGE),
        competence=read.text("competence", get("competence"), PAGE),
        oversight=read.text("oversight", get("oversight"), PAGE),
        staff_count=None if staff is None else read.number("staff_count", staff, 1, 10_000, usual=1),
        guarantee=read.text("guarantee", get("guarantee"), PAGE),
        safety=read.text("safety", get("safety"), PAGE),
        evaluation=read.text("evaluation", get("evaluation"), PAGE),
        decree=read.decree("decree", get("decree")),
    )


class _Reading:
    """Reads values of JSON (or TOML) and keeps what is wrong with them, place by place, up to a bound."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}

    def fault(self, path: str, text: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.setdefault(path, text)

    def table(self, path: str, value: object, known: list[str]) -> Mapping[str, Any] | None:
        if not isinstance(value, Mapping):
            self.fault(path, _("A table with named values is needed here."))
            return None
        for name in list(value)[: 2 * MOST_FAULTS]:
            if name not in known:
                self.fault(_under(path, str(name)[:40]), _("Nothing of this name belongs here."))
        return value

    def text(self, path: str, value: object, most: int, *, needed: bool = False) -> Text:
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            self.fault(path, _("A text by language is needed here."))
            return Text()
        if len(value) > LANGUAGES:
            self.fault(path, _("There are at most %(count)d languages.") % {"count": LANGUAGES})
            return Text()
        words = {}
        for language, said in value.items():
            if not isinstance(language, str) or not LANGUAGE.match(language):
                self.fault(_under(path, str(language)[:40]), _("This is not the code of a language."))
            else:
                words[language] = self.words(_under(path, language), said, most)
        text = Text.of_clean(words)
        if FIRST_LANGUAGE not in text.languages and (text or needed):
            self.fault(_under(path, FIRST_LANGUAGE), _("Please write it in Indonesian."))
        return text

    def words(self, path: str, value: object, most: int) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault(path, _("A text is needed here."))
            return ""
        said = clean(value) if len(value) <= 2 * most else None  # a huge one is not even looked at
        if said is None or len(said) > most:
            self.fault(path, _("This is longer than %(count)d characters.") % {"count": most})
            return ""
        if UNWRITABLE.search(said):
            self.fault(path, _("This holds signs that cannot be shown."))
            return ""
        return said if most > PHRASE else said.replace("\n", " ").replace("  ", " ")

    def number(self, path: str, value: object, least: int, most: int, *, usual: int) -> int:
        if value is None:
            return usual
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.fault(
            path,
            _("A whole number from %(least)s to %(most)s is needed here.")
            % {"least": _grouped(least), "most": _grouped(most)},
        )
        return usual

    def choice(self, path: str, value: object, kind: type[Choice], *, usual: Choice) -> Choice:
        if value is None:
            return usual
        if isinstance(value, str) and value in set(kind):
            return kind(value)
        self.fault(path, _("One of these is needed here: %(choices)s.") % {"choices": ", ".join(kind)})
        return usual

    def choices(self, path: str, value: object, kind: type[Choice]) -> tuple[Choice, ...]:
        usual = next(iter(kind))
        found = self.items(path, value, len(kind), lambda at, one: self.choice(at, one, kind, usual=usual))
        return tuple(dict.fromkeys(found))

    def items(self, path: str, value: object, most: int, read: Callable[[str, object], T | None]) -> tuple[T, ...]:
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.fault(path, _("A list is needed here."))
            return ()
        if len(value) > most:
            self.fault(path, _("There are more than %(count)d.") % {"count": most})
            return ()
        return tuple(self._each(path, value, read))

    def _each(
        self, path: str, values: list[Any] | tuple[Any, ...], read: Callable[[str, object], T | None]
    ) -> Iterator[T]:
        for number, one in enumerate(values):
            found = read(f"{path}[{number}]", one)
            if found is not None:
                yield found

    def texts(self, path: str, value: object, most: int) -> tuple[Text, ...]:
        return self.items(path, value, most, lambda at, one: self.text(at, one, SENTENCES, needed=True))

    def phrases(self, path: str, value: object, most: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.items(path, value, most, self._phrase)))

    def _phrase(self, path: str, value: object) -> str:
        words = self.words(path, value, PHRASE)
        if not words:
            self.fault(path, _("A text is needed here."))
        return words

    def requirement(self, path: str, value: object) -> Requirement | None:
        found = self.table(path, value, ["text", "form", "count", "whose", "where", "only_if", "picture"])
        if found is None:
            return None
        return Requirement(
            text=self.text(_under(path, "text"), found.get("text"), SENTENCES, needed=True),
            form=self.choice(_under(path, "form"), found.get("form"), Form, usual=Form.ORIGINAL),
            count=self.number(_under(path, "count"), found.get("count"), 1, 99, usual=1),
            whose=self.text(_under(path, "whose"), found.get("whose"), PHRASE),
            where=self.text(_under(path, "where"), found.get("where"), PHRASE),
            only_if=self.text(_under(path, "only_if"), found.get("only_if"), PHRASE),
            picture=None
            if found.get("picture") is None
            else self.choice(_under(path, "picture"), found["picture"], Picture, usual=Picture.LETTER),
        )

    def time(self, path: str, value: object) -> PromisedTime | None:
        if value is None:
            return None
        found = self.table(path, value, ["value", "unit", "starts", "exceptions"])
        if found is None:
            return None
        for name in ("value", "unit"):
            if found.get(name) is None:
                self.fault(_under(path, name), _("This is missing."))
        return PromisedTime(
            value=self.number(_under(path, "value"), found.get("value"), 1, 9_999, usual=1),
            unit=self.choice(_under(path, "unit"), found.get("unit"), Unit, usual=Unit.WORKING_DAY),
            starts=self.choice(_under(path, "starts"), found.get("starts"), Start, usual=Start.COMPLETE),
            exceptions=self.text(_under(path, "exceptions"), found.get("exceptions"), SENTENCES),
        )

    def fee(self, path: str, value: object) -> Fee | None:
        if value is None:
            return None
        found = self.table(path, value, ["free", "basis", "lines", "note"])
        if found is None:
            return None
        free = found.get("free")
        if not isinstance(free, bool):
            self.fault(_under(path, "free"), _("Say whether it is free of charge: true or false."))
        lines = self.items(_under(path, "lines"), found.get("lines"), LINES, self.line)
        if free is True and found.get("lines"):
            self.fault(_under(path, "lines"), _("A service that is free of charge has no fees."))
            lines = ()
        return Fee(
            free=free is True,
            basis=self.text(_under(path, "basis"), found.get("basis"), SENTENCES),
            lines=lines,
            note=self.text(_under(path, "note"), found.get("note"), SENTENCES),
        )

    def line(self, path: str, value: object) -> FeeLine | None:
        found = self.table(path, value, ["label", "amount", "formula", "per"])
        if found is None:
            return None
        label = self.text(_under(path, "label"), found.get("label"), PHRASE, needed=True)
        per = self.text(_under(path, "per"), found.get("per"), PHRASE)
        formula = self.text(_under(path, "formula"), found.get("formula"), PHRASE)
        if found.get("amount") is None:
            if not formula:
                self.fault(_under(path, "amount"), _("Write an amount in whole rupiah, or a formula."))
                return None
            return FeeLine(label=label, formula=formula, per=per)
        if formula:
            self.fault(_under(path, "formula"), _("Write an amount or a formula, not both."))
        amount = self.number(_under(path, "amount"), found["amount"], 1, AMOUNT, usual=1)
        return FeeLine(label=label, amount=amount, per=per)

    def decree(self, path: str, value: object) -> Decree | None:
        if value is None:
            return None
        found = self.table(path, value, ["number", "date"])
        if found is None:
            return None
        number = self.words(_under(path, "number"), found.get("number"), NAME)
        if not number:
            self.fault(_under(path, "number"), _("This is missing."))
        on = self._date(_under(path, "date"), found.get("date"))
        return Decree(number, on) if on else None

    def _date(self, path: str, value: object) -> date | None:
        if type(value) is date:
            return value
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        self.fault(path, _("A date such as 2026-08-17 is needed here."))
        return None


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", ".")
