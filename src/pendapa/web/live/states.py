"""The states of boards and tickets, read by the queries that pages and API use; for one thread of its own."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Count, Q, RowRange, Window, WindowFrameExclusion
from django.utils import translation

from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing import queries, rules
from pendapa.operations.queueing.models import Ticket
from pendapa.operations.queueing.rules import State
from pendapa.web.live.topics import Found, Key
from pendapa.web.ui.snapshots import one_snapshot
from pendapa.web.ui.tickets import opened_ticket

AT_ONCE = 500  # tickets looked up in one statement

_WHOLE = ("day__queue__agency", "day__queue__mall", "visit", "counter__zone", "service")
_ACTED_ON = ("state", "counter_id", "calls", "last_called_at", "returned_at", "ended_by_clock")
"""What differs after any act on a ticket; all else but the people ahead of it stays as it was issued."""


class Reader:
    """Reads states and remembers of each ticket what does not change, so that reading it again costs little.

    Not for several threads at once.
    """

    def __init__(self) -> None:
        self._malls: dict[str, int] = {}
        self._known: dict[str, Ticket] = {}  # by the code that leads there

    @one_snapshot()
    def read(self, keys: Collection[Key], at: datetime) -> dict[Key, Found | None]:
        """The states at a moment; None for what does not exist.

        All from one snapshot of the database. Seven statements a board, one for all known tickets.
        """
        boards = self._boards([key for key in keys if key.kind == "board"], at)
        return {**boards, **self._tickets([key for key in keys if key.kind == "ticket"])}

    def forget_all_but(self, keys: Iterable[Key]) -> None:
        """Let go of the tickets that nobody follows any more."""
        followed = {key.name for key in keys}
        self._known = {code: ticket for code, ticket in self._known.items() if code in followed}

    def _boards(self, keys: list[Key], at: datetime) -> dict[Key, Found | None]:
        if strange := {key.name for key in keys} - self._malls.keys():
            self._malls.update(Mall.objects.filter(code__in=strange).values_list("code", "pk"))
        found: dict[Key, Found | None] = dict.fromkeys(keys)
        for key in keys:
            if key.name in self._malls and (state := queries.board_of(key.name, at)) is not None:
                found[key] = Found(state, self._malls[key.name])
        return found

    def _tickets(self, keys: list[Key]) -> dict[Key, Found | None]:
        if not keys:
            return {}
        codes = {key.name for key in keys}
        self._look_up(codes - self._known.keys())
        acted_on, ahead = self._compare(codes & self._known.keys())
        if acted_on:  # they may stand in a line now that was not counted
            self._look_up(acted_on)
            ahead |= self._compare(acted_on & self._known.keys())[1]
        found: dict[Key, Found | None] = {}
        for key in keys:
            ticket = self._known.get(key.name)
            if ticket is None:
                found[key] = None
                continue
            with translation.override(key.language):
                state = opened_ticket(ticket, asked=key.name, ahead=ahead[ticket.pk])
            found[key] = Found(state, ticket.queue.mall_id, ticket.day.queue_id)
        return found

    def _look_up(self, codes: Collection[str]) -> None:
        """Find what codes lead to: most to their own ticket, a transferred one to its successor."""
        wanted = sorted(codes)
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            for code in some:
                self._known.pop(code, None)
            for own in Ticket.objects.select_related(*_WHOLE).filter(code__in=some):
                ticket = queries.ticket_by_code(own.code) if own.state == State.TRANSFERRED else own
                if ticket is not None:
                    self._known[own.code] = ticket

    def _compare(self, codes: Collection[str]) -> tuple[set[str], dict[int, int]]:
        """The known tickets that were acted on since, and how many people are ahead of each; one statement.

        The window counts each line once for all its tickets, as `queries.ahead_of` does for one.
        """
        tickets = [self._known[code] for code in codes]
        in_line = Q(state__in=rules.IN_LINE)
        wanted = {ticket.pk for ticket in tickets}
        lines = {ticket.day_id for ticket in tickets if ticket.state in rules.IN_LINE}
        rows = (
            Ticket.objects.filter(Q(pk__in=wanted) | (Q(day__in=lines) & in_line))
            .annotate(
                ahead=Window(
                    Count("pk", filter=in_line),
                    partition_by="day",
                    order_by="due_at",
                    frame=RowRange(end=0, exclusion=WindowFrameExclusion.GROUP),
                )
            )
            .values_list("pk", "ahead", *_ACTED_ON)
        )
        now = {pk: (ahead, acted) for pk, ahead, *acted in rows if pk in wanted}
        acted_on = {
            code
            for code in codes
            if (row := now.get(self._known[code].pk)) is None
            or row[1] != [getattr(self._known[code], name) for name in _ACTED_ON]
        }
        in_lines = {ticket.pk for ticket in tickets if ticket.state in rules.IN_LINE}
        return acted_on, {pk: ahead if pk in in_lines else 0 for pk, (ahead, _acted) in now.items()}
