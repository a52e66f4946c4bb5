"""Which services answer a search, in what order, and why: an index of a mall's catalogue, in memory.

The weight of a word in a service follows BM25F: words of its name weigh most, a rare word more than a common one, a
word of a short name more than one of a long name. Each typed word is a *group* of alternatives (as typed, as meant, as
the dictionary translates it), of which the best counts in each service.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, takewhile
from math import log

from pendapa.directory.catalogue.rules.words import (
    BOTH,
    Dictionary,
    Phrase,
    Speller,
    asked,
    phrases,
    spoken,
    words_of,
)


class Field(StrEnum):
    """Where in a service a word was found."""

    NAME = "name"
    SYNONYM = "synonym"
    AGENCY = "agency"
    PRODUCT = "product"
    SUMMARY = "summary"
    EVENT = "event"
    REQUIREMENT = "requirement"


# What a word weighs in each place, and how much less in a long text (BM25's b).
WEIGHTS: Mapping[Field, tuple[float, float]] = {
    Field.NAME: (8.0, 0.6),
    Field.SYNONYM: (5.0, 0.2),
    Field.AGENCY: (2.5, 0.2),
    Field.PRODUCT: (1.6, 0.4),
    Field.SUMMARY: (1.6, 0.4),
    Field.EVENT: (0.8, 0.2),
    Field.REQUIREMENT: (0.4, 0.5),
}
SATURATION = 6.0  # BM25's k1: how fast more of the same stops to count
_FULL = WEIGHTS[Field.NAME][0] / (SATURATION + WEIGHTS[Field.NAME][0])  # what a word of a name weighs then
OTHER_LANGUAGE = 0.8
OWN, SAME, HINT = 1.5, 0.9, 0.5  # of what a word means for the mall, what the dictionary calls the same, and a hint
CORRECTED = (1.0, 0.85, 0.65)  # by the number of errors
OTHER_LETTER = 0.6  # a correction that begins with another letter
COMPLETED, MAYBE_COMPLETED = 0.8, 0.3  # the last word, taken for the beginning of a longer one
PART_OF_PHRASE = 0.4  # a word that the dictionary knows alone, too, within a phrase that it knows
TYPED_SHARE, MEANT_SHARE = 1.0, 2.0  # how much it hurts when some words of a phrase are missing
UNCOVERED, COVERED_SHARE = 0.4, 1.0  # what is left of a score when few words were found, and how fast it falls
FAINT = 0.35  # a stop word that hints at something
POPULAR = 0.06
MOST_CORRECTIONS, MOST_COMPLETIONS, MOST_LOOKED_AT = 4, 12, 400
SHORTEST_FOREIGN = 6  # letters of a mistyped word of the other language
SHORTEST_PART = 3  # letters of a word within a joined one


@dataclass(frozen=True)
class Entry:
    """What can be found of one service: texts by field as pairs of language and words, popularity 0 to 100."""

    id: int
    slug: str
    texts: Mapping[Field, Sequence[tuple[str, str]]]
    events: Sequence[str] = ()
    popularity: int = 0


@dataclass(frozen=True)
class Why:
    """Words of the search as they were understood, and the field in which they were found."""

    field: Field
    words: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """One service that answers a search, with its score and the reasons, the weightiest first."""

    service_id: int
    slug: str
    score: float
    why: tuple[Why, ...] = ()


@dataclass(frozen=True)
class Found:
    """The answer to a search. `shown_for` is the search as it was corrected, or empty where nothing was."""

    hits: tuple[Hit, ...] = ()
    shown_for: str = ""

    def __bool__(self) -> bool:
        return bool(self.hits)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to take a group: words that should all be there, each by one of its terms."""

    words: Phrase
    parts: tuple[tuple[tuple[str, float], ...], ...]
    weight: float
    read: Phrase  # the words of the search, as they are understood here
    is_typed: bool = False  # not what the dictionary makes of them


@dataclass(slots=True)
class _Group:
    """One or more neighbouring words of the search with the ways to take them."""

    words: Phrase
    corrections: frozenset[str] = frozenset()
    ways: list[_Way] = field(default_factory=list)
    importance: float = 1.0


@dataclass(slots=True)
class _Postings:
    """The services that hold a term: places in the list of entries, weights, and a bit for each field."""

    places: "array[int]" = field(default_factory=lambda: array("I"))
    weights: "array[float]" = field(default_factory=lambda: array("f"))
    fields: bytearray = field(default_factory=bytearray)
    idf: float = 0.0


