"""Devices and their agents report through the API, each for itself and the printers of its mall."""

import pytest

from pendapa.base.journal.models import Entry
from pendapa.directory.accounts.models import Device, DeviceKind
from pendapa.operations.queueing.tests.make import make_device
from pendapa.web.api.tests.conftest import Counting
from pendapa.web.api.tests.hall import Hall, good, problem

PATH = "/api/v1/devices/report"


def kiosk_of(hall: Hall) -> Device:
    return Device.objects.get(kind=DeviceKind.KIOSK, mall=hall.a.mall)


def test_a_kiosk_and_its_printer_are_heard(hall: Hall) -> None:
    printer = make_device(hall.a.mall, DeviceKind.PRINTER)
    body = {"software": "agent 1.0", "fault": "sound-blocked", "printers": {printer.name: "paper-out"}}
    assert good(hall.call("kiosk", PATH, body=body)) == {"again_in": 30}
    kiosk = kiosk_of(hall)
    printer.refresh_from_db()
    assert (kiosk.software, kiosk.fault, printer.fault) == ("agent 1.0", "sound-blocked", "paper-out")
    assert kiosk.seen_at == printer.seen_at
    assert Entry.objects.get(verb="device.paper_out", subject=f"device:{printer.pk}").actor == kiosk.actor_name


def test_an_agent_that_knows_nothing_of_faults_leaves_them(hall: Hall) -> None:
    good(hall.call("kiosk", PATH, body={"fault": "paper-low"}))
    good(hall.call("kiosk", PATH, body={}))
    assert kiosk_of(hall).fault == "paper-low"


def test_only_devices_report_and_no_locked_one(hall: Hall) -> None:
    problem(hall.call(None, PATH, body={}), 401, "token-needed")
    problem(hall.call("operator", PATH, body={}), 403, "not-allowed")
    Device.objects.update(is_active=False)
    problem(hall.call("kiosk", PATH, body={}), 401, "token-wrong")


@pytest.mark.parametrize(
    "body",
    [
        {"fault": "on fire"},
        {"fault": "offline-for"},
        {"fault": "PAPER-OUT"},
        {"software": "\u2603"},
        {"software": "x" * 41},
        {"printers": {"printer-1": 3}},
        {"printers": {"no name": ""}},
        {"address": "203.0.113.7"},
    ],
)
def test_a_strange_report_is_refused_with_its_place(hall: Hall, body: object) -> None:
    assert problem(hall.call("kiosk", PATH, body=body), 422, "malformed")["errors"]
    assert kiosk_of(hall).seen_at is None


def test_printers_of_another_mall_are_unknown(hall: Hall) -> None:
    far = make_device(Device.objects.exclude(mall=hall.a.mall).get().mall, DeviceKind.PRINTER)
    problem(hall.call("kiosk", PATH, body={"printers": {far.name: ""}}), 404, "unknown-printer")
    assert kiosk_of(hall).seen_at is None


def test_a_report_costs_few_statements(hall: Hall, statements: Counting) -> None:
    hall.call("kiosk", PATH, body={"fault": ""})
    with statements() as seen:
        good(hall.call("kiosk", PATH, body={"fault": ""}))
    assert len(seen) <= 5
