"""Answers that went well: JSON, and for what is read again and again a tag, so that nothing new costs no bytes."""

from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from pydantic import BaseModel

MEDIA_TYPE = "application/json"
FOR_ALL = "no-cache"  # anyone may keep it, but asks again before using it
FOR_ONE = "private, no-cache"


def sent(model: BaseModel, *, status: int = 200) -> HttpResponse:
    """The answer to an act; nobody keeps it."""
    response = HttpResponse(model.model_dump_json(), status=status, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def read(request: HttpRequest, model: BaseModel, *, keep: str = FOR_ALL) -> HttpResponse:
    """The answer to a question, or 304 when the caller has it already.

    The moment of asking (`now`) is left out of the tag: time alone is no news.
    """
    body = model.model_dump_json()
    timeless = model.model_dump_json(exclude={"now"}) if "now" in type(model).model_fields else body
    return read_text(request, body, timeless=timeless, keep=keep)


def read_text(request: HttpRequest, body: str, *, timeless: str | None = None, keep: str = FOR_ALL) -> HttpResponse:
    """As `read`, for an answer that is JSON already; `timeless` is what the tag is made of, if not all of it."""
    tag = f'W/"{blake2b((timeless or body).encode(), digest_size=12).hexdigest()}"'
    held = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if tag in held or tag.removeprefix("W/") in held or held == ["*"]:
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(body, content_type=MEDIA_TYPE)
    response["ETag"] = tag
    response["Cache-Control"] = keep
    response["Vary"] = "Accept-Language, Authorization, Cookie"
    return response
