"""The public board of a mall: who is called where, who was called before, how many wait."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pendapa.base import clock
from pendapa.directory.malls import queries as places
from pendapa.operations.queueing import queries

ROWS = 5  # that fit at full size on 1920 by 1080; board.js shows the same
MOST_ROWS = 12  # when more counters call at the same time, in two columns


@require_safe
@never_cache
def board(request: HttpRequest, mall_code: str) -> HttpResponse:
    """The board as it is now, for everybody. board.js keeps it true; without scripts the page loads itself anew."""
    at = clock.now()
    state = queries.board_of(mall_code, at)
    if state is None:
        raise Http404
    page = {
        "mall": places.malls().get(code=mall_code),
        "at": at,
        "calls": calls_shown(state),
        "queues": state["queues"],
    }
    return render(request, "hall/board.html", page)


def calls_shown(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Those who should come now, then the other calls, latest first, as far as they fit."""
    others = sorted([*state["serving"], *state["recent"]], key=lambda call: call["called_at"], reverse=True)
    size = min(max(ROWS, len(state["called"])), MOST_ROWS)
    calls: list[dict[str, Any]] = [*state["called"], *others]
    return calls[:size]
