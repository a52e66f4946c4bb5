"""The calendar of a year: proposed by one person or a list, confirmed with its decree by a second one."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

import icalendar
from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.dateparse import parse_date
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls import actions, queries
from pendapa.directory.malls.models import CalendarDay, DayKind
from pendapa.directory.malls.queries import DayFound
from pendapa.web.office import editing, keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.agencies import agencies_at
from pendapa.web.office.histories import names_of
from pendapa.web.office.hours import mark_of
from pendapa.web.office.lists import csv_file
from pendapa.web.office.places import RecordForm, offer
from pendapa.web.office.regions import RegionField
from pendapa.web.office.registers import Fate, Planned, Row
from pendapa.web.pages import answer

LARGEST = 512 * 1024  # bytes of a file
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_TOKEN = 24  # characters of a preview's address
_KEPT = 3600  # seconds between preview and saving
TONES = {
    DayKind.NATIONAL: "bata",
    DayKind.JOINT_LEAVE: "kunyit",
    DayKind.REGIONAL: "nila",
    DayKind.LOCAL_CLOSURE: "nila",
    DayKind.ELECTION: "nila",
}


def url(request: OfficeRequest, act: str = "", **parts: Any) -> str:
    """The address of a page of this mall's calendar, or of the country's."""
    if request.place is None:
        return reverse(f"office_national_calendar{act}", kwargs=parts)
    return reverse(f"office_calendar{act}", kwargs={"mall": request.place.code, **parts})


def may_change(request: OfficeRequest) -> bool:
    """A mall's calendar is arranged by its operators, that of the country by administrators of the installation."""
    return request.standing.may(Act.ADMINISTER if request.place is None else Act.ARRANGE)


def _must_change(request: OfficeRequest) -> None:
    if not may_change(request):
        raise Http404


def own_days(request: OfficeRequest) -> QuerySet[CalendarDay]:
    """The days that belong to this calendar itself; those of the country are shown in a mall but kept elsewhere."""
    rows = CalendarDay.objects.select_related("region", "mall", "agency").order_by("date", "kind", "pk")
    return rows.filter(mall=request.place)


def year_of(request: OfficeRequest) -> int:
    """The year of the address, or the present one."""
    typed = request.GET.get("year", "")
    if typed.isascii() and typed.isdigit() and len(typed) == 4 and _FIRST_YEAR <= int(typed) <= _LAST_YEAR:
        return int(typed)
    return clock.now().year


def _frame(request: OfficeRequest, *crumbs: tuple[str, str]) -> dict[str, Any]:
    return {
        **sections.frame(request, "calendar", *crumbs),
        "may_change": may_change(request),
        "calendar_url": url(request),
    }


# ---- The year ----


@require_safe
@for_office(Act.READ)
def show(request: OfficeRequest) -> HttpResponse:
    """All days of a year that hold here: what waits for a second person, and what counts."""
    return _year_page(request, year_of(request))


