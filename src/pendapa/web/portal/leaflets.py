"""The leaflet of a public service: what its page says, on paper, as a PDF that archives and screen readers can read.

The words are those of the page (`ui.standards`). Typst gets them as JSON, apart from its template, so that nothing
anybody writes into the catalogue can be read as code.
"""

import json
import logging
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import typst
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from pendapa.directory.catalogue.models import ServiceVersion
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing.models import Queue
from pendapa.web.portal.hours import week
from pendapa.web.ui.standards import Paper, Price, Sheet, sheet

DATA = Path(__file__).parent / "data"
TEMPLATE = DATA / "leaflet.typ"
STANDARDS: "list[typst.PDFStandard]" = ["a-2b", "ua-1"]
EXAMPLE = "CONTOH, bukan data resmi"  # in every language

logger = logging.getLogger(__name__)

Block = dict[str, Any]


class NotAsDesigned(Exception):
    """Typst would set the leaflet otherwise than its template says: a font is missing."""


def leaflet(shown: ServiceVersion, mall: Mall, *, queue: Queue | None, address: str, spoken: str) -> bytes:
    """The leaflet of a version in force. The same words always give the same bytes."""
    assert shown.published_at is not None
    return pdf(content(shown, mall, queue=queue, address=address, spoken=spoken), shown.published_at)


def content(shown: ServiceVersion, mall: Mall, *, queue: Queue | None, address: str, spoken: str) -> dict[str, Any]:
    """What stands on a leaflet, in the order in which it is read. `address` is the page's own, for the QR code."""
    said, agency = sheet(shown.standard, spoken), shown.service.agency
    things = ngettext("%(n)s thing", "%(n)s things", len(said.papers)) % {"n": len(said.papers)}
    return {
        "language": spoken,
        "title": f"{said.name}, {mall.name}",
        "mall": mall.name,
        "agency": agency.name,
        "name": said.name,
        "summary": said.summary,
        "outside": _outside(said),
        "example": EXAMPLE if settings.DEMO else "",
        "key": [[_("Cost"), said.cost], [_("Ready in"), said.time], [_("To bring"), things]],
        "columns": [
            [_bring(said), _section(_("How it goes"), _steps(said))],
            [
                _section(_("What it costs"), _cost(said)),
                _section(_("How long it takes"), _time(said)),
                _section(_("What you get"), [_block("list", list(said.products))]),
                _section(_("Where and when"), _where(mall, queue)),
                _section(_("If something is wrong"), _complaints(said, mall)),
            ],
        ],
        "origin": _section(_("Where this comes from"), [_block("facts", _origin(shown, said))]),
        "page": _("The version in force and today's hours are always at this address:"),
        "address": address,
        "qr": _qr(address),
        "qr_words": _("QR code with the address %(address)s") % {"address": address},
        "page_of": pgettext("before a page number", "page"),
    }


def pdf(words: dict[str, Any], at: datetime) -> bytes:
    """Set a leaflet, dated by its version.

    A sign that no font has (an emoji, say) cannot stand in an archive's PDF. Such a leaflet is made without that
    promise, with an empty box for the sign: a visitor is better served by it than by none.
    """
    try:
        return _set(words, at, STANDARDS)
    except typst.TypstError as refused:
        logger.warning("The leaflet %r is no PDF/A: %s", words["title"], refused.message)
        return _set(words, at, [])


def _set(words: dict[str, Any], at: datetime, standards: "list[typst.PDFStandard]") -> bytes:
    made, warnings = typst.compile_with_warnings(
        TEMPLATE,
        root=DATA,
        font_paths=fonts(),
        sys_inputs={"leaflet": json.dumps(words, ensure_ascii=False)},
        format="pdf",
        pdf_standards=standards,
        timestamp=int(at.timestamp()),
    )
    missing = [warning.message for warning in warnings if "unknown font family" in warning.message]
    if missing:
        raise NotAsDesigned(missing[0])
    assert isinstance(made, bytes)
    return made


