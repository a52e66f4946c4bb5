"""What the hall does, by noun: numbers, what happens at counters, counters themselves, days."""

from pendapa.operations.queueing.actions.counters import (
    CounterOccupied,
    close_counter,
    open_counter,
    pause_counter,
    unpause_counter,
)
from pendapa.operations.queueing.actions.days import (
    close_day,
    close_finished_days,
    open_days,
    recount_allowance,
    settle_visits,
)
from pendapa.operations.queueing.actions.issuing import Issued, UnknownService, issue_ticket
from pendapa.operations.queueing.actions.tickets import (
    arrive,
    call_next,
    cancel,
    finish,
    hold,
    no_show,
    recall,
    resume,
    return_to_queue,
    start,
    transfer,
    undo,
)

__all__ = [
    "CounterOccupied",
    "Issued",
    "UnknownService",
    "arrive",
    "call_next",
    "cancel",
    "close_counter",
    "close_day",
    "close_finished_days",
    "finish",
    "hold",
    "issue_ticket",
    "no_show",
    "open_counter",
    "open_days",
    "pause_counter",
    "recall",
    "recount_allowance",
    "resume",
    "return_to_queue",
    "settle_visits",
    "start",
    "transfer",
    "undo",
    "unpause_counter",
]
