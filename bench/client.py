"""A lean HTTP client for load: one thread, one epoll, many customers, each on a connection of its own.

It runs on the machine that it measures, so what it costs counts against the servers: no library, no parsing that an
answer does not need.
"""

import json
import select
import socket
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


# Someone at the server: yields the bytes of a request and is sent the answer; returning closes the connection.
Customer = Generator[bytes, Answer, None]


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


def answer_in(received: bytes) -> tuple[Answer, int] | None:
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


def _chunked(received: bytes, start: int, status: int) -> tuple[Answer, int] | None:
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
    poll = select.epoll()
    lines: dict[int, _Line] = {}
    try:
        for customer in customers:
            _enter(customer, port, poll, lines)
        while lines:
            events = poll.poll(SILENCE)
            if not events:
                raise TimeoutError(f"{len(lines)} requests got no answer within {SILENCE:.0f} s")
            for number, _event in events:
                if not _go_on(lines[number]):
                    poll.unregister(number)
                    lines.pop(number).socket.close()
    finally:
        for line in lines.values():
            line.socket.close()
        poll.close()


def _enter(customer: Customer, port: int, poll: select.epoll, lines: dict[int, _Line]) -> None:
    try:
        first = next(customer)
    except StopIteration:
        return
    connection = socket.create_connection(("127.0.0.1", port), timeout=SILENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines[connection.fileno()] = _Line(customer, connection)
    poll.register(connection.fileno(), select.EPOLLIN)
    connection.sendall(first)


def _go_on(line: _Line) -> bool:
    """Take what came; when the answer is whole, let the customer ask again. False: the customer has left."""
    piece = line.socket.recv(65_536)
    if not piece:
        raise ConnectionError("the server closed a connection in the middle of a conversation")
    line.received += piece
    found = answer_in(line.received)
    if found is None:
        return True
    answer, length = found
    del line.received[:length]
    try:
        line.socket.sendall(line.customer.send(answer))
    except StopIteration:
        return False
    return True


def ask(port: int, sent: bytes) -> Answer:
    """One request and its answer, on a connection of its own."""
    answers: list[Answer] = []

    def once() -> Customer:
        answers.append((yield sent))

    drive(port, [once()])
    return answers[0]
