"""Whose opening hours a person sees and changes."""

from django.db.models import Q, QuerySet

from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls.models import Schedule
from pendapa.web.office.access import OfficeRequest


def schedules_seen(request: OfficeRequest) -> QuerySet[Schedule]:
    """The mall's own schedules, and those of the agencies that the person may see."""
    rows = Schedule.objects.filter(mall=request.mall).select_related("mall", "agency").order_by("name")
    seen = request.standing.agencies(Act.READ)
    return rows if seen is None else rows.filter(Q(agency=None) | Q(agency__in=seen))


def may_change(request: OfficeRequest, schedule: Schedule | None) -> bool:
    """Operators change all hours, managers those of their agency."""
    if schedule is None:
        return request.standing.may_somewhere(Act.MANAGE)
    return request.standing.may(Act.MANAGE, schedule.agency_id)
