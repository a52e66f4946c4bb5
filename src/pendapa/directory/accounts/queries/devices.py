"""Which device a browser is, and which screen waits to become one."""

from datetime import datetime

from pendapa.base.secrets import keyed_hash
from pendapa.directory.accounts.models import Device, DeviceKind, Pairing
from pendapa.directory.accounts.queries.tokens import PURPOSE

PAIRING_CODE = "pairing-code"
PAIRING_HOLDER = "pairing-holder"


def device_of_key(key: str) -> Device | None:
    """The device that a key names, also while it is locked; None for a wrong or withdrawn key. One statement.

    Whoever lets a device act asks for `is_active` too.
    """
    return (
        Device.objects.select_related("mall")
        .filter(tokens__key_hash=keyed_hash(key, purpose=PURPOSE), tokens__revoked_at=None)
        .first()
    )


def shows(*, secret: str, code: str, at: datetime) -> Pairing | None:
    """The pairing of a screen that still waits and shows this code; None once it ran out or was typed in."""
    return Pairing.objects.filter(
        secret_hash=keyed_hash(secret, purpose=PAIRING_HOLDER),
        code_hash=keyed_hash(code, purpose=PAIRING_CODE),
        paired_at=None,
        expires_at__gt=at,
    ).first()


def free_name(kind: DeviceKind) -> str:
    """The next name of its kind that no device of the installation has: "kiosk-3"."""
    taken = set(Device.objects.filter(name__startswith=f"{kind}-").values_list("name", flat=True))
    number = 1
    while f"{kind}-{number}" in taken:
        number += 1
    return f"{kind}-{number}"
