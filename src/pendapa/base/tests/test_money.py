import pytest
from hypothesis import given
from hypothesis import strategies as st

from pendapa.base.money import LIMIT, in_words, rupiah

_NUMBERS = {
    word: number
    for number, word in enumerate(
        ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas"]
    )
}


@pytest.mark.parametrize(
    ("amount", "printed"),
    [
        (0, "Rp0"),
        (500, "Rp500"),
        (1_000, "Rp1.000"),
        (150_000, "Rp150.000"),
        (1_234_567_890, "Rp1.234.567.890"),
        (-5_000, "-Rp5.000"),
    ],
)
def test_rupiah_is_printed_with_dots_and_without_a_blank(amount: int, printed: str) -> None:
    assert rupiah(amount) == printed


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "nol"),
        (1, "satu"),
        (9, "sembilan"),
        (10, "sepuluh"),
        (11, "sebelas"),
        (12, "dua belas"),
        (19, "sembilan belas"),
        (20, "dua puluh"),
        (21, "dua puluh satu"),
        (99, "sembilan puluh sembilan"),
        (100, "seratus"),
        (101, "seratus satu"),
        (110, "seratus sepuluh"),
        (111, "seratus sebelas"),
        (115, "seratus lima belas"),
        (200, "dua ratus"),
        (999, "sembilan ratus sembilan puluh sembilan"),
        (1_000, "seribu"),
        (1_001, "seribu satu"),
        (1_100, "seribu seratus"),
        (1_111, "seribu seratus sebelas"),
        (2_000, "dua ribu"),
        (11_000, "sebelas ribu"),
        (21_000, "dua puluh satu ribu"),
        (100_000, "seratus ribu"),
        (101_000, "seratus satu ribu"),
        (150_000, "seratus lima puluh ribu"),
        (1_000_000, "satu juta"),
        (1_001_000, "satu juta seribu"),
        (1_000_000_000, "satu miliar"),
        (1_000_001_000, "satu miliar seribu"),
        (1_000_000_000_000, "satu triliun"),
        (
            1_234_567_890_123,
            "satu triliun dua ratus tiga puluh empat miliar lima ratus enam puluh tujuh juta"
            " delapan ratus sembilan puluh ribu seratus dua puluh tiga",
        ),
        (
            LIMIT - 1,
            " ".join(f"{in_words(999)} {scale}" for scale in ("triliun", "miliar", "juta", "ribu", "")).strip(),
        ),
    ],
)
def test_receipts_spell_numbers_as_people_say_them(amount: int, words: str) -> None:
    assert in_words(amount) == words


@pytest.mark.parametrize("amount", [-1, LIMIT])
def test_a_receipt_has_no_words_below_nothing_or_beyond_a_thousand_trillion(amount: int) -> None:
    with pytest.raises(ValueError, match="receipt"):
        in_words(amount)


@pytest.mark.parametrize("amount", [1.5, True, "5000"])
def test_money_is_whole_rupiah(amount: int) -> None:
    for say in (rupiah, in_words):
        with pytest.raises(TypeError, match="whole rupiah"):
            say(amount)


@given(st.integers(0, LIMIT - 1))
def test_whoever_hears_the_words_can_write_the_number(amount: int) -> None:
    assert _heard(in_words(amount)) == amount


@given(st.integers(-LIMIT, LIMIT))
def test_whoever_reads_the_print_can_write_the_number(amount: int) -> None:
    assert int(rupiah(amount).replace("Rp", "").replace(".", "")) == amount


def _heard(words: str) -> int:
    """An independent listener: *se-* is one, a scale word closes a group of three digits."""
    total = group = units = 0
    for heard in words.split():
        parts = ["satu", heard[2:]] if heard in {"seribu", "seratus"} else [heard]
        for word in parts:
            if word in _NUMBERS:
                units = _NUMBERS[word]
            elif word == "belas":
                units += 10
            elif word in {"puluh", "ratus"}:
                group, units = group + units * {"puluh": 10, "ratus": 100}[word], 0
            else:
                scale = {"ribu": 10**3, "juta": 10**6, "miliar": 10**9, "triliun": 10**12}[word]
                total, group, units = total + (group + units) * scale, 0, 0
    return total + group + units
