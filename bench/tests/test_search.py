"""The search answers what people type; of the questions held out, only the two figures are told."""

from collections.abc import Callable

import pytest

from bench import search
from bench.figures import Budget
from bench.search import Question, Relevance
from pendapa.directory.catalogue.rules.ranking import Index
from pendapa.directory.catalogue.rules.words import asked


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(search.demo_entries(), search.dictionary())


def test_a_tenth_of_the_questions_is_held_out() -> None:
    everything = search.questions()
    assert len(everything) >= 150
    assert sum(question.is_held_out for question in everything) == len(everything) // 10


def test_every_expected_service_is_one_of_the_demo() -> None:
    slugs = {entry.slug for entry in search.demo_entries()}
    assert sum(not question.expected <= slugs for question in search.questions()) == 0


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize(
    ("name", "share", "budget"),
    [
        ("first", lambda found: found.top_1, search.TOP_1),
        ("among the first three", lambda found: found.top_3, search.TOP_3),
    ],
)
def test_people_find_the_service_that_they_mean(
    index: Index, held_out: bool, name: str, share: Callable[[Relevance], float], budget: Budget
) -> None:
    figure = share(search.judged(index, [one for one in search.questions() if one.is_held_out is held_out]))
    if not budget.holds_for(figure):
        pytest.fail(f"{name}: {figure:.3f}, wanted {budget}", pytrace=False)  # no trace: it would show the questions


def test_no_entry_of_the_dictionary_is_a_whole_question() -> None:
    known = search.dictionary()
    entries = {*known.same, *known.hints}
    whole = sum(tuple(map(known.spelled, asked(question.text))) in entries for question in search.questions())
    if whole:
        pytest.fail(f"{whole} entries hold a whole question", pytrace=False)


def test_the_large_catalogue_has_as_many_services_as_wanted() -> None:
    many = search.multiplied(search.demo_entries(), 300)
    assert len({entry.slug for entry in many}) == len(many) == 300


def test_relevance_counts_the_first_and_the_first_three() -> None:
    from pendapa.directory.catalogue.rules.ranking import Entry, Field

    entries = [Entry(n, f"a-{n}", {Field.NAME: [("id", "akta" + " lain" * n)]}) for n in range(5)]
    asked = [Question("akta", frozenset({f"a-{n}"}), "", False) for n in range(5)]
    assert search.judged(Index(entries, search.dictionary()), asked) == Relevance(5, 1, 3)
