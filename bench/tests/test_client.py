import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.client import RESTED, Answer, Customer, answer_in, ask, drive, request

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


class _Echo(BaseHTTPRequestHandler):
    """Answers with the path it was asked for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/hang-up":
            self.close_connection = True
            return
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_chunked_answer_is_put_together() -> None:
    assert answer_in(CHUNKED) == (Answer(200, b"abcde"), len(CHUNKED))


@pytest.mark.parametrize("length", range(len(CHUNKED)))
def test_a_part_of_an_answer_is_no_answer(length: int) -> None:
    assert answer_in(CHUNKED[:length]) is None


def test_only_the_first_of_two_answers_is_taken() -> None:
    first = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert answer_in(first + CHUNKED) == (Answer(204, b""), len(first))


def test_a_request_carries_token_key_and_the_length_of_its_body() -> None:
    sent = request("POST", "/x", token="t", body={"a": 1}, key="k").decode()
    head, _, body = sent.partition("\r\n\r\n")
    assert head.splitlines()[0] == "POST /x HTTP/1.1"
    assert {"Authorization: Bearer t", "Idempotency-Key: k", "Content-Length: 8"} <= set(head.splitlines())
    assert body == '{"a": 1}'


def test_each_customer_gets_their_own_answers(port: int) -> None:
    heard: dict[int, list[bytes]] = {number: [] for number in range(5)}

    def customer(number: int) -> Customer:
        for turn in range(3):
            heard[number].append((yield request("GET", f"/{number}/{turn}")).body)

    drive(port, [customer(number) for number in heard])
    assert heard == {number: [f"/{number}/{turn}".encode() for turn in range(3)] for number in heard}


def test_customers_rest_side_by_side(port: int) -> None:
    def customer() -> Customer:
        assert (yield 0.2) is RESTED
        assert (yield request("GET", "/late")).body == b"/late"

    began = time.monotonic()
    drive(port, [customer() for _number in range(5)])
    assert 0.2 <= time.monotonic() - began < 0.9


def test_a_server_that_hangs_up_is_not_taken_for_an_answer(port: int) -> None:
    with pytest.raises(ConnectionError):
        ask(port, request("GET", "/hang-up"))
