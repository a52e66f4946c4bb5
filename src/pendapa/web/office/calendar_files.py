"""Days of the calendar from a list, with every day's fate before it is proposed, and the calendar as a file."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import icalendar
from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.crypto import get_random_string
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls import actions, queries
from pendapa.directory.malls.models import CalendarDay, DayKind
from pendapa.directory.malls.queries import DayFound
from pendapa.web.office import calendars, keeping
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.lists import csv_file
from pendapa.web.office.registers import Fate, Planned, Row
from pendapa.web.pages import answer

LARGEST = 512 * 1024  # bytes of a file
_TOKEN = 24  # characters of a preview's address
_KEPT = 3600  # seconds between preview and saving


class ImportForm(forms.Form):
    """Where proposals come from: a file, or what the program knows of a year."""

    year = forms.IntegerField(
        label=gettext_lazy("Year"), min_value=calendars.FIRST_YEAR, max_value=calendars.LAST_YEAR, required=False
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("CSV with the columns tanggal, nama, jenis, dasar hukum; or a calendar file (ICS)."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.ics,text/calendar,text/csv"}),
    )

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        typed = super().clean() or {}
        file = typed.get("file")
        if file is None and not typed.get("year"):
            raise ValidationError(_("Choose a year or a file."))
        if file is not None and file.size > LARGEST:
            self.add_error("file", _("The file is larger than 512 KB."))
        return typed


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def upload(request: OfficeRequest) -> HttpResponse:
    """Choose a list; nothing is saved yet."""
    calendars.must_change(request)
    kept = keeping.take(request)
    year = (kept.get("year") if kept else None) or clock.now().year + 1
    form = ImportForm(request.POST or None, request.FILES or None, initial={"year": year})
    page: dict[str, Any] = {"form": form, "was_kept": kept is not None}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                found, source = _read(form.cleaned_data, is_local=request.place is not None)
            except Refused as refusal:
                page["refusal"] = refusal
            else:
                token = get_random_string(_TOKEN)
                listed = [{**asdict(one), "date": one.date.isoformat() if one.date else None} for one in found]
                cache.set(_key(request, token), json.dumps([source, listed]), _KEPT)
                return HttpResponseRedirect(calendars.url(request, "_preview", token=token))
    page |= {**calendars.frame(request, (_("Calendar"), calendars.url(request))), "cancel_url": calendars.url(request)}
    return answer(request, "office/calendar_import.html", "upload", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def preview(request: OfficeRequest, token: str) -> HttpResponse:
    """Every day's fate; a POST proposes those that are new or differ."""
    calendars.must_change(request)
    if len(token) > _TOKEN:
        raise Http404
    kept = cache.get(_key(request, token))
    if kept is None:
        messages.error(request, _("This import is over or was saved already. Please choose it again."))
        return HttpResponseRedirect(calendars.url(request, "_import"))
    source, listed = json.loads(kept)
    found = [DayFound(**{**one, "date": parse_date(one["date"]) if one["date"] else None}) for one in listed]
    if request.method == "POST":
        new, changed = actions.propose_calendar_days(
            found=found, mall=request.place, source=source, by=request.user, at=clock.now()
        )
        cache.delete(_key(request, token))
        count = new + changed
        sentence = ngettext("%(count)d day is proposed.", "%(count)d days are proposed.", count)
        messages.success(request, sentence % {"count": count})
        years = sorted({one.date.year for one in found if one.date})
        return HttpResponseRedirect(
            f"{calendars.url(request)}?year={years[0] if years else calendars.year_of(request)}"
        )
    planned = [_planned(*one) for one in queries.fates_of(found, mall=request.place)]
    only = request.GET.get("only", "")
    counts = [{"fate": fate, "count": sum(one.fate == fate for one in planned)} for fate in Fate]
    page = {
        **calendars.frame(
            request, (_("Calendar"), calendars.url(request)), (_("Import"), calendars.url(request, "_import"))
        ),
        "heads": [_("Date"), _("Name"), _("Kind")],
        "rows": [
            {"planned": one, "cells": list(one.row.values.values())}
            for one in sorted(planned, key=lambda one: one.fate != Fate.ERROR)
            if only in ("", one.fate)
        ],
        "counts": counts,
        "only": only,
        "wanted": sum(one.fate in (Fate.NEW, Fate.CHANGED) for one in planned),
        "upload_url": calendars.url(request, "_import"),
        "source": source,
    }
    return answer(request, "office/calendar_preview.html", "preview", page)


def _read(typed: dict[str, Any], *, is_local: bool) -> tuple[list[DayFound], str]:
    file = typed.get("file")
    if file is None:
        found = queries.days_of_package(typed["year"])
        if not found:
            raise queries.Unreadable(_("The program knows no days of this year yet. Please use a file."))
        return found, f"holidays {typed['year']}"
    content, source = file.read(), f"{file.name}"[:80]
    if b"BEGIN:VCALENDAR" in content[:200]:
        kind = DayKind.LOCAL_CLOSURE if is_local else DayKind.NATIONAL
        return queries.days_in_ics(content, kind=kind), source
    found = queries.days_in_csv(content)
    if is_local:  # a mall proposes no national holidays
        found = [
            replace(one, error=_("National days are kept in the calendar of the country."))
            if one.kind == DayKind.NATIONAL and not one.error
            else one
            for one in found
        ]
    return found, source


def _planned(found: DayFound, fate: str, there: CalendarDay | None) -> Planned:
    cells = {
        "date": found.date.isoformat() if found.date else "",
        "name": found.name,
        "kind": str(DayKind(found.kind).label),
    }
    changes = []
    if fate == Fate.CHANGED and there is not None:
        changes = [
            (title, old, new)
            for title, old, new in (
                (_("Name"), there.name, found.name),
                (_("Decree"), there.legal_basis, found.legal_basis or there.legal_basis),
            )
            if old != new
        ]
    return Planned(
        Row(found.number, cells), Fate(fate), found.name, changes, [found.error] if found.error else [], found
    )


def _key(request: OfficeRequest, token: str) -> str:
    return f"calendar:{request.user.pk}:{request.place.pk if request.place else 0}:{token}"


@require_safe
@for_office(Act.READ)
def export(request: OfficeRequest, form: str) -> HttpResponse:
    """The days of a year as CSV, or those that are confirmed as a calendar file."""
    year = calendars.year_of(request)
    days = queries.calendar_of(request.place).filter(date__year=year)
    name = f"kalender-{request.place.code if request.place else 'nasional'}-{year}"
    if form == "csv":
        words = {False: _("proposed"), True: _("confirmed")}
        heads = ["tanggal", "nama", "jenis", "dasar hukum", "berlaku", "keadaan"]
        rows = [
            [one.date.isoformat(), one.name, one.kind, one.legal_basis, calendars.where(one), words[one.is_confirmed]]
            for one in days
        ]
        return csv_file(name, heads, rows)
    if form == "ics":
        response = HttpResponse(
            _ics(days.filter(confirmed_at__isnull=False)), content_type="text/calendar; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{name}.ics"'
        return response
    raise Http404


def _ics(days: Iterable[CalendarDay]) -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Pendapa//Kalender//ID")
    calendar.add("version", "2.0")
    for one in days:
        event = icalendar.Event()
        event.add("uid", f"calendar-day-{one.pk}@pendapa")
        event.add("dtstamp", one.confirmed_at or one.proposed_at)
        event.add("dtstart", one.date)
        event.add("dtend", one.date + timedelta(days=1))
        event.add("summary", one.name)
        event.add("categories", [one.kind])
        event.add("description", one.legal_basis)
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
