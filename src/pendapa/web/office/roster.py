"""Who works where and when: the roster of a mall, by hand, by import, or as last week."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.directory.accounts import actions, rules
from pendapa.directory.accounts import queries as accounts
from pendapa.directory.accounts.models import Posting, User
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls.models import Counter
from pendapa.directory.malls.queries import service_date
from pendapa.web.office import cells, keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.charts import monday_of
from pendapa.web.office.registers import Column, Fate, Filter, ImportColumn, Importer, Planned, Register, Row, Sent
from pendapa.web.pages import answer

WEEKS = range(-1, 5)  # that the list offers, from last week on


def today(request: OfficeRequest) -> date:
    """The date at the mall."""
    return service_date(request.mall, clock.now())


def _rows(request: OfficeRequest) -> QuerySet[Posting]:
    """The postings that this person may see; an agency's manager sees those of the agency's people."""
    rows = Posting.objects.filter(mall=request.mall).select_related("mall", "user", "counter__agency")
    agencies = request.standing.agencies(Act.READ)
    if agencies is None:
        return rows
    return rows.filter(user__in=accounts.people_at(request.mall, agencies))


def people_of(request: OfficeRequest) -> QuerySet[User]:
    """Whom this person may post: who is here, with a role at the mall or at an agency of theirs."""
    found = accounts.people_at(request.mall, request.standing.agencies(Act.MANAGE))
    return found.filter(is_active=True).order_by("full_name", "pk")


def counters_of(request: OfficeRequest) -> QuerySet[Counter]:
    """The counters that this person may post people at."""
    found = Counter.objects.filter(mall=request.mall).select_related("agency", "mall").order_by("number")
    agencies = request.standing.agencies(Act.MANAGE)
    if agencies is None:
        return found
    return found.filter(Q(agency__in=agencies) | Q(shares__agency__in=agencies)).distinct()


def _may_change(request: OfficeRequest, posting: Posting | None) -> bool:
    if posting is None:
        return request.standing.may_somewhere(Act.MANAGE)
    agencies = request.standing.agencies(Act.MANAGE)
    if agencies is None:
        return True
    is_theirs = posting.user.roles.filter(mall=request.mall, agency__in=agencies).exists()
    return is_theirs and (posting.counter is None or counters_of(request).filter(pk=posting.counter.pk).exists())


class PostingForm(forms.Form):
    """One person, one day, one stretch."""

    user = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Person"))
    counter = forms.ModelChoiceField(
        Counter.objects.none(),
        label=gettext_lazy("Counter"),
        help_text=gettext_lazy("Empty for work in the hall."),
        required=False,
    )
    date = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    starts = forms.TimeField(label=gettext_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=gettext_lazy("Until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, request: OfficeRequest, posting: Posting | None, fields: QueryDict | None) -> None:
        super().__init__(fields)
        user, counter = self.fields["user"], self.fields["counter"]
        assert isinstance(user, forms.ModelChoiceField)
        assert isinstance(counter, forms.ModelChoiceField)
        own = User.objects.filter(pk=posting.user_id) if posting else User.objects.none()
        user.queryset = people_of(request) | own
        counter.queryset = counters_of(request)
        counter.label_from_instance = lambda one: f"{one.number} · {one.agency.short_name}"  # type: ignore[method-assign,assignment]  # as Django says to
        if posting is not None:
            self.initial = {
                "user": posting.user_id,
                "counter": posting.counter_id,
                **{name: getattr(posting, name) for name in ("date", "starts", "ends")},
            }

    def clean(self) -> dict[str, Any]:
        """That it begins before it ends."""
        typed = super().clean() or {}
        if typed.get("starts") and typed.get("ends") and typed["starts"] >= typed["ends"]:
            self.add_error("ends", _("The posting ends before it begins."))
        return typed


def _save(request: OfficeRequest, posting: Posting | None, sent: Sent) -> Posting:
    return actions.save_posting(
        posting=posting, mall=request.mall, **sent.form.cleaned_data, version=sent.version, by=request.user, at=sent.at
    )


def _week_choices(request: OfficeRequest) -> list[tuple[str, str]]:
    first = monday_of(None, today(request))
    words = {-1: _("last week"), 0: _("this week"), 1: _("next week")}
    choices = []
    for number in WEEKS:
        monday = first + timedelta(weeks=number)
        name = words.get(number, _("week of %(date)s") % {"date": date_format(monday, "j M")})
        choices.append((monday.isoformat(), name))
    return choices


def _day_choices(request: OfficeRequest) -> list[tuple[str, str]]:
    first = today(request)
    days = [first + timedelta(days=number) for number in range(8)]
    return [(day.isoformat(), _("today") if day == first else date_format(day, "l j M")) for day in days]


def _in_week(rows: QuerySet[Posting], monday: str) -> QuerySet[Posting]:
    first = date.fromisoformat(monday)
    return rows.filter(date__gte=first, date__lt=first + timedelta(days=7))


# ---- Import ----


def _plan(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    people = {one.username.lower(): one for one in people_of(request)}
    counters = {str(one.number): one for one in counters_of(request)}
    kept: dict[tuple[int, date], list[tuple[time, time, int | None]]] = {}
    for one in Posting.objects.filter(user__in=list(people.values())):
        kept.setdefault((one.user_id, one.date), []).append((one.starts, one.ends, one.counter_id))
    planned = []
    for row in rows:
        errors: list[str] = []
        person = people.get(row.values["username"].strip().lower())
        wanted = row.values["counter"].strip()
        counter = counters.get(wanted)
        day = cells.date_in(row.values["date"].strip())
        starts, ends = cells.time_in(row.values["starts"]), cells.time_in(row.values["ends"])
        if person is None:
            errors.append(_("Nobody here has this user name, or they are not yours."))
        if wanted and counter is None:
            errors.append(_("There is no counter %(number)s, or it is not yours.") % {"number": wanted})
        if day is None:
            errors.append(_("The date looks like 2026-11-24 or 24/11/2026."))
        if starts is None or ends is None:
            errors.append(_("Times look like 08:00."))
        elif starts >= ends:
            errors.append(_("The posting ends before it begins."))
        fate = Fate.NEW
        if not errors and person and day and starts and ends:
            pk = counter.pk if counter else None
            others = kept.setdefault((person.pk, day), [])
            if (starts, ends, pk) in others:
                fate = Fate.UNCHANGED
            elif any(rules.overlap(starts, ends, other[0], other[1]) for other in others):
                errors.append(_("This person works somewhere else at that time."))
            else:
                others.append((starts, ends, pk))
        name = person.full_name if person else row.values["username"]
        content = (person, counter, day, starts, ends)
        planned.append(Planned(row, Fate.ERROR if errors else fate, name, errors=errors, content=content))
    return planned


def _apply(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    for one in planned:
        person, counter, day, starts, ends = one.content
        try:
            actions.save_posting(
                mall=request.mall,
                user=person,
                counter=counter,
                date=day,
                starts=starts,
                ends=ends,
                by=request.user,
                at=at,
            )
        except (Refused, ValidationError) as error:
            sentence = error.sentence if isinstance(error, Refused) else " ".join(error.messages)
            raise Refused(
                _("Row %(number)d: %(sentence)s") % {"number": one.row.number, "sentence": sentence}
            ) from error


IMPORTER = Importer(
    (
        ImportColumn("username", ("nama pengguna", "user name", "username"), True, "", ("rini.astuti", "budi.santosa")),
        ImportColumn(
            "counter", ("loket", "counter"), False, gettext_lazy("Its number; empty for work in the hall."), ("3", "")
        ),
        ImportColumn("date", ("tanggal", "date"), True, "", ("2026-11-24", "2026-11-24")),
        ImportColumn("starts", ("dari", "mulai", "from"), True, "", ("08:00", "08:00")),
        ImportColumn("ends", ("sampai", "selesai", "until"), True, "", ("12:00", "15:00")),
    ),
    _plan,
    _apply,
)

ROSTER = Register(
    name="roster",
    title=gettext_lazy("Roster"),
    singular=gettext_lazy("posting"),
    add_label=gettext_lazy("Post somebody"),
    icon="calendar-week",
    explain=gettext_lazy("Who works at which counter, or in the hall, on which day."),
    model=Posting,
    rows=_rows,
    columns=(
        Column("date", gettext_lazy("Date"), lambda one: one.date, ("date", "starts")),
        Column("starts", gettext_lazy("From"), lambda one: f"{one.starts:%H:%M}", ("starts",)),
        Column("ends", gettext_lazy("Until"), lambda one: f"{one.ends:%H:%M}", ("ends",)),
        Column("person", gettext_lazy("Person"), lambda one: one.user.full_name, ("user__full_name", "date")),
        Column(
            "counter",
            gettext_lazy("Counter"),
            lambda one: one.counter.number if one.counter else _("in the hall"),
            ("counter__number", "date", "starts"),
        ),
        Column(
            "agency",
            gettext_lazy("Agency"),
            lambda one: one.counter.agency.short_name if one.counter else None,
            ("counter__agency__short_name",),
        ),
    ),
    form=PostingForm,
    save=_save,
    remove=lambda request, posting, at: actions.remove_posting(posting=posting, by=request.user, at=at),
    restore=lambda request, removed, at: actions.restore_posting(
        mall=request.mall, removed=removed, by=request.user, at=at
    ),
    search=("user__full_name__icontains", "user__username__icontains", "counter__agency__short_name__icontains"),
    order=("-date", "starts", "user__full_name", "pk"),
    filters=(
        Filter("week", gettext_lazy("Week"), _week_choices, _in_week),
        Filter("day", gettext_lazy("Day"), _day_choices, lambda rows, day: rows.filter(date=day)),
    ),
    writes=Act.MANAGE,
    may_change=_may_change,
    importer=IMPORTER,
    groups=((gettext_lazy("Who and where"), ("user", "counter")), (gettext_lazy("When"), ("date", "starts", "ends"))),
    list_template="office/roster.html",
)


class CopyWeek(forms.Form):
    """The week to fill."""

    week = forms.ChoiceField(label=gettext_lazy("Fill this week"), widget=forms.RadioSelect)

    def __init__(self, request: OfficeRequest, fields: QueryDict | None) -> None:
        super().__init__(fields)
        week = self.fields["week"]
        assert isinstance(week, forms.ChoiceField)
        week.choices = _week_choices(request)[1:]
        week.initial = week.choices[1][0]  # next week


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.MANAGE)
def copy(request: OfficeRequest) -> HttpResponse:
    """Post everybody as in the week before; what stands there already stays."""
    if not _may_change(request, None):
        raise Http404
    kept = keeping.take(request)
    form = CopyWeek(request, request.POST if request.method == "POST" else kept)
    list_url = reverse("office_list", kwargs={"mall": request.mall.code, "register": "roster"})
    page: dict[str, Any] = {"form": form, "list_url": list_url, "was_kept": kept is not None}
    if request.method == "POST" and form.is_valid():
        monday = date.fromisoformat(form.cleaned_data["week"])
        source = [
            one
            for one in _in_week(_rows(request), (monday - timedelta(days=7)).isoformat()).order_by("date", "starts")
            if _may_change(request, one)
        ]
        copied = actions.copy_week(postings=source, by=request.user, at=clock.now())
        text = ngettext("%(count)d posting is copied.", "%(count)d postings are copied.", copied.made)
        messages.success(request, text % {"count": copied.made})
        if not copied.left_out:
            return HttpResponseRedirect(f"{list_url}?week={monday.isoformat()}")
        page |= {"left_out": copied.left_out, "list_url": f"{list_url}?week={monday.isoformat()}"}
    page |= sections.frame(request, "roster", (_("Roster"), list_url))
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    return answer(request, "office/roster_copy.html", "copy", page, status=status)
