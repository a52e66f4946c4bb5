"""One request and its short answers, over the bare ASGI messages."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope

Header = tuple[bytes, bytes]

_ALWAYS: list[Header] = [
    (b"cache-control", b"no-store, no-transform"),
    (b"connection", b"close"),  # a stop of the server waits for connections that a browser keeps for later
    (b"x-content-type-options", b"nosniff"),
]


class Refusal(Exception):
    """A request that gets a problem document (RFC 9457) instead of a stream."""

    def __init__(self, status: HTTPStatus, detail: str, *headers: Header) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers
        problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
        self.body = json.dumps(problem).encode()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with the way to its answer."""

    scope: HTTPScope
    receive: ASGIReceiveCallable
    send: ASGISendCallable

    @property
    def method(self) -> str:
        return self.scope["method"]

    @property
    def path(self) -> str:
        return self.scope["path"]

    @property
    def peer(self) -> str:
        """The address at the other end of the connection: a browser's, or that of the proxy in front."""
        client = self.scope["client"]
        return client[0] if client else ""

    @property
    def has_body(self) -> bool:
        return self.header("content-length") not in {"", "0"} or bool(self.header("transfer-encoding"))

    def header(self, name: str) -> str:
        """A header of the request by its small name, joined where it came more than once; empty if it is not there."""
        wanted = name.encode()
        return ", ".join(value.decode("latin-1") for key, value in self.scope["headers"] if key == wanted)

    async def begin(self, status: HTTPStatus, headers: Iterable[Header]) -> None:
        """Send the status and the headers; the body follows."""
        await self.send(
            {
                "type": "http.response.start",
                "status": status.value,
                "headers": [*_ALWAYS, *headers],
                "trailers": False,
            }
        )

    async def end(self, body: bytes = b"") -> None:
        """Send the last piece of the body."""
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    async def reply(self, status: HTTPStatus, body: bytes, kind: bytes, headers: Iterable[Header] = ()) -> None:
        """A short answer as a whole; HEAD gets its headers only."""
        length = (b"content-length", str(len(body)).encode())
        about = [(b"content-type", kind), length] if body else []
        await self.begin(status, [*about, *headers])
        await self.end(b"" if self.method == "HEAD" else body)
