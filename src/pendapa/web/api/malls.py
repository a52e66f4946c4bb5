"""What anyone may ask about a mall: its services, its queues now, its board."""

from datetime import datetime
from typing import Annotated

from django.conf import settings
from django.db.models import DateTimeField, Func
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from pendapa.base import clock
from pendapa.directory.catalogue import finding
from pendapa.directory.catalogue.queries import services_of
from pendapa.directory.catalogue.rules import FIRST_LANGUAGE
from pendapa.directory.malls import queries as places
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing import queries
from pendapa.web.api import answers, bearers, objects, paging
from pendapa.web.api.objects import Board, MallObject, Malls, Queues, Services
from pendapa.web.ui.snapshots import one_snapshot

router = Router(tags=["anyone"])

MOST_FOUND = 200  # services that one search looks through

Search = Annotated[
    str, Field(max_length=200, pattern=r"^[^\x00]*$", description="what people type who look for a service")
]


@router.get("/malls", response=Malls)
def list_malls(request: HttpRequest, limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None) -> HttpResponse:
    """The malls of this installation, by name."""
    bearers.bearer(request)
    rows, following = paging.page(request, places.malls(), keys={"name": str, "pk": int}, cursor=cursor, limit=limit)
    live = _live(request)
    return answers.read(request, Malls(items=[objects.mall_object(mall, live=live) for mall in rows], next=following))


@router.get("/malls/{slug:mall}", response=MallObject)
def show_mall(request: HttpRequest, mall: str) -> HttpResponse:
    """One mall, and where its live streams come from: `live` + `/live/malls/{mall}/board`."""
    bearers.bearer(request)
    return answers.read(request, objects.mall_object(_mall(mall), live=_live(request)))


@router.get("/malls/{slug:mall}/services", response=Services)
def list_services(
    request: HttpRequest,
    mall: str,
    q: Search = "",
    limit: paging.Limit = paging.USUAL,
    cursor: paging.Cursor = None,
) -> HttpResponse:
    """The public services of a mall by agency and name; with `q` those that answer it, the best first.

    A service's slug is what a number is taken for.
    """
    bearers.bearer(request)
    if q.strip():
        return _services_found(request, _mall(mall), q, limit, cursor)
    rows, following = paging.page(
        request,
        services_of(_mall(mall)).prefetch_related("queues"),
        keys={"agency__short_name": str, "name": str, "pk": int},
        cursor=cursor,
        limit=limit,
    )
    items = [objects.service_object(row) for row in rows]
    return answers.read(request, Services(items=items, next=following))


def _services_found(request: HttpRequest, mall: Mall, q: str, limit: int, cursor: str | None) -> HttpResponse:
    """One page of what was found. The order is that of the search, so a cursor counts places."""
    first = paging.position(cursor, [int])[0] if cursor is not None else 0
    hits = finding.found(mall, q, language=FIRST_LANGUAGE, limit=MOST_FOUND).hits
    ids = [hit.service_id for hit in hits[first : first + limit]]
    rows = services_of(mall).prefetch_related("queues").in_bulk(ids)
    following = paging.address(request, [first + limit]) if len(hits) > first + limit else None
    items = [objects.service_object(rows[pk]) for pk in ids if pk in rows]
    return answers.read(request, Services(items=items, next=following))


@router.get("/malls/{slug:mall}/queues", response=Queues)
def list_queues(
    request: HttpRequest, mall: str, limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None
) -> HttpResponse:
    """The queues of a mall now, by prefix: who waits, who is on the way, whether numbers are given."""
    bearers.bearer(request)
    place, at = _mall_now(mall)
    after = paging.position(cursor, [str])[0] if cursor is not None else ""
    rows = [row for row in queries.queues_at(place, at) if row.queue.prefix > after]
    shown = rows[:limit]
    following = paging.address(request, [shown[-1].queue.prefix]) if len(rows) > limit else None
    items = [objects.queue_object(row) for row in shown]
    return answers.read(request, Queues(items=items, next=following, now=at.isoformat()))


@router.get("/malls/{slug:mall}/board", response=Board)
def show_board(request: HttpRequest, mall: str) -> HttpResponse:
    """What the public board shows now: the stream's snapshot, for whoever cannot have the stream."""
    bearers.bearer(request)
    with one_snapshot():
        at = clock.now()
        board = queries.board_of(mall, at)
    if board is None:
        raise bearers.nothing_here()
    return answers.read(request, Board(**board, now=at.isoformat()))


def _mall(code: str) -> Mall:
    mall = places.malls().filter(code=code).first()
    if mall is None:
        raise bearers.nothing_here()
    return mall


def _mall_now(code: str) -> tuple[Mall, datetime]:
    """A mall and its moment, in one statement."""
    moment = Func(function="base_now", output_field=DateTimeField())
    mall = places.malls().filter(code=code).annotate(moment=moment).first()
    if mall is None:
        raise bearers.nothing_here()
    return mall, mall.moment


def _live(request: HttpRequest) -> str:
    """Where streams come from: the live address, or this very origin where a proxy joins the two."""
    return settings.LIVE_URL or settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
