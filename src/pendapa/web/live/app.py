"""The live server: streams of boards and tickets for browsers, as a bare ASGI application.

`GET /live/malls/{mall}/board` and `GET /live/tickets/{code}` answer with `text/event-stream`: a `snapshot`, then a
`change` with the top-level keys that differ, and a `heartbeat` every 10 s while the data is fresh. Each carries `now`,
the installation's time. Labels and counters only, never names.
"""

import asyncio
import logging
import re
import signal
from http import HTTPStatus
from time import perf_counter
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.http import HttpRequest, parse_cookie
from django.utils.translation import get_language_from_request

from pendapa.base import codes
from pendapa.web.live.exchanges import Exchange, Header, Refusal
from pendapa.web.live.follower import Follower, keep_pace
from pendapa.web.live.origins import is_ours
from pendapa.web.live.streams import Hub, Stream
from pendapa.web.live.topics import Key, Topic
from pendapa.web.ui.callers import client_address

FIRST_READING = 5.0  # seconds that a client waits for a topic that nobody has read yet
RETRY_AFTER = b"3"  # seconds

_BOARD = re.compile(r"/live/malls/([-a-zA-Z0-9_]{1,32})/board")
_TICKET = re.compile(r"/live/tickets/([^/]{1,100})")
_METHODS = "GET, HEAD, OPTIONS"
_PLAIN = b"text/plain; charset=utf-8"
_STREAM: list[Header] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),  # for nginx
]

_log = logging.getLogger("pendapa.live")


class Live:
    """One process of the live server."""

    def __init__(self) -> None:
        self._hub: Hub | None = None

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(Exchange(scope, receive, send))

    async def _live(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """From the start of the process to its end."""
        await receive()
        hub = self._hub = Hub()
        tasks = [asyncio.create_task(Follower(hub).run()), asyncio.create_task(keep_pace(hub))]
        _on_signals(hub)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        hub.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, exchange: Exchange) -> None:
        cors: list[Header] = [(b"vary", b"origin")]
        try:
            if exchange.path == "/healthz":
                await exchange.reply(HTTPStatus.OK, b"ok\n", _PLAIN)
                return
            cors += _cors(exchange)
            key = _key(exchange)
            if exchange.method == "OPTIONS":
                await exchange.reply(HTTPStatus.NO_CONTENT, b"", b"", [*cors, *_PREFLIGHT])
            elif exchange.method in _METHODS.split(", "):
                await self._serve(exchange, key, cors)
            else:
                allow = (b"allow", _METHODS.encode())
                raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "Streams are read with GET.", allow)
        except Refusal as refusal:
            headers = [*cors, *refusal.headers]
            await exchange.reply(refusal.status, refusal.body, b"application/problem+json", headers)

    async def _serve(self, exchange: Exchange, key: Key, cors: list[Header]) -> None:
        hub = self._hub
        if hub is None or hub.is_closing or hub.is_full:
            raise _busy("This server takes no further streams at the moment.")
        if exchange.has_body:
            raise Refusal(HTTPStatus.BAD_REQUEST, "A request for a stream has no body.")
        address = client_address(_request(exchange))
        if not hub.enter(address):
            detail = "Too many streams are open from this address."
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, detail, (b"retry-after", RETRY_AFTER))
        try:
            topic = await _topic(hub, key)
            await exchange.begin(HTTPStatus.OK, [*_STREAM, *cors])
            if exchange.method == "HEAD" or await _stream(hub, topic, exchange):
                await exchange.end()
        finally:
            hub.exit(address)


_PREFLIGHT: list[Header] = [
    (b"access-control-allow-methods", _METHODS.encode()),
    (b"access-control-allow-headers", b"last-event-id, cache-control"),
    (b"access-control-max-age", b"86400"),  # seconds
]


def _cors(exchange: Exchange) -> list[Header]:
    """What lets our own pages read the answer; other origins are turned away before they cost a stream."""
    origin = exchange.header("origin")
    if not origin:
        return []
    if not is_ours(origin, exchange.header("host")):
        raise Refusal(HTTPStatus.FORBIDDEN, "Pages of another origin may not read this stream.")
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
    ]


