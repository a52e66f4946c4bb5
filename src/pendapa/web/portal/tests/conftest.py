"""What tests of these pages share."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def counts_from_zero(db: None) -> None:
    """Tries from an address are counted in a table that the end of a test does not empty."""
    cache.clear()
