"""Order, names and months of the journal."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple, Protocol, Self, runtime_checkable
from uuid import UUID

SYSTEM = "system"  # the actor of what the installation does by itself
VERB = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")
_LAST_ID = UUID(int=2**128 - 1)


class Position(NamedTuple):
    """A place in the reading order of the journal: era, transaction, entry.

    Readers remember the position of the last entry they have seen. It compares like the index does.
    """

    era: int
    xid: int
    id: UUID

    @classmethod
    def before_everything(cls) -> Self:
        return cls(0, 0, UUID(int=0))

    @classmethod
    def after_transaction(cls, era: int, xid: int) -> Self:
        return cls(era, xid, _LAST_ID)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The position that `str()` wrote (the id of an event in a stream). Raises `ValueError` for anything else."""
        era, xid, entry = text.split(".")
        return cls(int(era), int(xid), UUID(entry))

    def __str__(self) -> str:
        return f"{self.era}.{self.xid}.{self.id.hex}"


@runtime_checkable
class Actor(Protocol):
    """Whoever can act: a user ("user:5"), a device ("device:3")."""

    @property
    def actor_name(self) -> str: ...


def actor(by: Actor | str | None) -> str:
    """How the journal names who acts: by id, never by a person's name. Nobody is the system itself."""
    if by is None:
        return SYSTEM
    return by if isinstance(by, str) else by.actor_name


def month_of(moment: datetime) -> date:
    """The first day of the month, in UTC, whose partition holds an entry written at that moment."""
    return moment.astimezone(UTC).date().replace(day=1)


def months_from(first: date, further: int) -> Iterator[date]:
    """The month of a date and so many further months, as first days."""
    for count in range(further + 1):
        years, month = divmod(first.year * 12 + first.month - 1 + count, 12)
        yield date(years, month + 1, 1)


def partition_of(month: date) -> str:
    """The table that holds a month's entries."""
    return f"journal_entry_{month:%Y_%m}"
