"""What happened to a record, from the journal, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pendapa.base.journal import queries as journal
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts.models import Device, RoleKind, User
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls.models import Mall
from pendapa.web.office import sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.lists import register_of, url_of
from pendapa.web.office.registers import Words
from pendapa.web.pages import answer

EMPTY = "\N{EN DASH}"  # stands for no value
NEWEST = 200  # entries of one record on its page

VERBS: Mapping[str, Words] = {
    "added": gettext_lazy("added"),
    "changed": gettext_lazy("changed"),
    "removed": gettext_lazy("removed"),
    "restored": gettext_lazy("brought back"),
}


# What belongs to a record in many rows, by the name that the journal has for it.
ROWS: Mapping[str, Words] = {
    "periods": gettext_lazy("Opening hours"),
    "shares": gettext_lazy("Shared days"),
    "obligations": gettext_lazy("Obligations"),
}


@dataclass(frozen=True)
class Line:
    """One entry of a history: who did what when, and what changed as (title, old, new)."""

    who: str
    at: datetime
    what: str
    changes: list[tuple[str, str, str]]


@require_safe
@for_office(Act.READ)
def show(request: OfficeRequest, register: str, record: int) -> HttpResponse:
    """The history of one record, newest first."""
    kind = register_of(request, register)
    found = get_object_or_404(kind.rows(request), pk=record)
    page = {
        **sections.frame(request, kind.name, (kind.called(found), url_of(request, kind, found))),
        "register": kind,
        "record": found,
        "called": kind.called(found),
        "lines": lines_of(found, request.place, kind.verbs),
    }
    return answer(request, "office/history.html", "history", page)


def lines_of(record: models.Model, mall: Mall | None, verbs: Mapping[str, Words] | None = None) -> list[Line]:
    """The newest entries about a record in words, without what happened to it at other malls than `mall`.

    At most one statement for people and one for each related model.
    """
    here = Q(mall=None) if mall is None else Q(mall=None) | Q(mall=mall.pk)
    entries = list(journal.history_of(record).filter(here).reverse()[:NEWEST])
    names = names_of(entry.actor for entry in entries)
    words = {**VERBS, **(verbs or {})}
    related = _related(type(record), entries)
    return [
        Line(
            who=names.get(entry.actor, entry.actor),
            at=entry.at,
            what=_what(entry, words),
            changes=[
                (
                    title_of(type(record), name),
                    in_words(type(record), name, old, related),
                    in_words(type(record), name, new, related),
                )
                for name, (old, new) in entry.data.get("changes", {}).items()
            ],
        )
        for entry in entries
    ]


def _what(entry: Entry, words: dict[str, Words]) -> str:
    """The act in words; of a role also which one."""
    told = str(words.get(entry.verb, words.get(entry.verb.rpartition(".")[2], entry.verb)))
    role = entry.data.get("role")
    return f"{told}: {RoleKind(role).label}" if role in RoleKind.values else told


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """The names behind the journal's actors ("user:5"), as far as they exist; two statements at most."""
    ids: dict[str, set[int]] = {"user": set(), "device": set()}
    for actor in actors:
        kind, _colon, number = actor.partition(":")
        if kind in ids and number.isdigit():
            ids[kind].add(int(number))
    names = {"system": _("Pendapa itself"), "visitor": _("a visitor")}
    if ids["user"]:
        found = User.objects.filter(pk__in=ids["user"]).values_list("pk", "full_name")
        names |= {f"user:{pk}": name for pk, name in found}
    if ids["device"]:
        names |= {
            f"device:{pk}": name for pk, name in Device.objects.filter(pk__in=ids["device"]).values_list("pk", "name")
        }
    return names


def title_of(model: type[models.Model], name: str) -> str:
    """How a field is called on its form, or the rows that belong to a record."""
    if name in ROWS:
        return str(ROWS[name])
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return capfirst(name.replace("_", " "))
    return capfirst(str(getattr(field, "verbose_name", name)))


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any] | None":
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    # What a record has many of stands in the journal in words, not by ids.
    return field if isinstance(field, models.Field) and not field.many_to_many else None


def _related(model: type[models.Model], entries: Iterable[Entry]) -> dict[tuple[str, Any], str]:
    """What the ids in the changes of relations are called."""
    wanted: dict[str, set[Any]] = {}
    for entry in entries:
        for name, values in entry.data.get("changes", {}).items():
            field = _field(model, name)
            if field is not None and field.is_relation:
                wanted.setdefault(name, set()).update(value for value in values if value is not None)
    names: dict[tuple[str, Any], str] = {}
    for name, ids in wanted.items():
        related = model._meta.get_field(name).related_model
        assert isinstance(related, type)
        names |= {(name, one.pk): str(one) for one in related._default_manager.filter(pk__in=ids)}
    return names


def in_words(
    model: type[models.Model], name: str, value: object, related: Mapping[tuple[str, Any], str] | None = None
) -> str:
    """A value of a record's field as people read it; `related` names the records that the journal has by id."""
    match value:
        case None | "" | []:
            return EMPTY
        case bool():
            return _("yes") if value else _("no")
        case models.Model():
            return str(value)
        case Mapping():  # a text by language
            return " · ".join(f"{language.upper()}: {words}" for language, words in value.items())
        case _:
            return _of_field(model, name, value, related or {})


def _of_field(model: type[models.Model], name: str, value: object, related: Mapping[tuple[str, Any], str]) -> str:
    field = _field(model, name)
    if field is not None and field.is_relation:
        return related.get((name, value), _("removed since"))
    base = getattr(field, "base_field", field)
    choices: dict[Any, Any] = dict(getattr(base, "flatchoices", None) or [])
    if isinstance(value, list):
        return ", ".join(str(choices.get(one, one)) for one in value)
    return str(choices.get(value, value))
