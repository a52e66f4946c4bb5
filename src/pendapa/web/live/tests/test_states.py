"""The reader of states. What it says of a board or a ticket is compared with the API over a real server."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pendapa.base import clock
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.models import Ticket
from pendapa.operations.queueing.tests.make import make_counter, make_queue, make_user, take, ticket_of
from pendapa.web.live.states import Reader
from pendapa.web.live.topics import Key

pytestmark = pytest.mark.django_db(transaction=True)


def ticket_key(ticket: Ticket, language: str = "en") -> Key:
    return Key("ticket", ticket.code, language)


def ahead(reader: Reader, *tickets: Ticket) -> list[int]:
    found = reader.read([ticket_key(ticket) for ticket in tickets], clock.now())
    return [one.state["ahead"] for one in found.values() if one]


def test_what_does_not_exist_is_none() -> None:
    queue = make_queue()
    keys = [Key("board", "nowhere"), Key("board", queue.mall.code), Key("ticket", "AAAA-AAAA-AAAA-AAAA", "id")]
    found = Reader().read(keys, clock.now())
    assert found[keys[0]] is None
    assert found[keys[2]] is None
    board = found[keys[1]]
    assert board is not None
    assert (board.mall, board.queue) == (queue.mall.pk, None)


def test_people_ahead_are_counted_as_for_one_ticket() -> None:
    queue = make_queue()
    other = make_queue(queue.mall, prefix="B")
    tickets = [ticket_of(take(line)) for line in (queue, other, queue, queue, other)]
    reader = Reader()
    for _ in range(2):  # unknown, then known
        assert ahead(reader, *tickets) == [queries.ahead_of(ticket) for ticket in tickets] == [0, 0, 1, 2, 1]
    actions.cancel(ticket=tickets[0], by=None, at=clock.now())
    assert ahead(reader, *tickets) == [0, 0, 0, 1, 1]


def test_who_comes_back_into_a_line_is_counted_in_the_same_reading() -> None:
    queue, officer = make_queue(), make_user()
    first = ticket_of(take(queue))
    counter = make_counter(queue)
    actions.open_counter(counter=counter, by=officer, at=clock.now())
    called = actions.call_next(counter=counter, by=officer, at=clock.now())
    assert called is not None
    second = ticket_of(take(queue))
    Ticket.objects.filter(pk=second.pk).update(due_at=first.due_at - (second.due_at - first.due_at))
    missed = actions.no_show(ticket=called, by=officer, at=clock.now())
    reader = Reader()
    assert ahead(reader, missed) == [0]
    actions.return_to_queue(ticket=missed, by=officer, at=clock.now())
    assert ahead(reader, missed) == [1]


def test_known_tickets_cost_one_statement_whatever_their_number() -> None:
    queue = make_queue()
    tickets = [ticket_of(take(queue)) for _ in range(12)]
    keys = [ticket_key(ticket) for ticket in tickets]
    reader = Reader()
    with CaptureQueriesContext(connection) as first:
        reader.read(keys, clock.now())
    at = clock.now()
    with CaptureQueriesContext(connection) as again:
        reader.read(keys, at)
    assert len(first) <= 6  # among them begin, the snapshot's level, commit
    assert [query["sql"].split()[0] for query in again] == ["BEGIN", "SET", "SELECT", "COMMIT"]


def test_unknown_malls_cost_one_statement_whatever_their_number() -> None:
    keys = [Key("board", f"mall-x{number}") for number in range(50)]
    at = clock.now()
    with CaptureQueriesContext(connection) as queries_made:
        assert Reader().read(keys, at) == dict.fromkeys(keys)
    assert [query["sql"].split()[0] for query in queries_made] == ["BEGIN", "SET", "SELECT", "COMMIT"]


def test_a_ticket_speaks_the_language_of_its_reader() -> None:
    ticket = ticket_of(take(make_queue()))
    keys = [ticket_key(ticket, "en"), ticket_key(ticket, "id")]
    found = Reader().read(keys, clock.now())
    english, indonesian = found[keys[0]], found[keys[1]]
    assert english is not None
    assert indonesian is not None
    assert english.state["state_name"] == "waiting"
    assert english.queue == ticket.day.queue_id


def test_tickets_that_nobody_follows_are_forgotten() -> None:
    queue = make_queue()
    tickets = [ticket_of(take(queue)) for _ in range(3)]
    reader = Reader()
    ahead(reader, *tickets)
    reader.forget_all_but([ticket_key(tickets[0])])
    assert list(reader._known) == [tickets[0].code]
