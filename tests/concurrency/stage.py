"""Forced interleavings: threads that meet at a held lock, and mutants of statements that must fail there."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import connection

from pendapa.operations.queueing import statements

T = TypeVar("T")
PATIENCE = 10.0  # seconds until an interleaving that does not come about fails the test


@dataclass
class Stage:
    """Holds a lock in a session of its own; acts started behind it queue up in the order of their start."""

    holder: psycopg.Connection[Any]
    pool: ThreadPoolExecutor
    started: list[Future[Any]] = field(default_factory=list)

    def begin(self, act: Callable[[], T], *, waits: bool = True) -> Future[T]:
        """Start an act in its own thread and session, and wait until it waits for a lock."""
        blocked_before = _blocked()
        future = self.pool.submit(_in_own_session, act)
        self.started.append(future)
        if waits:
            _until(lambda: _blocked() > blocked_before or future.done())
        return future

    def release(self) -> None:
        """Let go of the lock and wait until every act has ended."""
        self.holder.rollback()
        for future in self.started:
            future.exception(timeout=PATIENCE)


@contextmanager
def holding(lock: str, *params: object) -> Iterator[Stage]:
    """A stage on which a statement such as `SELECT … FOR UPDATE` holds its rows until `release`."""
    settings = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with (
        psycopg.connect(**{name: settings[name] for name in names if settings.get(name)}) as holder,
        ThreadPoolExecutor(16) as pool,
    ):
        holder.execute(lock.encode(), params)
        stage = Stage(holder, pool)
        try:
            yield stage
        finally:
            holder.rollback()


def mutant(monkeypatch: pytest.MonkeyPatch, statement: str, old: str, new: str = "") -> None:
    """Replace one clause of a statement of `queueing.statements` for this test."""
    text: str = getattr(statements, statement)
    assert old in text, f"the statement {statement} no longer has this clause: the mutant would test nothing"
    monkeypatch.setattr(statements, statement, text.replace(old, new))


def outcome(future: Future[Any]) -> Any:
    """What an act returned, or the kind of exception it raised."""
    error = future.exception(timeout=PATIENCE)
    return type(error) if error else future.result()


def _in_own_session(act: Callable[[], T]) -> T:
    try:
        return act()
    finally:
        connection.close()


def _blocked() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )
        count: int = cursor.fetchone()[0]
    return count


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the act neither waited nor ended"
        time.sleep(0.01)
