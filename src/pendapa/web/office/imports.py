"""Import of records from CSV and XLSX: upload, see every row's fate, then save all of it or nothing."""

import csv
import hashlib
import json
import zlib
from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO, StringIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe
from openpyxl import load_workbook

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.accounts.rules import Act
from pendapa.web.office import keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.lists import csv_file, register_of, url_of, xlsx_file
from pendapa.web.office.registers import Fate, Importer, Planned, Register, Row
from pendapa.web.pages import answer

LARGEST = 900 * 1024  # bytes of a file; a request may carry a little more
MOST = 5000  # rows
_TOKEN = 24  # characters of a preview's address
_KEPT = 3600  # seconds between preview and saving
# What openpyxl raises for a file that is damaged, encrypted, or no spreadsheet at all.
_BROKEN = (
    BadZipFile, EOFError, IndexError, KeyError, OSError, RuntimeError, SyntaxError, TypeError, ValueError, zlib.error,
)  # fmt: skip
_LONGEST_CELL = 500  # characters
_UNPACKED = 40 * 1024 * 1024  # bytes that a spreadsheet may hold once unpacked


class Unreadable(Refused):
    """The file cannot be taken: not a table, too long, or without a column that is needed."""

    status = 422


class Upload(forms.Form):
    """A table to import."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or XLSX, up to 900 KB and 5,000 rows. The first line names the columns."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def upload(request: OfficeRequest, register: str) -> HttpResponse:
    """Choose a file; its rows are kept for an hour, and nothing is saved yet."""
    kind, importer = _importer(request, register)
    form = Upload(request.POST or None, request.FILES or None)
    page: dict[str, Any] = {"form": form, "was_kept": keeping.take(request) is not None}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                rows = read(form.cleaned_data["file"].read(), importer)
            except Unreadable as refusal:
                page["refusal"] = refusal
            else:
                token = get_random_string(_TOKEN)
                cache.set(_key(request, kind, token), json.dumps([[row.number, row.values] for row in rows]), _KEPT)
                return HttpResponseRedirect(_url(request, kind, token))
    page |= {
        **sections.frame(request, kind.name, (str(kind.title), url_of(request, kind))),
        "register": kind,
        "columns": [
            {"title": one.titles[0], "is_required": one.is_required, "hint": one.hint, "examples": one.examples}
            for one in importer.columns
        ],
        "example_csv": f"{_url(request, kind)}example.csv",
        "example_xlsx": f"{_url(request, kind)}example.xlsx",
        "list_url": url_of(request, kind),
    }
    return answer(request, "office/import.html", "upload", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def preview(request: OfficeRequest, register: str, token: str) -> HttpResponse:
    """Every row's fate; a POST saves what was shown, unless the records have changed since: then it is shown anew."""
    kind, importer = _importer(request, register)
    if len(token) > _TOKEN:
        raise Http404
    kept = cache.get(_key(request, kind, token))
    if kept is None:
        messages.error(request, _("This import is over or was saved already. Please choose the file again."))
        return HttpResponseRedirect(_url(request, kind))
    rows = [Row(number, values) for number, values in json.loads(kept)]
    planned = importer.plan(request, rows)
    wanted = [one for one in planned if one.fate in (Fate.NEW, Fate.CHANGED)]
    is_sound = all(one.fate != Fate.ERROR for one in planned)
    page: dict[str, Any] = {}
    impacts: Sequence[Any] = ()
    if importer.impacts and wanted:
        try:
            impacts = importer.impacts(request, wanted, clock.now())
        except (Refused, ValidationError) as error:  # rows that fit alone, but not together
            page["refusal"] = error if isinstance(error, Refused) else Refused(" ".join(error.messages))
    mark = _mark(planned, impacts)
    if request.method == "POST" and "refusal" not in page:
        if request.POST.get("mark") != mark:
            page["refusal"] = Refused(_("Records have changed in the meantime. Please look at the rows again."))
        elif not is_sound and "without_errors" not in request.POST:
            page["refusal"] = Refused(_("Some rows cannot be saved. Save the others, or correct the file."))
        elif wanted and cache.delete(_key(request, kind, token)):
            try:
                return _apply(request, kind, importer, wanted)
            except (Refused, ValidationError) as error:
                cache.set(_key(request, kind, token), kept, _KEPT)
                page["refusal"] = error if isinstance(error, Refused) else Refused(" ".join(error.messages))
        else:
            return HttpResponseRedirect(url_of(request, kind))
    only = request.GET.get("only", "")
    page |= {
        **sections.frame(request, kind.name, (str(kind.title), url_of(request, kind))),
        "register": kind,
        "heads": [one.titles[0] for one in importer.columns],
        "rows": [
            {"planned": one, "cells": [one.row.values.get(column.name, "") for column in importer.columns]}
            for one in sorted(planned, key=lambda one: (one.fate != Fate.ERROR, one.row.number))
            if only in ("", one.fate)
        ],
        "counts": [{"fate": fate.value, "count": sum(one.fate == fate for one in planned)} for fate in Fate],
        "only": only,
        "impacts": impacts,
        "mark": mark,
        "is_sound": is_sound,
        "wanted": len(wanted),
        "upload_url": _url(request, kind),
    }
    return answer(request, "office/preview.html", "preview", page, status=409 if "refusal" in page else 200)


