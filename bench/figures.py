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
from typing import Any

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


@dataclass
class Report:
    """The outcome of one measurement. It is `ok` when every requirement held and commits were durable."""

    name: str
    rounds: int
    postgres: Mapping[str, str] = field(default_factory=dict)
    ratio: float | None = None
    figures: dict[str, Figure] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def add(self, **figures: Figure) -> None:
        """Keep figures; each key ends in its unit."""
        self.figures.update(figures)

    def require(self, holds: bool, sentence: str) -> None:
        """Note a promise or a budget that does not hold, in a sentence."""
        if not holds:
            self.missed.append(sentence)

    @property
    def verdict(self) -> list[str]:
        """Every reason why the measurement is not ok."""
        loose = [
            f"{name} is {self.postgres.get(name, 'unknown')}" for name in DURABLE if self.postgres.get(name) != "on"
        ]
        return [*self.missed, *(f"Nothing counts while {fact}." for fact in loose)]

    def as_object(self) -> dict[str, Any]:
        """The one JSON object."""
        return {
            "name": self.name,
            "ok": int(not self.verdict),
            **({"ratio": rounded(self.ratio)} if self.ratio is not None else {}),
            **{key: rounded(value) for key, value in self.figures.items()},
            "missed": self.verdict,
            "commit": commit(),
            "postgres": dict(self.postgres),
            "cores": os.cpu_count() or 0,
            "rounds": self.rounds,
        }

    def as_table(self) -> str:
        """The same for a person."""
        facts = self.as_object()
        missed, postgres = facts.pop("missed"), facts.pop("postgres")
        rows = {**facts, **{f"postgres {name}": value for name, value in postgres.items()}}
        width = max(map(len, rows))
        lines = [f"{key.replace('_', ' '):<{width}}  {value}" for key, value in rows.items()]
        return "\n".join([*lines, *(f"missed: {sentence}" for sentence in missed)])

    def deliver(self, *, as_json: bool) -> int:
        """Print the outcome; the exit code is 0 when all is well."""
        sys.stdout.write((json.dumps(self.as_object()) if as_json else self.as_table()) + "\n")
        return int(bool(self.verdict))


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
