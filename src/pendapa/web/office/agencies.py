"""Agencies with their stands: whose it is, the agreement behind it, and what the two sides owe each other."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Count, DateField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts import queries as accounts
from pendapa.directory.accounts.models import Role
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls import actions
from pendapa.directory.malls.models import Agency, Counter, Level, Mall, Obligation, RegionLevel, Schedule, Tenancy
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing.models import Queue
from pendapa.web.office import cells
from pendapa.web.office.access import OfficeRequest
from pendapa.web.office.cells import Reading
from pendapa.web.office.places import RecordForm, offer, zone_choices, zones_by_name, zones_of
from pendapa.web.office.regions import RegionField, region_meant
from pendapa.web.office.registers import Column, Filter, ImportColumn, Importer, Planned, Register, Row, Sent, Words

OF_AGENCY = ("name", "short_name", "level", "region", "website")
ENDS_SOON = 60  # days in which an agreement that runs out is pointed at
_REGION_LEVELS = (RegionLevel.PROVINCE, RegionLevel.REGENCY, RegionLevel.CITY)


def agencies_at(mall: Mall) -> QuerySet[Agency]:
    """The agencies with a stand in a mall by short name."""
    return Agency.objects.filter(tenancies__mall=mall).order_by("short_name")


def agencies_for(request: OfficeRequest, act: Act) -> QuerySet[Agency]:
    """The agencies of the mall for which the person of this request may do an act."""
    rows, own = agencies_at(request.mall), request.standing.agencies(act)
    return rows if own is None else rows.filter(pk__in=own)


def agency_choices(request: OfficeRequest) -> list[tuple[str, str]]:
    """The agencies of the mall that this person may see, to narrow a list by."""
    return [(str(pk), name) for pk, name in agencies_for(request, Act.READ).values_list("pk", "short_name")]


def schedules_of(mall: Mall) -> QuerySet[Schedule]:
    """The named opening hours of a mall."""
    return Schedule.objects.filter(mall=mall).order_by("name")


class TenancyForm(RecordForm):
    """An agency and its stand on one page; for a new stand, either an agency of another mall or a new one."""

    existing = forms.ModelChoiceField(
        Agency.objects.none(),
        label=gettext_lazy("Agency that stands elsewhere already"),
        help_text=gettext_lazy("Then leave the agency's own fields empty."),
        required=False,
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=160, required=False)
    short_name = forms.CharField(
        label=gettext_lazy("Short name"),
        help_text=gettext_lazy("As boards and kiosks show it, such as Dukcapil."),
        max_length=40,
        required=False,
    )
    level = forms.ChoiceField(label=gettext_lazy("Level"), choices=[("", "---------"), *Level.choices], required=False)
    region = RegionField(
        label=gettext_lazy("Region"),
        help_text=gettext_lazy("Of which regency, city or province it is. Type a few letters."),
        levels=_REGION_LEVELS,
        required=False,
    )
    website = forms.URLField(label=gettext_lazy("Website"), required=False, assume_scheme="https")

    class Meta:
        model = Tenancy
        fields = ("stand", "zone", "schedule", "agreement_number", "agreement_date", "starts_on", "ends_on")
        help_texts = {"stand": gettext_lazy("Only where it differs from the short name.")}
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("agreement_date", "starts_on", "ends_on")
        }

    def __init__(self, request: OfficeRequest, tenancy: Tenancy | None, fields: QueryDict | None) -> None:
        super().__init__(fields, instance=tenancy)
        offer(self, "zone", zones_of(request.mall), _("in no zone"))
        offer(self, "schedule", schedules_of(request.mall), _("none of its own"))
        elsewhere = Agency.objects.exclude(tenancies__mall=request.mall).order_by("short_name")
        if tenancy is not None or not elsewhere.exists():
            del self.fields["existing"]
        else:
            offer(self, "existing", elsewhere, _("none: it is new"))
        for name in ("name", "short_name", "level"):
            self.fields[name].required = "existing" not in self.fields
        if tenancy is not None:
            self.initial.update({name: getattr(tenancy.agency, name) for name in OF_AGENCY})

    def clean(self) -> dict[str, Any]:
        """That the agency is named, once."""
        typed = super().clean() or {}
        own = [name for name in ("name", "short_name", "level") if typed.get(name)]
        if typed.get("existing"):
            if own:
                self.add_error("existing", _("Choose an agency, or fill in a new one, not both."))
            return typed
        for name in ("name", "short_name", "level"):
            if not typed.get(name) and name not in self.errors:
                self.add_error(name, self.fields["stand"].error_messages["required"])
        return typed


class ObligationForm(RecordForm):
    """One thing that one side owes the other."""

    class Meta:
        model = Obligation
        fields = ("party", "text", "due_on", "met_on")
        widgets = {name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in ("due_on", "met_on")}


_Obligations = forms.formset_factory(ObligationForm, extra=1, can_delete=True, max_num=50, validate_max=True)


def rows_of(formset: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    """What stands in the lines of a formset that are neither empty nor struck out."""
    return [
        {name: line.get(name) for name in names}
        for line in formset.cleaned_data
        if line and not line.get("DELETE") and any(line.get(name) for name in names)
    ]


def _obligations(request: OfficeRequest, tenancy: Tenancy | None, fields: QueryDict | None) -> Any:
    names = ("party", "text", "due_on", "met_on")
    rows = Obligation.objects.filter(tenancy=tenancy).order_by("pk").values(*names) if tenancy else []
    return _Obligations(fields, initial=list(rows), prefix="rows")


def _rows(request: OfficeRequest) -> QuerySet[Tenancy]:
    rows = Tenancy.objects.filter(mall=request.mall)
    own = request.standing.agencies(Act.READ)
    if own is not None:
        rows = rows.filter(agency__in=own)
    return rows.select_related("agency__region", "zone", "schedule").annotate(
        counter_count=_count(Counter),
        queue_count=_count(Queue),
        today=Value(service_date(request.mall, clock.now()), output_field=DateField()),
    )


def _count(model: type[Counter] | type[Queue]) -> Coalesce:
    """How many counters or queues the agency of a stand has in its mall."""
    rows = model._default_manager.filter(mall=OuterRef("mall"), agency=OuterRef("agency")).order_by()
    counted = rows.values("agency").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _save(request: OfficeRequest, tenancy: Tenancy | None, sent: Sent) -> Tenancy:
    typed = dict(sent.form.cleaned_data)
    agency: dict[str, Any] | None = {name: typed.pop(name) for name in OF_AGENCY}
    if existing := typed.pop("existing", None):
        agency, typed["agency"] = None, existing
    if tenancy is not None and agency and _is_of_others_too(request, tenancy) and _differs(tenancy.agency, agency):
        raise Refused(_OF_OTHERS_TOO)
    return actions.save_tenancy(
        mall=request.mall,
        tenancy=tenancy,
        agency=agency,
        values=typed,
        obligations=rows_of(sent.rows, ("party", "text", "due_on", "met_on")),
        version=sent.version,
        by=request.user,
        at=sent.at,
    )


_OF_OTHERS_TOO = gettext_lazy(
    "This agency stands in other malls, too. Only an administrator of the whole installation changes what it is called."
)


def _is_of_others_too(request: OfficeRequest, tenancy: Tenancy) -> bool:
    """Whether the agency stands in other malls and this person does not look after all of them."""
    if accounts.standing_at(request.user, None).may(Act.ARRANGE):
        return False
    return tenancy.agency.tenancies.exclude(mall=request.mall).exists()


def _differs(agency: Agency, values: Mapping[str, Any]) -> bool:
    return any(getattr(agency, name) != value for name, value in values.items())


def _remove(request: OfficeRequest, tenancy: Tenancy, at: datetime) -> RemovedRecord:
    held = Role.objects.filter(mall=tenancy.mall_id, agency=tenancy.agency_id).count()
    if held:
        raise Refused(
            ngettext(
                "%(count)d person still has a role for this agency here. Please take it from them first.",
                "%(count)d people still have a role for this agency here. Please take it from them first.",
                held,
            )
            % {"count": held}
        )
    return actions.remove_tenancy(tenancy=tenancy, by=request.user, at=at)


# ---- How an agreement stands ----


def agreement(tenancy: Any) -> str:
    """How the agreement of a stand in `_rows` stands on its `today`: none, ahead, over, ending or valid."""
    today: date = tenancy.today
    if not tenancy.agreement_number:
        return "none"
    if tenancy.starts_on and tenancy.starts_on > today:
        return "ahead"
    if tenancy.ends_on and tenancy.ends_on < today:
        return "over"
    if tenancy.ends_on and (tenancy.ends_on - today).days <= ENDS_SOON:
        return "ending"
    return "valid"


_AGREEMENTS: dict[str, tuple[Words, str]] = {
    "none": (gettext_lazy("no agreement"), ""),
    "ahead": (gettext_lazy("not begun"), "nila"),
    "over": (gettext_lazy("has run out"), "bata"),
    "ending": (gettext_lazy("runs out soon"), "kunyit"),
    "valid": (gettext_lazy("valid"), "lumut"),
}


def _of_agreement(rows: QuerySet[Tenancy], wanted: str) -> QuerySet[Tenancy]:
    if wanted == "none":
        return rows.filter(agreement_number="")
    if wanted == "over":
        return rows.exclude(agreement_number="").filter(ends_on__lt=F("today"))
    return rows.exclude(agreement_number="").filter(Q(ends_on=None) | Q(ends_on__gte=F("today")))


def _panels(request: OfficeRequest, tenancy: Tenancy) -> list[tuple[str, dict[str, Any]]]:
    here = {"mall": request.mall, "agency": tenancy.agency_id}
    counters = Counter.objects.filter(Q(agency=tenancy.agency_id) | Q(shares__agency=tenancy.agency_id))
    numbers = counters.filter(mall=request.mall).distinct().order_by("number").values_list("number", flat=True)
    prefixes = Queue.objects.filter(**here).order_by("prefix").values_list("prefix", flat=True)
    malls = Mall.objects.filter(tenancies__agency=tenancy.agency_id).exclude(pk=request.mall.pk).order_by("name")
    facts = [
        (_("Agreement"), str(_AGREEMENTS[agreement(tenancy)][0]), ""),
        (_("Counters"), ", ".join(map(str, numbers)) or "\N{EN DASH}", ""),
        (_("Queues"), ", ".join(prefixes) or "\N{EN DASH}", ""),
    ]
    others = ", ".join(malls.values_list("name", flat=True)[:5])
    if others:
        facts.append((_("Also stands in"), others, ""))
    return [("office/facts_panel.html", {"title": _("At a glance"), "facts": facts})]


# ---- Import ----


def _plan(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    here = {tenancy.agency.short_name.casefold(): tenancy for tenancy in _rows(request)}
    short_names = {" ".join(row.values.get("short_name", "").split()).casefold() for row in rows}
    elsewhere = {
        agency.short_name.casefold(): agency
        for agency in Agency.objects.exclude(tenancies__mall=request.mall)
        if agency.short_name.casefold() in short_names
    }
    zones = zones_by_name(request.mall)
    schedules = cells.named(schedules_of(request.mall), lambda schedule: schedule.name)
    regions: dict[str, Any] = {}
    seen: set[object] = set()
    planned = []
    for row in rows:
        read, agency = Reading(row), Reading(row)
        key = read.text("short_name").casefold()
        tenancy = here.get(key)
        other = None if tenancy else elsewhere.get(key)
        is_new = tenancy is None and other is None
        agency.take("short_name", needed=True, longest=40)
        agency.take("name", needed=is_new, longest=160)
        agency.one_of("level", cells.words_of(Level), _("There is no level “%(text)s”."), needed=is_new)
        agency.take("website", longest=200)
        agency.checked(URLValidator(schemes=["http", "https"]), "website")
        if text := agency.text("region"):
            _read_region(agency, text, regions)
        read.take("stand", longest=80)
        read.one_of("zone", zones, _("There is no zone “%(text)s” here."))
        read.one_of("schedule", schedules, _("There are no opening hours “%(text)s” here."))
        read.take("agreement_number", longest=80)
        for name in ("agreement_date", "starts_on", "ends_on"):
            read.day(name)
        starts = read.values.get("starts_on", tenancy.starts_on if tenancy else None)
        ends = read.values.get("ends_on", tenancy.ends_on if tenancy else None)
        if starts and ends and starts > ends:
            read.errors.append(_("The agreement ends before it begins."))
        cells.twice(read, key, seen)
        changed = cells.fate(agency, tenancy.agency, "").changes if tenancy and not agency.errors else ()
        read.errors = [*agency.errors, *read.errors]
        if changed and tenancy and _is_of_others_too(request, tenancy):
            read.errors.append(_OF_OTHERS_TOO)
        read.more = {"agency": agency.values, "other": other}
        name = agency.values.get("name") or agency.values.get("short_name", "")
        planned.append(cells.fate(read, tenancy, name, changed))
    return planned


def _read_region(agency: Reading, text: str, known: dict[str, Any]) -> None:
    if text not in known:
        try:
            known[text] = region_meant(text, _REGION_LEVELS)
        except ValidationError as error:
            known[text] = error
    if isinstance(known[text], ValidationError):
        agency.errors.extend(known[text].messages)
    else:
        agency.values["region"] = known[text]


def _apply(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    for one in planned:
        pk, values, more = one.content
        tenancy = _rows(request).get(pk=pk) if pk else None
        agency = more["agency"]
        if more["other"] is not None:
            agency, values = None, {**values, "agency": more["other"]}
        actions.save_tenancy(
            mall=request.mall,
            tenancy=tenancy,
            agency=agency,
            values=values,
            obligations=None,
            version=None,
            by=request.user,
            at=at,
        )


AGENCIES = Register(
    name="agencies",
    title=gettext_lazy("Agencies"),
    singular=gettext_lazy("agency"),
    add_label=gettext_lazy("Add an agency"),
    icon="bank",
    explain=gettext_lazy("Who has a stand in this mall, where, and on which agreement."),
    model=Tenancy,
    rows=_rows,
    columns=(
        Column("short", gettext_lazy("Short name"), lambda one: one.agency.short_name, ("agency__short_name",)),
        Column("name", gettext_lazy("Name"), lambda one: one.agency.name, ("agency__name",)),
        Column("level", gettext_lazy("Level"), lambda one: one.agency.get_level_display(), ("agency__level",)),
        Column("zone", gettext_lazy("Zone"), lambda one: one.zone.name if one.zone else None, ("zone__name",)),
        Column("counters", gettext_lazy("Counters"), lambda one: one.counter_count, ("counter_count",), is_number=True),
        Column("queues", gettext_lazy("Queues"), lambda one: one.queue_count, ("queue_count",), is_number=True),
        Column("ends", gettext_lazy("Until"), lambda one: one.ends_on, ("ends_on",)),
        Column(
            "agreement",
            gettext_lazy("Agreement"),
            lambda one: _AGREEMENTS[agreement(one)][0],
            tone=lambda one: _AGREEMENTS[agreement(one)][1],
        ),
        Column("stand", gettext_lazy("Stand"), lambda one: one.stand, ("stand",), on_demand=True),
        Column(
            "hours",
            gettext_lazy("Opening hours"),
            lambda one: one.schedule.name if one.schedule else None,
            ("schedule__name",),
            on_demand=True,
        ),
        Column(
            "region",
            gettext_lazy("Region"),
            lambda one: one.agency.region.name if one.agency.region else None,
            ("agency__region__name",),
            on_demand=True,
        ),
        Column("number", gettext_lazy("Number of the agreement"), lambda one: one.agreement_number, on_demand=True),
    ),
    form=TenancyForm,
    save=_save,
    remove=_remove,
    children=_obligations,
    children_title=gettext_lazy("What the two sides owe each other"),
    search=("agency__short_name__icontains", "agency__name__icontains", "stand__icontains"),
    order=("agency__short_name", "pk"),
    filters=(
        Filter(
            "level",
            gettext_lazy("Level"),
            lambda _request: Level.choices,
            lambda rows, level: rows.filter(agency__level=level),
        ),
        Filter("zone", gettext_lazy("Zone"), zone_choices, lambda rows, zone: rows.filter(zone=zone)),
        Filter(
            "agreement",
            gettext_lazy("Agreement"),
            lambda _request: [
                ("valid", gettext_lazy("valid")),
                ("over", gettext_lazy("has run out")),
                ("none", gettext_lazy("no agreement")),
            ],
            _of_agreement,
        ),
    ),
    importer=Importer(
        (
            ImportColumn(
                "short_name",
                ("nama singkat", "singkatan", "short name"),
                True,
                gettext_lazy("As boards show it. An agency that is here already is changed."),
                ("Dukcapil", "Imigrasi"),
            ),
            ImportColumn(
                "name",
                ("nama", "name"),
                False,
                gettext_lazy("Needed for a new agency."),
                ("Dinas Kependudukan dan Pencatatan Sipil Kabupaten Magetan", "Kantor Imigrasi Kelas II Ponorogo"),
            ),
            ImportColumn(
                "level",
                ("tingkat", "level"),
                False,
                gettext_lazy("Regency or city, province, central government, firm, private body, other regency."),
                ("kabupaten atau kota", "pemerintah pusat"),
            ),
            ImportColumn("region", ("wilayah", "region"), False, gettext_lazy("Its name or code."), ("35.20", "")),
            ImportColumn("website", ("situs web", "website"), False, "", ("", "https://imigrasi.example")),
            ImportColumn("stand", ("nama gerai", "gerai", "stand"), False, "", ("", "Gerai Imigrasi")),
            ImportColumn(
                "zone",
                ("zona", "zone"),
                False,
                gettext_lazy("Its name or short name."),
                ("Sayap Utara", "Sayap Utara"),
            ),
            ImportColumn(
                "schedule",
                ("jam layanan", "opening hours"),
                False,
                gettext_lazy("The name of opening hours that are there already."),
                ("", ""),
            ),
            ImportColumn(
                "agreement_number",
                ("nomor pks", "nomor perjanjian", "agreement"),
                False,
                "",
                ("070/12/PKS/2026", ""),
            ),
            ImportColumn("agreement_date", ("tanggal pks", "agreement date"), False, "", ("2026-01-05", "")),
            ImportColumn("starts_on", ("mulai", "from", "starts"), False, "", ("2026-01-05", "")),
            ImportColumn("ends_on", ("berakhir", "sampai", "until", "ends"), False, "", ("2029-01-04", "")),
        ),
        _plan,
        _apply,
    ),
    groups=(
        (gettext_lazy("Agency"), ("existing", "short_name", "name", "level", "region", "website")),
        (gettext_lazy("Stand"), ("stand", "zone", "schedule")),
        (gettext_lazy("Agreement"), ("agreement_number", "agreement_date", "starts_on", "ends_on")),
    ),
    panels=_panels,
    verbs={
        "tenancy.agency_changed": gettext_lazy("agency's name or level changed"),
    },
)

REGISTERS = (AGENCIES,)
