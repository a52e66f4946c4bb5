"""The demo's 22 agencies with their lines and counters, of the kinds that real malls have (reference 12.5).

An example, not official data. Prefixes, service names and the counters 1 to 11 are what tests and journeys name.
"""

from dataclasses import dataclass

from pendapa.directory.malls.models import CounterKind, Level


@dataclass(frozen=True)
class Line:
    """A queue of the demo: prefix, name, services as (slug, name), its counters' numbers, numbers a day."""

    prefix: str
    name: str
    services: tuple[tuple[str, str], ...]
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
                (
                    ("ktp-el-baru", "KTP-el baru untuk usia 17 tahun"),
                    ("ktp-el-hilang", "KTP-el hilang atau rusak"),
                    ("kartu-keluarga", "Perubahan data kartu keluarga"),
                    ("kartu-identitas-anak", "Kartu identitas anak (KIA)"),
                ),
                (1, 2, 27),
            ),
            Line(
                "B",
                "Akta pencatatan sipil",
                (
                    ("akta-kelahiran", "Akta kelahiran"),
                    ("akta-kematian", "Akta kematian"),
                    ("surat-pindah", "Surat keterangan pindah"),
                ),
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
                (
                    ("pendampingan-nib", "Pendampingan nomor induk berusaha (NIB)"),
                    ("izin-praktik-bidan", "Izin praktik bidan"),
                    ("persetujuan-bangunan", "Konsultasi persetujuan bangunan gedung (PBG)"),
                ),
                (4, 5, 28),
            ),
        ),
    ),
    Stand(
        "Bapenda",
        "Badan Pendapatan Daerah Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (Line("D", "Pajak daerah", (("pbb-p2", "Salinan SPPT PBB-P2"), ("bphtb", "Validasi BPHTB")), (6,)),),
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
    Stand(
        "ATR/BPN",
        "Kantor Pertanahan Kabupaten Magetan",
        Level.CENTRE,
        "barat",
        (
            Line(
                "K",
                "Pertanahan",
                (("cek-sertipikat", "Pengecekan sertipikat tanah"), ("roya", "Penghapusan hak tanggungan (roya)")),
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
        (Line("L", "Ketenagakerjaan", (("kartu-ak1", "Kartu pencari kerja (AK-1)"),), (13,)),),
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
                (("daftar-bpjs-tk", "Pendaftaran peserta bukan penerima upah"), ("klaim-jht", "Klaim JHT")),
                (14,),
            ),
        ),
    ),
    Stand(
        "KPP Pratama",
        "Kantor Pelayanan Pajak Pratama Ngawi",
        Level.CENTRE,
        "barat",
        (Line("N", "Pajak pusat", (("npwp", "Pendaftaran NPWP"), ("lapor-spt", "Pendampingan lapor SPT")), (15,)),),
        region="35.21",
        hours="Jam instansi pusat",
    ),
    Stand(
        "Samsat",
        "UPT Pengelolaan Pendapatan Daerah Provinsi Jawa Timur di Magetan",
        Level.PROVINCE,
        "barat",
        (Line("P", "Pajak kendaraan", (("samsat-tahunan", "Pengesahan STNK tahunan"),), (16, 17)),),
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
                (("daftar-haji", "Pendaftaran haji reguler"), ("rekom-nikah", "Rekomendasi nikah")),
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
        (Line("R", "Air minum", (("sambungan-air", "Sambungan baru air minum"),), (19,)),),
    ),
    Stand(
        "PLN",
        "PT PLN (Persero) ULP Magetan",
        Level.STATE_FIRM,
        "selatan",
        (Line("S", "Listrik", (("pasang-listrik", "Pasang baru dan tambah daya"),), (20,)),),
    ),
    Stand(
        "Dinkes",
        "Dinas Kesehatan Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (Line("T", "Kesehatan", (("spp-irt", "Sertifikat pangan rumah tangga (SPP-IRT)"),), (21,)),),
    ),
    Stand(
        "DPUPR",
        "Dinas Pekerjaan Umum dan Penataan Ruang Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (Line("U", "Tata ruang", (("info-tata-ruang", "Informasi tata ruang"),), (22,)),),
    ),
    Stand(
        "DLHP",
        "Dinas Lingkungan Hidup dan Pangan Kabupaten Magetan",
        Level.REGENCY,
        "selatan",
        (Line("V", "Lingkungan", (("rekom-lingkungan", "Rekomendasi lingkungan"),), (23,)),),
    ),
    Stand(
        "Dishub",
        "Dinas Perhubungan Kabupaten Magetan",
        Level.REGENCY,
        "barat",
        (Line("W", "Perhubungan", (("izin-trayek", "Kartu pengawasan angkutan"),), (24,)),),
    ),
    Stand(
        "Kejaksaan",
        "Kejaksaan Negeri Magetan",
        Level.CENTRE,
        "barat",
        (Line("X", "Tilang", (("barang-bukti-tilang", "Pengambilan barang bukti tilang"),), (25,)),),
        hours="Jam instansi pusat",
    ),
    Stand(
        "Pos Indonesia",
        "PT Pos Indonesia (Persero) Kantor Cabang Magetan",
        Level.STATE_FIRM,
        "selatan",
        (Line("Y", "Kiriman", (("kirim-dokumen", "Pengiriman dokumen ke rumah"),), (26,)),),
    ),
    Stand(
        "Dukcapil Ngawi",
        "Dinas Kependudukan dan Pencatatan Sipil Kabupaten Ngawi",
        Level.OTHER_REGENCY,
        "utara",
        (Line("AA", "Warga Ngawi", (("cetak-ktp-ngawi", "Cetak KTP-el warga Ngawi"),), (30,)),),
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
