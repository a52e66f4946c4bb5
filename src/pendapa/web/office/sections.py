"""What the office has: its registers and the pages of its side navigation, in groups of few."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pendapa.directory.accounts.rules import Act
from pendapa.web.office.access import OfficeRequest
from pendapa.web.office.registers import Register, Words

REGISTERS: dict[str, Register] = {}


@dataclass(frozen=True)
class Section:
    """One entry of the side navigation: a register by its name, or a page of its own by `url_name`."""

    name: str
    title: Words = ""
    icon: str = ""
    url_name: str = ""
    reads: Act = Act.READ


@dataclass(frozen=True)
class Group:
    """Some entries under one heading."""

    title: Words
    sections: Sequence[Section]


GROUPS: Sequence[Group] = (
    Group(
        _("Mall"),
        (
            Section("overview", _("Overview"), "house", "office_overview"),
            Section("identity", _("Name and place"), "building", "office_mall"),
            Section("zones"),
            Section("facilities"),
        ),
    ),
    Group(_("Agencies"), (Section("agencies"), Section("counters"), Section("queues"), Section("work-profiles"))),
    Group(
        _("Catalogue"),
        (
            Section("services"),
            Section("service-changes", _("What changed"), "clock-history", "office_service_changes"),
            Section("words"),
            Section("pledges"),
        ),
    ),
    Group(
        _("Time"),
        (
            Section("hours"),
            Section("special-days"),
            Section("seasons"),
            Section("calendar", _("Calendar"), "calendar-check", "office_calendar"),
        ),
    ),
    Group(_("People"), (Section("people"), Section("roster"))),
    Group(
        _("Technology"),
        (Section("devices"), Section("removed", _("Removed"), "arrow-counterclockwise", "office_removed")),
    ),
)


def add_registers(*kinds: Register) -> None:
    """Put registers in the office; `urls` does so for each module."""
    REGISTERS.update({kind.name: kind for kind in kinds})


def frame(request: OfficeRequest, current: str = "", *crumbs: tuple[str, str]) -> dict[str, Any]:
    """What `office/frame.html` shows around a page: mall, navigation with the current entry, crumbs."""
    place = request.place
    first = [{"title": place.name, "url": reverse("office_overview", kwargs={"mall": place.code})}] if place else []
    return {
        "mall": place,
        "sections": _navigation(request, current) if place else [],
        "crumbs": [*first, *({"title": title, "url": url} for title, url in crumbs)],
        "standing": request.standing,
    }


def _navigation(request: OfficeRequest, current: str) -> list[dict[str, Any]]:
    """The groups with the entries that this person may see."""
    assert request.place is not None
    code = request.place.code
    groups = []
    for group in GROUPS:
        items = []
        for section in group.sections:
            kind = REGISTERS.get(section.name)
            if section.url_name:
                title, icon, reads = section.title, section.icon, section.reads
                url = reverse(section.url_name, kwargs={"mall": code})
            elif kind is not None:
                title, icon, reads = kind.title, kind.icon, kind.reads
                url = reverse("office_list", kwargs={"mall": code, "register": kind.name})
            else:
                continue
            if request.standing.may_somewhere(reads):
                items.append(
                    {
                        "name": section.name,
                        "title": title,
                        "icon": icon,
                        "url": url,
                        "is_current": section.name == current,
                    }
                )
        if items:
            groups.append({"title": group.title, "items": items})
    return groups
