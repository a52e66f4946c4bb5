"""From an empty installation to a mall of 22 agencies, by its pages and by import, as its operator does it."""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, expect

from tests.browsing import Check
from tests.failure.test_serving import certificate, command
from tests.running import Run, reachable

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Window = Callable[..., BrowserContext]

PASSWORD = "antrean-tertib-2026"
AGENCIES = (
    ("Dukcapil", "Dinas Kependudukan dan Pencatatan Sipil", "kabupaten atau kota", 4),
    ("DPMPTSP", "Dinas Penanaman Modal dan PTSP", "kabupaten atau kota", 3),
    ("Bapenda", "Badan Pendapatan Daerah", "kabupaten atau kota", 2),
    ("Polres", "Kepolisian Resor", "pemerintah pusat", 2),
    ("Imigrasi", "Kantor Imigrasi Kelas II", "pemerintah pusat", 1),
    ("BPJS Kesehatan", "BPJS Kesehatan Kantor Kabupaten", "BUMN atau BUMD", 1),
    ("BPJS TK", "BPJS Ketenagakerjaan", "BUMN atau BUMD", 1),
    ("ATR/BPN", "Kantor Pertanahan", "pemerintah pusat", 1),
    ("Pajak", "KPP Pratama", "pemerintah pusat", 1),
    ("Samsat", "Samsat Bersama", "provinsi", 1),
    ("Kemenag", "Kantor Kementerian Agama", "pemerintah pusat", 1),
    ("Disnaker", "Dinas Tenaga Kerja", "kabupaten atau kota", 1),
    ("Dinkes", "Dinas Kesehatan", "kabupaten atau kota", 1),
    ("DPUPR", "Dinas Pekerjaan Umum dan Penataan Ruang", "kabupaten atau kota", 1),
    ("Dishub", "Dinas Perhubungan", "kabupaten atau kota", 1),
    ("Kesbangpol", "Badan Kesatuan Bangsa dan Politik", "kabupaten atau kota", 1),
    ("PLN", "PT PLN Unit Layanan Pelanggan", "BUMN atau BUMD", 1),
    ("PDAM", "Perumda Air Minum", "BUMN atau BUMD", 1),
    ("Pos", "PT Pos Indonesia", "BUMN atau BUMD", 1),
    ("Bank Jatim", "Bank Pembangunan Daerah Jawa Timur", "BUMN atau BUMD", 2),
    ("Kejari", "Kejaksaan Negeri", "pemerintah pusat", 1),
    ("BP3MI", "Balai Pelayanan Pelindungan Pekerja Migran", "pemerintah pusat", 1),
)
FIRST = ("Ayu", "Bima", "Citra", "Danu", "Eka", "Fajar", "Gita", "Hendra", "Intan", "Joko", "Kirana", "Lukman")
LAST = ("Pratiwi", "Saputra", "Wibowo", "Lestari", "Hidayat")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A real installation with nothing in it but its regions."""
    folder = reachable(tmp_path_factory.mktemp("building")) / "data"
    pem, key = certificate(folder.parent)
    run = Run(
        folder, "serve", "--certificate", str(pem), "--key", str(key), environment={"PUBLIC_URL": "https://localhost"}
    )
    try:
        run.address()
        yield run
    finally:
        run.stop()


def code_of(secret: str) -> str:
    """The six digits that an authenticator shows for a key now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    number: int = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def sign_in(page: Page, base: str, username: str, password: str) -> None:
    page.goto(f"{base}/sign-in/login/")
    page.get_by_label("Nama pengguna").fill(username)
    page.get_by_label("Kata sandi").fill(password)
    page.get_by_role("button", name="Masuk", exact=True).click()
    page.wait_for_load_state()


