"""What stands in the cells of an imported table, read as people write it, and the fate of a row of records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from functools import cache
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import gettext as _

from pendapa.base.records.models import Record
from pendapa.web.office.histories import in_words, title_of
from pendapa.web.office.registers import Fate, Planned, Row, Words

Found = TypeVar("Found")

YES = {"ya", "y", "yes", "1", "true", "benar", "x"}
NO = {"tidak", "t", "no", "n", "0", "false", "salah", "-"}


@dataclass
class Reading:
    """One row while it is read: its values by the names of fields, and what is wrong with it.

    Only what the row says is in `values`: an empty cell leaves a record as it is.
    """

    row: Row
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[Words] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)  # what belongs to other tables

    def text(self, name: str) -> str:
        """What stands in a cell, without blanks around it."""
        return " ".join(self.row.values.get(name, "").split())

    def take(self, name: str, *, needed: bool = False, longest: int = 0) -> None:
        """A text."""
        if text := self.text(name):
            self.values[name] = text
            if longest and len(text) > longest:
                self.errors.append(_("“%(text)s…” is too long.") % {"text": text[:24]})
        elif needed:
            self.errors.append(_("A cell is empty that is needed."))

    def number(self, name: str, *, needed: bool = False, lowest: int = 0, highest: int = 32767) -> None:
        """A whole number."""
        text = self.text(name)
        if not text and not needed:
            return
        if text.isascii() and text.isdigit() and lowest <= int(text[:9]) <= highest:
            self.values[name] = int(text)
        else:
            self.errors.append(
                _("“%(text)s” is not a whole number from %(lowest)d to %(highest)d.")
                % {"text": text, "lowest": lowest, "highest": highest}
            )

    def one_of(self, name: str, known: Mapping[str, Any], missing: Words, *, needed: bool = False) -> None:
        """Something that has a name here; `missing` says what there is none of, with %(text)s."""
        text = self.text(name)
        if not text and not needed:
            return
        if text.casefold() in known:
            self.values[name] = known[text.casefold()]
        else:
            self.errors.append(str(missing) % {"text": text or "\N{EN DASH}"})

    def yes_or_no(self, name: str) -> None:
        """Yes or no, in either language."""
        text = self.text(name).casefold()
        if text in YES | NO:
            self.values[name] = text in YES
        elif text:
            self.errors.append(_("“%(text)s” is neither yes nor no.") % {"text": text})

    def day(self, name: str) -> None:
        """A date."""
        if text := self.text(name):
            found = date_in(text)
            self.values[name] = found
            if found is None:
                self.errors.append(_("“%(text)s” is no date: it looks like 2026-11-24 or 24/11/2026.") % {"text": text})

    def checked(self, check: Callable[[str], Any], name: str) -> None:
        """A text that a validator looks at."""
        try:
            if text := self.text(name):
                check(text)
        except ValidationError as error:
            self.errors.extend(error.messages)


def date_in(text: str) -> date | None:
    """A date as 2026-11-24 or 24/11/2026; None for anything else."""
    day, slash, rest = text[:10].partition("/")
    if slash:
        month, _slash, year = rest.partition("/")
        text = f"{year}-{month:0>2}-{day:0>2}"
    try:
        return parse_date(text[:10])
    except ValueError:
        return None


def time_in(text: str) -> time | None:
    """A time as 08:00 or 08.00; None for anything else."""
    try:
        return parse_time(text.strip().replace(".", ":"))
    except ValueError:
        return None


@cache
def words_of(kinds: type[models.TextChoices]) -> dict[str, str]:
    """The names of choices in both languages, in small letters, with what they stand for."""
    words: dict[str, str] = {}
    for language in ("id", "en"):
        with translation.override(language):
            words |= {str(kind.label).casefold(): kind.value for kind in kinds}
    return words | {kind.value: kind.value for kind in kinds}


def named(rows: Iterable[Found], name: Callable[[Found], object]) -> dict[str, Found]:
    """Records by what people call them, in small letters."""
    return {str(name(row)).casefold(): row for row in rows}


def fate(
    reading: Reading, record: Record | None, name: str, more: Sequence[tuple[Words, object, object]] = ()
) -> Planned:
    """What becomes of a row: a new record, a change of the one that is there (None: none is), nothing, or an error.

    `more` are differences in what belongs to the record beside its own fields.
    """
    content = (record.pk if record is not None else None, reading.values, reading.more)
    if reading.errors:
        return Planned(reading.row, Fate.ERROR, name, errors=reading.errors)
    if record is None:
        return Planned(reading.row, Fate.NEW, name, content=content)
    model = type(record)
    changes: list[tuple[Words, object, object]] = [
        (title_of(model, one), in_words(model, one, getattr(record, one)), in_words(model, one, value))
        for one, value in reading.values.items()
        if getattr(record, one) != value
    ]
    changes += more
    return Planned(reading.row, Fate.CHANGED if changes else Fate.UNCHANGED, name, changes, content=content)


def twice(reading: Reading, key: object, seen: set[object]) -> None:
    """Note a row whose record stood in the file already."""
    if key in seen:
        reading.errors.append(_("This stands in the file twice."))
    seen.add(key)
