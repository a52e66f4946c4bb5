"""What is wrong with a value, in words: pydantic's findings as sentences that stand at the value's place."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pendapa.web.api.problems import Mistake, mistake

Finding = Mapping[str, Any]


def of_findings(findings: Iterable[Finding]) -> list[Mistake]:
    """The mistakes that ninja found in a request, each with its place."""
    return [mistake(str(finding["loc"][0]), _pointer(finding["loc"]), _sentence(finding)) for finding in findings]


def _pointer(place: tuple[str | int, ...]) -> str:
    """A JSON pointer as a URI fragment. In a body the first name is our own parameter, which no caller knows."""
    source, *names = place
    steps = names[1:] if source == "body" else names
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _sentence(finding: Finding) -> str:
    words = _SENTENCES.get(finding["type"])
    return words(finding.get("ctx", {})) if words else _("This value is not right.")


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _facts: _("This is needed."),
    "extra_forbidden": lambda _facts: _("This is not known here. Please check the spelling."),
    "model_attributes_type": lambda _facts: _("This must be a JSON object."),
    "model_type": lambda _facts: _("This must be a JSON object."),
    "dict_type": lambda _facts: _("This must be a JSON object."),
    "string_type": lambda _facts: _("This must be text."),
    "string_unicode": lambda _facts: _("This must be readable text."),
    "string_pattern_mismatch": lambda _facts: _("This has characters that cannot stand here."),
    "string_too_short": lambda facts: (
        ngettext(
            "This needs at least %(count)d character.", "This needs at least %(count)d characters.", facts["min_length"]
        )
        % {"count": facts["min_length"]}
    ),
    "string_too_long": lambda facts: (
        ngettext(
            "This may have at most %(count)d character.",
            "This may have at most %(count)d characters.",
            facts["max_length"],
        )
        % {"count": facts["max_length"]}
    ),
    "enum": lambda facts: _("This must be one of: %(choices)s.") % {"choices": facts["expected"]},
    "int_parsing": lambda _facts: _("This must be a whole number."),
    "int_parsing_size": lambda _facts: _("This must be a whole number of a sensible size."),
    "int_from_float": lambda _facts: _("This must be a whole number."),
    "int_type": lambda _facts: _("This must be a whole number."),
    "greater_than_equal": lambda facts: _("This must be at least %(limit)s.") % {"limit": facts["ge"]},
    "less_than_equal": lambda facts: _("This may be at most %(limit)s.") % {"limit": facts["le"]},
}
