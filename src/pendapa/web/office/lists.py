"""The list of a register: search, filter, sort, page, choose columns, export."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from io import SEEK_END, BytesIO, StringIO
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from pendapa.directory.accounts.rules import Act
from pendapa.web.office import sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.registers import Column, Register
from pendapa.web.pages import answer

PAGE = 50  # rows
_WORDS = 8  # of a search
# Spreadsheets of some languages split a cell of CSV at a semicolon, and what follows it would be a cell of its own.
_BESIDE = re.compile(r";(?=\s*[=+\-@])\s*")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def register_of(request: OfficeRequest, name: str) -> Register:
    """The register of an address, for someone who may see it; a 404 otherwise."""
    register = sections.REGISTERS.get(name)
    if register is None or not request.standing.may_somewhere(register.reads):
        raise Http404
    return register


@require_safe
@for_office(Act.READ)
def show(request: OfficeRequest, register: str) -> HttpResponse:
    """The list, or the same rows as a file with `?format=csv` or `xlsx`: as searched, filtered and sorted."""
    kind = register_of(request, register)
    rows, chosen = _narrowed(request, kind)
    sort, rows = _sorted(request, kind, rows)
    columns = _columns(request, kind)
    match request.GET.get("format"):
        case "csv":
            return csv_file(kind.name, [str(one.title) for one in kind.columns], _cells(kind.columns, rows))
        case "xlsx":
            return xlsx_file(kind.name, [str(one.title) for one in kind.columns], _cells(kind.columns, rows))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return answer(
        request,
        kind.list_template,
        "rows",
        {
            **sections.frame(request, kind.name),
            "register": kind,
            "columns": columns,
            "all_columns": kind.columns,
            "records": _lines(request, kind, columns, page),
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
            "search": request.GET.get("q", ""),
            "sort": sort,
            "filters": chosen,
            "is_narrowed": bool(request.GET.get("q") or any(one["value"] for one in chosen)),
            "may_add": kind.changeable(request, None),
        },
    )


def url_of(request: OfficeRequest, register: Register, record: Any = None, act: str = "") -> str:
    """The address of a list, of one of its records, or of an act on it."""
    where: dict[str, Any] = {"mall": request.mall.code, "register": register.name}
    if record is not None:
        where["record"] = record.pk
        return reverse(f"office_{act or 'edit'}", kwargs=where)
    return reverse(f"office_{act or 'list'}", kwargs=where)


def narrowed(rows: QuerySet[Any], search: str, lookups: Iterable[str]) -> QuerySet[Any]:
    """The rows in which every word of a search is found."""
    for word in search.replace("\0", "").split()[:_WORDS]:
        found = Q()
        for lookup in lookups:
            found |= Q(**{lookup: word})
        rows = rows.filter(found)
    return rows


def csv_file(name: str, heads: Iterable[object], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """A CSV file as spreadsheets of any language open it: UTF-8 with its mark."""
    text = StringIO("\ufeff")
    text.seek(0, SEEK_END)
    writer = csv.writer(text)
    for row in (heads, *rows):
        writer.writerow(["" if value is None else harmless(value) for value in row])
    return _file(text.getvalue(), f"{name}.csv", "text/csv; charset=utf-8")


def xlsx_file(name: str, heads: Iterable[object], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """A spreadsheet with a bold, fixed first line."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # a new workbook has one
    sheet.title = name[:31]
    sheet.append([harmless(head) for head in heads])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([harmless(value) for value in row])
    file = BytesIO()
    book.save(file)
    return _file(file.getvalue(), f"{name}.xlsx", XLSX)


def harmless(value: object) -> Any:
    """A value that no spreadsheet takes for a formula."""
    if value is None or (isinstance(value, int | float | date | time) and not isinstance(value, datetime)):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    text = _BESIDE.sub("; '", ILLEGAL_CHARACTERS_RE.sub("", str(value)))
    return f"'{text}" if text.startswith(_FORMULA) else text


def _file(content: str | bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cells(columns: Iterable[Column], rows: QuerySet[Any]) -> Iterator[list[object]]:
    for record in rows.iterator(chunk_size=1000):
        yield [column.value(record) for column in columns]


def _narrowed(request: OfficeRequest, register: Register) -> tuple[QuerySet[Any], list[dict[str, Any]]]:
    rows = narrowed(register.rows(request), request.GET.get("q", ""), register.search)
    chosen = []
    for one in register.filters:
        choices = list(one.choices(request))
        value = request.GET.get(one.name, "")
        if value not in {str(choice) for choice, _words in choices}:
            value = ""
        if value:
            rows = one.apply(rows, value)
        chosen.append({"name": one.name, "title": one.title, "choices": choices, "value": value})
    return rows, chosen


def _sorted(request: OfficeRequest, register: Register, rows: QuerySet[Any]) -> tuple[dict[str, Any], QuerySet[Any]]:
    wanted = request.GET.get("sort", "")
    is_down = wanted.startswith("-")
    column = next((one for one in register.columns if one.sort and one.name == wanted.lstrip("-")), None)
    if column is None:
        return {"name": "", "is_down": False}, rows.order_by(*register.order)
    order = [_turned(field) if is_down else field for field in column.sort]
    return {"name": column.name, "is_down": is_down}, rows.order_by(*order, "pk")


def _turned(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _columns(request: OfficeRequest, register: Register) -> list[Column]:
    wanted = set(request.GET.getlist("columns"))
    return [one for one in register.columns if (one.name in wanted if wanted else not one.on_demand)]


def _lines(request: OfficeRequest, register: Register, columns: list[Column], page: Page[Any]) -> list[dict[str, Any]]:
    return [
        {
            "record": record,
            "url": url_of(request, register, record),
            "cells": [
                {
                    "column": column,
                    "value": _shown(column.value(record)),
                    "tone": column.tone(record) if column.tone else None,
                }
                for column in columns
            ],
        }
        for record in page
    ]


def _shown(value: object) -> object:
    return (_("yes") if value else _("no")) if isinstance(value, bool) else value
