"""Many open streams at once: one thread that reads what comes, counts it, and answers nothing."""

import resource
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from pendapa.server.problems import Problem

AT_ONCE = 200  # streams that are asked for before their answers are awaited
SPARE_FILES = 200
PATIENCE = 60.0  # seconds for all streams of one opening to begin
HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class _Stream:
    socket: socket.socket
    events: dict[bytes, int] = field(default_factory=dict)  # how many came of each kind
    last: float = 0.0  # when the last event came, in monotonic seconds
    rest: bytes = b""  # a line that is not whole yet
    is_open: bool = False
    is_refused: bool = False


def make_room(files: int) -> None:
    """Let this process open so many files. Raises `Problem` when the system does not allow it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files + SPARE_FILES
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise Problem(f"Measuring needs {wanted} open files; this system allows {hard} (`ulimit -Hn`).")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def kinds_in(received: bytes) -> tuple[list[bytes], bytes]:
    """The kinds of the events whose first line is whole, and what follows the last whole line.

    >>> kinds_in(b"event: change\\nid: 4\\ndata: {}\\n\\nevent: heart")
    ([b'change'], b'event: heart')
    """
    whole, newline, rest = received.rpartition(b"\n")
    if not newline:
        return [], received
    return [line[7:].strip() for line in whole.split(b"\n") if line.startswith(b"event: ")], rest


class Listeners:
    """Streams that stay open until the block ends."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._poll = select.epoll()
        self._streams: dict[int, _Stream] = {}
        self._stop = Event()
        self._lock = Lock()
        self._thread = Thread(target=self._listen, name="listeners", daemon=True)
        self.lost = 0

    def __enter__(self) -> "Listeners":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        self._thread.join(5)
        for stream in self._streams.values():
            stream.socket.close()
        self._poll.close()

    def open(self, paths: Sequence[str]) -> int:
        """Open a stream for each path and return how many began within the time for it."""
        make_room(len(self._streams) + len(paths))
        began = self.count
        until = time.monotonic() + PATIENCE
        for start in range(0, len(paths), AT_ONCE):
            for path in paths[start : start + AT_ONCE]:
                self._ask(path)
            wanted = began + min(start + AT_ONCE, len(paths))
            while self._answered < wanted and time.monotonic() < until:
                time.sleep(0.01)
        return self.count - began

    def _ask(self, path: str) -> None:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nAccept-Language: id\r\n\r\n"
        connection.sendall(head.encode())
        connection.setblocking(False)
        with self._lock:
            self._streams[connection.fileno()] = _Stream(connection)
        self._poll.register(connection.fileno(), select.EPOLLIN)

    @property
    def count(self) -> int:
        """Streams that are open."""
        return sum(stream.is_open for stream in self._all())

    @property
    def _answered(self) -> int:
        return sum(stream.is_open or stream.is_refused for stream in self._all())

    def received(self, kind: bytes) -> list[int]:
        """How many events of a kind each stream got so far."""
        return [stream.events.get(kind, 0) for stream in self._all() if stream.is_open]

    def latest(self) -> float:
        """When the last of the streams got its last event, in monotonic seconds."""
        return max((stream.last for stream in self._all() if stream.is_open), default=0.0)

    def wait_until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds of the streams; False when it did not come in time."""
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def _all(self) -> list[_Stream]:
        with self._lock:
            return list(self._streams.values())

    def _listen(self) -> None:
        while not self._stop.is_set():
            for number, _event in self._poll.poll(0.2):
                with self._lock:
                    stream = self._streams[number]
                self._take(number, stream)

    def _take(self, number: int, stream: _Stream) -> None:
        try:
            received = stream.socket.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._poll.unregister(number)
            self.lost += stream.is_open
            stream.is_open, stream.is_refused = False, True
            return
        if not stream.is_open:
            head, _, received = received.partition(HEAD_END)
            stream.is_open = head.startswith(b"HTTP/1.1 200 ")
            stream.is_refused = not stream.is_open
        kinds, stream.rest = kinds_in(stream.rest + received)
        for kind in kinds:
            stream.events[kind] = stream.events.get(kind, 0) + 1
            stream.last = time.monotonic()
