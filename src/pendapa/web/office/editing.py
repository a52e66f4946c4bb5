"""Add, change, remove and restore the records of a register."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.records import actions as records
from pendapa.base.records import queries as removals
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls.models import CalendarDay
from pendapa.web.office import conflicts, keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.histories import lines_of, names_of
from pendapa.web.office.lists import register_of, url_of
from pendapa.web.office.registers import Register, Sent, Words
from pendapa.web.pages import answer

RECENT = 5  # entries of the history beside a form
NEWEST = 200  # removals on their page


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def add(request: OfficeRequest, register: str) -> HttpResponse:
    """A new record."""
    kind = register_of(request, register)
    if not kind.changeable(request, None):
        raise Http404
    return _form(request, kind, None)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def edit(request: OfficeRequest, register: str, record: int) -> HttpResponse:
    """One record: its form for those who may change it, its values for those who may only read."""
    kind = register_of(request, register)
    found = get_object_or_404(kind.rows(request), pk=record)
    if request.method == "POST" and not kind.changeable(request, found):
        raise Http404
    return _form(request, kind, found)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def remove(request: OfficeRequest, register: str, record: int) -> HttpResponse:
    """Ask, then remove a record; the list then offers to bring it back."""
    kind = register_of(request, register)
    found = get_object_or_404(kind.rows(request), pk=record)
    if kind.remove is None or not kind.changeable(request, found):
        raise Http404
    page: dict[str, Any] = {
        **sections.frame(request, kind.name, (kind.called(found), url_of(request, kind, found))),
        "register": kind,
        "record": found,
        "called": kind.called(found),
        "cancel_url": url_of(request, kind, found),
    }
    if request.method != "POST":
        if kind.consequences is not None:
            page["consequences"] = kind.consequences(request, found)
        return answer(request, "office/confirm.html", "confirm", page)
    try:
        removed = kind.remove(request, found, clock.now())
    except Refused as refusal:
        return answer(request, "office/confirm.html", "confirm", page | {"refusal": refusal}, status=refusal.status)
    undo = ""
    if isinstance(removed, RemovedRecord):
        undo = reverse("office_restore", kwargs={"mall": request.mall.code, "removed": removed.pk})
    messages.success(request, _("%(name)s is removed.") % {"name": kind.called(found)}, extra_tags=undo)
    return HttpResponseRedirect(url_of(request, kind))


@require_safe
@for_office(Act.READ)
def removed_list(request: OfficeRequest) -> HttpResponse:
    """What was removed from this mall and can come back; without the whole mall, only one's own removals."""
    rows = removals.removed_from(request.mall.pk)
    if not request.standing.may(Act.READ):
        rows = rows.filter(removed_by=request.user.actor_name)
    lines = [line for one in rows[:NEWEST] if (line := _removed_line(request, one))]
    names = names_of(line["removed"].removed_by for line in lines)
    for line in lines:
        line["by"] = names.get(line["removed"].removed_by, line["removed"].removed_by)
    return answer(request, "office/removed.html", "removed", {**sections.frame(request, "removed"), "lines": lines})


