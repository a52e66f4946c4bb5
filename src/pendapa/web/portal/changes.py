"""What differs between two versions of a standard, in sentences for visitors."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from pendapa.directory.catalogue.rules import (
    LABELS,
    PUBLIC,
    Change,
    ChangeKind,
    Fee,
    FeeLine,
    PromisedTime,
    Requirement,
    Standard,
    Text,
    changes,
)
from pendapa.web.ui.standards import cost, money, promise

_SHOWN = {"name": gettext_lazy("name"), "summary": gettext_lazy("description"), **{key: LABELS[key] for key in PUBLIC}}

_KINDS: dict[ChangeKind, str | Promise] = {
    ChangeKind.ADDED: gettext_lazy("new"),
    ChangeKind.REMOVED: gettext_lazy("no longer"),
    ChangeKind.CHANGED: gettext_lazy("is different now"),
    ChangeKind.MOVED: gettext_lazy("in another order"),
}


@dataclass(frozen=True)
class Difference:
    """One difference: what part, in what way, and the words of it before and after (either may be empty)."""

    part: str | Promise
    kind: str
    way: str | Promise
    before: str
    after: str


def differences(old: Standard, new: Standard, language: str) -> list[Difference]:
    """What a visitor would notice between two versions."""
    return [
        Difference(_SHOWN[change.component], change.kind.value, _KINDS[change.kind], *_words(change, language))
        for change in changes(old, new)
        if change.component in _SHOWN
    ]


def _words(change: Change, language: str) -> tuple[str, str]:
    if change.kind is ChangeKind.MOVED:
        return "", ""
    before, after = _said(change.before, language), _said(change.after, language)
    return ("", after) if before == after else (before, after)


def _said(value: Any, language: str) -> str:
    if isinstance(value, Text):
        return value.in_(language)
    if isinstance(value, Requirement):
        return value.text.in_(language)
    if isinstance(value, FeeLine):
        amount = value.formula.in_(language) if value.amount is None else money(value.amount)
        return f"{value.label.in_(language)}: {amount}"
    if isinstance(value, Fee):
        return cost(value)
    if isinstance(value, PromisedTime):
        return promise(value)
    return ""
