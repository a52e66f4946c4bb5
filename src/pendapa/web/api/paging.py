"""Long lists in pages. Each names the next one by the last row it showed, so rows that come or go shift nothing."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import Field

from pendapa.web.api.problems import Malformed, mistake

LONGEST = 100  # rows of one page
USUAL = 50
_BIGGEST = 2**63 - 1
_R = TypeVar("_R", bound=Model)

Limit = Annotated[int, Field(ge=1, le=LONGEST, description="rows of one page")]
Cursor = Annotated[str | None, Field(max_length=1000, description="stands in `next` of the page before")]
Kinds = Mapping[str, type[str] | type[int]]


def page(
    request: HttpRequest, rows: QuerySet[_R], *, keys: Kinds, cursor: str | None, limit: int
) -> tuple[list[_R], str | None]:
    """One page of rows in the order of `keys`, and the address of the next one; one statement.

    The keys together differ for each row. Raises `Malformed`.
    """
    rows = rows.order_by(*keys)
    if cursor is not None:
        rows = rows.filter(_after(list(keys), position(cursor, list(keys.values()))))
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, None
    return found[:limit], address(request, [_value(found[limit - 1], key) for key in keys])


def position(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """Where the page before ended. Raises `Malformed` for anything that `address` did not make."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds) or not all(map(_fits, values)):
        raise Malformed([mistake("query", "#/cursor", _("This is not the cursor of a page of this list."))])
    return values


def address(request: HttpRequest, values: list[Any]) -> str:
    """The address of the page that follows a row: this request's own, with another cursor."""
    cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    others = [(name, value) for name, value in request.GET.items() if name != "cursor"]
    return f"{request.path}?{urlencode([*others, ('cursor', cursor)])}"


def _after(keys: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows later than the position: a later first key, or the same and a later second key, and so on."""
    later, same = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        later |= same & Q(**{f"{key}__gt": value})
        same &= Q(**{key: value})
    return later


def _value(row: Model, key: str) -> Any:
    value: Any = row
    for step in key.split("__"):
        value = getattr(value, step)
    return value


def _fits(value: str | int) -> bool:
    """Whether the database can compare with it."""
    if isinstance(value, int):
        return 0 <= value <= _BIGGEST
    return "\x00" not in value and not any("\ud800" <= mark <= "\udfff" for mark in value)
