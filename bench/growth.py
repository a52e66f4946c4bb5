"""What an act costs when five million numbers lie behind, against ten thousand: in time, and in PostgreSQL's plans.

Two databases of one cluster, the large one a copy of the small one, filled further in batches of whole days. The same
acts on the same hall of today take turns in both, act by act, so whatever else the machine does hurts both alike.
"""

import copy
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bench import figures
from bench.figures import Budget, Report, tell
from bench.stage import Stage, let_go, stage

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from bench.hall import Hall

SMALL, BIG = 10_000, 5_000_000
QUEUES, COUNTERS = 20, 4
WAITING = 400
ACTS = 300  # of each kind in each database and round
WARM = 20  # acts before the count begins
BUDGET = Budget("under", 1.2)  # cost with a long past, as a share of that with a short one
BUDGETED = ("issue", "call")
NONE = Budget("under", 1)
MINUTES = 45


def main(argv: list[str]) -> int:
    """Measure, print, and return 0 when the budgets hold."""
    parser = figures.arguments("growth", str(__doc__).splitlines()[0], rounds=3)
    parser.add_argument(
        "--tickets", type=int, default=BIG, help="past numbers of the large database (default: %(default)s)"
    )
    chosen = parser.parse_args(argv)
    with stage(minutes=MINUTES) as scene:
        report = measure(scene, rounds=chosen.rounds, tickets=max(chosen.tickets, 2 * SMALL))
    return report.deliver(as_json=chosen.json)


def measure(scene: Stage, *, rounds: int, tickets: int) -> Report:
    """Fill both databases, act in both, compare."""
    from bench import hall

    hall.set_morning()
    report = Report("growth", rounds, scene.settings())
    place = hall.make_hall("lama", queues=QUEUES, counters=COUNTERS)
    hall.fill_with_waiting(place, WAITING)
    _fill(scene, place, report, tickets=tickets)
    sides = {"small": _connection("pendapa"), "big": _connection("big")}
    with _standing_on(sides):
        _time(report, place, sides, rounds=rounds)
        _compare_plans(report, place, sides)
    return report


def _fill(scene: Stage, place: "Hall", report: Report, *, tickets: int) -> None:
    from bench import past

    few, many = (past.days_for(number, QUEUES) for number in (SMALL, tickets))
    began = time.monotonic()
    with scene.superuser() as session:
        past.fill(session, place, days=range(few), tell=tell)
    let_go()
    with scene.superuser("postgres") as session:
        session.execute("CREATE DATABASE big TEMPLATE pendapa STRATEGY file_copy OWNER pendapa")
    with scene.superuser("big") as session:
        past.fill(session, place, days=range(few, many), tell=tell)
    report.add(fill_seconds=round(time.monotonic() - began))
    for name in ("pendapa", "big"):
        with scene.superuser(name) as session:
            past.tidy(session)
            for count, size in session.execute(
                "SELECT count(*), pg_database_size(current_database()) FROM queueing_ticket"
            ).fetchall():
                side = "small" if name == "pendapa" else name
                report.add(**{f"{side}_tickets_count": count, f"{side}_database_mb": round(size / 1e6)})
    tell(f"filled in {time.monotonic() - began:.0f} s; now acting")


# ---- Two databases in turn ----


def _connection(database: str) -> "BaseDatabaseWrapper":
    """Django's connection to another database of the cluster, outside the pool."""
    from django.db import connections

    usual = connections["default"]
    settings = copy.deepcopy(usual.settings_dict)
    settings["NAME"] = database
    settings["OPTIONS"].pop("pool")
    return type(usual)(settings, "default")


@contextmanager
def _standing_on(sides: Mapping[str, "BaseDatabaseWrapper"]) -> Iterator[None]:
    """Close both connections at the end, and put the usual one back."""
    from django.db import connections

    usual = connections["default"]
    try:
        yield
    finally:
        for side in sides.values():
            side.close()
        connections["default"] = usual


def _stand_on(side: "BaseDatabaseWrapper") -> None:
    """From here on, this thread acts in that database."""
    from django.db import connections

    connections["default"] = side


# ---- Acts ----


