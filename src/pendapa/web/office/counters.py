"""Counters, and the weekdays on which other agencies have them."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q, QuerySet
from django.http import QueryDict
from django.utils import translation
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pendapa.base.errors import Refused
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls import actions, rules
from pendapa.directory.malls.models import Agency, Counter, CounterKind, CounterShare
from pendapa.operations.queueing.models import CounterState
from pendapa.web.office import cells
from pendapa.web.office.access import OfficeRequest
from pendapa.web.office.agencies import agencies_at, agency_choices, rows_of
from pendapa.web.office.cells import Reading
from pendapa.web.office.places import RecordForm, offer, remove, zone_choices, zones_by_name, zones_of
from pendapa.web.office.registers import Column, Filter, ImportColumn, Importer, Planned, Register, Row, Sent

# "Rabu 08:00-12:00 Imigrasi": a weekday, the hours unless it is all day, and an agency.
_SHARE = re.compile(r"(\S+)\s+(?:(\d{1,2}[:.]\d{2})\s*[-\u2013]\s*(\d{1,2}[:.]\d{2})\s+)?(.+)")


class CounterForm(RecordForm):
    """A counter, and whose it is."""

    class Meta:
        model = Counter
        fields = ("number", "agency", "zone", "kind", "is_wheelchair_ready")
        help_texts = {
            "number": gettext_lazy("As it hangs above the counter; once in the mall."),
            "agency": gettext_lazy("Whose it is on the days that are not shared."),
        }

    def __init__(self, request: OfficeRequest, counter: Counter | None, fields: QueryDict | None) -> None:
        super().__init__(fields, instance=counter)
        offer(self, "zone", zones_of(request.mall))
        offer(self, "agency", agencies_at(request.mall))
        if counter is None:
            numbers = Counter.objects.filter(mall=request.mall).order_by("-number").values_list("number", flat=True)
            self.initial["number"] = (numbers.first() or 0) + 1


class ShareForm(forms.Form):
    """A weekday on which another agency has the counter."""

    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Weekday"),
        choices=[("", "---------"), *((day, words) for day, words in WEEKDAYS.items())],
        coerce=int,
        empty_value=None,
    )
    agency = forms.ModelChoiceField(Agency.objects.none(), label=gettext_lazy("Agency"))
    starts = forms.TimeField(
        label=gettext_lazy("From"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ends = forms.TimeField(
        label=gettext_lazy("Until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, *args: Any, agencies: QuerySet[Agency], **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "agency", agencies)

    def clean(self) -> dict[str, Any]:
        """That both times are there or neither, in their order."""
        typed = super().clean() or {}
        starts, ends = typed.get("starts"), typed.get("ends")
        if (starts is None) != (ends is None):
            self.add_error("ends", _("Give both times, or neither for the whole day."))
        elif starts is not None and starts >= ends:
            self.add_error("ends", _("The share ends before it begins."))
        return typed


class SharesOfCounter(forms.BaseFormSet):  # type: ignore[type-arg]  # not generic while the program runs
    """The shared days of one counter."""

    def clean(self) -> None:
        """That no two agencies have it at once."""
        if any(self.errors):
            return
        rows = rows_of(self, _OF_SHARE)
        if rules.shares_overlap([_share(row) for row in rows]):
            raise ValidationError(_("Two agencies would have the counter at the same time."))


_OF_SHARE = ("weekday", "agency", "starts", "ends")
_Shares = forms.formset_factory(
    ShareForm, formset=SharesOfCounter, extra=1, can_delete=True, max_num=21, validate_max=True
)


def _share(row: dict[str, Any]) -> rules.Share:
    return rules.Share(row["agency"].pk, row["weekday"], row["starts"], row["ends"])


def _shares(request: OfficeRequest, counter: Counter | None, fields: QueryDict | None) -> Any:
    rows = CounterShare.objects.filter(counter=counter).order_by("weekday", "starts") if counter else []
    initial = [
        {"weekday": one.weekday, "agency": one.agency_id, "starts": one.starts, "ends": one.ends} for one in rows
    ]
    return _Shares(fields, initial=initial, prefix="rows", form_kwargs={"agencies": agencies_at(request.mall)})


def _rows(request: OfficeRequest) -> QuerySet[Counter]:
    """The counters of the mall; for people of an agency those that it has on some day."""
    rows = Counter.objects.filter(mall=request.mall)
    own = request.standing.agencies(Act.READ)
    if own is not None:
        shared = CounterShare.objects.filter(agency__in=own).values("counter")
        rows = rows.filter(Q(agency__in=own) | Q(pk__in=shared))
    shares = CounterShare.objects.select_related("agency").order_by("weekday", "starts")
    return rows.select_related("zone", "agency", "status__profile").prefetch_related(Prefetch("shares", shares))


def _save(request: OfficeRequest, counter: Counter | None, sent: Sent) -> Counter:
    return actions.save_counter(
        mall=request.mall,
        counter=counter,
        values=sent.form.cleaned_data,
        shares=rows_of(sent.rows, _OF_SHARE),
        version=sent.version,
        by=request.user,
        at=sent.at,
    )


def _remove(request: OfficeRequest, counter: Counter, at: datetime) -> Any:
    status = getattr(counter, "status", None)
    if status is not None and status.state != CounterState.CLOSED:
        raise Refused(_("Counter %(number)s is open. Please close it first.") % {"number": counter.number})
    return remove(request, counter, at)


def shares_in_words(counter: Counter) -> str:
    """The shared days as they are imported: "Rabu Imigrasi; Kamis 08:00-12:00 Pajak"."""
    words = []
    for one in counter.shares.all():
        hours = f" {one.starts:%H:%M}-{one.ends:%H:%M}" if one.starts and one.ends else ""
        words.append(f"{capfirst(str(WEEKDAYS[one.weekday]))}{hours} {one.agency.short_name}")
    return "; ".join(words)


def _profile(counter: Counter) -> str | None:
    status = getattr(counter, "status", None)
    return status.profile.name if status is not None else None


# ---- Import ----


def weekdays() -> dict[str, int]:
    """The names of weekdays in both languages, in small letters; Monday is 0."""
    words: dict[str, int] = {}
    for language in ("id", "en"):
        with translation.override(language):
            words |= {str(name).casefold(): day for day, name in WEEKDAYS.items()}
    return words | {"jum'at": 4, "minggu": 6, "ahad": 6}


def _plan(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    known = {str(counter.number): counter for counter in _rows(request)}
    zones = zones_by_name(request.mall)
    agencies = cells.named(agencies_at(request.mall), lambda agency: agency.short_name)
    days = weekdays()
    seen: set[object] = set()
    planned = []
    for row in rows:
        read = Reading(row)
        read.number("number", needed=True, lowest=1, highest=999)
        number = read.values.get("number", "")
        counter = known.get(str(number))
        read.one_of("agency", agencies, _("No agency “%(text)s” has a stand in this mall."), needed=counter is None)
        read.one_of("zone", zones, _("There is no zone “%(text)s” here."), needed=counter is None)
        read.one_of("kind", cells.words_of(CounterKind), _("There is no kind of counter “%(text)s”."))
        read.yes_or_no("is_wheelchair_ready")
        cells.twice(read, number, seen)
        changes: list[tuple[Any, object, object]] = []
        if text := read.text("shares"):
            shares = _read_shares(read, text, agencies, days)
            read.more["shares"] = shares
            if counter is not None and not read.errors and _differ(counter, shares):
                changes.append((_("Shared days"), shares_in_words(counter), text))
        planned.append(cells.fate(read, counter, _("Counter %(number)s") % {"number": number}, changes))
    return planned


def _read_shares(read: Reading, text: str, agencies: dict[str, Agency], days: dict[str, int]) -> list[dict[str, Any]]:
    shares: list[dict[str, Any]] = []
    for part in text.split(";"):
        if not part.strip():
            continue
        found = _SHARE.fullmatch(part.strip())
        day = days.get(found[1].casefold()) if found else None
        agency = agencies.get(found[4].casefold()) if found else None
        starts, ends = (cells.time_in(found[2] or ""), cells.time_in(found[3] or "")) if found else (None, None)
        is_sound = day is not None and (not (found and found[2]) or (starts is not None and ends is not None))
        if not is_sound or agency is None or (starts is not None and ends is not None and starts >= ends):
            read.errors.append(
                _("“%(text)s” is no shared day: it looks like “Wednesday 08:00-12:00 Immigration”.")
                % {"text": part.strip()}
            )
            continue
        shares.append({"weekday": day, "agency": agency, "starts": starts, "ends": ends})
    if rules.shares_overlap([_share(one) for one in shares]):
        read.errors.append(_("Two agencies would have the counter at the same time."))
    return shares


def _differ(counter: Counter, shares: list[dict[str, Any]]) -> bool:
    before = {(one.weekday, one.agency_id, one.starts, one.ends) for one in counter.shares.all()}
    after: set[tuple[int, int, time | None, time | None]] = {
        (one["weekday"], one["agency"].pk, one["starts"], one["ends"]) for one in shares
    }
    return before != after


def _apply(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    for one in planned:
        pk, values, more = one.content
        counter = _rows(request).get(pk=pk) if pk else None
        actions.save_counter(
            mall=request.mall,
            counter=counter,
            values=values,
            shares=more.get("shares"),
            version=None,
            by=request.user,
            at=at,
        )


COUNTERS = Register(
    name="counters",
    title=gettext_lazy("Counters"),
    singular=gettext_lazy("counter"),
    add_label=gettext_lazy("Add a counter"),
    icon="person-workspace",
    name_of=lambda counter: _("Counter %(number)d") % {"number": counter.number},
    explain=gettext_lazy("Where officers receive visitors. A counter can belong to other agencies on some weekdays."),
    model=Counter,
    rows=_rows,
    columns=(
        Column("number", gettext_lazy("Number"), lambda one: one.number, ("number",), is_number=True),
        Column("agency", gettext_lazy("Agency"), lambda one: one.agency.short_name, ("agency__short_name", "number")),
        Column("zone", gettext_lazy("Zone"), lambda one: one.zone.name, ("zone__name", "number")),
        Column("kind", gettext_lazy("Kind"), lambda one: one.get_kind_display(), ("kind", "number")),
        Column("shares", gettext_lazy("Shared days"), shares_in_words),
        Column("wheelchair", gettext_lazy("Wheelchair"), lambda one: one.is_wheelchair_ready, ("is_wheelchair_ready",)),
        Column("profile", gettext_lazy("Work profile"), _profile, ("status__profile__name", "number")),
    ),
    form=CounterForm,
    save=_save,
    remove=_remove,
    children=_shares,
    children_title=gettext_lazy("Shared days"),
    search=("number__startswith", "agency__short_name__icontains", "agency__name__icontains", "zone__name__icontains"),
    order=("number", "pk"),
    filters=(
        Filter("agency", gettext_lazy("Agency"), agency_choices, lambda rows, agency: rows.filter(agency=agency)),
        Filter("zone", gettext_lazy("Zone"), zone_choices, lambda rows, zone: rows.filter(zone=zone)),
        Filter(
            "kind",
            gettext_lazy("Kind"),
            lambda _request: CounterKind.choices,
            lambda rows, kind: rows.filter(kind=kind),
        ),
        Filter(
            "profile",
            gettext_lazy("Work profile"),
            lambda _request: [("no", gettext_lazy("none yet")), ("yes", gettext_lazy("has one"))],
            lambda rows, has_one: rows.filter(status__isnull=has_one == "no"),
        ),
    ),
    importer=Importer(
        (
            ImportColumn("number", ("nomor", "loket", "number", "counter"), True, "", ("1", "9")),
            ImportColumn(
                "agency",
                ("instansi", "agency"),
                False,
                gettext_lazy("Its short name. Needed for a new counter."),
                ("Dukcapil", "Imigrasi"),
            ),
            ImportColumn(
                "zone",
                ("zona", "zone"),
                False,
                gettext_lazy("Its name or short name. Needed for a new counter."),
                ("Sayap Utara", "Sayap Utara"),
            ),
            ImportColumn("kind", ("jenis", "kind"), False, "", ("loket layanan", "loket layanan")),
            ImportColumn(
                "is_wheelchair_ready",
                ("kursi roda", "wheelchair"),
                False,
                gettext_lazy("Yes or no."),
                ("ya", "tidak"),
            ),
            ImportColumn(
                "shares",
                ("hari berbagi", "shared days"),
                False,
                gettext_lazy("Weekday, hours unless it is all day, agency; several with a semicolon between them."),
                ("", "Rabu KPP Pratama; Kamis 08:00-12:00 BP3MI"),
            ),
        ),
        _plan,
        _apply,
    ),
    groups=(
        (gettext_lazy("Number and place"), ("number", "zone", "is_wheelchair_ready")),
        (gettext_lazy("What and whose"), ("kind", "agency")),
    ),
)

REGISTERS = (COUNTERS,)
