"""What streams can follow, its last known state, and the changes that led there."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pendapa.web.live import frames

if TYPE_CHECKING:
    from pendapa.web.live.streams import Stream

KEPT = {"board": 64, "ticket": 4}  # changes a topic remembers for those who come back or fall behind


class Key(NamedTuple):
    """One address of a stream: the board of a mall, or a ticket by its code in a language."""

    kind: Literal["board", "ticket"]
    name: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A state as it was read. Entries of the journal that name its mall, or its queue if it has one, touch it."""

    state: dict[str, Any]
    mall: int
    queue: int | None = None


class Change(NamedTuple):
    """A change as everybody gets it, and the number of the state it leads to."""

    number: int
    frame: bytes


class Topic:
    """One state and everybody who follows it.

    A stream remembers only the number of the state it has shown; the changes after it are kept here once for all.
    So a slow reader costs nothing more, and one that falls too far behind gets the whole state instead.
    """

    __slots__ = ("before", "changes", "fields", "key", "left_at", "mall", "mark", "number", "queue", "ready", "streams")

    def __init__(self, key: Key, ready: "asyncio.Future[bool | None]") -> None:
        self.key = key
        self.ready = ready  # True: read; False: no such board or ticket; None: nobody can tell now
        self.streams: set[Stream] = set()
        self.left_at: float | None = None  # loop time since which nobody follows it
        self.mall: int | None = None
        self.queue: int | None = None
        self.fields: frames.Fields | None = None  # None: not read yet
        self.number = 0
        self.before = 0  # the state that the first kept change started from
        self.mark = ""  # the id of the last event
        self.changes: deque[Change] = deque(maxlen=KEPT[key.kind])

    def take(self, found: Found, *, number: int, mark: str, now: str) -> bool:
        """Take over a state that was read; True if it differs from the last one (the first one differs from nothing).

        Numbers grow over all topics of a process and are never used again.
        """
        self.mall, self.queue = found.mall, found.queue
        fields = frames.fields_of(found.state)
        if self.fields is None:
            self.fields, self.number, self.before, self.mark = fields, number, number, mark
            return False
        difference = frames.changed(self.fields, fields)
        if not difference:
            return False
        if len(self.changes) == self.changes.maxlen:
            self.before = self.changes[0].number
        self.changes.append(Change(number, frames.event("change", difference, now=now, mark=mark)))
        self.fields, self.number, self.mark = fields, number, mark
        return True

    def snapshot(self, now: str) -> bytes:
        """The whole state as the event that a stream begins with."""
        return frames.event("snapshot", self.fields or {}, now=now, mark=self.mark)

    def since(self, number: int) -> bytes | None:
        """The changes after a state, oldest first; None when they are not kept any more (or never were)."""
        if number == self.number:
            return b""
        if number != self.before and all(change.number != number for change in self.changes):
            return None
        return b"".join(change.frame for change in self.changes if change.number > number)
