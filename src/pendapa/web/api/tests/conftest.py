"""What the tests of the API share: a hall, and a count of the statements that really went to the database."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest

from pendapa.web.api.tests.hall import Hall, make_hall

Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def hall(db: None) -> Hall:
    return make_hall()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Every statement inside the block, also those that do not pass through Django's cursors."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []
        execute = psycopg.Cursor.execute

        def counted(cursor: psycopg.Cursor[Any], query: Any, *args: Any, **options: Any) -> Any:
            if str(query).strip():  # the pool's health check is an empty statement
                seen.append(str(query))
            return execute(cursor, query, *args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", counted)
            yield seen

    return counting
