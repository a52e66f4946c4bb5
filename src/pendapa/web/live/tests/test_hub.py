"""The hub and its streams, on a loop of their own and without a server."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from asgiref.typing import ASGISendEvent

from pendapa.base.journal.rules import Position
from pendapa.web.live import streams
from pendapa.web.live.streams import Hub, Stream
from pendapa.web.live.topics import Found, Key

BOARD = Key("board", "magetan")
NINE = datetime(2026, 11, 24, 2, tzinfo=UTC)
Send = Callable[[ASGISendEvent], Awaitable[None]]


def played(scene: Callable[[Hub], Coroutine[Any, Any, None]]) -> None:
    """Play a scene around a new hub that was just read."""

    async def play() -> None:
        hub = Hub()
        hub.set_clock(NINE, 1.0, read_at=hub.loop.time())
        await scene(hub)

    asyncio.run(play())


def publish(hub: Hub, *labels: str) -> None:
    hub.publish({BOARD: Found({"called": [*labels]}, mall=1)}, Position.before_everything())


async def listen(hub: Hub, *, last_event: str = "", send: Send | None = None) -> tuple[Stream, list[bytes]]:
    """A stream of the board that runs, and what it has sent so far."""
    sent: list[bytes] = []

    async def keep(message: ASGISendEvent) -> None:
        assert message["type"] == "http.response.body"
        sent.append(message["body"])

    stream = hub.join(hub.topic(BOARD), last_event)
    task = asyncio.create_task(stream.run(hub, send or keep))
    task.add_done_callback(lambda _task: hub.leave(stream))
    await asyncio.sleep(0)
    return stream, sent


def mark_of(frame: bytes) -> str:
    return next(line for line in frame.decode().splitlines() if line.startswith("id: ")).removeprefix("id: ")


def test_a_stream_begins_with_a_snapshot_and_gets_changes() -> None:
    async def scene(hub: Hub) -> None:
        hub.topic(BOARD)
        publish(hub)
        _, sent = await listen(hub)
        publish(hub, "A-001")
        await asyncio.sleep(0)
        assert [frame.split(b"\n")[0] for frame in sent] == [b"event: snapshot", b"event: change"]

    played(scene)


def test_the_last_event_continues_and_a_foreign_one_begins_anew() -> None:
    async def scene(hub: Hub) -> None:
        hub.topic(BOARD)
        publish(hub, "A-001")
        _, sent = await listen(hub)
        mark = mark_of(sent[0])
        publish(hub, "A-002")
        publish(hub, "A-003")
        _, missed = await listen(hub, last_event=mark)
        assert missed[0].startswith(b"event: heartbeat")
        assert missed[0].count(b"event: change") == 2
        _, nothing = await listen(hub, last_event=mark_of(missed[0].split(b"\n\n")[2]))
        assert nothing[0].startswith(b"event: heartbeat")
        assert b"event: change" not in nothing[0]
        for foreign in (mark.replace("/", "/x"), mark.rpartition(".")[0], "", "a/b.c", mark + "²"):
            _, anew = await listen(hub, last_event=foreign)
            assert anew[0].startswith(b"event: snapshot")

    played(scene)


def test_a_slow_reader_gets_one_event_for_all_it_missed() -> None:
    async def scene(hub: Hub) -> None:
        hub.topic(BOARD)
        publish(hub)
        gate, sent = asyncio.Event(), list[bytes]()

        async def slow(message: ASGISendEvent) -> None:
            assert message["type"] == "http.response.body"
            await gate.wait()
            sent.append(message["body"])

        await listen(hub, send=slow)
        for number in range(200):
            publish(hub, f"A-{number:03}")
        gate.set()
        await asyncio.sleep(0.01)
        assert [frame.split(b"\n")[0] for frame in sent] == [b"event: snapshot", b"event: snapshot"]
        assert b"A-199" in sent[-1]

    played(scene)


def test_a_reader_that_stopped_is_dropped_and_leaves_nothing_behind() -> None:
    async def scene(hub: Hub) -> None:
        topic = hub.topic(BOARD)
        publish(hub)

        async def stopped(_message: ASGISendEvent) -> None:
            await asyncio.Event().wait()

        stream, _ = await listen(hub, send=stopped)
        hub.tick()
        assert stream.sending_since is not None
        stream.sending_since -= streams.STALLED + 1
        hub.tick()
        await asyncio.sleep(0.01)
        assert stream.ending == "stalled"
        assert stream not in topic.streams

    played(scene)


def beats_of(sent: list[bytes]) -> list[bytes]:
    return [frame for frame in sent if b"event: snapshot" not in frame]


def test_each_stream_gets_one_heartbeat_in_ten_seconds() -> None:
    async def scene(hub: Hub) -> None:
        hub.topic(BOARD)
        publish(hub)
        everyone = [await listen(hub) for _ in range(25)]
        for _second in range(streams.HEARTBEAT):
            hub.tick()
            await asyncio.sleep(0)
        for _, sent in everyone:
            assert len(beats_of(sent)) == 1
            assert sent[-1].startswith(b'event: heartbeat\ndata: {"now":"2026-11-24T02:00:00.')

    played(scene)


def test_old_data_gets_no_heartbeat_but_a_comment() -> None:
    async def scene(hub: Hub) -> None:
        hub.topic(BOARD)
        publish(hub)
        _, sent = await listen(hub)
        hub.set_clock(NINE, 1.0, read_at=hub.loop.time() - streams.FRESH - 0.1)
        assert not hub.is_fresh
        for _second in range(streams.HEARTBEAT):
            hub.tick()
        await asyncio.sleep(0)
        assert beats_of(sent) == [b": still here\n\n"]

    played(scene)


def test_the_time_that_is_told_goes_on_at_the_malls_speed() -> None:
    async def scene(hub: Hub) -> None:
        hub.set_clock(NINE, 60.0, read_at=hub.loop.time() - 2)
        assert hub.now().startswith("2026-11-24T02:02:0")

    played(scene)


def test_a_board_that_is_gone_ends_its_streams() -> None:
    async def scene(hub: Hub) -> None:
        topic = hub.topic(BOARD)
        publish(hub)
        stream, _ = await listen(hub)
        hub.publish({BOARD: None}, Position.before_everything())
        await asyncio.sleep(0.01)
        assert stream.ending == "withdrawn"
        assert topic.streams == set()
        assert hub.topics == {}

    played(scene)


def test_what_was_never_there_is_told_to_all_who_asked() -> None:
    async def scene(hub: Hub) -> None:
        topic = hub.topic(BOARD)
        assert hub.topic(BOARD) is topic
        assert hub.work.is_set()
        hub.publish({BOARD: None}, Position.before_everything())
        assert await topic.ready is False
        unread = hub.topic(BOARD)
        hub.give_up_unread()
        assert await unread.ready is None

    played(scene)


def test_a_topic_outlives_its_last_stream_for_a_short_break_only() -> None:
    async def scene(hub: Hub) -> None:
        topic = hub.topic(BOARD)
        publish(hub)
        stream, _ = await listen(hub)
        stream.end("left")
        await asyncio.sleep(0.01)
        hub.tick()
        assert hub.topic(BOARD) is topic
        assert topic.left_at is not None
        topic.left_at -= streams.LINGER + 1
        hub.tick()
        assert hub.topics == {}

    played(scene)


def test_one_address_has_its_share_and_this_machine_has_no_limit() -> None:
    async def scene(hub: Hub) -> None:
        for _ in range(streams.MOST_FROM_ONE_ADDRESS):
            assert hub.enter("203.0.113.7")
        assert not hub.enter("203.0.113.7")
        assert hub.enter("203.0.113.8")
        hub.exit("203.0.113.7")
        assert hub.enter("203.0.113.7")
        for here in ("127.0.0.1", "::/64"):
            assert all(hub.enter(here) for _ in range(streams.MOST_FROM_ONE_ADDRESS + 1))
        assert not hub.is_full
        assert hub.count == 3 * streams.MOST_FROM_ONE_ADDRESS + 3
        while not hub.is_full:
            hub.enter("127.0.0.1")
        assert hub.count == streams.MOST_STREAMS

    played(scene)


def test_a_stop_ends_every_stream() -> None:
    async def scene(hub: Hub) -> None:
        hub.topic(BOARD)
        publish(hub)
        everyone = [(await listen(hub))[0] for _ in range(3)]
        hub.close()
        await asyncio.sleep(0.01)
        assert [stream.ending for stream in everyone] == 3 * ["stopped"]
        late, sent = await listen(hub)
        await asyncio.sleep(0.01)
        assert (late.ending, sent) == ("stopped", [])
        assert hub.streams() == []

    played(scene)