class Index:
    """A mall's catalogue, ready to be searched. It is never changed: a new catalogue has a new index."""

    def __init__(
        self, entries: Iterable[Entry], dictionary: Dictionary, synonyms: Mapping[str, str] | None = None
    ) -> None:
        """Index the entries; `synonyms` are the mall's own words and the words of the catalogue that they mean."""
        self._entries = list(entries)
        self._dictionary = dictionary
        self._short: dict[Phrase, tuple[Phrase, ...]] = {}
        self._same: dict[Phrase, tuple[Phrase, ...]] = {}
        self._hints: dict[Phrase, tuple[Phrase, ...]] = {}
        self._known: set[str] = set(dictionary.known_words)
        self._postings: dict[str, _Postings] = {}
        self._own: dict[Phrase, tuple[Phrase, ...]] = {}
        own = {self._phrase(said): (self._phrase(means),) for said, means in (synonyms or {}).items()}
        short = {words: ((token,),) for words, token in dictionary.short.items()}
        for table, kept in (
            (own, self._own),
            (short, self._short),
            (dictionary.same, self._same),
            (dictionary.hints, self._hints),
        ):
            for words, means in table.items():
                for form in self._entered(words):
                    kept.setdefault(form, means)
                kept[words] = means
        self._known.update(word for words in own for word in words)
        self._read()
        self._in_order = sorted(self._known)
        self._speller = Speller(sorted(self._known - dictionary.known_words))

    def __len__(self) -> int:
        return len(self._entries)

    def _phrase(self, text: str) -> Phrase:
        return tuple(self._dictionary.spelled(word) for word in words_of(text))

    def _forms(self, words: Phrase) -> Iterator[Phrase]:
        """The keys by which words are looked for in the dictionary: as they stand, and by their stems."""
        yield words
        for language in BOTH:
            yield tuple(self._dictionary.term(word, language) for word in words)

    def _entered(self, words: Phrase) -> Iterator[Phrase]:
        """The keys of an entry: as it stands, by its English stems, and for all Indonesian forms of bare roots.

        An Indonesian word with prefixes is just itself: *ketinggalan* is lost, *tinggal* is to stay.
        """
        own, indonesian, english = self._forms(words)
        yield english
        if indonesian == own:
            yield indonesian

    # Reading the catalogue

    def _read(self) -> None:
        lengths: Counter[Field] = Counter()
        counted: list[dict[tuple[Field, str], Counter[str]]] = []
        english: set[str] = set()
        for entry in self._entries:
            texts = [(at, language, text) for at, pairs in entry.texts.items() for language, text in pairs]
            texts += [(Field.EVENT, "id", self._dictionary.events.get(event, "")) for event in entry.events]
            terms: dict[tuple[Field, str], Counter[str]] = {}
            for at, language, text in texts:
                found = self._dictionary.terms(text, language)
                words = {self._dictionary.spelled(word) for word in words_of(text)}
                (english if language == "en" else self._known).update(words)
                terms.setdefault((at, language), Counter()).update(found)
                lengths[at] += len(found)
            counted.append(terms)
        self._english = english - self._known
        self._known |= english
        pairs = Counter(at for terms in counted for at, _language in terms)
        usual = {at: lengths[at] / max(pairs[at], 1) or 1.0 for at in Field}
        for place, terms in enumerate(counted):
            self._weigh(place, terms, usual)
        count = len(self._entries)
        for postings in self._postings.values():
            # A word that many services only ask for as a paper is still a rare word of names.
            holds = min(sum(postings.weights) / _FULL, count)
            postings.idf = log(1 + (count - holds + 0.5) / (holds + 0.5))
        self._unknown_idf = log(1 + (count + 0.5) / 0.5)

    def _weigh(self, place: int, terms: Mapping[tuple[Field, str], Counter[str]], usual: Mapping[Field, float]) -> None:
        weights: dict[str, float] = {}
        bits: dict[str, int] = {}
        for (at, _language), counter in terms.items():
            weight, b = WEIGHTS[at]
            by_length = 1 - b + b * counter.total() / usual[at]
            for term, times in counter.items():
                weights[term] = weights.get(term, 0.0) + weight * times / by_length
                bits[term] = bits.get(term, 0) | 1 << _FIELDS.index(at)
        for term, weight in weights.items():
            postings = self._postings.setdefault(term, _Postings())
            postings.places.append(place)
            postings.weights.append(weight / (SATURATION + weight))
            postings.fields.append(bits[term])

    # Understanding a search

    def search(self, text: str, *, language: str = "id", limit: int = 20) -> Found:
        """The services that answer a search, the best first."""
        groups = self._groups(asked(text, self._dictionary.stop), language, is_open=not text[-1:].isspace())
        scored = [self._scored(group) for group in groups]
        totals, matched = self._totals(groups, scored)
        if not totals:
            return Found()
        # By the number of words found, which no other service can change.
        enough = (max(matched.values()) + 1) // 2
        ranked = sorted(
            ((score, place) for place, score in totals.items() if matched[place] >= enough),
            key=lambda pair: (-pair[0], self._entries[pair[1]].slug),
        )[:limit]
        hits = tuple(self._hit(place, score, groups, scored) for score, place in ranked)
        return Found(hits, self._shown_for(groups, scored, ranked[0][1]) if ranked else "")

    def _totals(
        self, groups: Sequence[_Group], scored: Sequence[Mapping[int, tuple[float, int]]]
    ) -> tuple[dict[int, float], dict[int, int]]:
        """The score of each service, and how many of the words it holds."""
        totals: dict[int, float] = {}
        covered: dict[int, float] = {}
        matched: dict[int, int] = {}
        whole = 0.0
        for group, scores in zip(groups, scored, strict=True):
            if not scores:
                continue
            share = group.importance * self._rarity(group)
            whole += share
            best = max(score for score, _way in scores.values())
            for place, (score, _way) in scores.items():
                totals[place] = totals.get(place, 0.0) + score * group.importance
                covered[place] = covered.get(place, 0.0) + share * score / best
                matched[place] = matched.get(place, 0) + (group.importance == 1.0)
        for place in totals:
            popular = 1 + POPULAR * self._entries[place].popularity / 100
            coverage = (covered[place] / whole) ** COVERED_SHARE
            totals[place] *= (UNCOVERED + (1 - UNCOVERED) * coverage) * popular
        return totals, matched

    def _rarity(self, group: _Group) -> float:
        """How much a group tells: the most that one of its words does."""
        idfs = [
            self._postings[term].idf * way.weight
            for way in group.ways
            for part in way.parts
            for term, _weight in part
            if term in self._postings
        ]
        return max(idfs, default=0.0)

    def _scored(self, group: _Group) -> dict[int, tuple[float, int]]:
        """Of each service that a group is found in, the score and the way it was taken."""
        best: dict[int, tuple[float, int]] = {}
        for number, way in enumerate(group.ways):
            for place, score in self._by_way(way).items():
                if place not in best or score > best[place][0]:
                    best[place] = (score, number)
        return best

    def _by_way(self, way: _Way) -> dict[int, float]:
        parts = [self._by_part(part) for part in way.parts]
        if len(parts) == 1:
            return {place: score * way.weight for place, score in parts[0].items()}
        rarity = [
            max(
                (self._postings[term].idf for term, _weight in part if term in self._postings),
                default=self._unknown_idf,
            )
            for part in way.parts
        ]
        whole = sum(rarity) or 1.0
        exponent = TYPED_SHARE if way.is_typed else MEANT_SHARE
        sums: dict[int, float] = {}
        shares: dict[int, float] = {}
        for part, rare in zip(parts, rarity, strict=True):
            for place, score in part.items():
                sums[place] = sums.get(place, 0.0) + score
                shares[place] = shares.get(place, 0.0) + rare / whole
        return {place: score * way.weight * shares[place] ** exponent for place, score in sums.items()}

    def _by_part(self, part: Iterable[tuple[str, float]]) -> dict[int, float]:
        best: dict[int, float] = {}
        for term, weight in part:
            postings = self._postings.get(term)
            if postings is None:
                continue
            factor = weight * postings.idf
            for place, share in zip(postings.places, postings.weights, strict=True):
                score = share * factor
                if score > best.get(place, 0.0):
                    best[place] = score
        return best

    def _groups(self, typed: Sequence[str], language: str, *, is_open: bool) -> list[_Group]:
        readings = self._readings(typed, language, is_open=is_open)
        groups = []
        spoken_for = self._phrases_in([reading[0][0] for reading in readings])
        place = 0
        while place < len(readings):
            length = spoken_for.get(place, 1)
            groups.append(self._group(readings[place : place + length], language))
            place += length
        if is_open and groups and len(groups[-1].words) == 1:
            self._complete(groups[-1], language)
        return [group for group in groups if group.ways]

    @property
    def _tables(self) -> tuple[dict[Phrase, tuple[Phrase, ...]], ...]:
        return self._own, self._short, self._same, self._hints

    def _phrases_in(self, words: Sequence[str]) -> dict[int, int]:
        """Where phrases of the dictionary stand in a search, with their lengths: the longest, then the first."""
        found: dict[int, int] = {}
        taken: set[int] = set()
        for place, run in phrases(words):
            if len(run) < 2 or taken.intersection(range(place, place + len(run))):
                continue
            if any(form in table for form in self._forms(run) for table in self._tables):
                found[place] = len(run)
                taken.update(range(place, place + len(run)))
        return found

    def _group(self, readings: Sequence[Sequence[tuple[str, float]]], language: str) -> _Group:
        words = tuple(reading[0][0] for reading in readings)
        group = _Group(words, frozenset(word for reading in readings for word, weight in reading if weight != 1.0))
        stops = self._dictionary.stop
        if len(readings) == 1:
            for word, weight in readings[0]:
                if word not in stops:
                    group.ways.append(self._way((word,), language, weight, (word,)))
                self._translate(group, (word,), language, weight)
            if words[0] in stops:
                group.importance = FAINT
        else:
            telling = tuple(word for word in words if word not in stops)
            if telling:
                group.ways.append(self._way(telling, language, 1.0, words, is_typed=True))
                for word in telling:
                    self._translate(group, (word,), language, PART_OF_PHRASE, words)
            self._translate(group, words, language, 1.0)
        return group

    def _translate(
        self, group: _Group, words: Phrase, language: str, weight: float, read: Phrase | None = None
    ) -> None:
        """Add what the dictionary says about words."""
        read = read or words
        forms = list(dict.fromkeys(self._forms(words)))
        for table, share in zip(self._tables, (OWN, 1.0, SAME, HINT), strict=True):
            for means in next((table[form] for form in forms if form in table), ()):
                group.ways.append(self._way(means, language, weight * share, read))

    def _way(self, words: Phrase, language: str, weight: float, read: Phrase, *, is_typed: bool = False) -> _Way:
        mine, other = (1.0, OTHER_LANGUAGE) if language != "en" else (OTHER_LANGUAGE, 1.0)
        parts = tuple(
            ((self._dictionary.term(word, "id"), mine), (self._dictionary.term(word, "en"), other))
            for word in words
            if word not in self._dictionary.stop or len(words) == 1
        )
        return _Way(words, parts, weight, read, is_typed)

    def _complete(self, group: _Group, language: str) -> None:
        """Take the last word for the beginning of longer ones: it is still being typed."""
        word = group.words[0]
        if word in self._dictionary.stop:
            return
        weight = MAYBE_COMPLETED if self._is_known(word) else COMPLETED
        for longer in self._completions(word):
            group.ways.append(self._way((longer,), language, weight, (word,)))

    def _completions(self, word: str) -> list[str]:
        """Words of the catalogue that begin with what was typed, the most frequent first."""
        if len(word) < 2:
            return []
        at = bisect_left(self._in_order, word)
        longer = takewhile(lambda one: one.startswith(word), islice(self._in_order, at, at + MOST_LOOKED_AT))
        frequent = sorted((-self._weight(one), one) for one in longer if one != word)
        return [one for weight, one in frequent[:MOST_COMPLETIONS] if weight]

    def _weight(self, word: str) -> float:
        """How many services a word is found in."""
        terms = (self._dictionary.term(word, language) for language in BOTH)
        return max(len(self._postings[term].places) if term in self._postings else 0 for term in terms)

    # Errors of typing

    def _is_known(self, word: str) -> bool:
        return (
            word in self._known
            or self._dictionary.term(word, "id") in self._postings
            or self._dictionary.term(word, "en") in self._postings
        )

    def _readings(self, typed: Sequence[str], language: str, *, is_open: bool) -> list[list[tuple[str, float]]]:
        """The words of a search, each with the words it may be and their weights, the likeliest first."""
        readings: list[list[tuple[str, float]]] = []
        number = 0
        while number < len(typed):
            word = self._dictionary.spelled(typed[number])
            together = "".join(typed[number : number + 2])
            if number + 1 < len(typed) and self._belong_together(typed[number], typed[number + 1]):
                readings.append([(self._dictionary.spelled(together), 1.0)])
                number += 2
                continue
            number += 1
            if self._is_known(word):
                readings.append([(word, 1.0)])
            elif is_open and number == len(typed) and self._completions(word):
                readings.append([(word, 1.0), *self._near(word, language)])
            else:
                readings += self._read_as(word, language)
        return readings

    def _belong_together(self, one: str, other: str) -> bool:
        """Whether two typed words are one, as in *e ktp* or *hi giene*."""
        if one + other in self._dictionary.spelling:
            return min(len(one), len(other)) < 3
        return one + other in self._known and not (self._is_known(one) and self._is_known(other))

    def _read_as(self, word: str, language: str) -> list[list[tuple[str, float]]]:
        """What an unknown word may be: everyday speech, a typing error, or several words without a space."""
        for written in spoken(word):
            if self._is_known(written):
                return [[(self._dictionary.spelled(written), 1.0)]]
        near = self._near(word, language)
        if not near or near[0][1] < CORRECTED[1]:
            parts = self._parts(word, language)
            if parts:
                return [[(part, weight)] for part, weight in parts]
        if not near:
            return [[(word, 1.0)]]
        return [near[:MOST_CORRECTIONS]]

    def _near(self, word: str, language: str) -> list[tuple[str, float]]:
        """The words that a mistyped one may be. On an Indonesian page a short one is not taken for an English one."""
        found = []
        for errors, known in (*self._speller.near(word), *self._dictionary.speller.near(word)):
            if known in self._english and language != "en" and len(word) < SHORTEST_FOREIGN:
                continue
            weight = CORRECTED[errors] * (1.0 if known[0] == word[0] else OTHER_LETTER)
            found.append((self._dictionary.spelled(known), weight))
        best = sorted(dict.fromkeys(found), key=lambda pair: (-pair[1], -self._weight(pair[0]), pair[0]))
        return best[:MOST_CORRECTIONS]

    def _parts(self, word: str, language: str) -> list[tuple[str, float]]:
        """The two words that stand together in one, one of them perhaps mistyped."""
        best: list[tuple[str, float]] = []
        for cut in range(SHORTEST_PART - 1, len(word) - SHORTEST_PART + 2):
            pair = []
            for part in (word[:cut], word[cut:]):
                if self._is_known(part):
                    pair.append((self._dictionary.spelled(part), 0.99))
                elif len(part) >= 4 and (near := self._near(part, language)) and near[0][1] >= CORRECTED[1]:
                    pair.append(near[0])
            if len(pair) == 2:
                worth = (pair[0][1] * pair[1][1], min(len(pair[0][0]), len(pair[1][0])))
                if not best or worth > (best[0][1] * best[1][1], min(len(best[0][0]), len(best[1][0]))):
                    best = pair
        return best

    # Telling why

    def _hit(
        self,
        place: int,
        score: float,
        groups: Sequence[_Group],
        scored: Sequence[Mapping[int, tuple[float, int]]],
    ) -> Hit:
        words: dict[Field, list[str]] = {}
        for group, scores in zip(groups, scored, strict=True):
            if place not in scores:
                continue
            way = group.ways[scores[place][1]]
            for word, part in zip(
                [w for w in way.words if w not in self._dictionary.stop] or way.words, way.parts, strict=False
            ):
                at = self._field(place, part)
                if at is not None:
                    words.setdefault(at, []).append(word)
        why = tuple(Why(at, tuple(dict.fromkeys(words[at]))) for at in _FIELDS if at in words)
        entry = self._entries[place]
        return Hit(entry.id, entry.slug, round(score, 4), why)

    def _field(self, place: int, part: Iterable[tuple[str, float]]) -> Field | None:
        """The weightiest field in which a service holds one of the terms."""
        best = 0
        for term, _weight in part:
            postings = self._postings.get(term)
            if postings is None:
                continue
            at = bisect_left(postings.places, place)
            if at < len(postings.places) and postings.places[at] == place:
                best |= postings.fields[at]
        return next((at for bit, at in enumerate(_FIELDS) if best & 1 << bit), None)

    def _shown_for(
        self, groups: Sequence[_Group], scored: Sequence[Mapping[int, tuple[float, int]]], first: int
    ) -> str:
        """The search as the first hit took it, where that needed a correction."""
        words: list[str] = []
        is_corrected = False
        for group, scores in zip(groups, scored, strict=True):
            taken = group.ways[scores[first][1]].read if first in scores else group.words
            is_corrected = is_corrected or (first in scores and not group.corrections.isdisjoint(taken))
            words += taken if len(group.words) == 1 else group.words
        return " ".join(words) if is_corrected else ""


_FIELDS = tuple(Field)
