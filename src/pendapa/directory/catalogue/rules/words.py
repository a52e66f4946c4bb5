"""Words as people type them and as a catalogue writes them: cut, stemmed, spelled, and told apart by their letters.

A *term* is what two words have in common that mean the same: the stem of an Indonesian word, or that of an English one
with a tilde before it, so that "air" (water) and "air" (to breathe) stay apart.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import snowballstemmer

LONGEST_TEXT = 500  # signs of a search that are looked at
LONGEST_WORD = 40
MOST_WORDS = 12  # without those that tell nothing
LONGEST_PHRASE = 4  # words of an entry of the dictionary
ENGLISH = "~"  # stands before the stem of an English word
BOTH = ("id", "en")

_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")  # S.I.M.
_THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}\b)")
_AFTER_DIGIT = re.compile(r"(?<=\d)(?=[^\W\d_])")  # 17thn
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_SILENT = str.maketrans("", "", "'`\u00b4\u2018\u2019\u02bc\u00ad\u200b\u200c\u200d\u2060\ufeff")  # quotes, no width

Phrase = tuple[str, ...]


def simple(text: str) -> str:
    """A text without capitals, accents and signs that nobody hears.

    >>> simple("Surat Jum'at, S.I.M. café 17thn Rp1.300")
    'surat jumat, sim cafe 17 thn rp1300'
    """
    plain = unicodedata.normalize("NFKD", text.translate(_SILENT)).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = _DOTTED.sub(lambda found: found[0].replace(".", ""), _THOUSANDS.sub("", plain))
    return _AFTER_DIGIT.sub(" ", plain)


def words_of(text: str) -> list[str]:
    """The words of a catalogue's text; what a hyphen joins stands there in its parts and as one word, too.

    >>> words_of("KTP-el, anak-anak; AK-1")
    ['ktp', 'el', 'ktpel', 'anak', 'ak', '1', 'ak1']
    """
    return list(_split(simple(text), joined=True))


def asked(text: str, idle: Collection[str] = ()) -> list[str]:
    """The words of a search, from the first `LONGEST_TEXT` signs: at most `MOST_WORDS`, and the `idle` ones among them.

    >>> asked("  Ngurus AKTE, dong!! ")
    ['ngurus', 'akte', 'dong']
    """
    found: list[str] = []
    left = MOST_WORDS
    for word in _split(simple(text[:LONGEST_TEXT]), joined=False):
        left -= word not in idle
        if left < 0:
            break
        found.append(word)
    return found


def _split(text: str, *, joined: bool) -> Iterator[str]:
    for found in _WORD.finditer(text):
        parts = list(dict.fromkeys(found[0].split("-")))  # "anak-anak" is many children, but one word
        yield from (part[:LONGEST_WORD] for part in parts)
        if joined and len(parts) > 1 and len(found[0]) <= LONGEST_WORD:
            yield "".join(parts)


@lru_cache(maxsize=1)
def _stemmers() -> dict[str, Any]:
    return {"id": snowballstemmer.stemmer("indonesian"), "en": snowballstemmer.stemmer("english")}


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """The stem of a word of a language; short words and those with digits are left alone.

    >>> stem("perpanjangan", "id"), stem("pajak", "id"), stem("certificates", "en"), stem("ak1", "id")
    ('panjang', 'pajak', 'certif', 'ak1')
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha() or language not in BOTH:
        return word
    found: str = _stemmers()[language].stemWord(word)
    return found if len(found) > 1 else word


# What everyday speech puts before a stem, and what the written language has there.
_SPOKEN = (("nge", ""), ("ng", ""), ("ng", "k"), ("ny", "s"), ("ny", "c"), ("n", "t"), ("m", "p"))


def spoken(word: str) -> Iterator[str]:
    """The written words that an everyday one may stand for: *ngurus* is *urus*, *cairin* is *cair*.

    >>> list(spoken("ngurusin"))
    ['ngurus', 'urusin', 'urus', 'kurusin', 'kurus']
    """
    endings = [word]
    if word.endswith("in") and len(word) > 5:
        endings.append(word[:-2])
        yield word[:-2]
    for before, written in _SPOKEN:
        rest = word[len(before) :]
        if word.startswith(before) and len(rest) > 2 and (before == "nge" or rest[0] in "aiueo"):
            yield from (written + ending[len(before) :] for ending in endings)


