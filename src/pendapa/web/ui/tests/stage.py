"""A small web server on which pages and their live stream are played to a real browser, without a database."""

import json
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from django.contrib.staticfiles import finders

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
POLICY += "connect-src 'self'; worker-src 'self'; form-action 'self'"


class Stage:
    """What the server holds: pages by path, the snapshot, and the streams that are open now."""

    def __init__(self) -> None:
        self.url = ""
        self.pages: dict[str, str] = {}
        self.snapshot: dict[str, Any] | None = None
        self.streaming = True
        self.opened = 0
        self.posted: list[str] = []
        self.not_modified = 0
        self._streams: set[SimpleQueue[tuple[str, dict[str, Any]] | None]] = set()
        self._lock = threading.Lock()

    @property
    def open_streams(self) -> int:
        return len(self._streams)

    def send(self, event: str, **data: Any) -> None:
        """One event to every open stream."""
        with self._lock:
            for stream in self._streams:
                stream.put((event, data))

    def cut(self) -> None:
        """Close every open stream and refuse new ones."""
        self.streaming = False
        with self._lock:
            for stream in self._streams:
                stream.put(None)

    def attend(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The events of one stream, from a full snapshot on."""
        news: SimpleQueue[tuple[str, dict[str, Any]] | None] = SimpleQueue()
        with self._lock:
            self.opened += 1
            self._streams.add(news)
            news.put(("snapshot", self.snapshot or {}))
        try:
            while (event := news.get()) is not None:
                yield event
        finally:
            with self._lock:
                self._streams.discard(news)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stage: Stage

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/live":
            self._stream()
        elif path == "/snapshot":
            self._snapshot()
        elif path in self.stage.pages:
            self._answer(200, "text/html; charset=utf-8", self.stage.pages[path].encode())
        elif path.startswith("/static/") and (found := finders.find(path.removeprefix("/static/"))):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            self._answer(200, kind, Path(str(found)).read_bytes())
        else:
            self._answer(404, "text/plain", b"")

    def do_POST(self) -> None:
        self.stage.posted.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer(204, "text/plain", b"")

    def log_message(self, *args: Any) -> None:
        """Tests speak for themselves."""

    def _answer(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _snapshot(self) -> None:
        if self.stage.snapshot is None:
            self._answer(503, "text/plain", b"")
            return
        body = json.dumps(self.stage.snapshot).encode()
        tag = f'"{hash(body)}"'
        if self.headers["If-None-Match"] == tag:
            self.stage.not_modified += 1
            self._answer(304, "application/json", b"", ETag=tag)
        else:
            self._answer(200, "application/json", body, ETag=tag)

    def _stream(self) -> None:
        if not self.stage.streaming:
            self._answer(503, "text/plain", b"")
            return
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for event, data in self.stage.attend():
            try:
                self.wfile.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())
                self.wfile.flush()
            except OSError:
                return


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage on a free port, struck when the test is over."""
    play = Stage()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stage": play}))
    server.daemon_threads = True
    play.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield play
    finally:
        play.cut()
        server.shutdown()
        thread.join()
        server.server_close()
