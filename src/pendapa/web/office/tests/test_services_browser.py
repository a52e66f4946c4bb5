"""A service's way in the browser: written beside its preview, reviewed, published; and every page as axe sees it."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.browsing import Check

from pendapa.base import clock
from pendapa.directory.accounts.models import User
from pendapa.directory.catalogue import queries
from pendapa.directory.catalogue.models import AgencyPledge, MallSynonym, PublicService
from pendapa.directory.catalogue.tests.make import full_content
from pendapa.directory.malls.models import Agency, Mall
from pendapa.directory.malls.queries import service_date
from pendapa.web.office.tests.conftest import SignIn, fits
from pendapa.web.office.tests.services_stage import drafted, published, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NewWindow = Callable[..., BrowserContext]
Open = Callable[..., Page]


@pytest.fixture
def service(mall: Mall, agency: Agency) -> PublicService:
    return published(mall, agency)


@pytest.fixture
def window(live_server: LiveServer, new_window: NewWindow) -> Open:
    def opened(client: Client, width: int = 1440, language: str = "id-ID", **more: object) -> Page:
        context = new_window(width, 800, language, **more)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}])
        return context.new_page()

    return opened


@pytest.mark.parametrize(("width", "language"), [(320, "id-ID"), (1440, "en-US")])
def test_every_page_of_a_service_fits_and_is_accessible(
    *,
    mall: Mall,
    service: PublicService,
    manager: User,
    at_office: Client,
    window: Open,
    live_server: LiveServer,
    assert_accessible: Check,
    width: int,
    language: str,
) -> None:
    published(mall, service.agency, content=full_content(requirements=[{"text": {"id": "Buku nikah"}, "form": "copy"}]))
    draft = published(mall, service.agency, "kk", full_content("Kartu keluarga"))
    drafted(draft, manager, fee={"free": False, "lines": [{"label": {"id": "Buku"}, "amount": 5000}]})
    submitted(published(mall, service.agency, "kia", full_content("Kartu anak")), manager, staff_count=3)
    waiting = PublicService.objects.get(slug="kia")
    MallSynonym.objects.create(mall=mall, said="akte", means="akta")
    AgencyPledge.objects.create(
        mall=mall, agency=service.agency, text={"id": "Kami melayani."}, signed_by="Kepala", signed_on="2026-01-05"
    )
    page = window(at_office, width, language)
    for rest in (
        "", "services/", f"services/{service.pk}/", f"services/{draft.pk}/", f"services/{waiting.pk}/",
        f"services/{waiting.pk}/review/", f"services/{draft.pk}/review/", f"services/{service.pk}/versions/",
        f"services/{service.pk}/versions/1/", f"services/{service.pk}/compare/", f"services/{service.pk}/retire/",
        "services/new/", "services/import/", "services/changes/", "words/", "words/new/", "pledges/", "pledges/new/",
    ):  # fmt: skip
        page.goto(f"{live_server.url}/office/{mall.code}/{rest}")
        assert_accessible(page)
        assert fits(page), rest


def test_a_requirement_is_changed_beside_its_preview_and_a_second_person_publishes_it(
    *,
    mall: Mall,
    service: PublicService,
    manager: User,
    operator: User,
    sign_in: SignIn,
    window: Open,
    new_window: NewWindow,
    live_server: LiveServer,
    assert_accessible: Check,
) -> None:
    old = f"{live_server.url}/{mall.code}/services/{service.slug}/versions/1/"
    visitor = new_window(360, 740, "id-ID").new_page()
    visitor.goto(old)
    expect(visitor.get_by_text("KTP-el").first).to_be_visible()

    page = window(sign_in(manager))
    page.goto(f"{live_server.url}/office/{mall.code}/services/{service.pk}/")
    preview = page.locator("#preview")
    first = page.get_by_role("region", name=re.compile("Persyaratan"))
    first.get_by_label("ID, Yang perlu dibawa").fill("Paspor orang tua")
    expect(preview.get_by_text("Paspor orang tua")).to_be_visible()
    first.get_by_role("button", name="Tambah persyaratan").press("Enter")
    second = first.get_by_label("ID, Yang perlu dibawa").nth(1)
    expect(second).to_be_focused()
    second.fill("Surat nikah")
    expect(preview.get_by_text("Surat nikah")).to_be_visible()
    first.get_by_role("button", name=re.compile("Naikkan: 2")).press("Enter")
    expect(first.get_by_label("ID, Yang perlu dibawa").first).to_have_value("Surat nikah")
    assert_accessible(page)
    page.get_by_role("button", name="Ajukan untuk diperiksa").click()
    expect(page.locator("#toasts")).to_contain_text("sudah diajukan")
    assert queries.version_on(service, service_date(mall, clock.now())) is not None

    reviewer = window(sign_in(operator))
    reviewer.goto(f"{live_server.url}/office/{mall.code}/")
    reviewer.get_by_role("link", name=f"Periksa: {service.name}").click()
    expect(reviewer.get_by_text("Surat nikah").first).to_be_visible()
    assert_accessible(reviewer)
    reviewer.get_by_role("button", name="Terbitkan").click()
    expect(reviewer.locator("#toasts")).to_contain_text("Versi 2")

    visitor.goto(old)
    expect(visitor.get_by_text("KTP-el").first).to_be_visible()
    expect(visitor.get_by_text("Surat nikah")).to_have_count(0)
    visitor.goto(f"{live_server.url}/{mall.code}/services/{service.slug}/")
    expect(visitor.get_by_text("Surat nikah").first).to_be_visible()
    expect(visitor.get_by_text("Paspor orang tua").first).to_be_visible()


def test_a_draft_is_written_without_javascript(
    *, mall: Mall, service: PublicService, manager: User, sign_in: SignIn, window: Open, live_server: LiveServer
) -> None:
    page = window(sign_in(manager), 360, java_script_enabled=False)
    page.goto(f"{live_server.url}/office/{mall.code}/services/{service.pk}/")
    page.get_by_role("button", name="Tambah langkah").click()
    page.get_by_label("ID, Langkah").nth(2).fill("Pulang")
    page.get_by_role("button", name=re.compile("Naikkan: 3")).last.click()
    page.get_by_role("button", name="Pratinjau").click()
    expect(page.locator("#preview").get_by_text("Pulang")).to_be_visible()
    page.get_by_role("button", name="Simpan rancangan").click()
    draft = queries.open_draft(service)
    assert draft is not None
    assert [one["id"] for one in draft.content["steps"]] == ["Ambil nomor antrean", "Pulang", "Serahkan berkas"]
