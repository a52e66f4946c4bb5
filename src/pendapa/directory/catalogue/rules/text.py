"""Words in several languages; Indonesian is the one that is always there."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

FIRST_LANGUAGE = "id"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?\Z")
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # no such sign belongs to a sentence


@dataclass(frozen=True)
class Text:
    """One text in its languages: pairs of language and words, Indonesian first. An empty one is false."""

    words: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, words: Mapping[str, str]) -> "Text":
        """A text from words by language; languages without words are left out."""
        return cls.of_clean({language: clean(said) for language, said in words.items()})

    @classmethod
    def of_clean(cls, words: Mapping[str, str]) -> "Text":
        """The same from words that went through `clean` already."""
        kept = [(language, said) for language, said in words.items() if said]
        return cls(tuple(sorted(kept, key=lambda pair: (pair[0] != FIRST_LANGUAGE, pair[0]))))

    def in_(self, language: str) -> str:
        """The words in a language, in its parent ("en" for "en-gb"), or else in Indonesian; empty where none are."""
        known = dict(self.words)
        wanted = language.lower()
        first = self.words[0][1] if self.words else ""
        return known.get(wanted) or known.get(wanted.partition("-")[0]) or known.get(FIRST_LANGUAGE) or first

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(language for language, _said in self.words)

    def to_json(self) -> dict[str, str]:
        return dict(self.words)

    def __bool__(self) -> bool:
        return bool(self.words)

    def __str__(self) -> str:
        return self.in_(FIRST_LANGUAGE)


NOTHING = Text()


def clean(said: str) -> str:
    """Words as they are kept: composed signs, single spaces, lines without spaces around, one empty line at most."""
    lines = [" ".join(line.split()) for line in unicodedata.normalize("NFC", said).splitlines()]
    if len(lines) == 1:
        return lines[0]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
