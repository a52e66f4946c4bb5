"""Reading the end of the journal on the live server's own connection."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection, transaction

from pendapa.base import clock
from pendapa.base.journal import actions as journal
from pendapa.base.journal.queries import head
from pendapa.operations.queueing.tests.make import make_queue, take
from pendapa.web.live.database import parameters
from pendapa.web.live.tail import News, Tail
from pendapa.web.live.topics import Key, Topic

pytestmark = pytest.mark.django_db(transaction=True)


def read_twice(between: Callable[[], object]) -> tuple[News, News]:
    """What the tail brings before and after something happens."""
    tail = Tail(head())

    def in_own_session() -> None:
        try:
            between()
        finally:
            connection.close()

    async def read() -> tuple[News, News]:
        try:
            before = await tail.read()
            await asyncio.to_thread(in_own_session)
            return before, await tail.read()
        finally:
            await tail.close()

    return asyncio.run(read())


def topic(kind: str, mall: int, queue: int | None) -> Topic:
    async def make() -> Topic:
        key = Key("board", "m") if kind == "board" else Key("ticket", "t")
        return Topic(key, asyncio.get_running_loop().create_future())

    made = asyncio.run(make())
    made.mall, made.queue = mall, queue
    return made


def test_a_number_touches_its_mall_and_its_queue_and_nothing_else() -> None:
    queue = make_queue()
    other = make_queue(queue.mall, prefix="B")
    before, after = read_twice(lambda: take(queue))
    assert (before.malls, before.queues) == (frozenset(), frozenset())
    assert after.position > before.position
    assert after.touches(topic("board", queue.mall_id, None))
    assert after.touches(topic("ticket", queue.mall_id, queue.pk))
    assert not after.touches(topic("ticket", queue.mall_id, other.pk))
    assert not after.touches(topic("board", queue.mall_id + 1, None))


def test_what_names_no_queue_touches_every_number_of_its_mall() -> None:
    queue = make_queue()

    def record() -> None:
        with transaction.atomic():
            journal.record(verb="counter.opened", subject="counter:1", by=None, at=clock.now(), mall=queue.mall_id)

    _, after = read_twice(record)
    assert after.touches(topic("ticket", queue.mall_id, queue.pk))
    assert not after.touches(topic("ticket", queue.mall_id + 1, queue.pk))


def test_a_transfer_touches_both_queues() -> None:
    queue = make_queue()

    def record() -> None:
        with transaction.atomic():
            facts = {"mall": queue.mall_id, "queue": queue.pk, "to_queue": queue.pk + 1}
            journal.record(verb="ticket.moved", subject="ticket:1", by=None, at=clock.now(), **facts)

    _, after = read_twice(record)
    assert after.queues == {queue.pk, queue.pk + 1}


def test_the_installations_clock_and_its_speed_come_along() -> None:
    shown = clock.set_clock(at=clock.now(), speed=30, may_go_back=True)
    before, _ = read_twice(lambda: None)
    assert before.speed == 30
    assert before.now >= shown


def test_the_connection_is_impatient() -> None:
    async def look() -> str:
        async with await psycopg.AsyncConnection.connect(**parameters(), autocommit=True) as own:
            row = await (await own.execute("SHOW statement_timeout")).fetchone()
        assert row is not None
        return str(row[0])

    assert asyncio.run(look()) == "2s"


def test_a_tail_that_was_closed_connects_again() -> None:
    tail = Tail(head())

    async def read() -> News:
        try:
            await tail.read()
            await tail.close()
            return await tail.read()
        finally:
            await tail.close()

    assert isinstance(asyncio.run(read()), News)
