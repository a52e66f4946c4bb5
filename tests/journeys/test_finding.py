"""Finding a service: typed as people type, read, ticked at home, printed, and its number taken."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import Check

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., BrowserContext]

# What people type, and the service that they mean.
TYPED = [
    ("akta lahir telat", "akta-kelahiran-terlambat"),
    ("SIM mati", "sim-mati"),
    ("izin buka klinik", "izin-klinik"),
    ("ktp ilang", "ktp-el-hilang"),
    ("bikin skck", "skck-baru"),
    ("perpanjang sim", "perpanjangan-sim"),
    ("paspor anak", "paspor-anak"),
    ("nambah daya listrik", "pasang-listrik"),
    ("daftar haji", "daftar-haji"),
    ("cairkan jht", "klaim-jht"),
    ("sertifikat tanah ilang", "sertipikat-hilang"),
    ("kartu kuning", "kartu-ak1"),
    ("pindah faskes bpjs", "jkn-pindah-faskes"),
]


def type_slowly(page: Page, demo: str, words: str) -> None:
    """Type into the search of the front page, as a person does; the results come by themselves."""
    page.goto(f"{demo}/magetan/")
    page.get_by_role("searchbox").press_sequentially(words, delay=20)
    expect(page.locator("#results .po-found")).to_be_visible()


@pytest.mark.parametrize(("words", "slug"), TYPED, ids=[slug for _words, slug in TYPED])
def test_a_service_is_found_by_typing_as_people_do(
    demo: str, new_window: Window, assert_accessible: Check, words: str, slug: str
) -> None:
    phone = new_window().new_page()
    type_slowly(phone, demo, words)
    found = phone.locator(f"#results a[href$='/services/{slug}/']")
    expect(found).to_be_visible()
    assert phone.locator("#results a.pd-line__name").first.get_attribute("href") == f"/magetan/services/{slug}/"
    assert_accessible(phone)
    found.click()
    expect(phone.get_by_role("heading", name="Yang perlu dibawa")).to_be_visible()
    expect(phone.locator(".po-busy")).to_contain_text("menunggu")
    assert_accessible(phone)

    boxes = phone.get_by_role("checkbox")
    boxes.first.check()
    expect(phone.locator(".pd-ticks__done")).to_contain_text("1 dari")
    phone.reload()
    expect(boxes.first).to_be_checked()
    phone.emulate_media(media="print")
    assert len(phone.screenshot(full_page=True)) > 10_000
    expect(phone.locator(".po-printed")).to_be_visible()
    expect(phone.get_by_role("link", name="Ambil nomor antrean")).to_be_hidden()
    phone.emulate_media(media="screen")

    phone.get_by_role("link", name="Ambil nomor antrean").click()
    phone.get_by_role("button", name="Ambil nomor antrean").click()
    phone.wait_for_url("**/t/**")
    expect(phone.locator(".pd-label")).to_be_visible()


@pytest.mark.parametrize("width", [320, 360, 1440])
@pytest.mark.parametrize("language", ["id-ID", "en-GB"])
def test_every_page_can_be_used_by_everybody(
    demo: str, new_window: Window, assert_accessible: Check, width: int, language: str
) -> None:
    page = new_window(width, 740, language).new_page()
    for path in (
        "",
        "?q=akta",
        "?q=xyzzy",
        "services/paspor-baru/",
        "services/paspor-baru/versions/1/",
        "services/paspor-baru/number/",
        "events/birth/",
        "guide/",
        "guide/paspor/",
        "guide/usaha-klinik/",
    ):
        page.goto(f"{demo}/magetan/{path}")
        page.wait_for_load_state("networkidle")
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto(f"{demo}/magetan/")
    page.get_by_role("link", name="Dukcapil", exact=True).click()
    assert_accessible(page)
    page.get_by_role("link", name="Dukcapil").last.click()  # its promise
    expect(page.locator(".po-pledge")).to_be_visible()
    assert_accessible(page)


def test_ticks_belong_to_this_browser_and_this_version(demo: str, new_window: Window) -> None:
    mine, other = new_window().new_page(), new_window().new_page()
    for page in (mine, other):
        page.goto(f"{demo}/magetan/services/akta-kelahiran/")
    mine.get_by_role("checkbox").nth(1).check()
    mine.get_by_role("button", name="English").click()
    expect(mine.get_by_role("checkbox").nth(1)).to_be_checked()  # in whatever language
    other.reload()
    expect(other.get_by_role("checkbox").nth(1)).not_to_be_checked()
    mine.goto(f"{demo}/magetan/")
    expect(mine.locator("#recent")).to_contain_text("Birth certificate")
    expect(other.locator("#recent")).to_have_count(0)


def test_nobody_needs_scripts_to_find_and_read(demo: str, new_window: Window) -> None:
    phone = new_window(java_script_enabled=False).new_page()
    phone.goto(f"{demo}/magetan/")
    phone.get_by_role("searchbox").fill("SIM mati")
    phone.get_by_role("button", name="Cari").click()
    phone.get_by_role("link", name="SIM yang sudah lewat masa berlaku").click()
    expect(phone.get_by_role("heading", name="Yang perlu dibawa")).to_be_visible()
    expect(phone.get_by_role("link", name="Seramai apa sekarang?")).to_be_visible()
    phone.goto(f"{demo}/magetan/guide/")
    phone.get_by_role("link", name="Membuka usaha").click()
    phone.get_by_role("link", name="Untuk perusahaan").click()
    phone.get_by_role("link", name="Klinik atau apotek").click()
    expect(phone.get_by_role("link", name="Izin klinik")).to_be_visible()


def test_the_page_of_a_service_is_light_and_asks_nobody_else(demo: str, new_window: Window) -> None:
    window = new_window()
    page = window.new_page()
    wire = window.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: dict[str, float] = {}
    hosts: set[str] = set()
    wire.on("Network.responseReceived", lambda event: hosts.add(event["response"]["url"].split("/")[2]))
    wire.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(f"{demo}/magetan/services/paspor-baru/", wait_until="networkidle")
    print(f"page of a service, cold: {sum(sizes.values()) / 1000:.1f} KB in {len(sizes)} answers")
    assert sum(sizes.values()) < 150_000
    assert hosts == {demo.removeprefix("http://")}
