"""The people of a rush over HTTP: kiosks and officers who send until they are answered and remember every answer."""

import http.client
import json
import random
import threading
import time
from collections import Counter as Tally
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

PATIENCE = 60.0  # seconds in which a request must be answered, whatever is killed and started again meanwhile

REFUSALS: dict[str, dict[str, str]] = {
    "tickets": {"already-in-queue": "a transfer brought the visit into this queue before its own number was taken"},
    "call-next": {},  # every officer has a counter of their own
    "start": {},  # the called visitor is this officer's alone
    "no-show": {},
    "hold": {},
    "transfer": {"no-transfer": "the visitor has a number in that queue, perhaps this very one"},
    "resume": {"visitor-elsewhere": "another counter called the visitor's next number while they stepped aside"},
    "finish": {"wrong-state": "the officer's page is old: the visitor has moved on, or is still on hold"},
}
"""The refusals (409) that an act may meet in a rush, each with its reason; any other answer is a fault."""


@dataclass
class Hall:
    """What the clients know: addresses, keys, services; and what they were promised."""

    port: int
    mall: str
    kiosk: str
    services: list[str]
    until: float = 0.0
    is_over: threading.Event = field(default_factory=threading.Event)  # nobody answers any more
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)  # by code, as acknowledged
    visits: dict[str, set[str]] = field(default_factory=dict)
    acted: Tally[tuple[str, str]] = field(default_factory=Tally)  # acknowledged, by code and act
    in_doubt: Tally[str] = field(default_factory=Tally)  # sent and never answered, by path; each was sent again
    answers: Tally[str] = field(default_factory=Tally)  # by act and status, or the code of a refusal
    lock: threading.Lock = field(default_factory=threading.Lock)
    errors: list[BaseException] = field(default_factory=list)

    def promises(self) -> tuple[set[str], set[tuple[str, str]]]:
        """The numbers and the acts that are acknowledged by now."""
        with self.lock:
            return set(self.taken), set(self.acted)


class Client:
    """Sends a request until it is answered: a server may be killed at any moment."""

    def __init__(self, hall: Hall, token: str, seed: int) -> None:
        self.hall, self.token, self.random = hall, token, random.Random(seed)  # noqa: S311 -- a rush, not a secret
        self.connection = http.client.HTTPConnection("127.0.0.1", hall.port, timeout=20)

    def post(self, path: str, body: object = None, *, key: str = "") -> tuple[int, Any]:
        """The answer to an act that was done, or to one that was refused for a reason of `REFUSALS`."""
        act = path.rpartition("/")[2]
        status, answer = self._answered(path, body, key)
        code = answer["code"] if status == 409 else ""
        with self.hall.lock:
            self.hall.answers[f"{act} {code or status}"] += 1
        assert status in {200, 201, 204} or code in REFUSALS[act], (act, status, answer)
        return status, answer

    def _answered(self, path: str, body: object, key: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        address, text = f"/api/v1/malls/{self.hall.mall}{path}", json.dumps(body or {})
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not self.hall.is_over.is_set():
            is_sent = False
            try:
                if self.connection.sock is None:
                    self.connection.connect()
                is_sent = True
                self.connection.request("POST", address, text, headers)
                answer = self.connection.getresponse()
                told = answer.read()
            except (OSError, http.client.HTTPException):
                self.connection.close()
                with self.hall.lock:
                    self.hall.in_doubt[path] += is_sent
                time.sleep(0.1)
                continue
            if answer.status == 503:  # busy for a moment, nothing was changed
                with self.hall.lock:
                    self.hall.answers[f"{path.rpartition('/')[2]} 503"] += 1
                time.sleep(0.2)
                continue
            return answer.status, json.loads(told) if told else None
        raise AssertionError(f"{path} was not answered within {PATIENCE:.0f} s")

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
            status, ticket = self._take({"service": service, **({"visit": visit} if visit else {})})
            if status != 201:
                break
            visit = ticket["visit"]
            with self.hall.lock:
                self.hall.taken[ticket["code"]] = ticket
                self.hall.visits.setdefault(visit, set()).add(ticket["code"])
        time.sleep(self.random.uniform(0.1, 0.6))

    def _take(self, body: object) -> tuple[int, Any]:
        key, twin = uuid4().hex, list[tuple[int, Any]]()
        if self.random.random() >= 0.1:
            return self.post("/tickets", body, key=key)
        thread = threading.Thread(target=lambda: twin.append(self._again(body, key)))
        thread.start()
        status, ticket = self.post("/tickets", body, key=key)
        thread.join()
        assert twin, "the second of two equal requests was not answered"
        assert (status, ticket["code"]) == (twin[0][0], twin[0][1]["code"]), "equal keys at once gave two answers"
        return status, ticket

    def _again(self, body: object, key: str) -> tuple[int, Any]:
        other = Client(self.hall, self.token, 0)
        try:
            return other.post("/tickets", body, key=key)
        finally:
            other.connection.close()


class Officer(Client):
    """A counter: calls and serves, moves on, holds, misses; each act acknowledged is remembered."""

    def __init__(self, hall: Hall, token: str, number: int) -> None:
        super().__init__(hall, token, 1000 + number)
        self.number = number

    def work(self) -> None:
        status, ticket = self.post(f"/counters/{self.number}/call-next")
        if status == 204:
            time.sleep(0.05)
            return
        code, kind = ticket["code"], self.random.random()
        assert ticket["state"] == "called", "the counter was free, and now it serves somebody"
        self._remember(code, "call-next")
        if kind < 0.1:
            assert self._act(code, "no-show")
            return
        assert self._act(code, "start")
        is_here = True
        if kind < 0.25:
            is_here = not self._act(code, "transfer", {"service": self.random.choice(self.hall.services)})
        elif kind < 0.35:
            assert self._act(code, "hold")
            is_here = self._act(code, "resume")
        assert self._act(code, "finish") == is_here, "served without being there, or not served"

    def _act(self, code: str, act: str, body: object = None) -> bool:
        """Whether the act was done."""
        status, _answer = self.post(f"/tickets/{code}/{act}", body)
        if status == 200:
            self._remember(code, act)
        return status == 200

    def _remember(self, code: str, act: str) -> None:
        with self.hall.lock:
            self.hall.acted[code, act] += 1
