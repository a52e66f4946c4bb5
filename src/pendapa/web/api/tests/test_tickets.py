from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from pendapa.base.journal.models import Entry
from pendapa.operations.queueing import queries
from pendapa.operations.queueing.models import Queue, QueueDay, Ticket
from pendapa.operations.queueing.rules import REMOTE_LIMITS, Channel, State
from pendapa.operations.queueing.tests.make import make_mall
from pendapa.web.api.tests.conftest import Counting
from pendapa.web.api.tests.hall import Hall, call, good, problem
from pendapa.web.ui.tickets import opened_ticket, ticket_object

# Whole requests, each with its own transactions, as in a mall.
pytestmark = pytest.mark.django_db(transaction=True)


def taken(hall: Hall, who: str | None = None, **options: Any) -> Any:
    body = {"service": hall.service, **options.pop("body", {})}
    return hall.call(who, f"{hall.path}/tickets", body=body, **options)


# Taking a number


def test_anyone_takes_a_number_from_afar(hall: Hall) -> None:
    response = taken(hall)
    ticket = good(response, 201)
    assert set(ticket) == {"code", "label", "state", "queue", "ahead", "visit"}
    assert (ticket["label"], ticket["state"], ticket["queue"], ticket["ahead"]) == (
        "A-001",
        "remote",
        {"prefix": "A"},
        0,
    )
    assert response["Location"] == f"/api/v1/tickets/{ticket['code']}"
    assert Ticket.objects.get(code=ticket["code"]).channel == Channel.API


@pytest.mark.parametrize(
    ("who", "channel"),
    [
        ("kiosk", Channel.KIOSK),
        ("officer", Channel.DESK),
        ("manager", Channel.DESK),
        ("host", Channel.HOST),
        ("operator", Channel.HOST),
    ],
)
def test_whoever_belongs_to_the_hall_gives_numbers_in_it(hall: Hall, who: str, channel: Channel) -> None:
    code = good(taken(hall, who), 201)["code"]
    ticket = Ticket.objects.get(code=code)
    assert (ticket.state, ticket.channel) == (State.WAITING, channel)
    assert Entry.objects.get(subject=f"ticket:{ticket.pk}").actor != "visitor"


@pytest.mark.parametrize("who", ["colleague", "stranger", "far kiosk"])
def test_another_agency_or_mall_finds_nothing_to_give(hall: Hall, who: str) -> None:
    problem(taken(hall, who), 404, "not-found")
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("who", ["board", "administrator"])
def test_not_everyone_of_the_mall_gives_numbers(hall: Hall, who: str) -> None:
    problem(taken(hall, who), 403, "not-allowed")
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "header", ["Bearer pdp_AAAAAAAAAAAA", "Bearer x", "Basic YTpi", "Bearer", "", "Bearer pdp_ÄÄÄÄÄÄÄÄÄ"]
)
def test_a_wrong_token_is_never_taken_for_nobody(hall: Hall, header: str) -> None:
    response = taken(hall, authorization=header)
    problem(response, 401, "token-wrong")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_locked_officer_is_out_at_once(hall: Hall) -> None:
    type(hall.officer).objects.filter(pk=hall.officer.pk).update(is_active=False)
    problem(taken(hall, "officer"), 401, "token-wrong")


def test_priority_goes_first(hall: Hall) -> None:
    taken(hall, "kiosk")
    assert good(taken(hall, "kiosk", body={"priority": "LANSIA"}), 201)["ahead"] == 0
    assert good(taken(hall, "kiosk"), 201)["ahead"] == 2


def test_a_number_joins_a_visit(hall: Hall) -> None:
    visit = good(taken(hall), 201)["visit"]
    other = hall.b.services.get().slug
    assert good(taken(hall, body={"service": other, "visit": visit.lower()}), 201)["visit"] == visit
    refused = problem(taken(hall, body={"service": other, "visit": visit}), 409, "already-in-queue")
    assert refused["facts"] == {"label": "B-001"}


