"""What screens get from a real live server while the hall works."""

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from pendapa.base import clock
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Queue
from pendapa.operations.queueing.rules import Channel, PriorityReason
from pendapa.operations.queueing.tests.make import make_agency, make_queue, take, ticket_of
from pendapa.web.live.streams import STALLED
from tests.live.hall import Desk
from tests.live.listening import Listener, called, waiting
from tests.live.servers import Server

LATEST = 2.0  # seconds until a board is right, whatever happens elsewhere


@contextmanager
def long_write() -> Iterator[None]:
    """A transaction elsewhere that has written and stays open: it holds the journal's readers back."""
    settings = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(**{name: settings[name] for name in names if settings.get(name)}) as writer:
        writer.execute("INSERT INTO journal_entry (at, actor, verb, subject) VALUES (now(), 'system', 'a.b', 'c:1')")
        yield
        writer.rollback()


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One request: status, headers, and the body if the answer ends."""
    client = HTTPConnection("127.0.0.1", server.port, timeout=10)
    client.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = client.getresponse()
    given = {name.lower(): value for name, value in answer.getheaders()}
    is_stream = given.get("content-type", "").startswith("text/event-stream") and method == "GET"
    body = b"" if is_stream else answer.read()
    client.close()
    return answer.status, given, body


def test_a_stream_begins_with_all_there_is_and_a_call_changes_the_board_within_two_seconds(live: Server) -> None:
    desk = Desk.make(waiting=2)
    with Listener(live.url, desk.board) as board:
        board.wait(lambda b: b.kinds() == ["snapshot"])
        assert called(board) == []
        assert waiting(board) == 2
        ticket = desk.call()
        done = time.monotonic()
        came = board.wait(lambda b: called(b) == [ticket.label])
        assert came - done < LATEST
        assert board.events[-1].kind == "change"
        assert set(board.events[-1].data) == {"now", "called", "queues"}
        assert board.events[-1].mark != board.events[0].mark
        assert waiting(board) == 1


def test_the_stream_shows_what_the_api_says(live: Server, client: Client) -> None:
    desk = Desk.make(waiting=3)
    ticket = desk.call()
    waits = desk.take()
    desk.take()
    for stream, snapshot in (
        (desk.board, f"/api/v1/malls/{desk.queue.mall.code}/board"),
        (f"/live/tickets/{ticket.code}", f"/api/v1/tickets/{ticket.code}"),
        (f"/live/tickets/{waits.code}", f"/api/v1/tickets/{waits.code}"),
    ):
        said: dict[str, Any] = client.get(snapshot, HTTP_ACCEPT_LANGUAGE="en").json()
        with Listener(live.url, stream, Accept_Language="en") as listener:
            listener.wait(lambda one: bool(one.events))
            shown = dict(listener.state)
        assert shown.pop("now") >= said.pop("now")
        assert shown == said


def test_whoever_comes_back_gets_what_was_missed(live: Server) -> None:
    desk = Desk.make(waiting=3)
    with Listener(live.url, desk.board) as board:
        board.wait(lambda b: bool(b.events))
        desk.next()
        board.wait(lambda b: len(called(b)) == 1)
        state, mark = board.state, board.mark
    with Listener(live.url, desk.board) as other:  # until it knows it too, nothing is missed
        ticket = desk.next()
        other.wait(lambda b: called(b) == [ticket.label])
    with Listener(live.url, desk.board, last_event=mark, state=state) as board:
        board.wait(lambda b: called(b) == [ticket.label])
        assert set(board.kinds()) == {"heartbeat", "change"}


def test_whoever_comes_back_too_late_begins_anew(live: Server) -> None:
    desk = Desk.make(waiting=1)
    for strange in ("1.5.00000000000000000000000000000000/0badcafe.7", "nonsense", "x" * 5000, "…"):
        with Listener(live.url, desk.board, last_event=strange.encode().decode("latin-1")) as board:
            board.wait(lambda b: bool(b.events))
            assert board.kinds() == ["snapshot"]


def test_a_server_that_was_killed_and_started_again_gives_a_snapshot(live: Server) -> None:
    desk = Desk.make(waiting=2)
    with Listener(live.url, desk.board) as board:
        board.wait(lambda b: bool(b.events))
        desk.next()
        board.wait(lambda b: len(called(b)) == 1)
        live.kill()
        assert board.ended.wait(5)
        mark = board.mark
    ticket = desk.next()
    live.start()
    with Listener(live.url, desk.board, last_event=mark) as board:
        board.wait(lambda b: bool(b.events))
        assert board.kinds() == ["snapshot"]
        assert called(board) == [ticket.label]


def test_fifty_screens_get_the_same_change(live: Server) -> None:
    desk = Desk.make(waiting=1)
    with ExitStack() as stack:
        with ThreadPoolExecutor(10) as pool:
            boards = list(pool.map(lambda _: Listener(live.url, desk.board), range(50)))
        for board in boards:
            stack.enter_context(board)
            board.wait(lambda b: b.kinds() == ["snapshot"])
        ticket = desk.call()
        done = time.monotonic()
        came = [board.wait(lambda b: called(b) == [ticket.label]) for board in boards]
        assert max(came) - done < LATEST
        assert len({board.events[-1].text for board in boards if board.events[-1].kind == "change"}) == 1
        assert len({board.mark for board in boards}) == 1


@pytest.mark.slow
def test_boards_are_right_within_two_seconds_while_a_long_write_holds_the_journal_back(live: Server) -> None:
    """The mission's promise: a write that stays open for 10 s anywhere delays no board and loses nothing."""
    desk = Desk.make(waiting=12)
    delays = []
    with Listener(live.url, desk.board) as board, Listener(live.url, f"/live/tickets/{desk.take().code}") as phone:
        board.wait(lambda b: bool(b.events))
        phone.wait(lambda p: p.state.get("ahead") == 12)
        with long_write():
            started = time.monotonic()
            while time.monotonic() - started < 10:
                ticket = desk.next()
                done = time.monotonic()
                delays.append(board.wait(lambda b, label=ticket.label: called(b) == [label]) - done)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                time.sleep(0.13)
        ahead = 12 - len(delays)
        phone.wait(lambda p: p.state["ahead"] == ahead)
        ticket = desk.next()
        done = time.monotonic()
        assert board.wait(lambda b: called(b) == [ticket.label]) - done < 1
    assert len(delays) > 4
    assert max(delays) < LATEST, delays


