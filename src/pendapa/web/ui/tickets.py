"""A number as programs read it: the one object that the API answers with and the streams send.

Labels, counters and moments (ISO 8601 with their offset), never names of people. The API's description of it is
`TicketObject` of `pendapa.web.api.objects`.
"""

from datetime import datetime
from typing import Any

from pendapa.operations.queueing.models import Ticket
from pendapa.operations.queueing.rules import Act

API = "/api/v1"


def ticket_object(ticket: Ticket, *, ahead: int) -> dict[str, Any]:
    """A number with what can be done with it, in the language that is active; of a ticket that was read whole."""
    queue, counter, here = ticket.queue, ticket.counter, f"{API}/tickets/{ticket.code}"
    return {
        "code": ticket.code,
        "label": ticket.label,
        "state": ticket.state,
        "state_name": ticket.state_name,
        "queue": {"prefix": queue.prefix, "name": queue.name, "agency": queue.agency.short_name},
        "service": {"slug": ticket.service.slug, "name": ticket.service.name},
        "ahead": ahead,
        "counter": counter.number if counter else None,
        "zone": counter.zone.code if counter else None,
        "called_at": iso(ticket.last_called_at),
        "returns_until": iso(ticket.returns_until),
        "visit": ticket.visit.code,
        "mall": queue.mall.code,
        "is_priority": ticket.priority,
        "links": {
            "self": here,
            "page": f"/t/{ticket.code}/",
            "cancel": f"{here}/cancel" if ticket.may(Act.CANCEL) else None,
            "arrive": f"{here}/arrive" if ticket.may(Act.ARRIVE) else None,
        },
    }


def opened_ticket(ticket: Ticket, *, asked: str, ahead: int) -> dict[str, Any]:
    """The number that a code opens. `moved_from` is the code that was asked for, when a transfer replaced it."""
    return {**ticket_object(ticket, ahead=ahead), "moved_from": asked if asked != ticket.code else None}


def iso(moment: datetime | None) -> str | None:
    """A moment as text, with its offset."""
    return moment.isoformat() if moment else None
