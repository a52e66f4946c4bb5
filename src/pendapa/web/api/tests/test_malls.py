from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import connection

from pendapa.base import clock
from pendapa.directory.malls.models import Counter
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.tests.make import make_counter, make_mall, make_queue, make_service, make_user
from pendapa.web.api import malls
from pendapa.web.api.tests.conftest import Counting
from pendapa.web.api.tests.hall import Hall, call, good, problem

IN_ITS_OWN_TRANSACTION = pytest.mark.django_db(transaction=True)
BOARD = pytest.param("/board", marks=IN_ITS_OWN_TRANSACTION)


def test_anyone_sees_the_malls(hall: Hall) -> None:
    seen = good(call("/api/v1/malls"))
    assert {mall["code"] for mall in seen["items"]} >= {hall.mall}
    assert seen["next"] is None


def test_a_mall_names_where_its_streams_come_from(hall: Hall, settings: Any) -> None:
    settings.LIVE_URL = "http://127.0.0.1:8001"
    assert good(call(hall.path))["live"] == "http://127.0.0.1:8001"
    settings.LIVE_URL = settings.PUBLIC_URL = ""
    assert good(call(hall.path))["live"] == "http://testserver"


def test_services_are_found_by_what_people_type_the_best_first_and_page_by_page(hall: Hall) -> None:
    make_service(hall.a.mall, hall.a.agency, "perpanjangan-sim")
    first = good(call(f"{hall.path}/services?q=perpanjang+sim+instansi&limit=1"))
    sim = {"slug": "perpanjangan-sim", "name": "Perpanjangan sim", "agency": "Instansi A", "queue": None}
    assert first["items"] == [sim]
    following, page = [], first
    while page["next"]:
        page = good(call(page["next"]))
        following += [item["slug"] for item in page["items"]]
    assert "perpanjangan-sim" not in following
    assert len(following) == len(set(following))
    assert good(call(f"{hall.path}/services?q=zzzzqqq"))["items"] == []


def test_a_service_names_the_queue_that_takes_it(hall: Hall) -> None:
    items = good(call(f"{hall.path}/services"))["items"]
    assert {item["slug"]: item["queue"] for item in items}[hall.service] == "A"


def test_queues_say_who_waits_and_whether_numbers_are_given(hall: Hall) -> None:
    hall.waiting()
    hall.remote()
    first, second = good(call(f"{hall.path}/queues"))["items"]
    assert (first["prefix"], first["waiting"], first["remote"], first["gives_numbers"]) == ("A", 1, 1, True)
    assert (second["prefix"], second["waiting"], second["remote"]) == ("B", 0, 0)


@IN_ITS_OWN_TRANSACTION
def test_the_board_shows_whom_a_counter_called(hall: Hall) -> None:
    hall.waiting()
    good(hall.call("officer", f"{hall.path}/counters/1/call-next"))
    board = good(call(f"{hall.path}/board"))
    assert [(shown["label"], shown["counter"]) for shown in board["called"]] == [("A-001", 1)]
    assert board["now"]


