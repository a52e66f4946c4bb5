"""The door of the API: what every call passes on its way in and out, whatever it asks."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.web.api import problems

LARGEST = 64 * 1024  # bytes of a body; the largest sensible one has a few hundred

View = Callable[..., HttpResponseBase]


def door(view: View) -> View:
    """A view of the API behind its door.

    Sets the caller's language, turns away bodies that are too large before they are read, answers HEAD as GET,
    and sees to it that whatever is refused leaves as a problem document.
    """

    @wraps(view)
    def behind(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        with translation.override(get_language_from_request(request)):
            try:
                _check_body(request)
            except Refused as refusal:
                return problems.of_refusal(refusal)
            if request.method == "HEAD":
                request.method = "GET"
                try:
                    response = view(request, *args, **kwargs)
                finally:
                    request.method = "HEAD"
            else:
                response = view(request, *args, **kwargs)
            if isinstance(response, HttpResponseNotAllowed):
                return _not_taken(response)
            return response

    return behind


@door
def nowhere(request: HttpRequest, **_rest: object) -> HttpResponse:
    """The answer at every address that is none of ours."""
    return problems.of_refusal(problems.NoSuchAddress(_("The API has nothing at this address.")))


def _check_body(request: HttpRequest) -> None:
    """Raises `TooLarge` or `LengthMissing` by what the headers say."""
    length = request.META.get("CONTENT_LENGTH")
    if not length:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            raise problems.LengthMissing(_("Please send the length of the body (Content-Length)."))
        return
    size = int(length) if length.isascii() and length.isdigit() else 0
    if size > LARGEST:
        raise problems.TooLarge(
            _("A request may have at most %(limit)d bytes.") % {"limit": LARGEST}, limit_bytes=LARGEST
        )


def _not_taken(response: HttpResponseNotAllowed) -> HttpResponse:
    allowed = response["Allow"].split(", ")
    if "GET" in allowed:
        allowed.append("HEAD")
    sentence = _("This address takes only %(methods)s.") % {"methods": ", ".join(sorted(allowed))}
    problem = problems.of_refusal(problems.MethodNotTaken(sentence))
    problem["Allow"] = ", ".join(sorted(allowed))
    return problem
