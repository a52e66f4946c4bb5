"""The calendar of a year: proposed by one person or a list, confirmed with its decree by a second one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.records import queries as removals
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls import actions, queries
from pendapa.directory.malls.models import CalendarDay, DayKind
from pendapa.web.office import editing, keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.agencies import agencies_at
from pendapa.web.office.histories import Line, lines_of, names_of, title_of
from pendapa.web.office.hours import mark_of
from pendapa.web.office.places import RecordForm, offer
from pendapa.web.office.regions import RegionField
from pendapa.web.office.registers import Words
from pendapa.web.pages import answer

FIRST_YEAR, LAST_YEAR = 2000, 2100
REJECTED = 50  # days on the page of a year
TONES = {
    DayKind.NATIONAL: "bata",
    DayKind.JOINT_LEAVE: "kunyit",
    DayKind.REGIONAL: "nila",
    DayKind.LOCAL_CLOSURE: "nila",
    DayKind.ELECTION: "nila",
}
VERBS: Mapping[str, Words] = {  # of a day's history
    "added": gettext_lazy("proposed it"),
    "changed": gettext_lazy("corrected it"),
    "confirmed": gettext_lazy("confirmed it"),
    "withdrawn": gettext_lazy("withdrew the confirmation"),
    "removed": gettext_lazy("rejected it"),
}


def url(request: OfficeRequest, act: str = "", **parts: Any) -> str:
    """The address of a page of this mall's calendar, or of the country's."""
    if request.place is None:
        return reverse(f"office_national_calendar{act}", kwargs=parts)
    return reverse(f"office_calendar{act}", kwargs={"mall": request.place.code, **parts})


def may_change(request: OfficeRequest) -> bool:
    """A mall's calendar is arranged by its operators, that of the country by administrators of the installation."""
    return request.standing.may(Act.ADMINISTER if request.place is None else Act.ARRANGE)


def must_change(request: OfficeRequest) -> None:
    if not may_change(request):
        raise Http404


def own_days(request: OfficeRequest) -> QuerySet[CalendarDay]:
    """The days that belong to this calendar itself; those of the country are shown in a mall but kept elsewhere."""
    rows = CalendarDay.objects.select_related("region", "mall", "agency").order_by("date", "kind", "pk")
    return rows.filter(mall=request.place)


def year_of(request: OfficeRequest) -> int:
    """The year of the address, or the present one."""
    typed = request.GET.get("year", "")
    if typed.isascii() and typed.isdigit() and len(typed) == 4 and FIRST_YEAR <= int(typed) <= LAST_YEAR:
        return int(typed)
    return clock.now().year


def frame(request: OfficeRequest, *crumbs: tuple[str, str]) -> dict[str, Any]:
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
    kept = keeping.take(request)
    page = {"was_kept": True, "chosen": set(_seen(kept)), "decree": _decree(kept)} if kept is not None else None
    return _year_page(request, year_of(request), page)


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
            "where": where(one),
            "is_kept_here": one.mall_id == own,
            "is_mine": one.proposed_by == request.user.actor_name,
            "proposed_by": actors.get(one.proposed_by, one.proposed_by),
            "confirmed_by": actors.get(one.confirmed_by, one.confirmed_by),
        }
        for one in days
    ]
    proposed = [one for one in lines if not one["day"].is_confirmed]
    context = {
        **frame(request),
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
        "rejected": _rejected(request, year) if request.place is None and may_change(request) else [],
        "decree": "",
        **(page or {}),
    }
    return answer(request, "office/calendar.html", "year", context, status=status)


def where(day: CalendarDay) -> str:
    if day.agency:
        return day.agency.short_name
    if day.mall:
        return day.mall.name
    return day.region.name if day.region else _("the whole country")


def _rejected(request: OfficeRequest, year: int) -> list[dict[str, Any]]:
    """The days of a year that were rejected and can come back, newest first."""
    rows = removals.removed_from(request.place.pk if request.place else None)
    rows = rows.filter(subject__startswith="calendarday:", content__0__fields__date__startswith=f"{year}-")
    found = list(rows[:REJECTED])
    names = names_of(one.removed_by for one in found)
    return [
        {"removed": one, "by": names.get(one.removed_by, one.removed_by), "restore_url": _restore_url(request, one)}
        for one in found
    ]


def _restore_url(request: OfficeRequest, removed: RemovedRecord) -> str:
    return url(request, "_restore", day=removed.subject.rpartition(":")[2])


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
    must_change(request)
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
    around = frame(request, (_("Calendar"), url(request)))
    if day is not None and day.is_confirmed:
        around["may_change"] = False
    if not around["may_change"]:
        for field in form.fields.values():
            field.disabled = True
    page |= {
        **around,
        "record": day,
        "form": form,
        "fields": form.visible_fields(),
        "lines": _history(request, day) if day is not None else [],
    }
    return answer(request, "office/calendar_day.html", "day", page, status=status)


def _history(request: OfficeRequest, day: CalendarDay) -> list[Line]:
    """What happened to a day. Who proposed and confirmed it is told by the acts themselves, not by its fields."""
    own = {title_of(CalendarDay, name) for name in ("proposed_by", "proposed_at", "confirmed_by", "confirmed_at")}
    lines = []
    for line in lines_of(day, request.place, VERBS):
        changes = [change for change in line.changes if change[0] not in own]
        if changes or not line.changes:
            lines.append(replace(line, changes=changes))
    return lines


# ---- Confirm, withdraw, reject, bring back ----


def _chosen(text: str) -> tuple[int, int] | None:
    """A day that was ticked, and the version of it that was on the page: "17-2"."""
    pk, _dash, version = text.partition("-")
    is_sound = all(one.isascii() and one.isdigit() and len(one) < 12 for one in (pk, version))
    return (int(pk), int(version)) if is_sound else None


def _seen(sent: QueryDict) -> dict[int, int]:
    """The versions of the ticked days that whoever ticked them saw."""
    return dict(one for one in map(_chosen, sent.getlist("days")) if one)


def _decree(sent: QueryDict) -> str:
    return sent.get("decree", "").replace("\0", "").strip()[:160]


@require_POST
@for_office(Act.READ)
def confirm(request: OfficeRequest) -> HttpResponse:
    """Confirm the chosen days with their decree, once whoever does it has seen what they touch."""
    must_change(request)
    year = year_of(request)
    seen = _seen(request.POST)
    chosen = set(seen)
    decree = _decree(request.POST)
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
    must_change(request)
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
        **frame(request, (_("Calendar"), url(request))),
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
    """Remove a proposed day; the year then offers to bring it back."""
    must_change(request)
    found = get_object_or_404(own_days(request), pk=day)
    back = HttpResponseRedirect(f"{url(request)}?year={found.date.year}")
    try:
        removed = actions.reject_calendar_day(day=found, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        text = _("%(name)s is removed.") % {"name": capfirst(found.name)}
        messages.success(request, text, extra_tags=_restore_url(request, removed))
    return back


@require_POST
@for_office(Act.READ)
def restore(request: OfficeRequest, day: int) -> HttpResponse:
    """Bring back a rejected day: it is proposed again, as it was."""
    must_change(request)
    rows = RemovedRecord.objects.filter(mall=request.place.pk if request.place else None)
    removed = rows.filter(subject=f"calendarday:{day}").order_by("pk").last()
    if removed is None:
        raise Http404
    try:
        found = actions.restore_calendar_day(removed=removed, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(f"{url(request)}?year={removed.name[:4]}")
    messages.success(request, _("%(name)s is back.") % {"name": capfirst(found.name)})
    return HttpResponseRedirect(f"{url(request)}?year={found.date.year}")
