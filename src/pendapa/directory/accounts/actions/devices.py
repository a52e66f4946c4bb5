"""Kiosks, boards and printers: register and pair them, move and lock them, and hear what they say of themselves.

`at` is the mall's moment, as the journal has it. `real_at` is real time: by it codes run out and signs of life count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from pendapa.base import codes
from pendapa.base.errors import Refused
from pendapa.base.journal import actions as journal
from pendapa.base.records import actions as records
from pendapa.base.records.models import RemovedRecord
from pendapa.base.secrets import keyed_hash
from pendapa.directory.accounts import queries, rules
from pendapa.directory.accounts.actions.tokens import create_token, revoke_tokens
from pendapa.directory.accounts.models import Device, DeviceKind, Pairing, User
from pendapa.directory.accounts.queries import PAIRING_CODE, PAIRING_HOLDER
from pendapa.directory.accounts.rules import PAIRING_LIFE, Act, Fault
from pendapa.directory.malls.models import Mall, Zone

GROUPS, GROUP = 2, 3  # of a pairing code: K7Q-2FM, of which the last symbol checks the others
_KEPT = timedelta(days=1)  # an abandoned pairing
_DRAWS = 5  # of a code, until one is free


class NoSuchScreen(Refused):
    """No screen shows this code now: it was mistyped, ran out, or was typed in before."""

    status = 404


class NoScreen(Refused):
    """A printer cannot be paired; somebody else reports for it."""


class NotYours(Refused):
    """The person may not arrange devices in both malls of a move."""

    status = 404


class UnknownFault(Refused):
    """A device reported something that is not in the list of faults."""

    status = 422


class UnknownPrinter(Refused):
    """A report names a printer that the mall of the device does not have, or that is locked."""

    status = 404


@dataclass(frozen=True)
class Asked:
    """What a waiting screen gets: the code to show, the secret to keep, and until when the code holds."""

    code: str
    secret: str
    expires_at: datetime


def create_device(
    *,
    mall: Mall,
    name: str,
    kind: DeviceKind,
    zone: Zone | None = None,
    place: str = "",
    by: User | None,
    at: datetime,
) -> Device:
    """Register a device by hand; a printer has no screen to pair. Raises `ValidationError`."""
    _check_zone(zone, mall)
    return records.add(Device(mall=mall, name=name, kind=kind, zone=zone, place=place), by=by, at=at)


@transaction.atomic
def ask_pairing(*, secret: str = "", real_at: datetime) -> Asked:
    """A code for a screen that waits: a new one for the secret it holds, or the first with a new secret.

    Codes and secrets are kept as keyed hashes only. What was abandoned long ago is swept away.
    """
    Pairing.objects.filter(expires_at__lt=real_at - _KEPT).delete()
    expires_at = real_at + PAIRING_LIFE
    for _draw in range(_DRAWS):
        code = codes.new_code(GROUPS, GROUP)
        shown = {"code_hash": keyed_hash(code, purpose=PAIRING_CODE), "expires_at": expires_at}
        try:
            with transaction.atomic():
                waits = Pairing.objects.filter(secret_hash=_secret_hash(secret), paired_at=None) if secret else None
                if waits is None or not waits.update(**shown):
                    secret = token_urlsafe(32)
                    Pairing.objects.create(secret_hash=_secret_hash(secret), asked_at=real_at, **shown)
        except IntegrityError:  # another screen shows this very code
            continue
        return Asked(code, secret, expires_at)
    raise RuntimeError("no pairing code is free")


@transaction.atomic
def pair(
    *,
    code: str,
    mall: Mall,
    device: Device | None = None,
    kind: DeviceKind | None = None,
    name: str = "",
    zone: Zone | None = None,
    place: str = "",
    by: User | None,
    at: datetime,
    real_at: datetime,
) -> Device:
    """Make the screen that shows a code a device of the mall: a new one, or new hardware for `device`.

    A new one without a name gets the next free name of its kind. The keys of replaced hardware end at once. A code
    is good for one pairing, however many people type it. Raises `BadCode`, `NoSuchScreen`, `NoScreen`, `Gone`,
    `ValidationError`.
    """
    pairing = _claim_screen(codes.normalise(code, GROUPS, GROUP), real_at)
    if pairing is None:
        raise NoSuchScreen(_("No screen shows this code now. Please look at the screen once more: codes change."))
    if device is None:
        assert kind is not None  # the form of a new device has one
        name = name or queries.free_name(kind)
        _insist_on_screen(kind)
        device = create_device(mall=mall, name=name, kind=kind, zone=zone, place=place, by=by, at=at)
    else:
        records.claim(device, version=None)
        _insist_on_screen(DeviceKind(device.kind))
        withdraw_keys(device=device, by=by, at=at)
    Pairing.objects.filter(pk=pairing).update(device=device, expires_at=real_at + PAIRING_LIFE)
    records.note(device, "paired", by=by, at=at)
    return device


@transaction.atomic
def take_key(*, secret: str, at: datetime, real_at: datetime) -> tuple[Device, str] | None:
    """The device that a waiting screen has become, and its key, once; None until then and ever after.

    A key that no screen fetches within ten minutes is never made.
    """
    device = _claim_key(_secret_hash(secret), real_at)
    return (device, create_token(bearer=device, by=device, at=at)) if device else None


@transaction.atomic
def change_device(
    *, device: Device, values: Mapping[str, Any], version: int | None, by: User | None, at: datetime
) -> list[str]:
    """Rename a device, say where it stands, or move it to another mall; returns what changed.

    Only someone who may arrange both malls may move it, and it leaves its zone behind. Raises `NotYours`,
    `ChangedMeanwhile`, `Gone`, `ValidationError`.
    """
    records.claim(device, version=version)
    values = dict(values)
    mall: Mall = values.get("mall") or device.mall
    if mall.pk != device.mall_id:
        if by is not None and not all(queries.may(by, Act.ARRANGE, mall=one) for one in (device.mall, mall)):
            raise NotYours(_("You may not move devices to that mall."))
        zone = values.get("zone", device.zone)
        values["zone"] = zone if zone is not None and zone.mall_id == mall.pk else None
    _check_zone(values.get("zone"), mall)
    return records.change(device, values, version=version, by=by, at=at)


def lock_device(*, device: Device, by: User | None, at: datetime) -> None:
    """Refuse a device from its next request on, until it is unlocked; its keys stay. Raises `Gone`."""
    _set_active(device, "locked", is_active=False, by=by, at=at)


def unlock_device(*, device: Device, by: User | None, at: datetime) -> None:
    """Let a locked device go on with the keys it had. Raises `Gone`."""
    _set_active(device, "unlocked", is_active=True, by=by, at=at)


@transaction.atomic
def withdraw_keys(*, device: Device, by: User | None, at: datetime) -> int:
    """End every key of a device, also one that still waits for its screen; returns how many there were."""
    device.pairings.filter(taken_at=None).delete()
    return revoke_tokens(bearer=device, by=by, at=at)


@transaction.atomic
def remove_device(*, device: Device, by: User | None, at: datetime) -> RemovedRecord:
    """Take a device out of its mall. Brought back it has to be paired anew. Raises `Gone`, `StillUsed`."""
    withdraw_keys(device=device, by=by, at=at)
    device.pairings.all().delete()
    return records.remove(device, by=by, at=at)


@transaction.atomic
def report(
    *,
    device: Device,
    software: str = "",
    fault: str | None = None,
    printers: Mapping[str, str] | None = None,
    at: datetime,
    real_at: datetime,
) -> None:
    """Note a sign of life, what is wrong (see `rules.Fault`), and the faults of printers the device looks after.

    An empty `fault` means that all is well, None that the reporter does not know. Printers are of the same mall, by
    name. The same said again within 20 seconds is not written. Faults that come and go stand in the journal, signs of
    life do not. Raises `UnknownFault`, `UnknownPrinter`.
    """
    heard: list[tuple[Device, str | None, str]] = [(device, fault, software[:40])]
    if printers:
        found = {
            one.name: one
            for one in Device.objects.filter(
                kind=DeviceKind.PRINTER, name__in=printers, mall__devices=device, is_active=True
            )
        }
        for name, of_printer in printers.items():
            if name not in found:
                raise UnknownPrinter(_("This mall has no printer %(name)s.") % {"name": name})
            heard.append((found[name], of_printer, ""))
    for one, text, its_software in heard:
        faults = None if text is None else _faults(text)
        _hear(one, faults, its_software, by=device, at=at, real_at=real_at)


def _hear(
    device: Device,
    faults: dict[Fault, int | None] | None,
    software: str,
    *,
    by: Device,
    at: datetime,
    real_at: datetime,
) -> None:
    row = Device.objects.filter(pk=device.pk)
    before = row.only("mall_id", "fault", "software", "seen_at").get()
    said: dict[str, Any] = {"seen_at": real_at, "software": software or before.software}
    text = before.fault if faults is None else rules.fault_text(faults)
    if faults is None or text == before.fault:
        is_news = said["software"] != before.software
        if is_news or before.seen_at is None or real_at - before.seen_at >= rules.HEARD_ENOUGH:
            row.update(**said)
        return
    # Two reports at once: only the one that finds the fault it knew writes it down.
    if not row.filter(fault=before.fault).update(fault=text, fault_at=real_at, **said):
        return
    old = rules.faults_of(before.fault)
    verbs = [fault.replace("-", "_") for fault in faults if fault not in old] or ([] if faults else ["recovered"])
    for verb in verbs:
        journal.record(verb=f"device.{verb}", subject=before, by=by, at=at, mall=before.mall_id, fault=text)


def _faults(text: str) -> dict[Fault, int | None]:
    try:
        return rules.faults_of(text[:200])
    except ValueError as error:
        known = ", ".join(Fault)
        raise UnknownFault(_("A fault is one of: %(known)s.") % {"known": known}) from error


def _claim_screen(code: str, real_at: datetime) -> int | None:
    """The pairing whose screen shows a code, for one caller alone."""
    shown = Pairing.objects.filter(code_hash=keyed_hash(code, purpose=PAIRING_CODE))
    found = shown.filter(paired_at=None, expires_at__gt=real_at).values_list("pk", flat=True).first()
    if found is None:
        return None
    claimed = Pairing.objects.filter(pk=found, paired_at=None).update(paired_at=real_at)
    return found if claimed else None


def _claim_key(secret_hash: str, real_at: datetime) -> Device | None:
    """The device whose key a screen may fetch, for one caller alone."""
    ready = Pairing.objects.filter(secret_hash=secret_hash, taken_at=None, device__isnull=False, expires_at__gt=real_at)
    found = ready.select_related("device__mall").first()
    if found is None:
        return None
    claimed = Pairing.objects.filter(pk=found.pk, taken_at=None).update(taken_at=real_at)
    return found.device if claimed else None


def _secret_hash(secret: str) -> str:
    return keyed_hash(secret, purpose=PAIRING_HOLDER)


def _insist_on_screen(kind: DeviceKind) -> None:
    if kind == DeviceKind.PRINTER:
        raise NoScreen(_("A printer has no screen. Please register it by hand."))


def _check_zone(zone: Zone | None, mall: Mall) -> None:
    if zone is not None and zone.mall_id != mall.pk:
        raise ValidationError({"zone": _("This zone belongs to another mall.")})


@transaction.atomic
def _set_active(device: Device, verb: str, *, is_active: bool, by: User | None, at: datetime) -> None:
    records.claim(device, version=None)
    if device.is_active == is_active:
        return
    device.is_active = is_active
    device.version += 1
    device.save(update_fields=["is_active", "version"])
    records.note(device, verb, by=by, at=at)
