"""The standard of a service: read, written, measured against the fourteen components, and compared."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pendapa.directory.catalogue import rules
from pendapa.directory.catalogue.rules import (
    ChangeKind,
    Decree,
    Delivery,
    Duration,
    Faulty,
    Fee,
    FeeLine,
    Form,
    ForWhom,
    Issuer,
    LifeEvent,
    NothingToPay,
    PromisedTime,
    Requirement,
    Standard,
    Start,
    State,
    Text,
    Unit,
)
from pendapa.directory.catalogue.rules.text import NOTHING, clean
from pendapa.directory.catalogue.tests.make import full_content, public_content

# --- what Hypothesis makes -------------------------------------------------------------------------------------------

_letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
words = st.text(_letters, min_size=1, max_size=20).map(lambda said: " ".join(clean(said).split())).filter(bool)
texts = st.builds(
    lambda first, more: Text.of({"id": first, **more}),
    words,
    st.dictionaries(st.sampled_from(["en", "jv", "zh-hans"]), words, max_size=2),
)
maybe = st.just(NOTHING) | texts


def lists(one: st.SearchStrategy[Any], most: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=most).map(tuple)


def sets(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=4, unique=True).map(tuple)


requirements = st.builds(Requirement, texts, st.sampled_from(Form), st.integers(1, 99), maybe, maybe, maybe)
lines = st.builds(FeeLine, texts, st.integers(1, 10**12), st.just(NOTHING), maybe) | st.builds(
    FeeLine, texts, st.none(), texts, maybe
)
fees = st.builds(Fee, st.just(True), maybe, st.just(()), maybe) | st.builds(
    Fee, st.just(False), maybe, lists(lines), maybe
)
standards = st.builds(
    Standard,
    name=texts,
    summary=maybe,
    issuer=st.sampled_from(Issuer),
    outside_system=words,
    delivery=sets(st.sampled_from(Delivery)),
    duration=st.sampled_from(Duration),
    life_events=sets(st.sampled_from(LifeEvent)),
    for_whom=sets(st.sampled_from(ForWhom)),
    stock=sets(words),
    popularity=st.integers(0, 100),
    requirements=lists(requirements),
    steps=lists(texts),
    time=st.none()
    | st.builds(PromisedTime, st.integers(1, 9999), st.sampled_from(Unit), st.sampled_from(Start), maybe),
    fee=st.none() | fees,
    products=lists(texts),
    complaints=st.none() | maybe,
    legal_basis=sets(words),
    facilities=maybe,
    competence=maybe,
    oversight=maybe,
    staff_count=st.none() | st.integers(1, 10_000),
    guarantee=maybe,
    safety=maybe,
    evaluation=maybe,
    decree=st.none() | st.builds(Decree, words, st.dates()),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def faults(content: object) -> dict[str, str]:
    with pytest.raises(Faulty) as refused:
        rules.from_json(content)
    return refused.value.faults


# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Fee"), ("en-gb", "Fee"), ("EN", "Fee"), ("id", "Biaya"), ("jv", "Biaya"), ("", "Biaya")],
)
def test_a_text_falls_back_to_indonesian(language: str, said: str) -> None:
    assert Text.of({"en": "Fee", "id": "Biaya", "ms": "  "}).in_(language) == said


def test_a_text_without_words_is_nothing() -> None:
    assert not Text.of({"id": " ", "en": ""})
    assert Text().in_("id") == ""


def test_words_are_kept_tidily() -> None:
    assert clean("  Satu   dua \r\n\r\n\r\n\r\n tiga\u00a0empat ") == "Satu dua\n\ntiga empat"


@given(st.text(max_size=60))
def test_tidy_words_stay_as_they_are(said: str) -> None:
    assert clean(clean(said)) == clean(said)


# --- reading and writing ---------------------------------------------------------------------------------------------


@given(standards)
def test_what_is_written_is_read_back(standard: Standard) -> None:
    assert rules.from_json(rules.to_json(standard)) == standard


@given(json_values, st.sampled_from([*full_content(), "colour"]))
def test_nothing_but_faults_comes_of_a_wrong_value(value: object, key: str) -> None:
    found: dict[str, str] = {}
    try:
        rules.from_json({**full_content(), key: value})
    except Faulty as refused:
        found = refused.faults
    assert all(path.startswith(key) for path in found)


def test_every_fault_is_told_with_its_place() -> None:
    line = {"label": {"id": "Paspor"}}
    content = public_content(
        summary={"en": "Only English"},
        popularity=101,
        colour="red",
        requirements=[{"text": {"id": "KTP"}, "form": "stone", "size": 3}, "KTP", {"text": {}}],
        time={"value": 0, "unit": "week"},
        fee={
            "free": False,
            "lines": [{**line, "amount": 350_000}, {**line, "amount": 0}, {**line, "amount": 1.5}, line],
        },
        decree={"number": "", "date": "2026-02-30"},
    )
    assert sorted(faults(content)) == [
        "colour",
        "decree.date",
        "decree.number",
        "fee.lines[1].amount",
        "fee.lines[2].amount",
        "fee.lines[3].amount",
        "popularity",
        "requirements[0].form",
        "requirements[0].size",
        "requirements[1]",
        "requirements[2].text.id",
        "summary.id",
        "time.unit",
        "time.value",
    ]


def test_the_refusal_is_a_problem_with_paths_for_machines() -> None:
    with pytest.raises(Faulty) as refused:
        rules.from_json({})
    assert refused.value.status == 422
    assert [error["path"] for error in refused.value.facts["errors"]] == ["name.id"]


@pytest.mark.parametrize("content", [None, [], "name", 3])
def test_what_is_no_table_is_one_fault(content: object) -> None:
    assert list(faults(content)) == [""]


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"name": {"id": "x" * 160}}, ""),
        ({"name": {"id": "x" * 161}}, "name.id"),
        ({"name": {"id": "x" * 5_000_000}}, "name.id"),
        ({"name": {"id": "a\0b"}}, "name.id"),
        ({"name": {"id": "a\ud800b"}}, "name.id"),
        ({"name": {"id": "Akta", "English": "Deed"}}, "name.English"),
        ({"name": {"id": "Akta", "en": 3}}, "name.en"),
        ({"name": {f"l{chr(97 + n)}": "x" for n in range(13)}}, "name"),
        ({"steps": [{"id": "x"}] * 40}, ""),
        ({"steps": [{"id": "x"}] * 41}, "steps"),
        ({"steps": [{"id": "x"}] * 1_000_000}, "steps"),
        ({"steps": {"id": "x"}}, "steps"),
        ({"staff_count": 0}, "staff_count"),
        ({"staff_count": True}, "staff_count"),
        ({"staff_count": 10**400}, "staff_count"),
        ({"issuer": "outside"}, "outside_system"),
        ({"issuer": "outside", "outside_system": "OSS"}, ""),
        ({"life_events": ["birth", "birthday"]}, "life_events[1]"),
        ({"legal_basis": ["UU 24/2013", " "]}, "legal_basis[1]"),
        ({"complaints": []}, ""),
        ({"complaints": {}}, ""),
        ({"complaints": ["x"]}, "complaints"),
        ({"fee": {}}, "fee.free"),
        ({"fee": {"free": "yes"}}, "fee.free"),
        ({"fee": {"free": True, "lines": []}}, ""),
        ({"fee": {"free": True, "lines": [{"label": {"id": "x"}, "amount": 1}]}}, "fee.lines"),
        ({"fee": {"free": False, "lines": [{"label": {"id": "x"}, "amount": 1, "formula": {"id": "y"}}]}}, "formula"),
        ({"decree": {"number": "1", "date": date(2026, 1, 5)}}, ""),
        ({"decree": {"number": "1", "date": 20260105}}, "decree.date"),
    ],
)
def test_bounds(parts: dict[str, Any], place: str) -> None:
    if not place:
        rules.from_json({**public_content(), **parts})
    else:
        assert [path for path in faults({**public_content(), **parts}) if path.endswith(place)]


def test_a_name_stands_on_one_line_and_a_paragraph_may_have_more() -> None:
    said = {"id": "Akta\n\nkelahiran"}
    standard = rules.from_json({**public_content(), "name": said, "summary": said})
    assert (str(standard.name), str(standard.summary)) == ("Akta kelahiran", said["id"])


def test_no_more_faults_are_told_than_somebody_reads() -> None:
    assert len(faults({**public_content(), **{f"key{number}": 1 for number in range(5000)}})) == 100


def test_repeated_choices_count_once() -> None:
    standard = rules.from_json(public_content(life_events=["birth", "loss", "birth"], stock=["blangko", "blangko"]))
    assert (standard.life_events, standard.stock) == ((LifeEvent.BIRTH, LifeEvent.LOSS), ("blangko",))


def test_the_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    content = rules.to_json(rules.from_json(full_content()))
    assert rules.digest(dict(reversed(content.items()))) == rules.digest(content)
    assert rules.digest({**content, "popularity": 1}) != rules.digest(content)


# --- the fourteen components -----------------------------------------------------------------------------------------


def test_there_are_six_public_and_eight_internal_components() -> None:
    assert (len(rules.PUBLIC), len(rules.INTERNAL), len(rules.ALL)) == (6, 8, 14)
    assert [*rules.LABELS] == [*rules.ALL]


@pytest.mark.parametrize("component", rules.ALL)
def test_each_component_is_missed_by_its_name(component: str) -> None:
    content = full_content()
    assert rules.missing(rules.from_json(content)) == ()
    del content[component]
    standard = rules.from_json(content)
    assert rules.missing(standard) == (component,)
    assert rules.missing(standard, rules.PUBLIC) == ((component,) if component in rules.PUBLIC else ())
    assert rules.done(standard) == 13


def test_a_fee_is_written_when_it_is_free_or_has_a_line() -> None:
    def is_missing(fee: dict[str, Any]) -> bool:
        return "fee" in rules.missing(rules.from_json(public_content(fee=fee)))

    assert not is_missing({"free": True})
    assert is_missing({"free": False})
    assert not is_missing({"free": False, "lines": [{"label": {"id": "Nilai"}, "formula": {"id": "0,5 x nilai"}}]})


def test_that_the_malls_own_ways_are_enough_is_a_statement_about_complaints() -> None:
    assert "complaints" not in rules.missing(rules.from_json(public_content(complaints=[])))
    assert "complaints" in rules.missing(rules.from_json(public_content(complaints=None)))


# --- money -----------------------------------------------------------------------------------------------------------


@given(st.none() | fees)
def test_free_is_never_billed_and_what_is_billed_is_above_zero(fee: Fee | None) -> None:
    if fee is None or fee.free:
        with pytest.raises(NothingToPay):
            rules.bill_lines(fee)
    elif fee.lines:
        assert all(line.formula if line.amount is None else line.amount > 0 for line in rules.bill_lines(fee))


def test_a_free_fee_with_lines_cannot_even_be_made() -> None:
    with pytest.raises(ValueError, match="no fee lines"):
        Fee(free=True, lines=(FeeLine(Text.of({"id": "x"}), 1),))


@pytest.mark.parametrize(("amount", "formula"), [(None, ""), (0, ""), (-1, ""), (5, "5 x nilai")])
def test_a_line_has_an_amount_above_zero_or_a_formula(amount: int | None, formula: str) -> None:
    with pytest.raises(ValueError, match="amount above zero or a formula"):
        FeeLine(Text.of({"id": "x"}), amount, Text.of({"id": formula}))


# --- what changed ----------------------------------------------------------------------------------------------------


@given(standards)
def test_equal_standards_have_no_changes(standard: Standard) -> None:
    assert rules.changes(standard, rules.from_json(rules.to_json(standard))) == ()


@given(standards, standards)
def test_different_standards_differ_both_ways(old: Standard, new: Standard) -> None:
    there, back = rules.changes(old, new), rules.changes(new, old)
    assert bool(there) == (old != new)
    swapped = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.REMOVED: ChangeKind.ADDED}
    assert {change.component for change in there} == {change.component for change in back}
    single = [change for change in there if not isinstance(getattr(old, change.component), tuple | Fee)]
    mirrored = {(change.field, change.kind) for change in back}
    assert all((change.field, swapped.get(change.kind, change.kind)) in mirrored for change in single)


def test_the_items_of_a_list_are_followed_by_their_words() -> None:
    def paper(said: str, **parts: Any) -> Requirement:
        return Requirement(Text.of({"id": said}), **parts)

    before = Standard(
        Text.of({"id": "Akta"}),
        requirements=(paper("KTP-el ayah dan ibu"), paper("Surat nikah"), paper("Foto berwarna")),
    )
    after = replace(
        before,
        requirements=(
            paper("Surat nikah", form=Form.COPY, count=2),
            paper("KTP-el ayah, dan ibu asli"),
            paper("Surat keterangan lahir"),
        ),
    )
    found = [(change.field, change.kind, change.details) for change in rules.changes(before, after)]
    assert found == [
        ("requirements", ChangeKind.REMOVED, ()),
        ("requirements", ChangeKind.CHANGED, ("form", "count")),
        ("requirements", ChangeKind.CHANGED, ("text.id",)),
        ("requirements", ChangeKind.ADDED, ()),
        ("requirements", ChangeKind.MOVED, ()),
    ]


def test_a_fee_tells_which_line_rose() -> None:
    def cost(amount: int, **parts: Any) -> Standard:
        line = FeeLine(Text.of({"id": "Paspor biasa"}), amount)
        return Standard(Text.of({"id": "Paspor"}), fee=Fee(free=False, lines=(line,), **parts))

    raised = rules.changes(cost(350_000), cost(400_000, basis=Text.of({"id": "PP 45/2024"})))
    assert [(change.field, change.kind, change.details) for change in raised] == [
        ("fee", ChangeKind.CHANGED, ("basis.id",)),
        ("fee.lines", ChangeKind.CHANGED, ("amount",)),
    ]
    assert {change.component for change in raised} == {"fee"}


def test_a_translation_that_comes_later_is_a_change_of_that_language() -> None:
    before = Standard(Text.of({"id": "Akta"}))
    (change,) = rules.changes(before, Standard(Text.of({"id": "Akta", "en": "Deed"})))
    assert (change.kind, change.details) == (ChangeKind.CHANGED, ("en",))


# --- the life of a version -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", rules.STEPS)
def test_an_act_leads_on_from_one_state_only(act: str, state: State) -> None:
    allowed = {("submit", "draft"), ("return", "in_review"), ("publish", "in_review")}
    assert rules.may(act, state) == ((act, state) in allowed)


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (date(2023, 11, 24), date(2026, 11, 24)),
        (date(2024, 2, 29), date(2027, 2, 28)),
        (date(2024, 2, 28), date(2027, 2, 28)),
        (date(2025, 3, 1), date(2028, 3, 1)),
    ],
)
def test_a_standard_is_reviewed_after_three_years(since: date, due: date) -> None:
    assert rules.review_due(since) == due


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_what_is_due_is_found_to_the_day(on: date) -> None:
    since = rules.due_since(on)
    assert rules.review_due(since) <= on
    assert rules.review_due(date.fromordinal(since.toordinal() + 1)) > on
