"""What happens at counters. Only for people whose role serves the number's agency at this mall."""

from typing import Annotated

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.accounts.models import User
from pendapa.directory.accounts.rules import Act
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Counter, CounterShare
from pendapa.directory.malls.queries import agencies_at
from pendapa.operations.queueing import actions, rules
from pendapa.operations.queueing.models import CounterStatus, Ticket
from pendapa.web.api import answers, bearers, objects, paging
from pendapa.web.api.objects import Counters, TicketObject
from pendapa.web.api.tickets import Slug, acted, canonical

router = Router(tags=["staff"])

Number = Annotated[int, Field(ge=1, le=32767)]

_SHARES = CounterShare.objects.filter(counter=OuterRef("pk"))


class NotSeated(Refused):
    """The officer sits at no counter of this mall, so nobody can be served there."""


class Transfer(Schema):
    """Where a visitor goes on to."""

    model_config = ConfigDict(extra="forbid")

    service: Slug = Field(description="the slug of the public service whose queue takes over")


class Undo(Schema):
    """The act that the caller means to take back, as it stands before them."""

    model_config = ConfigDict(extra="forbid")

    act: rules.Act | None = Field(None, description="if another act was the last one, nothing is taken back")


@router.get("/malls/{slug:mall}/counters", response=Counters)
def list_counters(
    request: HttpRequest, mall: str, limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None
) -> HttpResponse:
    """The counters of a mall, by number: those of the caller's agency, or all for who is bound to none."""
    bearer = bearers.staff(request)
    agencies = bearer.agencies(Act.SERVE, Act.RECEIVE, Act.OPERATE, mall=mall)
    counters = Counter.objects.filter(mall__code=mall).select_related("zone", "agency")
    if agencies is not None:
        counters = counters.filter(Q(agency__in=agencies) | Q(shares__agency__in=agencies)).distinct()
    rows, following = paging.page(request, counters, keys={"number": int}, cursor=cursor, limit=limit)
    statuses = {status.counter_id: status for status in CounterStatus.objects.filter(counter__in=rows)}
    active = {ticket.counter_id: ticket for ticket in Ticket.objects.filter(counter__in=rows, state__in=rules.ACTIVE)}
    items = [
        objects.counter_object(
            counter, status=statuses.get(counter.pk), ticket=active.get(counter.pk), asker=bearer.user.pk
        )
        for counter in rows
    ]
    return answers.read(request, Counters(items=items, next=following), keep=answers.FOR_ONE)


@router.post("/malls/{slug:mall}/counters/{number}/call-next", response={200: TicketObject, 204: None})
def call_next(request: HttpRequest, mall: str, number: Number) -> HttpResponse:
    """Call whoever is due next to a counter; 204 when nobody waits. Sent again, it finds the open call.

    The officer sits down at the counter if it is free.
    """
    bearer = bearers.staff(request)
    counters = Counter.objects.select_related("mall").annotate(is_shared=Exists(_SHARES))
    counter = counters.filter(mall__code=mall, number=number).first()
    if counter is None:
        raise bearers.nothing_here()
    at = clock.now()
    holders = agencies_at(counter, at) if counter.is_shared else frozenset({counter.agency_id})
    bearer.insist(Act.SERVE, mall=mall, agency=bearer.one_of(holders))
    ticket = actions.call_next(counter=counter, by=bearer.user, at=at)
    return acted(ticket) if ticket else HttpResponse(status=204)


@router.post("/malls/{slug:mall}/tickets/{code}/recall", response=TicketObject)
def recall(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """Call somebody once more who has not come."""
    ticket, officer = _for_officer(request, mall, code)
    return acted(actions.recall(ticket=ticket, by=officer, at=clock.now()))


@router.post("/malls/{slug:mall}/tickets/{code}/start", response=TicketObject)
def start(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """The visitor is at the counter: service begins."""
    ticket, officer = _for_officer(request, mall, code)
    return acted(actions.start(ticket=ticket, by=officer, at=clock.now()))


@router.post("/malls/{slug:mall}/tickets/{code}/finish", response=TicketObject)
def finish(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """The visitor was served: the counter is free."""
    ticket, officer = _for_officer(request, mall, code)
    return acted(actions.finish(ticket=ticket, by=officer, at=clock.now()))


@router.post("/malls/{slug:mall}/tickets/{code}/no-show", response=TicketObject)
def no_show(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """The visitor did not come. The place is kept until `returns_until`."""
    ticket, officer = _for_officer(request, mall, code)
    return acted(actions.no_show(ticket=ticket, by=officer, at=clock.now()))


@router.post("/malls/{slug:mall}/tickets/{code}/hold", response=TicketObject)
def hold(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """Let the visitor step aside for a while; the counter may call others."""
    ticket, officer = _for_officer(request, mall, code)
    return acted(actions.hold(ticket=ticket, by=officer, at=clock.now()))


@router.post("/malls/{slug:mall}/tickets/{code}/resume", response=TicketObject)
def resume(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """Go on with a visitor who stepped aside, at the counter where the officer sits."""
    ticket, officer = _for_officer(request, mall, code)
    seat = CounterStatus.objects.select_related("counter").filter(officer=officer, counter__mall__code=mall).first()
    if seat is None:
        raise NotSeated(_("You sit at no counter here. Please open one first."))
    return acted(actions.resume(ticket=ticket, counter=seat.counter, by=officer, at=clock.now()))


@router.post("/malls/{slug:mall}/tickets/{code}/return", response=TicketObject)
def return_to_queue(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """Give somebody who missed the call their old place back, once, within the grace time. Hosts may do it too."""
    ticket, officer = _for_officer(request, mall, code, act=Act.RECEIVE)
    return acted(actions.return_to_queue(ticket=ticket, by=officer, at=clock.now()))


@router.post("/malls/{slug:mall}/tickets/{code}/transfer", response=TicketObject)
def transfer(request: HttpRequest, mall: str, code: str, target: Transfer) -> HttpResponse:
    """Send a visitor on to the queue of another service. The answer is the successor, with the same label and place.

    Sent again, it finds that successor; the old code leads on to it.
    """
    ticket, officer = _for_officer(request, mall, code)
    service = PublicService.objects.filter(mall__code=mall, slug=target.service).first()
    if service is None:
        raise bearers.NotFound(_("This service is not offered here."))
    return acted(actions.transfer(ticket=ticket, service=service, by=officer, at=clock.now()))


@router.post("/malls/{slug:mall}/tickets/{code}/undo", response=TicketObject)
def undo(request: HttpRequest, mall: str, code: str, shown: Undo | None = None) -> HttpResponse:
    """Take back the officer's own last act on a number, within 30 seconds and if nothing followed it.

    Name the act in the body, so that a repeated call never takes back an earlier one.
    """
    ticket, officer = _for_officer(request, mall, code)
    return acted(actions.undo(ticket=ticket, by=officer, at=clock.now(), act=shown.act if shown else None))


def _for_officer(request: HttpRequest, mall: str, code: str, *, act: Act = Act.SERVE) -> tuple[Ticket, User]:
    """The very number of a code, and the person who may act on it; a transferred one is not followed.

    Two statements, whatever the roles. Raises `TokenNeeded`, `TokenWrong`, `NotAllowed`, `NotFound`.
    """
    bearer = bearers.staff(request)
    ticket = (
        Ticket.objects.select_related("day__queue").filter(code=canonical(code), day__queue__mall__code=mall).first()
    )
    if ticket is None:
        raise bearers.nothing_here()
    bearer.insist(act, mall=mall, agency=ticket.queue.agency_id)
    return ticket, bearer.user
