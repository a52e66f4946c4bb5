"""Gives a test run its database and its settings, so that `pytest` needs nothing but the checkout."""

import os
from contextlib import ExitStack

import pytest
from django.utils import translation

from pendapa.server import trial

pytest_plugins = ("tests.browsing",)

_run = ExitStack()
trial.describe(os.environ, _run.enter_context(trial.database(os.environ)))
trial.read_settings_again()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the database when the run is over, however it went."""
    _run.close()


@pytest.fixture(autouse=True)
def _in_indonesian() -> None:
    """Each test begins in the first language: a page that was read in English before leaves it behind in its thread."""
    translation.activate("id")
