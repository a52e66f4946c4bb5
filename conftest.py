"""Gives a test run its database and its settings, so that `pytest` needs nothing but the checkout."""

import os
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

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


@pytest.fixture(autouse=True)
def _in_the_morning(request: pytest.FixtureRequest, _django_db_marker: None) -> None:
    """Each test of the database begins at ten in the mall, whatever the hour: no test runs over midnight.

    Real time goes on as it is. A test about the clock itself says `real_clock`.
    """
    if request.node.get_closest_marker("django_db") and not request.node.get_closest_marker("real_clock"):
        from pendapa.base import clock  # settings stand by now

        clock.set_clock(at=next_morning(clock.real_now()), speed=1, may_go_back=True)


def next_morning(now: datetime) -> datetime:
    """The next ten o'clock of Western Indonesia, when all of its zones and UTC have the same date."""
    morning = now.astimezone(UTC).replace(hour=3, minute=0, second=0, microsecond=0)
    return morning if morning >= now else morning + timedelta(days=1)
