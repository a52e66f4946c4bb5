"""The first number: taken at home, called at the desk, shown on the board, followed on the phone, done."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import Check

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., BrowserContext]


def become(page: Page, demo: str, username: str) -> None:
    """Sign in as one of the demo's people."""
    page.goto(f"{demo}/example/")
    page.locator(f"button[name=username][value={username}]").click()
    page.wait_for_load_state()


def sit_at(page: Page, demo: str, number: int, username: str) -> None:
    """Sit down at a counter of the demo."""
    become(page, demo, username)
    page.goto(f"{demo}/desk/magetan/{number}/")
    page.get_by_role("button", name="Buka loket").click()
    expect(page.get_by_role("button", name="Panggil berikutnya")).to_be_visible()


def test_a_visitor_takes_a_number_at_home_and_is_served(
    demo: str, new_window: Window, assert_accessible: Check
) -> None:
    phone = new_window().new_page()
    phone.goto(f"{demo}/")
    assert_accessible(phone)
    phone.get_by_role("searchbox").fill("SKCK baru")
    phone.get_by_role("link", name="SKCK baru").click()
    assert_accessible(phone)
    phone.get_by_role("link", name="Ambil nomor antrean").click()
    assert_accessible(phone)
    phone.get_by_role("button", name="Ambil nomor antrean").click()
    phone.wait_for_url("**/t/**")
    label = phone.locator(".pd-label").inner_text()
    assert label.startswith("E-")
    assert_accessible(phone)
    phone.get_by_role("button", name="Saya di sini").click()
    expect(phone.locator("#ticket")).to_contain_text("Silakan menunggu")

    board = new_window(1920, 1080).new_page()
    board.goto(f"{demo}/board/magetan/")
    officer = new_window(1440, 900).new_page()
    sit_at(officer, demo, 7, "officer-4")

    officer.keyboard.press("n")  # call the next
    expect(officer.get_by_role("button", name="Mulai layani")).to_be_visible()
    expect(officer.locator("#desk")).to_contain_text(label)
    expect(board.locator("#board-calls")).to_contain_text(label, timeout=2_000)
    expect(phone.locator("#ticket")).to_contain_text("Silakan ke loket 7", timeout=2_000)
    expect(phone.locator("#ticket-said")).to_contain_text(label)

    officer.keyboard.press("s")  # start serving
    expect(phone.locator("#ticket")).to_contain_text("sedang dilayani", timeout=2_000)
    officer.keyboard.press("f")  # finish
    expect(phone.locator("#ticket")).to_contain_text("Terima kasih", timeout=2_000)
    expect(officer.locator("#desk")).to_contain_text("Tidak ada yang menunggu")


def test_a_number_from_the_kiosk_is_taken_along_by_its_code(
    demo: str, new_window: Window, assert_accessible: Check
) -> None:
    kiosk = new_window(1080, 1920).new_page()
    kiosk.goto(f"{demo}/kiosk/magetan/")
    expect(kiosk.get_by_role("heading", level=1)).to_contain_text("belum menjadi anjungan")
    kiosk.goto(f"{demo}/example/")
    kiosk.locator("button[name=device][value=kiosk-1]").click()
    assert_accessible(kiosk)
    kiosk.get_by_role("link", name="Bapenda").click()
    assert_accessible(kiosk)
    kiosk.get_by_role("link", name="Validasi BPHTB").click()
    assert_accessible(kiosk)
    kiosk.get_by_role("button", name="Ambil nomor antrean").click()
    assert_accessible(kiosk)
    label, code = kiosk.locator(".pd-label").inner_text(), kiosk.locator(".pd-terms .pd-code").inner_text()
    assert label.startswith("D-")

    phone = new_window().new_page()
    phone.goto(f"{demo}/t/{code.lower()}/")  # typed by hand, in small letters
    expect(phone.locator(".pd-label")).to_have_text(label)
    assert phone.url.endswith(f"/t/{code}/")
    phone.get_by_text("Saya tidak memerlukan nomor ini lagi").click()
    phone.get_by_role("button", name="Kembalikan nomor").click()
    expect(phone.locator("#ticket")).to_contain_text("sudah dibatalkan")
    kiosk.get_by_role("link", name="Selesai").click()
    expect(kiosk.get_by_role("heading", level=1)).to_contain_text("Selamat datang")


def test_a_number_from_home_arrives_at_the_kiosk(demo: str, new_window: Window) -> None:
    phone = new_window().new_page()
    phone.goto(f"{demo}/magetan/services/paspor-baru/number/")
    phone.get_by_role("button", name="Ambil nomor antrean").click()
    phone.wait_for_url("**/t/**")
    label, address = phone.locator(".pd-label").inner_text(), phone.url

    kiosk = new_window(1080, 1920).new_page()
    kiosk.goto(f"{demo}/example/")
    kiosk.locator("button[name=device][value=kiosk-1]").click()
    kiosk.get_by_role("link", name="Saya sudah punya nomor").click()
    kiosk.keyboard.type("ABCD-EFGH")  # a mistyped code
    kiosk.keyboard.press("Enter")
    expect(kiosk.get_by_role("alert")).to_be_visible()
    kiosk.get_by_label("Kode nomor antrean Anda").fill(address)  # as a scanner types what the QR holds
    kiosk.keyboard.press("Enter")
    expect(kiosk.locator(".pd-label")).to_have_text(label)
    expect(phone.locator("#ticket")).to_contain_text("Silakan menunggu", timeout=3_000)


def test_everything_a_visitor_reads_is_there_in_english(
    demo: str, new_window: Window, assert_accessible: Check
) -> None:
    phone = new_window(320, 640, "en-GB").new_page()
    phone.goto(f"{demo}/magetan/services/jkn-baru/number/")
    assert_accessible(phone)
    phone.get_by_text("I need to go first").click()
    phone.get_by_label("Reason for going first").select_option(label="pregnant")
    phone.get_by_role("button", name="Take a number").click()
    expect(phone.locator("#ticket")).to_contain_text("Come to MPP Magetan")
    assert_accessible(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    phone.goto(f"{demo}/mine/")
    expect(phone.get_by_role("heading", level=1)).to_have_text("My numbers")
    assert_accessible(phone)


def test_a_visitor_needs_no_scripts(demo: str, new_window: Window) -> None:
    phone = new_window(java_script_enabled=False).new_page()
    phone.goto(f"{demo}/magetan/services/pbb-p2/number/")
    phone.get_by_role("button", name="Ambil nomor antrean").click()
    phone.wait_for_url("**/t/**")
    phone.get_by_role("button", name="Saya di sini").click()
    expect(phone.locator("#ticket")).to_contain_text("Silakan menunggu")


def test_the_first_page_is_light_and_asks_nobody_else(demo: str, new_window: Window) -> None:
    """Architecture 6: the first page of the portal, cold, is under 150 KB over the wire, with no other host."""
    window = new_window()
    page = window.new_page()
    wire = window.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: dict[str, float] = {}
    hosts: set[str] = set()
    wire.on("Network.responseReceived", lambda event: hosts.add(event["response"]["url"].split("/")[2]))
    wire.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(f"{demo}/", wait_until="networkidle")
    print(f"first page, cold: {sum(sizes.values()) / 1000:.1f} KB in {len(sizes)} answers")
    assert len(sizes) > 3
    assert sum(sizes.values()) < 150_000
    assert hosts == {demo.removeprefix("http://")}
