"""The demo's mall: seven agencies of a Magetan that is an example, not official data.

Agencies and services are of the kinds that real malls publish (regulations reference 12.5); people are invented.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from pendapa.directory.accounts import actions as accounts
from pendapa.directory.accounts.models import Device, DeviceKind, RoleKind, User
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Agency, Counter, Level, Mall, OpeningPeriod, Schedule, Tenancy, Zone
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing import actions as queueing
from pendapa.operations.queueing.models import CounterStatus, Queue, QueueService, WorkProfile, WorkProfileQueue

CODE = "magetan"


@dataclass(frozen=True)
class Line:
    """A queue of the demo: prefix, name, services as (slug, name), and its counters' numbers."""

    prefix: str
    name: str
    services: tuple[tuple[str, str], ...]
    counters: tuple[int, ...]
    limit: int | None = None


@dataclass(frozen=True)
class Stand:
    """An agency of the demo with its queues."""

    short_name: str
    name: str
    level: Level
    zone: str
    lines: tuple[Line, ...]


ZONES = {"utara": "Sayap Utara", "selatan": "Sayap Selatan"}

STANDS = (
    Stand(
        "Dukcapil",
        "Dinas Kependudukan dan Pencatatan Sipil Kabupaten Magetan",
        Level.REGENCY,
        "utara",
        (
            Line(
                "A",
                "Kartu dan keluarga",
                (
                    ("ktp-el-baru", "KTP-el baru untuk usia 17 tahun"),
                    ("ktp-el-hilang", "KTP-el hilang atau rusak"),
                    ("kartu-keluarga", "Perubahan data kartu keluarga"),
                    ("kartu-identitas-anak", "Kartu identitas anak (KIA)"),
                ),
                (1, 2),
            ),
            Line(
                "B",
                "Akta pencatatan sipil",
                (
                    ("akta-kelahiran", "Akta kelahiran"),
                    ("akta-kematian", "Akta kematian"),
                    ("surat-pindah", "Surat keterangan pindah"),
                ),
                (3,),
            ),
        ),
    ),
    Stand(
        "DPMPTSP",
        "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (
            Line(
                "C",
                "Perizinan",
                (
                    ("pendampingan-nib", "Pendampingan nomor induk berusaha (NIB)"),
                    ("izin-praktik-bidan", "Izin praktik bidan"),
                    ("persetujuan-bangunan", "Konsultasi persetujuan bangunan gedung (PBG)"),
                ),
                (4, 5),
            ),
        ),
    ),
    Stand(
        "Bapenda",
        "Badan Pendapatan Daerah Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (
            Line(
                "D",
                "Pajak daerah",
                (("pbb-p2", "Salinan SPPT PBB-P2"), ("bphtb", "Validasi BPHTB")),
                (6,),
            ),
        ),
    ),
    Stand(
        "Polres",
        "Kepolisian Resor Magetan",
        Level.CENTRE,
        "utara",
        (
            Line("E", "SKCK", (("skck-baru", "SKCK baru"), ("skck-perpanjangan", "Perpanjangan SKCK")), (7,)),
            Line("F", "Perpanjangan SIM", (("perpanjangan-sim", "Perpanjangan SIM A dan C"),), (8,), limit=40),
        ),
    ),
    Stand(
        "Imigrasi",
        "Kantor Imigrasi Kelas II Non-TPI Ponorogo",
        Level.CENTRE,
        "utara",
        (
            Line(
                "G",
                "Paspor",
                (("paspor-baru", "Permohonan paspor baru"), ("paspor-penggantian", "Penggantian paspor")),
                (9,),
                limit=30,
            ),
        ),
    ),
    Stand(
        "BPJS Kesehatan",
        "BPJS Kesehatan Kantor Kabupaten Magetan",
        Level.STATE_FIRM,
        "selatan",
        (
            Line(
                "H",
                "Kepesertaan JKN",
                (("jkn-baru", "Pendaftaran peserta JKN"), ("jkn-ubah-data", "Perubahan data peserta JKN")),
                (10,),
            ),
        ),
    ),
    Stand(
        "Bank Jatim",
        "Bank Jatim Capem MPP Magetan",
        Level.PRIVATE,
        "selatan",
        (Line("J", "Loket pembayaran", (("pembayaran-retribusi", "Pembayaran pajak dan retribusi"),), (11,)),),
    ),
)

