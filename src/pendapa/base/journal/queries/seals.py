"""Whether the journal is still what it was when it was sealed."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from hashlib import sha256
from itertools import islice
from typing import Literal, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from pendapa.base.journal.models import Entry, Seal
from pendapa.base.journal.queries.health import partitions
from pendapa.base.journal.queries.reading import AFTER, READABLE
from pendapa.base.journal.rules import Position, month_of, partition_of
from pendapa.base.secrets import keyed_hash

LEAF = 8  # bytes of an entry's hash that a seal keeps; the digest covers all 32
MONTH_DROPPED = "journal.month_dropped"
_SEALS_AT_ONCE = 50
_MOST_ADDED = 1000  # entries smuggled into one seal that are looked at

# jsonb has one spelling for one value, and moments are counted in microseconds: the hash does not depend on the
# session's time zone or on the program that wrote the entry, and survives dump and restore.
_HASH = """
sha256(convert_to(jsonb_build_array(
    id, era, xid::text, extract(epoch FROM written_at) * 1000000, extract(epoch FROM at) * 1000000,
    mall, actor, verb, subject, data)::text, 'UTF8'))
"""
# `xid_text` has a name of its own: ORDER BY xid would otherwise sort the text.
_SELECT = f"""
SELECT era, xid::text AS xid_text, id, written_at, {_HASH}
FROM journal_entry
WHERE {AFTER}
"""  # noqa: S608 - made of constants
_NEXT = f"{_SELECT} AND {READABLE} ORDER BY era, xid, id LIMIT %s"
_UNTIL = f"{_SELECT} AND (era, xid, id) <= (%s, %s::xid8, %s) ORDER BY era, xid, id LIMIT %s"


class Leaf(NamedTuple):
    """An entry as a seal sees it."""

    position: Position
    written_at: datetime
    hash: bytes


@dataclass(frozen=True)
class Finding:
    """What is wrong with the sealed journal. `seal` is the seal's number, `entry` the entry's id where there is one.

    `dropped` is no damage: a month was removed on purpose, its entries cannot be checked any more and the chain holds.
    """

    kind: Literal["changed", "removed", "added", "seal", "seal-missing", "month-missing", "dropped"]
    seal: int
    sentence: str
    entry: UUID | None = None

    @property
    def is_damage(self) -> bool:
        return self.kind != "dropped"


def sealed_until() -> Position:
    """The position of the last sealed entry."""
    seal = Seal.objects.order_by("-seq").first()
    return seal.last if seal else Position.before_everything()


def unsealed_leaves(after: Position, limit: int) -> list[Leaf]:
    """The next entries that can be sealed: nothing can come between them any more."""
    return _leaves(_NEXT, [after.era, str(after.xid), after.id, limit])


def digest_of(leaves: list[Leaf]) -> str:
    """One hash over the whole hashes of a run of entries."""
    return sha256(b"".join(leaf.hash for leaf in leaves)).hexdigest()


def chained(seal: Seal, previous: str) -> str:
    """The chain value that a seal must have after the one before it."""
    return keyed_hash(f"{previous}\x00{seal.content()}", purpose="journal-seal")


def verify(most: int = 1000) -> list[Finding]:
    """Check every seal and every sealed entry, and name what was changed, removed or added since.

    Stops after so many findings: then something larger is wrong.

    Reads a seal's run of entries at a time, so memory stays small whatever the size of the journal. What cannot be
    found: changes to entries that are not sealed yet, and the removal of the newest seals together with all of
    their entries; the log has a line for each seal to compare with.
    """
    return list(islice(_findings(), most))


def _findings() -> Iterator[Finding]:
    existing = partitions()
    dropped_until = _dropped_until()
    before, chain, seq, told = Position.before_everything(), "", 0, set[date]()
    for seal in Seal.objects.order_by("seq").iterator(chunk_size=_SEALS_AT_ONCE):
        if seal.seq != seq + 1:
            yield Finding(
                "seal-missing",
                seq + 1,
                _("Seals %(first)d to %(last)d are gone.") % {"first": seq + 1, "last": seal.seq - 1},
            )
            before = seal.first
        elif not hmac.compare_digest(chained(seal, chain), seal.chain):
            yield Finding(
                "seal",
                seal.seq,
                _("Seal %(seal)d was changed or does not follow the one before it.") % {"seal": seal.seq},
            )
        found = _run(before if seal.seq == seq + 1 else None, seal)
        if not found and partition_of(seal.month) not in existing:
            if seal.month not in told:
                told.add(seal.month)
                yield _missing_month(seal, dropped_until)
        elif digest_of(found) != seal.digest:
            yield from _differences(seal, found)
        before, chain, seq = seal.last, seal.chain, seal.seq


def _run(before: Position | None, seal: Seal) -> list[Leaf]:
    """The entries there are in a seal's run. After a gap in the seals the run starts with its first entry."""
    start = before or Position(seal.first.era, seal.first.xid, UUID(int=max(seal.first.id.int - 1, 0)))
    return _leaves(
        _UNTIL,
        [
            start.era,
            str(start.xid),
            start.id,
            seal.last.era,
            str(seal.last.xid),
            seal.last.id,
            seal.count + _MOST_ADDED,
        ],
    )


