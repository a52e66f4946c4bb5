"""Example pictures of papers: one for each kind that a standard can name, drawn here, marked as an example."""

from pathlib import Path

import pytest

from pendapa.directory.catalogue.rules import Picture

PAPERS = Path(__file__).parents[1] / "static" / "ui" / "papers"


def test_each_kind_of_paper_has_its_picture_and_no_other_lies_there() -> None:
    assert {path.stem for path in PAPERS.glob("*.svg")} == set(Picture)


@pytest.mark.parametrize("kind", Picture)
def test_a_picture_is_small_and_says_that_it_is_an_example(kind: Picture) -> None:
    drawn = (PAPERS / f"{kind}.svg").read_text("utf-8")
    assert "CONTOH" in drawn
    assert len(drawn) < 6_000
    assert "http" not in drawn.replace('xmlns="http://www.w3.org/2000/svg"', "")
