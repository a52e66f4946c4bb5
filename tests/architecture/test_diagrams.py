"""Diagrams match the tables they are drawn from."""

import pytest

from tests.architecture.drawing import FOLDER, PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_diagram_shows_the_code_of_today(page: str) -> None:
    assert (FOLDER / page).read_text() == PAGES[page](), "run: python -m tests.architecture.drawing"
