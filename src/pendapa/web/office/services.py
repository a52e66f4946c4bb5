"""Public services as the office keeps them: the list, who may see and change which, and the queue that takes one."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import (
    Case,
    Count,
    DateField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pendapa.base import clock
from pendapa.base.errors import Refused
from pendapa.base.journal import queries as journal
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.rules import Act
from pendapa.directory.catalogue import queries, rules
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.catalogue.rules import State
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing import actions as queueing
from pendapa.operations.queueing import rules as queueing_rules
from pendapa.operations.queueing.models import Queue, QueueService, Ticket
from pendapa.web.office import sections
from pendapa.web.office.access import OfficeRequest
from pendapa.web.office.agencies import agency_choices
from pendapa.web.office.registers import Column, Filter, Register

WORDS = {
    "retired": gettext_lazy("retired"),
    "in_review": gettext_lazy("being reviewed"),
    "draft": gettext_lazy("draft"),
    "published": gettext_lazy("published"),
    "none": gettext_lazy("nothing written yet"),
}
TONES = {"retired": "", "in_review": "kunyit", "draft": "nila", "published": "lumut", "none": ""}


# ---- Who sees what ----


def today_at(request: OfficeRequest) -> date:
    """The date at the mall."""
    return service_date(request.mall, clock.now())


def rows(request: OfficeRequest) -> QuerySet[PublicService]:
    """The services that this person may see: all of the mall, or those of their agencies."""
    found = PublicService.objects.filter(mall=request.mall).select_related("agency", "mall")
    own = request.standing.agencies(Act.READ)
    return found if own is None else found.filter(agency__in=own)


def may_change(request: OfficeRequest, service: PublicService | None) -> bool:
    """Managers change the services of their agency, operators all of the mall."""
    if service is None:
        return request.standing.may_somewhere(Act.MANAGE)
    return request.standing.may(Act.MANAGE, service.agency_id)


def service_or_404(request: OfficeRequest, pk: int, *, to_change: bool = False) -> PublicService:
    """A service of the address, for someone who may see it, or change it."""
    found = get_object_or_404(rows(request), pk=pk)
    if to_change and not may_change(request, found):
        raise Http404
    return found


def url(request: OfficeRequest, service: PublicService | int, act: str = "", **more: Any) -> str:
    """The address of a service's page, or of an act on it."""
    pk = service if isinstance(service, int) else service.pk
    name = f"office_service_{act}" if act else "office_service"
    return reverse(name, kwargs={"mall": request.mall.code, "record": pk, **more})


def list_url(request: OfficeRequest) -> str:
    return reverse("office_list", kwargs={"mall": request.mall.code, "register": "services"})


def frame(request: OfficeRequest, service: PublicService | None = None, current: str = "services") -> dict[str, Any]:
    """The frame of a page about services, with crumbs up to the service."""
    crumbs = [(str(SERVICES.title), list_url(request))]
    if service is not None:
        crumbs.append((service.name, url(request, service)))
    return sections.frame(request, current, *crumbs)


# ---- The list ----


def _listed(request: OfficeRequest) -> QuerySet[PublicService]:
    """The services with what the list tells of each; a page of them is one statement."""
    today = today_at(request)
    versions = ServiceVersion.objects.filter(service=OuterRef("pk"))
    published = versions.filter(state=State.PUBLISHED)
    in_force = published.filter(Q(valid_until=None) | Q(valid_until__gte=today), valid_from__lte=today)
    newest = versions.order_by(F("number").desc(nulls_first=True))
    taken = QueueService.objects.filter(service=OuterRef("pk"))
    found = rows(request).annotate(
        draft_state=Subquery(versions.exclude(state=State.PUBLISHED).values("state")[:1]),
        in_force=Subquery(in_force.values("number")[:1]),
        since=Subquery(in_force.values("valid_from")[:1]),
        held_since=Subquery(in_force.values(held=Coalesce("decree_date", "valid_from"))[:1]),
        due_since=Value(rules.due_since(today), output_field=DateField()),
        queue_prefix=Subquery(taken.values("queue__prefix")[:1]),
        written=Coalesce(Subquery(newest.values(written=_WRITTEN)[:1], output_field=IntegerField()), 0),
    )
    return found.annotate(
        state=Case(
            When(retired_at__isnull=False, then=Value("retired")),
            When(draft_state=State.IN_REVIEW.value, then=Value("in_review")),
            When(draft_state=State.DRAFT.value, then=Value("draft")),
            When(in_force__isnull=False, then=Value("published")),
            default=Value("none"),
            output_field=TextField(),
        )
    )