def test_a_full_queue_offers_the_next_opening(hall: Hall) -> None:
    QueueDay.objects.filter(queue=hall.a).update(number_limit=0)
    refused = problem(taken(hall), 409, "queue-full")
    assert refused["offer"]["next_opening"] == refused["facts"]["next_opening"]


def test_a_closed_queue_says_so_in_the_callers_language(hall: Hall) -> None:
    QueueDay.objects.filter(queue=hall.a).update(closed_at="2026-01-01T00:00Z")
    response = taken(hall)
    assert "gives no numbers now" in problem(response, 409, "queue-closed")["detail"]
    assert response["Content-Language"] == "en"
    assert taken(hall, accept_language="fr")["Content-Language"] == "id"


def test_an_address_holds_only_so_many_numbers(hall: Hall) -> None:
    for _number in range(REMOTE_LIMITS["address"]):
        good(taken(hall), 201)
    assert problem(taken(hall), 429, "too-many-numbers")["facts"]["limit"] == REMOTE_LIMITS["address"]
    good(taken(hall, "kiosk"), 201)


def test_what_is_not_offered_is_not_found(hall: Hall) -> None:
    problem(taken(hall, body={"service": "nothing"}), 404, "unknown-service")
    problem(call("/api/v1/malls/nowhere/tickets", "POST", body={"service": hall.service}), 404, "unknown-service")
    problem(call("/api/v1/malls/a%00b/tickets", "POST", body={"service": hall.service}), 404, "no-such-address")
    problem(
        call(f"/api/v1/malls/{make_mall().code}/tickets", "POST", body={"service": hall.service}),
        404,
        "unknown-service",
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/service"),
        ({"service": 1}, "#/service"),
        ({"service": None}, "#/service"),
        ({"service": ""}, "#/service"),
        ({"service": "ktp\x00"}, "#/service"),
        ({"service": "\N{RIGHT-TO-LEFT OVERRIDE}ktp"}, "#/service"),
        ({"service": "\N{GRINNING FACE}"}, "#/service"),
        ({"service": "a" * 81}, "#/service"),
        ({"service": "a" * 60_000}, "#/service"),
        ({"service": "a", "priority": "VIP"}, "#/priority"),
        ({"service": "a", "visit": "a" * 101}, "#/visit"),
        ({"service": "a", "visit": "K7Q2"}, "#/visit"),
        ({"service": "a", "visit": "K7Q2-F8MN-X4TR-\x00"}, "#/visit"),
        ({"service": "a", "priorty": "LANSIA"}, "#/priorty"),
        ({"service": "a", "a/b~": 1}, "#/a~1b~0"),
        ([], "#"),
        ("text", "#"),
        (12, "#"),
    ],
)
def test_a_wrong_body_is_explained_at_the_place(hall: Hall, body: object, pointer: str) -> None:
    refused = problem(hall.call(None, f"{hall.path}/tickets", body=body), 422, "malformed")
    assert {"in": "body", "pointer": pointer} in [
        {"in": mistake["in"], "pointer": mistake["pointer"]} for mistake in refused["errors"]
    ]
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"{'service': 1}",
        b'{"service": NaN}',
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"service": "\\ud800"}',
        b'{"a":' * 9000,
    ],
)
def test_a_body_that_is_no_json_is_unreadable(hall: Hall, raw: bytes) -> None:
    problem(hall.call(None, f"{hall.path}/tickets", raw=raw), 400, "unreadable")


def test_only_json_is_read(hall: Hall) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        problem(hall.call(None, f"{hall.path}/tickets", raw=b'{"service":"a"}', kind=kind), 415, "not-json")
    good(taken(hall, kind="application/json; charset=utf-8"), 201)


def test_a_large_body_is_turned_away(hall: Hall) -> None:
    huge = {"service": "a" * 1_000_000}
    refused = problem(hall.call(None, f"{hall.path}/tickets", body=huge), 413, "too-large")
    assert refused["facts"]["limit_bytes"] == 65_536


def test_a_body_without_its_length_is_turned_away(hall: Hall) -> None:
    problem(hall.call(None, f"{hall.path}/tickets", transfer_encoding="chunked"), 411, "length-missing")


