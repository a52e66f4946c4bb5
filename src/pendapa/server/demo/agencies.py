"""The demo's 22 agencies with their lines and counters, of the kinds that real malls have (reference 12.5).

An example, not official data. Prefixes and the counters 1 to 11 are what tests and journeys name.
"""

from dataclasses import dataclass

from pendapa.directory.malls.models import CounterKind, Level


@dataclass(frozen=True)
class Line:
    """A queue of the demo: prefix, name, its counters' numbers, numbers a day. `services` says what it takes."""

    prefix: str
    name: str
    counters: tuple[int, ...] = ()
    limit: int | None = None


@dataclass(frozen=True)
class Stand:
    """An agency of the demo with its queues; `region` and `hours` as `places` names them."""

    short_name: str
    name: str
    level: Level
    zone: str
    lines: tuple[Line, ...]
    region: str = "35.20"
    hours: str = "Jam layanan"


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
                (1, 2, 27),
            ),
            Line(
                "B",
                "Akta pencatatan sipil",
                (3, 29),
            ),
        ),
        hours="Jam Dukcapil",
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
                (4, 5, 28),
            ),
        ),
    ),
    Stand(
        "Bapenda",
        "Badan Pendapatan Daerah Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (Line("D", "Pajak daerah", (6,)),),
    ),
    Stand(
        "Polres",
        "Kepolisian Resor Magetan",
        Level.CENTRE,
        "utara",
        (
            Line("E", "SKCK", (7,)),
            Line("F", "Perpanjangan SIM", (8,), limit=40),
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
                (9,),
                limit=30,
            ),
        ),
        region="35.02",
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
                (10,),
            ),
        ),
    ),
    Stand(
        "Bank Jatim",
        "Bank Jatim Capem MPP Magetan",
        Level.PRIVATE,
        "selatan",
        (Line("J", "Loket pembayaran", (11,)),),
    ),
    Stand(
        "ATR/BPN",
        "Kantor Pertanahan Kabupaten Magetan",
        Level.CENTRE,
        "barat",
        (
            Line(
                "K",
                "Pertanahan",
                (12,),
            ),
        ),
        hours="Jam instansi pusat",
    ),
    Stand(
        "Disnaker",
        "Dinas Tenaga Kerja Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (Line("L", "Ketenagakerjaan", (13,)),),
    ),
    Stand(
        "BPJS Ketenagakerjaan",
        "BPJS Ketenagakerjaan Kantor Cabang Perintis Magetan",
        Level.STATE_FIRM,
        "selatan",
        (
            Line(
                "M",
                "Jaminan pekerja",
                (14,),
            ),
        ),
    ),
    Stand(
        "KPP Pratama",
        "Kantor Pelayanan Pajak Pratama Ngawi",
        Level.CENTRE,
        "barat",
        (Line("N", "Pajak pusat", (15,)),),
        region="35.21",
        hours="Jam instansi pusat",
    ),
    Stand(
        "Samsat",
        "UPT Pengelolaan Pendapatan Daerah Provinsi Jawa Timur di Magetan",
        Level.PROVINCE,
        "barat",
        (Line("P", "Pajak kendaraan", (16, 17)),),
        region="35",
    ),
    Stand(
        "Kemenag",
        "Kantor Kementerian Agama Kabupaten Magetan",
        Level.CENTRE,
        "barat",
        (
            Line(
                "Q",
                "Layanan keagamaan",
                (18,),
            ),
        ),
        hours="Jam instansi pusat",
    ),
    Stand(
        "PDAM Lawu Tirta",
        "Perumda Air Minum Lawu Tirta Kabupaten Magetan",
        Level.STATE_FIRM,
        "selatan",
        (Line("R", "Air minum", (19,)),),
    ),
    Stand(
        "PLN",
        "PT PLN (Persero) ULP Magetan",
        Level.STATE_FIRM,
        "selatan",
        (Line("S", "Listrik", (20,)),),
    ),
    Stand(
        "Dinkes",
        "Dinas Kesehatan Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (Line("T", "Kesehatan", (21,)),),
    ),
    Stand(
        "DPUPR",
        "Dinas Pekerjaan Umum dan Penataan Ruang Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (Line("U", "Tata ruang", (22,)),),
    ),
    Stand(
        "DLHP",
        "Dinas Lingkungan Hidup dan Pangan Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (Line("V", "Lingkungan", (23,)),),
    ),
    Stand(
        "Dishub",
        "Dinas Perhubungan Kabupaten Magetan",
        Level.REGENCY,
        "barat",
        (Line("W", "Perhubungan", (24,)),),
    ),
    Stand(
        "Kejaksaan",
        "Kejaksaan Negeri Magetan",
        Level.CENTRE,
        "barat",
        (Line("X", "Tilang", (25,)),),
        hours="Jam instansi pusat",
    ),
    Stand(
        "Pos Indonesia",
        "PT Pos Indonesia (Persero) Kantor Cabang Magetan",
        Level.STATE_FIRM,
        "selatan",
        (Line("Y", "Kiriman", (26,)),),
    ),
    Stand(
        "Dukcapil Ngawi",
        "Dinas Kependudukan dan Pencatatan Sipil Kabupaten Ngawi",
        Level.OTHER_REGENCY,
        "utara",
        (Line("AA", "Warga Ngawi", (30,)),),
        region="35.21",
    ),
)

KINDS = {
    11: CounterKind.PAYMENT,
    27: CounterKind.PICK_UP,
    28: CounterKind.FAST_TRACK,
    29: CounterKind.PRIORITY,
}
WHEELCHAIR_READY = frozenset({1, 4, 7, 9, 10, 16, 27, 29})

# Counter 30 is Ngawi's, but for two days: Tuesday tax, Wednesday immigration (weekday 0 is Monday).
SHARED_COUNTER = 30
SHARES = ((1, "KPP Pratama"), (2, "Imigrasi"))
