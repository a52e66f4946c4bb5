"""How a device stands, what is wrong with it and what to do, in words."""

from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pendapa.directory.accounts.models import Device, DeviceKind
from pendapa.directory.accounts.rules import DeviceState, Fault, device_state, faults_of
from pendapa.web.office.registers import Words

STATES: dict[DeviceState, Words] = {
    DeviceState.ONLINE: gettext_lazy("online"),
    DeviceState.SILENT: gettext_lazy("silent"),
    DeviceState.LOCKED: gettext_lazy("locked"),
    DeviceState.NEVER_SEEN: gettext_lazy("never seen"),
}
LOOKS = {  # the states that `ui/components/state_chip.html` knows
    DeviceState.ONLINE: "online",
    DeviceState.SILENT: "silent",
    DeviceState.LOCKED: "locked",
    DeviceState.NEVER_SEEN: "pairing",
}
ICONS = {DeviceKind.KIOSK.value: "tablet", DeviceKind.BOARD.value: "display", DeviceKind.PRINTER.value: "printer"}

FAULTS: dict[Fault, tuple[Words, Words]] = {
    Fault.PAPER_OUT: (gettext_lazy("The paper is out."), gettext_lazy("Put in a new roll.")),
    Fault.PAPER_LOW: (gettext_lazy("The paper is nearly out."), gettext_lazy("Have a new roll ready.")),
    Fault.COVER_OPEN: (gettext_lazy("The cover of the printer is open."), gettext_lazy("Close it until it clicks.")),
    Fault.PRINTER_SILENT: (
        gettext_lazy("The printer does not answer."),
        gettext_lazy("Check its power and its cable, then switch it off and on."),
    ),
    Fault.SOUND_BLOCKED: (
        gettext_lazy("The browser keeps the sound off."),
        gettext_lazy("Touch the screen once, and allow sound for this page."),
    ),
    Fault.OFFLINE_FOR: (
        gettext_lazy("It was without connection for %(time)s."),
        gettext_lazy("If that happens often, check the network there."),
    ),
}

VERBS: dict[str, Words] = {
    "paired": gettext_lazy("paired a screen"),
    "locked": gettext_lazy("locked the device"),
    "unlocked": gettext_lazy("unlocked the device"),
    "token.created": gettext_lazy("got a key"),
    "token.revoked": gettext_lazy("withdrew the keys"),
    "recovered": gettext_lazy("reports: all is well again"),
    "paper_out": gettext_lazy("reports: the paper is out"),
    "paper_low": gettext_lazy("reports: the paper is nearly out"),
    "cover_open": gettext_lazy("reports: the cover of the printer is open"),
    "printer_silent": gettext_lazy("reports: the printer does not answer"),
    "sound_blocked": gettext_lazy("reports: the browser keeps the sound off"),
    "offline_for": gettext_lazy("reports: it was without connection"),
}


def state_of(device: Device, now: datetime) -> DeviceState:
    """How a device stands at a moment of real time."""
    return device_state(is_active=device.is_active, seen_at=device.seen_at, at=now)


def state_words(device: Device, now: datetime) -> str:
    """ "online", or "silent since 09.40" on the mall's wall clock, with the day if that was not today."""
    state = state_of(device, now)
    if state != DeviceState.SILENT:
        return str(STATES[state])
    zone = device.mall.zone_info
    seen, today = device.seen_at.astimezone(zone), now.astimezone(zone).date()  # type: ignore[union-attr]  # it was seen
    return _("silent since %(moment)s") % {"moment": date_format(seen, "H.i" if seen.date() == today else "j M, H.i")}


def seen_words(device: Device, now: datetime) -> str:
    """How long ago a device was heard; empty for one that never was."""
    if device.seen_at is None:
        return ""
    return _("%(time)s ago") % {"time": span(now - device.seen_at)}


def span(time: timedelta) -> str:
    """A length of time as people say it, in its largest unit."""
    seconds = max(int(time.total_seconds()), 0)
    if seconds < 60:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    if seconds < 3600:
        return ngettext("%(count)d minute", "%(count)d minutes", seconds // 60) % {"count": seconds // 60}
    if seconds < 86_400:
        return ngettext("%(count)d hour", "%(count)d hours", seconds // 3600) % {"count": seconds // 3600}
    return ngettext("%(count)d day", "%(count)d days", seconds // 86_400) % {"count": seconds // 86_400}


def faults(device: Device) -> list[tuple[str, str]]:
    """What a device last said is wrong, each with what to do about it."""
    lines = []
    for fault, figure in faults_of(device.fault).items():
        what, advice = FAULTS[fault]
        time = span(timedelta(seconds=figure or 0))
        lines.append((str(what) % {"time": time} if fault == Fault.OFFLINE_FOR else str(what), str(advice)))
    return lines


def troubles(device: Device, now: datetime) -> list[tuple[str, str]]:
    """All that somebody should look after at a device, its silence first."""
    lines = faults(device)
    if state_of(device, now) == DeviceState.SILENT:
        lines.insert(0, (_("It does not report."), _("Check its power, its network and whether its page is open.")))
    return lines


def fault_words(device: Device) -> str:
    """The same in one line."""
    return " ".join(f"{what} {advice}" for what, advice in faults(device))
