import threading
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from pendapa.server.uploads import Environ, StartResponse, Whole


class Client:
    """Calls the application as a server would, and keeps the status."""

    def __init__(self, **options: Any) -> None:
        self.status = ""
        self.seen: list[bytes] = []
        self.whole = Whole(self.application, **options)

    def application(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        self.seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b"done"]

    def send(self, body: Any, **environ: str) -> None:
        def start_response(status: str, _headers: list[tuple[str, str]]) -> None:
            self.status = status

        list(self.whole({"wsgi.input": body, **environ}, start_response))


def test_a_body_arrives_whole_and_chunked_ones_get_their_length() -> None:
    client = Client()
    client.send(BytesIO(b"a=1"), CONTENT_LENGTH="3")
    client.send(BytesIO(b"b=2"), HTTP_TRANSFER_ENCODING="chunked")
    assert client.seen == [b"a=1", b"b=2"]
    assert client.status == "200 OK"


def test_a_body_that_is_too_large_is_refused_declared_or_not() -> None:
    client = Client(largest=10)
    client.send(BytesIO(b""), CONTENT_LENGTH="11")
    assert client.status.startswith("413")
    client.send(BytesIO(b"x" * 11), HTTP_TRANSFER_ENCODING="chunked")
    assert client.status.startswith("413")
    assert client.seen == []


def test_a_request_that_sends_nothing_never_waits_for_those_who_send_slowly() -> None:
    release = threading.Event()

    class Slow(BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            release.wait(10)
            return b""

    client = Client(senders=1)
    sender = threading.Thread(target=client.send, args=(Slow(),), kwargs={"CONTENT_LENGTH": "5"})
    sender.start()
    try:
        client.send(BytesIO(b""))
        assert client.status == "200 OK"
    finally:
        release.set()
        sender.join()
