from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import translation

from pendapa.base.journal.tests.make import empty_journal

Session = BaseDatabaseWrapper


@pytest.fixture
def journal_db(transactional_db: None) -> Iterator[None]:
    """An empty journal. Its entries survive the cleaning that Django does between tests, so it is emptied here."""
    empty_journal()
    yield
    empty_journal()


@pytest.fixture
def another_session(journal_db: None) -> Iterator[Callable[[], Session]]:
    """Opens further database sessions, to write while others read. Django's own stays the reader's."""
    with ExitStack() as closing:

        def open_session() -> Session:
            session = connection.copy()
            session.connect()
            closing.callback(session.close)
            closing.callback(session.rollback)
            session.set_autocommit(False)
            return session

        yield open_session


@pytest.fixture
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield
