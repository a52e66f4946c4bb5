"""The officer's desk: choose a counter, then call and serve, by plain forms or by htmx alike.

An act's form is answered by a redirect to the counter's page, which htmx follows; what is refused is answered at
once with the present state. No view runs in a transaction of its own: calling is one statement in autocommit.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, retarget

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.accounts import queries as accounts
from pendapa.directory.accounts.models import User
from pendapa.directory.catalogue.models import PublicService
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.models import CounterStatus, Ticket
from pendapa.operations.queueing.rules import Act, Channel, State
from pendapa.web.desk import forms, screen
from pendapa.web.desk.screen import Seat
from pendapa.web.pages import HtmxRequest, answer

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HtmxRequest, Rest], HttpResponse]

SWAPPED = (409, 422)  # what htmx puts on the page, see ui/document.html


class NumberUnknown(Refused):
    """What was typed is no number that can be received at this counter today."""

    status = 422


class NothingToReceive(Refused):
    """The number neither comes from afar nor was missed."""


def signed_in(view: View[Rest]) -> View[Rest]:
    """Only for people with an account that is active now; htmx leaves for the sign-in page as a whole."""

    @never_cache
    @wraps(view)
    def guarded(request: HtmxRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        back = reverse("desk", kwargs={key: kwargs[key] for key in ("mall", "number")}) if kwargs else request.path
        if request.htmx:
            return HttpResponseClientRedirect(f"{resolve_url('account_login')}?{urlencode({'next': back})}")
        return redirect_to_login(back)

    return guarded


@signed_in
@require_GET
def choose(request: HtmxRequest) -> HttpResponse:
    """Where to sit down today; whoever sits already goes on there."""
    user = cast("User", request.user)
    counters = accounts.counters_for(user, clock.now())
    if not counters:
        return answer(request, "desk/nobody.html", "desk", {}, status=403)
    statuses = {
        status.counter_id: status
        for status in CounterStatus.objects.filter(counter__in=counters).select_related("officer", "profile")
    }
    for counter in counters:
        status = statuses.get(counter.pk)
        if status and status.officer_id == user.pk:
            return HttpResponseRedirect(_url(counter.mall.code, counter.number))
    places = [
        {"counter": counter, "status": statuses.get(counter.pk), "url": _url(counter.mall.code, counter.number)}
        for counter in counters
    ]
    has_malls = len({counter.mall_id for counter in counters}) > 1
    return answer(request, "desk/choose.html", "desk", {"places": places, "has_malls": has_malls})


@signed_in
@require_GET
def counter(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """The officer's page of one counter, and where each act leads back to."""
    return _show(request, seat_of(request, mall, number))


