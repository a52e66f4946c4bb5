"""The mall itself, its zones and its facilities."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import models
from django.db.models import QuerySet, Sum
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from pendapa.base import clock
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls import actions
from pendapa.directory.malls.models import Counter, Facility, FacilityKind, Mall, Zone
from pendapa.web.office import cells, editing, keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.cells import Reading
from pendapa.web.office.regions import RegionField, region_words
from pendapa.web.office.registers import Column, Filter, ImportColumn, Importer, Planned, Register, Row, Sent
from pendapa.web.pages import answer


class RecordForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic while the program runs
    """The shape of a record; whether it fits is checked as a whole by the action that saves it."""

    def _post_clean(self) -> None:
        """Leave the record as it is: the action puts the values in."""


def offer(form: forms.BaseForm, name: str, rows: QuerySet[Any], nothing: object = None) -> None:
    """What a field of a form may name; `nothing` are the words for none of it."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    if nothing is not None:
        field.empty_label = str(nothing)


def zones_of(mall: Mall) -> QuerySet[Zone]:
    """The zones of a mall by name."""
    return Zone.objects.filter(mall=mall).order_by("name")


def zones_by_name(mall: Mall) -> dict[str, Zone]:
    """The zones of a mall by name and by short name, in small letters, as files name them."""
    zones = zones_of(mall)
    return cells.named(zones, lambda zone: zone.name) | cells.named(zones, lambda zone: zone.code)


def zone_choices(request: OfficeRequest) -> list[tuple[str, str]]:
    """The zones of the mall, to narrow a list by."""
    return [(str(zone.pk), zone.name) for zone in zones_of(request.mall)]


def remove(request: OfficeRequest, record: Any, at: datetime) -> RemovedRecord:
    """Remove a record that needs no care of its own."""
    return actions.remove(record, by=request.user, at=at)


def _of_mall(model: type[models.Model], request: OfficeRequest, pk: int) -> Any:
    """A record that a planned row names."""
    return model._default_manager.get(pk=pk, mall=request.mall)


# ---- Zones ----


class ZoneForm(RecordForm):
    """A part of the hall."""

    class Meta:
        model = Zone
        fields = ("name", "code", "floor", "waiting_area", "seats", "capacity")
        help_texts = {
            "name": gettext_lazy("As the signs in the hall say it."),
            "code": gettext_lazy("In addresses of boards, such as north. Small letters, without blanks."),
            "floor": gettext_lazy("Such as “floor 3”."),
            "waiting_area": gettext_lazy("Where its visitors wait, if not beside the counters."),
        }


def _zones(request: OfficeRequest) -> QuerySet[Zone]:
    counters = Counter.objects.filter(zone=models.OuterRef("pk")).order_by().values("zone")
    count = models.Subquery(counters.annotate(count=models.Count("pk")).values("count"))
    return Zone.objects.filter(mall=request.mall).annotate(counter_count=models.functions.Coalesce(count, 0))


def _save_zone(request: OfficeRequest, zone: Zone | None, sent: Sent) -> Zone:
    return actions.save_zone(
        mall=request.mall,
        zone=zone,
        values=sent.form.cleaned_data,
        version=sent.version,
        by=request.user,
        at=sent.at,
    )


