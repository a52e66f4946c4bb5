"""The operator's pages of devices: how they stand, pairing by code, locking, moving; closed to everybody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock, codes
from pendapa.base.journal.models import Entry
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.models import Device, DeviceKind, RoleKind, User
from pendapa.directory.accounts.rules import Fault
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing.tests.make import make_mall, make_user
from pendapa.web.office import device_words as words
from pendapa.web.office.tests.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counts_from_zero(db: None) -> None:
    cache.clear()


def devices(mall: Mall, rest: str = "") -> str:
    return f"/office/{mall.code}/devices/{rest}"


def register(mall: Mall, name: str = "kiosk-1", kind: DeviceKind = DeviceKind.KIOSK, **more: Any) -> Device:
    device = actions.create_device(mall=mall, name=name, kind=kind, by=None, at=clock.now())
    Device.objects.filter(pk=device.pk).update(**more)
    device.refresh_from_db()
    return device


def code_of_a_screen() -> str:
    return actions.ask_pairing(real_at=clock.real_now()).code


def page_of(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers={"accept-language": "en", **headers})
    assert answer.status_code == 200
    return answer.content.decode()


# ---- The list ----


def test_each_device_says_how_it_stands_and_what_it_needs(at_office: Client, mall: Mall) -> None:
    now = clock.real_now()
    register(mall, "kiosk-1", seen_at=now - timedelta(seconds=12))
    register(mall, "kiosk-2", seen_at=now - timedelta(minutes=20), fault="offline-for:240")
    register(mall, "kiosk-3", is_active=False)
    register(mall, "board-1", DeviceKind.BOARD)
    register(mall, "printer-1", DeviceKind.PRINTER, seen_at=now, fault="paper-out")
    page = page_of(at_office, devices(mall))
    for text in ("12 seconds ago", "silent since", "20 minutes ago", "locked", "never seen"):
        assert text in page
    for text in ("The paper is out.", "Put in a new roll.", "It was without connection for 4 minutes."):
        assert text in page
    assert page.count("It does not report.") == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=online", {"kiosk-1"}),
        ("state=silent", {"kiosk-2"}),
        ("state=locked", {"kiosk-3"}),
        ("state=never_seen", {"board-1"}),
        ("fault=yes", {"kiosk-2"}),
        ("kind=board", {"board-1"}),
        ("q=kiosk", {"kiosk-1", "kiosk-2", "kiosk-3"}),
    ],
)
def test_the_list_is_narrowed_by_state_kind_and_fault(
    at_office: Client, mall: Mall, query: str, names: set[str]
) -> None:
    now = clock.real_now()
    register(mall, "kiosk-1", seen_at=now)
    register(mall, "kiosk-2", seen_at=now - timedelta(minutes=2), fault="paper-out")
    register(mall, "kiosk-3", is_active=False, seen_at=now)
    register(mall, "board-1", DeviceKind.BOARD)
    page = page_of(at_office, devices(mall, f"?{query}"))
    everything = ("kiosk-1", "kiosk-2", "kiosk-3", "board-1")
    assert {name for name in everything if f">{name}</a>" in page} == names


def test_the_cards_renew_themselves_and_nothing_else(at_office: Client, mall: Mall) -> None:
    device = register(mall)
    whole = page_of(at_office, devices(mall, "?q=kiosk"))
    assert f'hx-get="{devices(mall)}?q=kiosk" hx-trigger="every 10s" hx-select="#devices"' in whole
    part = page_of(at_office, devices(mall, "?q=kiosk"), **{"HX-Request": "true"})
    assert "<html" not in part
    assert f'id="device-{device.pk}"' in part


def test_an_empty_mall_explains_pairing_in_three_steps(at_office: Client, mall: Mall) -> None:
    page = page_of(at_office, devices(mall))
    assert "/devices/pair/</strong>" in page
    assert page.split("of-howto")[1].count("<li>") == 3


def test_ten_thousand_devices_cost_few_statements(
    at_office: Client, mall: Mall, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Device.objects.bulk_create(
        Device(mall=mall, name=f"kiosk-{n}", kind=DeviceKind.KIOSK, zone=mall.zones.get()) for n in range(10_000)
    )
    for query in ("", "?q=99&state=never_seen&page=2"):
        with django_assert_max_num_queries(12):
            page_of(at_office, devices(mall, query))


def test_the_list_is_exported(at_office: Client, mall: Mall) -> None:
    register(mall, fault="paper-out")
    file = at_office.get(devices(mall, "?format=csv"), headers={"accept-language": "en"}).content.decode()
    assert "kiosk-1" in file
    assert "The paper is out. Put in a new roll." in file


# ---- Pairing ----


def pair(client: Client, mall: Mall, code: str, query: str = "", **fields: Any) -> Any:
    return client.post(
        devices(mall, f"pair/{query}"), {"code": code, "kind": "kiosk", **fields}, headers={"accept-language": "en"}
    )


def test_an_operator_types_in_the_code_of_a_screen(at_office: Client, operator: User, mall: Mall) -> None:
    code = code_of_a_screen()
    answer = pair(at_office, mall, code.lower(), kind="board", place="above the stairs", zone=mall.zones.get().pk)
    assert answer["Location"] == devices(mall)
    device = Device.objects.get()
    assert (device.mall, device.name, device.kind, device.place) == (mall, "board-1", "board", "above the stairs")
    entry = Entry.objects.get(subject=f"device:{device.pk}", verb="device.paired")
    assert entry.actor == operator.actor_name


def test_new_hardware_takes_the_place_of_the_old(at_office: Client, mall: Mall) -> None:
    device = register(mall)
    actions.create_token(bearer=device, by=None, at=clock.now())
    assert f'href="?device={device.pk}"' in page_of(at_office, devices(mall, "pair/"))
    assert "New hardware for kiosk-1" in page_of(at_office, devices(mall, f"pair/?device={device.pk}"))
    assert pair(at_office, mall, code_of_a_screen(), f"?device={device.pk}").status_code == 302
    assert not device.tokens.filter(revoked_at=None).exists()
    assert Device.objects.count() == 1


@pytest.mark.parametrize("query", ["?device=x", "?device=999999", "?device=99999999999", "?device=-1"])
def test_an_unknown_device_gets_no_new_hardware(at_office: Client, mall: Mall, query: str) -> None:
    assert pair(at_office, mall, code_of_a_screen(), query).status_code == 404


@pytest.mark.parametrize(
    ("code", "status", "sentence"),
    [
        ("", 422, "This field is required."),
        ("K7Q", 422, "A code has 6 letters and digits; you typed 3."),
        ("O00-111", 422, "Codes have no 0, O, 1, I or L"),
        ("\u202e<b>", 422, "A code has only letters and digits."),
    ],
)
def test_a_mistyped_code_is_told_at_its_field(
    at_office: Client, mall: Mall, code: str, status: int, sentence: str
) -> None:
    answer = pair(at_office, mall, code, place="above the stairs")
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert "above the stairs" in answer.content.decode()


def test_a_code_that_no_screen_shows_and_a_name_that_is_taken_are_told(at_office: Client, mall: Mall) -> None:
    register(mall)
    answer = pair(at_office, mall, codes.new_code(2, 3))
    assert answer.status_code == 404
    assert "No screen shows this code now." in answer.content.decode()
    answer = pair(at_office, mall, code_of_a_screen(), name="kiosk-1")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()


def test_guessing_codes_ends_after_twenty_tries_of_an_operator_wherever_they_sit(
    at_office: Client, operator: User, mall: Mall
) -> None:
    for n in range(20):
        at_office.defaults["REMOTE_ADDR"] = f"203.0.113.{n}"
        assert pair(at_office, mall, codes.new_code(2, 3)).status_code == 404
    assert pair(at_office, mall, code_of_a_screen()).status_code == 429
    assert not Device.objects.exists()


def test_guessing_codes_ends_after_forty_tries_from_one_address(mall: Mall, sign_in: SignIn) -> None:
    for _operator in range(2):
        client = sign_in(make_user(mall=mall, kind=RoleKind.OPERATOR))
        for _n in range(20):
            assert pair(client, mall, codes.new_code(2, 3)).status_code == 404
    assert pair(sign_in(make_user(mall=mall, kind=RoleKind.OPERATOR)), mall, code_of_a_screen()).status_code == 429


def test_the_qr_code_leads_to_the_malls_of_the_operator(
    at_office: Client, operator: User, mall: Mall, manager: User, sign_in: SignIn
) -> None:
    assert Client().get("/devices/code/")["Location"].startswith("/sign-in/login/")
    assert at_office.get("/devices/code/")["Location"] == devices(mall, "pair/")
    other = make_mall(name="MPP Lain")
    actions.give_role(user=operator, kind=RoleKind.OPERATOR, mall=other, by=None, at=clock.now())
    page = page_of(at_office, "/devices/code/")
    assert devices(mall, "pair/") in page
    assert devices(other, "pair/") in page
    assert sign_in(manager).get("/devices/code/").status_code == 404


# ---- One device ----


def test_a_printer_is_registered_by_hand(at_office: Client, mall: Mall) -> None:
    fields = {"name": "printer-1", "kind": "printer", "place": "under kiosk-1"}
    assert at_office.post(devices(mall, "new/"), fields).status_code == 302
    printer = Device.objects.get()
    assert (printer.kind, printer.mall) == ("printer", mall)
    page = page_of(at_office, devices(mall, f"{printer.pk}/"))
    assert "New hardware" not in page
    assert "Pair a screen" not in page


def test_a_device_is_renamed_and_its_history_tells_so(at_office: Client, mall: Mall) -> None:
    device = register(mall)
    fields = {"name": "kiosk-depan", "place": "pintu depan", "zone": mall.zones.get().pk, "version": 1}
    assert at_office.post(devices(mall, f"{device.pk}/"), fields).status_code == 302
    history = page_of(at_office, devices(mall, f"{device.pk}/history/"))
    assert "pintu depan" in history
    assert at_office.post(devices(mall, f"{device.pk}/"), {**fields, "name": "x"}).status_code == 409


def test_a_device_moves_only_between_malls_of_the_operator(at_office: Client, operator: User, mall: Mall) -> None:
    device, far = register(mall), make_mall(name="MPP Jauh")
    near = make_mall(name="MPP Dekat")
    fields = {"name": "kiosk-1", "place": "", "zone": mall.zones.get().pk, "version": 1}
    at_office.post(devices(mall, f"{device.pk}/"), {**fields, "mall": near.pk})
    device.refresh_from_db()
    assert device.mall == mall
    actions.give_role(user=operator, kind=RoleKind.OPERATOR, mall=near, by=None, at=clock.now())
    fields["version"] = device.version
    assert at_office.post(devices(mall, f"{device.pk}/"), {**fields, "mall": far.pk}).status_code == 422
    at_office.post(devices(mall, f"{device.pk}/"), {**fields, "mall": near.pk})
    device.refresh_from_db()
    assert (device.mall, device.zone) == (near, None)


def test_a_device_is_locked_with_a_way_back_and_its_keys_withdrawn(at_office: Client, mall: Mall) -> None:
    device = register(mall)
    key = actions.create_token(bearer=device, by=None, at=clock.now())
    here = devices(mall, f"{device.pk}/")
    assert at_office.post(f"{here}lock/")["Location"] == here
    page = page_of(at_office, here)
    assert f'action="{here}unlock/"' in page
    device.refresh_from_db()
    assert not device.is_active
    at_office.post(f"{here}unlock/")
    at_office.post(f"{here}withdraw/")
    device.refresh_from_db()
    assert device.is_active
    assert not device.tokens.filter(revoked_at=None).exists()
    assert key not in page_of(at_office, here)


def test_a_removed_device_comes_back_without_its_keys(at_office: Client, mall: Mall) -> None:
    device = register(mall)
    actions.create_token(bearer=device, by=None, at=clock.now())
    assert at_office.post(devices(mall, f"{device.pk}/remove/")).status_code == 302
    assert not Device.objects.exists()
    removed = f"/office/{mall.code}/removed/"
    restore = page_of(at_office, removed).split(f'action="{removed}')[1].split('"')[0]
    at_office.post(removed + restore)
    assert Device.objects.get().tokens.filter(revoked_at=None).count() == 0


def test_the_panel_renews_itself(at_office: Client, mall: Mall) -> None:
    device = register(mall, seen_at=clock.real_now(), fault="cover-open", software="Chrome 142")
    part = page_of(at_office, devices(mall, f"{device.pk}/state/"), **{"HX-Request": "true"})
    for text in ("online", "The cover of the printer is open.", "Chrome 142", 'hx-trigger="every 10s"'):
        assert text in part


# ---- Who may ----

CHANGES = ["pair/", "{pk}/lock/", "{pk}/unlock/", "{pk}/withdraw/", "{pk}/remove/", "new/", "{pk}/"]


@pytest.mark.parametrize("rest", CHANGES)
def test_who_only_reads_changes_nothing(mall: Mall, auditor: User, manager: User, sign_in: SignIn, rest: str) -> None:
    device = register(mall)
    before = Device.objects.values().get()
    for reader in (auditor, manager):
        client = sign_in(reader)
        assert client.get(devices(mall)).status_code == 200
        assert client.post(devices(mall, rest.format(pk=device.pk)), {"name": "x"}).status_code == 404
    assert Device.objects.values().get() == before


@pytest.mark.parametrize("rest", ["", "{pk}/state/", "{pk}/history/", *CHANGES])
def test_nothing_of_a_mall_is_open_to_people_of_another(mall: Mall, sign_in: SignIn, rest: str) -> None:
    device = register(mall)
    other = make_mall()
    stranger = sign_in(make_user(mall=other, kind=RoleKind.OPERATOR))
    path = devices(mall, rest.format(pk=device.pk))
    assert stranger.get(path).status_code in {404, 405}
    assert stranger.post(path).status_code in {404, 405}
    if "{pk}" in rest:  # nor under the address of their own mall
        assert stranger.get(devices(other, rest.format(pk=device.pk))).status_code in {404, 405}
        assert stranger.post(devices(other, rest.format(pk=device.pk))).status_code in {404, 405}
    officer = sign_in(make_user(mall=mall, kind=RoleKind.HOST))
    assert officer.get(path).status_code in {404, 405}


# ---- Words ----


def test_every_fault_has_words_and_advice_and_a_verb_for_the_history() -> None:
    assert set(words.FAULTS) == set(Fault)
    assert {fault.replace("-", "_") for fault in Fault} <= set(words.VERBS)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 detik"),
        (59, "59 detik"),
        (60, "1 menit"),
        (3599, "59 menit"),
        (3600, "1 jam"),
        (86_399, "23 jam"),
        (200_000, "2 hari"),
    ],
)
def test_a_length_of_time_in_its_largest_unit(seconds: int, text: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == text
