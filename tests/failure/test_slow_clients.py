"""Clients that send or read a byte a second do not keep others from their pages."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from pendapa.operations.queueing.models import Queue
from pendapa.operations.queueing.tests.make import make_queue
from tests.live.servers import Server, address, running, two_ports
from tests.running import get

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CLIENTS = 16
SECONDS = 12
AT_ONCE = 1.0  # seconds in which a page must be there meanwhile


@pytest.fixture
def queue(transactional_db: None) -> Queue:
    return make_queue()


@pytest.fixture
def pages(queue: Queue) -> Iterator[Server]:
    variables = {"DATABASE_URL": address(), "PENDAPA_LOG_LEVEL": "ERROR"}
    with running(Server("pages", two_ports()[0], variables, workers=2)) as server:
        yield server


def header(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n\r\n".encode()


def body(path: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n"
    return head.encode() + b"{" + b" " * 3999


@pytest.mark.parametrize("slowly", ["in the header", "in the body of a call", "in the body of a form", "while reading"])
def test_sixteen_slow_clients_keep_nobody_waiting(pages: Server, queue: Queue, slowly: str) -> None:
    mall, service = queue.mall.code, queue.services.get().slug
    request = {
        "in the header": header(f"/{mall}/"),
        "in the body of a call": body(f"/api/v1/malls/{mall}/tickets"),
        "in the body of a form": body(f"/{mall}/services/{service}/number/"),
        "while reading": header("/static/ui/vendor/bootstrap/bootstrap.min.css"),
    }[slowly]
    at_once = len(request) if slowly == "while reading" else request.find(b"\r\n\r\n") + 4 if "body" in slowly else 0
    over = threading.Event()
    clients = [socket.create_connection(("127.0.0.1", pages.port), timeout=5) for _client in range(CLIENTS)]

    def dawdle(client: socket.socket) -> None:
        try:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.sendall(request[:at_once])
            for byte in request[at_once : at_once + SECONDS * 2]:
                if over.wait(1):
                    return
                client.sendall(bytes([byte]))
            while not over.wait(1):
                client.recv(1)
        except OSError:
            pass  # the server may have had enough of it

    threads = [threading.Thread(target=dawdle, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    slowest, ends = 0.0, time.monotonic() + SECONDS
    while time.monotonic() < ends:
        for path in (f"/{mall}/", f"/{mall}/services/{service}/number/", "/healthz"):
            began = time.monotonic()
            status, _page = get(pages.url, path)
            slowest = max(slowest, time.monotonic() - began)
            assert status == 200, path
        time.sleep(0.1)
    over.set()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    print(f"sixteen clients slow {slowly}: the slowest other page took {slowest * 1000:.0f} ms")
    assert slowest < AT_ONCE