def _year_page(
    request: OfficeRequest, year: int, page: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    days = list(queries.calendar_of(request.place).filter(date__year=year))
    actors = names_of({one.proposed_by for one in days} | {one.confirmed_by for one in days if one.confirmed_by})
    own = request.place.pk if request.place else None
    lines: list[dict[str, Any]] = [
        {
            "day": one,
            "weekday": WEEKDAYS[one.date.weekday()],
            "tone": TONES[DayKind(one.kind)],
            "where": _where(one),
            "is_kept_here": one.mall_id == own,
            "is_mine": one.proposed_by == request.user.actor_name,
            "proposed_by": actors.get(one.proposed_by, one.proposed_by),
            "confirmed_by": actors.get(one.confirmed_by, one.confirmed_by),
        }
        for one in days
    ]
    proposed = [one for one in lines if not one["day"].is_confirmed]
    context = {
        **_frame(request),
        "year": year,
        "year_before": year - 1,
        "year_after": year + 1,
        "months": _months(year, days),
        "proposed": [one for one in proposed if one["is_kept_here"]],
        "proposed_elsewhere": len([one for one in proposed if not one["is_kept_here"]]),
        "others": [one for one in lines if one["day"].is_confirmed],
        "confirmable": sum(1 for one in proposed if one["is_kept_here"] and not one["is_mine"]),
        "add_url": url(request, "_new"),
        "import_url": url(request, "_import"),
        "confirm_url": url(request, "_confirm"),
        "csv_url": f"{url(request, '_export', form='csv')}?year={year}",
        "ics_url": f"{url(request, '_export', form='ics')}?year={year}",
        "decree": "",
        **(page or {}),
    }
    return answer(request, "office/calendar.html", "year", context, status=status)


def _where(day: CalendarDay) -> str:
    if day.agency:
        return day.agency.short_name
    if day.mall:
        return day.mall.name
    return day.region.name if day.region else _("the whole country")


def _months(year: int, days: Iterable[CalendarDay]) -> list[dict[str, Any]]:
    """Twelve small sheets: every date with its mark."""
    marks: dict[date, tuple[str, bool, str]] = {}
    for one in days:
        former = marks.get(one.date)
        if former is None or (one.is_confirmed and not former[1]):
            marks[one.date] = (TONES[DayKind(one.kind)], one.is_confirmed, one.name)
    months = []
    for month in range(1, 13):
        first = date(year, month, 1)
        cells: list[dict[str, Any] | None] = [None] * first.weekday()
        on = first
        while on.month == month:
            tone, is_confirmed, name = marks.get(on, ("", False, ""))
            cells.append(
                {"date": on, "tone": tone, "is_confirmed": is_confirmed, "name": name, "is_rest": on.weekday() > 4}
            )
            on += timedelta(days=1)
        cells += [None] * (-len(cells) % 7)
        months.append({"first": first, "weeks": [cells[place : place + 7] for place in range(0, len(cells), 7)]})
    return months


# ---- One day ----


class DayForm(RecordForm):
    """A day to propose."""

    region = RegionField(
        label=gettext_lazy("Region"),
        levels=("province", "regency", "city"),
        required=False,
        help_text=gettext_lazy("Empty for the whole country. It holds for every mall within the region."),
    )

    class Meta:
        model = CalendarDay
        fields = ("date", "kind", "name", "region", "agency", "legal_basis")
        widgets = {"date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "agency": gettext_lazy("Empty for the whole mall."),
            "legal_basis": gettext_lazy("Its number and year. It may follow when the day is confirmed."),
        }

    def __init__(self, request: OfficeRequest, day: CalendarDay | None, fields: Any) -> None:
        super().__init__(fields, instance=day)
        if request.place is None:
            del self.fields["agency"]
        else:
            del self.fields["region"]
            offer(self, "agency", agencies_at(request.mall))


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def add_day(request: OfficeRequest) -> HttpResponse:
    """Propose a day by hand."""
    _must_change(request)
    return _day_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def edit_day(request: OfficeRequest, day: int) -> HttpResponse:
    """Correct a proposed day; whoever does so has proposed it. Others, and once it is confirmed all, only read it."""
    found = get_object_or_404(own_days(request), pk=day)
    if request.method == "POST" and (found.is_confirmed or not may_change(request)):
        raise Http404
    return _day_page(request, found)


def _day_page(request: OfficeRequest, day: CalendarDay | None) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    kept = keeping.take(request) if sent is None else None
    form = DayForm(request, day, sent if sent is not None else kept)
    page: dict[str, Any] = {"was_kept": kept is not None, "version": editing.version_of(sent) or (day and day.version)}
    status = 200
    if sent is not None:
        status = 422
        if form.is_valid():
            values = dict(form.cleaned_data)
            if day is None:
                values |= {"mall": request.place, "source": _("typed")}
            try:
                saved = actions.propose_day(
                    day=day, values=values, version=page["version"], by=request.user, at=clock.now()
                )
            except Refused as refusal:
                page["refusal"] = refusal
                status = refusal.status
                if day is not None:
                    page["version"] = own_days(request).values_list("version", flat=True).filter(pk=day.pk).first()
            except ValidationError as error:
                editing.put_errors(error, form)
            else:
                messages.success(request, _("%(name)s is proposed.") % {"name": capfirst(saved.name)})
                return HttpResponseRedirect(f"{url(request)}?year={saved.date.year}")
    frame = _frame(request, (_("Calendar"), url(request)))
    if day is not None and day.is_confirmed:
        frame["may_change"] = False
    if not frame["may_change"]:
        for field in form.fields.values():
            field.disabled = True
    page |= {
        **frame,
        "record": day,
        "form": form,
        "fields": form.visible_fields(),
    }
    return answer(request, "office/calendar_day.html", "day", page, status=status)


# ---- Confirm, withdraw, reject ----


def _chosen(text: str) -> tuple[int, int] | None:
    """A day that was ticked, and the version of it that was on the page: "17-2"."""
    pk, _dash, version = text.partition("-")
    is_sound = all(one.isascii() and one.isdigit() and len(one) < 12 for one in (pk, version))
    return (int(pk), int(version)) if is_sound else None


@require_POST
@for_office(Act.READ)
def confirm(request: OfficeRequest) -> HttpResponse:
    """Confirm the chosen days with their decree, once whoever does it has seen what they touch."""
    _must_change(request)
    year = year_of(request)
    seen = dict(one for one in map(_chosen, request.POST.getlist("days")) if one)
    chosen = set(seen)
    decree = request.POST.get("decree", "").replace("\0", "").strip()[:160]
    days = list(own_days(request).filter(pk__in=chosen))
    for day in days:
        day.version = seen[day.pk]  # what was compared with the decree, whatever it has become
    page: dict[str, Any] = {"chosen": chosen, "decree": decree}
    if not days:
        page["refusal"] = Refused(_("Choose at least one day."))
        return _year_page(request, year, page, status=422)
    at = clock.now()

    def act() -> Sequence[CalendarDay]:
        return actions.confirm_calendar_days(days=days, legal_basis=decree, by=request.user, at=at)

    try:
        impacts = actions.impacts_of(act)
        if impacts and request.POST.get("seen") != mark_of(impacts):
            return _year_page(request, year, page | {"impacts": impacts, "mark": mark_of(impacts)})
        confirmed = act()
    except Refused as refusal:
        return _year_page(request, year, page | {"refusal": refusal}, status=refusal.status)
    sentence = ngettext("%(count)d day is confirmed.", "%(count)d days are confirmed.", len(confirmed))
    messages.success(request, sentence % {"count": len(confirmed)})
    return HttpResponseRedirect(f"{url(request)}?year={year}")


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def withdraw(request: OfficeRequest, day: int) -> HttpResponse:
    """Take back a confirmation: the day no longer closes anything."""
    _must_change(request)
    found = get_object_or_404(own_days(request), pk=day)
    at = clock.now()

    def act() -> CalendarDay:
        fresh = CalendarDay.objects.get(pk=found.pk)
        return actions.withdraw_calendar_day(day=fresh, by=request.user, at=at)

    if request.method == "POST":
        act()
        messages.success(request, _("%(name)s is only proposed again.") % {"name": capfirst(found.name)})
        return HttpResponseRedirect(f"{url(request)}?year={found.date.year}")
    page = {
        **_frame(request, (_("Calendar"), url(request))),
        "day": found,
        "consequences": [
            _("It no longer closes any schedule, and legal time limits count it as a working day."),
            _("Another person than you has to confirm it before it counts again."),
            *(one.text for one in actions.impacts_of(act)),
        ],
        "cancel_url": f"{url(request)}?year={found.date.year}",
    }
    return answer(request, "office/calendar_withdraw.html", "withdraw", page)


@require_POST
@for_office(Act.READ)
def reject(request: OfficeRequest, day: int) -> HttpResponse:
    """Remove a proposed day."""
    _must_change(request)
    found = get_object_or_404(own_days(request), pk=day)
    back = HttpResponseRedirect(f"{url(request)}?year={found.date.year}")
    try:
        actions.reject_calendar_day(day=found, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("%(name)s is removed.") % {"name": capfirst(found.name)})
    return back


# ---- Import and export ----


class ImportForm(forms.Form):
    """Where proposals come from: a file, or what the program knows of a year."""

    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=_FIRST_YEAR, max_value=_LAST_YEAR, required=False)
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
    _must_change(request)
    form = ImportForm(request.POST or None, request.FILES or None, initial={"year": clock.now().year + 1})
    page: dict[str, Any] = {"form": form}
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
                kept = [{**asdict(one), "date": one.date.isoformat() if one.date else None} for one in found]
                cache.set(_key(request, token), json.dumps([source, kept]), _KEPT)
                return HttpResponseRedirect(url(request, "_preview", token=token))
    page |= {**_frame(request, (_("Calendar"), url(request))), "cancel_url": url(request)}
    return answer(request, "office/calendar_import.html", "upload", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def preview(request: OfficeRequest, token: str) -> HttpResponse:
    """Every day's fate; a POST proposes those that are new or differ."""
    _must_change(request)
    if len(token) > _TOKEN:
        raise Http404
    kept = cache.get(_key(request, token))
    if kept is None:
        messages.error(request, _("This import is over or was saved already. Please choose it again."))
        return HttpResponseRedirect(url(request, "_import"))
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
        return HttpResponseRedirect(f"{url(request)}?year={years[0] if years else year_of(request)}")
    planned = [_planned(*one) for one in queries.fates_of(found, mall=request.place)]
    only = request.GET.get("only", "")
    counts = [{"fate": fate, "count": sum(one.fate == fate for one in planned)} for fate in Fate]
    page = {
        **_frame(request, (_("Calendar"), url(request)), (_("Import"), url(request, "_import"))),
        "heads": [_("Date"), _("Name"), _("Kind")],
        "rows": [
            {"planned": one, "cells": list(one.row.values.values())}
            for one in sorted(planned, key=lambda one: one.fate != Fate.ERROR)
            if only in ("", one.fate)
        ],
        "counts": counts,
        "only": only,
        "wanted": sum(one.fate in (Fate.NEW, Fate.CHANGED) for one in planned),
        "upload_url": url(request, "_import"),
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
    year = year_of(request)
    days = queries.calendar_of(request.place).filter(date__year=year)
    name = f"kalender-{request.place.code if request.place else 'nasional'}-{year}"
    if form == "csv":
        words = {False: _("proposed"), True: _("confirmed")}
        heads = ["tanggal", "nama", "jenis", "dasar hukum", "berlaku", "keadaan"]
        rows = [
            [one.date.isoformat(), one.name, one.kind, one.legal_basis, _where(one), words[one.is_confirmed]]
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
