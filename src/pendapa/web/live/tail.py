"""The end of the journal, read by one asynchronous connection for all streams of a process."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from pendapa.base.journal.queries.reading import AFTER, READABLE
from pendapa.base.journal.rules import Position
from pendapa.web.live.database import PATIENCE, parameters
from pendapa.web.live.topics import Topic

LIMIT = 2000  # entries of one reading

_READ = f"""
WITH moment AS MATERIALIZED (
  SELECT base_now() AS now, coalesce((SELECT speed FROM base_installationclock WHERE id = 1), 1) AS speed
), entry AS (
  SELECT era, xid, id, mall, (data->>'queue')::bigint AS queue, (data->>'to_queue')::bigint AS to_queue
  FROM journal_entry
  WHERE {AFTER} AND {READABLE}
  ORDER BY era, xid, id, written_at LIMIT {LIMIT}
)
SELECT moment.now, moment.speed, entry.era, entry.xid::text, entry.id, entry.mall, entry.queue, entry.to_queue
FROM moment LEFT JOIN entry ON true
ORDER BY entry.era, entry.xid, entry.id
"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class News:
    """What a reading brought: the installation's moment and speed, how far the journal is read, and what was touched.

    `malls` are those in which anything happened, `queues` those whose numbers were acted on. In `whole_malls`
    something happened that names no queue and may concern every number there.
    """

    now: datetime
    speed: float
    position: Position
    malls: frozenset[int]
    queues: frozenset[int]
    whole_malls: frozenset[int]
    is_all: bool  # nothing more could be read

    def touches(self, topic: Topic) -> bool:
        """Whether the topic may look different now."""
        if topic.queue is None:
            return topic.mall in self.malls
        return topic.queue in self.queues or topic.mall in self.whole_malls


class Tail:
    """Reads the journal from a position on. On a connection of its own, which keeps no snapshot open."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None

    async def read(self) -> News:
        """What happened since the last reading. Raises `psycopg.Error` or `TimeoutError` when it cannot be known."""
        async with asyncio.timeout(2 * PATIENCE):
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(**parameters(), autocommit=True)
            cursor = await self._connection.execute(
                _READ, (self.position.era, str(self.position.xid), self.position.id)
            )
            rows = await cursor.fetchall()
        return self._news(rows)

    async def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    def _news(self, rows: list[tuple[Any, ...]]) -> News:
        entries = [_Row(*row[2:]) for row in rows if row[4] is not None]
        if entries:
            last = entries[-1]
            self.position = Position(last.era, int(last.xid), last.id)
        here = [(entry.mall, entry) for entry in entries if entry.mall is not None]
        queues = {queue for _mall, entry in here for queue in (entry.queue, entry.to_queue) if queue is not None}
        return News(
            now=rows[0][0],
            speed=rows[0][1],
            position=self.position,
            malls=frozenset(mall for mall, _entry in here),
            queues=frozenset(queues),
            whole_malls=frozenset(mall for mall, entry in here if entry.queue is None),
            is_all=len(entries) < LIMIT,
        )


@dataclass(frozen=True, slots=True)
class _Row:
    era: int
    xid: str
    id: UUID
    mall: int | None
    queue: int | None
    to_queue: int | None