@dataclass(frozen=True)
class Dictionary:
    """General knowledge of how people speak of such services; `data/words.toml` tells what each part holds."""

    spelling: Mapping[str, str] = field(default_factory=dict)
    roots: Mapping[str, str] = field(default_factory=dict)
    stop: frozenset[str] = frozenset()
    short: Mapping[Phrase, str] = field(default_factory=dict)
    same: Mapping[Phrase, tuple[Phrase, ...]] = field(default_factory=dict)
    hints: Mapping[Phrase, tuple[Phrase, ...]] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Dictionary":
        """The dictionary that a TOML file of its kind holds."""
        spelling = {variant: word for word, variants in data["spelling"].items() for variant in variants}
        bare = cls(spelling, {form: root for root, forms in data["roots"].items() for form in forms})

        def phrase(text: str) -> Phrase:
            return tuple(bare.spelled(word) for word in words_of(text))

        return cls(
            bare.spelling,
            bare.roots,
            frozenset(word for said in data["stop"].values() for text in said for word in words_of(text)),
            {phrase(text): token for token, texts in data["short"].items() for text in texts},
            {phrase(text): tuple(map(phrase, means)) for text, means in data["same"].items()},
            {phrase(text): tuple(map(phrase, means)) for text, means in data["hints"].items()},
            dict(data["events"]),
        )

    def spelled(self, word: str) -> str:
        """A word in the one spelling that counts."""
        return self.spelling.get(word, word)

    def term(self, word: str, language: str) -> str:
        """The term of a word that is written in a language."""
        word = self.spelled(word)
        if language == "en":
            return ENGLISH + stem(word, "en")
        return self.roots.get(word) or stem(word, "id")

    def terms(self, text: str, language: str) -> list[str]:
        """The terms of a catalogue's text without its stop words, with the short forms of what it spells out."""
        words = [self.spelled(word) for word in words_of(text)]
        found = [self.term(word, language) for word in words if word not in self.stop]
        found += (self.term(self.short[run], "id") for _place, run in phrases(words) if run in self.short)
        return found

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Every word that has an entry, so that nobody takes it for an error of typing."""
        words = {*self.spelling, *self.roots, *self.stop, *self.short.values()}
        return frozenset(words.union(*self.short, *self.same, *self.hints))

    @cached_property
    def speller(self) -> "Speller":
        """Finds these words; one for all malls."""
        return Speller(sorted(self.known_words))


def phrases(words: Sequence[str]) -> Iterator[tuple[int, Phrase]]:
    """Every run of up to `LONGEST_PHRASE` words with its place, the long ones first.

    >>> [run for _place, run in phrases(["a", "b"])]
    [('a', 'b'), ('a',), ('b',)]
    """
    for length in range(min(LONGEST_PHRASE, len(words)), 0, -1):
        for place in range(len(words) - length + 1):
            yield place, tuple(words[place : place + length])


def typing_errors(word: str) -> int:
    """How many errors a word of its length may have.

    >>> [typing_errors(word) for word in ("skc", "ktps", "imigra", "imigrasi", "12345")]
    [0, 1, 1, 2, 0]
    """
    if word.isdecimal() or len(word) < 4:
        return 0
    return 1 if len(word) < 7 else 2


def distance(one: str, other: str, most: int) -> int:
    """How many letters were left out, put in, taken for another or swapped with the next; `most + 1` if more.

    >>> distance("hilnag", "hilang", 2), distance("kir", "kirr", 2), distance("sim", "pajak", 2)
    (1, 1, 3)
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    former: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, former, row = former, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(former[j] + 1, row[j - 1] + 1, former[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


_BEGINNING = 7  # letters from which some are left out: the end of a long word tells little more


class Speller:
    """Finds the known words that differ from a typed one by few letters.

    Each word is filed under what is left of its beginning when up to two letters are missing (as SymSpell does), so
    that a search looks at a handful of words, however many are known.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [word for word in dict.fromkeys(words) if typing_errors(word)]
        self._filed: dict[str, tuple[int, ...]] = {}
        for number, word in enumerate(self._words):
            for left in _left_of(word):
                self._filed[left] = (*self._filed.get(left, ()), number)

    def near(self, word: str) -> list[tuple[int, str]]:
        """The known words near a typed one, each with its number of errors, the nearest first."""
        most = typing_errors(word)
        if not most or len(word) > LONGEST_WORD:
            return []
        numbers = {number for left in _left_of(word) for number in self._filed.get(left, ())}
        found = []
        for number in numbers:
            known = self._words[number]
            errors = distance(word, known, min(most, typing_errors(known) + 1))
            if errors <= most:
                found.append((errors, known))
        return sorted(found)


def _left_of(word: str) -> set[str]:
    beginning = word[:_BEGINNING]
    left = {beginning}
    latest = left
    for _error in range(typing_errors(word)):
        latest = {part[:i] + part[i + 1 :] for part in latest for i in range(len(part))}
        left |= latest
    return left
