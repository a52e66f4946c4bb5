"""Where office work begins: the malls someone may see, and what a mall still lacks before it can open."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pendapa.directory.accounts import queries as accounts
from pendapa.directory.accounts.models import Device, Role, RoleKind
from pendapa.directory.accounts.rules import Act, roles_that_may
from pendapa.directory.malls.models import Counter, Mall, Schedule, Tenancy, Zone
from pendapa.operations.queueing.models import Queue, WorkProfile
from pendapa.web.office import sections, services
from pendapa.web.office.access import OfficeRequest, for_office, signed_in
from pendapa.web.office.registers import Words
from pendapa.web.pages import answer


@dataclass(frozen=True)
class Step:
    """One thing a mall needs before it can open: what is there, and where to go on."""

    name: str
    title: Words
    text: Words
    url: str
    count: int

    @property
    def is_done(self) -> bool:
        return self.count > 0


@require_safe
@signed_in
def choose(request: OfficeRequest) -> HttpResponse:
    """The malls whose office this person may enter; who has just one goes on there."""
    user = request.user
    whole = accounts.standing_at(user, None)
    roles = Role.objects.filter(user=user, kind__in=roles_that_may(Act.READ))
    malls = Mall.objects.order_by("name") if Act.READ in whole.everywhere else Mall.objects.filter(roles__in=roles)
    found = list(malls.distinct()[:200])
    may_build = Act.ADMINISTER in whole.everywhere
    if not found and not may_build:
        raise Http404
    if len(found) == 1 and not may_build:
        return redirect("office_overview", mall=found[0].code)
    request.place, request.standing = None, whole
    page = {**sections.frame(request), "malls": found, "may_build": may_build, "whole": whole}
    return answer(request, "office/choose.html", "choose", page)


@require_safe
@for_office(Act.READ)
def show(request: OfficeRequest) -> HttpResponse:
    """A mall at a glance."""
    steps = _steps(request) if request.standing.may(Act.READ) else []
    done = sum(step.is_done for step in steps)
    page: dict[str, Any] = {
        **sections.frame(request, "overview"),
        "steps": steps,
        "done": done,
        "is_ready": steps and done == len(steps),
        "waiting": services.waiting(request),
    }
    return answer(request, "office/overview.html", "overview", page)


def _steps(request: OfficeRequest) -> list[Step]:
    """What a mall needs, in the order in which it is best done. One statement counts all of it."""
    mall = request.mall
    staff = Role.objects.filter(kind__in=[RoleKind.OFFICER, RoleKind.HOST, RoleKind.MANAGER])
    counted = {
        "zones": Zone.objects.all(),
        "schedules": Schedule.objects.filter(periods__isnull=False),
        "agencies": Tenancy.objects.all(),
        "counters": Counter.objects.all(),
        "queues": Queue.objects.all(),
        "profiles": WorkProfile.objects.all(),
        "people": staff,
        "devices": Device.objects.all(),
    }
    found = Mall.objects.filter(pk=mall.pk).annotate(**{f"has_{name}": _count(rows) for name, rows in counted.items()})
    counts = dict(zip(counted, found.values_list(*(f"has_{name}" for name in counted)).get(), strict=True))
    words: list[tuple[str, Words, Words, str]] = [
        ("zones", _("Zones"), _("The parts of the hall, each with its waiting area and board."), "zones"),
        ("schedules", _("Opening hours"), _("The week, with breaks and Friday prayer."), "hours"),
        ("agencies", _("Agencies"), _("Who has a stand here, and on which agreement."), "agencies"),
        ("counters", _("Counters"), _("Numbers, zones, and the days they are shared."), "counters"),
        ("queues", _("Queues"), _("Which line takes which services."), "queues"),
        ("profiles", _("Work profiles"), _("Which queues a counter serves."), "work-profiles"),
        ("people", _("People"), _("Invite officers, hosts and managers."), "people"),
        ("devices", _("Devices"), _("Pair kiosks and boards by a code."), "devices"),
    ]
    return [
        Step(name, title, text, f"{reverse('office_overview', kwargs={'mall': mall.code})}{place}/", counts[name])
        for name, title, text, place in words
    ]


def _count(rows: QuerySet[Any]) -> Coalesce:
    """How many rows of a kind the mall of the outer query has."""
    of_mall = rows.filter(mall=OuterRef("pk")).order_by().values("mall")
    return Coalesce(Subquery(of_mall.annotate(count=Count("pk", distinct=True)).values("count")), 0)