def test_a_ticket_follows_a_transfer_to_its_successor_and_back(live: Server) -> None:
    desk = Desk.make(waiting=1)
    other = Desk(make_queue(desk.queue.mall, prefix="B"))
    ahead = take(other.queue)
    ticket = desk.call()
    ticket = actions.start(ticket=ticket, by=desk.officer, at=clock.now())
    with Listener(live.url, f"/live/tickets/{ticket.code}") as phone:
        phone.wait(lambda p: p.state.get("state") == "serving")
        at = clock.now()
        successor = actions.transfer(ticket=ticket, service=other.queue.services.get(), by=desk.officer, at=at)
        phone.wait(lambda p: p.state["code"] == successor.code)
        assert (phone.state["label"], phone.state["moved_from"]) == (ticket.label, ticket.code)
        assert (phone.state["queue"]["prefix"], phone.state["state"], phone.state["counter"]) == ("B", "waiting", None)

        actions.undo(ticket=ticket, by=desk.officer, at=clock.now())
        phone.wait(lambda p: p.state["code"] == ticket.code)
        assert (phone.state["state"], phone.state["moved_from"]) == ("serving", None)

        ticket.refresh_from_db()
        actions.transfer(ticket=ticket, service=other.queue.services.get(), by=desk.officer, at=clock.now())
        phone.wait(lambda p: p.state["code"] == successor.code)
        assert other.call().code == successor.code  # taken first, so due first
        phone.wait(lambda p: p.state["state"] == "called" and p.state["counter"] == other.counter.number)
    assert ticket_of(ahead).state == "waiting"


def test_a_missed_number_that_returns_is_never_told_that_nobody_is_ahead(live: Server) -> None:
    desk = Desk.make(waiting=1)
    missed = desk.call()
    take(desk.queue, reason=PriorityReason.ELDERLY)
    missed = actions.no_show(ticket=missed, by=desk.officer, at=clock.now())
    with Listener(live.url, f"/live/tickets/{missed.code}") as phone:
        phone.wait(lambda p: p.state.get("state") == "no_show")
        actions.return_to_queue(ticket=missed, by=desk.officer, at=clock.now())
        phone.wait(lambda p: p.state["state"] == "waiting")
        assert phone.state["ahead"] == 1


def test_each_phone_reads_its_own_language(live: Server) -> None:
    ticket = Desk.make().take()
    path = f"/live/tickets/{ticket.code.lower()}"
    with (
        Listener(live.url, path, Cookie="django_language=en") as english,
        Listener(live.url, path, Accept_Language="id") as indonesian,
    ):
        english.wait(lambda p: bool(p.state))
        indonesian.wait(lambda p: bool(p.state))
        assert english.state["state_name"] == "waiting"
        assert indonesian.state["code"] == english.state["code"] == ticket.code


def test_no_name_and_no_code_of_a_stranger_is_in_any_frame(live: Server) -> None:
    desk = Desk.make()
    desk.officer.full_name = "Ratna Kusumadewi"
    desk.officer.save(update_fields=["full_name"])
    first, second = ticket_of(take(desk.queue, reason=PriorityReason.PREGNANT)), desk.take()
    remote = ticket_of(take(desk.queue, channel=Channel.PORTAL, caller="cookie:somebody"))
    with (
        Listener(live.url, desk.board) as board,
        Listener(live.url, f"/live/tickets/{second.code}") as phone,
    ):
        board.wait(lambda b: bool(b.events))
        actions.arrive(ticket=remote, by=None, at=clock.now())
        for _ in range(3):
            desk.finish(desk.call())
        board.wait(lambda b: len(b.state["recent"]) == 3)
        phone.wait(lambda p: p.state["state"] == "served")
        frames = "".join(event.text for event in board.events)
        theirs = "".join(event.text for event in phone.events)
    for secret in ("Ratna", desk.officer.username, "pregnant", "cookie:", "user:", "device:"):
        assert secret not in frames + theirs
    for ticket in (first, second, remote):
        assert ticket.code not in frames
        assert ticket.visit.code not in frames
    assert first.code not in theirs
    assert not re.search(r"\d{16}", frames.replace(board.events[0].mark, "") + theirs.replace(phone.mark, ""))