def bring(page: Page, base: str, register: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Import a table through its pages: upload, see the fates, save."""
    page.goto(f"{base}/office/magetan/{register}/import/")
    text = "\n".join(";".join(str(cell) for cell in line) for line in (heads, *rows))
    page.locator("input[type=file]").set_input_files(
        FilePayload(name=f"{register}.csv", mimeType="text/csv", buffer=text.encode())
    )
    page.get_by_role("button", name="Periksa barisnya").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Periksa barisnya")
    assert page.locator("p.of-preview__error").all_inner_texts() == []
    page.get_by_role("button", name=f"Simpan {len(rows)} baris").click()
    page.wait_for_load_state()


def test_an_operator_builds_a_mall_of_22_agencies(
    installation: Run, new_window: Window, assert_accessible: Check, tmp_path: Path
) -> None:
    base = f"https://localhost:{installation.port}"
    password = command(installation.folder, "admin", "kepala")[-1]

    # The first administrator sets up the second factor and makes the mall.
    first = new_window(1440, 900, ignore_https_errors=True).new_page()
    sign_in(first, base, "kepala", password)
    first.get_by_label("Kata sandi").fill(password)  # whoever sets up a second factor shows the first one again
    first.locator("main form button[type=submit]").last.click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Pasang faktor kedua")
    first.goto(f"{base}/office/")  # nothing opens without it
    expect(first.get_by_role("heading", level=1)).to_have_text("Pasang faktor kedua")
    first.locator("input[name=code]").fill(code_of(first.locator("code.pd-code").inner_text().strip()))
    first.locator("main form button[type=submit]").last.click()
    first.wait_for_load_state()
    first.goto(f"{base}/office/")
    first.get_by_role("link", name="Tambah mal").first.click()
    assert_accessible(first)
    first.locator("[name=name]").fill("MPP Magetan")
    first.locator("[name=code]").fill("magetan")
    first.locator("[name=region]").fill("35.20")
    first.locator("[name=address]").fill("Lantai 3 Pasar Baru, Magetan")
    first.locator("main form button.btn-primary").last.click()
    expect(first).to_have_url(f"{base}/office/magetan/")
    assert_accessible(first)

    # The administrator invites the operator, who sets a password by the link.
    first.goto(f"{base}/office/magetan/people/new/")
    first.locator("[name=username]").fill("endah")
    first.locator("[name=full_name]").fill("Endah Prameswari")
    first.locator("[name=role]").select_option("operator")
    first.locator("main form button.btn-primary").last.click()
    link = first.locator("#once").input_value()
    operator = new_window(1440, 900, ignore_https_errors=True).new_page()
    operator.goto(f"{base}/sign-in/{link.partition('/sign-in/')[2]}")
    assert_accessible(operator)
    for field in operator.locator("input[type=password]").all():
        field.fill(PASSWORD)
    operator.locator("main form button[type=submit]").last.click()
    operator.wait_for_load_state()
    if "/sign-in/" in operator.url:
        sign_in(operator, base, "endah", PASSWORD)
    operator.goto(f"{base}/office/magetan/")
    expect(operator.get_by_role("heading", level=1)).to_have_text("Ringkasan")

    # Zones and facilities by hand and by file.
    operator.goto(f"{base}/office/magetan/zones/new/")
    operator.locator("[name=name]").fill("Sayap Utara")
    operator.locator("[name=code]").fill("utara")
    operator.locator("[name=seats]").fill("60")
    assert_accessible(operator)
    operator.keyboard.press("Control+s")
    expect(operator.locator("#toasts")).to_contain_text("Sayap Utara")
    bring(
        operator, base, "zones", ["kode", "nama", "kursi"], [["selatan", "Sayap Selatan", 48], ["tengah", "Aula", 30]]
    )
    bring(
        operator,
        base,
        "facilities",
        ["fasilitas", "zona", "jumlah"],
        [["ruang laktasi", "utara", 1], ["musala", "", 1]],
    )

    build_hours(operator, base, assert_accessible)

    # 22 agencies, 30 counters, 60 staff by file.
    zones = ("utara", "selatan", "tengah")
    rows = [[short, name, level, zones[at % 3]] for at, (short, name, level, _count) in enumerate(AGENCIES)]
    bring(operator, base, "agencies", ["nama singkat", "nama", "tingkat", "zona"], rows)
    counters = [short for short, _name, _level, count in AGENCIES for _ in range(count)]
    assert len(counters) == 30
    bring(
        operator,
        base,
        "counters",
        ["nomor", "instansi", "zona", "kursi roda"],
        [
            [number, short, zones[number % 3], "ya" if number % 5 == 0 else "tidak"]
            for number, short in enumerate(counters, 1)
        ],
    )
    staff = [(f"{first_name.lower()}.{last.lower()}", f"{first_name} {last}") for last in LAST for first_name in FIRST]
    people = [
        [username, name, "petugas informasi" if at >= 57 else "petugas loket", "" if at >= 57 else AGENCIES[at % 22][0]]
        for at, (username, name) in enumerate(staff)
    ]
    bring(operator, base, "people", ["nama pengguna", "nama", "peran", "instansi"], people)
    expect(operator.locator(".of-slip")).to_have_count(60)

    pair_devices(operator, base, new_window, 8)

    # All of it is there, found, exported, and one search leads to it.
    for register, count in (("agencies", 22), ("counters", 30), ("devices", 8)):
        operator.goto(f"{base}/office/magetan/{register}/")
        expect(operator.locator(".of-line__count")).to_contain_text(str(count))
        assert_accessible(operator)
    operator.goto(f"{base}/office/magetan/people/?q=kirana")
    expect(operator.locator(".of-row")).to_have_count(5)
    operator.goto(f"{base}/office/magetan/agencies/")
    export = operator.locator("details.of-pop").filter(has=operator.locator("a[href*='format=xlsx']"))
    export.locator("summary").click()
    with operator.expect_download() as download:
        export.locator("a[href*='format=xlsx']").click()
    saved = tmp_path / "instansi.xlsx"
    download.value.save_as(saved)
    assert saved.read_bytes().startswith(b"PK")

    # Nothing that others refer to can vanish; what can, comes back.
    operator.goto(f"{base}/office/magetan/zones/")
    operator.locator(".of-row__link", has_text="Sayap Utara").click()
    operator.get_by_role("link", name="Hapus", exact=True).click()
    operator.get_by_role("button", name="Hapus", exact=True).click()
    expect(operator.get_by_role("alert")).to_contain_text("masih dipakai")
    operator.goto(f"{base}/office/magetan/facilities/")
    operator.locator(".of-row__link", has_text="usala").click()
    operator.get_by_role("link", name="Hapus", exact=True).click()
    operator.get_by_role("button", name="Hapus", exact=True).click()
    operator.locator("#toasts").get_by_role("button", name="Urungkan").click()
    expect(operator.locator("#toasts")).to_contain_text("dikembalikan")


def build_hours(page: Page, base: str, assert_accessible: Check) -> None:
    """Hours with a Friday prayer break, and a Ramadan season with hours of its own."""
    page.goto(f"{base}/office/magetan/seasons/new/")
    page.locator("[name=name]").fill("Ramadan 1448 H")
    page.locator("[name=starts_on]").fill("2027-02-08")
    page.locator("[name=ends_on]").fill("2027-03-09")
    page.locator("main form button.btn-primary").last.click()
    expect(page.locator("#toasts")).to_contain_text("Ramadan 1448 H")

    page.goto(f"{base}/office/magetan/hours/new/")
    page.locator("[name=name]").fill("Jam layanan")
    usual = page.locator(".of-hours").first
    open_on(usual, "Senin", "08:00", "12:00")
    open_on(usual, "Senin", "13:00", "15:00")
    usual.locator("button[name=copy]").click()
    open_on(usual, "Jumat", "07:30", "11:30", at=0)
    open_on(usual, "Jumat", "13:00", "15:30", at=1)
    page.locator(".of-season summary").click()
    for day in ("Senin", "Selasa", "Rabu", "Kamis"):
        open_on(page.locator(".of-season .of-hours"), day, "08:00", "14:00")
    assert_accessible(page)
    page.locator("main form button[data-save]").click()
    if page.get_by_role("button", name="Tetap simpan").count():
        page.get_by_role("button", name="Tetap simpan").click()
    expect(page.locator("#toasts")).to_contain_text("Jam layanan")
    page.goto(f"{base}/office/magetan/hours/week/?week=2027-02-01")
    for day in ("Senin", "Selasa", "Rabu", "Kamis"):
        expect(hours_shown(page, day)).to_have_text("08.00–12.00, 13.00–15.00")  # noqa: RUF001 -- hours have an en dash
    expect(hours_shown(page, "Jumat")).to_have_text("07.30–11.30, 13.00–15.30")  # noqa: RUF001 -- hours have an en dash
    expect(hours_shown(page, "Sabtu")).to_have_text("tutup")
    expect(page.locator(".of-week__bar .of-bar")).to_have_count(10)
    page.goto(f"{base}/office/magetan/hours/week/?week=2027-02-15")
    for day in ("Senin", "Selasa", "Rabu", "Kamis"):
        expect(hours_shown(page, day)).to_have_text("08.00–14.00 Ramadan 1448 H")  # noqa: RUF001 -- hours have an en dash
    expect(hours_shown(page, "Jumat")).to_have_text("tutup Ramadan 1448 H")
    expect(page.locator(".of-week__bar .of-bar")).to_have_count(4)
    assert_accessible(page)


def hours_shown(page: Page, day: str) -> Locator:
    """The words for a weekday in the week of the schedule."""
    week = page.get_by_role("list", name="Jam layanan", exact=True)
    return week.get_by_role("listitem").filter(has_text=day).locator(".of-week__words")


def open_on(week: Locator, day: str, opens: str, closes: str, *, at: int | None = None) -> None:
    """Fill one stretch of a weekday; without a number of its line, a new one."""
    fields = week.locator("fieldset").filter(has=week.page.locator("legend", has_text=day))
    if at is None:
        at = fields.locator(".of-hours__line").count()
        fields.locator("button[name=add]").click()
        expect(fields.locator(".of-hours__line")).to_have_count(at + 1)
    line = fields.locator(".of-hours__line").nth(at).locator("input:not([type=checkbox])")
    line.nth(0).fill(opens)
    line.nth(1).fill(closes)


def pair_devices(page: Page, base: str, new_window: Window, count: int) -> None:
    """Screens show a code, the operator types it in, and each becomes a kiosk or a board by itself."""
    for number in range(count):
        screen = new_window(1080, 1920, ignore_https_errors=True).new_page()
        screen.goto(f"{base}/devices/pair/")
        code = screen.locator("#code").inner_text().strip()
        kind = "board" if number % 3 == 2 else "kiosk"
        page.goto(f"{base}/office/magetan/devices/pair/")
        page.locator("[name=code]").fill(code)
        page.locator(f"[name=kind][value={kind}]").check()
        page.locator("main form button.btn-primary").last.click()
        screen.wait_for_url(f"**/{kind}/magetan/", timeout=15_000)
        screen.context.close()