# The same request again


def test_a_repeated_request_finds_the_first_number(hall: Hall) -> None:
    for who in (None, "kiosk", "officer"):
        first, again = (taken(hall, who, idempotency_key="7c1a") for _time in range(2))
        assert good(first, 201) == good(again, 201)
        assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
    assert Ticket.objects.count() == 3


def test_a_key_belongs_to_its_caller(hall: Hall) -> None:
    mine = good(taken(hall, "kiosk", idempotency_key="k"), 201)
    theirs = good(taken(hall, "officer", idempotency_key="k"), 201)
    assert mine["code"] != theirs["code"]


def test_a_key_is_for_one_body(hall: Hall) -> None:
    taken(hall, "kiosk", idempotency_key="k")
    problem(taken(hall, "kiosk", idempotency_key="k", body={"priority": "HAMIL"}), 422, "key-reused")
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 256, "kunci\N{GRINNING FACE}", "\x7f"])
def test_a_key_is_visible_ascii(hall: Hall, key: str) -> None:
    mistake = problem(taken(hall, idempotency_key=key), 422, "malformed")["errors"][0]
    assert (mistake["in"], mistake["pointer"]) == ("header", "Idempotency-Key")


@pytest.mark.race
def test_equal_keys_at_once_give_one_number(hall: Hall) -> None:
    barrier = Barrier(8)

    def once(_thread: int) -> Any:
        try:
            barrier.wait(timeout=10)
            return taken(hall, "kiosk", idempotency_key="at-once")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(once, range(8)))
    assert len({good(answer, 201)["code"] for answer in answers}) == 1
    assert Ticket.objects.count() == QueueDay.objects.get(queue=hall.a).last_number == 1


def test_issuing_costs_one_statement_and_one_more_with_a_token(hall: Hall, statements: Counting) -> None:
    service = hall.service
    for who, most in ((None, 1), ("kiosk", 2), ("officer", 2), ("host", 2)):
        with statements() as seen:
            answer = hall.call(who, f"{hall.path}/tickets", body={"service": service}, idempotency_key=f"{who}")
        good(answer, 201)
        assert len(seen) == most


# A number by its code


def test_a_number_tells_all_that_its_holder_needs(hall: Hall) -> None:
    ticket = hall.waiting()
    shown = good(call(f"/api/v1/tickets/{ticket.code}"))
    assert shown["queue"] == {"prefix": "A", "name": "Antrean A", "agency": "Instansi A"}
    assert shown["links"] == {
        "self": f"/api/v1/tickets/{ticket.code}",
        "page": f"/t/{ticket.code}/",
        "cancel": f"/api/v1/tickets/{ticket.code}/cancel",
        "arrive": None,
    }
    assert (shown["state"], shown["state_name"], shown["ahead"], shown["mall"]) == ("waiting", "waiting", 0, hall.mall)
    assert (shown["counter"], shown["zone"], shown["moved_from"]) == (None, None, None)
    hall.call("officer", f"{hall.path}/counters/1/call-next")
    shown = good(call(f"/api/v1/tickets/{ticket.code}"))
    assert (shown["state"], shown["counter"], shown["zone"]) == ("called", 1, "hall")


def test_a_code_may_be_typed_as_people_type(hall: Hall) -> None:
    ticket = hall.waiting()
    for typed in (ticket.code.lower(), ticket.code.replace("-", ""), f" {ticket.code.replace('-', ' ')} "):
        assert good(call(f"/api/v1/tickets/{typed}"))["code"] == ticket.code


@pytest.mark.parametrize(
    "code", ["x", "%00", "K7Q2-F8MN-X4TR-9BWD", "A" * 500, "%F0%9F%98%80", "%E2%80%AEK7Q2", "%ff%fe"]
)
def test_a_wrong_code_opens_nothing(db: None, code: str) -> None:
    problem(call(f"/api/v1/tickets/{code}"), 404, "not-found")
    for act in ("cancel", "arrive"):
        problem(call(f"/api/v1/tickets/{code}/{act}", "POST"), 404, "not-found")


