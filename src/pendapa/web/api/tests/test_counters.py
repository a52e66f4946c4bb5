from datetime import timedelta

import pytest

from pendapa.operations.queueing.actions import pause_counter
from pendapa.operations.queueing.models import CounterStatus, Ticket
from pendapa.operations.queueing.rules import State
from pendapa.operations.queueing.tests.make import make_counter, make_mall, make_queue
from pendapa.web.api.tests.conftest import Counting
from pendapa.web.api.tests.hall import Hall, call, good, problem

# Whole requests, each with its own transactions, as in a mall.
pytestmark = pytest.mark.django_db(transaction=True)

ACTS = ["recall", "start", "finish", "no-show", "hold", "resume", "return", "transfer", "undo"]


def called(hall: Hall) -> Ticket:
    """Somebody whom the officer has just called."""
    ticket = hall.waiting()
    good(hall.call("officer", f"{hall.path}/counters/1/call-next"))
    return ticket


def body_of(hall: Hall, act: str) -> dict[str, str] | None:
    return {"service": hall.b.services.get().slug} if act == "transfer" else None


# Calling


def test_the_officer_calls_whoever_is_due(hall: Hall) -> None:
    ticket = hall.waiting()
    hall.waiting()
    shown = good(hall.call("officer", f"{hall.path}/counters/1/call-next"))
    assert (shown["code"], shown["state"], shown["counter"]) == (ticket.code, "called", 1)
    assert shown["called_at"]


def test_a_repeated_call_finds_the_open_one(hall: Hall) -> None:
    ticket = called(hall)
    assert good(hall.call("officer", f"{hall.path}/counters/1/call-next"))["code"] == ticket.code


def test_nobody_waits(hall: Hall) -> None:
    response = hall.call("officer", f"{hall.path}/counters/1/call-next")
    assert (response.status_code, response.content) == (204, b"")
    assert CounterStatus.objects.get(counter=hall.counter).officer == hall.officer


def test_a_manager_of_the_agency_may_serve_too(hall: Hall) -> None:
    hall.waiting()
    good(hall.call("manager", f"{hall.path}/counters/1/call-next"))
    problem(hall.call("officer", f"{hall.path}/counters/1/call-next"), 409, "counter-occupied")


def test_a_counter_on_a_break_calls_nobody(hall: Hall) -> None:
    hall.call("officer", f"{hall.path}/counters/1/call-next")
    hall.waiting()
    pause_counter(counter=hall.counter, reason="", by=hall.officer, at=hall.waiting().issued_at)
    problem(hall.call("officer", f"{hall.path}/counters/1/call-next"), 409, "counter-paused")


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "32768", "9" * 5000, "%D9%A1%D9%A2", "%EF%BC%91x", "%00"])
def test_a_counter_has_a_number(hall: Hall, number: str) -> None:
    mistake = problem(hall.call("officer", f"{hall.path}/counters/{number}/call-next"), 422, "malformed")["errors"][0]
    assert (mistake["in"], mistake["pointer"]) == ("path", "#/number")


def test_an_unknown_counter_is_not_found(hall: Hall) -> None:
    problem(hall.call("officer", f"{hall.path}/counters/99/call-next"), 404, "not-found")


# Who may


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        (None, 401, "token-needed"),
        ("wrong", 401, "token-wrong"),
        ("colleague", 404, "not-found"),
        ("stranger", 404, "not-found"),
        ("far kiosk", 404, "not-found"),
        ("host", 403, "not-allowed"),
        ("operator", 403, "not-allowed"),
        ("administrator", 403, "not-allowed"),
        ("kiosk", 403, "not-allowed"),
        ("board", 403, "not-allowed"),
    ],
)
def test_only_people_of_the_agency_serve(hall: Hall, who: str | None, status: int, code: str) -> None:
    ticket = called(hall)
    problem(hall.call(who, f"{hall.path}/counters/1/call-next"), status, code)
    for act in ACTS:
        response = hall.act(who, ticket, act, body=body_of(hall, act))
        if act == "return" and who in {"host", "operator"}:
            problem(response, 409, "wrong-state")
        else:
            problem(response, status, code)
    ticket.refresh_from_db()
    assert ticket.state == State.CALLED


