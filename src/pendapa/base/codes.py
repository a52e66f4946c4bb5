"""Codes that open something: unguessable, readable aloud, and safe against typing mistakes."""

import secrets
import unicodedata

from django.utils.translation import gettext as _

from pendapa.base.errors import Refused

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O 1 I L, which look alike; 31 is prime (see `_check`)
GROUP = 4
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_LOOKALIKES = frozenset("01IOL")
_LONGEST_INPUT = 100  # characters; people add blanks and dashes, but not more


class BadCode(Refused):
    """What was typed cannot be a code of ours."""

    status = 422


def new_code(groups: int = 4, group: int = GROUP) -> str:
    """A new code such as `K7Q2-F8MN-X4TR-9BWD`: with four groups 15 random symbols (74 bits) and a check symbol.

    `group` is how many symbols stand together.
    """
    if not 2 <= groups * group <= len(ALPHABET) - 1:
        raise ValueError("the check symbol protects codes of 2 to 30 symbols")
    symbols = "".join(secrets.choice(ALPHABET) for _n in range(groups * group - 1))
    return _grouped(symbols + _check(symbols), group)


def normalise(text: str, groups: int = 4, group: int = GROUP) -> str:
    """The code that a person meant: small letters, blanks and missing or odd dashes are forgiven.

    Raises `BadCode`, with a sentence that says what to look at, for anything else. Every single wrong symbol and
    every exchange of two symbols is found, so a mistyped code never opens somebody else's ticket.
    """
    size = groups * group
    if len(text) > _LONGEST_INPUT:
        raise BadCode(_("This is not a code. A code has %(size)d letters and digits.") % {"size": size})
    folded = unicodedata.normalize("NFKC", text).upper()
    symbols = "".join(mark for mark in folded if not _is_separator(mark))
    if not symbols:
        raise BadCode(_("Please type the code. It has %(size)d letters and digits.") % {"size": size})
    if _LOOKALIKES & set(symbols):
        raise BadCode(
            _("Codes have no 0, O, 1, I or L, because they look alike. Please look at the code once more."),
        )
    if not set(symbols) <= set(ALPHABET):
        raise BadCode(_("A code has only letters and digits. Please look at the code once more."))
    if len(symbols) != size:
        raise BadCode(
            _("A code has %(size)d letters and digits; you typed %(typed)d.") % {"size": size, "typed": len(symbols)}
        )
    if _check(symbols[:-1]) != symbols[-1]:
        raise BadCode(_("One of the symbols is not right. Please compare the code once more."))
    return _grouped(symbols, group)


def is_code(text: str, groups: int = 4, group: int = GROUP) -> bool:
    """Whether `normalise` would accept the text."""
    try:
        normalise(text, groups, group)
    except BadCode:
        return False
    return True


def reference() -> str:
    """A short mark such as `K7Q2-F` that ties an error page to the log; it opens nothing and is not checked."""
    symbols = "".join(secrets.choice(ALPHABET) for _n in range(5))
    return f"{symbols[:4]}-{symbols[4:]}"


def _check(symbols: str) -> str:
    """The symbol that makes the weighted sum of all symbols a multiple of 31.

    The weights 1 (check symbol), 2, 3 … are all different and below 31. As 31 is prime, a wrong symbol changes the sum
    by weight * difference, an exchange by (weight - weight) * difference: neither is ever 0 modulo 31.
    """
    total = sum(weight * _VALUE[symbol] for weight, symbol in enumerate(reversed(symbols), start=2))
    return ALPHABET[-total % len(ALPHABET)]


def _grouped(symbols: str, group: int) -> str:
    return "-".join(symbols[start : start + group] for start in range(0, len(symbols), group))


def _is_separator(mark: str) -> bool:
    return mark.isspace() or unicodedata.category(mark) in {"Pd", "Pc", "Cf"} or mark in ".\N{MINUS SIGN}"
