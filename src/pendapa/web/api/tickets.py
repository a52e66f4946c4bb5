"""Numbers: taking one, and what its holder may do with it by its unguessable code."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from pendapa.base import clock, codes
from pendapa.directory.accounts.models import Device, User
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.models import Ticket
from pendapa.operations.queueing.rules import Channel, PriorityReason
from pendapa.web.api import answers, bearers, objects
from pendapa.web.api.objects import IssuedTicket, TicketNow, TicketObject
from pendapa.web.api.problems import Malformed, mistake
from pendapa.web.ui.callers import caller_by_address
from pendapa.web.ui.tickets import API

router = Router(tags=["anyone"])

_KEY = re.compile(r"[\x21-\x7e]{1,255}")  # what a header can carry without being understood in two ways
KEY_PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this request: sent again with the same body it finds the first answer.",
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]+$", "minLength": 1, "maxLength": 255},
}

Slug = Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]+$", max_length=80)]


class TakeNumber(Schema):
    """What is needed to take a number. `priority` is declared, no proof is asked; `visit` adds it to a visit."""

    model_config = ConfigDict(extra="forbid")

    service: Slug = Field(description="the slug of the public service")
    priority: PriorityReason | None = None
    visit: Annotated[str, Field(max_length=100)] | None = Field(None, description="the code of a visit that is open")


@router.post("/malls/{slug:mall}/tickets", response={201: IssuedTicket}, openapi_extra={"parameters": [KEY_PARAMETER]})
def take_ticket(request: HttpRequest, mall: str, wanted: TakeNumber) -> HttpResponse:
    """Take the next number for a public service.

    Without a token the number is from afar and counts against the address; a kiosk's token gives it in the hall,
    an officer's or host's at the desk. This is the measured path: one statement, two with a token.
    """
    bearer = bearers.bearer(request, mall=mall, service=wanted.service)
    try:
        issued = actions.issue_ticket(
            mall=mall,
            service=wanted.service,
            channel=bearer.channel(mall) if bearer else Channel.API,
            by=bearer.actor if bearer else None,
            caller="" if bearer else caller_by_address(request),
            key=_key(request),
            priority_reason=wanted.priority,
            visit=wanted.visit or None,
        )
    except codes.BadCode as refusal:
        raise Malformed([mistake("body", "#/visit", refusal.sentence)]) from refusal
    response = answers.sent(objects.issued_ticket(issued), status=201)
    response["Location"] = f"{API}/tickets/{issued.code}"
    if not issued.is_new:
        response["Idempotent-Replayed"] = "true"
    return response


@router.get("/tickets/{code}", response=TicketNow)
def show_ticket(request: HttpRequest, code: str) -> HttpResponse:
    """A number by its code, however it was typed. The code of a transferred number leads on to its successor."""
    bearers.bearer(request)
    asked, ticket = _opened_by(code)
    shown = objects.opened_ticket(ticket, asked=asked, ahead=queries.ahead_of(ticket), now=clock.now())
    return answers.read(request, shown, keep=answers.FOR_ONE)


@router.post("/tickets/{code}/cancel", response=TicketObject)
def cancel_ticket(request: HttpRequest, code: str) -> HttpResponse:
    """Give a number up that is no longer needed. Sent again, it changes nothing."""
    return _act(request, code, actions.cancel)


@router.post("/tickets/{code}/arrive", response=TicketObject)
def arrive(request: HttpRequest, code: str) -> HttpResponse:
    """Say that the visitor is in the hall: every number of their visit that was taken from afar may now be called."""
    return _act(request, code, actions.arrive)


def _act(request: HttpRequest, code: str, act: Callable[..., Ticket]) -> HttpResponse:
    bearer = bearers.bearer(request)
    _asked, ticket = _opened_by(code)
    by: User | Device | None = bearer.actor if bearer else None
    return acted(act(ticket=ticket, by=by, at=clock.now()))


def acted(ticket: Ticket) -> HttpResponse:
    """A number as an act left it."""
    ticket = queries.ticket(ticket.pk)
    return answers.sent(objects.ticket_object(ticket, ahead=queries.ahead_of(ticket)))


def _opened_by(code: str) -> tuple[str, Ticket]:
    asked = canonical(code)
    ticket = queries.ticket_by_code(asked)
    if ticket is None:
        raise bearers.nothing_here()
    return asked, ticket


def canonical(code: str) -> str:
    """The code that was meant. A code that cannot be one names nothing, so the sentence of `BadCode` comes as a 404."""
    try:
        return codes.normalise(code)
    except codes.BadCode as refusal:
        raise bearers.NotFound(refusal.sentence) from refusal


def _key(request: HttpRequest) -> str | None:
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not _KEY.fullmatch(key):
        sentence = _("This must be 1 to 255 letters, digits and signs, without blanks.")
        raise Malformed([mistake("header", "Idempotency-Key", sentence)])
    return key
