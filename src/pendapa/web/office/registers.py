"""A register is one kind of record that the office keeps: its list, its form, its history and its import, as data.

Each module of the office declares its registers; `sections.REGISTERS` lists them. The views in `lists`, `editing`,
`histories` and `imports` serve all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from django.db.models import Model, QuerySet
from django.forms import BaseForm, BaseFormSet
from django.http import QueryDict
from django.utils.functional import Promise

from pendapa.base.records.models import Record
from pendapa.directory.accounts.rules import Act
from pendapa.web.office.access import OfficeRequest

Words: TypeAlias = str | Promise  # in a language already, or put into the reader's when shown


@dataclass(frozen=True)
class Column:
    """One column of a list and of its export.

    `value` gives what stands in the cell: a text, a number, a date, or None for nothing. `sort` are the fields to order
    by (empty: cannot be sorted). `tone` turns the cell into a state chip: daun, nila, kunyit, bata, lumut or "".
    A column that is `on_demand` is hidden until somebody chooses it.
    """

    name: str
    title: Words
    value: Callable[[Any], object]
    sort: Sequence[str] = ()
    is_number: bool = False
    tone: Callable[[Any], str] | None = None
    on_demand: bool = False


@dataclass(frozen=True)
class Filter:
    """One way to narrow a list: its choices as (value, words), and what a value does to the rows."""

    name: str
    title: Words
    choices: Callable[[OfficeRequest], Sequence[tuple[str, Words]]]
    apply: Callable[[QuerySet[Any], str], QuerySet[Any]]


@dataclass(frozen=True)
class Row:
    """One line of an imported file by the names of the importer's columns; `number` as the file counts, heading = 1."""

    number: int
    values: dict[str, str]


class Fate(StrEnum):
    """What will happen to an imported row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ERROR = "error"


@dataclass(frozen=True)
class Planned:
    """An imported row with its fate: what it is called, what differs as (title, old, new), and what is wrong."""

    row: Row
    fate: Fate
    name: str = ""
    changes: Sequence[tuple[Words, object, object]] = ()
    errors: Sequence[Words] = ()
    content: Any = None  # what `apply` needs again


@dataclass(frozen=True)
class ImportColumn:
    """A column of an imported file: accepted headings (the first one stands in the example), hint, example values."""

    name: str
    titles: Sequence[str]
    is_required: bool = False
    hint: Words = ""
    examples: Sequence[str] = ()


@dataclass(frozen=True)
class Importer:
    """How rows of a file become records.

    `plan` looks at all rows together and writes nothing. `apply` gets the rows that are new or changed, in one
    transaction, and returns what the closing page shows beside the count (or None): `(template, context)`. `impacts`
    says what saving them would touch, each with a `text`.
    """

    columns: Sequence[ImportColumn]
    plan: Callable[[OfficeRequest, Sequence[Row]], list[Planned]]
    apply: Callable[[OfficeRequest, Sequence[Planned], datetime], tuple[str, dict[str, Any]] | None]
    impacts: Callable[[OfficeRequest, Sequence[Planned], datetime], Sequence[Any]] | None = None


@dataclass(frozen=True)
class Sent:
    """A form that was sent and fits its shape: the form, its formset of rows (or None), the version, the moment."""

    form: Any
    rows: Any
    version: int | None
    at: datetime


MakeForm = Callable[[OfficeRequest, Any, QueryDict | None], BaseForm]
MakeRows = Callable[[OfficeRequest, Any, QueryDict | None], "BaseFormSet[Any]"]


@dataclass(frozen=True)
class Register:
    """One kind of record of the office.

    - `rows` gives the records that the person may see at the mall; everything else is a 404.
    - `form` makes the form of a record (None: a new one) from sent fields (None: not sent yet).
    - `children` makes the formset of the rows that belong to the record, with the prefix "rows".
    - `save` gets the request, the record or None, and what was `Sent`; it calls one action, returns the record, and may
      raise `Refused` or `ValidationError`.
    - `may_change` says whether this person may change this record, or add one (None).
    """

    name: str  # of the address, "zones"
    title: Words  # "Zones"
    singular: Words  # "zone"
    add_label: Words  # "Add a zone"
    icon: str
    explain: Words  # what this is, for the empty list and the page's lead
    model: type[Model]
    rows: Callable[[OfficeRequest], QuerySet[Any]]
    columns: Sequence[Column]
    form: MakeForm
    save: Callable[[OfficeRequest, Any, Sent], Record]
    remove: Callable[[OfficeRequest, Any, datetime], Any] | None = None
    consequences: Callable[[OfficeRequest, Any], Sequence[str]] | None = None  # of removing, said before it is done
    restore: Callable[[OfficeRequest, Any, datetime], None] | None = None  # where `records.restore` is not enough
    children: MakeRows | None = None
    children_title: Words = ""
    search: Sequence[str] = ()  # lookups such as "name__icontains"; every word must be found in one of them
    order: Sequence[str] = ("pk",)
    filters: Sequence[Filter] = ()
    reads: Act = Act.READ
    writes: Act = Act.ARRANGE
    may_change: Callable[[OfficeRequest, Any], bool] | None = None
    name_of: Callable[[Any], str] | None = None
    importer: Importer | None = None
    groups: Sequence[tuple[Words, Sequence[str]]] = ()  # headings of the form with their fields
    panels: Callable[[OfficeRequest, Any], list[tuple[str, dict[str, Any]]]] | None = None  # (template, context) aside
    list_template: str = "office/list.html"  # or one that extends it, with a part "rows"
    verbs: Mapping[str, Words] = field(default_factory=dict)  # words for history beyond added, changed, removed

    def called(self, record: Any) -> str:
        """What a record is called on pages and in news: "Counter 30" where its own name would be a bare number."""
        return self.name_of(record) if self.name_of is not None else str(record)

    def changeable(self, request: OfficeRequest, record: Any) -> bool:
        """Whether the person of this request may change the record, or add one where it is None."""
        if self.may_change is not None:
            return self.may_change(request, record)
        return request.standing.may(self.writes)
