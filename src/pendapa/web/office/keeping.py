"""A form that was sent after the session had ended is kept, and stands on its page again after signing in."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, QueryDict

from pendapa.base import clock

_NAME = "kept_form"
_LONGEST = 64 * 1024  # characters
_FOR = timedelta(hours=1)
_SECRET = ("csrfmiddlewaretoken", "password")


def keep(request: HttpRequest) -> None:
    """Remember what was typed, but no password and no file, for this browser and for an hour."""
    fields = request.POST.copy()
    for name in list(fields):
        if name.startswith(_SECRET) or "password" in name:
            del fields[name]
    typed = fields.urlencode()
    if len(typed) <= _LONGEST:
        until = clock.real_now() + _FOR
        request.session[_NAME] = {"path": request.path, "typed": typed, "until": until.timestamp()}


def take(request: HttpRequest) -> QueryDict | None:
    """What was kept for this page, once, for the person who typed it; None if there is nothing."""
    kept: dict[str, Any] | None = request.session.get(_NAME)
    if not kept or kept["path"] != request.path:
        return None
    del request.session[_NAME]
    typed = QueryDict(kept["typed"])
    is_theirs = typed.get("typed_by") == str(request.user.pk)  # another person may sign in at the same browser
    return typed if is_theirs and kept["until"] > clock.real_now().timestamp() else None
