"""Queues and work profiles: which line takes which services, and which counters call from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.rules import Act
from pendapa.directory.catalogue import actions as catalogue
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import PREFIX, Agency, Counter
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import CounterStatus, Queue, WorkProfile, WorkProfileQueue
from pendapa.web.office import cells, keeping, sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.agencies import agencies_at, agency_choices, schedules_of
from pendapa.web.office.cells import Reading
from pendapa.web.office.places import RecordForm, offer, zone_choices, zones_by_name, zones_of
from pendapa.web.office.registers import Column, Filter, ImportColumn, Importer, Planned, Register, Row, Sent
from pendapa.web.pages import answer

_MOST_SERVICES = 60  # of one queue
_LONGEST_NAME = 160


# ---- Queues ----


class QueueForm(RecordForm):
    """A line of an agency."""

    grace_minutes = forms.IntegerField(
        label=gettext_lazy("Missed numbers may come back within"),
        min_value=0,
        max_value=240,
        initial=15,
        widget=forms.NumberInput(attrs={"data-unit": gettext_lazy("minutes")}),
    )
    services = forms.CharField(
        label=gettext_lazy("Services that it takes"),
        help_text=gettext_lazy("One in each line, as visitors should read it."),
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
    )

    class Meta:
        model = Queue
        fields = ("prefix", "name", "agency", "zone", "schedule", "daily_limit")
        help_texts = {
            "prefix": gettext_lazy("One or two capital letters that stand before each number."),
            "daily_limit": gettext_lazy("Over all channels; empty for no limit."),
        }

    def __init__(self, request: OfficeRequest, queue: Queue | None, fields: QueryDict | None) -> None:
        super().__init__(fields, instance=queue)
        offer(self, "agency", agencies_at(request.mall))
        offer(self, "zone", zones_of(request.mall))
        offer(self, "schedule", schedules_of(request.mall))
        if queue is not None:
            self.initial["grace_minutes"] = int(queue.grace.total_seconds() // 60)
            self.initial["services"] = "\n".join(queue.services.order_by("pk").values_list("name", flat=True))
            self.fields["agency"].disabled = queue.services.exists() or queue.days.exists()
        else:
            self.initial["prefix"] = _free_prefix(request)

    def clean_prefix(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["prefix"]).upper()

    def clean_services(self) -> list[str]:
        """The names, each once."""
        return names_in(self.cleaned_data["services"].splitlines())


def names_in(lines: Sequence[str]) -> list[str]:
    """Names of services without repeats. Raises `ValidationError` for too many or too long ones."""
    names: dict[str, str] = {}
    for line in lines:
        if name := " ".join(line.split()):
            names.setdefault(name.casefold(), name)
    if len(names) > _MOST_SERVICES:
        raise ValidationError(_("A queue takes at most %(count)d services.") % {"count": _MOST_SERVICES})
    for name in names.values():
        if len(name) > _LONGEST_NAME:
            raise ValidationError(_("“%(text)s…” is too long.") % {"text": name[:24]})
    return list(names.values())


def _free_prefix(request: OfficeRequest) -> str:
    """The first letter, or pair of letters, that no queue of the mall has."""
    taken = set(Queue.objects.filter(mall=request.mall).values_list("prefix", flat=True))
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look like digits
    pairs = (first + second for first in letters for second in letters)
    return next((prefix for prefix in (*letters, *pairs) if prefix not in taken), "")


def _queues(request: OfficeRequest) -> QuerySet[Queue]:
    rows = Queue.objects.filter(mall=request.mall)
    own = request.standing.agencies(Act.READ)
    if own is not None:
        rows = rows.filter(agency__in=own)
    services = PublicService.objects.order_by("name")
    profiles = WorkProfile.objects.order_by("name")
    return rows.select_related("agency", "zone", "schedule").prefetch_related(
        Prefetch("services", services), Prefetch("work_profiles", profiles)
    )


def _save_queue(request: OfficeRequest, queue: Queue | None, sent: Sent) -> Queue:
    values = dict(sent.form.cleaned_data)
    names = values.pop("services")
    values["grace"] = timedelta(minutes=values.pop("grace_minutes"))
    return _keep_queue(request, queue, values, names, version=sent.version, at=sent.at)


def _keep_queue(
    request: OfficeRequest,
    queue: Queue | None,
    values: dict[str, Any],
    names: Sequence[str] | None,
    *,
    version: int | None,
    at: datetime,
) -> Queue:
    """Save a queue with the services of these names; those that are not known yet are made. None leaves them alone."""
    keep: Any = {"mall": request.mall, "by": request.user, "at": at}
    with transaction.atomic():
        saved = actions.save_queue(**keep, queue=queue, values=values, services=None, version=version)
        if names is None:
            return saved
        services = [
            catalogue.service_named(mall=request.mall, agency=saved.agency, name=name, by=request.user, at=at)
            for name in names
        ]
        return actions.save_queue(**keep, queue=saved, values={}, services=services, version=None)


def _remove_queue(request: OfficeRequest, queue: Queue, at: datetime) -> RemovedRecord:
    return actions.remove_queue(queue=queue, by=request.user, at=at)


def _names(rows: Sequence[Any]) -> str:
    return "; ".join(row.name for row in rows)


def _plan_queues(request: OfficeRequest, rows: Sequence[Row]) -> list[Planned]:
    known = {queue.prefix: queue for queue in _queues(request)}
    zones = zones_by_name(request.mall)
    agencies = cells.named(agencies_at(request.mall), lambda agency: agency.short_name)
    schedules = cells.named(schedules_of(request.mall), lambda schedule: schedule.name)
    seen: set[object] = set()
    planned = []
    for row in rows:
        read = Reading(row)
        prefix = read.text("prefix").upper()
        read.values["prefix"] = prefix
        read.checked(lambda text: PREFIX(text.upper()), "prefix")
        queue = known.get(prefix)
        is_new = queue is None
        read.take("name", needed=is_new, longest=80)
        read.one_of("agency", agencies, _("No agency “%(text)s” has a stand in this mall."), needed=is_new)
        read.one_of("zone", zones, _("There is no zone “%(text)s” here."), needed=is_new)
        read.one_of("schedule", schedules, _("There are no opening hours “%(text)s” here."), needed=is_new)
        read.number("daily_limit", lowest=1)
        cells.twice(read, prefix, seen)
        if queue is not None and "agency" in read.values and read.values["agency"] != queue.agency:
            read.errors.append(_("This prefix is taken by %(agency)s.") % {"agency": queue.agency})
        changes: list[tuple[Any, object, object]] = []
        if read.text("services"):
            try:
                names = names_in(row.values["services"].split(";"))
            except ValidationError as error:
                read.errors.extend(error.messages)
            else:
                read.more["services"] = names
                before = [one.name for one in queue.services.all()] if queue else []
                if queue is not None and {one.casefold() for one in before} != {one.casefold() for one in names}:
                    changes.append((_("Services"), "; ".join(before), "; ".join(names)))
        planned.append(cells.fate(read, queue, read.text("name") or prefix, changes))
    return planned


def _apply_queues(request: OfficeRequest, planned: Sequence[Planned], at: datetime) -> None:
    for one in planned:
        pk, values, more = one.content
        queue = _queues(request).get(pk=pk) if pk else None
        _keep_queue(request, queue, values, more.get("services"), version=None, at=at)


QUEUES = Register(
    name="queues",
    title=gettext_lazy("Queues"),
    singular=gettext_lazy("queue"),
    add_label=gettext_lazy("Add a queue"),
    icon="people",
    explain=gettext_lazy("Lines of visitors, each with its letter, its services and its hours."),
    model=Queue,
    rows=_queues,
    columns=(
        Column("prefix", gettext_lazy("Prefix"), lambda one: one.prefix, ("prefix",)),
        Column("name", gettext_lazy("Name"), lambda one: one.name, ("name",)),
        Column("agency", gettext_lazy("Agency"), lambda one: one.agency.short_name, ("agency__short_name", "prefix")),
        Column("zone", gettext_lazy("Zone"), lambda one: one.zone.name, ("zone__name", "prefix")),
        Column("schedule", gettext_lazy("Opening hours"), lambda one: one.schedule.name, ("schedule__name", "prefix")),
        Column("limit", gettext_lazy("Numbers a day"), lambda one: one.daily_limit, ("daily_limit",), is_number=True),
        Column("services", gettext_lazy("Number of services"), lambda one: len(one.services.all()), is_number=True),
        Column("profiles", gettext_lazy("Work profiles"), lambda one: _names(one.work_profiles.all()), on_demand=True),
        Column("named", gettext_lazy("Services"), lambda one: _names(one.services.all()), on_demand=True),
    ),
    form=QueueForm,
    save=_save_queue,
    remove=_remove_queue,
    search=("prefix__iexact", "name__icontains", "agency__short_name__icontains"),
    order=("prefix", "pk"),
    filters=(
        Filter("agency", gettext_lazy("Agency"), agency_choices, lambda rows, agency: rows.filter(agency=agency)),
        Filter("zone", gettext_lazy("Zone"), zone_choices, lambda rows, zone: rows.filter(zone=zone)),
    ),
    importer=Importer(
        (
            ImportColumn("prefix", ("awalan", "huruf", "prefix"), True, "", ("A", "G")),
            ImportColumn("name", ("nama", "name"), False, "", ("Kartu dan keluarga", "Paspor")),
            ImportColumn(
                "agency", ("instansi", "agency"), False, gettext_lazy("Its short name."), ("Dukcapil", "Imigrasi")
            ),
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
                ("Jam layanan", "Jam layanan"),
            ),
            ImportColumn("daily_limit", ("batas sehari", "nomor sehari", "numbers a day"), False, "", ("", "30")),
            ImportColumn(
                "services",
                ("layanan", "services"),
                False,
                gettext_lazy("Several with a semicolon between them."),
                ("KTP-el baru; Kartu keluarga", "Paspor baru; Penggantian paspor"),
            ),
        ),
        _plan_queues,
        _apply_queues,
    ),
    groups=(
        (gettext_lazy("Line"), ("prefix", "name", "agency", "services")),
        (gettext_lazy("Where and when"), ("zone", "schedule", "daily_limit", "grace_minutes")),
    ),
    verbs={"queue.services_changed": gettext_lazy("services changed")},
)


# ---- Work profiles ----


class ProfileForm(RecordForm):
    """Which queues some counters serve."""

    queues = forms.ModelMultipleChoiceField(
        Queue.objects.none(),
        label=gettext_lazy("Queues"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "of-choices"}),
    )
    counters = forms.ModelMultipleChoiceField(
        Counter.objects.none(),
        label=gettext_lazy("Counters"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "of-choices"}),
        required=False,
    )

    class Meta:
        model = WorkProfile
        fields = ("name",)

    def __init__(self, request: OfficeRequest, profile: WorkProfile | None, fields: QueryDict | None) -> None:
        super().__init__(fields, instance=profile)
        queues, counters = self.fields["queues"], self.fields["counters"]
        assert isinstance(queues, forms.ModelMultipleChoiceField)
        assert isinstance(counters, forms.ModelMultipleChoiceField)
        queues.queryset = Queue.objects.filter(mall=request.mall).select_related("agency").order_by("prefix")
        counters.queryset = (
            Counter.objects.filter(mall=request.mall).select_related("agency", "status__profile").order_by("number")
        )
        queues.label_from_instance = (  # type: ignore[method-assign]  # as Django says to
            lambda obj: f"{obj.prefix} \N{MIDDLE DOT} {obj.name} ({obj.agency})"
        )
        counters.label_from_instance = lambda obj: _counter_words(obj, profile)  # type: ignore[method-assign]  # as Django says to
        if profile is not None:
            self.initial["queues"] = list(profile.queues.values_list("pk", flat=True))
            self.initial["counters"] = list(
                Counter.objects.filter(status__profile=profile).values_list("pk", flat=True)
            )


def _counter_words(counter: Any, profile: WorkProfile | None) -> str:
    """A counter with whose it is, and whether it would leave another profile."""
    words = f"{counter.number} \N{MIDDLE DOT} {counter.agency}"
    status = getattr(counter, "status", None)
    if status is None or status.profile == profile:
        return words
    return _("%(counter)s (has another profile)") % {"counter": words}


def _profiles(request: OfficeRequest) -> QuerySet[WorkProfile]:
    """The work profiles; for people of an agency those that serve one of its queues."""
    rows = WorkProfile.objects.filter(mall=request.mall)
    own = request.standing.agencies(Act.READ)
    if own is not None:
        rows = rows.filter(pk__in=WorkProfileQueue.objects.filter(queue__agency__in=own).values("profile"))
    statuses = CounterStatus.objects.select_related("counter").order_by("counter__number")
    queues = Queue.objects.order_by("prefix")
    return rows.prefetch_related(Prefetch("counterstatus_set", statuses), Prefetch("queues", queues))


def _save_profile(request: OfficeRequest, profile: WorkProfile | None, sent: Sent) -> WorkProfile:
    typed = sent.form.cleaned_data
    return actions.save_work_profile(
        mall=request.mall,
        profile=profile,
        values={"name": typed["name"]},
        queues=typed["queues"],
        counters=typed["counters"],
        version=sent.version,
        by=request.user,
        at=sent.at,
    )


def _remove_profile(request: OfficeRequest, profile: WorkProfile, at: datetime) -> RemovedRecord:
    return actions.remove_work_profile(profile=profile, by=request.user, at=at)


PROFILES = Register(
    name="work-profiles",
    title=gettext_lazy("Work profiles"),
    singular=gettext_lazy("work profile"),
    add_label=gettext_lazy("Add a work profile"),
    icon="diagram-3",
    explain=gettext_lazy("Which queues a counter calls from. A counter without one cannot open."),
    model=WorkProfile,
    rows=_profiles,
    columns=(
        Column("name", gettext_lazy("Name"), lambda one: one.name, ("name",)),
        Column("queues", gettext_lazy("Queues"), lambda one: ", ".join(queue.prefix for queue in one.queues.all())),
        Column(
            "counters",
            gettext_lazy("Counters"),
            lambda one: ", ".join(str(status.counter.number) for status in one.counterstatus_set.all()),
        ),
    ),
    form=ProfileForm,
    save=_save_profile,
    remove=_remove_profile,
    search=("name__icontains",),
    order=("name", "pk"),
    list_template="office/work_profiles.html",
)


@dataclass(frozen=True)
class Missing:
    """What one agency needs so that its counters can open."""

    agency: Agency
    name: str
    queues: list[Queue]
    counters: list[Counter]


def _missing(request: OfficeRequest) -> list[Missing]:
    """A profile for every agency that has queues, and counters without a profile."""
    counters = Counter.objects.filter(mall=request.mall, status=None).order_by("number").select_related("agency")
    queues = Queue.objects.filter(mall=request.mall).order_by("prefix")
    taken = set(WorkProfile.objects.filter(mall=request.mall).values_list("name", flat=True))
    by_agency: dict[Agency, list[Counter]] = {}
    for counter in counters:
        by_agency.setdefault(counter.agency, []).append(counter)
    lines: dict[int, list[Queue]] = {}
    for queue in queues:
        lines.setdefault(queue.agency_id, []).append(queue)
    found = []
    for agency, own in sorted(by_agency.items(), key=lambda one: one[0].short_name):
        if agency.pk not in lines:
            continue
        name, number = agency.short_name, 2
        while name in taken:
            name, number = f"{agency.short_name} {number}", number + 1
        found.append(Missing(agency, name, lines[agency.pk], own))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@for_office(Act.ARRANGE)
def fill(request: OfficeRequest) -> HttpResponse:
    """Make the work profiles that are missing, one for each agency; what it will be is shown first."""
    if not request.standing.may(Act.ARRANGE):
        raise Http404
    missing = _missing(request)
    list_url = reverse("office_list", kwargs={"mall": request.mall.code, "register": "work-profiles"})
    page: dict[str, Any] = {"missing": missing, "list_url": list_url, "was_kept": keeping.take(request) is not None}
    if request.method == "POST":
        at = clock.now()
        try:
            with transaction.atomic():
                for one in missing:
                    actions.save_work_profile(
                        mall=request.mall,
                        profile=None,
                        values={"name": one.name},
                        queues=one.queues,
                        counters=one.counters,
                        version=None,
                        by=request.user,
                        at=at,
                    )
        except (Refused, ValidationError) as error:
            page["refusal"] = error if isinstance(error, Refused) else Refused(" ".join(error.messages))
        else:
            text = ngettext("%(count)d work profile is made.", "%(count)d work profiles are made.", len(missing))
            messages.success(request, text % {"count": len(missing)})
            return HttpResponseRedirect(list_url)
    page |= sections.frame(request, "work-profiles", (_("Work profiles"), list_url))
    return answer(request, "office/work_profiles_fill.html", "fill", page, status=409 if "refusal" in page else 200)


REGISTERS = (QUEUES, PROFILES)
