import json
from typing import Any

import pytest

from bench.figures import Budget, Report, percentile, spread

DURABLE = {"fsync": "on", "synchronous_commit": "on"}


def report(**changes: Any) -> Report:
    return Report(**{"name": "issue", "rounds": 3, "postgres": DURABLE, **changes})


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 50), (95, 95), (99, 99), (99.5, 100), (100, 100)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, expected: int) -> None:
    assert percentile([*range(100, 0, -1)], percent) == expected


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 99)


def test_a_spread_is_in_milliseconds_and_says_so() -> None:
    assert spread("call", [0.01, 0.02], (50,)) == {"call_p50_ms": 10.0, "call_worst_ms": 20.0}


def test_a_figure_within_its_budget_is_ok() -> None:
    kept = report()
    kept.hold("ratio", 0.18, Budget("at least", 0.18))
    kept.hold("call_p99_ms", 49.9, Budget("under", 50))
    told = kept.as_object()
    assert (told["ok"], told["ratio"], told["call_p99_ms"], told["missed"]) == (1, 0.18, 49.9, [])


def test_a_missed_budget_is_told_with_figure_and_limit() -> None:
    late = report()
    late.hold("call_p99_ms", 50.0, Budget("under", 50))
    assert late.as_object()["ok"] == 0
    assert late.as_object()["missed"] == ["call_p99_ms is 50.0, the budget is under 50."]
    assert "NOT MET" in late.as_table()


@pytest.mark.parametrize("name", DURABLE)
def test_nothing_counts_when_commits_are_not_durable(name: str) -> None:
    loose = report(postgres={**DURABLE, name: "off"})
    assert loose.as_object()["ok"] == 0
    assert loose.verdict == [f"Nothing counts while {name} is off."]


def test_a_broken_promise_outweighs_good_figures(capsys: pytest.CaptureFixture[str]) -> None:
    broken = report()
    broken.hold("ratio", 0.5, Budget("at least", 0.18))
    broken.require(False, "Two requests got the same label.")
    assert broken.deliver(as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["ok"], told["missed"]) == ("issue", 0, ["Two requests got the same label."])


def test_the_table_shows_each_figure_once_with_its_budget() -> None:
    kept = report()
    kept.add(issue_per_second=1234.5)
    kept.hold("ratio", 0.25, Budget("at least", 0.18))
    lines = kept.as_table().splitlines()
    assert [line for line in lines if line.startswith("issue per second")] == ["issue per second       1,234"]
    assert [line.split() for line in lines if line.startswith("ratio")] == [
        ["ratio", "0.25", "at", "least", "0.18", "met"]
    ]
