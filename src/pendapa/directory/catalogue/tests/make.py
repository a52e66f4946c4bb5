"""Valid objects of the catalogue for tests."""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from pendapa.directory.catalogue import actions
from pendapa.directory.catalogue.models import PublicService, ServiceVersion
from pendapa.directory.malls.models import Agency, Level, Mall, Tenancy

NOW = datetime.fromisoformat("2026-11-24T02:00:00+00:00")  # nine o'clock in a mall in WIB
TODAY = date(2026, 11, 24)
WRITER, REVIEWER = "user:1", "user:2"
_serial = count(1)


def later(days: int) -> datetime:
    return NOW + timedelta(days=days)


def public_content(name: str = "Akta kelahiran", **parts: Any) -> dict[str, Any]:
    """The six public components and no more."""
    return {
        "name": {"id": name, "en": "Birth certificate"},
        "issuer": "here",
        "duration": "medium",
        "popularity": 0,
        "requirements": [{"text": {"id": "KTP-el"}, "form": "show", "count": 2, "whose": {"id": "ayah dan ibu"}}],
        "steps": [{"id": "Ambil nomor antrean"}, {"id": "Serahkan berkas"}],
        "time": {"value": 1, "unit": "working_day"},
        "fee": {"free": True, "basis": {"id": "UU 24/2013 pasal 79A"}},
        "products": [{"id": "Kutipan akta kelahiran"}],
        "complaints": {"id": "Petugas gerai"},
        **parts,
    }


def full_content(name: str = "Akta kelahiran", **parts: Any) -> dict[str, Any]:
    """All fourteen components, with their decree."""
    return public_content(
        name,
        **{
            "legal_basis": ["UU 24/2013", "Perpres 96/2018"],
            "facilities": {"id": "Meja layanan"},
            "competence": {"id": "Paham administrasi kependudukan"},
            "oversight": {"id": "Diawasi atasan langsung"},
            "staff_count": 2,
            "guarantee": {"id": "Sesuai standar ini"},
            "safety": {"id": "Berkas disimpan terkunci"},
            "evaluation": {"id": "Setiap bulan"},
            "decree": {"number": "188/14/KEPT/403.111/2026", "date": "2026-01-05"},
            **parts,
        },
    )


def make_mall(**fields: Any) -> Mall:
    number = next(_serial)
    return Mall.objects.create(**{"code": f"mal-{number}", "name": f"MPP Contoh {number}", **fields})


def make_agency(mall: Mall, name: str = "Dukcapil") -> Agency:
    agency = Agency.objects.create(name=f"Dinas {name}", short_name=name, level=Level.REGENCY)
    Tenancy.objects.create(mall=mall, agency=agency)
    return agency


def make_service(mall: Mall | None = None, *, name: str = "Akta kelahiran", **fields: Any) -> PublicService:
    """A service that nobody has written anything about yet."""
    mall = mall or make_mall()
    agency = fields.pop("agency", None) or make_agency(mall)
    slug = f"layanan-{next(_serial)}"
    return PublicService.objects.create(**{"mall": mall, "agency": agency, "name": name, "slug": slug, **fields})


def make_draft(service: PublicService, content: dict[str, Any] | None = None) -> ServiceVersion:
    draft = actions.draft_version(service=service, by=WRITER, at=NOW)
    actions.save_draft(draft=draft, content=content or public_content(), version=None, by=WRITER, at=NOW)
    return draft


def make_submitted(service: PublicService, content: dict[str, Any] | None = None) -> ServiceVersion:
    return actions.submit(draft=make_draft(service, content), version=None, by=WRITER, at=NOW)


def make_published(
    service: PublicService,
    content: dict[str, Any] | None = None,
    *,
    valid_from: date | None = None,
    at: datetime = NOW,
) -> ServiceVersion:
    draft = make_submitted(service, content)
    return actions.publish(draft=draft, valid_from=valid_from, version=None, by=REVIEWER, at=at)
