"""Calendar days as others list them: the `holidays` package, a CSV or an ICS file; nothing of it is saved here."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO

import holidays
import icalendar
from django.utils.translation import gettext as _

from pendapa.base.errors import Refused
from pendapa.directory.malls.models import CalendarDay, DayKind, Mall

_LONGEST_NAME = 120
_LONGEST_BASIS = 160
_LONGEST_EVENT = 31  # days
_MOST = 1000  # days of a file
_HEADS = {
    "date": ("tanggal", "date"),
    "name": ("nama", "name", "keterangan"),
    "kind": ("jenis", "kind"),
    "legal_basis": ("dasar hukum", "decree", "legal basis"),
}
_KINDS = {
    "libur nasional": DayKind.NATIONAL,
    "cuti bersama": DayKind.JOINT_LEAVE,
    "libur daerah": DayKind.REGIONAL,
    "penutupan setempat": DayKind.LOCAL_CLOSURE,
    "hari pemungutan suara": DayKind.ELECTION,
    **{kind.value: kind for kind in DayKind},
}


class Unreadable(Refused):
    """The file holds no calendar that can be read."""

    status = 422


@dataclass(frozen=True)
class DayFound:
    """A day that a list proposes; `error` says what is wrong with its line, by the `number` in the file."""

    date: date | None
    kind: str
    name: str
    legal_basis: str = ""
    number: int = 0
    error: str = ""


def days_of_package(year: int) -> list[DayFound]:
    """National holidays and joint leave of a year, as far as the `holidays` package knows them.

    They are proposals: the package may lag behind a decree or a revision of it.
    """
    found = []
    for category, kind in (("public", DayKind.NATIONAL), ("government", DayKind.JOINT_LEAVE)):
        listed = holidays.country_holidays("ID", years=year, categories=(category,), language="id")
        found += [DayFound(on, kind, name[:_LONGEST_NAME]) for on, name in listed.items() if on.year == year]
    national = {one.date for one in found if one.kind == DayKind.NATIONAL}
    kept = [one for one in found if one.kind == DayKind.NATIONAL or one.date not in national]
    return [
        DayFound(one.date, one.kind, one.name, number=number)
        for number, one in enumerate(sorted(kept, key=lambda one: (str(one.date), one.kind)), 1)
    ]


def days_in_csv(content: bytes) -> list[DayFound]:
    """The days of a table with the columns tanggal, nama, jenis and dasar hukum. Raises `Unreadable`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(_("The file is not text in UTF-8.")) from error
    if "\0" in text:
        raise Unreadable(_("The file is not text in UTF-8."))
    first = text.partition("\n")[0]
    rows = csv.reader(StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        heads = [head.strip().lower() for head in next(rows, [])]
        places = {name: heads.index(word) for name, words in _HEADS.items() for word in words if word in heads}
        if "date" not in places or "name" not in places:
            raise Unreadable(_("The first line must name the columns tanggal and nama."))
        found = []
        for number, row in enumerate(rows, 2):
            cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
            if any(cells.values()):
                found.append(_day_of_cells(number, cells))
            if len(found) > _MOST:
                raise Unreadable(_("The file has more than 1,000 days."))
    except csv.Error as error:
        raise Unreadable(_("The file is not a CSV table.")) from error
    return found


def days_in_ics(content: bytes, *, kind: str = DayKind.NATIONAL) -> list[DayFound]:
    """The days of a calendar file, one for each day of an event. Raises `Unreadable`.

    An event is joint leave where its name says *cuti bersama* or its category is a kind; else it is of `kind`.
    """
    try:
        calendar = icalendar.Calendar.from_ical(content)
        events = list(calendar.walk("VEVENT"))
    except (ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise Unreadable(_("The file is not a calendar in ICS.")) from error
    found: list[DayFound] = []
    for number, event in enumerate(events, 1):
        found += _days_of_event(number, event, kind)
        if len(found) > _MOST:
            raise Unreadable(_("The file has more than 1,000 days."))
    if not found:
        raise Unreadable(_("The calendar has no days."))
    return found


def fates_of(found: Iterable[DayFound], *, mall: Mall | None) -> list[tuple[DayFound, str, CalendarDay | None]]:
    """What an import would do with each day, as "new", "changed", "unchanged" or "error", and the day that is there.

    A confirmed day is left as it is, whatever a file says. One statement.
    """
    found = list(found)
    dates = [one.date for one in found if one.date]
    rows = CalendarDay.objects.filter(mall=mall, region=None, agency=None, date__in=dates)
    known = {(row.date, row.kind): row for row in rows}
    seen: set[tuple[date | None, str]] = set()
    fates: list[tuple[DayFound, str, CalendarDay | None]] = []
    for one in found:
        there = known.get((one.date, one.kind)) if one.date else None
        if one.error:
            fate = "error"
        elif (one.date, one.kind) in seen:
            fate = "unchanged"
        elif there is None:
            fate = "new"
        elif there.is_confirmed or (there.name == one.name and one.legal_basis in ("", there.legal_basis)):
            fate = "unchanged"
        else:
            fate = "changed"
        seen.add((one.date, one.kind))
        fates.append((one, fate, there))
    return fates


def _day_of_cells(number: int, cells: dict[str, str]) -> DayFound:
    kind = _KINDS.get(cells.get("kind", "").lower() or DayKind.NATIONAL.value)
    day = _date_of(cells["date"])
    name, basis = cells["name"], cells.get("legal_basis", "")
    error = ""
    if day is None:
        error = _("The date is not one: write 2026-08-17 or 17/08/2026.")
    elif not name:
        error = _("The name is missing.")
    elif kind is None:
        error = _("The kind is not known: %(kinds)s.") % {"kinds": ", ".join(list(_KINDS)[:5])}
    elif len(name) > _LONGEST_NAME or len(basis) > _LONGEST_BASIS:
        error = _("The name or the decree is too long.")
    return DayFound(day, kind or DayKind.NATIONAL, name[:_LONGEST_NAME], basis[:_LONGEST_BASIS], number, error)


def _date_of(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date alone
        except ValueError:
            continue
    return None


def _days_of_event(number: int, event: icalendar.Component, usual: str) -> list[DayFound]:
    name = " ".join(str(event.get("SUMMARY", "")).replace("\0", "").split())[:_LONGEST_NAME]
    first, last = _when(event)
    if first is None or last is None or not name:
        error = _("The event has no date or no name.")
        return [DayFound(None, usual, name, number=number, error=error)]
    if (last - first).days >= _LONGEST_EVENT:
        return [DayFound(first, usual, name, number=number, error=_("The event is longer than a month."))]
    kind = _kind_of_event(event, name, usual)
    return [DayFound(first + timedelta(days=day), kind, name, number=number) for day in range((last - first).days + 1)]


def _when(event: icalendar.Component) -> tuple[date | None, date | None]:
    """First and last day; the end of an event of whole days is the day after (RFC 5545)."""
    try:
        start, end = event.decoded("DTSTART"), event.decoded("DTEND", None)
    except (KeyError, ValueError):
        return None, None
    if isinstance(start, datetime):
        return start.date(), start.date()
    if not isinstance(start, date):
        return None, None
    return start, max(end - timedelta(days=1), start) if type(end) is date else start


def _kind_of_event(event: icalendar.Component, name: str, usual: str) -> str:
    listed = event.get("CATEGORIES")
    words = [str(one) for one in getattr(listed, "cats", [])] + (
        [] if "cuti bersama" not in name.lower() else ["cuti bersama"]
    )
    return next((_KINDS[word.lower()] for word in words if word.lower() in _KINDS), usual)
