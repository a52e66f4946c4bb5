"""What differs between two standards, item by item, for pages that tell staff what changed."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pendapa.directory.catalogue.rules.standard import Fee, FeeLine, Requirement, Standard
from pendapa.directory.catalogue.rules.text import Text

_WORD = re.compile(r"\w+")
_ALIKE = 0.5  # share of common words from which two texts are one text that was rewritten


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # the items stand in another order


@dataclass(frozen=True)
class Change:
    """One difference. `field` is a key of the content ("requirements", "fee.lines"), `before` and `after` the items.

    For what changed, `details` name the parts that differ: "form", "text.en", or a language alone.
    """

    field: str
    kind: ChangeKind
    before: Any = None
    after: Any = None
    details: tuple[str, ...] = ()

    @property
    def component(self) -> str:
        return self.field.partition(".")[0]


def changes(old: Standard, new: Standard) -> tuple[Change, ...]:
    """All differences in the order of the content; none exactly where the two are equal."""
    found: list[Change] = []
    for field in dataclasses.fields(Standard):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after:
            continue
        if isinstance(before, tuple):
            found += _of_lists(field.name, before, after)
        elif isinstance(before, Fee) and isinstance(after, Fee):
            found += _of_fees(before, after)
        else:
            found.append(_of_values(field.name, before, after))
    return tuple(found)


def _of_values(field: str, before: Any, after: Any) -> Change:
    if before is None or (after is not None and not _says_something(before)):
        return Change(field, ChangeKind.ADDED, before, after)
    if after is None or not _says_something(after):
        return Change(field, ChangeKind.REMOVED, before, after)
    return Change(field, ChangeKind.CHANGED, before, after, _details(before, after))


def _of_fees(before: Fee, after: Fee) -> Iterator[Change]:
    details = tuple(name for name in _details(before, after) if name != "lines")
    if details:
        yield Change("fee", ChangeKind.CHANGED, before, after, details)
    yield from _of_lists("fee.lines", before.lines, after.lines)


def _of_lists(field: str, before: Sequence[Any], after: Sequence[Any]) -> list[Change]:
    """Pairs equal items first, then those of one name, then those that say nearly the same; the rest came or went."""
    old, new = dict(enumerate(before)), dict(enumerate(after))
    pairs: list[tuple[int, int]] = []
    for belong in (_are_equal, _are_namesakes, _are_alike):
        for there, one in list(new.items()):
            here = next((here for here, other in old.items() if belong(other, one)), None)
            if here is not None:
                pairs.append((here, there))
                del old[here], new[there]
    pairs.sort(key=lambda pair: pair[1])
    found = [Change(field, ChangeKind.REMOVED, before=one) for one in old.values()]
    found += [
        Change(field, ChangeKind.CHANGED, before[here], after[there], _details(before[here], after[there]))
        for here, there in pairs
        if before[here] != after[there]
    ]
    found += [Change(field, ChangeKind.ADDED, after=one) for one in new.values()]
    places = [here for here, _there in pairs]
    if places != sorted(places):
        found.append(Change(field, ChangeKind.MOVED, tuple(before), tuple(after)))
    return found


def _are_equal(one: Any, other: Any) -> bool:
    return bool(one == other)


def _are_namesakes(one: Any, other: Any) -> bool:
    return _name(one) == _name(other)


def _are_alike(one: Any, other: Any) -> bool:
    mine, theirs = set(_WORD.findall(_name(one))), set(_WORD.findall(_name(other)))
    return len(mine & theirs) > _ALIKE * len(mine | theirs)


def _name(item: Any) -> str:
    """What people would call an item: its Indonesian words."""
    if isinstance(item, Requirement):
        return str(item.text).casefold()
    if isinstance(item, FeeLine):
        return f"{item.label} {item.per}".casefold()
    return str(item).casefold()


def _details(before: Any, after: Any) -> tuple[str, ...]:
    """The names of the parts in which two values of one kind differ."""
    if isinstance(before, Text) and isinstance(after, Text):
        old, new = dict(before.words), dict(after.words)
        return tuple(language for language in dict.fromkeys([*old, *new]) if old.get(language) != new.get(language))
    if not dataclasses.is_dataclass(before) or type(before) is not type(after):
        return ()
    names: list[str] = []
    for field in dataclasses.fields(before):
        one, other = getattr(before, field.name), getattr(after, field.name)
        if isinstance(one, Text) and isinstance(other, Text):
            names += [f"{field.name}.{language}" for language in _details(one, other)]
        elif one != other:
            names.append(field.name)
    return tuple(names)


def _says_something(value: Any) -> bool:
    return value not in ("", Text())
