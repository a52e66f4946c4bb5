"""The house as `pyproject.toml` draws it: which package stands on which."""

import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def contracts() -> dict[str, list[list[str]]]:
    """For each container of a layers contract its layers from top to bottom, each a list of siblings."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return {
        container: [[re.sub(r"[()]", "", name).strip() for name in layer.split("|")] for layer in contract["layers"]]
        for contract in settings
        if contract["type"] == "layers"
        for container in contract["containers"]
        if "*" not in container
    }


def rank(module: str) -> list[tuple[int, str]]:
    """Where a module stands, container by container: (height from the ground, name in its layer)."""
    found = []
    parts = module.split(".")
    for depth in range(1, len(parts)):
        container, name = ".".join(parts[:depth]), parts[depth]
        for height, layer in enumerate(reversed(contracts().get(container, []))):
            if name in layer:
                found.append((height, name))
    return found


def may_use(upper: str, lower: str) -> bool:
    """Whether a module may refer to another: itself and its own app always, otherwise only downwards."""
    for (high, one), (low, other) in zip(rank(upper), rank(lower), strict=False):
        if one == other:
            continue
        return high > low
    return True