def test_a_number_is_found_at_its_own_mall_only(hall: Hall) -> None:
    ticket = called(hall)
    other = make_mall().code
    for act in ACTS:
        path = f"/api/v1/malls/{other}/tickets/{ticket.code}/{act}"
        problem(hall.call("officer", path, body=body_of(hall, act)), 404, "not-found")


@pytest.mark.parametrize("act", ACTS)
def test_a_wrong_code_is_not_found(hall: Hall, act: str) -> None:
    for code in ("x", "%00", "K7Q2-F8MN-X4TR-9BWD"):
        path = f"{hall.path}/tickets/{code}/{act}"
        problem(hall.call("officer", path, body=body_of(hall, act)), 404, "not-found")


# What happens at the counter


def test_a_visitor_is_called_again_served_and_done(hall: Hall) -> None:
    ticket = called(hall)
    for act, state in (("recall", "called"), ("start", "serving"), ("finish", "served"), ("finish", "served")):
        assert good(hall.act("officer", ticket, act))["state"] == state


def test_a_visitor_steps_aside_and_comes_back(hall: Hall) -> None:
    ticket = called(hall)
    assert good(hall.act("officer", ticket, "start"))["state"] == "serving"
    assert good(hall.act("officer", ticket, "hold"))["state"] == "held"
    assert good(hall.act("officer", ticket, "resume"))["state"] == "serving"


def test_only_who_sits_at_a_counter_goes_on_with_a_visitor(hall: Hall) -> None:
    ticket = called(hall)
    hall.act("officer", ticket, "hold")
    problem(hall.act("manager", ticket, "resume"), 409, "not-seated")


@pytest.mark.parametrize("who", ["officer", "host", "operator"])
def test_a_missed_number_returns_to_its_place(hall: Hall, who: str) -> None:
    ticket = called(hall)
    missed = good(hall.act("officer", ticket, "no-show"))
    assert missed["state"] == "no_show"
    assert missed["returns_until"]
    assert good(hall.act(who, ticket, "return"))["state"] == "waiting"


def test_the_grace_time_ends(hall: Hall) -> None:
    ticket = called(hall)
    hall.act("officer", ticket, "no-show")
    ticket.refresh_from_db()
    assert ticket.last_called_at
    Ticket.objects.filter(pk=ticket.pk).update(last_called_at=ticket.last_called_at - timedelta(hours=1))
    problem(hall.act("host", ticket, "return"), 409, "grace-over")


def test_a_repeated_transfer_finds_the_successor(hall: Hall) -> None:
    ticket = called(hall)
    first, again = (good(hall.act("officer", ticket, "transfer", body=body_of(hall, "transfer"))) for _time in range(2))
    assert first["code"] == again["code"] != ticket.code
    assert (first["label"], first["queue"]["prefix"], first["visit"]) == ("A-001", "B", ticket.visit.code)


def test_a_transfer_needs_somewhere_to_go(hall: Hall) -> None:
    ticket = called(hall)
    problem(hall.act("officer", ticket, "transfer", body={"service": "nothing"}), 404, "not-found")
    problem(hall.act("officer", ticket, "transfer", body={"service": hall.service}), 409, "no-transfer")
    problem(hall.act("officer", ticket, "transfer", body={}), 422, "malformed")
    problem(hall.act("officer", ticket, "transfer", body={"service": "a\x00"}), 422, "malformed")


def test_a_wrong_click_is_taken_back_once(hall: Hall) -> None:
    ticket = called(hall)
    hall.act("officer", ticket, "no-show")
    assert good(hall.act("officer", ticket, "undo"))["state"] == "called"
    problem(hall.act("officer", ticket, "undo"), 409, "nothing-to-undo")


def test_a_transfer_is_undone_by_the_old_code(hall: Hall) -> None:
    ticket = called(hall)
    hall.act("officer", ticket, "transfer", body=body_of(hall, "transfer"))
    assert good(hall.act("officer", ticket, "undo"))["code"] == ticket.code


