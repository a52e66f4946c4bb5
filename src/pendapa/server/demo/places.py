"""The demo's building: zones, facilities, hours, devices. An example, not official data."""

from datetime import date, time

from pendapa.directory.accounts.models import DeviceKind
from pendapa.directory.malls.models import DayKind, FacilityKind

# short name: (name, floor, waiting area, seats, people at most)
ZONES = {
    "utara": ("Sayap Utara", "Lantai 3", "Di depan loket 1 sampai 9", 80, 120),
    "selatan": ("Sayap Selatan", "Lantai 3", "Di depan lift", 72, 110),
    "barat": ("Sayap Barat", "Lantai 3", "Di samping taman baca", 48, 70),
}

# kind, zone or "" for the whole mall, how many, note
FACILITIES = (
    (FacilityKind.NURSING_ROOM, "selatan", 1, "Di samping musala"),
    (FacilityKind.READING_CORNER, "barat", 1, ""),
    (FacilityKind.PLAYROOM, "selatan", 1, ""),
    (FacilityKind.ACCESSIBLE_TOILET, "utara", 1, ""),
    (FacilityKind.ACCESSIBLE_TOILET, "selatan", 1, ""),
    (FacilityKind.RAMP, "", 2, "Pintu timur dan pintu barat"),
    (FacilityKind.GUIDING_BLOCKS, "", 1, ""),
    (FacilityKind.WHEELCHAIR, "utara", 3, "Tanyakan kepada petugas informasi"),
    (FacilityKind.ACCESSIBLE_PARKING, "", 4, "Lantai dasar"),
    (FacilityKind.PRIORITY_COUNTER, "utara", 1, "Loket 29"),
    (FacilityKind.PRAYER_ROOM, "selatan", 1, ""),
    (FacilityKind.COMPLAINT_ROOM, "barat", 1, ""),
    (FacilityKind.INFORMATION_DESK, "utara", 1, "Di dekat pintu masuk"),
    (FacilityKind.REGISTRY_MACHINE, "utara", 1, ""),
    (FacilityKind.TICKET_MACHINE, "utara", 2, ""),
    (FacilityKind.CALL_SCREEN, "", 3, "Satu di setiap sayap"),
    (FacilityKind.SURVEY_MACHINE, "utara", 1, ""),
    (FacilityKind.WIFI, "", 1, ""),
    (FacilityKind.CCTV, "", 12, ""),
    (FacilityKind.FIRST_AID, "utara", 1, ""),
    (FacilityKind.FIRE_EXTINGUISHER, "", 8, ""),
    (FacilityKind.ASSEMBLY_POINT, "", 1, "Halaman parkir timur"),
    (FacilityKind.LIFT, "selatan", 1, ""),
    (FacilityKind.DRINKING_WATER, "selatan", 1, ""),
)

# name, kind, zone, place
DEVICES = (
    ("kiosk-1", DeviceKind.KIOSK, "utara", "Di pintu masuk, sebelah kanan"),
    ("kiosk-2", DeviceKind.KIOSK, "utara", "Di pintu masuk, sebelah kiri"),
    ("kiosk-3", DeviceKind.KIOSK, "barat", "Di depan lift barat"),
    ("board-1", DeviceKind.BOARD, "utara", "Di atas loket 5"),
    ("board-2", DeviceKind.BOARD, "selatan", "Di atas loket 13"),
    ("board-3", DeviceKind.BOARD, "barat", "Di samping loket 18"),
    ("printer-1", DeviceKind.PRINTER, "utara", "Di meja informasi"),
    ("printer-2", DeviceKind.PRINTER, "selatan", "Di loket 11"),
)

Stretch = tuple[time, time]
_SATURDAY = ((time(8), time(12)),)


def _week(opens: time, closes: time, *, saturday: bool) -> dict[int, tuple[Stretch, ...]]:
    """Monday to Friday with the Friday prayer's longer break (reference 9.1), and perhaps Saturday until noon."""
    days = {day: ((opens, time(12)), (time(13), closes)) for day in range(4)}
    days[4] = ((opens, time(11, 30)), (time(13), closes))
    return {**days, **({5: _SATURDAY} if saturday else {})}


def _fasting(opens: time) -> dict[int, tuple[Stretch, ...]]:
    """The week of the fasting month: a short break, and one hour for the Friday prayer."""
    days = {day: ((opens, time(12)), (time(12, 30), time(15))) for day in range(4)}
    return {**days, 4: ((opens, time(11, 30)), (time(12, 30), time(15)))}


# name: (the usual week, the week of the fasting month, kinds of calendar days on which it is closed)
_ALL = tuple(DayKind.values)
SCHEDULES = {
    "Jam layanan": (_week(time(8), time(15), saturday=True), _fasting(time(8)), _ALL),
    "Jam Dukcapil": (
        _week(time(7, 30), time(16), saturday=True),
        _fasting(time(8)),
        tuple(kind for kind in _ALL if kind != DayKind.JOINT_LEAVE),
    ),
    "Jam instansi pusat": (_week(time(8), time(15), saturday=False), _fasting(time(8)), _ALL),
}

# The fasting month of 1448 H as calendars expect it; the government decides on the eve.
SEASON = ("Ramadan 1448 H (perkiraan)", date(2027, 2, 8), date(2027, 3, 9))
