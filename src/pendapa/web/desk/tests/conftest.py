"""What the tests of the desk share."""

import pytest
from django.core.cache import cache

from pendapa.web.desk.tests.hall import Desk, make_desk


@pytest.fixture(autouse=True)
def counts_from_zero(db: None) -> None:
    """Tries from an address are counted in a table that the end of a test does not empty."""
    cache.clear()


@pytest.fixture
def desk() -> Desk:
    """An open counter."""
    opened = make_desk()
    opened.sit()
    return opened