def test_undo_takes_back_the_act_that_is_named_and_no_other(hall: Hall) -> None:
    ticket = called(hall)
    good(hall.act("officer", ticket, "start"))
    problem(hall.act("officer", ticket, "undo", body={"act": "call"}), 409, "nothing-to-undo")
    problem(hall.act("officer", ticket, "undo", body={"act": "nonsense"}), 422, "malformed")
    assert good(hall.act("officer", ticket, "undo", body={"act": "start"}))["state"] == "called"
    problem(hall.act("officer", ticket, "undo", body={"act": "start"}), 409, "nothing-to-undo")


@pytest.mark.parametrize("act", ["recall", "start", "finish", "no-show", "hold", "resume", "return", "transfer"])
def test_an_act_in_the_wrong_state_changes_nothing(hall: Hall, act: str) -> None:
    hall.call("officer", f"{hall.path}/counters/1/call-next")
    ticket = hall.waiting()
    refused = problem(hall.act("officer", ticket, act, body=body_of(hall, act)), 409, "wrong-state")
    assert refused["facts"] == {"label": "A-001", "state": "waiting"}
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING


@pytest.mark.parametrize(("act", "most"), [("recall", 12), ("start", 12), ("no-show", 12), ("transfer", 20)])
def test_an_act_costs_a_bounded_number_of_statements(hall: Hall, statements: Counting, act: str, most: int) -> None:
    ticket, body = called(hall), body_of(hall, act)
    with statements() as seen:
        good(hall.act("officer", ticket, act, body=body))
    assert len(seen) <= most


def test_calling_costs_few_statements(hall: Hall, statements: Counting) -> None:
    hall.call("officer", f"{hall.path}/counters/1/call-next")
    for _visitor in range(5):
        hall.waiting()
    with statements() as seen:
        good(hall.call("officer", f"{hall.path}/counters/1/call-next"))
    assert len(seen) <= 7


# Counters


def test_an_officer_sees_the_counters_of_the_agency(hall: Hall) -> None:
    make_counter(hall.b, number=2)
    ticket = called(hall)
    own = good(hall.call("officer", f"{hall.path}/counters", "GET"))["items"]
    assert [(counter["number"], counter["state"], counter["is_yours"]) for counter in own] == [(1, "open", True)]
    assert own[0]["ticket"] == {"label": "A-001", "state": "called", "code": ticket.code}
    manager = good(hall.call("manager", f"{hall.path}/counters", "GET"))["items"][0]
    assert (manager["is_yours"], manager["ticket"]["code"]) == (False, None)
    theirs = good(hall.call("colleague", f"{hall.path}/counters", "GET"))["items"]
    assert [counter["number"] for counter in theirs] == [2]


@pytest.mark.parametrize("who", ["host", "operator"])
def test_the_mall_sees_all_counters(hall: Hall, who: str) -> None:
    make_counter(hall.b, number=2)
    seen = good(hall.call(who, f"{hall.path}/counters", "GET"))["items"]
    assert [counter["number"] for counter in seen] == [1, 2]


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        (None, 401, "token-needed"),
        ("wrong", 401, "token-wrong"),
        ("stranger", 404, "not-found"),
        ("far kiosk", 404, "not-found"),
        ("administrator", 403, "not-allowed"),
        ("kiosk", 403, "not-allowed"),
    ],
)
def test_counters_are_for_the_people_of_the_mall(hall: Hall, who: str | None, status: int, code: str) -> None:
    problem(hall.call(who, f"{hall.path}/counters", "GET"), status, code)


def test_counters_come_in_pages_at_a_constant_cost(hall: Hall, statements: Counting) -> None:
    for number, prefix in enumerate("CDEF", start=2):
        make_counter(make_queue(hall.a.mall, prefix=prefix), number=number)
    with statements() as seen:
        page = good(hall.call("host", f"{hall.path}/counters?limit=3", "GET"))
    assert len(seen) == 4
    assert [counter["number"] for counter in page["items"]] == [1, 2, 3]
    rest = good(hall.call("host", page["next"], "GET"))
    assert ([counter["number"] for counter in rest["items"]], rest["next"]) == ([4, 5], None)


def test_somebody_without_a_token_is_told_how_to_send_one(hall: Hall) -> None:
    response = call(f"{hall.path}/counters")
    assert response["WWW-Authenticate"].startswith("Bearer")