def _one_if(**condition: Any) -> Case:
    return Case(When(Q(**condition), then=Value(1)), default=Value(0), output_field=IntegerField())


# Of content as `rules.to_json` writes it, which leaves out what is empty; as `rules.done` counts.
_WRITTEN: Any = (
    _one_if(content__requirements__0__isnull=False)
    + _one_if(content__steps__0__isnull=False)
    + _one_if(content__time__value__isnull=False)
    + Case(
        When(Q(content__contains={"fee": {"free": True}}) | Q(content__fee__lines__0__isnull=False), then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    + _one_if(content__products__0__isnull=False)
    + _one_if(content__has_key="complaints")
    + _one_if(content__legal_basis__0__isnull=False)
    + _one_if(content__has_key="facilities")
    + _one_if(content__has_key="competence")
    + _one_if(content__has_key="oversight")
    + _one_if(content__has_key="staff_count")
    + _one_if(content__has_key="guarantee")
    + _one_if(content__has_key="safety")
    + _one_if(content__has_key="evaluation")
)


def _is_due(service: Any) -> bool:
    return service.held_since is not None and service.held_since <= service.due_since and not service.is_retired


def _review_by(service: Any) -> date | None:
    return rules.review_due(service.held_since) if service.held_since else None


def _of_state(found: QuerySet[Any], state: str) -> QuerySet[Any]:
    if state == "due":
        return found.filter(held_since__lte=F("due_since"), retired_at=None)
    if state == "published":
        return found.filter(in_force__isnull=False, retired_at=None)
    return found.filter(state=state)


def _of_completeness(found: QuerySet[Any], kind: str) -> QuerySet[Any]:
    return found.filter(written=14) if kind == "all" else found.filter(written__lt=14)


def _never(*_parts: Any) -> Any:
    raise Http404  # services have an editor of their own


SERVICES = Register(
    name="services",
    title=gettext_lazy("Services"),
    singular=gettext_lazy("service"),
    add_label=gettext_lazy("Add a service"),
    icon="card-checklist",
    explain=gettext_lazy(
        "What people come for: what to bring, what it costs and how long it takes, version by version."
    ),
    model=PublicService,
    rows=_listed,
    columns=(
        Column("name", gettext_lazy("Name"), lambda one: one.name, ("name",)),
        Column("agency", gettext_lazy("Agency"), lambda one: one.agency.short_name, ("agency__short_name", "name")),
        Column("state", gettext_lazy("State"), lambda one: str(WORDS[one.state]), tone=lambda one: TONES[one.state]),
        Column(
            "written", gettext_lazy("Components"), lambda one: f"{one.written}/14", ("written", "name"), is_number=True
        ),
        Column(
            "version",
            gettext_lazy("Version"),
            lambda one: one.in_force,
            ("in_force", "name"),
            is_number=True,
            on_demand=True,
        ),
        Column("since", gettext_lazy("Valid from"), lambda one: one.since, ("since", "name"), on_demand=True),
        Column(
            "review",
            gettext_lazy("Review by"),
            _review_by,
            ("held_since", "name"),
            tone=lambda one: "bata" if _is_due(one) else None,  # type: ignore[arg-type,return-value]  # None: no chip
        ),
        Column("queue", gettext_lazy("Queue"), lambda one: one.queue_prefix, ("queue_prefix", "name")),
        Column("slug", gettext_lazy("Short name"), lambda one: one.slug, ("slug",), on_demand=True),
    ),
    form=_never,
    save=_never,
    search=("name__icontains", "agency__short_name__icontains", "agency__name__icontains", "slug__icontains"),
    order=("agency__short_name", "name", "pk"),
    filters=(
        Filter("agency", gettext_lazy("Agency"), agency_choices, lambda found, pk: found.filter(agency=pk)),
        Filter(
            "state",
            gettext_lazy("State"),
            lambda _request: [
                ("published", gettext_lazy("published")),
                ("in_review", WORDS["in_review"]),
                ("draft", WORDS["draft"]),
                ("none", WORDS["none"]),
                ("due", gettext_lazy("review due")),
                ("retired", WORDS["retired"]),
            ],
            _of_state,
        ),
        Filter(
            "complete",
            gettext_lazy("Completeness"),
            lambda _request: [
                ("all", gettext_lazy("all fourteen")),
                ("some", gettext_lazy("something is missing")),
            ],
            _of_completeness,
        ),
    ),
    writes=Act.MANAGE,
    may_change=may_change,
    list_template="office/services.html",
    verbs={
        "publicservice.retired": gettext_lazy("retired"),
        "publicservice.brought_back": gettext_lazy("brought back"),
    },
)

REGISTERS = (SERVICES,)


# ---- The queue that takes a service ----


class QueueMoved(Refused):
    """Somebody else gave the service to another queue while this page was open."""


def queues_for(service: PublicService) -> QuerySet[Queue]:
    """The queues that may take a service: those of its agency."""
    return Queue.objects.filter(mall=service.mall_id, agency=service.agency_id).order_by("prefix")


def queue_of(service: PublicService) -> Queue | None:
    """The queue that takes a service."""
    return Queue.objects.filter(services=service).first()


@transaction.atomic
def let_queue_take(
    service: PublicService, queue: Queue | None, *, seen: Queue | None, by: Any, at: datetime
) -> Queue | None:
    """Let a queue take a service, or none; `seen` is the one that the page showed. Raises `QueueMoved`.

    The agency's queues are locked first, so that two people who give services to one queue follow each other.
    """
    list(queues_for(service).select_for_update().order_by("pk"))
    current = queue_of(service)
    if current == queue:
        return queue
    if current != seen:
        raise QueueMoved(_("Somebody else gave this service to another queue in the meantime."))
    kept = queue or current
    assert kept is not None  # one of the two is a queue, or nothing would differ
    services = [one for one in kept.services.all() if one.pk != service.pk]
    taken = [*services, service] if queue else services
    queueing.save_queue(mall=service.mall, queue=kept, values={}, services=taken, version=None, by=by, at=at)
    return queue


# ---- What waits ----


def waiting(request: OfficeRequest) -> list[dict[str, Any]]:
    """What in the catalogue waits for this person: reviews, drafts that came back, standards to look at again."""
    if not may_change(request, None):
        return []
    own = request.standing.agencies(Act.MANAGE)
    found: list[dict[str, Any]] = []
    reviews = list(queries.waiting_for_review(request.mall, request.user, agencies=own).defer("content")[:6])
    found += [
        {"kind": "review", "title": one.service.name, "agency": one.service.agency.short_name,
         "at": one.submitted_at, "url": url(request, one.service_id, "review")}
        for one in reviews
    ]  # fmt: skip
    back = queries.open_drafts(request.mall, agencies=own).exclude(remark="").filter(state=State.DRAFT)
    found += [
        {"kind": "returned", "title": one.service.name, "agency": one.service.agency.short_name,
         "text": one.remark, "at": one.drafted_at, "url": url(request, one.service_id)}
        for one in back.filter(drafted_by=request.user.actor_name).defer("content")[:6]
    ]  # fmt: skip
    due = queries.review_due(request.mall, today_at(request), agencies=own).aggregate(count=Count("pk"))["count"]
    if due:
        found.append({"kind": "due", "count": due, "url": f"{list_url(request)}?state=due"})
    return found


def holders_of(service: PublicService, on: date) -> int:
    """How many visitors hold a number for a service on a date and were not served yet."""
    return Ticket.objects.filter(service=service, day__date=on, state__in=queueing_rules.OPEN).count()


def why_retired(service: PublicService) -> str:
    """The reason that stood in the journal when a service was retired last."""
    entry = journal.history_of(service).filter(verb="publicservice.retired").last()
    return str(entry.data.get("reason", "")) if entry else ""


def discarded(service: PublicService) -> RemovedRecord | None:
    """The newest draft that was thrown away and can come back."""
    removed = RemovedRecord.objects.filter(
        mall=service.mall_id, subject__startswith="serviceversion:", restored_at=None,
        content__0__fields__service=service.pk,
    )  # fmt: skip
    return removed.order_by("-removed_at").first()
