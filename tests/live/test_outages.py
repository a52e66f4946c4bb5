"""When the database goes away: streams stay, say nothing that is not known, and all comes back by itself."""

import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.live.hall import Desk
from tests.live.listening import Listener, called
from tests.live.servers import Relay, Server, address, running, two_ports


@pytest.fixture
def relay(transactional_db: None) -> Iterator[Relay]:
    """A way to the test database that can be cut."""
    with tempfile.TemporaryDirectory(prefix="pendapa-relay-") as folder:
        relay = Relay(Path(folder))
        relay.open()
        yield relay
        relay.cut()


@pytest.fixture
def live(relay: Relay) -> Iterator[Server]:
    """A live server that reaches the database over the relay."""
    variables = {"DATABASE_URL": address(relay.folder), "PENDAPA_DATABASE_POOL": "4", "PENDAPA_LOG_LEVEL": "ERROR"}
    with running(Server("live", two_ports()[1], variables)) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("how", ["cut", "silence"])
def test_without_a_database_streams_stay_and_say_nothing_until_it_is_back(live: Server, relay: Relay, how: str) -> None:
    desk = Desk.make(waiting=1)
    with Listener(live.url, desk.board) as board:
        board.wait(lambda b: b.kinds() == ["snapshot"])
        getattr(relay, how)()
        since = time.monotonic()
        board.wait(lambda b: len([event for event in b.events if event.came_at > since + 4]) == 2, 30)
        # Comments keep the connection; a heartbeat would let a screen take old data for the present.
        assert {event.kind for event in board.events if event.came_at > since + 4} == {""}
        assert _status(live, desk.board) == 503
        ticket = desk.call()
        relay.open()
        done = time.monotonic()
        came = board.wait(lambda b: called(b) == [ticket.label])
        assert came - done < 4
        assert not board.ended.is_set()
        board.wait(lambda b: b.events[-1].kind == "heartbeat", 11)
        assert _status(live, desk.board) == 200


@pytest.mark.slow
def test_pages_answer_again_within_seconds_after_a_long_outage(relay: Relay) -> None:
    """A pool left to itself would pause for as long as the outage was."""
    desk = Desk.make()
    variables = {"DATABASE_URL": address(relay.folder), "PENDAPA_DATABASE_POOL": "4", "PENDAPA_LOG_LEVEL": "ERROR"}
    with running(Server("pages", two_ports()[0], variables)) as pages:
        snapshot = f"/api/v1/malls/{desk.queue.mall.code}/board"
        assert _status(pages, snapshot) == 200
        relay.cut()
        since = time.monotonic()
        while time.monotonic() - since < 20:
            assert _status(pages, snapshot) == 503
        relay.open()
        back = time.monotonic()
        while _status(pages, snapshot) != 200:
            time.sleep(0.2)
        assert time.monotonic() - back < 6


def _status(server: Server, path: str) -> int:
    client = HTTPConnection("127.0.0.1", server.port, timeout=15)
    try:
        client.request("GET", path)
        return client.getresponse().status
    finally:
        client.close()
