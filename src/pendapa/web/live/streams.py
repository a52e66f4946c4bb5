"""Who listens: open streams, the topics they follow, and the pace of heartbeats."""

import asyncio
import secrets
from collections import Counter
from datetime import datetime, timedelta
from itertools import count

from asgiref.typing import ASGISendCallable

from pendapa.base.journal.rules import Position
from pendapa.web.live import frames
from pendapa.web.live.topics import Found, Key, Topic

MOST_STREAMS = 12_000
"""Streams of one process; measured to 10,000. The next one is sent away rather than all being served badly."""

MOST_FROM_ONE_ADDRESS = 2_000
"""Streams from one address: more than all phones behind a mall's own network, and no one address can take them all."""

HEARTBEAT = 10  # seconds between the heartbeats of one stream
FRESH = 3.0  # seconds: a heartbeat says "you see the present", so the last reading must not be older
STALLED = 20.0  # seconds that one event may wait for a client to read
LINGER = 30.0  # seconds that a topic outlives its last stream, so that a short break continues
_THIS_MACHINE = ("127.", "::/64")  # as `callers.client_address` writes its addresses


class Stream:
    """One client. It holds no data of its own: what to send next follows from `seen` and its topic."""

    __slots__ = ("beat", "ending", "events", "seen", "sending_since", "slot", "task", "topic", "waiter")

    def __init__(self, topic: Topic, *, seen: int | None, slot: int) -> None:
        self.topic = topic
        self.seen = seen  # the number of the state it shows; None: nothing yet
        self.slot = slot  # the second of the heartbeat's round at which its turn comes
        self.beat = b""  # the heartbeat to send
        self.ending = ""  # why it ends
        self.events = 0
        self.sending_since: float | None = None
        self.task: asyncio.Task[object] | None = None
        self.waiter: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """There is something to send, or an end to make."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def end(self, reason: str) -> None:
        """Let the stream finish by itself."""
        self.ending = self.ending or reason
        self.wake()

    def due(self, now: str) -> bytes:
        """What the client has to get next; nothing if it is up to date."""
        data, self.beat = self.beat, b""
        if self.seen != self.topic.number:
            news = None if self.seen is None else self.topic.since(self.seen)
            data += self.topic.snapshot(now) if news is None else news
            self.seen = self.topic.number
        return data

    async def run(self, hub: "Hub", send: ASGISendCallable) -> None:
        """Send until the client leaves, stops reading, or the server ends.

        While the client does not take an event, nothing piles up for it: afterwards it gets what is due then.
        """
        loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        while not self.ending:
            data = self.due(hub.now())
            if not data:
                self.waiter = loop.create_future()
                await self.waiter
                self.waiter = None
                continue
            self.events += 1
            self.sending_since = loop.time()
            await send({"type": "http.response.body", "body": data, "more_body": True})
            self.sending_since = None


class Hub:
    """All topics and streams of one process."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.topics: dict[Key, Topic] = {}
        self.count = 0  # streams, also those whose topic is being read
        self._from: Counter[str] = Counter()  # the same by the address they come from
        self.work = asyncio.Event()  # there is a topic that nobody has read yet
        self.is_closing = False
        self.read_at = float("-inf")  # loop time of the last complete reading
        self._shown: tuple[datetime, float] | None = None  # the installation's moment at `read_at`, and its speed
        self._run = secrets.token_hex(4)  # a change of another process, or of this one before a restart, is not ours
        self._numbers = count(1)
        self._slots = count()
        self._second = 0

    # ---- Time ----

    def set_clock(self, now: datetime, speed: float, *, read_at: float) -> None:
        """A reading is complete: it shows the mall as it was at `now`, which was `read_at` in loop time."""
        self._shown = (now, speed)
        self.read_at = read_at

    def now(self) -> str:
        """The installation's moment, from the last reading on."""
        if self._shown is None:
            return ""
        shown, speed = self._shown
        return (shown + timedelta(seconds=(self.loop.time() - self.read_at) * speed)).isoformat(timespec="milliseconds")

    @property
    def is_fresh(self) -> bool:
        return self.loop.time() - self.read_at <= FRESH

    # ---- Topics ----

    def topic(self, key: Key) -> Topic:
        """The topic of an address; a new one is read as soon as possible."""
        topic = self.topics.get(key)
        if topic is None:
            topic = self.topics[key] = Topic(key, self.loop.create_future())
            topic.left_at = self.loop.time()
            self.work.set()
        return topic

    def give_up_unread(self) -> None:
        """Nothing can be read now: tell those who wait for a topic."""
        for topic in [topic for topic in self.topics.values() if topic.fields is None]:
            del self.topics[topic.key]
            if not topic.ready.done():
                topic.ready.set_result(None)

    def publish(self, states: dict[Key, Found | None], position: Position) -> None:
        """Take over what was read and wake those who have to show something else now."""
        now = self.now()
        for key, found in states.items():
            topic = self.topics.get(key)
            if topic is None:
                continue
            if found is None:
                self._withdraw(topic)
                continue
            number = next(self._numbers)
            if topic.take(found, number=number, mark=f"{position}/{self._run}.{number}", now=now):
                for stream in topic.streams:
                    stream.wake()
            if not topic.ready.done():
                topic.ready.set_result(True)

    def _withdraw(self, topic: Topic) -> None:
        self.topics.pop(topic.key, None)
        if not topic.ready.done():
            topic.ready.set_result(False)
        for stream in topic.streams:
            stream.end("withdrawn")

    # ---- Streams ----

    @property
    def is_full(self) -> bool:
        return self.count >= MOST_STREAMS

    def enter(self, address: str) -> bool:
        """Take a place for a stream; False when this address has its share already.

        This very machine has no limit: a proxy on it that was not declared would be the one address of everybody.
        """
        if self._from[address] >= MOST_FROM_ONE_ADDRESS and not address.startswith(_THIS_MACHINE):
            return False
        self._from[address] += 1
        self.count += 1
        return True

    def exit(self, address: str) -> None:
        """Give the place back."""
        self.count -= 1
        self._from[address] -= 1
        if not self._from[address]:
            del self._from[address]

    def join(self, topic: Topic, last_event: str) -> Stream:
        """A new stream of a topic that has been read; with the last event's id it continues where that one broke."""
        stream = Stream(topic, seen=self._number(last_event), slot=next(self._slots) % HEARTBEAT)
        if stream.seen is not None:
            stream.beat = self._heartbeat()
        topic.streams.add(stream)
        topic.left_at = None
        if self.is_closing:  # it waited for its topic when the stop came
            stream.end("stopped")
        return stream

    def leave(self, stream: Stream) -> None:
        stream.topic.streams.discard(stream)
        if not stream.topic.streams:
            stream.topic.left_at = self.loop.time()

    def _number(self, last_event: str) -> int | None:
        run, _, number = last_event.rpartition("/")[2].partition(".")
        return int(number) if run == self._run and number.isascii() and number.isdigit() else None

    def streams(self) -> list[Stream]:
        return [stream for topic in self.topics.values() for stream in topic.streams]

    def close(self) -> None:
        """End every stream now; clients come back to the server that follows."""
        self.is_closing = True
        self.work.set()
        for stream in self.streams():
            stream.end("stopped")

    # ---- Upkeep ----

    def tick(self) -> None:
        """Once a second: heartbeats for a tenth of the streams, an end for clients that do not read, and a broom.

        Without a fresh reading a comment goes out instead, which only keeps the connection: a screen must not take
        old data for the present.
        """
        time = self.loop.time()
        self._second = (self._second + 1) % HEARTBEAT
        beat = self._heartbeat()
        for topic in list(self.topics.values()):
            if topic.left_at is not None and time - topic.left_at > LINGER:
                del self.topics[topic.key]
                continue
            for stream in topic.streams:
                if stream.sending_since is not None and time - stream.sending_since > STALLED:
                    stream.ending = "stalled"
                    if stream.task is not None:
                        stream.task.cancel()
                elif stream.slot == self._second:
                    stream.beat = beat
                    stream.wake()

    def _heartbeat(self) -> bytes:
        if self._shown is None or not self.is_fresh:
            return frames.SILENT
        return frames.event("heartbeat", {"speed": f"{self._shown[1]:g}"}, now=self.now())
