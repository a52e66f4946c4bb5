"""A form that was sent in vain, signed out or from a page older than the sign-in, is kept and stands there again."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from pendapa.base import clock
from pendapa.web.ui import callers

_NAME = "kept_form"
_LONGEST = 64 * 1024  # characters
_FOR = timedelta(hours=1)
_SECRET = ("csrfmiddlewaretoken", "password")
_MOST = 60  # of one address within an hour


def keep(request: HttpRequest) -> bool:
    """Remember what was typed, but no password and no file, for this browser and for an hour; whether that was done."""
    fields = request.POST.copy()
    for name in list(fields):
        if name.startswith(_SECRET) or "password" in name:
            del fields[name]
    typed = fields.urlencode()
    if len(typed) > _LONGEST or not callers.is_within(request, "kept-forms", most=_MOST, seconds=3600):
        return False
    until = clock.real_now() + _FOR
    back = _page_before(request)
    request.session[_NAME] = {"path": request.path, "typed": typed, "until": until.timestamp(), "back": back}
    return True


def take(request: HttpRequest) -> QueryDict | None:
    """What was kept for this page, once, for the person who typed it; None if there is nothing, or more was sent."""
    kept = _kept_at(request)
    if kept is None or request.method == "POST":
        return None
    del request.session[_NAME]
    typed = QueryDict(kept["typed"])
    is_theirs = typed.get("typed_by") == str(request.user.pk)  # another person may sign in at the same browser
    return typed if is_theirs and kept["until"] > clock.real_now().timestamp() else None


def from_old_page(request: HttpRequest) -> HttpResponse | None:
    """To the form once more, with what was typed, when its page is older than the last sign-in; None if it is forged.

    Nothing is saved by it: the person looks at the form and sends it with the token of today.
    """
    sender = request.headers.get("Origin") or request.headers.get("Referer", "")
    typed_by = request.POST.get("typed_by", "")
    is_theirs = not request.user.is_authenticated or typed_by == str(request.user.pk)  # `take` looks again
    if not (typed_by and is_theirs and _is_ours(request, sender) and keep(request)):
        return None
    return redirect(request.get_full_path())


def way_back(request: HttpRequest) -> HttpResponse | None:
    """From an address that only takes what a form sends, to the page where that form stood, after signing in again."""
    kept = _kept_at(request)
    if kept is None or request.method != "GET" or not request.user.is_authenticated:
        return None
    back = kept["back"]
    if urlsplit(back).path in {"", request.path}:
        mall = request.resolver_match.kwargs.get("mall") if request.resolver_match else None
        back = reverse("office_overview", kwargs={"mall": mall}) if mall else reverse("office")
    request.session[_NAME] = {**kept, "path": urlsplit(back).path}  # where something was typed, that page takes it
    messages.warning(request, _("You were signed out, so nothing was done yet. Please do it again."))
    return redirect(back)


def _kept_at(request: HttpRequest) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = request.session.get(_NAME)
    return kept if kept and kept["path"] == request.path else None


def _page_before(request: HttpRequest) -> str:
    """The page of ours with the form that was sent, "" if the browser does not say."""
    referer = request.headers.get("Referer", "")
    if not _is_ours(request, referer):
        return ""
    page = urlsplit(referer)
    path = page._replace(scheme="", netloc="", fragment="").geturl()
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def _is_ours(request: HttpRequest, address: str) -> bool:
    """Whether a whole address is one of this installation; "null", which hides a foreign page, is none."""
    hosts = {request.get_host()}
    is_allowed = url_has_allowed_host_and_scheme(address, hosts, require_https=request.is_secure())
    return is_allowed and urlsplit(address).netloc in hosts
