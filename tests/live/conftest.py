"""Servers and halls for the tests of live data."""

from collections.abc import Iterator

import pytest

from tests.live.servers import Server, address, running, two_ports


@pytest.fixture
def live(transactional_db: None) -> Iterator[Server]:
    """A live server on the test database. It ends before the database is emptied."""
    variables = {"DATABASE_URL": address(), "PENDAPA_DATABASE_POOL": "4", "PENDAPA_LOG_LEVEL": "WARNING"}
    with running(Server("live", two_ports()[1], variables)) as server:
        yield server