@require_POST
@for_office(Act.READ)
def restore(request: OfficeRequest, removed: int) -> HttpResponse:
    """Bring back what was removed."""
    found = get_object_or_404(RemovedRecord, pk=removed, mall=request.mall.pk)
    kind = _register_for(request, found)
    if kind is None or not _may_restore(request, kind, found):
        raise Http404
    try:
        if kind.restore is not None:
            kind.restore(request, found, clock.now())
        else:
            records.restore(found, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(reverse("office_removed", kwargs={"mall": request.mall.code}))
    messages.success(request, _("%(name)s is back.") % {"name": found.name})
    return HttpResponseRedirect(url_of(request, kind))


def _register_for(request: OfficeRequest, removed: RemovedRecord) -> Register | None:
    """The register that a removed record belongs to, for those who see all of the mall or removed it themselves."""
    for kind in sections.REGISTERS.values():
        if kind.model._meta.model_name == removed.kind:
            is_seen = request.standing.may(kind.reads) or _is_own(request, kind, removed)
            return kind if is_seen else None
    return None


def _is_own(request: OfficeRequest, kind: Register, removed: RemovedRecord) -> bool:
    """Whether this person removed it and may still write such records somewhere at the mall."""
    return removed.removed_by == request.user.actor_name and request.standing.may_somewhere(kind.writes)


def _may_restore(request: OfficeRequest, kind: Register, removed: RemovedRecord) -> bool:
    return _is_own(request, kind, removed) or kind.changeable(request, None)


def _removed_line(request: OfficeRequest, removed: RemovedRecord) -> dict[str, Any] | None:
    """What the page of removals shows of one; None where this person may not see it."""
    where = {"mall": request.mall.code}
    if removed.kind == CalendarDay._meta.model_name and request.standing.may(Act.READ):  # it has pages of its own
        what: Words = _("calendar day")
        may_restore = request.standing.may(Act.ARRANGE)
        url = reverse("office_calendar_restore", kwargs={**where, "day": removed.subject.rpartition(":")[2]})
    elif kind := _register_for(request, removed):
        what = kind.singular
        may_restore = _may_restore(request, kind, removed)
        url = reverse("office_restore", kwargs={**where, "removed": removed.pk})
    else:
        return None
    return {"removed": removed, "what": what, "restore_url": url if may_restore else ""}


def _form(request: OfficeRequest, kind: Register, record: Any) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    kept = keeping.take(request) if sent is None else None
    fields: QueryDict | None = sent if sent is not None else kept
    form = kind.form(request, record, fields)
    rows = kind.children(request, record, fields) if kind.children else None
    page: dict[str, Any] = {
        "version": version_of(fields) or (record.version if record is not None else None),
        "was_kept": kept is not None,
    }
    status = 200
    if sent is not None:
        is_sound = form.is_valid() and (rows is None or rows.is_valid())
        if is_sound:
            try:
                saved = kind.save(request, record, Sent(form, rows, version_of(sent), clock.now()))
            except records.ChangedMeanwhile as refusal:
                page |= conflict_of(record, refusal, partial(_differences, request, kind, record, form, rows))
                status = refusal.status
            except Refused as refusal:
                page["refusal"] = refusal
                status = refusal.status
            except ValidationError as error:
                put_errors(error, form)
                status = 422
            else:
                return _saved(request, kind, record, saved)
        else:
            status = 422
    return _page(request, kind, record, page | {"form": form, "rows": rows}, status)


def _saved(request: OfficeRequest, kind: Register, before: Any, saved: Any) -> HttpResponse:
    sentence = _("%(name)s is saved.") if before is not None else _("%(name)s is added.")
    messages.success(request, sentence % {"name": kind.called(saved)})
    if "another" in request.POST and before is None:
        return HttpResponseRedirect(url_of(request, kind, act="add"))
    return HttpResponseRedirect(url_of(request, kind, saved) if before is not None else url_of(request, kind))


def _page(request: OfficeRequest, kind: Register, record: Any, page: dict[str, Any], status: int) -> HttpResponse:
    crumbs = [(str(kind.title), url_of(request, kind))]
    may_change = kind.changeable(request, record)
    form = page["form"]
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    context = {
        **sections.frame(request, kind.name, *crumbs),
        "register": kind,
        "record": record,
        "called": kind.called(record) if record is not None else "",
        "groups": _groups(kind, form),
        "may_change": may_change,
        "may_remove": may_change and record is not None and kind.remove is not None,
        "list_url": url_of(request, kind),
        "history_url": url_of(request, kind, record, "history") if record is not None else "",
        "remove_url": url_of(request, kind, record, "remove") if record is not None else "",
        "lines": lines_of(record, request.place, kind.verbs)[:RECENT] if record is not None else [],
        "panels": kind.panels(request, record) if kind.panels and record is not None else [],
        **page,
    }
    return answer(request, "office/edit.html", "form", context, status=status)


def _groups(kind: Register, form: forms.BaseForm) -> list[dict[str, Any]]:
    """The fields under their headings; what no heading names comes last, without one."""
    named = {name for _title, names in kind.groups for name in names}
    groups = [
        {"title": title, "fields": [form[name] for name in names if name in form.fields]}
        for title, names in kind.groups
    ]
    rest = [field for field in form.visible_fields() if field.name not in named]
    return [*groups, {"title": "", "fields": rest}] if rest else groups


def conflict_of(
    record: Any, refusal: records.ChangedMeanwhile, differences: Callable[[], list[dict[str, object]]]
) -> dict[str, Any]:
    """What stands there now beside what was typed; saving again then goes over it knowingly."""
    record.refresh_from_db()
    actor, moment = refusal.facts.get("actor"), refusal.facts.get("at")
    return {
        "refusal": refusal,
        "conflict": {
            "by": names_of([actor]).get(actor, "") if actor else "",
            "at": parse_datetime(moment) if moment else None,
            "differences": differences(),
        },
        "version": record.version,
    }


def _differences(request: OfficeRequest, kind: Register, record: Any, form: Any, rows: Any) -> list[dict[str, object]]:
    found = conflicts.differences(kind.form(request, record, None), form)
    if kind.children is not None:
        found += conflicts.rows_differ(kind.children_title, kind.children(request, record, None), rows)
    return found


def version_of(fields: QueryDict | None) -> int | None:
    """The version that somebody saw, as their form sent it."""
    text = fields.get("version", "") if fields is not None else ""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def put_errors(error: ValidationError, form: Any) -> None:
    """Put the errors of a record at the fields of its form; those of other fields go to the top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields and name != NON_FIELD_ERRORS else None, errors)
