import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pendapa.base.codes import ALPHABET, BadCode, is_code, new_code, normalise, reference

CODES = st.builds(new_code, st.just(4))  # the symbols come from the system's own chance


def test_the_alphabet_has_a_prime_number_of_symbols_and_none_that_look_alike() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 31
    assert not set("01IOL") & set(ALPHABET)


def test_a_code_has_four_groups_of_four() -> None:
    assert re.fullmatch(rf"([{ALPHABET}]{{4}}-){{3}}[{ALPHABET}]{{4}}", new_code())
    assert len(new_code(groups=2)) == 9


def test_a_short_code_has_two_groups_of_three_and_forgives_as_the_long_one() -> None:
    code = new_code(2, 3)
    assert re.fullmatch(rf"[{ALPHABET}]{{3}}-[{ALPHABET}]{{3}}", code)
    assert normalise(f" {code.lower().replace('-', '')} ", 2, 3) == code
    assert not is_code(code[:-1] + ("2" if code[-1] != "2" else "3"), 2, 3)


def test_codes_do_not_repeat() -> None:
    assert len({new_code() for _count in range(2000)}) == 2000


@given(CODES, st.integers(0, 15), st.sampled_from(ALPHABET))
def test_every_single_wrong_symbol_is_found(code: str, place: int, wrong: str) -> None:
    symbols = list(code.replace("-", ""))
    if symbols[place] == wrong:
        return
    symbols[place] = wrong
    assert not is_code("".join(symbols))


@given(CODES, st.integers(0, 15), st.integers(0, 15))
def test_every_exchange_of_two_symbols_is_found(code: str, one: int, other: int) -> None:
    symbols = list(code.replace("-", ""))
    if symbols[one] == symbols[other]:
        return
    symbols[one], symbols[other] = symbols[other], symbols[one]
    assert not is_code("".join(symbols))


@given(CODES, st.sampled_from(["", " ", "  ", "-", " - ", "\u2013", "_", ".", "\u00a0", "\u2212", "\u200b", "\t"]))
def test_small_letters_blanks_and_odd_dashes_are_forgiven(code: str, between: str) -> None:
    assert normalise(f" {code.lower().replace('-', between)}\n") == code


def test_full_width_letters_of_a_foreign_keyboard_are_forgiven() -> None:
    code = new_code()
    assert normalise("".join(chr(ord(mark) + 0xFEE0) for mark in code)) == code


@given(st.text(max_size=60))
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    if is_code(text):
        assert is_code(normalise(text))
        return
    with pytest.raises(BadCode) as refusal:
        normalise(text)
    assert refusal.value.sentence.endswith(".")
    assert (refusal.value.code, refusal.value.status) == ("bad-code", 422)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("", "Please type the code"),
        ("---", "Please type the code"),
        ("K7Q2-F8MN-X4TR-9BW0", "look alike"),
        ("K7Q2-F8MN-X4TR-9BWo", "look alike"),
        ("K7Q2-F8MN-X4TR-9BWl", "look alike"),
        ("K7Q2-F8MN", "you typed 8"),
        ("K7Q2-F8MN-X4TR-9BWDK", "you typed 17"),
        ("K7Q2-F8MN-X4TR-9BW!", "only letters and digits"),
        ("\u0645\u0627\u0644", "only letters and digits"),
        ("2222-2222-2222-2223", "compare"),
        ("A" * 1_000_000, "not a code"),
    ],
)
@pytest.mark.usefixtures("_in_english")
def test_the_sentence_says_what_to_look_at(typed: str, hint: str) -> None:
    with pytest.raises(BadCode, match=hint):
        normalise(typed)


@pytest.mark.parametrize("groups", [0, 8, -1])
def test_codes_longer_than_their_check_symbol_protects_are_not_made(groups: int) -> None:
    with pytest.raises(ValueError, match="check symbol"):
        new_code(groups)


def test_a_reference_is_short() -> None:
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]", reference())
