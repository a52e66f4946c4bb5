"""A device in a list, as its card shows it."""

from typing import Any

from django import template

from pendapa.directory.accounts.models import Device
from pendapa.web.office import device_words as words

register = template.Library()


@register.filter
def device_card(device: Device) -> dict[str, Any]:
    """What `ui/components/device_card.html` shows of a device that carries the moment of asking as `now`."""
    now = device.now  # type: ignore[attr-defined]  # the register's rows are annotated with it
    return {
        "id": f"device-{device.pk}",  # by which htmx finds the link that had the focus
        "icon": words.ICONS[device.kind],
        "place": ", ".join(filter(None, (device.zone.name if device.zone else "", device.place))),
        "state": words.LOOKS[words.state_of(device, now)],
        "stands": words.state_words(device, now),
        "seen": words.seen_words(device, now),
        "faults": words.troubles(device, now),
    }
