import asyncio
from typing import Any

from pendapa.web.live.topics import KEPT, Found, Key, Topic


def topic() -> Topic:
    loop = asyncio.new_event_loop()
    try:
        return Topic(Key("board", "magetan"), loop.create_future())
    finally:
        loop.close()


def take(topic: Topic, number: int, **state: Any) -> bool:
    return topic.take(Found(state, mall=1), number=number, mark=f"m{number}", now="now")


def test_the_first_state_is_no_change() -> None:
    board = topic()
    assert not take(board, 1, called=[])
    assert board.since(1) == b""
    assert b"id: m1\n" in board.snapshot("now")


def test_a_state_that_is_read_again_and_is_the_same_is_no_news() -> None:
    board = topic()
    take(board, 1, called=[])
    assert not take(board, 2, called=[])
    assert board.number == 1


def test_whoever_fell_behind_gets_each_change_once_in_order() -> None:
    board = topic()
    for number, label in enumerate(["A-001", "A-002", "A-003"], 1):
        take(board, number * 10, called=[label], recent=[])
    missed = board.since(10) or b""
    assert missed.index(b"A-002") < missed.index(b"A-003")
    assert missed.count(b"event: change") == 2
    assert b"recent" not in missed
    assert (board.since(20) or b"").count(b"event: change") == 1
    assert board.since(30) == b""


def test_a_number_that_was_never_a_state_of_this_topic_means_a_snapshot() -> None:
    board = topic()
    take(board, 10, called=["A-001"])
    take(board, 20, called=["A-002"])
    for strange in (0, 9, 15, 21):
        assert board.since(strange) is None


def test_only_so_many_changes_are_kept() -> None:
    board = topic()
    most = KEPT["board"]
    for number in range(1, most + 3):  # the first state, and one change more than are kept
        take(board, number, called=[number])
    assert board.since(1) is None
    assert (board.since(2) or b"").count(b"event: change") == most
    assert len(board.changes) == most