@pytest.mark.slow
def test_a_heartbeat_carries_the_malls_time_every_ten_seconds(live: Server) -> None:
    with Listener(live.url, Desk.make().board) as board:
        board.wait(lambda b: b.kinds().count("heartbeat") == 2, 25)
        first, second = [event for event in board.events if event.kind == "heartbeat"]
        assert 9 < second.came_at - first.came_at < 11
        assert second.data["now"] > first.data["now"]
        assert second.data["speed"] == 1


def test_what_does_not_exist_is_a_problem(live: Server) -> None:
    desk = Desk.make()
    for path in ("/live/malls/nowhere/board", "/live/tickets/AAAA-AAAA-AAAA-AAAA", "/live/tickets/x", "/live/", "/%ff"):
        status, headers, body = ask(live, path)
        assert (status, headers["content-type"]) == (404, "application/problem+json")
        assert json.loads(body)["status"] == 404
    unknown = ticket_of(take(desk.queue)).code
    assert ask(live, f"/live/tickets/{unknown}")[0] == 200
    assert ask(live, f"/live/tickets/{unknown[:-1]}")[0] == 404


def test_streams_are_only_read(live: Server) -> None:
    desk = Desk.make()
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        status, headers, body = ask(live, desk.board, method)
        assert (status, headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert json.loads(body)["title"] == "Method Not Allowed"


def test_only_our_own_pages_may_read_from_another_origin(live: Server) -> None:
    board = Desk.make().board
    ours = f"http://127.0.0.1:{live.port - 1}"
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
        given, headers, _ = ask(live, board, method, Origin=ours)
        assert given == status
        assert headers["access-control-allow-origin"] == ours
        assert headers["access-control-allow-credentials"] == "true"
        assert headers["vary"] == "origin"
    for other in (
        "https://example.org",
        f"http://127.0.0.1:{live.port - 2}",
        f"{ours}.example.org",
        "null",
        "http://[",
    ):
        given, headers, _ = ask(live, board, Origin=other)
        assert given == 403
        assert "access-control-allow-origin" not in headers
    assert "access-control-allow-origin" not in ask(live, board)[1]


def test_a_request_with_a_body_that_comes_a_byte_a_second_holds_nothing_up(live: Server) -> None:
    desk = Desk.make()
    with socket.create_connection(("127.0.0.1", live.port)) as slow:
        slow.sendall(f"GET {desk.board} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\n".encode())
        slow.settimeout(5)
        assert b" 400 " in slow.recv(4096)
    with Listener(live.url, desk.board) as board:
        board.wait(lambda b: bool(b.events))


def test_a_stop_ends_open_streams_cleanly_and_at_once(live: Server) -> None:
    desk = Desk.make()
    for _ in range(5):  # a stop that comes together with a reading once went unheard
        boards = [Listener(live.url, desk.board) for _ in range(20)]
        for board in boards:
            board.wait(lambda b: bool(b.events))
        assert live.stop() < 1
        assert live.process.returncode == 0
        for board in boards:
            assert board.ended.wait(5)
            assert board.is_clean_end
            board.close()
        live.start()


@pytest.mark.slow
def test_a_screen_that_does_not_read_is_dropped_and_delays_nobody(live: Server) -> None:
    """A screen stops reading a board whose every change is large."""
    desk = Desk.make(waiting=200)
    agency = make_agency(desk.queue.mall, "Instansi")
    Queue.objects.bulk_create(
        Queue(
            mall=desk.queue.mall,
            agency=agency,
            zone=desk.queue.zone,
            schedule=desk.queue.schedule,
            name="Antrean dengan nama yang sangat panjang sekali supaya papan menjadi besar",
            prefix=first + second,
        )
        for first in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        for second in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )
    with socket.socket() as deaf, Listener(live.url, desk.board) as board:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", live.port))
        deaf.sendall(f"GET {desk.board} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        board.wait(lambda b: bool(b.events))
        slowest = 0.0
        for _ in range(60):  # more than the kernel takes for the deaf one
            number = desk.take().number
            done = time.monotonic()
            slowest = max(slowest, board.wait(lambda b, n=number: waiting(b) == n) - done)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        time.sleep(STALLED + 3)
        assert slowest < LATEST
        deaf.settimeout(5)
        received = 0
        while data := deaf.recv(1 << 20):
            received += len(data)
        assert received < 8_000_000  # what the kernel had taken; nothing more was kept for it
