"""What the API answers with: the shapes that stand in its description, and how each is made from what we keep.

Moments are ISO 8601 with their offset. Names of people never appear.
"""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Counter, Mall
from pendapa.operations.queueing.actions import Issued
from pendapa.operations.queueing.models import CounterState, CounterStatus, Ticket
from pendapa.operations.queueing.queries import QueueNow
from pendapa.operations.queueing.rules import State
from pendapa.web.ui import tickets
from pendapa.web.ui.tickets import iso

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Next = Annotated[str | None, Field(description="the address of the next page; null on the last one")]


class MallObject(Schema):
    """A public service mall. `code` names it in addresses; `live` is where its streams come from."""

    code: str
    name: str
    address: str
    time_zone: str
    live: str


class Malls(Schema):
    """Malls by name."""

    items: list[MallObject]
    next: Next


class ServiceObject(Schema):
    """A public service of a mall. `queue` is the prefix of the queue that takes it; null: no numbers are given."""

    slug: str
    name: str
    agency: str
    queue: str | None


class Services(Schema):
    """Public services by agency and name."""

    items: list[ServiceObject]
    next: Next


class QueueObject(Schema):
    """A queue now: people in the hall, people on their way, whether it gives numbers and until when today."""

    prefix: str
    name: str
    agency: str
    zone: str
    waiting: int
    remote: int
    gives_numbers: bool
    is_full: bool
    numbers_until: Moment | None


class Queues(Schema):
    """Queues by prefix. `now` is the mall's time."""

    items: list[QueueObject]
    next: Next
    now: Moment


class BoardCall(Schema):
    """A number on the board and where it should go."""

    label: str
    counter: int | None
    zone: str | None
    agency: str
    state: State
    calls: int
    called_at: Moment | None


class BoardQueue(Schema):
    """How many wait in a queue."""

    prefix: str
    name: str
    agency: str
    waiting: int
    is_open: bool


class Board(Schema):
    """The public board, as the stream also sends it: who should come, who is there, who was called before."""

    mall: str
    date: Annotated[str, Field(json_schema_extra={"format": "date"})]
    called: list[BoardCall]
    serving: list[BoardCall]
    recent: list[BoardCall]
    queues: list[BoardQueue]
    now: Moment


class IssuedQueue(Schema):
    """The queue of a number that was just given."""

    prefix: str


class IssuedTicket(Schema):
    """A number as it was given. `code` opens it, `visit` is the code in the visitor's QR: keep both secret."""

    code: str
    label: str
    state: State
    queue: IssuedQueue
    ahead: int = Field(description="people in line before it, counted up to 1,000")
    visit: str


class TicketQueue(Schema):
    """The queue of a number."""

    prefix: str
    name: str
    agency: str


class TicketService(Schema):
    """What a number was taken for."""

    slug: str
    name: str


class Links(Schema):
    """What can be opened and done next; null where the number's state does not allow it."""

    self: str
    page: str
    cancel: str | None
    arrive: str | None


class TicketObject(Schema):
    """A number. `counter` and `zone` say where to go once it is called; `returns_until` ends a missed one's grace."""

    code: str
    label: str
    state: State
    state_name: str = Field(description="the state in words, in the language of the request")
    queue: TicketQueue
    service: TicketService
    ahead: int = Field(description="people in line before it; 0 once it is called")
    counter: int | None
    zone: str | None
    called_at: Moment | None
    returns_until: Moment | None
    visit: str
    mall: str
    is_priority: bool
    links: Links


class TicketNow(TicketObject):
    """A number with the mall's time. `moved_from`: the code that was asked for, when a transfer replaced it."""

    now: Moment
    moved_from: str | None


class CounterTicket(Schema):
    """Whom a counter has called or is serving. `code` is given to the officer at that counter only."""

    label: str
    state: State
    code: str | None


class CounterObject(Schema):
    """A counter. `is_yours`: the caller sits there."""

    number: int
    zone: str
    agency: str
    state: CounterState
    since: Moment | None
    is_yours: bool
    ticket: CounterTicket | None


class Counters(Schema):
    """Counters by number."""

    items: list[CounterObject]
    next: Next


def mall_object(mall: Mall, *, live: str) -> MallObject:
    return MallObject(code=mall.code, name=mall.name, address=mall.address, time_zone=mall.time_zone, live=live)


def service_object(service: PublicService) -> ServiceObject:
    """A service, whose `queues` were fetched with it; at most one takes it."""
    queue = next(iter(service.queues.all()), None)
    return ServiceObject(
        slug=service.slug,
        name=service.name,
        agency=service.agency.short_name,
        queue=queue.prefix if queue else None,
    )


def queue_object(now: QueueNow) -> QueueObject:
    queue = now.queue
    return QueueObject(
        prefix=queue.prefix,
        name=queue.name,
        agency=queue.agency.short_name,
        zone=queue.zone.code,
        waiting=now.waiting,
        remote=now.remote,
        gives_numbers=now.gives_numbers,
        is_full=now.is_full,
        numbers_until=iso(now.numbers_until),
    )


def issued_ticket(issued: Issued) -> IssuedTicket:
    """The number, without a second look: its label begins with the prefix of its queue."""
    return IssuedTicket.model_construct(
        code=issued.code,
        label=issued.label,
        state=State(issued.state),
        queue=IssuedQueue.model_construct(prefix=issued.label.partition("-")[0]),
        ahead=issued.ahead,
        visit=issued.visit,
    )


def ticket_object(ticket: Ticket, *, ahead: int) -> TicketObject:
    """A number as an act left it, held against its description."""
    return TicketObject(**tickets.ticket_object(ticket, ahead=ahead))


def opened_ticket(ticket: Ticket, *, asked: str, ahead: int, now: datetime) -> TicketNow:
    """The number that a code opens, as its stream also sends it, held against its description."""
    return TicketNow(**tickets.opened_ticket(ticket, asked=asked, ahead=ahead), now=now.isoformat())


def counter_object(
    counter: Counter, *, status: CounterStatus | None, ticket: Ticket | None, asker: int
) -> CounterObject:
    is_yours = status is not None and status.officer_id == asker
    return CounterObject(
        number=counter.number,
        zone=counter.zone.code,
        agency=counter.agency.short_name,
        state=CounterState(status.state) if status else CounterState.CLOSED,
        since=iso(status.since) if status else None,
        is_yours=is_yours,
        ticket=CounterTicket(label=ticket.label, state=State(ticket.state), code=ticket.code if is_yours else None)
        if ticket
        else None,
    )
