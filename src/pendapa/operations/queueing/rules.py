"""The life of a number: states, the acts that lead from one to the next, and the order of a queue."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

UNDO_FOR = timedelta(seconds=30)
HEAD_START = timedelta(minutes=15)  # of a priority visitor, while no wait is forecast
NUMBER_DIGITS = 3

# Numbers that one person may hold from afar at a time, by what identifies them: many people share an address.
REMOTE_LIMITS = {"cookie": 3, "address": 30}


class State(StrEnum):
    """Where a ticket is; the screen's words for it stand in `models.STATE_NAMES`."""

    REMOTE = "remote"
    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    HELD = "held"
    SERVED = "served"
    NO_SHOW = "no_show"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


ACTIVE = (State.CALLED, State.SERVING)  # somebody stands, or should stand, at a counter
IN_LINE = (State.REMOTE, State.WAITING)
OPEN = (*IN_LINE, *ACTIVE, State.HELD)
ENDED = (State.SERVED, State.NO_SHOW, State.TRANSFERRED, State.CANCELLED, State.EXPIRED)


class Act(StrEnum):
    """What can be done with a ticket."""

    ARRIVE = "arrive"
    CALL = "call"
    RECALL = "recall"
    START = "start"
    FINISH = "finish"
    NO_SHOW = "no_show"
    RETURN = "return"
    HOLD = "hold"
    RESUME = "resume"
    TRANSFER = "transfer"
    CANCEL = "cancel"
    EXPIRE = "expire"
    RELEASE = "release"


@dataclass(frozen=True)
class Step:
    """One arrow of the diagram: the states an act may start from, the one it leads to, the journal's word."""

    sources: tuple[State, ...]
    target: State
    verb: str
    can_be_undone: bool = False


STEPS: dict[Act, Step] = {
    Act.ARRIVE: Step((State.REMOTE,), State.WAITING, "ticket.arrived"),
    Act.CALL: Step((State.WAITING,), State.CALLED, "ticket.called", can_be_undone=True),
    Act.RECALL: Step((State.CALLED,), State.CALLED, "ticket.recalled"),
    Act.START: Step((State.CALLED,), State.SERVING, "ticket.started", can_be_undone=True),
    Act.FINISH: Step((State.SERVING,), State.SERVED, "ticket.served", can_be_undone=True),
    Act.NO_SHOW: Step((State.CALLED, State.HELD), State.NO_SHOW, "ticket.missed", can_be_undone=True),
    Act.RETURN: Step((State.NO_SHOW,), State.WAITING, "ticket.returned"),
    Act.HOLD: Step((State.CALLED, State.SERVING), State.HELD, "ticket.held", can_be_undone=True),
    Act.RESUME: Step((State.HELD,), State.SERVING, "ticket.resumed", can_be_undone=True),
    Act.TRANSFER: Step(
        (State.CALLED, State.SERVING, State.HELD), State.TRANSFERRED, "ticket.transferred", can_be_undone=True
    ),
    Act.CANCEL: Step((State.REMOTE, State.WAITING, State.CALLED, State.HELD), State.CANCELLED, "ticket.cancelled"),
    Act.EXPIRE: Step((State.REMOTE, State.WAITING, State.HELD), State.EXPIRED, "ticket.expired"),
    Act.RELEASE: Step((State.CALLED, State.SERVING), State.WAITING, "ticket.released"),  # the officer was locked out
}

# What becomes at the end of the day of a number that is still open. Who was being served was served.
AT_END_OF_DAY: dict[State, State] = {
    State.REMOTE: State.EXPIRED,
    State.WAITING: State.EXPIRED,
    State.HELD: State.EXPIRED,
    State.CALLED: State.NO_SHOW,
    State.SERVING: State.SERVED,
}


class Channel(StrEnum):
    """Where a number was taken."""

    KIOSK = "kiosk"
    DESK = "desk"
    HOST = "host"
    PORTAL = "portal"
    API = "api"


IN_THE_HALL = (Channel.KIOSK, Channel.DESK, Channel.HOST)


def may_follow(act: Act, state: State) -> bool:
    """Whether an act may be done to a ticket in a state."""
    return state in STEPS[act].sources


def label(prefix: str, number: int) -> str:
    """What is called out and shown: at least three digits, growing past 999.

    >>> label("A", 7), label("AB", 1234)
    ('A-007', 'AB-1234')
    """
    return f"{prefix}-{number:0{NUMBER_DIGITS}d}"


def head_start(expected_wait: timedelta | None) -> timedelta:
    """How much earlier than their issue priority visitors count as waiting (architecture 3.3).

    Half the expected wait, at least 15 minutes; the ratio of calls bounds what others lose by it
    (UU 25/2009 Art. 29 asks for special treatment, the reference for a bound of one call in two).
    """
    return max(HEAD_START, (expected_wait or timedelta()) / 2)


def may_be_undone(act: Act, done_at: datetime, at: datetime) -> bool:
    """Whether a wrong click may still be taken back."""
    return STEPS[act].can_be_undone and timedelta() <= at - done_at <= UNDO_FOR


class PriorityReason(StrEnum):
    """Why somebody goes first; declared by the visitor, no proof asked (reference 3.3)."""

    DISABILITY = "DISABILITAS"
    ELDERLY = "LANSIA"
    PREGNANT = "HAMIL"
    NURSING = "MENYUSUI"
    WITH_TODDLER = "MEMBAWA_BALITA"
    DISASTER_VICTIM = "KORBAN_BENCANA"
    ILL = "SAKIT"
    OTHER = "LAINNYA"