@signed_in
@require_GET
def now(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """The present state alone, for a page that follows; it leaves news of an act to the tab that did it."""
    return _show(request, seat_of(request, mall, number), is_news=False)


@signed_in
@require_POST
def sit(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """Sit down at the counter."""
    return _do(request, seat_of(request, mall, number), _sit)


@signed_in
@require_POST
def close(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """Leave the counter, and choose another or go home."""
    return _do(request, seat_of(request, mall, number), _close, to=reverse("desk_choose"))


@signed_in
@require_POST
def call_next(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """Call whoever is due next."""
    return _do(request, seat_of(request, mall, number), _call_next)


@signed_in
@require_POST
def go_on(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """End the break."""
    return _do(request, seat_of(request, mall, number), _go_on)


@signed_in
@require_POST
def act(request: HtmxRequest, mall: str, number: int, ticket: int, act: str) -> HttpResponse:
    """Do one act of the table below to a number."""
    seat = seat_of(request, mall, number)
    found = screen.number_at(seat, ticket)
    if found is None:
        raise Http404
    if do := _ACTS.get(act):
        return _do(request, seat, lambda seat: do(seat, found))
    if do_as_shown := _ACTS_AS_SHOWN.get(act):
        shown = forms.Shown(request.POST)
        shown.is_valid()  # what a page does not say, or says wrongly, is as if it said nothing
        return _do(request, seat, lambda seat: do_as_shown(seat, found, shown))
    raise Http404


@signed_in
@require_http_methods(["GET", "POST"])
def transfer(request: HtmxRequest, mall: str, number: int, ticket: int) -> HttpResponse:
    """Choose the service that a visitor is moved on to, and move them."""
    seat = seat_of(request, mall, number)
    found = screen.number_at(seat, ticket)
    if found is None:
        raise Http404
    search = forms.words(request.GET.get("q", ""))
    form = forms.MoveOn(request.POST or None, mall=seat.counter.mall)
    page: dict[str, Any] = {"ticket": found, "search": search, "form": form}
    if form.is_valid():
        try:
            return _done(request, seat, _transfer(seat, found, form.cleaned_data["service"]))
        except Refused as refusal:
            page["refusal"] = refusal
    page["services"] = screen.services_to_move_to(seat, found, search)
    part = "services" if request.htmx and request.htmx.target == "ds-services" else "panel"
    return _panel(request, seat, "desk/transfer.html", page, part=part)


@signed_in
@require_http_methods(["GET", "POST"])
def cancel(request: HtmxRequest, mall: str, number: int, ticket: int) -> HttpResponse:
    """Say what a cancellation means, and end a number that the visitor no longer needs."""
    seat = seat_of(request, mall, number)
    found = screen.number_at(seat, ticket)
    if found is None:
        raise Http404
    page: dict[str, Any] = {"ticket": found}
    if request.method == "POST":
        try:
            return _done(request, seat, _cancel(seat, found))
        except Refused as refusal:
            page["refusal"] = refusal
    return _panel(request, seat, "desk/cancel.html", page)


@signed_in
@require_http_methods(["GET", "POST"])
def call_before_turn(request: HtmxRequest, mall: str, number: int, ticket: int) -> HttpResponse:
    """Ask why somebody goes before the others, and call them."""
    seat = seat_of(request, mall, number)
    found = screen.number_at(seat, ticket)
    if found is None:
        raise Http404
    form = forms.BeforeTurn(request.POST if request.method == "POST" else None)
    page: dict[str, Any] = {"ticket": found, "form": form, "passed": screen.due_before(found)}
    if form.is_valid():
        try:
            return _done(request, seat, _call_before_turn(seat, found, form.cleaned_data["reason"]))
        except Refused as refusal:
            page["refusal"] = refusal
    return _panel(request, seat, "desk/call.html", page)


@signed_in
@require_http_methods(["GET", "POST"])
def take_break(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """Say why, and call nobody until the counter goes on."""
    seat = seat_of(request, mall, number)
    form = forms.Break(request.POST or None)
    page: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            actions.pause_counter(counter=seat.counter, reason=form.cleaned_data["reason"], by=seat.user, at=seat.at)
            return _done(request, seat, _("Counter %(number)d is on a break.") % {"number": seat.counter.number})
        except Refused as refusal:
            page["refusal"] = refusal
    return _panel(request, seat, "desk/break.html", page)


@signed_in
@require_http_methods(["GET", "POST"])
def issue(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """Give a number to someone at the desk who has no phone."""
    seat = seat_of(request, mall, number)
    form = forms.Issue(request.POST or None, services=screen.services_here(seat))
    page: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            return _done(request, seat, _issue(seat, **form.cleaned_data))
        except Refused as refusal:
            page["refusal"] = refusal
            page["form"] = form.with_a_new_key()
    return _panel(request, seat, "desk/issue.html", page)


@signed_in
@require_http_methods(["GET", "POST"])
def receive(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """Note that somebody is here: with a number from afar, or back after a missed call."""
    seat = seat_of(request, mall, number)
    form = forms.Receive(request.POST or None)
    page: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            return _done(request, seat, _receive(seat, form.cleaned_data["number"]))
        except Refused as refusal:
            page["refusal"] = refusal
    return _panel(request, seat, "desk/receive.html", page)


# ---- What each act does, and the sentence that tells of it ----


def _sit(seat: Seat) -> str:
    actions.open_counter(counter=seat.counter, by=seat.user, at=seat.at)
    return _("Counter %(number)d is open.") % {"number": seat.counter.number}


def _close(seat: Seat) -> str:
    held = queries.held_at(seat.counter, seat.today)
    actions.close_counter(counter=seat.counter, by=seat.user, at=seat.at)
    facts = {"number": seat.counter.number, "labels": ", ".join(ticket.label for ticket in held)}
    if held:
        return _("Counter %(number)d is closed. Still on hold: %(labels)s; any counter of the line may go on.") % facts
    return _("Counter %(number)d is closed.") % facts


def _call_next(seat: Seat) -> str:
    ticket = actions.call_next(counter=seat.counter, by=seat.user, at=seat.at)
    if ticket is None:
        return _("Nobody is waiting.")
    facts = {"label": ticket.label, "number": seat.counter.number}
    if ticket.state == State.SERVING:  # a page from before the service began
        return _("%(label)s is being served.") % facts
    return _("%(label)s is called to counter %(number)d.") % facts


def _call_before_turn(seat: Seat, ticket: Ticket, reason: str) -> str:
    ticket = actions.call_out_of_order(ticket=ticket, counter=seat.counter, reason=reason, by=seat.user, at=seat.at)
    return _("%(label)s is called to counter %(number)d.") % {"label": ticket.label, "number": seat.counter.number}


def _go_on(seat: Seat) -> str:
    actions.unpause_counter(counter=seat.counter, by=seat.user, at=seat.at)
    return _("Counter %(number)d goes on.") % {"number": seat.counter.number}


def _recall(seat: Seat, ticket: Ticket, shown: forms.Shown) -> str:
    known = shown.cleaned_data.get("calls")
    if known is None or known >= ticket.calls:  # otherwise this press, or one in another tab, has done it
        ticket = actions.recall(ticket=ticket, by=seat.user, at=seat.at)
    return _("%(label)s is called again, call %(calls)d.") % {"label": ticket.label, "calls": ticket.calls}


def _start(seat: Seat, ticket: Ticket) -> str:
    ticket = actions.start(ticket=ticket, by=seat.user, at=seat.at)
    return _("%(label)s is being served.") % {"label": ticket.label}


def _finish(seat: Seat, ticket: Ticket) -> str:
    ticket = actions.finish(ticket=ticket, by=seat.user, at=seat.at)
    return _("%(label)s is finished.") % {"label": ticket.label}


def _no_show(seat: Seat, ticket: Ticket) -> str:
    ticket = actions.no_show(ticket=ticket, by=seat.user, at=seat.at)
    if ticket.returns_until and ticket.returns_until >= seat.at:
        facts = {"label": ticket.label, "until": seat.time(ticket.returns_until)}
        return _("%(label)s is not here. The place is kept until %(until)s.") % facts
    return _("%(label)s is not here.") % {"label": ticket.label}


def _hold(seat: Seat, ticket: Ticket) -> str:
    ticket = actions.hold(ticket=ticket, by=seat.user, at=seat.at)
    return _("%(label)s is on hold.") % {"label": ticket.label}


def _resume(seat: Seat, ticket: Ticket) -> str:
    ticket = actions.resume(ticket=ticket, counter=seat.counter, by=seat.user, at=seat.at)
    return _("%(label)s is being served.") % {"label": ticket.label}


def _return(seat: Seat, ticket: Ticket) -> str:
    ticket = actions.return_to_queue(ticket=ticket, by=seat.user, at=seat.at)
    return _("%(label)s is back in line, in the old place.") % {"label": ticket.label}


def _undo(seat: Seat, ticket: Ticket, shown: forms.Shown) -> str:
    act = shown.cleaned_data.get("act") or None
    ticket = actions.undo(ticket=ticket, by=seat.user, at=seat.at, act=act)
    return _("Taken back. %(label)s is now: %(state)s.") % {"label": ticket.label, "state": ticket.state_name}


def _transfer(seat: Seat, ticket: Ticket, service: PublicService) -> str:
    actions.transfer(ticket=ticket, service=service, by=seat.user, at=seat.at)
    return _("%(label)s is moved on to %(service)s.") % {"label": ticket.label, "service": service.name}


def _cancel(seat: Seat, ticket: Ticket) -> str:
    ticket = actions.cancel(ticket=ticket, by=seat.user, at=seat.at)
    return _("%(label)s is cancelled.") % {"label": ticket.label}


def _issue(seat: Seat, *, service: str, priority: Any, key: str) -> str:
    issued = actions.issue_ticket(
        mall=seat.counter.mall.code,
        service=service,
        channel=Channel.DESK,
        by=seat.user,
        key=key,
        priority_reason=priority,
    )
    return ngettext(
        "Number %(label)s is given. %(ahead)d person is ahead.",
        "Number %(label)s is given. %(ahead)d people are ahead.",
        issued.ahead,
    ) % {"label": issued.label, "ahead": issued.ahead}


def _receive(seat: Seat, text: str) -> str:
    ticket = screen.number_named(seat, text)
    if ticket is None:
        raise NumberUnknown(_("No such number today at this agency. Please look at it once more."))
    if ticket.may(Act.RETURN):
        return _return(seat, ticket)
    if ticket.may(Act.RESUME):  # also from another counter of the line, which may be closed by now
        return _resume(seat, ticket)
    if ticket.may(Act.ARRIVE):
        ticket = actions.arrive(ticket=ticket, by=seat.user, at=seat.at)
        return _("%(label)s is here and waits in line.") % {"label": ticket.label}
    raise NothingToReceive(
        _("%(label)s is now: %(state)s. Nothing needs to be done.")
        % {"label": ticket.label, "state": ticket.state_name}
    )


_ACTS: dict[str, Callable[[Seat, Ticket], str]] = {
    "start": _start,
    "finish": _finish,
    "no-show": _no_show,
    "hold": _hold,
    "resume": _resume,
    "return": _return,
}
_ACTS_AS_SHOWN: dict[str, Callable[[Seat, Ticket, forms.Shown], str]] = {"recall": _recall, "undo": _undo}


# ---- How the desk answers ----


def seat_of(request: HtmxRequest, mall: str, number: int) -> Seat:
    """The officer at a counter where they may serve; anywhere else there is no such page."""
    user = cast("User", request.user)
    place = screen.counter_at(mall, number)
    at = clock.now()
    if place is None or not accounts.may_serve(user, place, at):
        raise Http404
    return Seat(place, user, at)


def _url(mall: str, number: int) -> str:
    return reverse("desk", kwargs={"mall": mall, "number": number})


def _do(request: HtmxRequest, seat: Seat, do: Callable[[Seat], str], *, to: str = "") -> HttpResponse:
    try:
        return _done(request, seat, do(seat), to=to)
    except Refused as refusal:
        return _show(request, seat, refusal=refusal)


def _done(request: HtmxRequest, seat: Seat, sentence: str, *, to: str = "") -> HttpResponse:
    messages.success(request, sentence)
    return HttpResponseRedirect(to or seat.url(), status=303)


def _show(request: HtmxRequest, seat: Seat, *, refusal: Refused | None = None, is_news: bool = True) -> HttpResponse:
    """The counter's page as it is now; after a refusal with what was refused, and the state read afresh."""
    if refusal and (place := screen.counter_at(seat.counter.mall.code, seat.counter.number)):
        seat = Seat(place, seat.user, seat.at)
    page = {
        "screen": screen.screen_of(seat),
        "seat": seat,
        "refusal": refusal,
        "is_news": is_news and bool(request.htmx),
    }
    response = answer(request, "desk/counter.html", "desk", page, status=_status(refusal))
    # A panel's form aims at its panel; what follows a success is the desk. Without a pause for settling, or a key that
    # is pressed at once would find buttons that htmx does not know yet and load a whole page.
    response["HX-Reswap"] = "innerHTML settle:0ms"
    return retarget(response, "#desk")


def _panel(
    request: HtmxRequest, seat: Seat, template: str, page: dict[str, Any], *, part: str = "panel"
) -> HttpResponse:
    form, refusal = page.get("form"), page.get("refusal")
    status = 422 if form is not None and form.is_bound and not form.is_valid() else _status(refusal)
    return answer(request, template, part, {"seat": seat, "refusal": None, **page}, status=status)


def _status(refusal: Refused | None) -> int:
    if refusal is None:
        return 200
    return refusal.status if refusal.status in SWAPPED else 422
