"""A client of the streams: reads events as they come and remembers when."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from typing import Any, Self

PATIENCE = 15.0  # seconds until something that must come has come


@dataclass(frozen=True)
class Event:
    """One event, or a comment (`kind` empty), and when it came on the monotonic clock."""

    kind: str
    mark: str
    data: dict[str, Any]
    text: str
    came_at: float


class Listener:
    """One open stream, read by a thread. `state` is what a screen shows now; one that comes back has its old one."""

    def __init__(
        self, url: str, path: str, *, last_event: str = "", state: dict[str, Any] | None = None, **headers: str
    ) -> None:
        self.events: list[Event] = []
        self.state: dict[str, Any] = state or {}
        self.ended = threading.Event()
        self.is_clean_end = False
        self._news = threading.Condition()
        self._client = HTTPConnection(url.removeprefix("http://"), timeout=60)
        if last_event:
            headers["Last-Event-ID"] = last_event
        self._client.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})
        self._socket = self._client.sock  # the client forgets it when the answer says that it is the last one
        self.response: HTTPResponse = self._client.getresponse()
        assert self.response.status == 200, self.response.read()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave, as a browser does."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.ended.wait(PATIENCE)
        self.response.close()
        self._client.close()

    def wait(self, fact: Callable[["Listener"], bool], seconds: float = PATIENCE) -> float:
        """Wait until something is true of this listener; returns the moment of the event that made it so."""
        with self._news:
            assert self._news.wait_for(lambda: fact(self), seconds), f"not within {seconds} s; it shows {self.state}"
            return self.events[-1].came_at if self.events else time.monotonic()

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    @property
    def mark(self) -> str:
        """The id of the last event that had one: what a browser sends when it comes back."""
        return next((event.mark for event in reversed(self.events) if event.mark), "")

    def _read(self) -> None:
        block: list[str] = []
        try:
            while line := self.response.readline():
                text = line.decode().rstrip("\n")
                if text:
                    block.append(text)
                elif block:
                    self._take(block)
                    block = []
            self.is_clean_end = True
        except (OSError, IncompleteRead, ValueError, AttributeError):
            pass  # the server was killed, or we left
        self.ended.set()
        with self._news:
            self._news.notify_all()

    def _take(self, block: list[str]) -> None:
        fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
        data = json.loads(fields["data"]) if "data" in fields else {}
        event = Event(fields.get("event", ""), fields.get("id", ""), data, "\n".join(block), time.monotonic())
        with self._news:
            self.events.append(event)
            if event.kind == "snapshot":
                self.state = data
            elif event.kind == "change":
                self.state = {**self.state, **data}
            self._news.notify_all()


def called(listener: Listener) -> list[str]:
    """The labels that a board shows as called."""
    return [call["label"] for call in listener.state.get("called", [])]


def waiting(listener: Listener) -> int:
    """How many wait in the first queue of a board."""
    return int(listener.state["queues"][0]["waiting"])
