"""A minute of rush over HTTP: 64 clients take numbers while 16 counters serve, and workers are killed in between."""

import http.client
import json
import os
import random
import signal
import threading
import time
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

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
from tests.live.listening import Listener
from tests.live.servers import Server, address, running, two_ports

pytestmark = [pytest.mark.race, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SECONDS = float(os.environ.get("PENDAPA_RUSH_SECONDS", "60"))
TAKERS, COUNTERS = 64, 16
PREFIXES = "ABCD"


@dataclass
class Hall:
    """What the clients know: addresses, keys, services; and what they were promised."""

    port: int
    mall: str
    kiosk: str
    services: list[str]
    until: float = 0.0
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)  # by code, as acknowledged
    visits: dict[str, set[str]] = field(default_factory=dict)
    acted: dict[str, list[str]] = field(default_factory=dict)  # acts acknowledged, by code
    statuses: Tally[str] = field(default_factory=Tally)
    lock: threading.Lock = field(default_factory=threading.Lock)
    errors: list[BaseException] = field(default_factory=list)


class Client:
    """Sends a request until it is answered: a worker may be killed at any moment."""

    def __init__(self, hall: Hall, token: str, seed: int) -> None:
        self.hall, self.token, self.random = hall, token, random.Random(seed)  # noqa: S311 -- a rush, not a secret
        self.connection = http.client.HTTPConnection("127.0.0.1", hall.port, timeout=20)

    def post(self, path: str, body: object = None, *, key: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        for _attempt in range(60):
            try:
                self.connection.request(
                    "POST", f"/api/v1/malls/{self.hall.mall}{path}", json.dumps(body or {}), headers
                )
                answer = self.connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                self.connection.close()
                time.sleep(0.1)
                continue
            with self.hall.lock:
                self.hall.statuses[f"{path.rpartition('/')[2]} {answer.status}"] += 1
            if answer.status == 503:  # busy for a moment, nothing was changed
                time.sleep(0.2)
                continue
            return answer.status, json.loads(text) if text else None
        raise AssertionError("no answer to a request that was sent sixty times")

    def work(self) -> None:
        """What this client does again and again."""
        raise NotImplementedError

    def run(self) -> None:
        try:
            while time.monotonic() < self.hall.until:
                self.work()
        except BaseException as error:
            self.hall.errors.append(error)
        finally:
            self.connection.close()


class Taker(Client):
    """A kiosk: numbers for one visit in up to three queues, some requests sent twice at once."""

    def work(self) -> None:
        visit = None
        for service in self.random.sample(self.hall.services, self.random.choice([1, 1, 1, 3])):
            body = {"service": service, **({"visit": visit} if visit else {})}
            key = uuid4().hex
            twin: list[tuple[int, Any]] = []
            twice = self.random.random() < 0.1
            thread = threading.Thread(target=lambda key=key, body=body, twin=twin: twin.append(self.again(body, key)))
            if twice:
                thread.start()
            status, ticket = self.post("/tickets", body, key=key)
            if twice:
                thread.join()
                assert (status, twin[0][0]) == (201, 201), (status, twin)
                assert twin[0][1]["code"] == ticket["code"], "equal keys at once gave two numbers"
            if status != 201:
                assert (status, ticket["code"]) in {(409, "visit-over"), (409, "already-in-queue")}, ticket
                break
            visit = ticket["visit"]
            with self.hall.lock:
                self.hall.taken[ticket["code"]] = ticket
                self.hall.visits.setdefault(visit, set()).add(ticket["code"])
        time.sleep(self.random.uniform(0.1, 0.6))

    def again(self, body: object, key: str) -> tuple[int, Any]:
        other = Client(self.hall, self.token, 0)
        try:
            return other.post("/tickets", body, key=key)
        finally:
            other.connection.close()


class Officer(Client):
    """A counter: calls and serves, moves on, holds, misses; each act acknowledged is remembered."""

    number = 0

    def work(self) -> None:
        status, ticket = self.post(f"/counters/{self.number}/call-next")
        if status == 204:
            time.sleep(0.05)
            return
        assert status == 200, ticket
        code, kind = ticket["code"], self.random.random()
        self.remember(code, "call")
        if ticket["state"] == "called" and kind < 0.1:
            self.act(code, "no-show")
            return
        if ticket["state"] == "called":
            self.act(code, "start")
        if kind < 0.25:
            self.act(code, "transfer", {"service": self.random.choice(self.hall.services)})
        elif kind < 0.35:
            self.act(code, "hold")
            self.act(code, "resume")
        self.act(code, "finish")

    def act(self, code: str, act: str, body: object = None) -> None:
        status, answer = self.post(f"/tickets/{code}/{act}", body)
        if status == 200:
            self.remember(code, act)
        else:  # a state that an earlier act or another counter brought about
            assert status == 409, (act, status, answer)

    def remember(self, code: str, act: str) -> None:
        with self.hall.lock:
            self.hall.acted.setdefault(code, []).append(act)


def test_a_minute_of_rush_loses_and_doubles_nothing(transactional_db: None) -> None:
    mall, hall, officers = _set_up()
    variables = {"DATABASE_URL": address(), "PENDAPA_DATABASE_POOL": "12", "PENDAPA_LOG_LEVEL": "ERROR"}
    pages = Server("pages", hall.port, variables, workers=2)
    live = Server("live", hall.port + 1, variables)
    with running(pages), running(live), Listener(live.url, f"/live/malls/{mall.code}/board") as board:
        clients: list[Client] = [Taker(hall, hall.kiosk, seed) for seed in range(TAKERS)]
        for number, token in enumerate(officers, start=1):
            officer = Officer(hall, token, 1000 + number)
            officer.number = number
            clients.append(officer)
        hall.until = time.monotonic() + SECONDS
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        for _killing in range(2):
            time.sleep(SECONDS / 3)
            os.kill(_a_worker_of(pages.process.pid), signal.SIGKILL)
        for thread in threads:
            thread.join(SECONDS + 60)
            assert not thread.is_alive(), "a client never came to an end"
        ended = time.monotonic()
        if hall.errors:
            raise hall.errors[0]
        board.wait(lambda shown: _shows(shown.state, mall), 2.0 + max(0.0, ended - time.monotonic()))
    served = Ticket.objects.filter(state=State.SERVED).count()
    print(f"rush of {SECONDS:.0f} s: {len(hall.taken)} numbers given, {served} served; {dict(hall.statuses)}")
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


def _a_worker_of(master: int) -> int:
    """A process that the server's master started; waits until one is there."""
    for _attempt in range(200):
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and _parent_of(entry) == master:
                    return int(entry.name)
            except OSError:
                continue
        time.sleep(0.05)
    raise AssertionError("the server has no worker")


def _parent_of(entry: Path) -> int:
    return int((entry / "stat").read_text().rpartition(")")[2].split()[1])


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject, array_agg(verb) FROM journal_entry GROUP BY subject")
        told = dict(cursor.fetchall())
    words = {"call": "called", "start": "started", "finish": "served", "no-show": "missed", "hold": "held"}
    words |= {"resume": "resumed", "transfer": "transferred"}
    for code, acts in hall.acted.items():
        verbs: Tally[str] = Tally(told[f"ticket:{tickets[code].pk}"])
        for act in set(acts):
            assert verbs[f"ticket.{words[act]}"], f"{act} of {tickets[code]} was acknowledged and is not in the journal"