def test_a_ticket_is_sent_again_only_when_it_changed(hall: Hall) -> None:
    path = f"/api/v1/tickets/{hall.waiting().code}"
    first = call(path)
    assert first["Cache-Control"] == "private, no-cache"
    assert call(path, if_none_match=first["ETag"]).status_code == 304
    hall.call("officer", f"{hall.path}/counters/1/call-next")
    assert call(path, if_none_match=first["ETag"]).status_code == 200


def test_a_ticket_costs_three_statements(hall: Hall, statements: Counting) -> None:
    ticket = hall.waiting()
    with statements() as seen:
        good(call(f"/api/v1/tickets/{ticket.code}"))
    assert len(seen) == 3


def test_a_visitor_gives_a_number_up_twice(hall: Hall) -> None:
    ticket = hall.remote()
    for _time in range(2):
        assert good(call(f"/api/v1/tickets/{ticket.code}/cancel", "POST"))["state"] == "cancelled"
    problem(call(f"/api/v1/tickets/{ticket.code}/arrive", "POST"), 409, "wrong-state")


def test_a_visitor_arrives_twice(hall: Hall) -> None:
    ticket = hall.remote()
    for _time in range(2):
        assert good(call(f"/api/v1/tickets/{ticket.code}/arrive", "POST"))["state"] == "waiting"


def test_the_host_lets_a_visitor_arrive_under_their_own_name(hall: Hall) -> None:
    ticket = hall.remote()
    good(hall.call("host", f"/api/v1/tickets/{ticket.code}/arrive"))
    assert Entry.objects.get(subject=f"ticket:{ticket.pk}", verb="ticket.arrived").actor.startswith("user:")


def test_a_served_number_cannot_be_cancelled(hall: Hall) -> None:
    ticket = hall.waiting()
    hall.call("officer", f"{hall.path}/counters/1/call-next")
    hall.act("officer", ticket, "start")
    problem(call(f"/api/v1/tickets/{ticket.code}/cancel", "POST"), 409, "wrong-state")
    ticket.refresh_from_db()
    assert ticket.state == State.SERVING


def test_the_old_code_leads_on_to_the_successor(hall: Hall) -> None:
    ticket = hall.waiting()
    hall.call("officer", f"{hall.path}/counters/1/call-next")
    moved = good(hall.act("officer", ticket, "transfer", body={"service": hall.b.services.get().slug}))
    shown = good(call(f"/api/v1/tickets/{ticket.code}"))
    assert (shown["code"], shown["moved_from"]) == (moved["code"], ticket.code)
    assert (shown["label"], shown["queue"]["prefix"]) == ("A-001", "B")
    assert good(call(f"/api/v1/tickets/{ticket.code}/cancel", "POST"))["code"] == moved["code"]


def test_a_repeated_request_after_a_change_answers_with_the_number_as_it_is(hall: Hall) -> None:
    first = good(taken(hall, idempotency_key="k"), 201)
    call(f"/api/v1/tickets/{first['code']}/arrive", "POST")
    again = good(taken(hall, idempotency_key="k"), 201)
    assert (again["code"], again["state"]) == (first["code"], "waiting")
    assert ticket_of_code(again["code"]).day.queue == Queue.objects.get(pk=hall.a.pk)


def ticket_of_code(code: str) -> Ticket:
    return Ticket.objects.select_related("day__queue").get(code=code)


def test_the_description_leaves_nothing_out_of_a_number_and_adds_only_the_moment(hall: Hall) -> None:
    ticket = queries.ticket(hall.waiting().pk)
    shown = good(call(f"/api/v1/tickets/{ticket.code}"))
    with translation.override("en"):
        assert shown == {**opened_ticket(ticket, asked=ticket.code, ahead=0), "now": shown["now"]}
    cancelled = good(call(f"/api/v1/tickets/{ticket.code}/cancel", "POST"))
    with translation.override("en"):
        assert cancelled == ticket_object(queries.ticket(ticket.pk), ahead=0)
