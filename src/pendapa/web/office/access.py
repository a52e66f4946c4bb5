"""Who may open an office page. What someone may not see does not exist for them."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect

from pendapa.directory.accounts import queries as accounts
from pendapa.directory.accounts.models import User
from pendapa.directory.accounts.queries import Standing
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls.models import Mall
from pendapa.web.office import keeping
from pendapa.web.pages import HtmxRequest

View = Callable[..., HttpResponse]


class OfficeRequest(HtmxRequest):
    """A request of someone who may be here; for typing only.

    `place` is the mall of the address, None on the pages of the whole installation.
    """

    user: User
    place: Mall | None
    standing: Standing

    @property
    def mall(self) -> Mall:
        """The mall of the address, on pages that have one."""
        raise NotImplementedError


def for_office(*acts: Act) -> Callable[[View], View]:
    """Only for people who may do one of `acts` at the mall of the address, for all of it or for an agency of it.

    An address without a mall asks for the act over the whole installation. The view gets an `OfficeRequest`, without
    the mall's code; it still has to limit what it shows to `request.standing.agencies(act)`.
    """

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, mall: str = "", **rest: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return sign_in_first(request)
            place = Mall.objects.select_related("region").filter(code=mall).first() if mall else None
            standing = accounts.standing_at(request.user, place)
            if (mall and place is None) or not any(map(standing.may_somewhere, acts)):
                raise Http404
            request.place = request.mall = place  # type: ignore[attr-defined]  # OfficeRequest says so to the view
            request.standing = standing  # type: ignore[attr-defined]  # so it does
            return view(request, **rest)

        guarded.instead = {403: keeping.from_old_page, 405: keeping.way_back}  # type: ignore[attr-defined]  # ui.views asks
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """For everybody with an account; the view gets no standing."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, **rest: Any) -> HttpResponse:
        return view(request, **rest) if request.user.is_authenticated else sign_in_first(request)

    return guarded


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; a form that was sent is kept until then."""
    if request.method == "POST":
        keeping.keep(request)
    to = f"{resolve_url('account_login')}?{urlencode({'next': request.get_full_path()})}"
    return HttpResponseClientRedirect(to) if request.headers.get("HX-Request") else redirect(to)
