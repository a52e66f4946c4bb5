"""Takes in the body of a request whole before Django sees it, so that slow senders cannot hold every thread."""

import json
from collections.abc import Callable, Iterable
from io import BytesIO
from threading import BoundedSemaphore
from typing import Any, TypeAlias

Environ: TypeAlias = dict[str, Any]
StartResponse: TypeAlias = Callable[..., Any]
Application: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]

LARGEST = 1024 * 1024  # bytes of a body
SENDERS = 40  # requests of one worker whose bodies may be on their way at once; the other threads stay free for reading
PATIENCE = 5.0  # seconds to wait for one of these places


class Whole:
    """A WSGI application around another one: reads the body, refuses what is too large, and counts those who send.

    A thread that waits for a slow phone is busy. With fewer places for senders than threads, pages that send
    nothing still answer, whatever the senders do.
    """

    def __init__(self, application: Application, *, senders: int = SENDERS, largest: int = LARGEST) -> None:
        self.application = application
        self.places = BoundedSemaphore(senders)
        self.largest = largest

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        length = environ.get("CONTENT_LENGTH") or ""
        if not length and "HTTP_TRANSFER_ENCODING" not in environ:
            return self.application(environ, start_response)
        if length.isascii() and length.isdigit() and int(length) > self.largest:
            return _refuse(start_response, "413 Content Too Large", "What was sent is too large.")
        if not self.places.acquire(timeout=PATIENCE):
            return _refuse(start_response, "503 Service Unavailable", "Too many slow requests; please try again.")
        try:
            body = environ["wsgi.input"].read(self.largest + 1)
        finally:
            self.places.release()
        if len(body) > self.largest:
            return _refuse(start_response, "413 Content Too Large", "What was sent is too large.")
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        return self.application(environ, start_response)


def _refuse(start_response: StartResponse, status: str, sentence: str) -> Iterable[bytes]:
    code, title = status.split(" ", 1)
    problem = {"type": "about:blank", "title": title, "status": int(code), "detail": sentence}
    body = json.dumps(problem).encode("ascii")
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        *([("Retry-After", "5")] if code == "503" else []),
    ]
    start_response(status, headers)
    return [body]
