"""The API as a whole: its calls, its description (OpenAPI 3.1), and how it hands out what goes wrong."""

import json
from functools import cache
from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from pydantic_core import from_json

from pendapa.base.errors import Refused
from pendapa.web.api import answers, counters, devices, malls, mistakes, problems, tickets
from pendapa.web.api.door import door
from pendapa.web.api.problems import MEDIA_TYPE, Problem

ABOUT = """\
Numbers, queues and counters of public service malls.

Without a token a caller may read what a visitor may read and take numbers from afar. A token
(`Authorization: Bearer pdp_…`) names a person of the mall or a device. Every refusal is a problem document
(RFC 9457) with a sentence in the language of `Accept-Language`: Indonesian, or English.
"""
_REF = "#/components/schemas/{model}"
_ALWAYS = (400, 401, 404, 422, 500, 503)
_FOR_STAFF = (403,)
_FOR_ACTS = (403, 409, 411, 413, 415, 429)


class _StrictParser(Parser):
    """JSON as the standard has it, and nothing else: no NaN, no lone surrogate, no nesting without end."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise problems.NotJson(_("Please send the body as JSON (Content-Type: application/json)."))
        return from_json(request.body, allow_inf_nan=False)


class _Api(NinjaAPI):
    """ninja's API behind our door, described with the problems it may answer with."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        return _described(super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params))

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        urls = super()._get_urls()
        for url in urls:
            if isinstance(url, URLPattern):
                url.callback = door(url.callback)
        return urls


def _described(schema: OpenAPISchema) -> OpenAPISchema:
    """ninja's description with tokens, 304, and a problem document for everything that may go wrong."""
    schemas = schema["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template=_REF, by_alias=True)
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    if not schema["servers"]:
        del schema["servers"]
    for path in schema["paths"].values():
        for method, operation in path.items():
            is_for_staff = "staff" in operation["tags"]
            operation["security"] = [{"token": []}] if is_for_staff else [{}, {"token": []}]
            statuses = [*_ALWAYS, *(_FOR_STAFF if is_for_staff else ()), *(_FOR_ACTS if method == "post" else ())]
            operation["responses"] |= {status: _problem(status) for status in sorted({*statuses})}
            if method == "get":
                operation["responses"][304] = {"description": "You have it already (If-None-Match)"}
    return schema


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
    }


api = _Api(
    title="Pendapa",
    version="1",
    description=ABOUT,
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    parser=_StrictParser(),
)
for _router in (malls.router, tickets.router, counters.router, devices.router):
    api.add_router("", _router)


@door
def openapi(request: HttpRequest) -> HttpResponseBase:
    """The description of the API, as machines read it."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    return answers.read_text(request, _description())


@cache
def _description() -> str:
    return json.dumps(api.get_openapi_schema(), ensure_ascii=False)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    return problems.of_refusal(refusal)


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problems.of_refusal(problems.Malformed(mistakes.of_findings(error.errors)))


@api.exception_handler(HttpError)
@api.exception_handler(UnreadablePostError)
@api.exception_handler(SuspiciousOperation)
def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Bodies that are no JSON or broke off, and hosts that are not ours."""
    if isinstance(error.__cause__, Refused):  # ninja wraps whatever its parser raises
        return problems.of_refusal(error.__cause__)
    return problems.of_refusal(problems.Unreadable(_("The request cannot be read. Its body must be valid JSON.")))


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _outage(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.of_outage(error)


@api.exception_handler(Exception)
def _failure(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.of_failure(error)
