import doctest
import importlib
from pathlib import Path

import pytest

from pendapa.server import commands

MODULES = sorted(path.stem for path in Path(__file__).parents[1].glob("*.py") if not path.stem.startswith("_"))
MEASUREMENTS = ["board", "call", "growth", "issue", "memory", "pages", "search", "streams"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"bench.{name}")).failed == 0


def test_every_measurement_is_found_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["bench", "--help"]) == 0
    assert f"NAME is one of: {', '.join(MEASUREMENTS)}" in capsys.readouterr().out


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_every_measurement_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(["bench", name, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_an_unknown_measurement_is_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["bench", "luck"]) == 1
    assert "There is no measurement called luck" in capsys.readouterr().err
