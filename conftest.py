"""Gives a test run its database and its settings, so that `pytest` needs nothing but the checkout."""

import os
from contextlib import ExitStack

import pytest

from pendapa.server import trial

pytest_plugins = ("tests.browsing",)

_run = ExitStack()
trial.describe(os.environ, _run.enter_context(trial.database(os.environ)))
trial.read_settings_again()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the database when the run is over, however it went."""
    _run.close()
