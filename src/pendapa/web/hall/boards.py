"""The public board of a mall: who is called where, who was called before, how many wait."""

import logging
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pendapa.base import clock
from pendapa.directory.accounts.models import DeviceKind
from pendapa.directory.malls import queries as places
from pendapa.operations.queueing import queries as queueing
from pendapa.web.hall import devices
from pendapa.web.ui.views import server_error

ROWS = 5  # that fit at full size on 1920 by 1080; board.js shows the same
MOST_ROWS = 12  # when more counters call at the same time, in two columns
MOST_QUEUES = 26  # of which it says how many wait
ANEW = 10  # seconds until a page that could not be read is asked for again

_log = logging.getLogger("pendapa.request")


@require_safe
@never_cache
def board(request: HttpRequest, mall_code: str) -> HttpResponse:
    """The board as it is now, for everybody but a device that is locked.

    board.js keeps it true; without scripts the page loads itself anew. So it does when it cannot be read: a screen in
    a hall has nobody who would press reload.
    """
    try:
        return _board(request, mall_code)
    except (InterfaceError, OperationalError) as outage:
        _log.error("outage", exc_info=outage)
        page = server_error(request)
        page.status_code = 503
        page["Refresh"] = str(ANEW)
        return page


def _board(request: HttpRequest, mall_code: str) -> HttpResponse:
    device = devices.known(request)
    if device is not None and not device.is_active:
        return devices.locked(request, device)
    at = clock.now()
    state = queueing.board_of(mall_code, at)
    if state is None:
        raise Http404
    queues = queues_shown(state)
    page = {
        "is_device": device is not None and device.kind == DeviceKind.BOARD,
        "mall": places.malls().get(code=mall_code),
        "at": at,
        "calls": calls_shown(state),
        "queues": queues,
        "any_closed": not all(queue["is_open"] for queue in queues),
    }
    return render(request, "hall/board.html", page)


def calls_shown(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Those who should come now, then the other calls, latest first, as far as they fit."""
    others = sorted([*state["serving"], *state["recent"]], key=lambda call: call["called_at"], reverse=True)
    size = min(max(ROWS, len(state["called"])), MOST_ROWS)
    calls: list[dict[str, Any]] = [*state["called"], *others]
    return calls[:size]


def queues_shown(state: dict[str, Any]) -> list[dict[str, Any]]:
    """All queues by prefix; in a very large mall those in which most people wait."""
    queues: list[dict[str, Any]] = state["queues"]
    fullest = sorted(queues, key=lambda queue: queue["waiting"], reverse=True)[:MOST_QUEUES]
    return [queue for queue in queues if queue in fullest]
