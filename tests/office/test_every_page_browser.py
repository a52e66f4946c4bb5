"""Every page of the staff on the narrowest phone, in both languages: axe finds nothing, and nothing sticks out.

The pages come from the address book and the registers, so that a new one is looked at by itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from pendapa.base import clock
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.actions import RoleAt
from pendapa.directory.accounts.actions.second_factors import hide
from pendapa.directory.accounts.models import Role, RoleKind, User
from pendapa.directory.catalogue import actions as catalogue
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import CalendarDay, Counter, CounterKind, DayKind
from pendapa.operations.queueing.tests.make import make_user
from pendapa.web.office import sections, urls  # noqa: F401 -- the addresses fill the registers
from pendapa.web.office.tests.conftest import fits
from tests.architecture.audiences import (
    AUDIENCES,
    FLEETING,
    NOT_ADDED,
    REGISTER,
    Places,
    address,
    example_of,
    is_posted,
    make_places,
)
from tests.browsing import Check

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Window = Callable[..., BrowserContext]

PASSWORD = "gerbang-jati-1987"
OF_STAFF = ("office/", "home/", "sign-in/", "devices/code/")
FILES = ("export.<slug:form>", "example.<slug:form>", "codes/file/")
LEADS_ON = ("devices/code/", "home/")  # to the one place that this person has
PARTS = ("devices/<int:record>/state/",)  # of a page, for htmx
ELSEWHERE = ("sign-in/single/", "sign-in/single/callback/")  # at the provider of the single sign-on
STRANGER = ("sign-in/login/", "sign-in/inactive/", "sign-in/invitation/<str:code>/")
HALFWAY = ("sign-in/second-factor/ask/",)  # the password is given, the code is not
BEGINNER = ("sign-in/second-factor/app/",)  # has no second factor yet
PAGES = [
    (route, register)
    for route, audience in AUDIENCES.items()
    if route.startswith(OF_STAFF) and not is_posted(route)
    if not route.endswith(FILES + PARTS) and route not in ELSEWHERE + LEADS_ON
    for register in (sorted(sections.REGISTERS) if audience == REGISTER else [""])
]


@dataclass
class Stage:
    """A mall with one of everything, and the sessions of those who look at it."""

    places: Places
    sessions: dict[str, str]
    tokens: dict[str, str]  # of imports that were begun, by register

    def person_of(self, route: str) -> str:
        for name, own in (("stranger", STRANGER), ("halfway", HALFWAY), ("beginner", BEGINNER)):
            if route in own:
                return name
        return "administrator"

    def address(self, route: str, register: str) -> str | None:
        """Where a page is; None where there is none, as for a register that nothing can be added to."""
        kind = sections.REGISTERS.get(register)
        if kind is not None and (
            (route.endswith("new/") and register in NOT_ADDED)
            or ("import/" in route and kind.importer is None)
            or (route.endswith("remove/") and kind.remove is None)
        ):
            return None
        if route.endswith(FLEETING):
            return None
        places = Places({**self.places, "token": self.tokens.get(register, "none")})
        places.mall, places.agency = self.places.mall, self.places.agency
        if "<int:day>" in route and not route.startswith("office/<slug:mall>"):
            places["day"] = places["confirmed_day"] = self.places["national_day"]
        return address(route, places, register)


def signed_in(user: User) -> Client:
    """A browser of somebody who has just given the password."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post("/sign-in/again/", {"password": PASSWORD}).status_code == 302
    return client


def person(name: str, *, has_second_factor: bool) -> User:
    user = make_user(name)
    user.set_password(PASSWORD)
    user.save()
    if has_second_factor:
        for kind, part in ((Authenticator.Type.TOTP, "secret"), (Authenticator.Type.RECOVERY_CODES, "seed")):
            data = {part: hide("JBSWY3DPEHPK3PXP"), "used_mask": 0}
            Authenticator.objects.create(user=user, type=kind, data=data)
    return user


@pytest.fixture
def stage() -> Iterator[Stage]:
    cache.clear()
    places = make_places()
    places.setdefault("records", {})
    now = clock.real_now()
    national = {"kind": DayKind.NATIONAL, "proposed_by": "system", "proposed_at": now}
    confirmed = {"legal_basis": "SKB 1", "confirmed_by": "user:0", "confirmed_at": now}
    places["national_day"] = CalendarDay.objects.create(
        date="2027-01-01", name="Tahun Baru", **national, **confirmed
    ).pk
    CalendarDay.objects.create(date="2027-05-01", name="Hari Buruh", **national)
    for register in sections.REGISTERS:
        example_of(register, places)
    service = PublicService.objects.get(pk=example_of("services", places).pk)
    draft = catalogue.draft_version(service=service, by="user:8", at=now)  # one that waits for a second person
    catalogue.submit(draft=draft, version=draft.version, by="user:8", at=now)

    administrator = person("ratna", has_second_factor=True)
    Role.objects.create(user=administrator, kind=RoleKind.ADMINISTRATOR)
    inside = signed_in(administrator)
    halfway = Client()
    person("dewi", has_second_factor=True)
    halfway.post("/sign-in/login/", {"login": "dewi", "password": PASSWORD})
    beginner = signed_in(person("gita", has_second_factor=False))
    invited = actions.invite_person(
        username="budi",
        full_name="Budi Santosa",
        roles=[RoleAt(RoleKind.OFFICER, places.mall, places.agency)],
        by=administrator,
        at=now,
        real_at=now,
    )
    places["code"] = invited.code
    tokens = {}
    for name, kind in sections.REGISTERS.items():
        if kind.importer is not None:
            base = f"/office/{places.mall.code}/{name}/import/"
            example = SimpleUploadedFile("contoh.csv", inside.get(f"{base}example.csv").content)
            to = inside.post(base, {"file": example}).headers["Location"]
            tokens[name] = to.removeprefix(base).rstrip("/")
    yield Stage(
        places,
        {
            name: client.cookies[settings.SESSION_COOKIE_NAME].value
            for name, client in (("administrator", inside), ("halfway", halfway), ("beginner", beginner))
        },
        tokens,
    )
    cache.clear()


