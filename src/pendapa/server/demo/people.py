"""The demo's staff: sixty invented people."""

from dataclasses import dataclass

from pendapa.directory.accounts.models import RoleKind


@dataclass(frozen=True)
class Person:
    """Somebody on the staff of the demo; `agency` is a short name, and `is_everywhere` a role for the installation."""

    username: str
    full_name: str
    role: RoleKind
    agency: str = ""
    position: str = ""
    is_everywhere: bool = False


def _officers(agency: str, *names: str) -> tuple[Person, ...]:
    """Officers with a user name made of their own, such as rini.astuti."""
    return tuple(
        Person(".".join(name.lower().split()[:2]), name, RoleKind.OFFICER, agency, "Petugas loket") for name in names
    )


def _manager(agency: str, name: str) -> Person:
    return Person(".".join(name.lower().split()[:2]), name, RoleKind.MANAGER, agency, "Koordinator gerai")


# The first ten are what tests, guides and the page of examples name.
PEOPLE = (
    Person("operator", "Endah Prameswari", RoleKind.OPERATOR, position="Kepala Seksi Pelayanan"),
    Person("officer", "Sari Wulandari", RoleKind.OFFICER, "Dukcapil", "Petugas loket"),
    Person("officer-2", "Bagas Nugroho", RoleKind.OFFICER, "Dukcapil", "Petugas loket"),
    Person("officer-3", "Ratna Kusumadewi", RoleKind.OFFICER, "Imigrasi", "Petugas loket"),
    Person("officer-4", "Yudha Prakoso", RoleKind.OFFICER, "Polres", "Petugas loket"),
    Person("officer-5", "Laras Puspitasari", RoleKind.OFFICER, "DPMPTSP", "Petugas loket"),
    Person("host", "Dimas Anggoro", RoleKind.HOST, position="Petugas informasi"),
    Person("manager", "Wening Lestari", RoleKind.MANAGER, "Dukcapil", "Koordinator gerai"),
    Person("admin", "Arif Setiawan", RoleKind.ADMINISTRATOR, position="Pranata komputer", is_everywhere=True),
    Person("admin-2", "Nurhayati Rahman", RoleKind.ADMINISTRATOR, position="Pranata komputer", is_everywhere=True),
    Person("operator-2", "Hendra Wijanarko", RoleKind.OPERATOR, position="Analis pelayanan"),
    Person("auditor", "Maria Kristiani", RoleKind.AUDITOR, position="Auditor Inspektorat"),
    Person("treasurer", "Siti Khotimah", RoleKind.TREASURER, position="Bendahara penerimaan"),
    Person("complaints", "Agus Trihartono", RoleKind.COMPLAINT_OFFICER, "DPMPTSP", "Petugas pengaduan"),
    Person("signer", "Sulistyo Hadi", RoleKind.SIGNING_OFFICIAL, "DPMPTSP", "Kepala Dinas"),
    Person("host-2", "Intan Maharani", RoleKind.HOST, position="Petugas informasi"),
    Person("host-3", "Galih Ramadhan", RoleKind.HOST, position="Petugas informasi"),
    _manager("DPMPTSP", "Rudi Hermawan"),
    _manager("Polres", "Joko Susilo"),
    _manager("Imigrasi", "Dewi Anggraini"),
    _manager("Bapenda", "Bambang Sutejo"),
    _manager("BPJS Kesehatan", "Fitri Handayani"),
    _manager("Samsat", "Eko Purnomo"),
    *_officers("Dukcapil", "Rini Astuti", "Budi Santosa", "Nur Fadilah"),
    *_officers("DPMPTSP", "Anisa Rahmawati", "Teguh Widodo"),
    *_officers("Bapenda", "Sri Mulyati", "Wahyu Hidayat"),
    *_officers("Polres", "Ketut Aryana", "Lilis Suryani"),
    *_officers("Imigrasi", "Andi Pratama"),
    *_officers("BPJS Kesehatan", "Yuliana Sari", "Rizky Maulana"),
    *_officers("Bank Jatim", "Clara Hutagalung", "Doni Saputra"),
    *_officers("ATR/BPN", "Titik Rahayu", "Slamet Riyadi"),
    *_officers("Disnaker", "Mega Puspita"),
    *_officers("BPJS Ketenagakerjaan", "Hanif Abdillah"),
    *_officers("KPP Pratama", "Stefani Wijaya", "Irfan Hakim"),
    *_officers("Samsat", "Puji Lestari", "Made Wirawan"),
    *_officers("Kemenag", "Zainal Arifin", "Umi Kulsum"),
    *_officers("PDAM Lawu Tirta", "Heri Cahyono"),
    *_officers("PLN", "Novi Kurniawati"),
    *_officers("Dinkes", "Ayu Larasati"),
    *_officers("DPUPR", "Fajar Nurrohman"),
    *_officers("DLHP", "Kartika Dewanti"),
    *_officers("Dishub", "Sugeng Prayitno"),
    *_officers("Kejaksaan", "Yohanes Krisna"),
    *_officers("Pos Indonesia", "Wulan Safitri"),
    *_officers("Dukcapil Ngawi", "Arini Mutmainah"),
    *_officers("Dukcapil", "Lukman Nurhakim", "Melati Kusuma"),
    *_officers("DPMPTSP", "Vina Oktaviani"),
    _manager("KPP Pratama", "Tri Wibowo"),
    _manager("BPJS Ketenagakerjaan", "Ningsih Utami"),
)
