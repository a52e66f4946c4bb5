"""The diagram of a number, its label, and the head start of priority."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pendapa.operations.queueing import rules
from pendapa.operations.queueing.rules import Act, State


@pytest.mark.parametrize(
    ("prefix", "number", "text"), [("A", 1, "A-001"), ("A", 999, "A-999"), ("AB", 1234, "AB-1234")]
)
def test_a_label_has_at_least_three_digits(prefix: str, number: int, text: str) -> None:
    assert rules.label(prefix, number) == text


@given(st.integers(1, 100_000))
def test_labels_of_two_numbers_are_never_the_same(number: int) -> None:
    assert rules.label("A", number) != rules.label("A", number + 1)


@pytest.mark.parametrize(
    ("wait", "start"),
    [(None, 15), (timedelta(minutes=29), 15), (timedelta(minutes=30), 15), (timedelta(minutes=31), 15.5)],
)
def test_the_head_start_is_half_the_wait_and_at_least_a_quarter_of_an_hour(
    wait: timedelta | None, start: float
) -> None:
    assert rules.head_start(wait) == timedelta(minutes=start)


def test_every_state_but_the_first_ones_is_reached_by_an_act() -> None:
    reached = {step.target for step in rules.STEPS.values()}
    assert set(State) - reached == {State.REMOTE}


def test_no_act_leads_out_of_an_end_but_the_return_of_a_missed_number() -> None:
    from_ends = {(act, source) for act, step in rules.STEPS.items() for source in step.sources if source in rules.ENDED}
    assert from_ends == {(Act.RETURN, State.NO_SHOW)}


def test_the_end_of_the_day_ends_every_open_state() -> None:
    assert set(rules.AT_END_OF_DAY) == set(rules.OPEN)
    assert set(rules.AT_END_OF_DAY.values()) <= set(rules.ENDED)


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (30, True), (30.1, False), (-1, False)])
def test_a_wrong_click_may_be_undone_for_thirty_seconds(seconds: float, may: bool) -> None:
    at = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Jakarta"))
    assert rules.may_be_undone(Act.FINISH, at, at + timedelta(seconds=seconds)) is may


def test_a_cancelled_number_cannot_be_undone_by_an_officer() -> None:
    at = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Jakarta"))
    assert not rules.may_be_undone(Act.CANCEL, at, at)
