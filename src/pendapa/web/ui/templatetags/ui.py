"""Small tags that components share: icons, and the word, tone and icon of a state."""

import re
from typing import Any, NamedTuple

from django import template
from django.templatetags.static import static
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
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One icon of the vendored set; silent for screen readers unless it carries a label of its own."""
    url = f"{static('ui/vendor/bootstrap-icons/icons.svg')}#{name}"
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
