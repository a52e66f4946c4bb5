"""Services from files and to files: every row's fate is shown first, and all that is saved becomes a draft."""

import csv
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from io import SEEK_END, BytesIO, StringIO
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
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.accounts.rules import Act
from pendapa.directory.catalogue import actions, rules
from pendapa.directory.catalogue.models import PublicService, ServiceVersion, empty_content
from pendapa.directory.catalogue.rules import Faulty, State
from pendapa.directory.malls.models import Agency
from pendapa.web.office import cells, keeping, services
from pendapa.web.office import services_shapes as shapes
from pendapa.web.office import services_text as text
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.agencies import agencies_at, agencies_for
from pendapa.web.office.imports import LARGEST, Unreadable
from pendapa.web.office.lists import XLSX, harmless
from pendapa.web.office.registers import Fate, Planned, Row
from pendapa.web.pages import answer

MOST_SERVICES = 500  # of one file
_MOST_ROWS = 20_000  # of one sheet
_LONGEST_CELL = 14_000  # characters; the domain says what is too long
_UNPACKED = 40 * 1024 * 1024  # bytes that a spreadsheet may hold once unpacked
_TOKEN = 24  # characters of a preview's address
_KEPT = 3600  # seconds between preview and saving
_BROKEN = (
    BadZipFile, EOFError, IndexError, KeyError, OSError, RuntimeError, SyntaxError, TypeError, ValueError, zlib.error,
)  # fmt: skip
_MARKED = ("'=", "'+", "'-", "'@")  # what `lists.harmless` put a mark before


class Upload(forms.Form):
    """A file of services."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("XLSX with its three sheets, or CSV or JSON in the shape of SIPPN; up to 900 KB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.json"}),
    )


# ---- Export ----


@require_safe
@for_office(Act.READ)
def export(request: OfficeRequest, form: str) -> HttpResponse:
    """All services that this person sees, as they are written now: a workbook, or SIPPN's shape as CSV or JSON."""
    if form not in {"xlsx", "csv", "json"}:
        raise Http404
    found = [(service, _content(service, version)) for service, version in _present(request)]
    name = f"layanan-{request.mall.code}"
    if form == "xlsx":
        of_sheets = (
            (one.slug, shapes.of_sheets(content, slug=one.slug, agency=one.agency.short_name)) for one, content in found
        )
        return _file(_workbook(shapes.sheet_rows(of_sheets)), f"{name}.xlsx", XLSX)
    listed = [shapes.of_sippn(content, slug=one.slug, agency=one.agency.name) for one, content in found]
    if form == "json":
        whole = {"bentuk": "SIPPN", "mal": request.mall.name, "layanan": listed}
        return _file(json.dumps(whole, ensure_ascii=False, indent=1), f"{name}.json", "application/json")
    return _file(_csv_of(listed), f"{name}.csv", "text/csv; charset=utf-8")


def _present(request: OfficeRequest) -> Iterator[tuple[PublicService, ServiceVersion | None]]:
    """The services that are given, each with the version that is written now: its draft, or the newest published."""
    found = list(services.rows(request).filter(retired_at=None).order_by("agency__short_name", "name", "pk"))
    versions = ServiceVersion.objects.filter(service__in=found).order_by("service", "number")
    now: dict[int, ServiceVersion] = {}
    for one in versions:
        if one.service_id not in now or now[one.service_id].number is not None:
            now[one.service_id] = one
    for service in found:
        yield service, now.get(service.pk)


def _content(service: PublicService, version: ServiceVersion | None) -> dict[str, Any]:
    content: dict[str, Any] = version.content if version else empty_content(service.name)
    return content


def _csv_of(listed: Sequence[Mapping[str, Any]]) -> str:
    file = StringIO("\ufeff")
    file.seek(0, SEEK_END)
    writer = csv.writer(file)
    writer.writerow(shapes.SIPPN)
    for one in listed:
        writer.writerow(
            [harmless("\n".join(one[name]) if name in shapes.SIPPN_LISTS else one[name]) for name in shapes.SIPPN]
        )
    return file.getvalue()


