"""A minute of rush over HTTP: 64 clients take numbers while 16 counters serve, and servers are killed in between."""

import os
import signal
import threading
import time
from collections import Counter as Tally
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from pendapa.base import clock
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.malls.models import Mall
from pendapa.operations.queueing import queries
from pendapa.operations.queueing.models import Ticket
from pendapa.operations.queueing.rules import State
from pendapa.operations.queueing.tests.make import make_counter, make_device, make_mall, make_queue, make_user
from tests.concurrency import invariants
from tests.concurrency.rush import PATIENCE, Client, Hall, Officer, Taker
from tests.live.listening import Listener
from tests.live.servers import Server, address, running, two_ports
from tests.running import until

pytestmark = [pytest.mark.race, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SECONDS = float(os.environ.get("PENDAPA_RUSH_SECONDS", "60"))
TAKERS, COUNTERS, WORKERS = 64, 16, 2
PREFIXES = "ABCD"
BACK_AFTER = 30.0  # seconds in which numbers are given and boards change again after a server was killed

VERBS = {
    "call-next": "ticket.called",
    "start": "ticket.started",
    "finish": "ticket.served",
    "no-show": "ticket.missed",
    "hold": "ticket.held",
    "resume": "ticket.resumed",
    "transfer": "ticket.transferred",
}


def test_a_minute_of_rush_loses_and_doubles_nothing(transactional_db: None) -> None:
    mall, hall, officers = _set_up()
    variables = {"DATABASE_URL": address(), "PENDAPA_DATABASE_POOL": "12", "PENDAPA_LOG_LEVEL": "ERROR"}
    pages = Server("pages", hall.port, variables, workers=WORKERS)
    live = Server("live", hall.port + 1, variables)
    clients: list[Client] = [Taker(hall, hall.kiosk, seed) for seed in range(TAKERS)]
    clients += [Officer(hall, token, number) for number, token in enumerate(officers, start=1)]
    threads = [threading.Thread(target=client.run) for client in clients]
    with running(pages), running(live):
        board = Listener(live.url, f"/live/malls/{mall.code}/board")
        hall.until = time.monotonic() + SECONDS
        for thread in threads:
            thread.start()
        try:
            _go_on(hall)
            _kill_a_worker(hall, pages)
            _go_on(hall)
            board = _kill_the_streams(hall, live, board)
            _go_on(hall)
            _kill_the_pages(hall, pages)
            _go_on(hall)
            _kill_a_worker(hall, pages)
            for thread in threads:
                thread.join(SECONDS + PATIENCE)
                assert not thread.is_alive(), "a client never came to an end"
        finally:
            hall.is_over.set()
        _go_on(hall)
        board.wait(lambda shown: _shows(shown.state, mall), 2.0)
        board.close()
    served = Ticket.objects.filter(state=State.SERVED).count()
    print(f"rush of {SECONDS:.0f} s: {len(hall.taken)} numbers given, {served} served")
    print(f"answers: {dict(sorted(hall.answers.items()))}; sent and never answered: {hall.in_doubt.total()}")
    _every_promise_was_kept(mall, hall)
    assert len(hall.taken) > TAKERS
    assert served > COUNTERS


def _set_up() -> tuple[Mall, Hall, list[str]]:
    mall = make_mall()
    agency_queues = [make_queue(mall, prefix=prefix) for prefix in PREFIXES]
    at = clock.real_now()
    tokens = []
    for number in range(1, COUNTERS + 1):
        own = agency_queues[number % len(agency_queues)]
        make_counter(own, *[queue for queue in agency_queues if queue != own], number=number)
        # Numbers of every queue are called at every counter, so each officer works for all agencies.
        officer = make_user(mall=mall, agency=own.agency)
        for queue in agency_queues:
            officer.roles.get_or_create(kind="officer", mall=mall, agency=queue.agency)
        tokens.append(create_token(bearer=officer, by=None, at=at))
    kiosk = create_token(bearer=make_device(mall), by=None, at=at)
    services = [queue.services.get().slug for queue in agency_queues]
    return mall, Hall(two_ports()[0], mall.code, kiosk, services), tokens


def _go_on(hall: Hall) -> None:
    """A fifth of the rush, or less if it is over; whatever a client found wrong ends the test."""
    end = min(time.monotonic() + SECONDS / 5, hall.until)
    while time.monotonic() < end and not hall.errors:
        time.sleep(0.05)
    if hall.errors:
        raise hall.errors[0]


def _kill_a_worker(hall: Hall, pages: Server) -> None:
    """One of the workers of the pages is gone in the middle of its requests; its master starts another."""
    until(lambda: len(_workers(pages)) == WORKERS, BACK_AFTER)
    killed = _workers(pages)[0]
    os.kill(killed, signal.SIGKILL)
    _nothing_is_lost(hall)
    until(lambda: len(_workers(pages)) == WORKERS and killed not in _workers(pages), BACK_AFTER)


def _kill_the_pages(hall: Hall, pages: Server) -> None:
    """The master of the pages is gone and its workers with it; it is started again, as the supervisor does."""
    workers = _workers(pages)
    pages.kill()
    _nothing_is_lost(hall)
    until(lambda: not any(_is_alive(worker) for worker in workers), BACK_AFTER)
    pages.start()
    given = len(hall.promises()[0])
    until(lambda: len(hall.promises()[0]) > given, BACK_AFTER, lambda: "no number was given again")


def _kill_the_streams(hall: Hall, live: Server, board: Listener) -> Listener:
    """The streams are gone and come again; a board comes back with what it knows, as a browser does."""
    live.kill()
    assert board.ended.wait(BACK_AFTER), "a stream outlived its server"
    _nothing_is_lost(hall)
    live.start()
    again = Listener(live.url, f"/live/malls/{hall.mall}/board", last_event=board.mark, state=board.state)
    again.wait(lambda shown: {"snapshot", "change"} <= set(shown.kinds()), BACK_AFTER)
    board.close()
    return again


def _workers(server: Server) -> list[int]:
    """The processes that a server's master started and that are alive."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and _standing(entry)[1] == str(server.process.pid) and _is_alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:  # it ended meanwhile
            continue
    return found


def _is_alive(pid: int) -> bool:
    try:
        return _standing(Path(f"/proc/{pid}"))[0] not in {"Z", "X"}
    except OSError:
        return False


def _standing(entry: Path) -> tuple[str, str]:
    """A process's state, as the kernel writes it, and its parent."""
    state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
    return state, parent


def _nothing_is_lost(hall: Hall) -> None:
    """What was acknowledged before this moment is in the tables and in the journal now."""
    numbers, acts = hall.promises()
    kept = set(Ticket.objects.filter(code__in=numbers).values_list("code", flat=True))
    assert kept == numbers, f"{len(numbers - kept)} numbers were acknowledged and are gone"
    told = {(code, verb) for (code, verb), _counters in _journal(hall).items()}
    lost = [(code, act) for code, act in acts if (code, VERBS[act]) not in told]
    assert not lost, f"acknowledged and not in the journal: {lost}"


def _journal(hall: Hall) -> dict[tuple[str, str], list[int | None]]:
    """What the journal tells of each number's code, by verb: the counter of every entry."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ticket.code, entry.verb, array_agg(counter.number)"
            " FROM journal_entry entry LEFT JOIN queueing_ticket ticket ON entry.subject = 'ticket:' || ticket.id"
            " LEFT JOIN malls_counter counter ON counter.id = (entry.data->>'counter')::bigint"
            # The journal outlives the tables that other tests emptied: only this mall's entries.
            " WHERE entry.mall = (SELECT id FROM malls_mall WHERE code = %s) AND entry.verb LIKE 'ticket.%%'"
            " GROUP BY ticket.code, entry.verb",
            [hall.mall],
        )
        return {(code, verb): counters for code, verb, counters in cursor.fetchall()}


def _shows(state: dict[str, Any], mall: Mall) -> bool:
    """Whether a board shows the truth: who is called and served where, and how many wait."""
    truth = queries.board_of(mall.code, clock.now())
    assert truth is not None
    picks: list[Callable[[dict[str, Any]], object]] = [
        lambda it: sorted((call["label"], call["counter"]) for call in it["called"]),
        lambda it: sorted((call["label"], call["counter"]) for call in it["serving"]),
        lambda it: [(queue["prefix"], queue["waiting"]) for queue in it["queues"]],
    ]
    return bool(state) and all(pick(state) == pick(truth) for pick in picks)


def _every_promise_was_kept(mall: Mall, hall: Hall) -> None:
    invariants.check(mall=mall.pk)
    tickets = {ticket.code: ticket for ticket in Ticket.objects.filter(visit__mall=mall).select_related("visit")}
    for code, ticket in hall.taken.items():
        assert code in tickets, f"{ticket['label']} was acknowledged and is gone"
        assert tickets[code].label == ticket["label"]
    for visit, codes in hall.visits.items():
        assert {tickets[code].visit.code for code in codes} == {visit}
    _the_journal_counts_every_act_once(hall)


def _the_journal_counts_every_act_once(hall: Hall) -> None:
    """Each acknowledged act has one entry, and no entry is without one.

    Every request was sent until it was answered, and sent again it finds what the first one did: so an entry that
    nobody acknowledged is a fault even where an answer was lost. One exception: a call whose answer was lost may have
    reached the database after the same officer's next call had been served; the counter's call after that one finds
    it open, unless the rush was over.
    """
    assert set(hall.acted.values()) <= {1}, "an act was acknowledged twice for one number"
    promised = Tally({(code, VERBS[act]): times for (code, act), times in hall.acted.items()})
    promised.update((code, "ticket.issued") for code in hall.taken)
    told = _journal(hall)
    written = Tally({entry: len(counters) for entry, counters in told.items()})
    assert not promised - written, f"acknowledged and not in the journal: {promised - written}"
    late_calls: Tally[str] = Tally()
    for (code, verb), times in (written - promised).items():
        assert verb == "ticket.called", f"{times} entries of {verb} of {code} were acknowledged to nobody"
        late_calls.update(f"/counters/{number}/call-next" for number in told[code, verb])
    assert not late_calls - hall.in_doubt, f"calls that nobody asked for: {late_calls - hall.in_doubt}"
