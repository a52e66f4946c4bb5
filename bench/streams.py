"""Open streams that wait for news: 5,000 in one process, then as many as 10,000, and what each of them costs.

Nine in ten are phones that each follow another number, the rest boards of the mall. They are opened over loopback by
this process, and held idle while each must get its heartbeats. Then one visitor is called, and the news has to reach
every board. Memory is that of the live server's one worker (PSS), against the same worker with a few streams.
"""

import time
from typing import TYPE_CHECKING

from bench import figures
from bench.client import ask, request
from bench.figures import Budget, Report, tell
from bench.listeners import Listeners, make_room
from bench.processes import cpu_seconds, memory_mb
from bench.servers import Servers
from bench.stage import Stage, stage

if TYPE_CHECKING:
    from bench.hall import Hall

STREAMS, AIM = 5_000, 10_000
FIRST = 20  # streams before the count begins: they warm the server
BOARDS_IN_TEN = 1
QUEUES = 20
MOST_KB = Budget("under", 35)  # KB of 1,000 bytes, of a stream
IDLE = 24.0  # seconds in which every stream has to get two heartbeats
ARRIVAL = 10.0  # seconds in which news have to reach all
MINUTES = 10


def main(argv: list[str]) -> int:
    """Measure, print, and return 0 when the budget holds."""
    parser = figures.arguments("streams", str(__doc__).splitlines()[0], rounds=1)
    parser.add_argument("--streams", type=int, default=STREAMS, help="that have to be held (default: %(default)s)")
    parser.add_argument("--aim", type=int, default=AIM, help="that are tried afterwards (default: %(default)s)")
    chosen = parser.parse_args(argv)
    make_room(max(chosen.streams, chosen.aim))
    with stage(minutes=MINUTES) as scene:
        report = measure(scene, streams=chosen.streams, aim=chosen.aim)
    return report.deliver(as_json=chosen.json)


def measure(scene: Stage, *, streams: int, aim: int) -> Report:
    """Open, wait, call; then open more."""
    from bench import hall

    hall.set_morning()
    report = Report("streams", 1, scene.settings())
    most = max(streams, aim)
    place = hall.make_hall("aliran", queues=QUEUES, counters=1)
    hall.fill_with_waiting(place, most)
    phones = [f"/live/tickets/{code}" for code in hall.codes_of(place, most)]
    boards = f"/live/malls/{place.mall.code}/board"
    paths = [boards if number % 10 < BOARDS_IN_TEN else phones[number] for number in range(most)]
    with scene.servers() as servers, Listeners(servers.live) as listeners:
        worker = servers.workers("live")[0]
        listeners.open(paths[:FIRST])
        time.sleep(2.0)
        empty = memory_mb([worker])
        for name, count in (("", streams), ("aim_", aim)):
            if count <= listeners.count:
                continue
            began = time.monotonic()
            listeners.open(paths[listeners.count : count])
            report.add(**{f"{name}opened_per_second": (count - FIRST) / (time.monotonic() - began)})
            _hold(report, name, listeners, servers, place, empty=empty, wanted=count)
    report.add(live_worker_empty_mb=empty)
    return report


def _hold(
    report: Report, name: str, listeners: Listeners, servers: Servers, place: "Hall", *, empty: float, wanted: int
) -> None:
    """Keep the streams idle, then let news reach them. Only the first count has to keep the budget."""
    worker = servers.workers("live")[0]
    before, began = cpu_seconds(worker), time.monotonic()
    beats = listeners.received(b"heartbeat")
    time.sleep(IDLE)
    cpu = (cpu_seconds(worker) - before) / (time.monotonic() - began)
    memory = memory_mb([worker])
    fewest = min((now - then for now, then in zip(listeners.received(b"heartbeat"), beats, strict=False)), default=0)
    kb = (memory - empty) * 1000 / (wanted - FIRST)
    tell(f"{listeners.count} streams open, {kb:.1f} KB each, {cpu:.0%} of a core while idle")
    report.add(
        **{
            f"{name}cpu_idle_percent": cpu * 100,
            f"{name}live_worker_mb": memory,
            f"{name}fewest_heartbeats_count": fewest,
        }
    )
    reached, seconds = _news(listeners, servers, place)
    report.add(**{f"{name}news_to_last_board_ms": seconds * 1000})
    if not name:
        report.hold("streams_count", listeners.count, Budget("at least", wanted))
        report.hold("memory_per_stream_kb", kb, MOST_KB)
        report.require(fewest >= 2, f"A stream got {fewest} heartbeats in {IDLE:.0f} s.")
        report.require(reached, f"A call did not reach every board within {ARRIVAL:.0f} s.")
    else:
        report.add(**{f"{name}streams_count": listeners.count, f"{name}memory_per_stream_kb": kb})


def _news(listeners: Listeners, servers: Servers, place: "Hall") -> tuple[bool, float]:
    """Call the next visitor; whether every stream of a board was told, and the seconds from answer to the last one."""
    before = listeners.received(b"change")
    mall = f"/api/v1/malls/{place.mall.code}"
    token = place.officer_tokens[0]
    called = ask(servers.pages, request("POST", f"{mall}/counters/1/call-next", token=token)).facts
    answered = time.monotonic()
    boards = range(0, len(before), 10)

    def all_know() -> bool:
        now = listeners.received(b"change")
        return all(now[number] > before[number] for number in boards)

    reached = listeners.wait_until(all_know, ARRIVAL)
    latest = listeners.latest()
    for act in ("start", "finish"):
        ask(servers.pages, request("POST", f"{mall}/tickets/{called['code']}/{act}", token=token))
    return reached, max(latest - answered, 0)
