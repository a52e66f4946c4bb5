"""Screens become devices by a code, once; devices are moved, locked and heard, and their addresses stay unknown."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from tests.concurrency.stage import holding, outcome

from pendapa.base import clock, codes
from pendapa.base.journal.models import Entry
from pendapa.base.records import actions as records
from pendapa.base.secrets import keyed_hash
from pendapa.directory.accounts import actions, queries, rules
from pendapa.directory.accounts.actions import devices
from pendapa.directory.accounts.models import Device, DeviceKind, Pairing, RoleKind, Token, User
from pendapa.directory.accounts.rules import DeviceState, Fault
from pendapa.directory.malls.models import Mall, Zone

pytestmark = pytest.mark.django_db(transaction=True)

PAIRING = "SELECT FROM accounts_pairing WHERE id = %s FOR UPDATE"
LATER = rules.PAIRING_LIFE + timedelta(seconds=1)


@pytest.fixture
def mall() -> Mall:
    return Mall.objects.create(code="contoh", name="MPP Contoh")


def ask(secret: str = "", at: datetime | None = None) -> devices.Asked:
    return actions.ask_pairing(secret=secret, real_at=at or clock.real_now())


def pair(mall: Mall, code: str, **more: Any) -> Device:
    moments = {"at": clock.now(), "real_at": clock.real_now()}
    return actions.pair(**{"mall": mall, "code": code, "kind": DeviceKind.KIOSK, "by": None, **moments, **more})


def take(secret: str, at: datetime | None = None) -> tuple[Device, str] | None:
    return actions.take_key(secret=secret, at=clock.now(), real_at=at or clock.real_now())


def register(mall: Mall, name: str = "kiosk-1", kind: DeviceKind = DeviceKind.KIOSK, **more: Any) -> Device:
    return actions.create_device(mall=mall, name=name, kind=kind, by=None, at=clock.now(), **more)


def operator(*malls: Mall) -> User:
    user = User.objects.create(username=f"operator-{User.objects.count()}", full_name="Rini", joined_at=clock.now())
    for mall in malls:
        actions.give_role(user=user, kind=RoleKind.OPERATOR, mall=mall, by=None, at=clock.now())
    return user


def verbs(device: Device) -> list[str]:
    return list(
        Entry.objects.filter(subject=f"device:{device.pk}").order_by("xid", "id").values_list("verb", flat=True)
    )


# ---- A code, a pairing, a key ----


def test_a_screen_shows_a_code_becomes_a_kiosk_and_fetches_its_key_once(mall: Mall) -> None:
    asked = ask()
    assert take(asked.secret) is None
    zone = Zone.objects.create(mall=mall, code="utara", name="Sayap Utara")
    device = pair(mall, asked.code.lower().replace("-", " "), zone=zone, place="di samping pintu")
    assert (device.name, device.kind, device.zone, device.place) == ("kiosk-1", "kiosk", zone, "di samping pintu")
    taken = take(asked.secret)
    assert taken is not None
    assert taken[0] == device
    assert queries.bearer_of(taken[1]) == device
    assert take(asked.secret) is None
    assert verbs(device) == ["device.added", "device.paired", "token.created"]


def test_codes_and_secrets_are_kept_as_hashes_only(mall: Mall) -> None:
    asked = ask()
    pair(mall, asked.code)
    (row,) = Pairing.objects.values()
    assert asked.secret not in str(row)
    assert asked.code not in str(row)
    assert asked.code not in "".join(str(entry.data) for entry in Entry.objects.all())


def test_a_code_runs_out_after_ten_minutes_and_the_screen_gets_another(mall: Mall) -> None:
    now = clock.real_now()
    old = ask(at=now - LATER)
    with pytest.raises(devices.NoSuchScreen):
        pair(mall, old.code)
    assert queries.shows(secret=old.secret, code=old.code, at=now) is None
    new = ask(old.secret)
    assert new.secret == old.secret
    assert new.code != old.code
    assert queries.shows(secret=new.secret, code=new.code, at=now) is not None
    assert pair(mall, new.code).name == "kiosk-1"


def test_a_key_that_nobody_fetches_is_never_made(mall: Mall) -> None:
    asked = ask()
    device = pair(mall, asked.code)
    assert take(asked.secret, clock.real_now() + LATER) is None
    assert not device.tokens.exists()


def test_a_mistyped_code_is_told_apart_from_one_that_no_screen_shows(mall: Mall) -> None:
    ask()
    with pytest.raises(codes.BadCode):
        pair(mall, "K7Q-2F")
    with pytest.raises(devices.NoSuchScreen):
        pair(mall, codes.new_code(2, 3))
    assert not Device.objects.exists()


def test_what_was_abandoned_is_swept_away(mall: Mall) -> None:
    ask(at=clock.real_now() - timedelta(days=3))
    ask()
    assert Pairing.objects.count() == 1


def test_two_screens_never_show_the_same_code(mall: Mall, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["K7Q-2FM", "K7Q-2FM", "Z9Z-2FM"])
    monkeypatch.setattr(codes, "new_code", lambda *_size: next(drawn))
    assert [ask().code, ask().code] == ["K7Q-2FM", "Z9Z-2FM"]


def test_new_hardware_takes_over_a_device_and_the_old_keys_end_at_once(mall: Mall) -> None:
    first, second = ask(), ask()
    device = pair(mall, first.code)
    taken = take(first.secret)
    assert taken is not None
    assert pair(mall, second.code, device=device) == device
    assert queries.bearer_of(taken[1]) is None
    again = take(second.secret)
    assert again is not None
    assert queries.bearer_of(again[1]) == device
    assert Device.objects.count() == 1


def test_of_two_screens_that_wait_for_one_device_the_later_gets_it(mall: Mall) -> None:
    device, first, second = register(mall), ask(), ask()
    pair(mall, first.code, device=device)
    pair(mall, second.code, device=device)
    assert take(first.secret) is None
    assert take(second.secret) is not None


def test_a_name_is_taken_once_and_a_code_survives_the_refusal(mall: Mall) -> None:
    register(mall)
    asked = ask()
    with pytest.raises(ValidationError):
        pair(mall, asked.code, name="kiosk-1")
    assert pair(mall, asked.code).name == "kiosk-2"


def test_a_printer_has_no_screen_to_pair(mall: Mall) -> None:
    printer = register(mall, "printer-1", DeviceKind.PRINTER)
    for more in ({"device": printer}, {"kind": DeviceKind.PRINTER}):
        with pytest.raises(devices.NoScreen):
            pair(mall, ask().code, **more)


def test_a_zone_is_one_of_the_mall(mall: Mall) -> None:
    elsewhere = Zone.objects.create(mall=Mall.objects.create(code="lain", name="Lain"), code="a", name="A")
    with pytest.raises(ValidationError):
        pair(mall, ask().code, zone=elsewhere)


# ---- Races, each with a mutant that loses ----


@contextmanager
def seen_to_fail() -> Iterator[None]:
    with pytest.raises((AssertionError, IntegrityError)):
        yield


def two_operators_type_the_same_code() -> None:
    mall, asked = Mall.objects.create(code="contoh", name="MPP Contoh"), ask()
    with holding(PAIRING, Pairing.objects.get().pk) as stage:
        typed = [stage.begin(lambda name=name: pair(mall, asked.code, name=name).name) for name in ("a", "b")]  # type: ignore[misc]  # bound at once
        stage.release()
    assert [outcome(one) for one in typed] == ["a", devices.NoSuchScreen]
    assert list(Device.objects.values_list("name", flat=True)) == ["a"]


def test_a_code_typed_by_two_operators_at_once_makes_one_device() -> None:
    two_operators_type_the_same_code()


def test_without_the_guarded_claim_one_code_makes_two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    def unguarded(code: str, real_at: datetime) -> int | None:
        shown = Pairing.objects.filter(code_hash=keyed_hash(code, purpose=queries.PAIRING_CODE))
        found = shown.filter(paired_at=None, expires_at__gt=real_at).values_list("pk", flat=True).first()
        if found is not None:
            Pairing.objects.filter(pk=found).update(paired_at=real_at)
        return found

    monkeypatch.setattr(devices, "_claim_screen", unguarded)
    with seen_to_fail():
        two_operators_type_the_same_code()


def two_polls_take_the_key() -> None:
    asked = ask()
    device = pair(Mall.objects.create(code="contoh", name="MPP Contoh"), asked.code)
    with holding(PAIRING, Pairing.objects.get().pk) as stage:
        polls = [stage.begin(lambda: take(asked.secret)) for _ in range(2)]
        stage.release()
    keys = [outcome(poll) for poll in polls]
    assert sum(key is not None for key in keys) == 1
    assert Token.objects.filter(device=device, revoked_at=None).count() == 1


def test_two_polls_at_once_get_one_key() -> None:
    two_polls_take_the_key()


def test_without_the_guarded_claim_two_polls_get_two_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    def unguarded(secret_hash: str, real_at: datetime) -> Device | None:
        found = Pairing.objects.filter(secret_hash=secret_hash, taken_at=None, device__isnull=False).first()
        if found is None:
            return None
        Pairing.objects.filter(pk=found.pk).update(taken_at=real_at)
        return found.device

    monkeypatch.setattr(devices, "_claim_key", unguarded)
    with seen_to_fail():
        two_polls_take_the_key()


def a_code_is_typed_while_the_screen_asks_for_another() -> None:
    """Whoever comes first wins: the device belongs to this screen, or the operator reads the new code."""
    mall, asked = Mall.objects.create(code="contoh", name="MPP Contoh"), ask()
    with holding(PAIRING, Pairing.objects.get().pk) as stage:
        typed = stage.begin(lambda: pair(mall, asked.code).name)
        renewed = stage.begin(lambda: ask(asked.secret).secret)
        stage.release()
    assert outcome(typed) == "kiosk-1"
    assert take(asked.secret) is not None
    assert outcome(renewed) != asked.secret


def test_a_screen_that_renews_its_code_meanwhile_loses_nothing() -> None:
    a_code_is_typed_while_the_screen_asks_for_another()


# ---- Kept up by hand ----


def test_a_device_is_renamed_and_its_version_is_watched(mall: Mall) -> None:
    device = register(mall)
    values = {"name": "kiosk-depan", "place": "pintu depan"}
    changed = actions.change_device(device=device, values=values, version=1, by=None, at=clock.now())
    assert changed == ["name", "place"]
    with pytest.raises(records.ChangedMeanwhile):
        actions.change_device(device=device, values={"name": "x"}, version=1, by=None, at=clock.now())


def test_only_who_may_arrange_both_malls_moves_a_device_and_it_leaves_its_zone(mall: Mall) -> None:
    other = Mall.objects.create(code="lain", name="MPP Lain")
    zone = Zone.objects.create(mall=mall, code="utara", name="Sayap Utara")
    device = register(mall, zone=zone)
    for user in (operator(mall), operator(other), operator()):
        with pytest.raises(devices.NotYours):
            actions.change_device(device=device, values={"mall": other}, version=None, by=user, at=clock.now())
    both = operator(mall, other)
    moved = actions.change_device(device=device, values={"mall": other}, version=None, by=both, at=clock.now())
    device.refresh_from_db()
    assert set(moved) == {"mall", "zone"}
    assert (device.mall, device.zone) == (other, None)


def test_a_locked_device_keeps_its_key_but_may_not_use_it(mall: Mall) -> None:
    device = register(mall)
    key = actions.create_token(bearer=device, by=None, at=clock.now())
    for _twice in range(2):
        actions.lock_device(device=device, by=None, at=clock.now())
    assert queries.bearer_of(key) is None
    assert queries.device_of_key(key) == device
    actions.unlock_device(device=device, by=None, at=clock.now())
    assert queries.bearer_of(key) == device
    assert verbs(device) == ["device.added", "token.created", "device.locked", "device.unlocked"]


def test_withdrawn_keys_end_also_for_a_screen_that_still_waits(mall: Mall) -> None:
    asked = ask()
    device = pair(mall, asked.code)
    actions.withdraw_keys(device=device, by=None, at=clock.now())
    assert take(asked.secret) is None


def test_a_device_that_was_removed_and_came_back_has_to_be_paired_anew(mall: Mall) -> None:
    device = register(mall)
    key = actions.create_token(bearer=device, by=None, at=clock.now())
    removed = actions.remove_device(device=device, by=None, at=clock.now())
    assert queries.device_of_key(key) is None
    records.restore(removed, by=None, at=clock.now())
    assert Device.objects.get().name == "kiosk-1"
    assert queries.device_of_key(key) is None


# ---- What devices say of themselves ----


def tell(device: Device, at: datetime, **said: Any) -> Device:
    actions.report(device=device, at=clock.now(), real_at=at, **said)
    return Device.objects.get(pk=device.pk)


def test_a_sign_of_life_is_written_at_most_every_twenty_seconds(mall: Mall) -> None:
    device, now = register(mall), clock.real_now()
    assert tell(device, now, software="Chrome 142", fault="").seen_at == now
    assert tell(device, now + timedelta(seconds=19), software="Chrome 142", fault="").seen_at == now
    later = now + timedelta(seconds=20)
    assert tell(device, later, software="Chrome 142", fault="").seen_at == later
    assert verbs(device) == ["device.added"]


def test_a_fault_is_written_at_once_and_stands_in_the_journal_once(mall: Mall) -> None:
    device, now = register(mall), clock.real_now()
    tell(device, now, fault="")
    second = now + timedelta(seconds=1)
    row = tell(device, second, fault="sound-blocked  paper-low")
    assert (row.fault, row.fault_at) == ("paper-low sound-blocked", second)
    tell(device, now + timedelta(seconds=2), fault="paper-low sound-blocked")
    tell(device, now + timedelta(seconds=3), fault="paper-low sound-blocked offline-for:240")
    assert tell(device, now + timedelta(seconds=4), fault="").fault == ""
    assert sorted(verbs(device)[1:]) == [
        "device.offline_for",
        "device.paper_low",
        "device.recovered",
        "device.sound_blocked",
    ]


def test_who_says_nothing_of_faults_leaves_them_as_they_are(mall: Mall) -> None:
    device, now = register(mall), clock.real_now()
    tell(device, now, software="agent 1", fault="paper-out")
    row = tell(device, now + timedelta(minutes=1))
    assert (row.fault, row.software, row.seen_at) == ("paper-out", "agent 1", now + timedelta(minutes=1))


def test_a_printer_is_heard_through_a_device_of_its_mall(mall: Mall) -> None:
    kiosk, printer = register(mall), register(mall, "printer-1", DeviceKind.PRINTER)
    far = register(Mall.objects.create(code="lain", name="Lain"), "printer-2", DeviceKind.PRINTER)
    now = clock.real_now()
    tell(kiosk, now, printers={"printer-1": "paper-out"})
    printer.refresh_from_db()
    assert (printer.fault, printer.seen_at) == ("paper-out", now)
    assert Entry.objects.get(verb="device.paper_out", subject=f"device:{printer.pk}").actor == f"device:{kiosk.pk}"
    for name in (far.name, kiosk.name, "printer-9"):
        with pytest.raises(devices.UnknownPrinter):
            tell(kiosk, now, printers={name: ""})
    far.refresh_from_db()
    assert far.seen_at is None


@pytest.mark.parametrize(
    "fault", ["on fire", "paper-out:3", "offline-for", "offline-for:x", "PAPER-OUT", "203.0.113.7"]
)
def test_faults_come_from_a_fixed_list(mall: Mall, fault: str) -> None:
    with pytest.raises(devices.UnknownFault):
        tell(register(mall), clock.real_now(), fault=fault)


def test_all_faults_at_once_fit_the_column() -> None:
    everything = {fault: 9_999_999 if fault == Fault.OFFLINE_FOR else None for fault in Fault}
    text = rules.fault_text(everything)
    assert len(text) <= 160
    assert rules.faults_of(text) == everything


@pytest.mark.parametrize(
    ("is_active", "seconds", "state"),
    [
        (True, 0, DeviceState.ONLINE),
        (True, 90, DeviceState.ONLINE),
        (True, 91, DeviceState.SILENT),
        (True, None, DeviceState.NEVER_SEEN),
        (False, 0, DeviceState.LOCKED),
        (False, None, DeviceState.LOCKED),
    ],
)
def test_how_a_device_stands(is_active: bool, seconds: int | None, state: DeviceState) -> None:
    now = clock.real_now()
    seen_at = None if seconds is None else now - timedelta(seconds=seconds)
    assert rules.device_state(is_active=is_active, seen_at=seen_at, at=now) == state