def become(window: BrowserContext, live_server: LiveServer, session: str) -> None:
    window.clear_cookies()
    if session:
        window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])


def faults_of(page: Page, assert_accessible: Check, language: str) -> list[str]:
    """What is wrong with the page that stands there."""
    found = []
    if page.locator("html").get_attribute("lang") != language:
        found.append("is in another language")
    if not fits(page):
        found.append(f"sticks out: {widest(page)}")
    try:
        assert_accessible(page)
    except AssertionError as error:
        found.append(str(error))
    return found


def widest(page: Page) -> str:
    """The innermost elements that reach past the side."""
    words: str = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.querySelector("*"))
            .slice(0, 4).map((one) => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 40)}`)
            .join("; ")"""
    )
    return words


@pytest.mark.parametrize("language", ["id-ID", "en-US"])
def test_every_page_fits_a_phone_and_is_accessible(
    language: str, stage: Stage, live_server: LiveServer, new_window: Window, assert_accessible: Check
) -> None:
    window = new_window(320, 700, language, reduced_motion="reduce")
    page = window.new_page()
    faults: list[str] = []
    looked_at = 0
    for name in ("stranger", "halfway", "beginner", "administrator"):
        become(window, live_server, stage.sessions.get(name, ""))
        for route, register in PAGES:
            where = stage.address(route, register) if stage.person_of(route) == name else None
            if where is None:
                continue
            answer = page.goto(f"{live_server.url}{where}")
            assert answer is not None
            looked_at += 1
            if answer.status != 200 or urlsplit(page.url).path != where:
                faults.append(f"{where} leads to {answer.status} at {page.url}")
                continue
            if AUDIENCES[route] == REGISTER and route.endswith("<slug:register>/") and register not in NOT_ADDED:
                expect(page.locator(".of-row, .of-device, [data-row]").first).to_be_visible()
            faults += [f"{where}: {fault}" for fault in faults_of(page, assert_accessible, language[:2])]
    assert looked_at > 100
    assert not faults, "\n".join(faults)


def test_every_form_says_what_is_wrong_on_a_phone(
    stage: Stage, live_server: LiveServer, new_window: Window, assert_accessible: Check
) -> None:
    window = new_window(320, 700, reduced_motion="reduce")
    page = window.new_page()
    become(window, live_server, stage.sessions["administrator"])
    faults: list[str] = []
    for register in sorted(set(sections.REGISTERS) - NOT_ADDED):
        page.goto(f"{live_server.url}/office/{stage.places.mall.code}/{register}/new/")
        for field in page.locator("form[data-unsaved] input:not([type=hidden]):not([type=checkbox]):visible").all():
            field.fill("")
        with page.expect_response(lambda response: response.request.method == "POST") as sent:
            page.locator("form[data-unsaved] [data-save]").click()
        page.wait_for_load_state()
        if sent.value.status != 422:
            faults.append(f"{register}: empty fields are answered with {sent.value.status}")
            continue
        expect(page.locator(".pd-field--error, [role=alert]").first).to_be_visible()
        faults += [f"{register}/new/: {fault}" for fault in faults_of(page, assert_accessible, "id")]
    assert not faults, "\n".join(faults)


def focused(page: Page) -> str:
    """What the keyboard is at: the name of a field, the end of a link, or the words of a button."""
    words: str = page.evaluate(
        """() => {
            const one = document.activeElement;
            return one.name || one.getAttribute("href") || one.textContent.trim();
        }"""
    )
    return words


def tab_to(page: Page, *, ends: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if focused(page).endswith(ends):
            return
    raise AssertionError(f"the keyboard never comes to {ends}")


def test_a_counter_is_changed_removed_and_brought_back_by_keyboard_alone(
    stage: Stage, live_server: LiveServer, new_window: Window
) -> None:
    mall = stage.places.mall
    Counter.objects.create(mall=mall, number=2, zone=mall.zones.get(code="hall"), agency=stage.places.agency)
    list_path = f"/office/{mall.code}/counters/"
    window = new_window(1280, 800)
    become(window, live_server, stage.sessions["administrator"])
    page = window.new_page()
    page.goto(f"{live_server.url}{list_path}")

    def open_second() -> None:
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.classList.contains('of-row__link')")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Loket 2")

    open_second()
    tab_to(page, ends="kind")
    page.keyboard.type("loket pr")  # as one chooses in a list by typing
    page.keyboard.press("Control+s")
    expect(page.locator("#toasts")).to_contain_text("Loket 2")
    assert Counter.objects.get(mall=mall, number=2).kind == CounterKind.PRIORITY

    tab_to(page, ends=list_path)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{list_path}")
    open_second()
    tab_to(page, ends="/remove/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/remove/")
    tab_to(page, ends="Hapus")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{list_path}")
    expect(page.locator(".of-row")).to_have_count(1)
    assert not Counter.objects.filter(mall=mall, number=2).exists()
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("dikembalikan")
    expect(page.locator(".of-row")).to_have_count(2)
    assert Counter.objects.get(mall=mall, number=2).kind == CounterKind.PRIORITY
