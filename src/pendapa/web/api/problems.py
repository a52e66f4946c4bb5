"""What the API says when it does not do what was asked: problem documents (RFC 9457), in the caller's language."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from pendapa.base.errors import Refused
from pendapa.base.tracing import request_id

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: gettext_lazy("The request cannot be read"),
    401: gettext_lazy("A valid token is needed"),
    403: gettext_lazy("This is not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("This address does not take that method"),
    409: gettext_lazy("This is not possible now"),
    411: gettext_lazy("The length of the request is missing"),
    413: gettext_lazy("The request is too large"),
    415: gettext_lazy("Only JSON is read here"),
    422: gettext_lazy("Something in the request is not right"),
    429: gettext_lazy("That is too many"),
    500: gettext_lazy("Our own fault"),
    503: gettext_lazy("Busy for a moment"),
}

_log = logging.getLogger("pendapa.request")


class Mistake(Schema):
    """One thing in a request that is not right: where it stands, and what is wanted."""

    source: str = Field(alias="in", description="body, path, query or header")
    pointer: str = Field(description="JSON pointer to the value, such as #/service; for a parameter its name")
    detail: str


class Problem(Schema):
    """A problem document of RFC 9457. `code` is for machines, `detail` is a sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = Field(description="names this very answer; ends with `reference`")
    reference: str = Field(description="the request's short reference, which also stands in our log")
    code: str = Field(description="the kind of refusal, such as queue-closed")
    facts: dict[str, Any] = Field(description="what helps to go on; depends on the code")
    offer: dict[str, Any] | None = Field(description="what can be had instead, such as the next opening")
    errors: list[Mistake] = Field(description="what is wrong in the request, place by place")


class Unreadable(Refused):
    """The body is no JSON."""

    status = 400


class NoSuchAddress(Refused):
    """Nothing of the API stands at this path."""

    status = 404


class MethodNotTaken(Refused):
    """The address exists, but not with this method."""

    status = 405


class LengthMissing(Refused):
    """A body came without its length, so nobody can know whether it fits."""

    status = 411


class TooLarge(Refused):
    """The body is larger than any request of the API needs to be."""

    status = 413


class NotJson(Refused):
    """The body says it is something else than JSON."""

    status = 415


class Malformed(Refused):
    """Values of the request have the wrong shape; `mistakes` name each place."""

    status = 422

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__(
            ngettext(
                "One value in the request is not right.",
                "%(count)d values in the request are not right.",
                len(mistakes),
            )
            % {"count": len(mistakes)}
        )


def mistake(source: str, pointer: str, detail: str) -> Mistake:
    """One wrong value."""
    return Mistake.model_construct(source=source, pointer=pointer, detail=detail)


def of_refusal(refusal: Refused, *, status: int | None = None) -> HttpResponse:
    """The problem document of a refusal, with its facts and, where it has one, its offer."""
    mistakes = refusal.mistakes if isinstance(refusal, Malformed) else ()
    response = document(
        status=status or refusal.status,
        detail=refusal.sentence,
        code=refusal.code,
        facts=refusal.facts,
        mistakes=mistakes,
    )
    if response.status_code == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Pendapa"'
    return response


def of_failure(error: Exception) -> HttpResponse:
    """The problem document of a bug: logged once, with the reference that the caller is given."""
    _log.error("failure", exc_info=error)
    return document(
        status=500,
        detail=_("Sorry, something is wrong in our system. Your data is safe. Please tell us the reference."),
        code="failure",
    )


def of_outage(error: Exception) -> HttpResponse:
    """The problem document of a database that does not answer now: nothing was done, and trying again helps."""
    _log.error("outage", exc_info=error)
    response = document(
        status=503,
        detail=_("Sorry, the system cannot answer at this moment. Nothing was changed. Please try again soon."),
        code="outage",
    )
    response["Retry-After"] = "2"
    return response


def document(
    *,
    status: int,
    detail: str,
    code: str,
    facts: Mapping[str, Any] | None = None,
    mistakes: Sequence[Mistake] = (),
) -> HttpResponse:
    """A problem document as an answer that nobody keeps."""
    reference = request_id.get()
    facts = dict(facts or {})
    offer = facts.get("offer") or ({"next_opening": facts["next_opening"]} if facts.get("next_opening") else None)
    problem = Problem.model_construct(
        type=f"urn:pendapa:problem:{code}",
        title=str(TITLES[status]),
        status=status,
        detail=detail,
        instance=f"urn:pendapa:request:{reference}",
        reference=reference,
        code=code,
        facts=facts,
        offer=offer,
        errors=list(mistakes),
    )
    response = HttpResponse(problem.model_dump_json(by_alias=True), status=status, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    response["Content-Language"] = get_language() or ""
    return response
