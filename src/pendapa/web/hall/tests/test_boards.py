"""The public board as a page. How it lives is tried over real servers in `tests/live`."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from pendapa.base import clock
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.tests.make import make_counter, make_queue, make_user, take
from pendapa.web.hall import boards

pytestmark = pytest.mark.django_db(transaction=True)


def page_of(client: Client, code: str, language: str = "id") -> str:
    answer = client.get(f"/board/{code}/", HTTP_ACCEPT_LANGUAGE=language)
    assert answer.status_code == 200
    return answer.content.decode()


def called_board(full_name: str = "Sari Wulandari") -> tuple[str, str, Any]:
    """A mall in which one number is called and one waits: its code, the label, and the ticket."""
    queue = make_queue()
    take(queue)
    take(queue)
    counter, officer = make_counter(queue), make_user()
    officer.full_name = full_name
    officer.save(update_fields=["full_name"])
    actions.open_counter(counter=counter, by=officer, at=clock.now())
    ticket = actions.call_next(counter=counter, by=officer, at=clock.now())
    assert ticket is not None
    return queue.mall.code, ticket.label, ticket


def call(label: str, state: str, at: str = "2026-11-24T08:00:00+07:00") -> dict[str, Any]:
    return {"label": label, "state": state, "called_at": at, "counter": 1, "agency": "Dukcapil", "calls": 1}


@pytest.mark.parametrize(
    ("language", "where", "come"), [("id", "Loket 1", "silakan datang"), ("en", "Counter 1", "please come")]
)
def test_a_called_number_stands_on_the_page_in_both_languages(
    client: Client, language: str, where: str, come: str
) -> None:
    code, label, _ = called_board()
    page = page_of(client, code, language)
    assert f'<html lang="{language}"' in page
    for text in (label, where, come):
        assert text in page


def test_no_name_and_no_code_is_on_the_page(client: Client) -> None:
    code, _, ticket = called_board(full_name="Ratna Kusumadewi")
    page = page_of(client, code)
    for secret in ("Ratna", ticket.code, ticket.visit.code):
        assert secret not in page


def test_without_javascript_the_page_renews_itself_and_says_its_time(client: Client) -> None:
    code, _, _ = called_board()
    page = page_of(client, code)
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page
    assert "Keadaan pukul" in page


def test_the_board_of_a_demo_is_marked(client: Client, settings: Settings) -> None:
    code, _, _ = called_board()
    assert "CONTOH" not in page_of(client, code)
    settings.DEMO = True
    assert "CONTOH, bukan data resmi" in page_of(client, code)


def test_an_unknown_mall_has_no_board_and_a_board_is_only_read(client: Client) -> None:
    assert client.get("/board/nowhere/").status_code == 404
    assert client.post(f"/board/{make_queue().mall.code}/").status_code == 405


def test_a_board_is_kept_by_nobody_and_costs_few_statements(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    code, _, _ = called_board()
    with django_assert_max_num_queries(12):
        answer = client.get(f"/board/{code}/")
    assert "no-store" in answer["Cache-Control"]


def test_who_should_come_stands_first_then_the_latest() -> None:
    state = {
        "called": [call("A-005", "called"), call("A-004", "called")],
        "serving": [call("B-001", "serving", "2026-11-24T08:05:00+07:00")],
        "recent": [call(f"C-{n:03}", "served", f"2026-11-24T08:0{n}:00+07:00") for n in (6, 4, 3)],
    }
    assert [one["label"] for one in boards.calls_shown(state)] == ["A-005", "A-004", "C-006", "B-001", "C-004"]


def test_everybody_who_should_come_is_shown_as_far_as_a_screen_goes() -> None:
    state = {"called": [call(f"A-{n:03}", "called") for n in range(20)], "serving": [], "recent": []}
    assert [one["label"] for one in boards.calls_shown(state)] == [f"A-{n:03}" for n in range(boards.MOST_ROWS)]


def test_a_very_large_mall_shows_where_most_people_wait() -> None:
    queues = [{"prefix": f"{n:02}", "waiting": n % 10} for n in range(40)]
    shown = boards.queues_shown({"queues": queues})
    assert len(shown) == boards.MOST_QUEUES
    assert shown == sorted(shown, key=lambda queue: str(queue["prefix"]))
    assert min(int(queue["waiting"]) for queue in shown) >= 3
    assert boards.queues_shown({"queues": queues[:5]}) == queues[:5]
