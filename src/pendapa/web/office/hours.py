"""Opening hours: schedules with their weeks, seasons, special days, and what a week looks like."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.records import actions as records
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls import actions, queries, rules
from pendapa.directory.malls.events import Impact
from pendapa.directory.malls.models import DayKind, Mall, Schedule, Season, SpecialDay
from pendapa.web.office import editing, keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.agencies import agencies_for
from pendapa.web.office.charts import chart, monday_of, scale_of
from pendapa.web.office.conflicts import differences
from pendapa.web.office.histories import lines_of
from pendapa.web.office.hours_import import (
    ALL_SCHEDULES,
    DAYS,
    SCHEDULE_IMPORTER,
    SEASON_IMPORTER,
    SPECIAL_DAY_IMPORTER,
    words_of,
)
from pendapa.web.office.lists import url_of
from pendapa.web.office.places import RecordForm, offer
from pendapa.web.office.registers import Column, Filter, Register, Sent, Words
from pendapa.web.office.schedules import may_change, schedules_seen
from pendapa.web.office.week_lines import MOST_LINES, LineForm, WeekLines, copy_monday, weeks_of
from pendapa.web.pages import answer

# ---- What a change touches, shown before it is saved ----


def mark_of(impacts: Iterable[Impact]) -> str:
    """A short name of exactly these sentences, to know that they were seen."""
    return hashlib.sha256("\n".join(one.text for one in impacts).encode()).hexdigest()[:16]


def unless_seen(form: Any, act: Callable[[], object]) -> None:
    """Let a form be confirmed where saving it touches something. Raises `ValidationError` at its field "seen"."""
    impacts = actions.impacts_of(act)
    mark = mark_of(impacts)
    if not impacts or form.data.get("seen") == mark:
        return
    form.fields["seen"] = forms.BooleanField(
        label=_("I have seen this; save all the same"),
        required=False,
        widget=forms.CheckboxInput(attrs={"value": mark}),
    )
    raise ValidationError({"seen": " ".join(one.text for one in impacts)})


# ---- A week of all schedules ----


@require_safe
@for_office(Act.READ)
def week(request: OfficeRequest) -> HttpResponse:
    """One week of all schedules that this person sees, with the reason of each day that is not as usual."""
    today = queries.service_date(request.mall, clock.now())
    monday = monday_of(request.GET.get("week"), today)
    seen = {one.pk: one for one in schedules_seen(request).prefetch_related("periods")}
    tables = queries.timetables(seen.values(), monday, monday + timedelta(days=6))
    weeks = {pk: queries.days_of(table, monday, 7) for pk, table in tables.items()}
    scale = scale_of(day for days in weeks.values() for day in days)
    page = {
        **sections.frame(request, "hours", (str(HOURS.title), url_of(request, HOURS))),
        **_week_page(monday),
        "scale": scale,
        "charts": [
            {"schedule": seen[pk], "url": url_of(request, HOURS, seen[pk]), "days": chart(days, today)}
            for pk, days in weeks.items()
        ],
    }
    return answer(request, "office/hours_week.html", "weeks", page)


def _week_page(monday: date) -> dict[str, Any]:
    sunday = monday + timedelta(days=6)
    return {
        "monday": monday,
        "week_title": f"{date_format(monday, 'j F')} – {date_format(sunday, 'j F Y')}",  # noqa: RUF001 - from until
        "week_before": (monday - timedelta(days=7)).isoformat(),
        "week_after": (monday + timedelta(days=7)).isoformat(),
    }


# ---- Schedules ----


class ScheduleForm(RecordForm):
    """What holds for all weeks of a schedule."""

    closed_on = forms.MultipleChoiceField(
        label=gettext_lazy("Closed on"),
        choices=DayKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("On confirmed days of the calendar. Joint leave does not close every mall."),
    )

    class Meta:
        model = Schedule
        fields = ("name", "agency", "numbers_before", "last_number_before")
        labels = {
            "numbers_before": gettext_lazy("First number before opening"),
            "last_number_before": gettext_lazy("Last number before closing"),
        }
        help_texts = {
            "name": gettext_lazy("As queues and stands choose it, such as “Usual hours”."),
            "agency": gettext_lazy("Its managers may then change these hours."),
        }
        widgets = {
            "numbers_before": forms.NumberInput(attrs={"data-unit": gettext_lazy("minutes")}),
            "last_number_before": forms.NumberInput(attrs={"data-unit": gettext_lazy("minutes")}),
        }

    def __init__(self, request: OfficeRequest, schedule: Schedule | None, fields: QueryDict | None) -> None:
        super().__init__(fields, instance=schedule)
        offer(self, "agency", agencies_for(request, Act.MANAGE), _("for the whole mall"))
        self.fields["agency"].required = request.standing.agencies(Act.MANAGE) is not None
        self.initial.setdefault("closed_on", schedule.closed_on if schedule else DayKind.values)


def _listed(request: OfficeRequest) -> QuerySet[Schedule]:
    return schedules_seen(request).prefetch_related("periods").annotate(queue_count=Count("queues", distinct=True))


def usual_week(schedule: Schedule) -> str:
    """The usual week in a line: equal days that follow each other are named together."""
    periods = [one for one in queries.periods_of(schedule) if one.season is None]
    runs: list[tuple[int, int, str]] = []
    for weekday in range(7):
        found = sorted((one.stretch for one in periods if one.weekday == weekday), key=lambda one: one.seconds)
        words = ", ".join(map(str, found))
        if runs and runs[-1][2] == words:
            runs[-1] = (runs[-1][0], weekday, words)
        else:
            runs.append((weekday, weekday, words))
    return "; ".join(f"{_run(first, last)} {words}" for first, last, words in runs if words)


def _run(first: int, last: int) -> str:
    names = [str(WEEKDAYS[first])] if first == last else [str(WEEKDAYS[first]), str(WEEKDAYS[last])]
    return "–".join(names)  # noqa: RUF001 - from until


def _never(*_parts: Any) -> Any:
    raise Http404  # schedules have an editor of their own


def _remove(request: OfficeRequest, record: Any, at: datetime) -> Any:
    return actions.remove_hours(record=record, by=request.user, at=at)


def _restore(request: OfficeRequest, removed: RemovedRecord, at: datetime) -> None:
    actions.restore_hours(mall=request.mall, removed=removed, by=request.user, at=at)


def _consequences(request: OfficeRequest, record: Any) -> list[str]:
    """What removing touches; a schedule that is still followed says so when it is tried."""
    try:
        fresh = type(record).objects.select_related("mall").get(pk=record.pk)
        impacts = actions.impacts_of(lambda: _remove(request, fresh, clock.now()))
    except Refused as refusal:
        return [refusal.sentence]
    return [one.text for one in impacts]


def _day_column(weekday: int, name: str) -> Column:
    """One day of the usual week, as an import reads it; in files, and in the list on demand."""

    def value(schedule: Schedule) -> str:
        periods = queries.periods_of(schedule)
        return words_of([one.stretch for one in periods if one.season is None and one.weekday == weekday])

    return Column(name, WEEKDAYS[weekday], value, on_demand=True)


HOURS = Register(
    name="hours",
    title=gettext_lazy("Opening hours"),
    singular=gettext_lazy("schedule"),
    add_label=gettext_lazy("Add a schedule"),
    icon="clock",
    explain=gettext_lazy("Schedules with a name, which queues and stands follow: weeks, breaks, and the last number."),
    model=Schedule,
    rows=_listed,
    columns=(
        Column("name", gettext_lazy("Name"), lambda one: one.name, ("name",)),
        Column("week", gettext_lazy("Usual week"), lambda one: usual_week(one) or None),
        Column(
            "agency", gettext_lazy("Agency"), lambda one: one.agency.short_name if one.agency else None, ("agency",)
        ),
        Column("queues", gettext_lazy("Queues"), lambda one: one.queue_count, ("queue_count",), is_number=True),
        *(_day_column(weekday, name) for weekday, name in enumerate(DAYS)),
    ),
    form=_never,
    save=_never,
    remove=_remove,
    restore=_restore,
    consequences=_consequences,
    search=("name__icontains", "agency__short_name__icontains"),
    order=("name",),
    writes=Act.MANAGE,
    may_change=may_change,
    list_template="office/hours.html",
    importer=SCHEDULE_IMPORTER,
)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def add_schedule(request: OfficeRequest) -> HttpResponse:
    """A new schedule."""
    if not may_change(request, None):
        raise Http404
    return _editor(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def edit_schedule(request: OfficeRequest, record: int) -> HttpResponse:
    """A schedule with its weeks: looked at, tried out, and saved."""
    schedule = get_object_or_404(schedules_seen(request).prefetch_related("periods"), pk=record)
    if request.method == "POST" and not may_change(request, schedule):
        raise Http404
    return _editor(request, schedule)


def _editor(request: OfficeRequest, schedule: Schedule | None) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    kept = keeping.take(request) if sent is None else None
    fields = sent if sent is not None else kept
    form = ScheduleForm(request, schedule, fields)
    periods = queries.periods_of(schedule) if schedule else []
    today = queries.service_date(request.mall, clock.now())
    weeks = weeks_of(_seasons(request.mall, periods, today), periods, fields)
    page: dict[str, Any] = {
        "today": today,
        "version": editing.version_of(fields) or (schedule.version if schedule else None),
        "was_kept": kept is not None,
    }
    status = 200
    if sent is not None and "copy" in sent:
        copy_monday(weeks, sent["copy"])
    is_plain = sent is not None and not {"add", "drop", "copy"} & sent.keys()
    if sent is not None and not is_plain:
        vars(form)["_errors"] = forms.utils.ErrorDict()  # whoever adds a line has not finished yet
    if sent is not None and is_plain:
        is_sound = all([form.is_valid(), *(one.check() for one in weeks)])
        status = 200 if is_sound else 422
        if is_sound and "look" not in sent:
            done = _save_schedule(request, schedule, form, weeks, page)
            if isinstance(done, HttpResponse):
                return done
            status = done
    return _editor_page(request, schedule, form, weeks, page, status=status, is_tried=is_plain and status != 422)


def _save_schedule(
    request: OfficeRequest, schedule: Schedule | None, form: ScheduleForm, weeks: list[WeekLines], page: dict[str, Any]
) -> HttpResponse | int:
    """Save, unless it touches something that was not seen yet; returns where to go, or the status of the page."""
    periods = [period for one in weeks for period in one.periods()]
    at = clock.now()

    def act() -> Schedule:
        return actions.save_schedule(
            mall=request.mall,
            schedule=None if schedule is None else Schedule.objects.get(pk=schedule.pk),
            values=form.cleaned_data,
            periods=periods,
            version=page["version"],
            by=request.user,
            at=at,
        )

    try:
        impacts = actions.impacts_of(act)
        if impacts and request.POST.get("seen") != mark_of(impacts):
            page |= {"impacts": impacts, "mark": mark_of(impacts)}
            return 200
        saved = act()
    except records.ChangedMeanwhile as refusal:
        assert schedule is not None
        page |= editing.conflict_of(schedule, refusal, lambda: differences(ScheduleForm(request, schedule, None), form))
        return refusal.status
    except Refused as refusal:
        page["refusal"] = refusal
        return refusal.status
    except ValidationError as error:
        editing.put_errors(error, form)
        return 422
    sentence = _("%(name)s is saved.") if schedule else _("%(name)s is added.")
    messages.success(request, sentence % {"name": capfirst(saved.name)})
    return HttpResponseRedirect(url_of(request, HOURS, saved))


def _seasons(mall: Mall, periods: Iterable[rules.Period], today: date) -> list[Season]:
    """The seasons that are still to come or end, and those that the schedule has hours for."""
    used = {one.season for one in periods if one.season}
    return list(
        Season.objects.filter(mall=mall).filter(Q(ends_on__gte=today) | Q(pk__in=used)).order_by("-starts_on")[:8]
    )


def _editor_page(
    request: OfficeRequest,
    schedule: Schedule | None,
    form: ScheduleForm,
    weeks: list[WeekLines],
    page: dict[str, Any],
    *,
    status: int,
    is_tried: bool,
) -> HttpResponse:
    is_mine = may_change(request, schedule)
    if not is_mine:
        for field in form.fields.values():
            field.disabled = True
        for line in (line for one in weeks for day in one.days for line in day.lines):
            for field in line.fields.values():
                field.disabled = True
    monday = monday_of(request.POST.get("week") or request.GET.get("week"), page["today"])
    asked = schedule if schedule is not None else Schedule(mall=request.mall)
    table = queries.timetables([asked], monday, monday + timedelta(days=6))[asked.pk]
    charts = _charts(table, monday, page["today"], _typed(table, form, weeks) if is_tried else None)
    context = {
        **sections.frame(request, "hours", (str(HOURS.title), url_of(request, HOURS))),
        **_week_page(monday),
        **charts,
        "register": HOURS,
        "record": schedule,
        "form": form,
        "first_fields": [form[name] for name in ("name", "agency")],
        "number_fields": [form[name] for name in ("numbers_before", "last_number_before")],
        "closed_fields": [form["closed_on"]],
        "weeks": weeks,
        "may_change": is_mine,
        "list_url": url_of(request, HOURS),
        "history_url": url_of(request, HOURS, schedule, "history") if schedule else "",
        "remove_url": url_of(request, HOURS, schedule, "remove") if schedule and is_mine else "",
        "seasons_url": reverse("office_list", kwargs={"mall": request.mall.code, "register": "seasons"}),
        "lines": lines_of(schedule, request.place)[: editing.RECENT] if schedule else [],
        **page,
    }
    return answer(request, "office/hours_edit.html", "editor", context, status=status)


def _typed(table: rules.Timetable, form: ScheduleForm, weeks: list[WeekLines]) -> rules.Timetable:
    """What would decide the hours with what was typed."""
    return replace(
        table,
        periods=[period for one in weeks for period in one.periods()],
        closed_on=frozenset(form.cleaned_data["closed_on"]),
        numbers_before=timedelta(minutes=form.cleaned_data["numbers_before"]),
        last_number_before=timedelta(minutes=form.cleaned_data["last_number_before"]),
    )


def _charts(table: rules.Timetable, monday: date, today: date, typed: rules.Timetable | None) -> dict[str, Any]:
    """The week as it is, and beside it as it would be with what was typed."""
    now = queries.days_of(table, monday, 7)
    if typed is None:
        return {"scale": scale_of(now), "present": chart(now, today)}
    then = queries.days_of(typed, monday, 7)
    return {"scale": scale_of([*now, *then]), "present": chart(now, today), "planned": chart(then, today, now)}


# ---- Seasons ----


class SeasonForm(RecordForm):
    """A stretch of dates with weeks of its own."""

    class Meta:
        model = Season
        fields = ("name", "starts_on", "ends_on")
        widgets = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "name": gettext_lazy("Such as Ramadan 1448 H."),
            "starts_on": gettext_lazy("As announced, for Ramadan after the sidang isbat."),
        }


def _save_season(request: OfficeRequest, season: Season | None, sent: Sent) -> Season:
    def act() -> Season:
        return actions.save_season(
            mall=request.mall,
            season=None if season is None else Season.objects.get(pk=season.pk),
            values=sent.form.cleaned_data,
            version=sent.version,
            by=request.user,
            at=sent.at,
        )

    unless_seen(sent.form, act)
    return act()


SEASONS = Register(
    name="seasons",
    title=gettext_lazy("Seasons"),
    singular=gettext_lazy("season"),
    add_label=gettext_lazy("Add a season"),
    icon="calendar-event",
    explain=gettext_lazy("Ramadan and the like: from when until when schedules follow their week of the season."),
    model=Season,
    rows=lambda request: Season.objects.filter(mall=request.mall).annotate(
        schedule_count=Count("periods__schedule", distinct=True)
    ),
    columns=(
        Column("name", gettext_lazy("Name"), lambda one: one.name, ("name",)),
        Column("starts", gettext_lazy("First day"), lambda one: one.starts_on, ("starts_on",)),
        Column("ends", gettext_lazy("Last day"), lambda one: one.ends_on, ("ends_on",)),
        Column(
            "schedules",
            gettext_lazy("Schedules with hours for it"),
            lambda one: one.schedule_count,
            ("schedule_count",),
            is_number=True,
        ),
    ),
    form=lambda _request, season, fields: SeasonForm(fields, instance=season),
    save=_save_season,
    remove=_remove,
    restore=_restore,
    consequences=_consequences,
    search=("name__icontains",),
    importer=SEASON_IMPORTER,
    order=("-starts_on",),
)


# ---- Special days ----


class SpecialDayForm(RecordForm):
    """A date with hours of its own."""

    class Meta:
        model = SpecialDay
        fields = ("date", "schedule", "reason")
        widgets = {"date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {"reason": gettext_lazy("Visitors read it, such as “Power cut” or “Evening service”.")}

    def __init__(self, request: OfficeRequest, day: SpecialDay | None, fields: QueryDict | None) -> None:
        super().__init__(fields, instance=day)
        rows = schedules_seen(request)
        own = request.standing.agencies(Act.MANAGE)
        offer(self, "schedule", rows if own is None else rows.filter(agency__in=own), _("all schedules of the mall"))
        self.fields["schedule"].required = own is not None


class SpecialLines(forms.BaseFormSet):  # type: ignore[type-arg]  # not generic while the program runs
    """The stretches of a special day."""

    @property
    def stretches(self) -> list[rules.Stretch]:
        """What was typed, without the lines to remove."""
        gone = set(self.deleted_forms)
        return [one for form in self.forms if form not in gone and (one := form.stretch)]


def _special_lines(request: OfficeRequest, day: SpecialDay | None, fields: QueryDict | None) -> SpecialLines:
    stretches = sorted(queries.stretches_of(day), key=lambda one: one.seconds) if day else []
    make: Any = forms.formset_factory(
        LineForm, formset=SpecialLines, extra=0 if stretches else 2, can_delete=True, max_num=MOST_LINES
    )
    initial = [{"opens": one.opens, "closes": one.closes, "over_midnight": one.over_midnight} for one in stretches]
    lines: SpecialLines = make(fields, prefix="rows", initial=initial)
    return lines


def _save_special_day(request: OfficeRequest, day: SpecialDay | None, sent: Sent) -> SpecialDay:
    def act() -> SpecialDay:
        return actions.save_special_day(
            mall=request.mall,
            day=None if day is None else SpecialDay.objects.select_related("mall").get(pk=day.pk),
            values=sent.form.cleaned_data,
            stretches=sent.rows.stretches,
            version=sent.version,
            by=request.user,
            at=sent.at,
        )

    unless_seen(sent.form, act)
    return act()


def _special_days(request: OfficeRequest) -> QuerySet[SpecialDay]:
    rows = SpecialDay.objects.filter(mall=request.mall).select_related("mall", "schedule").prefetch_related("periods")
    return rows.filter(Q(schedule=None) | Q(schedule__in=schedules_seen(request).order_by().values("pk")))


def _may_change_day(request: OfficeRequest, day: SpecialDay | None) -> bool:
    if day is None:
        return may_change(request, None)
    if day.schedule is None:
        return request.standing.may(Act.MANAGE)
    return may_change(request, day.schedule)


def _schedule_choices(request: OfficeRequest) -> list[tuple[str, Words]]:
    return [("all", ALL_SCHEDULES), *((str(one.pk), one.name) for one in schedules_seen(request))]


def _hours_words(day: SpecialDay) -> str:
    found = sorted(queries.stretches_of(day), key=lambda one: one.seconds)
    return ", ".join(map(str, found)) or _("closed")


SPECIAL_DAYS = Register(
    name="special-days",
    title=gettext_lazy("Special days"),
    singular=gettext_lazy("special day"),
    add_label=gettext_lazy("Add a special day"),
    icon="star",
    explain=gettext_lazy(
        "Dates that are unlike others: longer, shorter or closed. They go before calendar and season."
    ),
    model=SpecialDay,
    rows=_special_days,
    columns=(
        Column("date", gettext_lazy("Date"), lambda one: one.date, ("date",)),
        Column("reason", gettext_lazy("Reason"), lambda one: one.reason, ("reason",)),
        Column("hours", gettext_lazy("Hours"), _hours_words),
        Column(
            "schedule",
            gettext_lazy("Schedule"),
            lambda one: one.schedule.name if one.schedule else ALL_SCHEDULES,
            ("schedule__name", "date"),
        ),
    ),
    form=SpecialDayForm,
    children=_special_lines,
    children_title=gettext_lazy("Hours of this day (closed without any)"),
    save=_save_special_day,
    remove=_remove,
    restore=_restore,
    consequences=_consequences,
    search=("reason__icontains", "schedule__name__icontains"),
    importer=SPECIAL_DAY_IMPORTER,
    order=("-date", "pk"),
    writes=Act.MANAGE,
    may_change=_may_change_day,
    filters=(
        Filter(
            "schedule",
            gettext_lazy("Schedule"),
            _schedule_choices,
            lambda rows, value: rows.filter(schedule=None) if value == "all" else rows.filter(schedule=value),
        ),
    ),
)

REGISTERS = (HOURS, SEASONS, SPECIAL_DAYS)