# username: (name, role, short name of the agency)
PEOPLE = {
    "operator": ("Endah Prameswari", RoleKind.OPERATOR, None),
    "officer": ("Sari Wulandari", RoleKind.OFFICER, "Dukcapil"),
    "officer-2": ("Bagas Nugroho", RoleKind.OFFICER, "Dukcapil"),
    "officer-3": ("Ratna Kusumadewi", RoleKind.OFFICER, "Imigrasi"),
    "officer-4": ("Yudha Prakoso", RoleKind.OFFICER, "Polres"),
    "officer-5": ("Laras Puspitasari", RoleKind.OFFICER, "DPMPTSP"),
    "host": ("Dimas Anggoro", RoleKind.HOST, None),
    "manager": ("Wening Lestari", RoleKind.MANAGER, "Dukcapil"),
    "admin": ("Arif Setiawan", RoleKind.ADMINISTRATOR, None),
}
DEVICES = {"kiosk-1": DeviceKind.KIOSK, "board-1": DeviceKind.BOARD}


@transaction.atomic
def load(*, at: datetime) -> Mall:
    """Make the demo's mall with its people and devices, unless it is there; open today's queues."""
    mall = Mall.objects.filter(code=CODE).first() or _build(at)
    queueing.open_days(mall=mall, on=service_date(mall, at), at=at)
    return mall


def _build(at: datetime) -> Mall:
    mall = Mall.objects.create(
        code=CODE, name="MPP Magetan", address="Pasar Baru lantai 3, Magetan, Jawa Timur", time_zone="Asia/Jakarta"
    )
    zones = {code: Zone.objects.create(mall=mall, code=code, name=name) for code, name in ZONES.items()}
    schedule = _office_hours(mall)
    agencies: dict[str, Agency] = {}
    for stand in STANDS:
        agencies[stand.short_name] = agency = Agency.objects.create(
            name=stand.name, short_name=stand.short_name, level=stand.level
        )
        Tenancy.objects.create(mall=mall, agency=agency)
        for line in stand.lines:
            _line(mall, agency, zones[stand.zone], schedule, line)
        _work_profiles(mall, agency, zones[stand.zone], stand)
    for username, (full_name, role, short_name) in PEOPLE.items():
        user = User.objects.filter(username=username).first() or accounts.create_user(
            username=username, full_name=full_name, password=settings.DEMO_PASSWORD, by=None, at=at
        )
        where = None if role == RoleKind.ADMINISTRATOR else mall
        agency_of_role = agencies[short_name] if short_name else None
        accounts.give_role(user=user, kind=role, mall=where, agency=agency_of_role, by=None, at=at)
    for name, kind in DEVICES.items():
        if not Device.objects.filter(name=name).exists():
            accounts.create_device(mall=mall, name=name, kind=kind, by=None, at=at)
    return mall


def _office_hours(mall: Mall) -> Schedule:
    """Monday to Friday with the Friday prayer's longer break, and Saturday until noon (reference 9.1, 9.2)."""
    schedule = Schedule.objects.create(mall=mall, name="Jam layanan", numbers_before=30, last_number_before=30)
    for weekday in range(5):
        noon = (time(11, 30), time(13)) if weekday == 4 else (time(12), time(13))
        for opens, closes in ((time(8), noon[0]), (noon[1], time(15))):
            OpeningPeriod.objects.create(schedule=schedule, weekday=weekday, opens=opens, closes=closes)
    OpeningPeriod.objects.create(schedule=schedule, weekday=5, opens=time(8), closes=time(12))
    return schedule


def _line(mall: Mall, agency: Agency, zone: Zone, schedule: Schedule, line: Line) -> Queue:
    queue = Queue.objects.create(
        mall=mall,
        agency=agency,
        zone=zone,
        schedule=schedule,
        name=line.name,
        prefix=line.prefix,
        daily_limit=line.limit,
        grace=timedelta(minutes=15),
    )
    for slug, name in line.services:
        service = PublicService.objects.create(mall=mall, agency=agency, slug=slug, name=name)
        QueueService.objects.create(queue=queue, service=service)
    return queue


def _work_profiles(mall: Mall, agency: Agency, zone: Zone, stand: Stand) -> None:
    """Each counter serves its own line first and helps the agency's other lines after ten minutes."""
    queues = {queue.prefix: queue for queue in Queue.objects.filter(mall=mall, agency=agency)}
    for line in stand.lines:
        profile = WorkProfile.objects.create(mall=mall, name=f"{stand.short_name}: {line.name}")
        for prefix, queue in queues.items():
            WorkProfileQueue.objects.create(
                profile=profile, queue=queue, preference=10 if prefix == line.prefix and len(queues) > 1 else 0
            )
        for number in line.counters:
            counter = Counter.objects.create(mall=mall, number=number, zone=zone, agency=agency)
            CounterStatus.objects.create(counter=counter, profile=profile)