async def _topic(hub: Hub, key: Key) -> Topic:
    """The topic, read at least once and still true."""
    topic = hub.topic(key)
    try:
        is_there = await asyncio.wait_for(asyncio.shield(topic.ready), FIRST_READING)
    except TimeoutError:
        is_there = None
    if is_there is False:
        raise Refusal(HTTPStatus.NOT_FOUND, f"There is no such {key.kind}.")
    if is_there is None or not hub.is_fresh:
        raise _busy("The present state cannot be read at the moment.")
    return topic


async def _stream(hub: Hub, topic: Topic, exchange: Exchange) -> bool:
    """Stream a topic until its end, and write one line about it, without the code of a ticket.

    False when the client stopped reading: an answer without its end makes the server close the connection.
    """
    started = perf_counter()
    stream = hub.join(topic, exchange.header("last-event-id"))
    gone = await _when_gone(exchange.receive, stream)
    try:
        await stream.run(hub, exchange.send)
    except asyncio.CancelledError:
        if stream.ending != "stalled":
            raise
    finally:
        hub.leave(stream)
        gone.cancel()
        _log.info(
            "stream",
            extra={
                "route": "/live/malls/*/board" if topic.key.kind == "board" else "/live/tickets/*",
                "seconds": round(perf_counter() - started, 1),
                "events": stream.events,
                "end": stream.ending or "failed",
            },
        )
    return stream.ending != "stalled"


async def _when_gone(receive: ASGIReceiveCallable, stream: Stream) -> "asyncio.Future[Any]":
    """Let the stream end when the client leaves. What comes before that is the request's empty body.

    Granian's `receive()` gives a future, on which we only leave a callback: no second task for each stream.
    """
    await receive()
    awaitable: Any = receive()
    gone = awaitable if hasattr(awaitable, "add_done_callback") else asyncio.ensure_future(awaitable)
    gone.add_done_callback(lambda _gone: stream.end("left"))
    future: asyncio.Future[Any] = gone
    return future


def _key(exchange: Exchange) -> Key:
    """Which stream a path means. Raises `Refusal` for an address without one and for what cannot be a code."""
    if board := _BOARD.fullmatch(exchange.path):
        return Key("board", board[1])
    if ticket := _TICKET.fullmatch(exchange.path):
        try:
            code = codes.normalise(ticket[1])
        except codes.BadCode as refused:
            raise Refusal(HTTPStatus.NOT_FOUND, "There is no such ticket.") from refused
        # The language of the pages this client reads: by cookie, else by its browser.
        return Key("ticket", code, get_language_from_request(_request(exchange)))
    raise Refusal(HTTPStatus.NOT_FOUND, "There is no stream at this address.")


def _request(exchange: Exchange) -> HttpRequest:
    """What the pages' own functions need to tell a caller's language and address."""
    request = HttpRequest()
    request.COOKIES = parse_cookie(exchange.header("cookie"))
    request.META["HTTP_ACCEPT_LANGUAGE"] = exchange.header("accept-language")
    request.META["HTTP_X_FORWARDED_FOR"] = exchange.header("x-forwarded-for")
    request.META["REMOTE_ADDR"] = exchange.peer
    return request


def _busy(detail: str) -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, (b"retry-after", RETRY_AFTER))


def _on_signals(hub: Hub) -> None:
    """End the streams when the server is told to stop.

    Granian waits for open requests before it shuts the application down, so without this a stop would wait for
    the last screen of the mall. There is no public way to add to its handlers.
    """
    loop = asyncio.get_running_loop()
    handlers: dict[int, asyncio.Handle] = getattr(loop, "_signal_handlers", {})
    for number in (signal.SIGTERM, signal.SIGINT):
        before: Any = handlers.get(number)
        if before is None:
            continue

        def stop(before: Any = before) -> None:
            hub.close()
            before._run()

        loop.add_signal_handler(number, stop)


application = Live()
