"""Rupiah: whole numbers, as people write and say them."""

_UNITS = ("", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (10**3, "ribu"))
LIMIT = 10**15  # a thousand trillion rupiah; Indonesian receipts know no word above triliun


def rupiah(amount: int) -> str:
    """A sum as printed on screens and slips: `Rp150.000`, `-Rp5.000`.

    Whole rupiah only. That nothing is to be paid ("gratis") is the caller's word.
    """
    _whole(amount)
    return f"{'-' if amount < 0 else ''}Rp{abs(amount):,}".replace(",", ".")


def in_words(amount: int) -> str:
    """A number as receipts spell it out (*terbilang*), without the word rupiah: 1.100 is `seribu seratus`.

    From 0 to 999 trillion; a receipt never shows a negative sum. Anything else is a `ValueError`.
    """
    _whole(amount)
    if not 0 <= amount < LIMIT:
        raise ValueError(f"{amount} cannot stand on a receipt")
    if amount == 0:
        return "nol"
    words: list[str] = []
    for size, name in _SCALES:
        count, amount = divmod(amount, size)
        if count:
            words += ["seribu"] if (count, name) == (1, "ribu") else [*_below_thousand(count), name]
    return " ".join([*words, *_below_thousand(amount)])


def _below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words: list[str] = []
    if hundreds:
        words += ["seratus"] if hundreds == 1 else [_UNITS[hundreds], "ratus"]
    tens, units = divmod(rest, 10)
    if rest == 10:
        words.append("sepuluh")
    elif rest == 11:
        words.append("sebelas")
    elif tens == 1:
        words += [_UNITS[units], "belas"]
    else:
        words += [_UNITS[tens], "puluh"] if tens else []
        words += [_UNITS[units]] if units else []
    return words


def _whole(amount: int) -> None:
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise TypeError(f"money is whole rupiah in an int, not {type(amount).__name__}")
