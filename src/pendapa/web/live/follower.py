"""One reading every 200 ms feeds all streams of a process."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TypeVar

import psycopg
from django.db import Error as DatabaseError
from django.db import connections

from pendapa.base.journal.queries import head
from pendapa.web.live.database import leave_pool
from pendapa.web.live.states import Reader
from pendapa.web.live.streams import Hub
from pendapa.web.live.tail import Tail
from pendapa.web.live.topics import Found, Key

PACE = 0.2  # seconds from one reading of the journal to the next
ANEW = 1.2  # seconds after which every state is read again, touched or not
LAST_RETRY = 2.0  # seconds between attempts when the database is away

_log = logging.getLogger("pendapa.live")
_Answer = TypeVar("_Answer")


class Follower:
    """Keeps a hub's topics true to the database for as long as anybody follows them.

    The journal says within 200 ms what was touched. It says nothing while a long write anywhere in the database
    cluster holds its readers back, and nothing about what time alone changes (the last number of the day); so all
    states are read anew every 1.2 s, and a board is right within 2 s whatever happens.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._reader = Reader()
        # Django's connection belongs to a thread; one thread also keeps the readings in order.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="live-reader", initializer=leave_pool)
        self._tail: Tail | None = None
        self._anew_at = 0.0  # loop time from which all states have to be read again
        self._is_blind = False

    async def run(self) -> None:
        """Follow until cancelled."""
        loop = asyncio.get_running_loop()
        retry = PACE
        try:
            while True:
                if not self._hub.topics:
                    await self._rest()
                started = loop.time()
                try:
                    is_all = await self._follow()
                except Exception as error:
                    await self._lose_sight(error)
                    await asyncio.sleep(retry)
                    retry = min(2 * retry, LAST_RETRY)
                    continue
                retry = PACE
                self._see_again()
                if is_all:
                    await self._wait(started + PACE - loop.time())
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)
            if self._tail is not None:
                await self._tail.close()

    async def _follow(self) -> bool:
        """One round: what was touched, and how it looks now. True if the journal's end was reached."""
        hub, time = self._hub, asyncio.get_running_loop().time()
        hub.work.clear()
        if self._tail is None:
            # The position is taken before the states are read: nothing falls in between.
            self._tail = Tail(await self._in_thread(head))
            self._anew_at = 0.0
        news = await self._tail.read()
        is_anew = time >= self._anew_at
        keys = [key for key, topic in hub.topics.items() if is_anew or topic.fields is None or news.touches(topic)]
        if is_anew:
            self._anew_at = time + ANEW
        states = await self._in_thread(partial(self._read, keys, news.now, is_anew=is_anew)) if keys else {}
        hub.set_clock(news.now, news.speed, read_at=time)
        hub.publish(states, news.position)
        return news.is_all

    def _read(self, keys: list[Key], at: datetime, *, is_anew: bool) -> dict[Key, Found | None]:
        if is_anew:
            self._reader.forget_all_but(keys)
        return self._reader.read(keys, at)

    async def _in_thread(self, function: Callable[[], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    async def _wait(self, seconds: float) -> None:
        """Until the next round is due, or a new topic wants to be read."""
        # Not `wait_for`: on Python 3.11 it swallows a cancellation that comes together with the event, as a stop does.
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0)):
                await self._hub.work.wait()

    async def _rest(self) -> None:
        """While nobody follows anything, nothing is read and no connection is held."""
        await self._let_go()
        await self._hub.work.wait()

    async def _lose_sight(self, error: Exception) -> None:
        """Start from scratch, and say so once in the log; the silence of the heartbeats says it to the screens."""
        if not self._is_blind:
            is_expected = isinstance(error, psycopg.Error | DatabaseError | OSError)
            _log.warning(
                "live states cannot be read, streams are silent",
                extra={"error": type(error).__name__},
                exc_info=None if is_expected else error,
            )
        self._is_blind = True
        self._hub.give_up_unread()
        await self._let_go()

    def _see_again(self) -> None:
        if self._is_blind:
            _log.warning("live states can be read again")
        self._is_blind = False

    async def _let_go(self) -> None:
        """Close both connections."""
        if self._tail is not None:
            await self._tail.close()
            self._tail = None
        await self._in_thread(connections.close_all)


async def keep_pace(hub: Hub) -> None:
    """Once a second, whatever the database does: heartbeats, or silence, and an end for clients that do not read."""
    while True:
        await asyncio.sleep(1)
        hub.tick()
