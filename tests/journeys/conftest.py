"""The demo itself, started by its one command, as the stage of all journeys."""

from collections.abc import Iterator

import pytest

from tests.running import Run, reachable


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that runs in a data folder of its own, without simulated visitors."""
    run = Run(reachable(tmp_path_factory.mktemp("demo")) / "data")
    try:
        yield run.address()
    finally:
        run.stop()