@cache
def fonts() -> typst.Fonts:
    """The leaflet's own fonts, and those within Typst for signs that they lack; none of the machine's."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[DATA / "fonts"])


def _section(title: str, blocks: list[Block]) -> dict[str, Any]:
    return {"title": title, "blocks": blocks}


def _block(kind: str, told: Any) -> Block:
    return {"kind": kind, "told": told}


def _texts(*texts: str) -> list[Block]:
    return [_block("text", text) for text in texts if text]


def _outside(said: Sheet) -> str:
    if not said.outside:
        return ""
    return _("It is issued by %(system)s, not by this mall. Our officers help you to apply and to follow it.") % {
        "system": said.outside
    }


def _bring(said: Sheet) -> dict[str, Any]:
    if not said.papers:
        return _section(_("What to bring"), _texts(_("You need to bring nothing.")))
    return _section(_("What to bring"), [_block("papers", [_paper(one) for one in said.papers])])


def _paper(one: Paper) -> dict[str, str]:
    return {
        "only_if": _("Only if %(condition)s") % {"condition": one.only_if} if one.only_if else "",
        "text": one.text,
        "form": one.form,
        "where": _("Get it at: %(place)s") % {"place": one.where} if one.where else "",
    }


def _steps(said: Sheet) -> list[Block]:
    ways = _("You can be served %(ways)s.") % {"ways": said.delivery} if said.delivery else ""
    return [_block("steps", list(said.steps)), *_soft(ways)]


def _soft(text: str) -> list[Block]:
    return [_block("soft", text)] if text else []


def _cost(said: Sheet) -> list[Block]:
    if said.is_free:
        told = [_block("strong", [_("Free of charge."), " " + _("Nobody may ask you for money.")])]
    else:
        told = [_block("prices", [_price(one) for one in said.prices])]
    basis = _("Basis: %(basis)s") % {"basis": said.price_basis} if said.price_basis else ""
    return [*told, *_texts(said.price_note), *_soft(basis)]


def _price(one: Price) -> dict[str, Any]:
    return {"label": one.label, "per": one.per, "amount": one.amount, "is_formula": one.is_formula}


def _time(said: Sheet) -> list[Block]:
    if not said.time:
        return []
    told = [_("At most %(time)s") % {"time": said.time}, f", {said.time_from}."]
    return [_block("strong", told), *_texts(said.time_but)]


def _where(mall: Mall, queue: Queue | None) -> list[Block]:
    place = [mall.name]
    if queue is not None:
        place += [part for part in (queue.zone.name, queue.zone.floor) if part]
    facts = [[_("Where"), _lines([", ".join(place), mall.address])]]
    if queue is None:
        return [_block("facts", facts), *_texts(_("No number is needed. Please ask the information officer."))]
    facts.append([_("Queue"), f"{queue.prefix}, {queue.name}"])
    usual = week(queue.schedule)
    if not usual:
        return [_block("facts", facts)]
    facts.append([_("Usual hours"), _lines(usual)])
    return [_block("facts", facts), *_soft(_("On holidays and in Ramadan the hours are often others."))]


def _complaints(said: Sheet, mall: Mall) -> list[Block]:
    every = [_("The information officer of the mall takes every complaint, too.")]
    if mall.phone:
        every.append(_("Phone: %(phone)s.") % {"phone": mall.phone})
    if mall.email:
        every.append(_("E-mail: %(email)s.") % {"email": mall.email})
    return _texts(f"{said.complaints}." if said.complaints else "", " ".join(every))


def _origin(shown: ServiceVersion, said: Sheet) -> list[list[str]]:
    facts = []
    if said.legal_basis:
        facts.append([_("Legal basis"), ", ".join(said.legal_basis)])
    if shown.decree_number:
        facts.append(
            [
                _("Set by"),
                _("%(number)s of %(date)s") % {"number": shown.decree_number, "date": _day(shown.decree_date)},
            ]
        )
    version = _("%(n)s, valid from %(date)s") % {"n": shown.number, "date": _day(shown.valid_from)}
    return [*facts, [_("Version"), version]]


def _day(day: date | None) -> str:
    return date_format(day, "j F Y") if day else ""


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)


def _qr(address: str) -> str:
    """The QR code as SVG, black on white with its quiet zone."""
    drawn = BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=4, dark="#000", light="#fff")
    return drawn.getvalue().decode()