def _workbook(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([harmless(cell) for cell in row])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            cell.alignment = Alignment(vertical="top")
        sheet.freeze_panes = "C2"
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _file(content: str | bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# ---- Import ----


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def upload(request: OfficeRequest) -> HttpResponse:
    """Choose a file; its rows are kept for an hour, and nothing is saved yet."""
    _must_change(request)
    form = Upload(request.POST or None, request.FILES or None)
    page: dict[str, Any] = {"form": form, "was_kept": keeping.take(request) is not None}
    if request.method == "POST" and form.is_valid():
        try:
            rows = read(form.cleaned_data["file"].read(), form.cleaned_data["file"].name or "")
        except Unreadable as refusal:
            page["refusal"] = refusal
        else:
            token = get_random_string(_TOKEN)
            cache.set(_key(request, token), json.dumps(rows), _KEPT)
            return HttpResponseRedirect(_fates_url(request, token))
    page |= {**services.frame(request), "list_url": services.list_url(request)}
    page["exports"] = {form: _export_url(request, form) for form in ("xlsx", "csv", "json")}
    return answer(
        request, "office/service_import.html", "upload", page, status=422 if request.method == "POST" else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def preview(request: OfficeRequest, token: str) -> HttpResponse:
    """What becomes of every service in the file; a POST writes the drafts that were shown."""
    _must_change(request)
    if len(token) > _TOKEN:
        raise Http404
    kept = cache.get(_key(request, token))
    if kept is None:
        messages.error(request, _("This import is over or was saved already. Please choose the file again."))
        return HttpResponseRedirect(_upload_url(request))
    planned = plan(request, json.loads(kept))
    mark = _mark(planned)
    wanted = [one for one in planned if one.fate in (Fate.NEW, Fate.CHANGED)]
    is_sound = all(one.fate != Fate.ERROR for one in planned)
    page: dict[str, Any] = {}
    if request.method == "POST":
        if request.POST.get("mark") != mark:
            page["refusal"] = Refused(_("Records have changed in the meantime. Please look at the rows again."))
        elif not is_sound and "without_errors" not in request.POST:
            page["refusal"] = Refused(_("Some rows cannot be saved. Save the others, or correct the file."))
        elif wanted and cache.delete(_key(request, token)):
            try:
                return _apply(request, wanted)
            except (Refused, ValidationError) as error:
                cache.set(_key(request, token), kept, _KEPT)
                page["refusal"] = error if isinstance(error, Refused) else Refused(" ".join(error.messages))
        else:
            return HttpResponseRedirect(services.list_url(request))
    only = request.GET.get("only", "")
    page |= {
        **services.frame(request),
        "register": services.SERVICES,
        "heads": ["kode", "instansi"],
        "rows": [
            {"planned": one, "cells": [one.row.values["kode"], one.row.values["instansi"]]}
            for one in sorted(planned, key=lambda one: (one.fate != Fate.ERROR, one.row.number))
            if only in ("", one.fate)
        ],
        "counts": [{"fate": fate.value, "count": sum(one.fate == fate for one in planned)} for fate in Fate],
        "only": only,
        "mark": mark,
        "is_sound": is_sound,
        "wanted": len(wanted),
        "upload_url": _upload_url(request),
    }
    return answer(request, "office/service_fates.html", "preview", page, status=409 if "refusal" in page else 200)


def _must_change(request: OfficeRequest) -> None:
    if not services.may_change(request, None):
        raise Http404


def _key(request: OfficeRequest, token: str) -> str:
    return f"services:{request.user.pk}:{request.mall.pk}:{token}"


def _upload_url(request: OfficeRequest) -> str:
    return reverse("office_service_import", kwargs={"mall": request.mall.code})


def _fates_url(request: OfficeRequest, token: str) -> str:
    return reverse("office_service_fates", kwargs={"mall": request.mall.code, "token": token})


def _export_url(request: OfficeRequest, form: str) -> str:
    return reverse("office_service_export", kwargs={"mall": request.mall.code, "form": form})


def plan(request: OfficeRequest, rows: Sequence[Mapping[str, Any]]) -> list[Planned]:
    """What becomes of each row; nothing is written."""
    present = {one.slug: (one, version) for one, version in _present(request)}
    agencies = cells.named(agencies_at(request.mall), lambda one: one.short_name)
    agencies |= cells.named(agencies_at(request.mall), lambda one: one.name)
    own = {one.pk for one in agencies_for(request, Act.MANAGE)}
    seen: set[object] = set()
    return [_fate(row, present, agencies, own, seen) for row in rows]


def _fate(
    row: Mapping[str, Any],
    present: Mapping[str, tuple[PublicService, ServiceVersion | None]],
    agencies: Mapping[str, Agency],
    own: set[int],
    seen: set[object],
) -> Planned:
    errors: list[Any] = []
    agency = agencies.get(str(row["agency"]).casefold())
    found = present.get(row["slug"])
    if found is None and agency is not None:
        same = (
            one
            for one in present.values()
            if one[0].agency == agency and one[0].name.casefold() == row["name"].casefold()
        )
        found = next(same, None)
    service, version = found or (None, None)
    if service is not None:
        agency = service.agency if not row["agency"] or agency == service.agency else None
    if agency is None or agency.pk not in own:
        errors.append(_("No agency “%(text)s” of this mall is yours to write for.") % {"text": str(row["agency"])[:80]})
    if version is not None and version.state == State.IN_REVIEW:
        errors.append(_("Its version is in review: have it returned before you change it."))
    key = service.pk if service else (str(row["agency"]).casefold(), row["name"].casefold())
    if key in seen:
        errors.append(_("This stands in the file twice."))
    seen.add(key)
    name = row["name"] or (service.name if service else row["slug"])
    before = _content(service, version) if service else empty_content(row["name"] or "\N{HORIZONTAL ELLIPSIS}")
    if service is None and not row["name"]:
        errors.append(_("A cell is empty that is needed."))
    content, changes = before, []
    try:
        over = shapes.over_sippn if row["shape"] == "sippn" else shapes.over_sheets
        where = (
            {"slug": service.slug, "agency": service.agency.name}
            if service
            else {"slug": row["slug"], "agency": row["agency"]}
        )
        if service and row["shape"] != "sippn":
            where["agency"] = service.agency.short_name
        written = rules.from_json(over(before, row["content"], **where))
        content = rules.to_json(written)
        changes = text.flat(rules.from_json(before), written)[:30]
    except Faulty as faulty:
        errors += [
            f"{text.title_of(path.partition('[')[0].partition('.')[0])}: {words}"
            for path, words in list(faulty.faults.items())[:8]
        ]
    line = Row(row["number"], {"kode": row["slug"], "instansi": row["agency"]})
    if errors:
        return Planned(line, Fate.ERROR, name, errors=errors)
    fate = Fate.NEW if service is None else Fate.CHANGED if changes else Fate.UNCHANGED
    assert agency is not None  # it is an error otherwise
    return Planned(
        line, fate, name, changes if service else [], content=(service and service.pk, agency.pk, name, content)
    )


def _mark(planned: Sequence[Planned]) -> str:
    """A mark of what the preview showed, so that saving does nothing else."""
    shown = [[one.row.number, one.fate, one.name, one.content and one.content[3]] for one in planned]
    return hashlib.sha256(json.dumps(shown, default=str, sort_keys=True).encode()).hexdigest()[:32]


def _apply(request: OfficeRequest, wanted: Sequence[Planned]) -> HttpResponse:
    at = clock.now()
    with transaction.atomic():
        for one in wanted:
            pk, agency, name, content = one.content
            if pk is None:
                service = actions.service_named(
                    mall=request.mall, agency=Agency.objects.get(pk=agency), name=name, by=request.user, at=at
                )
            else:
                service = services.service_or_404(request, pk, to_change=True)
            draft = actions.draft_version(service=service, by=request.user, at=at)
            actions.save_draft(draft=draft, content=content, version=draft.version, by=request.user, at=at)
    count = len(wanted)
    words = ngettext(
        "%(count)d draft is written. Nothing is published.",
        "%(count)d drafts are written. Nothing is published.",
        count,
    )
    messages.success(request, words % {"count": count})
    return HttpResponseRedirect(f"{services.list_url(request)}?state=draft")


# ---- Reading files ----


def read(content: bytes, name: str) -> list[dict[str, Any]]:
    """The services of a file, in either shape. Raises `Unreadable` with a sentence that says what to do."""
    if len(content) > LARGEST:
        raise Unreadable(_("The file is too large. Please split it."))
    if content.startswith(b"PK"):
        rows = _from_sheets(_sheets(content))
    elif content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") or name.lower().endswith(".json"):
        rows = _from_json(content)
    else:
        rows = _from_csv(content)
    if not rows:
        raise Unreadable(_("The file has no rows below its first line."))
    if len(rows) > MOST_SERVICES:
        raise Unreadable(_("The file has more than %(count)d services. Please split it.") % {"count": MOST_SERVICES})
    return rows


def _unreadable() -> Unreadable:
    return Unreadable(_("The file cannot be read. Please save it as CSV (UTF-8), JSON or XLSX."))


def _sheets(content: bytes) -> dict[str, list[dict[str, str]]]:
    """The rows of the three sheets by their headings, each with its number in the sheet."""
    try:
        if sum(part.file_size for part in ZipFile(BytesIO(content)).infolist()) > _UNPACKED:
            raise Unreadable(_("The file is too large. Please split it."))
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        found = {}
        for sheet in book.worksheets[:6]:
            table: list[list[str]] = []
            for row in sheet.iter_rows(values_only=True, max_col=60):
                if len(table) > _MOST_ROWS:
                    raise Unreadable(_("The file is too large. Please split it."))
                table.append([_cell(one) for one in row])
            found[sheet.title.strip().casefold()] = _headed(table)
    except _BROKEN as error:
        raise _unreadable() from error
    return found


def _headed(table: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    heads = [" ".join(one.casefold().split()) for one in (table[0] if table else [])]
    return [
        {"#": str(number), **dict(zip(heads, row, strict=False))}
        for number, row in enumerate(table[1:], start=2)
        if any(row)
    ]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case bool():
            return "ya" if value else "tidak"
        case float() if value.is_integer():
            return str(int(value))
    return _bare(str(value)[:_LONGEST_CELL])


def _bare(said: str) -> str:
    said = said.strip()
    return said[1:] if said.startswith(_MARKED) else said


def _from_sheets(sheets: Mapping[str, Sequence[Mapping[str, str]]]) -> list[dict[str, Any]]:
    first = sheets.get(shapes.SERVICES)
    if first is None:
        raise Unreadable(_("The workbook has no sheet “%(name)s”.") % {"name": shapes.SERVICES})
    if first and "nama" not in first[0]:
        raise Unreadable(_("The column “%(title)s” is missing in the first line.") % {"title": "nama"})
    parts: dict[str, dict[str, list[dict[str, str]]]] = {
        kind: {} for kind in (shapes.PAPERS, "langkah", "biaya", "produk")
    }
    for row in sheets.get(shapes.PAPERS, ()):
        cells_of = {head: row.get(head, "") for head in shapes.PAPER_HEADS[1:]}
        cells_of["jumlah"] = cells_of["jumlah"] or "1"
        cells_of["bentuk"] = cells_of["bentuk"] or "original"
        parts[shapes.PAPERS].setdefault(row.get("kode", ""), []).append(cells_of)
    for row in sheets.get(shapes.MORE, ()):
        kind = row.get("jenis", "").casefold()
        if kind not in {"langkah", "biaya", "produk"}:
            raise Unreadable(
                _("Row %(row)s of the sheet “%(name)s”: the kind is langkah, biaya or produk.")
                % {"row": row["#"], "name": shapes.MORE}
            )
        heads = shapes.MORE_HEADS[2:] if kind == "biaya" else ("teks", "teks (en)")
        parts[kind].setdefault(row.get("kode", ""), []).append({head: row.get(head, "") for head in heads})
    return [
        {
            "number": int(row["#"]),
            "shape": "sheets",
            "slug": row.get("kode", "").lower()[:80],
            "name": " ".join(row.get("nama", "").split())[:400],
            "agency": row.get("instansi", "")[:160],
            "content": {
                shapes.SERVICES: {head: row.get(head, "") for head in shapes.SERVICE_HEADS},
                **{kind: found.get(row.get("kode", ""), []) for kind, found in parts.items()},
            },
        }
        for row in first
    ]


def _from_csv(content: bytes) -> list[dict[str, Any]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            said = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _unreadable()
    if "\0" in said:
        raise _unreadable()
    separator = max(",;\t", key=said.partition("\n")[0].count)
    try:
        table = [
            [_bare(cell[:_LONGEST_CELL]) for cell in row]
            for row in csv.reader(StringIO(said, newline=""), delimiter=separator)
        ]
    except csv.Error as error:
        raise _unreadable() from error
    heads = [one.casefold().strip().replace(" ", "_") for one in (table[0] if table else [])]
    if "nama_layanan" not in heads:
        raise Unreadable(_("The column “%(title)s” is missing in the first line.") % {"title": "nama_layanan"})
    return [
        _sippn_row(number, dict(zip(heads, row, strict=False)))
        for number, row in enumerate(table[1:], start=2)
        if any(row)
    ]


def _from_json(content: bytes) -> list[dict[str, Any]]:
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    listed = whole.get("layanan") if isinstance(whole, dict) else whole
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Unreadable(_("The file needs a list “layanan” of services."))
    return [_sippn_row(number, one) for number, one in enumerate(listed[: MOST_SERVICES + 1], start=1)]


def _sippn_row(number: int, said: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name in shapes.SIPPN:
        value = said.get(name)
        if name in shapes.SIPPN_LISTS:
            lines = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
            content[name] = [str(one).strip()[:_LONGEST_CELL] for one in lines[:200] if str(one).strip()]
        else:
            content[name] = str(value or "").strip()[:_LONGEST_CELL]
    return {
        "number": number,
        "shape": "sippn",
        "slug": content["kode"].lower()[:80],
        "name": " ".join(content["nama_layanan"].split())[:400],
        "agency": content["organisasi"][:160],
        "content": content,
    }