def too_many_on_a_board(hall: Hall) -> int:
    """How many more people a board shows than there are, while another counter calls after each of its readings."""
    counters = [make_counter(hall.a, number=number) for number in range(2, 20)]
    for _counter in counters:
        hall.waiting()
    called: list[bool] = []

    def call_another(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if "queueing_ticket" in sql:
            with ThreadPoolExecutor(1) as elsewhere:
                called.append(elsewhere.submit(_call_at, counters.pop()).result())
        return result

    people = len(counters)
    with connection.execute_wrapper(call_another):
        board = good(call(f"{hall.path}/board"))
    assert len(called) > 1, "the board was read at once, nothing could come between"
    assert all(called)
    shown: int = len(board["called"]) + sum(queue["waiting"] for queue in board["queues"])
    return shown - people


def _call_at(counter: Counter) -> bool:
    try:
        return actions.call_next(counter=counter, by=make_user(), at=clock.now()) is not None
    finally:
        connection.close()


@pytest.mark.race
@IN_ITS_OWN_TRANSACTION
def test_nobody_stands_twice_or_nowhere_on_a_board_that_is_read_while_counters_call(hall: Hall) -> None:
    assert too_many_on_a_board(hall) == 0


@pytest.mark.race
@IN_ITS_OWN_TRANSACTION
def test_without_one_snapshot_somebody_would_stand_twice_or_nowhere(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(malls, "one_snapshot", nullcontext)
    assert too_many_on_a_board(hall) != 0


def test_pages_follow_one_another_to_the_end(hall: Hall) -> None:
    names = {make_service(hall.a.mall, hall.a.agency, f"layanan-{letter}").slug for letter in "vwxyz"}
    path: str | None = f"{hall.path}/services?limit=2&q=layanan"
    seen: list[str] = []
    while path:
        page = good(call(path))
        assert len(page["items"]) <= 2
        seen += [item["slug"] for item in page["items"]]
        path = page["next"]
    assert names < set(seen)
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("part", ["malls", "malls/{mall}/queues"])
def test_every_list_pages(hall: Hall, part: str) -> None:
    first = good(call(f"/api/v1/{part.format(mall=hall.mall)}?limit=1"))
    second = good(call(first["next"]))
    assert first["items"][0] != second["items"][0]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMl0", "eyJhIjoxfQ", "WyJcdTAwMDAiLDFd", "WyJhIiwiYiJd", "%F0%9F%98%80"]
)
def test_a_cursor_that_we_did_not_make_is_refused(db: None, cursor: str) -> None:
    mistake = problem(call(f"/api/v1/malls?cursor={cursor}"), 422, "malformed")["errors"][0]
    assert (mistake["in"], mistake["pointer"]) == ("query", "#/cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "x", "9" * 5000])
def test_a_page_has_one_to_a_hundred_rows(db: None, limit: str) -> None:
    mistake = problem(call(f"/api/v1/malls?limit={limit}"), 422, "malformed")["errors"][0]
    assert (mistake["in"], mistake["pointer"]) == ("query", "#/limit")


def test_a_search_that_the_database_cannot_read_is_refused(hall: Hall) -> None:
    problem(call(f"{hall.path}/services?q=%00"), 422, "malformed")
    assert good(call(f"{hall.path}/services?q=%F0%9F%98%80%E2%80%8F%27%25"))["items"] == []
    problem(call(f"{hall.path}/services?q={'a' * 201}"), 422, "malformed")


@pytest.mark.parametrize("part", ["", "/services", "/queues", BOARD])
def test_an_unknown_mall_is_not_found(db: None, part: str) -> None:
    problem(call(f"/api/v1/malls/nowhere{part}"), 404, "not-found")


@pytest.mark.parametrize("part", ["", "/services", "/queues", BOARD])
def test_what_is_known_already_is_not_sent_again(hall: Hall, part: str) -> None:
    first = call(hall.path + part)
    again = call(hall.path + part, if_none_match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert call(hall.path + part, if_none_match='"other"').status_code == 200


def test_a_new_number_changes_the_tag_of_the_queues(hall: Hall) -> None:
    before = call(f"{hall.path}/queues")["ETag"]
    hall.waiting()
    assert call(f"{hall.path}/queues", if_none_match=before).status_code == 200


def test_a_wrong_token_is_told_so_even_where_none_is_needed(hall: Hall) -> None:
    for part in ("", "/services", "/queues", "/board"):  # refused before anything is read
        problem(hall.call("wrong", hall.path + part, "GET"), 401, "token-wrong")


@pytest.mark.parametrize(
    ("part", "most"),
    [("", 1), ("/services", 3), ("/queues", 4), pytest.param("/board", 10, marks=IN_ITS_OWN_TRANSACTION)],
)
def test_reading_costs_the_same_however_much_there_is(hall: Hall, statements: Counting, part: str, most: int) -> None:
    call(hall.path + part)
    with statements() as few:
        good(call(hall.path + part))
    for prefix in ("C", "D", "E"):
        hall.waiting(make_queue(hall.a.mall, prefix=prefix))
    with statements() as many:
        good(call(hall.path + part))
    assert len(few) == len(many) <= most


def test_malls_cost_one_statement(hall: Hall, statements: Counting) -> None:
    make_mall()
    with statements() as seen:
        good(call("/api/v1/malls"))
    assert len(seen) == 1
