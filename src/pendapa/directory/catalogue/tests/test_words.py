"""Words as people type them, and what they have in common with those of a catalogue."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pendapa.directory.catalogue.finding import dictionary
from pendapa.directory.catalogue.rules import words
from pendapa.directory.catalogue.rules.words import (
    ENGLISH,
    LONGEST_PHRASE,
    LONGEST_WORD,
    MOST_WORDS,
    Speller,
    asked,
    distance,
    phrases,
    simple,
    typing_errors,
    words_of,
)

LETTERS = st.text("abcdn", max_size=9)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("KTP-el HILANG!!", ["ktp", "el", "hilang"]),
        ("Jum'at", ["jumat"]),
        ("S.K.C.K. baru", ["skck", "baru"]),
        ("17thn", ["17", "thn"]),
        ("anak-anak", ["anak"]),
        ("café №5", ["cafe", "no5"]),
        ("   ", []),
        ("?!,.", []),
        ("\x00\x1b[31m' OR 1=1 --", ["31", "m", "or", "1", "1"]),
    ],
)
def test_a_search_is_cut_into_plain_words(text: str, found: list[str]) -> None:
    assert asked(text) == found


@given(st.text(max_size=2000))
def test_no_search_has_more_words_than_are_looked_at(text: str) -> None:
    found = asked(text)
    assert len(found) <= MOST_WORDS
    assert all(0 < len(word) <= LONGEST_WORD for word in found)


def test_words_that_tell_nothing_do_not_count() -> None:
    assert asked("saya " * 30 + "ktp", {"saya"})[-1] == "ktp"
    assert len(asked("akta " * 30)) == MOST_WORDS


@given(st.text(max_size=60))
def test_capitals_and_signs_around_change_nothing(text: str) -> None:
    assert asked(simple(text).upper()) == asked(simple(simple(text).upper()))
    assert asked(f"  «{text}»\n") == asked(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("menikah", "pernikahan"),
        ("perceraian", "cerai"),
        ("pengesahan", "disahkan"),
        ("akte", "akta"),
        ("sertipikat", "sertifikat"),
        ("perizinan", "izin"),
        ("kendaraan", "kendaraan"),
        ("pendaftaran", "mendaftar"),
        ("kehilangan", "hilang"),
    ],
)
def test_forms_of_one_word_have_one_term(one: str, other: str) -> None:
    assert dictionary().term(one, "id") == dictionary().term(other, "id")


@pytest.mark.parametrize(
    ("one", "other"),
    [("apotek", "apoteker"), ("keramaian", "ramai"), ("perpanjangan", "panjang"), ("dokter", "doktrin")],
)
def test_different_things_have_different_terms(one: str, other: str) -> None:
    assert dictionary().term(one, "id") != dictionary().term(other, "id")


def test_english_words_stay_apart_from_indonesian_ones() -> None:
    assert dictionary().term("air", "en") == ENGLISH + "air" != dictionary().term("air", "id")


def test_a_text_that_spells_something_out_holds_its_short_form() -> None:
    assert "kk" in dictionary().terms("Perubahan kartu keluarga", "id")
    assert "skck" in dictionary().terms("Police record certificate", "en")


def test_a_spoken_word_leads_to_a_written_one() -> None:
    for spoken, written in [("ngecek", "cek"), ("cairin", "cair"), ("nunggak", "tunggak"), ("nyambung", "sambung")]:
        assert written in words.spoken(spoken)


@given(LETTERS, LETTERS)
def test_the_distance_of_words_is_the_same_both_ways(one: str, other: str) -> None:
    assert distance(one, other, 2) == distance(other, one, 2)
    assert (distance(one, other, 2) == 0) == (one == other)


@given(LETTERS, LETTERS, st.integers(0, 2))
def test_a_distance_never_exceeds_its_bound_by_more_than_one(one: str, other: str, most: int) -> None:
    assert distance(one, other, most) == min(distance(one, other, 9), most + 1)


@given(st.lists(st.text("aeikrst", min_size=4, max_size=10), max_size=20), st.text("aeikrst", min_size=4, max_size=10))
def test_every_known_word_near_enough_is_found(known: list[str], typed: str) -> None:
    found = {word for _errors, word in Speller(known).near(typed)}
    most = typing_errors(typed)
    assert found >= {
        word for word in known if distance(typed[:7], word[:7], most) <= most >= distance(typed, word, most)
    }
    assert all(distance(typed, word, most) <= most for word in found)


def test_the_dictionary_holds_words_and_no_questions() -> None:
    entries = [*dictionary().short, *dictionary().same, *dictionary().hints]
    assert max(map(len, entries)) <= LONGEST_PHRASE


def test_no_entry_of_the_dictionary_is_spelled_in_a_way_that_is_never_looked_for() -> None:
    known = dictionary()
    assert not set(known.spelling) & set(known.spelling.values())
    for table in (known.short, known.same, known.hints):
        assert all(known.spelled(word) == word for entry in table for word in entry)


def test_every_run_of_words_is_tried() -> None:
    assert (1, ("b", "c")) in phrases(["a", "b", "c", "d", "e"])
    assert max(len(run) for _place, run in phrases(list("abcdefgh"))) == LONGEST_PHRASE


def test_what_a_hyphen_joins_is_found_in_parts_and_whole() -> None:
    assert words_of("AK-1") == ["ak", "1", "ak1"]
