"""Writing the journal, passing it on, sealing it, and keeping its eras and months."""

from pendapa.base.journal.actions import relay
from pendapa.base.journal.actions.eras import open_era
from pendapa.base.journal.actions.partitions import MonthStillNeeded, drop_month, ensure_partitions
from pendapa.base.journal.actions.recording import OutsideTransaction, record
from pendapa.base.journal.actions.relay import relay_once, run_relay
from pendapa.base.journal.actions.sealing import seal_once
from pendapa.base.journal.rules import actor

__all__ = [
    "MonthStillNeeded",
    "OutsideTransaction",
    "actor",
    "drop_month",
    "ensure_partitions",
    "open_era",
    "record",
    "relay",
    "relay_once",
    "run_relay",
    "seal_once",
]
