"""The roster of one week as a grid: counters or people down, days across."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pendapa.directory.accounts.models import Posting
from pendapa.directory.accounts.rules import Act
from pendapa.directory.malls.models import Counter
from pendapa.directory.malls.queries.hours import holidays_at
from pendapa.web.office import sections
from pendapa.web.office.access import OfficeRequest, for_office
from pendapa.web.office.charts import monday_of
from pendapa.web.office.roster import ROSTER, today
from pendapa.web.pages import answer

WEEK = timedelta(days=7)
_HALL = 0  # the row of those who are posted at no counter


@require_safe
@for_office(Act.READ)
def show(request: OfficeRequest) -> HttpResponse:
    """The week that `week` (any of its days) names, by counter or, with `by=person`, by person."""
    now = today(request)
    monday = monday_of(request.GET.get("week"), now)
    days = [monday + timedelta(days=number) for number in range(7)]
    is_by_person = request.GET.get("by") == "person"
    found = ROSTER.rows(request).filter(date__gte=monday, date__lt=monday + WEEK)
    postings = list(found.order_by("date", "starts", "user__full_name", "pk"))
    free = set(holidays_at(request.mall, monday, days[-1]).filter(agency=None).values_list("date", flat=True))
    by = {"by": "person"} if is_by_person else {}
    page = {
        **sections.frame(request, ROSTER.name),
        "by": "person" if is_by_person else "counter",
        "days": [
            {
                "name": date_format(day, "D"),
                "date": date_format(day, "j M"),
                "is_today": day == now,
                "is_off": day in free,
            }
            for day in days
        ],
        "rows": _people(request, postings, days) if is_by_person else _counters(request, postings, days),
        "title": _("%(first)s to %(last)s")
        % {"first": date_format(days[0], "j F"), "last": date_format(days[-1], "j F Y")},
        "before": _query(monday - WEEK, by),
        "after": _query(monday + WEEK, by),
        "this": _query(now, by),
        "is_this_week": monday == monday_of(None, now),
        "by_counter": _query(monday, {}),
        "by_person": _query(monday, {"by": "person"}),
        "list_url": f"{reverse('office_list', kwargs=_where(request))}?week={monday.isoformat()}",
        "may_add": ROSTER.changeable(request, None),
        "count": len(postings),
    }
    return answer(request, "office/roster_week.html", "week", page)


def _query(day: date, more: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in {"week": day.isoformat(), **more}.items())


def _where(request: OfficeRequest, **more: object) -> dict[str, object]:
    return {"mall": request.mall.code, "register": ROSTER.name, **more}


def _counters(request: OfficeRequest, postings: Iterable[Posting], days: list[date]) -> list[dict[str, Any]]:
    """A row for each counter in sight, also where nobody works, and one for the hall where somebody does."""
    counters = Counter.objects.filter(mall=request.mall).select_related("agency").order_by("number")
    agencies = request.standing.agencies(Act.READ)
    if agencies is not None:
        counters = counters.filter(Q(agency__in=agencies) | Q(shares__agency__in=agencies)).distinct()
    cells: dict[int, list[list[dict[str, Any]]]] = {}
    for one in postings:
        row = cells.setdefault(one.counter_id or _HALL, [[] for _day in days])
        row[(one.date - days[0]).days].append(_shift(request, one, one.user.full_name))
    empty: list[list[dict[str, Any]]] = [[] for _day in days]
    names = [(one.pk, _("Counter %(number)d") % {"number": one.number}, one.agency.short_name) for one in counters]
    if _HALL in cells:
        names.append((_HALL, _("In the hall"), ""))
    return [{"name": name, "note": note, "is_place": True, "cells": cells.get(pk, empty)} for pk, name, note in names]


def _people(request: OfficeRequest, postings: Iterable[Posting], days: list[date]) -> list[dict[str, Any]]:
    """A row for each person who works in the week."""
    rows: dict[int, dict[str, Any]] = {}
    for one in sorted(postings, key=lambda posting: posting.user.full_name.casefold()):
        row = rows.setdefault(
            one.user_id,
            {"name": one.user.full_name, "note": one.user.position, "cells": [[] for _day in days]},
        )
        where = _("Counter %(number)d") % {"number": one.counter.number} if one.counter else _("In the hall")
        row["cells"][(one.date - days[0]).days].append(_shift(request, one, where))
    return list(rows.values())


def _shift(request: OfficeRequest, posting: Posting, words: str) -> dict[str, Any]:
    return {
        "words": words,
        "note": f"{posting.starts:%H.%M}\N{EN DASH}{posting.ends:%H.%M}",
        "tone": "daun" if posting.counter_id else "nila",
        "url": reverse("office_edit", kwargs=_where(request, record=posting.pk)),
    }
