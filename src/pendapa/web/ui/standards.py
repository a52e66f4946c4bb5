"""A service standard in the words of its readers: what its page, its cards and the preview of its editors say of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from pendapa.directory.catalogue.rules import (
    Delivery,
    Fee,
    FeeLine,
    Form,
    Issuer,
    LifeEvent,
    PromisedTime,
    Requirement,
    Standard,
    Start,
    Text,
    Unit,
)
from pendapa.web.ui.templatetags.ui import thousands

EVENTS: dict[LifeEvent, str | Promise] = {
    LifeEvent.BIRTH: gettext_lazy("A child is born"),
    LifeEvent.CHILDHOOD: gettext_lazy("Children"),
    LifeEvent.SCHOOL: gettext_lazy("School and study"),
    LifeEvent.WORK: gettext_lazy("Finding work, working"),
    LifeEvent.BUSINESS: gettext_lazy("Starting and running a business"),
    LifeEvent.MARRIAGE: gettext_lazy("Getting married"),
    LifeEvent.DIVORCE: gettext_lazy("Divorce"),
    LifeEvent.HEALTH: gettext_lazy("Health and insurance"),
    LifeEvent.HOME: gettext_lazy("House, water and electricity"),
    LifeEvent.LAND: gettext_lazy("Land and buildings"),
    LifeEvent.VEHICLE: gettext_lazy("Vehicles and driving"),
    LifeEvent.TRAVEL: gettext_lazy("Travelling abroad"),
    LifeEvent.MOVING: gettext_lazy("Moving house"),
    LifeEvent.RETIREMENT: gettext_lazy("Retirement"),
    LifeEvent.LOSS: gettext_lazy("Something is lost"),
    LifeEvent.DEATH: gettext_lazy("Somebody has died"),
    LifeEvent.TAX: gettext_lazy("Taxes"),
    LifeEvent.WORSHIP: gettext_lazy("Worship and pilgrimage"),
    LifeEvent.DISABILITY: gettext_lazy("Disability"),
}

FORMS: dict[Form, str | Promise] = {
    Form.ORIGINAL: gettext_lazy("original"),
    Form.COPY: gettext_lazy("photocopy"),
    Form.ORIGINAL_AND_COPY: gettext_lazy("original and photocopy"),
    Form.FILL_IN: gettext_lazy("form, filled in"),
    Form.PHOTO: gettext_lazy("photo"),
    Form.DIGITAL: gettext_lazy("digital file"),
    Form.SHOW: gettext_lazy("just show it"),
}

_STARTS: dict[Start, str | Promise] = {
    Start.COMPLETE: gettext_lazy("counted from when your papers are complete"),
    Start.PAID: gettext_lazy("counted from your payment"),
    Start.AT_COUNTER: gettext_lazy("counted from when you are at the counter"),
    Start.INSPECTED: gettext_lazy("counted from the inspection"),
}

DELIVERIES: dict[Delivery, str | Promise] = {
    Delivery.AT_PLACE: gettext_lazy("at the counter"),
    Delivery.MOBILE: gettext_lazy("by the mobile service"),
    Delivery.SELF_SERVICE: gettext_lazy("at a self-service machine"),
    Delivery.ELECTRONIC: gettext_lazy("over the internet"),
}


@dataclass(frozen=True)
class Paper:
    """One thing to bring: its form and whose it is, where to get it, when it is needed, and what it looks like."""

    text: str
    form: str
    where: str
    only_if: str
    picture: str  # a static file; empty: none


@dataclass(frozen=True)
class Price:
    """One line of the tariff."""

    label: str
    amount: str
    per: str
    is_formula: bool


@dataclass(frozen=True)
class Sheet:
    """One standard in one language. What nobody has written is empty."""

    name: str
    summary: str
    outside: str  # the system that issues it; empty: it is issued here
    is_free: bool
    cost: str
    prices: tuple[Price, ...]
    price_note: str
    price_basis: str
    time: str
    time_from: str
    time_but: str
    papers: tuple[Paper, ...]
    steps: tuple[str, ...]
    products: tuple[str, ...]
    complaints: str | None  # empty: by the mall's own ways; None: nobody has said
    delivery: str
    legal_basis: tuple[str, ...]

    @property
    def bring(self) -> str:
        """How much is to be brought, for a card."""
        return bring(len(self.papers))


def sheet(standard: Standard, language: str) -> Sheet:
    """A standard as somebody reads it. What the language lacks stands in Indonesian."""

    def said(text: Text | None) -> str:
        return text.in_(language) if text else ""

    fee, time = standard.fee, standard.time
    return Sheet(
        name=said(standard.name),
        summary=said(standard.summary),
        outside=standard.outside_system if standard.issuer is Issuer.OUTSIDE else "",
        is_free=fee is not None and fee.free,
        cost=cost(fee),
        prices=tuple(_price(line, language) for line in fee.lines) if fee else (),
        price_note=said(fee.note) if fee else "",
        price_basis=said(fee.basis) if fee else "",
        time=promise(time),
        time_from=str(_STARTS[time.starts]) if time else "",
        time_but=said(time.exceptions) if time else "",
        papers=tuple(_paper(one, language) for one in standard.requirements),
        steps=tuple(said(step) for step in standard.steps),
        products=tuple(said(product) for product in standard.products),
        complaints=None if standard.complaints is None else said(standard.complaints),
        delivery=_listed(str(DELIVERIES[way]) for way in standard.delivery),
        legal_basis=standard.legal_basis,
    )


def bring(count: int) -> str:
    """How many things are to be brought."""
    if not count:
        return ""
    return ngettext("bring %(n)d thing", "bring %(n)d things", count) % {"n": count}


def cost(fee: Fee | None) -> str:
    """What a service costs, in a word or an amount: “gratis”, “Rp75.000”, “from Rp75.000”."""
    if fee is None:
        return ""
    if fee.free:
        return _("Free of charge")
    amounts = [line.amount for line in fee.lines if line.amount is not None]
    if not amounts:
        return _("By calculation")
    if len(fee.lines) == 1:
        return money(amounts[0])
    return _("From %(amount)s") % {"amount": money(min(amounts))}


def money(amount: int) -> str:
    """Whole rupiah as people write them."""
    return f"Rp{thousands(amount)}"


def promise(time: PromisedTime | None) -> str:
    """The promised time without its conditions: “3 hari kerja”."""
    if time is None:
        return ""
    n = time.value
    words = {
        Unit.MINUTE: ngettext("%(n)d minute", "%(n)d minutes", n),
        Unit.HOUR: ngettext("%(n)d hour", "%(n)d hours", n),
        Unit.CALENDAR_DAY: ngettext("%(n)d day", "%(n)d days", n),
        Unit.WORKING_DAY: ngettext("%(n)d working day", "%(n)d working days", n),
    }
    return words[time.unit] % {"n": n}


def _price(line: FeeLine, language: str) -> Price:
    is_formula = line.amount is None
    amount = line.formula.in_(language) if line.amount is None else money(line.amount)
    return Price(line.label.in_(language), amount, line.per.in_(language), is_formula)


def _paper(one: Requirement, language: str) -> Paper:
    parts = [_form(one.form, one.count)]
    if one.whose:
        parts.append(_("of %(whose)s") % {"whose": one.whose.in_(language)})
    return Paper(
        text=one.text.in_(language),
        form=", ".join(parts),
        where=one.where.in_(language),
        only_if=_within(one.only_if.in_(language)),
        picture=f"ui/papers/{one.picture}.svg" if one.picture else "",
    )


_ALWAYS_GREAT = {"Anda", "I"}


def _within(words: str) -> str:
    """A condition as the end of a sentence: “Masih ada” becomes “masih ada”, “KTP” and “Anda” stay."""
    is_plain = words[:1].isupper() and words[1:2].islower() and words.split(maxsplit=1)[0] not in _ALWAYS_GREAT
    return words[0].lower() + words[1:] if is_plain else words


def _form(form: Form, count: int) -> str:
    if count == 1:
        return str(FORMS[form])
    if form is Form.COPY:
        return _("%(n)d photocopies") % {"n": count}
    if form is Form.PHOTO:
        return _("%(n)d photos") % {"n": count}
    if form is Form.ORIGINAL_AND_COPY:
        return _("original and %(n)d photocopies") % {"n": count}
    return _("%(form)s, %(n)d of them") % {"form": FORMS[form], "n": count}


def _listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence: “a, b, and c”."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    last = pgettext("before the last of a list", "and")
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def component_names(names: Iterable[Any]) -> str:
    """Names of components in one sentence."""
    return _listed(dict.fromkeys(str(name) for name in names))
