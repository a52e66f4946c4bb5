"""What a measurement says: percentiles, the budget's verdict, a table for people and one JSON object for machines."""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

PROJECT = Path(__file__).resolve().parents[1]
DURABLE = ("fsync", "synchronous_commit")
Figure = float | int | str


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the values that at least `percent` of them do not exceed (nearest rank).

    >>> percentile([1, 2, 3, 4], 50), percentile([1, 2, 3, 4], 99)
    (2, 4)
    """
    if not values:
        raise ValueError("there is no percentile of nothing")
    ranked = sorted(values)
    rank = max(1, -int(-percent * len(ranked) // 100))  # rounded up
    return ranked[rank - 1]


def spread(name: str, seconds: Sequence[float], percents: Sequence[float] = (50, 95, 99)) -> dict[str, Figure]:
    """Percentiles and the worst of durations, in milliseconds, with the unit in the key."""
    figures: dict[str, Figure] = {
        f"{name}_p{percent:g}_ms": percentile(seconds, percent) * 1000 for percent in percents
    }
    return {**figures, f"{name}_worst_ms": max(seconds) * 1000}


def median(values: Sequence[float]) -> float:
    """The middle of the runs; runs alternate so that a busy minute of the machine hurts all sides."""
    return statistics.median(values)


@dataclass(frozen=True)
class Budget:
    """What a figure may be at most or has to reach."""

    kind: Literal["under", "at least"]
    limit: float

    def holds_for(self, figure: float) -> bool:
        """Whether a figure keeps it.

        >>> Budget("under", 50).holds_for(50), Budget("at least", 0.18).holds_for(0.18)
        (False, True)
        """
        return figure < self.limit if self.kind == "under" else figure >= self.limit

    def __str__(self) -> str:
        return f"{self.kind} {self.limit:g}"


@dataclass
class Report:
    """The outcome of one measurement. It is `ok` when every requirement held and commits were durable.

    `postgres` is None where no database takes part.
    """

    name: str
    rounds: int
    postgres: Mapping[str, str] | None = field(default_factory=dict)
    ratio: float | None = None
    figures: dict[str, Figure] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def add(self, **figures: Figure) -> None:
        """Keep figures; each key ends in its unit."""
        self.figures.update(figures)

    def require(self, holds: bool, sentence: str) -> None:
        """Note a promise that does not hold, in a sentence."""
        if not holds:
            self.missed.append(sentence)

    def hold(self, name: str, figure: float, budget: Budget) -> None:
        """Keep a figure that has a budget. The name `ratio` is that of the measurement as a whole."""
        if name == "ratio":
            self.ratio = figure
        else:
            self.figures[name] = figure
        self.budgets[name] = budget
        self.require(budget.holds_for(figure), f"{name} is {rounded(figure)}, the budget is {budget}.")

    @property
    def verdict(self) -> list[str]:
        """Every reason why the measurement is not ok."""
        settings = dict.fromkeys(DURABLE, "on") if self.postgres is None else self.postgres
        loose = [f"{name} is {settings.get(name, 'unknown')}" for name in DURABLE if settings.get(name) != "on"]
        return [*self.missed, *(f"Nothing counts while {fact}." for fact in loose)]

    @property
    def _measured(self) -> dict[str, Figure]:
        ratio = {"ratio": self.ratio} if self.ratio is not None else {}
        return {key: rounded(value) for key, value in {**ratio, **self.figures}.items()}

    def as_object(self) -> dict[str, Any]:
        """The one JSON object."""
        return {
            "name": self.name,
            "ok": int(not self.verdict),
            **self._measured,
            "budgets": {name: str(budget) for name, budget in self.budgets.items()},
            "missed": self.verdict,
            "commit": commit(),
            "postgres": dict(self.postgres or {}),
            "cores": os.cpu_count() or 0,
            "rounds": self.rounds,
        }

    def as_table(self) -> str:
        """The same for a person: each figure, and beside it the budget and whether it is met."""
        measured = self._measured
        wide = max(map(len, measured), default=0)
        lines = [f"{self.name}: {'ok' if not self.verdict else 'not ok'}", ""]
        for key, value in measured.items():
            budget = self.budgets.get(key)
            held = "" if budget is None else f"{budget!s:<15} {_met(budget, value)}"
            lines.append(f"{key.replace('_', ' '):<{wide}}  {shown(value):>10}  {held}".rstrip())
        lines += ["", *(f"not met: {sentence}" for sentence in self.verdict)]
        settings = ", ".join(f"{name} {value}" for name, value in (self.postgres or {}).items())
        database = "no database" if self.postgres is None else f"PostgreSQL: {settings}"
        lines.append(f"commit {commit()}, {os.cpu_count()} cores, {self.rounds} rounds, {database}")
        return "\n".join(lines)

    def deliver(self, *, as_json: bool) -> int:
        """Print the outcome; the exit code is 0 when all is well."""
        sys.stdout.write((json.dumps(self.as_object()) if as_json else self.as_table()) + "\n")
        return int(bool(self.verdict))


def _met(budget: Budget, value: Figure) -> str:
    return "met" if not isinstance(value, str) and budget.holds_for(value) else "NOT MET"


def shown(value: Figure) -> str:
    """A figure for people.

    >>> shown(4500.0), shown(0.1575), shown(12), shown("18.4")
    ('4,500', '0.1575', '12', '18.4')
    """
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:g}"


def rounded(value: Figure) -> Figure:
    """Four significant digits, for a figure that carries no more; whole numbers stay whole.

    >>> rounded(1234.56), rounded(0.0123456), rounded(12)
    (1235.0, 0.01235, 12)
    """
    return float(f"{value:.4g}") if isinstance(value, float) else value


def commit() -> str:
    """The commit that was measured, with a plus when files differ from it."""
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()


def arguments(name: str, text: str, *, rounds: int, seconds: float | None = None) -> argparse.ArgumentParser:
    """The options that all measurements share."""
    parser = argparse.ArgumentParser(prog=f"pendapa bench {name}", description=text)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=rounds, help="alternating runs (default: %(default)s)")
    if seconds is not None:
        parser.add_argument("--seconds", type=float, default=seconds, help="length of one run (default: %(default)s)")
    return parser


def tell(line: str) -> None:
    """Progress, beside the figures."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