def _plan_zones(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    known = {zone.code: zone for zone in zones_of(request.mall)}
    seen: set[object] = set()
    planned = []
    for row in rows:
        read = Reading(row)
        read.take("code", needed=True, longest=32)
        read.checked(validate_slug, "code")
        zone = known.get(read.text("code"))
        read.take("name", needed=zone is None, longest=80)
        read.take("floor", longest=40)
        read.take("waiting_area", longest=120)
        read.number("seats")
        read.number("capacity")
        seats = read.values.get("seats", zone.seats if zone else None)
        capacity = read.values.get("capacity", zone.capacity if zone else None)
        if seats is not None and capacity is not None and seats > capacity:
            read.errors.append(_("There are more seats than the zone may hold people."))
        cells.twice(read, read.text("code"), seen)
        planned.append(cells.fate(read, zone, read.text("name") or (zone.name if zone else "")))
    return planned


def _apply_zones(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    for one in planned:
        pk, values, _more = one.content
        zone = _of_mall(Zone, request, pk) if pk else None
        actions.save_zone(mall=request.mall, zone=zone, values=values, version=None, by=request.user, at=at)


ZONES = Register(
    name="zones",
    title=gettext_lazy("Zones"),
    singular=gettext_lazy("zone"),
    add_label=gettext_lazy("Add a zone"),
    icon="geo-alt",
    explain=gettext_lazy("The parts of the hall, each with its own counters, waiting area and board."),
    model=Zone,
    rows=_zones,
    columns=(
        Column("name", gettext_lazy("Name"), lambda zone: zone.name, ("name",)),
        Column("code", gettext_lazy("Short name"), lambda zone: zone.code, ("code",)),
        Column("floor", gettext_lazy("Floor"), lambda zone: zone.floor, ("floor", "name")),
        Column("waiting", gettext_lazy("Waiting area"), lambda zone: zone.waiting_area, ("waiting_area",)),
        Column("seats", gettext_lazy("Seats"), lambda zone: zone.seats, ("seats",), is_number=True),
        Column("capacity", gettext_lazy("People at most"), lambda zone: zone.capacity, ("capacity",), is_number=True),
        Column("counters", gettext_lazy("Counters"), lambda zone: zone.counter_count, is_number=True),
    ),
    form=lambda request, zone, fields: ZoneForm(fields, instance=zone),
    save=_save_zone,
    remove=remove,
    search=("name__icontains", "code__icontains", "floor__icontains", "waiting_area__icontains"),
    order=("name", "pk"),
    importer=Importer(
        (
            ImportColumn(
                "code",
                ("kode", "nama singkat", "code", "short name"),
                True,
                gettext_lazy("In addresses."),
                ("utara", "selatan"),
            ),
            ImportColumn("name", ("nama", "name"), True, "", ("Sayap Utara", "Sayap Selatan")),
            ImportColumn("floor", ("lantai", "floor"), False, "", ("Lantai 3", "Lantai 3")),
            ImportColumn("waiting_area", ("ruang tunggu", "waiting area"), False, "", ("Depan lift", "")),
            ImportColumn("seats", ("kursi", "seats"), False, gettext_lazy("How many."), ("60", "48")),
            ImportColumn(
                "capacity",
                ("kapasitas", "daya tampung", "capacity", "people at most"),
                False,
                gettext_lazy("How many people it may hold."),
                ("90", "70"),
            ),
        ),
        _plan_zones,
        _apply_zones,
    ),
    groups=(
        (gettext_lazy("Name and place"), ("name", "code", "floor", "waiting_area")),
        (gettext_lazy("Room"), ("seats", "capacity")),
    ),
)


# ---- Facilities ----


class FacilityForm(RecordForm):
    """Something that the mall has for its visitors."""

    class Meta:
        model = Facility
        fields = ("kind", "zone", "count", "note")
        help_texts = {"note": gettext_lazy("How to find it, or what it is where the kind is “other”.")}

    def __init__(self, request: OfficeRequest, facility: Facility | None, fields: QueryDict | None) -> None:
        super().__init__(fields, instance=facility)
        offer(self, "zone", zones_of(request.mall), _("for the whole mall"))

    def clean(self) -> dict[str, Any]:
        """That something other says what it is."""
        typed = super().clean() or {}
        if typed.get("kind") == FacilityKind.OTHER and not typed.get("note"):
            self.add_error("note", _("Please say what it is."))
        return typed


def _facilities(request: OfficeRequest) -> QuerySet[Facility]:
    return Facility.objects.filter(mall=request.mall).select_related("zone")


def _save_facility(request: OfficeRequest, facility: Facility | None, sent: Sent) -> Facility:
    return actions.save_facility(
        mall=request.mall,
        facility=facility,
        values=sent.form.cleaned_data,
        version=sent.version,
        by=request.user,
        at=sent.at,
    )


def _plan_facilities(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    by_name = zones_by_name(request.mall)
    known: dict[tuple[str, int | None, str], Facility] = {}
    for facility in _facilities(request):
        known[_same(facility.kind, facility.zone_id, facility.note)] = facility
    seen: set[object] = set()
    planned = []
    for row in rows:
        read = Reading(row)
        read.one_of("kind", cells.words_of(FacilityKind), _("There is no kind of facility “%(text)s”."), needed=True)
        read.one_of("zone", by_name, _("There is no zone “%(text)s” here."))
        read.number("count", lowest=1, highest=9999)
        read.take("note", longest=160)
        kind, zone = read.values.get("kind", ""), read.values.get("zone")
        if kind == FacilityKind.OTHER and not read.text("note"):
            read.errors.append(_("Please say what it is."))
        key = _same(kind, zone.pk if zone else None, read.text("note"))
        cells.twice(read, key, seen)
        name = str(FacilityKind(kind).label) if kind else read.text("kind")
        planned.append(cells.fate(read, known.get(key), name))
    return planned


def _same(kind: str, zone: int | None, note: str) -> tuple[str, int | None, str]:
    """What makes a facility the one that stands in the register: its kind and zone; others by their note."""
    return kind, zone, note.casefold() if kind == FacilityKind.OTHER else ""


def _apply_facilities(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    for one in planned:
        pk, values, _more = one.content
        facility = _of_mall(Facility, request, pk) if pk else None
        actions.save_facility(mall=request.mall, facility=facility, values=values, version=None, by=request.user, at=at)


FACILITIES = Register(
    name="facilities",
    title=gettext_lazy("Facilities"),
    singular=gettext_lazy("facility"),
    add_label=gettext_lazy("Add a facility"),
    icon="universal-access",
    explain=gettext_lazy("What the mall has for its visitors beside the counters: the ministry asks about it."),
    model=Facility,
    rows=_facilities,
    columns=(
        Column("kind", gettext_lazy("Facility"), lambda one: capfirst(str(one)), ("kind",)),
        Column("zone", gettext_lazy("Zone"), lambda one: one.zone.name if one.zone else None, ("zone__name", "kind")),
        Column("count", gettext_lazy("How many"), lambda one: one.count, ("count",), is_number=True),
        Column("note", gettext_lazy("Note"), lambda one: one.note, ("note",)),
    ),
    form=FacilityForm,
    save=_save_facility,
    remove=remove,
    search=("kind__icontains", "note__icontains", "zone__name__icontains"),
    order=("kind", "pk"),
    filters=(
        Filter(
            "kind",
            gettext_lazy("Facility"),
            lambda _request: FacilityKind.choices,
            lambda rows, kind: rows.filter(kind=kind),
        ),
        Filter("zone", gettext_lazy("Zone"), zone_choices, lambda rows, zone: rows.filter(zone=zone)),
    ),
    importer=Importer(
        (
            ImportColumn(
                "kind",
                ("fasilitas", "jenis", "facility", "kind"),
                True,
                gettext_lazy("As the form names it."),
                ("ruang laktasi", "kursi roda pinjaman"),
            ),
            ImportColumn("zone", ("zona", "zone"), False, gettext_lazy("Its name or short name."), ("Sayap Utara", "")),
            ImportColumn("count", ("jumlah", "count", "how many"), False, "", ("1", "3")),
            ImportColumn("note", ("catatan", "note"), False, "", ("Di samping musala", "")),
        ),
        _plan_facilities,
        _apply_facilities,
    ),
)


# ---- The mall itself ----


class MallForm(RecordForm):
    """What is known of a mall."""

    region = RegionField(
        label=gettext_lazy("Regency or city"),
        help_text=gettext_lazy("Type a few letters of its name, or its code."),
        levels=("province", "regency", "city"),
        required=False,
    )
    website = forms.URLField(label=gettext_lazy("Website"), required=False, assume_scheme="https")

    class Meta:
        model = Mall
        fields = ("name", "code", "region", "time_zone", "address", "phone", "email", "website")
        help_texts = {
            "name": gettext_lazy("Such as MPP Magetan."),
            "code": gettext_lazy("In addresses and QR codes, such as magetan. Printed codes lead to it: choose well."),
        }


_IDENTITY_GROUPS = (
    (gettext_lazy("Identity"), ("name", "code", "region", "time_zone")),
    (gettext_lazy("Where and how to reach it"), ("address", "phone", "email", "website")),
)


def _mall_form(request: OfficeRequest, mall: Mall | None, fields: QueryDict | None) -> MallForm:
    form = MallForm(fields, instance=mall)
    if not request.standing.may(Act.ADMINISTER):
        form.fields["code"].disabled = True
        form.fields["code"].help_text = _("Only an administrator changes it, since printed codes lead to it.")
    return form


def _save_mall(request: OfficeRequest, mall: Mall | None, sent: Sent) -> Mall:
    saved = actions.save_mall(
        mall=mall, values=sent.form.cleaned_data, version=sent.version, by=request.user, at=sent.at
    )
    if request.place is not None:
        request.place.code, request.place.name = saved.code, saved.name  # where to go on
    return saved


def _mall_facts(request: OfficeRequest, mall: Mall) -> list[tuple[str, dict[str, Any]]]:
    seats = Zone.objects.filter(mall=mall).aggregate(seats=Sum("seats"), capacity=Sum("capacity"))
    facts = [
        (_("Public page"), reverse("mall", kwargs={"mall_code": mall.code}), "link"),
        (_("Code of the region"), mall.region_id or "\N{EN DASH}", ""),
        (_("Region"), region_words(mall.region), ""),
        (_("Seats in all zones"), seats["seats"] or "\N{EN DASH}", ""),
    ]
    return [("office/facts_panel.html", {"title": _("At a glance"), "facts": facts})]


IDENTITY = Register(
    name="identity",
    title=gettext_lazy("The mall"),
    singular=gettext_lazy("mall"),
    add_label=gettext_lazy("Add a mall"),
    icon="building",
    explain=gettext_lazy("Name, address and time zone of the mall."),
    model=Mall,
    rows=lambda request: Mall.objects.filter(pk=request.mall.pk).select_related("region__parent"),
    columns=(Column("name", gettext_lazy("Name"), lambda mall: mall.name),),
    form=_mall_form,
    save=_save_mall,
    may_change=lambda request, mall: mall is not None and request.standing.may(Act.ARRANGE),
    groups=_IDENTITY_GROUPS,
    panels=_mall_facts,
)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.READ)
def identity(request: OfficeRequest) -> HttpResponse:
    """What is known of the mall of the address."""
    return editing.edit(request, mall=request.mall.code, register="identity", record=request.mall.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.ADMINISTER)
def new_mall(request: OfficeRequest) -> HttpResponse:
    """Add a mall to the installation; its overview then says what comes next."""
    fields = request.POST if request.method == "POST" else None
    kept = keeping.take(request) if fields is None else None
    form = _mall_form(request, None, fields if fields is not None else kept)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                mall = _save_mall(request, None, Sent(form, None, None, clock.now()))
            except ValidationError as error:
                editing.put_errors(error, form)
            else:
                messages.success(request, _("%(name)s is added. Here is what comes next.") % {"name": mall.name})
                return HttpResponseRedirect(reverse("office_overview", kwargs={"mall": mall.code}))
    page = {
        **sections.frame(request, "", (_("Office"), reverse("office"))),
        "form": form,
        "groups": [{"title": title, "fields": [form[name] for name in names]} for title, names in _IDENTITY_GROUPS],
        "was_kept": kept is not None,
        "cancel_url": reverse("office"),
    }
    return answer(request, "office/new_mall.html", "form", page, status=status)


REGISTERS = (IDENTITY, ZONES, FACILITIES)
