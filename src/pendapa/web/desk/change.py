"""Another officer takes over a shared computer: choose a name, type the password, sit at the same counter."""

from typing import Any, cast

from allauth.account.forms import LoginForm
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from pendapa.base.errors import Refused
from pendapa.directory.accounts import queries as accounts
from pendapa.directory.accounts.models import User
from pendapa.operations.queueing import actions, queries
from pendapa.web.desk.screen import Seat
from pendapa.web.desk.views import seat_of, signed_in
from pendapa.web.pages import HtmxRequest, answer
from pendapa.web.ui import known_people


class StillServing(Refused):
    """The one who leaves has a visitor at the counter."""


@sensitive_post_parameters("password")
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """Choose who takes over and type their password; the session of the one before ends.

    The counter is handed over where nobody is called or served there; otherwise the page says what to do first.
    """
    seat = seat_of(request, mall, number)
    people = [one for one in known_people.known(request) if one != seat.user]
    chosen = next((one for one in people if str(one.pk) == request.POST.get("person", request.GET.get("person"))), None)
    page: dict[str, Any] = {"seat": seat, "people": people, "chosen": chosen, "next": seat.url()}
    status = 200
    if seat.is_mine and (active := queries.active_at(seat.counter)):
        page["refusal"] = StillServing(
            _("%(label)s is at the counter with %(name)s. Finish, hold or move them on first; then change.")
            % {"label": active.label, "name": seat.user.full_name}
        )
        status = 409 if request.method == "POST" else 200
    elif request.method == "POST":
        if chosen is None:
            raise Http404
        if not ratelimit.consume(request, action="login"):
            status = 429
            page["refusal"] = Refused(_("Too many attempts. Please wait a minute."))
        else:
            typed = {"login": chosen.username, "password": request.POST.get("password", "")}
            form = LoginForm(typed, request=request)
            if form.is_valid():
                return _take_over(request, seat, form, chosen)
            page["error"] = next((str(errors[0]) for errors in form.errors.values()), "")
            status = 422
    return answer(request, "desk/change.html", "change", page, status=status)


@signed_in
@require_POST
def forget(request: HtmxRequest, mall: str, number: int) -> HttpResponse:
    """Take somebody out of the list of this computer."""
    seat = seat_of(request, mall, number)
    person = request.POST.get("person", "")
    if person.isascii() and person.isdigit() and len(person) < 19:
        known_people.forget(request, int(person))
    return HttpResponseRedirect(seat.url("desk_change"))


def _take_over(request: HtmxRequest, seat: Seat, form: Any, chosen: User) -> HttpResponse:
    was_open = seat.is_mine
    if was_open:
        try:
            actions.close_counter(counter=seat.counter, by=seat.user, at=seat.at)
        except Refused as refusal:  # somebody was called in this very moment
            return answer(
                request,
                "desk/change.html",
                "change",
                {"seat": seat, "refusal": refusal, "next": seat.url()},
                status=409,
            )
    may_serve = accounts.may_serve(chosen, seat.counter, seat.at)
    logout(request)
    response = cast(
        "HttpResponse", form.login(request, redirect_url=seat.url() if may_serve else reverse("desk_choose"))
    )
    is_in = request.user.is_authenticated  # not yet where a code is asked for
    if not (was_open and is_in and may_serve):
        return response
    try:
        actions.open_counter(counter=seat.counter, by=chosen, at=seat.at)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(
            request,
            _("%(name)s is at counter %(number)d now.") % {"name": chosen.full_name, "number": seat.counter.number},
        )
    return response