def _acts(place: "Hall") -> dict[str, Callable[[int], Any]]:
    """What is timed, each by the number of its turn; the order is that of a visitor's way."""
    from pendapa.base import clock
    from pendapa.operations.queueing import actions, queries
    from pendapa.operations.queueing.rules import Channel

    mall, device = place.mall.code, "device:1"
    called: dict[str, Any] = {}

    def issue(turn: int) -> None:
        service = place.services[turn % QUEUES].slug
        key = secrets.token_hex(12)
        called["code"] = actions.issue_ticket(
            mall=mall, service=service, channel=Channel.KIOSK, by=None, caller=device, key=key
        ).code

    def call(turn: int) -> None:
        seat = turn % COUNTERS
        called["ticket"] = actions.call_next(counter=place.counters[seat], by=place.officers[seat], at=clock.now())

    def serve(turn: int) -> None:
        officer = place.officers[turn % COUNTERS]
        ticket = actions.start(ticket=called["ticket"], by=officer, at=clock.now())
        actions.finish(ticket=ticket, by=officer, at=clock.now())

    def board(_turn: int) -> None:
        queries.board_of(mall, clock.now())

    def ticket_page(_turn: int) -> None:
        ticket = queries.ticket_by_code(called["code"])
        assert ticket is not None
        queries.ahead_of(ticket)

    return {"issue": issue, "call": call, "serve": serve, "board": board, "ticket_page": ticket_page}


def _time(report: Report, place: "Hall", sides: Mapping[str, "BaseDatabaseWrapper"], *, rounds: int) -> None:
    acts = {side: _acts(place) for side in sides}
    ratios: dict[str, list[float]] = {name: [] for name in acts["small"]}
    everything: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds):
        seconds: dict[tuple[str, str], list[float]] = {}
        for turn in range(ACTS + WARM):
            for name in ratios:
                # Who comes first changes, or one side would always find the machine warm.
                for side in sorted(sides, reverse=bool(turn % 2)):
                    _stand_on(sides[side])
                    began = time.perf_counter()
                    acts[side][name](turn)
                    if turn >= WARM:
                        seconds.setdefault((name, side), []).append(time.perf_counter() - began)
        for name, kept in ratios.items():
            kept.append(figures.median(seconds[name, "big"]) / figures.median(seconds[name, "small"]))
        for key, some in seconds.items():
            everything.setdefault(key, []).extend(some)
        tell(f"round {number + 1}: " + ", ".join(f"{name} {kept[-1]:.2f}" for name, kept in ratios.items()))
    for (name, side), some in everything.items():
        report.add(**{f"{name}_{side}_p50_ms": figures.median(some) * 1000})
    for name, kept in ratios.items():
        if name in BUDGETED:
            report.hold(f"{name}_growth_ratio", figures.median(kept), BUDGET)
        else:
            report.add(**{f"{name}_growth_ratio": figures.median(kept)})


# ---- Plans ----


def _compare_plans(report: Report, place: "Hall", sides: Mapping[str, "BaseDatabaseWrapper"]) -> None:
    """Look at the plan of the hot statements and of all that the acts and the faces send through Django."""
    from bench import plans
    from pendapa.operations.queueing.statements import CALL, ISSUE

    _stand_on(sides["small"])
    overheard = plans.Overheard()
    with overheard.listening():
        _use_everything(place)
    found: dict[str, list[Any]] = {}
    for side, database in sides.items():
        _stand_on(database)
        found[side] = [plans.prepared(hot) for hot in (ISSUE, CALL)]
        found[side] += [plans.planned(statement) for statement in overheard.statements.values()]
    empty = plans.empty_tables()  # of the large database, where we stand now
    texts = [ISSUE, CALL, *(text for text, _params in overheard.statements.values())]
    changed, scanned = 0, 0
    for text, before, after in zip(texts, found["small"], found["big"], strict=True):
        wholly = plans.whole_scans(after, empty=empty)
        scanned += len(wholly)
        if plans.shape(before) != plans.shape(after):
            changed += 1
            tell(f"another plan: {plans.difference(before, after)}\n  for: {' '.join(text.split())[-220:]}")
        if wholly:
            tell(f"reads {', '.join(wholly)} as a whole: {' '.join(text.split())[:400]}")
    report.add(plans_count=len(texts), plans_changed_count=changed)
    report.hold("whole_scans_count", scanned, NONE)


def _use_everything(place: "Hall") -> None:
    """One of each act and of each reading that a face of the mall makes all day."""
    from pendapa.base import clock
    from pendapa.base.journal.queries import head, history_of, tail
    from pendapa.operations.queueing import queries
    from pendapa.web.desk import screen

    for act in _acts(place).values():
        act(0)
    at, counter, officer = clock.now(), place.counters[0], place.officers[0]
    today = place.days[0].date
    waiting = queries.waiting_for(counter, today)
    queries.ahead_of_each([ticket.code for ticket in waiting])
    queries.tickets_of(waiting[0].visit)
    list(queries.open_visits_of("cookie:nobody", [today]))
    queries.active_at(counter)
    queries.held_at(counter, today)
    screen.screen_of(screen.Seat(counter, officer, at))
    queries.queues_at(place.mall, at)
    tail(head(), 500)
    list(history_of(waiting[0]))
