"""The leaflets of the demo's services: each can be made, archived, and printed on one sheet."""

import re
from datetime import UTC, datetime

import pytest
from django.utils.translation import override
from pytest_django.fixtures import Settings

from pendapa.directory.catalogue.queries import catalogue_of
from pendapa.directory.malls.queries import service_date
from pendapa.server.demo import mall as demo
from pendapa.server.demo.catalogue import offered
from pendapa.server.demo.opening import ZONE
from pendapa.web.portal import leaflets

MONDAY = datetime(2026, 11, 23, 9, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.django_db
def test_every_service_has_a_leaflet_on_one_sheet(settings: Settings) -> None:
    """In both languages, on both sides of the sheet at most, and on one side but for a few."""
    settings.DEMO = True
    mall = demo.load(at=MONDAY)
    pages: dict[tuple[str, str], int] = {}
    for shown in catalogue_of(mall, service_date(mall, MONDAY)):
        service = shown.service
        queue = service.queues.select_related("zone", "schedule__mall").first()
        for spoken in ("id", "en"):
            with override(spoken):
                address = f"https://mpp.example/{mall.code}/services/{service.slug}/"
                made = leaflets.leaflet(shown, mall, queue=queue, address=address, spoken=spoken)
            assert b"<pdfaid:part>2<" in made, service.slug
            assert b"<pdfuaid:part>1<" in made, service.slug
            pages[service.slug, spoken] = len(re.findall(rb"/Type\s*/Page\b", made))
    assert len(pages) == 2 * len(offered())
    assert {place: count for place, count in pages.items() if count > 2} == {}
    assert sum(count == 1 for count in pages.values()) >= 0.9 * len(pages)