def _missing_month(seal: Seal, dropped_until: date | None) -> Finding:
    month = f"{seal.month:%Y-%m}"
    if dropped_until is not None and seal.month <= dropped_until:
        return Finding(
            "dropped",
            seal.seq,
            _("The entries of %(month)s were dropped on purpose; the seals hold.") % {"month": month},
        )
    return Finding(
        "month-missing", seal.seq, _("The entries of %(month)s are gone and nobody dropped them.") % {"month": month}
    )


def _differences(seal: Seal, found: list[Leaf]) -> Iterator[Finding]:
    """Compare what a seal remembers with what is there, and name each entry that differs."""
    packed = bytes(seal.leaves)
    sealed = [packed[start : start + LEAF] for start in range(0, len(packed), LEAF)]
    actual = [leaf.hash[:LEAF] for leaf in found]
    clean = True
    for kind, i, k, j, m in SequenceMatcher(None, sealed, actual, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        clean = False
        pairs = min(k - i, m - j) if kind == "replace" else 0
        for leaf in found[j : j + pairs]:
            yield _about(seal, leaf, "changed", _("Entry %(entry)s was changed after it was sealed (seal %(seal)d)."))
        for leaf in found[j + pairs : m]:
            yield _about(seal, leaf, "added", _("Entry %(entry)s was added after its time was sealed (seal %(seal)d)."))
        for place in range(i + pairs, k):
            yield _removed(seal, found, place, j + pairs)
    if clean:
        yield Finding("seal", seal.seq, _("Seal %(seal)d does not fit its entries.") % {"seal": seal.seq})


def _about(seal: Seal, leaf: Leaf, kind: Literal["changed", "added"], sentence: str) -> Finding:
    return Finding(kind, seal.seq, sentence % {"entry": leaf.position.id, "seal": seal.seq}, leaf.position.id)


def _removed(seal: Seal, found: list[Leaf], place: int, gap: int) -> Finding:
    """A removed entry has no name any more; its neighbours and its place in the seal tell where it stood."""
    entry = seal.first.id if place == 0 else seal.last.id if place == seal.count - 1 else None
    facts = {"place": place + 1, "count": seal.count, "seal": seal.seq, "entry": entry}
    if entry is not None:
        sentence = _("Entry %(entry)s, number %(place)d of %(count)d in seal %(seal)d, was removed.")
    elif 0 < gap <= len(found):
        facts["before"] = found[gap - 1].position.id
        sentence = _("An entry was removed: number %(place)d of %(count)d in seal %(seal)d, after entry %(before)s.")
    else:
        sentence = _("An entry was removed: number %(place)d of %(count)d in seal %(seal)d.")
    return Finding("removed", seal.seq, sentence % facts, entry)


def _dropped_until() -> date | None:
    """The newest month that an act of ours dropped; older ones went before it."""
    months = Entry.objects.filter(subject="journal", verb=MONTH_DROPPED).values_list("data__month", flat=True)
    return max(map(date.fromisoformat, months), default=None)


def _leaves(sql: str, parameters: list[int | str | UUID]) -> list[Leaf]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [
            Leaf(Position(era, int(xid), entry), written_at, bytes(hash_))
            for era, xid, entry, written_at, hash_ in cursor.fetchall()
        ]


def same_month(leaves: list[Leaf]) -> list[Leaf]:
    """The leading entries that were written in one month: a seal never spans two partitions."""
    month = month_of(leaves[0].written_at)
    return leaves[: next((n for n, leaf in enumerate(leaves) if month_of(leaf.written_at) != month), len(leaves))]
