"""A lean HTTP client for load: one thread, one epoll, many customers, each on a connection of its own.

It runs on the machine that it measures, so what it costs counts against the servers: no library, no parsing that an
answer does not need.
"""

import heapq
import json
import select
import socket
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

HEAD_END = b"\r\n\r\n"
SILENCE = 30.0  # seconds without any answer after which the load gives up


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: the status and the body."""

    status: int
    body: bytes

    @property
    def facts(self) -> dict[str, Any]:
        """The body's JSON object."""
        facts: dict[str, Any] = json.loads(self.body)
        return facts


# Someone at the server: yields the bytes of a request and is sent the answer, or yields seconds to pause and is sent
# `RESTED`; returning closes the connection.
Customer = Generator[bytes | float, Answer, None]
RESTED = Answer(0, b"")


def request(method: str, path: str, *, token: str = "", body: Mapping[str, Any] | None = None, key: str = "") -> bytes:
    """The bytes of one request over a connection that stays open."""
    content = json.dumps(body).encode() if body is not None else b""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
    if content:
        lines.append("Content-Type: application/json")
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if key:
        lines.append(f"Idempotency-Key: {key}")
    return "\r\n".join(lines).encode() + HEAD_END + content


def answer_in(received: bytes | bytearray) -> tuple[Answer, int] | None:
    """The first whole answer in what was received and its length in bytes; None while it is not whole.

    >>> answer_in(b"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nhi")
    (Answer(status=200, body=b'hi'), 40)
    """
    head_length = received.find(HEAD_END)
    if head_length < 0:
        return None
    head = received[:head_length].lower()
    start = head_length + len(HEAD_END)
    status = int(head[9:12])
    if b"transfer-encoding: chunked" in head:
        return _chunked(received, start, status)
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    if len(received) < start + length:
        return None
    return Answer(status, bytes(received[start : start + length])), start + length


def _chunked(received: bytes | bytearray, start: int, status: int) -> tuple[Answer, int] | None:
    body = bytearray()
    while True:
        line_end = received.find(b"\r\n", start)
        if line_end < 0:
            return None
        size = int(received[start:line_end], 16)
        after = line_end + 2 + size + 2
        if len(received) < after:
            return None
        if size == 0:
            return Answer(status, bytes(body)), after
        body += received[line_end + 2 : line_end + 2 + size]
        start = after


@dataclass(slots=True)
class _Line:
    """A customer's connection."""

    customer: Customer
    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)


def drive(port: int, customers: Iterable[Customer]) -> None:
    """Serve all customers at the server on a loopback port at once, until each has left."""
    with _Street(port) as street:
        for customer in customers:
            street.enter(customer)
        street.run()


class _Street:
    """All connections of one load, and the customers who pause."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._poll = select.epoll()
        self._lines: dict[int, _Line] = {}
        self._pauses: list[tuple[float, int]] = []  # until when, in monotonic seconds, and whose line; earliest first

    def __enter__(self) -> "_Street":
        return self

    def __exit__(self, *_exception: object) -> None:
        for line in self._lines.values():
            line.socket.close()
        self._poll.close()

    def enter(self, customer: Customer) -> None:
        """Let a customer come, who gets a connection and asks."""
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=SILENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines[connection.fileno()] = _Line(customer, connection)
        self._poll.register(connection.fileno(), select.EPOLLIN)
        self._go_on(connection.fileno(), None)

    def run(self) -> None:
        """Until all have left. Raises `TimeoutError` when nothing comes for too long."""
        while self._lines:
            patience = max(self._pauses[0][0] - time.monotonic(), 0) if self._pauses else SILENCE
            events = self._poll.poll(min(patience, SILENCE))
            if not events and not self._pauses:
                raise TimeoutError(f"{len(self._lines)} requests got no answer within {SILENCE:.0f} s")
            for number, _event in events:
                self._receive(number)
            while self._pauses and self._pauses[0][0] <= time.monotonic():
                self._go_on(heapq.heappop(self._pauses)[1], RESTED)

    def _receive(self, number: int) -> None:
        line = self._lines[number]
        piece = line.socket.recv(65_536)
        if not piece:
            raise ConnectionError("the server closed a connection in the middle of a conversation")
        line.received += piece
        if found := answer_in(line.received):
            answer, length = found
            del line.received[:length]
            self._go_on(number, answer)

    def _go_on(self, number: int, answer: Answer | None) -> None:
        """Tell a customer the answer, and do what they want next; None: they have just come."""
        line = self._lines[number]
        try:
            wanted = next(line.customer) if answer is None else line.customer.send(answer)
        except StopIteration:
            self._poll.unregister(number)
            self._lines.pop(number).socket.close()
            return
        if isinstance(wanted, bytes):
            line.socket.sendall(wanted)
        else:
            heapq.heappush(self._pauses, (time.monotonic() + wanted, number))


def ask(port: int, sent: bytes) -> Answer:
    """One request and its answer, on a connection of its own."""
    answers: list[Answer] = []

    def once() -> Customer:
        answers.append((yield sent))

    drive(port, [once()])
    return answers[0]
