"""Kiosks, boards and printers."""

from datetime import datetime

from django.db import transaction

from pendapa.base.journal import actions as journal
from pendapa.directory.accounts.models import Device, DeviceKind, User
from pendapa.directory.malls.models import Mall


@transaction.atomic
def create_device(*, mall: Mall, name: str, kind: DeviceKind, by: User | None, at: datetime) -> Device:
    """Register a kiosk or board of a mall."""
    device = Device.objects.create(mall=mall, name=name, kind=kind)
    journal.record(verb="device.created", subject=device, by=by, at=at, mall=mall.pk)
    return device
