"""The form of a standard: fields that are named as the paths of its content, and content from what was sent.

Names such as `requirements.2.text.id` are the domain's own paths (`requirements[2].text.id`), so an error that the
domain finds stands at its field. Content that does not fit is kept as it was typed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pendapa.directory.catalogue import rules
from pendapa.web.office import services_text as text
from pendapa.web.ui import standards

LANGUAGES = ("id", "en")  # side by side; a text in further languages keeps them
ROWS = {"requirements": 60, "steps": 40, "fee.lines": 80, "products": 30}  # with most rows of each
_LINES = ("legal_basis", "stock")  # lists of plain words, one in each line
_SINGLE = ("issuer", "outside_system", "duration")
_CHECKED = ("delivery", "life_events", "for_whom")
_INTERNAL_TEXTS = ("facilities", "competence", "oversight", "guarantee", "safety", "evaluation")
_DEEPEST, _MOST_ROWS = 6, 200
_NAME = re.compile(r"[a-z_]+(?:\.[a-z0-9_-]+)*\Z")
_ACT = re.compile(r"(add|drop|up|down):([a-z.]+?)(?:\.([0-9]{1,3}))?\Z")


# ---- From what was sent ----


def content_of(fields: QueryDict) -> dict[str, Any]:
    """The content that somebody typed, with the button that adds, drops or moves a row carried out."""
    tree = _tree(fields)
    act = _ACT.match(fields.get("act", ""))
    rows = {name: _rows(tree, name) for name in ROWS}
    if act and act[2] in ROWS:
        _move(rows[act[2]], act[1], int(act[3] or 0), most=ROWS[act[2]])
    else:
        rows = {name: [one for one in found if _is_written(one)] for name, found in rows.items()}
    content: dict[str, Any] = {name: fields.get(name, "").strip() for name in _SINGLE if fields.get(name, "").strip()}
    content |= {name: fields.getlist(name)[:50] for name in _CHECKED}
    content |= {name: [line for line in _said(tree.get(name)).splitlines() if line.strip()] for name in _LINES}
    content |= {name: _text(tree.get(name)) for name in ("name", "summary", *_INTERNAL_TEXTS)}
    content |= {name: rows[name] for name in ("requirements", "steps", "products")}
    content["popularity"] = _number(fields.get("popularity", ""))
    content["staff_count"] = _number(fields.get("staff_count", ""))
    content["time"] = _time(tree.get("time"))
    content["fee"] = _fee(tree.get("fee"), rows["fee.lines"])
    content["decree"] = _filled(tree.get("decree"), ("number", "date"))
    complaints = _text(tree.get("complaints"))
    content["complaints"] = complaints or ({} if fields.get("complaints_mall") else None)
    return {
        name: value
        for name, value in content.items()
        if value not in (None, "", []) and (value or name == "complaints")
    }


def is_rows_act(fields: QueryDict) -> bool:
    """Whether a button for rows was pressed, and nothing is to be saved yet."""
    return bool(_ACT.match(fields.get("act", "")))


def part_of(fields: QueryDict) -> str:
    """The component whose rows a button changed."""
    act = _ACT.match(fields.get("act", ""))
    return act[2].partition(".")[0] if act else ""


def focus_of(fields: QueryDict, content: Mapping[str, Any]) -> str:
    """The id of what has the focus after a button for rows: the row that came, went or moved."""
    act = _ACT.match(fields.get("act", ""))
    if not act or act[2] not in ROWS:
        return ""
    count = len(_held(content, act[2]))
    number = int(act[3] or 0)
    place = {"add": count - 1, "drop": min(number, count - 1), "up": number - 1, "down": number + 1}[act[1]]
    if act[1] == "add":
        return ident(f"{act[2]}.{place}") + "-first"
    return ident(f"{act[2]}.{max(0, min(place, count - 1))}") + f"-{act[1]}" if count else f"add-{ident(act[2])}"


def _tree(fields: QueryDict) -> dict[str, Any]:
    """The dotted names as nested tables; what has no such name is left out."""
    tree: dict[str, Any] = {}
    for name in fields:
        if not _NAME.match(name) or name.count(".") >= _DEEPEST:
            continue
        *branch, leaf = name.split(".")
        place: Any = tree
        for one in branch:
            place = place.setdefault(one, {})
            if not isinstance(place, dict):
                break
        if isinstance(place, dict):
            place.setdefault(leaf, fields.get(name, ""))
    return tree


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _said(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _text(value: Any) -> dict[str, str]:
    return {language: said for language, said in _table(value).items() if isinstance(said, str) and said.strip()}


def _number(said: Any) -> Any:
    """A whole number, or what was typed in its place."""
    bare = _said(said).strip().replace(".", "").replace("\N{NO-BREAK SPACE}", "").removeprefix("Rp").strip()
    if bare.isascii() and bare.isdigit() and len(bare) < 16:
        return int(bare)
    return _said(said).strip() or None


def _filled(value: Any, names: Sequence[str]) -> dict[str, Any] | None:
    found = {name: said for name in names if (said := _said(_table(value).get(name)).strip())}
    return found or None


def _time(value: Any) -> dict[str, Any] | None:
    held = _table(value)
    found: dict[str, Any] = _filled(held, ("unit", "starts")) or {}
    if (amount := _number(held.get("value"))) is not None:
        found["value"] = amount
    if exceptions := _text(held.get("exceptions")):
        found["exceptions"] = exceptions
    return found if set(found) - {"starts"} else None


def _fee(value: Any, lines: list[Any]) -> dict[str, Any] | None:
    held = _table(value)
    found: dict[str, Any] = {}
    if (free := _said(held.get("free"))) in {"yes", "no"}:
        found["free"] = free == "yes"
    found |= {name: words for name in ("basis", "note") if (words := _text(held.get(name)))}
    if lines:
        found["lines"] = lines
    return found or None


def _rows(tree: Mapping[str, Any], name: str) -> list[Any]:
    place: Any = tree
    for one in name.split("."):
        place = _table(place).get(one)
    held = sorted((int(key), row) for key, row in _table(place).items() if key.isdigit() and len(key) < 4)
    return [_row(name, _table(row)) for _key, row in held[:_MOST_ROWS]]


def _row(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    if name in {"steps", "products"}:
        return _text(row)
    if name == "fee.lines":
        found: dict[str, Any] = {part: words for part in ("label", "formula", "per") if (words := _text(row.get(part)))}
        if (amount := _number(row.get("amount"))) is not None:
            found["amount"] = amount
        return found
    found = {part: words for part in ("text", "whose", "where", "only_if") if (words := _text(row.get(part)))}
    found |= _filled(row, ("form", "picture")) or {}
    if (count := _number(row.get("count"))) not in (None, 1):
        found["count"] = count
    return found


def _is_written(row: Mapping[str, Any]) -> bool:
    return bool(set(row) - {"form", "picture"})


def _move(rows: list[Any], act: str, place: int, *, most: int) -> None:
    match act:
        case "add" if len(rows) < most:
            rows.append({})
        case "drop" if place < len(rows):
            del rows[place]
        case "up" if 0 < place < len(rows):
            rows[place - 1], rows[place] = rows[place], rows[place - 1]
        case "down" if place + 1 < len(rows):
            rows[place + 1], rows[place] = rows[place], rows[place + 1]


# ---- Fields to show ----


def ident(path: str) -> str:
    """The id of what has a path."""
    return f"f-{path.replace('.', '-')}"


@dataclass(frozen=True)
class Part:
    """One input of a field: its name, id, language, value, and whether it has an error."""

    name: str
    id: str
    language: str
    value: str
    has_error: bool = False


@dataclass(frozen=True)
class Box:
    """One field with its inputs: `kind` is text, long, plain, number, date, select, checks, radio, lines or tick."""

    kind: str
    path: str
    title: str
    parts: Sequence[Part]
    hint: str = ""
    errors: Sequence[str] = ()
    choices: Sequence[tuple[str, Any]] = ()
    chosen: Sequence[str] = ()
    unit: str = ""
    unit_before: str = ""
    further: Sequence[Part] = ()  # words in languages that have no column
    lacks: bool = False  # words in Indonesian without English
    is_optional: bool = False

    @property
    def id(self) -> str:
        return ident(self.path)

    @property
    def is_wide(self) -> bool:
        return self.kind in {"text", "long", "checks", "lines", "radio"}


@dataclass(frozen=True)
class Row:
    """One line of a list that can be added to, dropped from, and put in another order."""

    path: str
    number: int
    called: str
    boxes: Sequence[Box]
    more: Sequence[Box]  # shown on demand
    is_first: bool
    is_last: bool

    @property
    def id(self) -> str:
        return ident(self.path)

    @property
    def is_open(self) -> bool:
        return any(part.value for box in self.more for part in box.parts) or any(box.errors for box in self.more)


@dataclass(frozen=True)
class Group:
    """What belongs together under one heading: fields before the rows, the rows, fields after them."""

    key: str
    number: int | None  # of the fourteen
    title: str
    hint: str = ""
    boxes: Sequence[Box] = ()
    rows: Sequence[Row] | None = None
    rows_name: str = ""
    add_label: str = ""
    after: Sequence[Box] = ()
    is_done: bool = False
    is_public: bool = False
    errors: Sequence[str] = ()
    may_add: bool = True

    @property
    def id(self) -> str:
        return f"part-{self.key}"

    @property
    def rows_id(self) -> str:
        return ident(self.rows_name)


@dataclass
class Editor:
    """The whole form over a content, complete or not, with what is wrong in it."""

    content: Mapping[str, Any]
    faults: Mapping[str, str] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.faults = {re.sub(r"\[(\d+)\]", r".\1", path): words for path, words in self.faults.items()}
        missing = _missing(self.content)
        self.first = [self._about(), self._giving()]
        self.public = [self._group(number, key, missing) for number, key in enumerate(rules.PUBLIC, start=1)]
        self.internal = [self._group(number, key, missing) for number, key in enumerate(rules.INTERNAL, start=7)]
        self.last = [self._decree()]
        self.popularity = self.content.get("popularity", 0)
        self.missing_public = [one for one in missing if one in rules.PUBLIC]
        self.missing = [{"key": one, "title": text.title_of(one), "is_public": one in rules.PUBLIC} for one in missing]
        self.done = len(rules.ALL) - len(missing)

    @property
    def groups(self) -> list[Group]:
        return [*self.first, *self.public, *self.internal, *self.last]

    def group(self, key: str) -> Group | None:
        """One group by its key."""
        return next((one for one in self.groups if one.key == key), None)

    @property
    def mistakes(self) -> list[dict[str, str]]:
        """Everything that is wrong, with where to put it right."""
        titles = {box.path: box for group in self.groups for box in _boxes(group)}
        found = []
        for path, words in self.faults.items():
            box = titles.get(path) or titles.get(path.rpartition(".")[0])
            title = box.title if box else text.title_of(path.partition(".")[0])
            number = next((part for part in path.split(".") if part.isdigit()), "")
            where = f"{title} ({int(number) + 1})" if number else title
            anchor = (
                next((part.id for part in box.parts if part.has_error), box.parts[0].id) if box and box.parts else ""
            )
            found.append({"id": anchor or f"part-{path.partition('.')[0]}", "title": where, "text": words})
        return found

    # -- Fields --

    def value(self, path: str) -> Any:
        """What stands at a path of the content, or None."""
        place: Any = self.content
        for one in path.split("."):
            if isinstance(place, list | tuple):
                place = place[int(one)] if one.isdigit() and int(one) < len(place) else None
            elif isinstance(place, Mapping):
                place = place.get(one)
            else:
                return None
        return place

    def errors(self, path: str, *, below: bool = True) -> list[str]:
        """What is wrong at a path, or in a language or part below it."""
        return [words for at, words in self.faults.items() if at == path or (below and at.startswith(f"{path}."))]

    def words(self, path: str, title: str, *, long: bool = False, hint: str = "", optional: bool = True) -> Box:
        """A text in its two languages side by side."""
        held = self.value(path)
        said = {str(key): str(words) for key, words in held.items()} if isinstance(held, Mapping) else {}
        parts = [
            Part(f"{path}.{one}", f"{ident(path)}-{one}", one, said.get(one, ""), bool(self.errors(f"{path}.{one}")))
            for one in LANGUAGES
        ]
        further = [Part(f"{path}.{one}", "", one, words) for one, words in said.items() if one not in LANGUAGES]
        lacks = bool(said.get("id", "").strip()) and not said.get("en", "").strip()
        return Box(
            "long" if long else "text", path, title, parts, hint, self.errors(path), further=further, lacks=lacks,
            is_optional=optional,
        )  # fmt: skip

    def box(self, kind: str, path: str, title: str, **more: Any) -> Box:
        """A field with one input."""
        held = self.value(path)
        said = "" if held is None or isinstance(held, Mapping | list | tuple) else str(held)
        errors = self.errors(path)
        return Box(kind, path, title, [Part(path, ident(path), "", said, bool(errors))], errors=errors, **more)

    def plain(self, path: str, title: str, **more: Any) -> Box:
        return self.box("plain", path, title, **more)

    def select(self, path: str, title: str, choices: Mapping[Any, Any], *, nothing: str = "", **more: Any) -> Box:
        offered = [("", nothing)] if nothing else []
        return self.box(
            "select", path, title, choices=[*offered, *((str(key), words) for key, words in choices.items())], **more
        )

    def radio(self, path: str, title: str, choices: Mapping[Any, Any], **more: Any) -> Box:
        made = self.select(path, title, choices, **more)
        usual = made.parts[0].value or made.choices[0][0]
        return Box("radio", path, title, made.parts, made.hint, made.errors, made.choices, [usual])

    def checks(self, path: str, title: str, choices: Mapping[Any, Any], *, hint: str = "") -> Box:
        held = self.value(path)
        chosen = [str(one) for one in held] if isinstance(held, list | tuple) else []
        known = {str(key): words for key, words in choices.items()}
        first = [one for one in dict.fromkeys(chosen) if one in known]
        if first != [one for one in known if one in first]:  # a browser sends them in the order of the page
            known = {one: known[one] for one in dict.fromkeys([*first, *known])}
        return Box(
            "checks", path, title, [Part(path, ident(path), "", "")], hint, self.errors(path),
            [*known.items()], chosen,
        )  # fmt: skip

    def lines(self, path: str, title: str, *, hint: str = "") -> Box:
        held = self.value(path)
        said = "\n".join(map(str, held)) if isinstance(held, list | tuple) else ""
        errors = self.errors(path)
        return Box("lines", path, title, [Part(path, ident(path), "", said, bool(errors))], hint, errors)

    # -- What stands around the components --

    def _about(self) -> Group:
        name = self.words("name", _("Name"), hint=_("As visitors say it, such as “Birth certificate”."), optional=False)
        short = self.words(
            "summary", _("In short"), long=True, hint=_("One or two sentences: what it is, and by when.")
        )
        events = self.checks(
            "life_events", _("Life events"), text.EVENTS, hint=_("People find it by what happens to them.")
        )
        return Group(
            "about",
            None,
            _("About it"),
            boxes=[name, short, self.checks("for_whom", _("For whom"), text.FOR_WHOM), events],
        )

    def _giving(self) -> Group:
        boxes = [
            self.radio("issuer", _("Who issues it"), text.ISSUERS),
            self.plain("outside_system", _("Outside system"), hint=_("Such as OSS; only where it is issued outside.")),
            self.checks("delivery", _("Ways of delivery"), standards.DELIVERIES),
            self.select("duration", _("Time at the counter"), text.DURATIONS),
            self.lines("stock", _("Stock that it uses up"), hint=_("Counted blanks, one in each line.")),
        ]
        return Group("giving", None, _("How it is given"), boxes=boxes)

    def _decree(self) -> Group:
        return Group(
            "decree",
            None,
            _("Decree of the standard"),
            hint=_("The decision that sets the standard needs all fourteen components."),
            boxes=[self.plain("decree.number", _("Number")), self.box("date", "decree.date", _("Date"))],
        )

    # -- Components --

    def _group(self, number: int, key: str, missing: Sequence[str]) -> Group:
        more: dict[str, Any] = {"is_done": key not in missing, "is_public": key in rules.PUBLIC}
        if key in {"requirements", "steps", "products"}:
            more["errors"] = self.errors(key, below=False)
        more |= getattr(self, f"_{key}", lambda: self._internal(key))()
        return Group(key, number, text.title_of(key), **more)

    def _requirements(self) -> dict[str, Any]:
        def row(path: str) -> tuple[list[Box], list[Box]]:
            return (
                [
                    self.words(f"{path}.text", _("What to bring"), optional=False),
                    self.select(f"{path}.form", _("Form"), standards.FORMS),
                    self.box("number", f"{path}.count", _("How many")),
                ],
                [
                    self.words(f"{path}.whose", _("Whose, if not the applicant's")),
                    self.words(f"{path}.where", _("Where to get it")),
                    self.words(f"{path}.only_if", _("Only if")),
                    self.select(f"{path}.picture", _("Example picture"), text.PICTURES, nothing=_("none")),
                ],
            )

        return {
            "hint": _("One paper in each row, in the order in which visitors should look for them."),
            **self._rows("requirements", row, _("Add a requirement"), "text"),
        }

    def _steps(self) -> dict[str, Any]:
        def row(path: str) -> tuple[list[Box], list[Box]]:
            return [self.words(path, _("Step"), long=True, optional=False)], []

        return {
            "hint": _("What the visitor does, from the number to the result. Three to six steps are read best."),
            **self._rows("steps", row, _("Add a step"), ""),
        }

    def _products(self) -> dict[str, Any]:
        def row(path: str) -> tuple[list[Box], list[Box]]:
            return [self.words(path, _("Product"), optional=False)], []

        return {"hint": _("What the visitor takes home."), **self._rows("products", row, _("Add a product"), "")}

    def _fee(self) -> dict[str, Any]:
        def row(path: str) -> tuple[list[Box], list[Box]]:
            return (
                [
                    self.words(f"{path}.label", _("Fee for"), optional=False),
                    self.box("number", f"{path}.amount", _("Amount"), unit_before="Rp"),
                ],
                [
                    self.words(f"{path}.per", _("Per")),
                    self.words(f"{path}.formula", _("Formula, in place of an amount")),
                ],
            )

        free = self.value("fee.free")
        chosen = {True: "yes", False: "no"}.get(free, "")
        switch = Box(
            "radio", "fee.free", _("Is it free of charge?"), [Part("fee.free", ident("fee.free"), "", chosen)],
            errors=self.errors("fee.free"),
            choices=[("yes", _("Free of charge")), ("no", _("It has a fee"))], chosen=[chosen],
        )  # fmt: skip
        return {
            "hint": _("Free is free: no bill can ever be made for it."),
            "boxes": [switch, self.words("fee.basis", _("Legal basis of the fee"))],
            **self._rows("fee.lines", row, _("Add a fee"), "label"),
            "after": [self.words("fee.note", _("Note on the fee"))],
            "errors": self.errors("fee.lines", below=False) + self.errors("fee", below=False),
        }

    def _time(self) -> dict[str, Any]:
        return {
            "hint": _("At most this long. A visitor may hold you to it."),
            "boxes": [
                self.box("number", "time.value", _("How long")),
                self.select("time.unit", _("Unit"), text.UNITS, nothing=_("choose")),
                self.select("time.starts", _("Counted"), text.STARTS),
                self.words("time.exceptions", _("Exceptions"), hint=_("When it may take longer.")),
            ],
        }

    def _complaints(self) -> dict[str, Any]:
        held = self.value("complaints")
        is_mall = isinstance(held, Mapping) and not any(str(one).strip() for one in held.values())
        tick = Box(
            "tick", "complaints_mall", _("The mall's own ways of complaint are enough"),
            [Part("complaints_mall", ident("complaints_mall"), "", "1")], chosen=["1"] if is_mall else [],
        )  # fmt: skip
        return {
            "hint": _("Where complaints, suggestions and praise go, beside the mall's own ways."),
            "boxes": [self.words("complaints", _("Ways of the agency"), long=True), tick],
        }

    def _internal(self, key: str) -> dict[str, Any]:
        if key == "legal_basis":
            return {"boxes": [self.lines(key, _("Laws and rules"), hint=_("One in each line, such as UU 24/2013."))]}
        if key == "staff_count":
            return {"boxes": [self.box("number", key, _("People"))]}
        return {"boxes": [self.words(key, text.title_of(key), long=True)]}

    def _rows(self, name: str, make: Any, add_label: str, called: str) -> dict[str, Any]:
        held = _held(self.content, name)
        rows = []
        for number, one in enumerate(held):
            path = f"{name}.{number}"
            boxes, more = make(path)
            words = one.get(called, {}) if called and isinstance(one, Mapping) else one
            title = str(words.get("id", "")) if isinstance(words, Mapping) else ""
            rows.append(Row(path, number + 1, title, boxes, more, number == 0, number == len(held) - 1))
        return {"rows": rows, "rows_name": name, "add_label": add_label, "may_add": len(held) < ROWS[name]}


def _held(content: Mapping[str, Any], name: str) -> Sequence[Any]:
    place: Any = content
    for one in name.split("."):
        place = place.get(one) if isinstance(place, Mapping) else None
    return place if isinstance(place, list | tuple) else []


def _boxes(group: Group) -> Iterable[Box]:
    yield from group.boxes
    for row in group.rows or ():
        yield from row.boxes
        yield from row.more
    yield from group.after


def _missing(content: Mapping[str, Any]) -> list[str]:
    """Which components nobody has written yet, in a content that may not fit otherwise."""
    found = []
    for key in rules.ALL:
        held = content.get(key)
        if key == "complaints":
            is_there = held is not None
        elif key == "fee":
            is_there = isinstance(held, Mapping) and (held.get("free") is True or bool(held.get("lines")))
        elif key == "time":
            is_there = isinstance(held, Mapping) and "value" in held and "unit" in held
        elif key in {"requirements", "steps", "products"}:
            is_there = any(map(bool, held)) if isinstance(held, list | tuple) else False
        else:
            is_there = bool(held)
        if not is_there:
            found.append(key)
    return found


def label(words: Any) -> str:
    """A choice with a capital letter."""
    return str(capfirst(str(words)))