@require_safe
@for_office(Act.READ)
def example(request: OfficeRequest, register: str, form: str) -> HttpResponse:
    """A small file to begin with, as `csv` or `xlsx`."""
    kind, importer = _importer(request, register)
    heads = [one.titles[0] for one in importer.columns]
    count = max((len(one.examples) for one in importer.columns), default=0)
    rows = [
        [one.examples[line] if line < len(one.examples) else "" for one in importer.columns] for line in range(count)
    ]
    if form == "csv":
        return csv_file(kind.name, heads, rows)
    if form == "xlsx":
        return xlsx_file(kind.name, heads, rows)
    raise Http404


def read(content: bytes, importer: Importer) -> list[Row]:
    """The rows of a file. Raises `Unreadable` with a sentence that says what to do."""
    if len(content) > LARGEST:
        raise Unreadable(_("The file is too large. Please split it."))
    table = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    heads = [_plain(cell) for cell in (table[0] if table else [])]
    places: dict[str, int] = {}
    for column in importer.columns:
        known = {_plain(title) for title in (column.name, *column.titles)}
        place = next((number for number, head in enumerate(heads) if head in known), None)
        if place is not None:
            places[column.name] = place
        elif column.is_required:
            raise Unreadable(_("The column “%(title)s” is missing in the first line.") % {"title": column.titles[0]})
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        values = {name: cells[place][:_LONGEST_CELL] if place < len(cells) else "" for name, place in places.items()}
        if any(values.values()):
            rows.append(Row(number, values))
    if not rows:
        raise Unreadable(_("The file has no rows below its first line."))
    if len(rows) > MOST:
        raise Unreadable(_("The file has more than 5,000 rows. Please split it."))
    return rows


def _csv(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unreadable(_("The file cannot be read. Please save it as CSV (UTF-8) or XLSX."))
    if "\0" in text:
        raise Unreadable(_("The file cannot be read. Please save it as CSV (UTF-8) or XLSX."))
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        return [[_bare(cell) for cell in row] for row in csv.reader(StringIO(text, newline=""), delimiter=separator)]
    except csv.Error as error:
        raise Unreadable(_("The file cannot be read. Please save it as CSV (UTF-8) or XLSX.")) from error


def _xlsx(content: bytes) -> list[list[str]]:
    try:
        if sum(part.file_size for part in ZipFile(BytesIO(content)).infolist()) > _UNPACKED:
            raise Unreadable(_("The file is too large. Please split it."))
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = []
        for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=100)):
            if number > MOST + 1:
                raise Unreadable(_("The file has more than 5,000 rows. Please split it."))
            rows.append([_text(cell) for cell in row])
    except _BROKEN as error:
        raise Unreadable(_("The file cannot be read. Please save it as CSV (UTF-8) or XLSX.")) from error
    return rows


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case datetime() if cell.time() != time.min:
            return cell.isoformat(sep=" ", timespec="minutes")
        case datetime():
            return cell.date().isoformat()
        case time():
            return cell.isoformat(timespec="minutes")
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return _bare(str(cell))


def _bare(text: str) -> str:
    """A cell without the mark that `lists.harmless` put before it."""
    text = text.strip()
    return text[1:] if text.startswith(("'=", "'+", "'-", "'@")) else text


def _plain(title: object) -> str:
    return " ".join(str(title).replace("_", " ").casefold().split()).rstrip("* ")


def _apply(request: OfficeRequest, kind: Register, importer: Importer, wanted: Sequence[Planned]) -> HttpResponse:
    with transaction.atomic():
        closing = importer.apply(request, wanted, clock.now())
    count = len(wanted)
    messages.success(
        request, ngettext("%(count)d row is saved.", "%(count)d rows are saved.", count) % {"count": count}
    )
    if closing is None:
        return HttpResponseRedirect(url_of(request, kind))
    template, context = closing
    page = {**sections.frame(request, kind.name, (str(kind.title), url_of(request, kind))), "register": kind, **context}
    return answer(request, template, "done", page)


def _importer(request: OfficeRequest, name: str) -> tuple[Register, Importer]:
    kind = register_of(request, name)
    if kind.importer is None or not kind.changeable(request, None):
        raise Http404
    return kind, kind.importer


def _key(request: OfficeRequest, kind: Register, token: str) -> str:
    return f"import:{request.user.pk}:{request.mall.pk}:{kind.name}:{token}"


def _mark(planned: Sequence[Planned], impacts: Sequence[Any]) -> str:
    """A mark of what the preview showed, so that saving does nothing else."""
    rows = [[one.row.number, one.fate, one.name, [str(change) for change in one.changes]] for one in planned]
    shown = [rows, [str(one.text) for one in impacts]]
    return hashlib.sha256(json.dumps(shown, default=str).encode()).hexdigest()[:32]


def _url(request: OfficeRequest, kind: Register, token: str = "") -> str:
    where = {"mall": request.mall.code, "register": kind.name}
    if token:
        return reverse("office_preview", kwargs={**where, "token": token})
    return reverse("office_import", kwargs=where)
