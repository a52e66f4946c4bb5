"""The services of a mall, as they are listed and searched."""

import pytest

from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.catalogue.queries import services_of
from pendapa.directory.malls.models import Agency, Level, Mall

pytestmark = pytest.mark.django_db


@pytest.fixture
def mall() -> Mall:
    mall = Mall.objects.create(code="contoh", name="MPP Contoh")
    other = Mall.objects.create(code="lain", name="MPP Lain")
    police = Agency.objects.create(name="Kepolisian Resor", short_name="Polres", level=Level.CENTRE)
    bank = Agency.objects.create(name="Bank Contoh", short_name="bank contoh", level=Level.PRIVATE)
    for where, agency, slug, name in (
        (mall, police, "skck", "SKCK baru"),
        (mall, police, "sim", "perpanjangan SIM"),
        (mall, bank, "setoran", "Setoran 100% tunai"),
        (other, police, "skck", "SKCK baru"),
    ):
        PublicService.objects.create(mall=where, agency=agency, slug=slug, name=name)
    return mall


def slugs(mall: Mall, search: str) -> list[str]:
    return [service.slug for service in services_of(mall, search=search)]


def test_services_stand_by_agency_and_name_without_regard_to_capitals(mall: Mall) -> None:
    assert slugs(mall, "") == ["setoran", "sim", "skck"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("skck", ["skck"]),
        ("POLRES sim", ["sim"]),
        ("kepolisian", ["sim", "skck"]),
        ("%", ["setoran"]),
        ("_", []),
        ("tidak ada", []),
    ],
)
def test_every_word_must_be_found_in_service_or_agency(mall: Mall, search: str, found: list[str]) -> None:
    assert slugs(mall, search) == found
