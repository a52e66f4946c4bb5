"""A queue number in words: what a phone, a kiosk and a slip say of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from pendapa.operations.queueing.models import Ticket
from pendapa.operations.queueing.rules import IN_LINE, State


@dataclass(frozen=True)
class Card:
    """What a ticket card shows: the sentence that matters now, where to go, people ahead (None once called)."""

    ticket: Ticket
    headline: str
    where: str
    ahead: int | None
    facts: list[dict[str, Any]]


def card(ticket: Ticket, *, ahead: int) -> Card:
    """A number as its holder should read it now."""
    counter = ticket.counter
    is_somewhere = counter is not None and ticket.state in {State.CALLED, State.SERVING, State.HELD}
    where = ""
    if counter is not None and is_somewhere:
        where = _("Counter %(number)d, %(zone)s") % {"number": counter.number, "zone": counter.zone.name}
    facts = [{"term": _("Taken at"), "value": local_time(ticket, ticket.issued_at)}]
    if ticket.called_at:
        facts.append({"term": _("Called at"), "value": local_time(ticket, ticket.last_called_at or ticket.called_at)})
    return Card(ticket, headline(ticket), where, ahead if ticket.state in IN_LINE else None, facts)


def headline(ticket: Ticket) -> str:
    """The one sentence that tells the holder of a number what to do now."""
    facts = {
        "counter": ticket.counter.number if ticket.counter else "",
        "agency": ticket.queue.agency.short_name,
        "mall": ticket.queue.mall.name,
    }
    if ticket.state == State.NO_SHOW and (until := ticket.returns_until):
        called = local_time(ticket, ticket.last_called_at or until)
        return _(
            "We called you at %(called)s and keep your place until %(until)s. When you are back, press “I am here”."
        ) % {"called": called, "until": local_time(ticket, until)}
    sentences = {
        State.REMOTE: _("Come to %(mall)s and press “I am here” when you arrive. Only then can you be called."),
        State.WAITING: _("Please wait. Your number will be called."),
        State.CALLED: _("Please go to counter %(counter)s, %(agency)s."),
        State.SERVING: _("You are being served at counter %(counter)s."),
        State.HELD: _("Go back to counter %(counter)s when you are ready; you need no new number."),
        State.SERVED: _("Done. Thank you for coming."),
        State.NO_SHOW: _("We called you and you were not there. Please take a new number."),
        State.TRANSFERRED: _("Your number has moved on to another queue."),
        State.CANCELLED: _("This number was cancelled."),
        State.EXPIRED: _("This number was for a day that is over."),
    }
    return sentences[State(ticket.state)] % facts


def local_time(ticket: Ticket, moment: datetime) -> str:
    """The time of day on the wall of the mall, as Indonesians write it: 08.30."""
    return date_format(moment.astimezone(ticket.queue.mall.zone_info), "H.i")


def visit_url(request: HttpRequest, code: str) -> str:
    """The address that the QR of a visit carries: the public one, or the one this page was reached by."""
    return absolute(request, f"/v/{code}/")


def absolute(request: HttpRequest, path: str) -> str:
    """An address for another device: the public one of the installation, or the one this page was reached by."""
    root: str = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    return f"{root.rstrip('/')}{path}"


def qr(text: str) -> SafeString:
    """A QR code as inline SVG that scales with its box."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(border=2, omitsize=True, dark="#000", light="#fff")
    return mark_safe(drawn)  # noqa: S308 -- drawn by segno from modules alone; the text is not in it
