"""Reading the journal."""

from pendapa.base.journal.queries.health import (
    RelayHealth,
    held_back,
    lag,
    missing_partitions,
    relay_health,
    strayed_entries,
)
from pendapa.base.journal.queries.reading import era_is_open, head, history_of, tail
from pendapa.base.journal.queries.seals import Finding, sealed_until, verify
from pendapa.base.journal.rules import Position

__all__ = [
    "Finding",
    "Position",
    "RelayHealth",
    "era_is_open",
    "head",
    "held_back",
    "history_of",
    "lag",
    "missing_partitions",
    "relay_health",
    "sealed_until",
    "strayed_entries",
    "tail",
    "verify",
]
