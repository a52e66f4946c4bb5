"""Small tags that components share: icons, and the word, tone and icon of a state."""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django import forms, template
from django.template import Context
from django.template.base import NodeList
from django.template.loader_tags import BlockNode
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

register = template.Library()


class Look(NamedTuple):
    """How a state is shown: never by colour alone, so each has an icon and a word."""

    tone: str
    icon: str
    word: str | Promise


STATES: dict[str, Look] = {
    "remote": Look("nila", "phone", _("from afar")),
    "waiting": Look("plain", "hourglass-split", _("waiting")),
    "called": Look("kunyit", "megaphone", _("called")),
    "serving": Look("daun", "person-badge", _("being served")),
    "served": Look("lumut", "check-circle", _("done")),
    "held": Look("plain", "pause-circle", _("held")),
    "no_show": Look("bata", "person-walking", _("not there when called")),
    "transferred": Look("nila", "arrow-left-right", _("transferred")),
    "cancelled": Look("plain", "x-circle", _("cancelled")),
    "expired": Look("plain", "clock", _("expired")),
    "open": Look("lumut", "door-open", _("open")),
    "closed": Look("plain", "dash-circle", _("closed")),
    "paused": Look("kunyit", "pause-circle", _("on a break")),
    "full": Look("bata", "exclamation-triangle", _("full")),
    # The fate of an imported row.
    "new": Look("lumut", "plus-lg", _("new")),
    "changed": Look("nila", "pencil", _("changed")),
    "unchanged": Look("plain", "dash-circle", _("as it was")),
    "error": Look("bata", "exclamation-circle", _("cannot be saved")),
    # Devices.
    "online": Look("lumut", "wifi", _("connected")),
    "silent": Look("bata", "wifi-off", _("not heard from")),
    "locked": Look("bata", "lock", _("locked")),
    "pairing": Look("kunyit", "hourglass-split", _("waiting for its code")),
    # People and what two of them decide.
    "active": Look("lumut", "check-circle", _("active")),
    "invited": Look("kunyit", "envelope", _("invited")),
    "proposed": Look("kunyit", "hourglass-split", _("proposed")),
    "confirmed": Look("lumut", "check2-circle", _("confirmed")),
}


@cache
def _staff_icons() -> frozenset[str]:
    """The icons of the sheet that only staff pages load, so that a citizen's phone does not."""
    sheet = Path(__file__).parent.parent / "static/ui/vendor/bootstrap-icons/staff.svg"
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sheet.read_text()))


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One icon of the vendored set; silent for screen readers unless it carries a label of its own."""
    sheet = "staff" if name in _staff_icons() else "icons"
    url = f"{static(f'ui/vendor/bootstrap-icons/{sheet}.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="pd-icon" role="img" aria-label="{}" focusable="false"><use href="{}"></use></svg>', label, url
        )
    return format_html('<svg class="pd-icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', url)


@register.filter
def look(state: Any) -> Look:
    """Tone, icon and word of a state, by its key; an unknown state is shown plainly under its own name."""
    key = str(getattr(state, "value", state))
    return STATES.get(key) or Look("plain", "circle", key)


_LABEL = re.compile(r"\b[A-Z]{1,2}-\d{3,}\b")


@register.filter
def whole_labels(text: Any) -> SafeString:
    """The text with its queue numbers kept on one line: `A-` at the end of a line would be read as another number."""
    escaped = conditional_escape(text)
    return mark_safe(_LABEL.sub(r'<span class="pd-nowrap">\g<0></span>', escaped))  # noqa: S308 -- escaped above


@register.filter
def step_icon(state: str) -> str:
    """The icon of one step of a visit: `done`, `now` or `next`."""
    return {"done": "check-circle", "now": "record-circle"}.get(state, "circle")


@register.simple_tag(takes_context=True)
def block_again(context: Context, name: str) -> SafeString:
    """What a page wrote into a block, once more: its title stands in the browser's tab and over the page."""
    return BlockNode(name, NodeList()).render(context)


@register.filter
def thousands(number: float | Decimal) -> str:
    """A number as people write it: 10.000 in Indonesian, 10,000 in English."""
    return number_format(number, force_grouping=True)


@register.filter
def initials(name: Any) -> str:
    """Up to two letters that stand for a person or a thing."""
    words = [word for word in str(name).replace("-", " ").split() if word[:1].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def unit(field: forms.BoundField) -> str:
    """What a number in a field counts, from the widget's `data-unit`: shown behind it."""
    return str(field.field.widget.attrs.get("data-unit", ""))


@register.filter
def unit_before(field: forms.BoundField) -> str:
    """What stands before the number of a field, from the widget's `data-unit-before`: "Rp"."""
    return str(field.field.widget.attrs.get("data-unit-before", ""))


_SHORT = 64  # characters of a text that shares its line with another field


@register.filter
def is_wide(field: forms.BoundField) -> bool:
    """Whether a field wants a line for itself: long texts and groups of choices."""
    widget = field.field.widget
    if isinstance(widget, forms.Textarea | forms.CheckboxInput | forms.FileInput | forms.SelectMultiple) or (
        field.use_fieldset
    ):
        return True
    longest = getattr(field.field, "max_length", None)
    return isinstance(widget, forms.TextInput) and longest is not None and longest > _SHORT


@register.simple_tag(takes_context=True)
def querystring_without(context: Context, name: str) -> str:
    """The address's query without one part, on its first page."""
    return _query(context, {name: None, "page": None})


@register.simple_tag(takes_context=True)
def querystring_down(context: Context, name: str) -> str:
    """The address's query, sorted downwards by a column."""
    return _query(context, {"sort": f"-{name}", "page": None})


def _query(context: Context, changes: dict[str, str | None]) -> str:
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"


@register.filter
def thousands_if_number(value: Any) -> Any:
    """A number with its thousands apart; anything else as it is."""
    return thousands(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value
