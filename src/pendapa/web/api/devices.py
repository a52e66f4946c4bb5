"""What kiosks, boards and the agents beside them say of themselves."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from pendapa.base import clock
from pendapa.directory.accounts import actions
from pendapa.directory.accounts.actions.devices import UnknownFault
from pendapa.directory.accounts.models import Device
from pendapa.directory.accounts.rules import Fault
from pendapa.web.api import answers, bearers
from pendapa.web.api.problems import Malformed, mistake

router = Router(tags=["staff"])

AGAIN_IN = 30  # seconds between two reports

FaultText = Annotated[
    str,
    Field(
        max_length=160,
        pattern=r"^[a-z0-9: -]*$",
        description=f"faults with blanks between them, empty when all is well: {', '.join(Fault)}"
        " (offline-for with seconds, offline-for:240)",
    ),
]


class Report(Schema):
    """A sign of life. Left out, `fault` stays as it was; `printers` are those that the device looks after."""

    model_config = ConfigDict(extra="forbid")

    software: Annotated[str, Field(max_length=40, pattern=r"^[ -~]*$", description="name and version")] = ""
    fault: FaultText | None = None
    printers: Annotated[
        dict[Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]+$", max_length=40)], FaultText],
        Field(max_length=20, description="fault by the name of the printer"),
    ] = {}


class Heard(Schema):
    """The report was heard; another is due in `again_in` seconds."""

    again_in: int


@router.post("/devices/report", response=Heard)
def report_device(request: HttpRequest, said: Report) -> HttpResponse:
    """Say that the device of the token lives, and what is wrong with it or with the printers beside it.

    A locked device or a withdrawn key is refused with 401. The same said again within 20 seconds is not written.
    """
    device = bearers.staff(request).actor
    if not isinstance(device, Device):
        raise bearers.NotAllowed(_("Only a device reports on itself. This token is that of a person."))
    try:
        actions.report(device=device, **said.dict(), at=clock.now(), real_at=clock.real_now())
    except UnknownFault as refusal:
        raise Malformed([mistake("body", "#/fault", refusal.sentence)]) from refusal
    return answers.sent(Heard(again_in=AGAIN_IN))
