"""Issuing numbers over HTTP, held against the same rows written by pgbench.

A kiosk's token and a new Idempotency-Key with each request, 32 connections that stay open, twenty queues, two pages
workers as `serve` runs them. Limit and system take turns; between two runs everyone is sent home and the tables are
tidied, since no hall has tens of thousands waiting.
"""

import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING

from bench import figures
from bench.client import Answer, Customer, drive, request
from bench.figures import Budget, Report, tell
from bench.stage import Stage, stage

if TYPE_CHECKING:
    from bench.hall import Hall

CLIENTS = 32
QUEUES = 20
BUDGET = Budget("at least", 0.18)  # of the limit
LOOKED_AT = 200  # numbers whose statements are counted
STATEMENTS = Budget("under", 3)  # of a number, the token's included
MINUTES = 10


@dataclass
class Taken:
    """What visitors got: durations in seconds and answers."""

    seconds: list[float] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def per_second(self) -> float:
        """Numbers given in a second."""
        return sum(answer.status == 201 for answer in self.answers) / self.elapsed


def main(argv: list[str]) -> int:
    """Measure, print, and return 0 when the budget holds."""
    parser = figures.arguments("issue", str(__doc__).splitlines()[0], rounds=3, seconds=8.0)
    chosen = parser.parse_args(argv)
    with stage(minutes=MINUTES) as scene:
        report = measure(scene, rounds=chosen.rounds, seconds=chosen.seconds)
    return report.deliver(as_json=chosen.json)


def measure(scene: Stage, *, rounds: int, seconds: float) -> Report:
    """Alternate limit and system, then check that no number is twice or missing."""
    from bench import hall, limit

    hall.set_morning()
    system, plain = (
        hall.make_hall("sistem", queues=QUEUES, counters=1),
        hall.make_hall("batas", queues=QUEUES, counters=1),
    )
    script = limit.script_for(plain)
    limits, runs = [], []
    report = Report("issue", rounds, scene.settings())
    with scene.servers() as servers:
        take_numbers(servers.pages, system, seconds=1.0)  # warms plans, pools and threads
        for number in range(rounds):
            limits.append(limit.run(scene.cluster, script, seconds=seconds, clients=CLIENTS))
            hall.send_everyone_home(plain)
            runs.append(take_numbers(servers.pages, system, seconds=seconds))
            _check_answers(report, runs[-1])
            hall.send_everyone_home(system)
            tell(f"round {number + 1}: limit {limits[-1]:.0f}/s, system {runs[-1].per_second:.0f}/s")
        texts, checks = statements_per_issue(scene, servers.pages, system)
    ratios = [run.per_second / best for run, best in zip(runs, limits, strict=True)]
    report.hold("ratio", figures.median(ratios), BUDGET)
    report.add(
        issue_per_second=figures.median([run.per_second for run in runs]),
        limit_per_second=figures.median(limits),
        pool_checks_per_issue_count=checks,
        clients_count=CLIENTS,
        queues_count=QUEUES,
        issued_count=sum(len(run.answers) for run in runs),
        **figures.spread("issue", [one for run in runs for one in run.seconds]),
    )
    report.hold("statements_per_issue_count", texts, STATEMENTS)
    _check_numbers(report, system)
    return report


def take_numbers(port: int, hall: "Hall", *, seconds: float, most: int | None = None) -> Taken:
    """Let all clients take numbers for so long, or so many each."""
    taken = Taken()
    began = time.perf_counter()
    services = cycle([service.slug for service in hall.services])
    visitors = [_visitor(hall, services, taken, began + seconds, most) for _ in range(CLIENTS)]
    drive(port, visitors)
    taken.elapsed = time.perf_counter() - began
    return taken


def _visitor(hall: "Hall", services: Iterator[str], taken: Taken, until: float, most: int | None) -> Customer:
    path = f"/api/v1/malls/{hall.mall.code}/tickets"
    name = secrets.token_hex(8)
    for number in count():
        asked = time.perf_counter()
        if asked >= until or number == most:
            return
        wanted = {"service": next(services)}
        answer = yield request("POST", path, token=hall.kiosk_token, body=wanted, key=f"{name}-{number}")
        taken.seconds.append(time.perf_counter() - asked)
        taken.answers.append(answer)


def _check_answers(report: Report, taken: Taken) -> None:
    statuses = Counter(answer.status for answer in taken.answers)
    report.require(set(statuses) == {201}, f"Not every request got a number: {dict(statuses)}.")
    given = [answer.facts for answer in taken.answers if answer.status == 201]
    report.require(len({facts["code"] for facts in given}) == len(given), "Two requests got the same code.")
    report.require(len({facts["label"] for facts in given}) == len(given), "Two requests got the same label.")


def _check_numbers(report: Report, hall: "Hall") -> None:
    """Every number from one to the last of each queue is there once."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (
              WHERE d.last_number IS DISTINCT FROM t.tickets
                 OR t.tickets IS DISTINCT FROM t.numbers OR t.tickets IS DISTINCT FROM t.highest)
            FROM queueing_queueday d LEFT JOIN (
              SELECT day_id, count(*) AS tickets, count(DISTINCT number) AS numbers, max(number) AS highest
              FROM queueing_ticket GROUP BY day_id) t ON t.day_id = d.id
            WHERE d.id = ANY(%s)
            """,
            [[day.pk for day in hall.days]],
        )
        wrong = cursor.fetchone()[0]
    report.require(wrong == 0, f"In {wrong} queues a number is missing or given twice.")


def statements_per_issue(scene: Stage, port: int, hall: "Hall") -> tuple[float, float]:
    """How many statements PostgreSQL gets for a number, and how many empty ones that only try the connection."""
    log = scene.cluster.log
    with scene.superuser() as session:
        session.execute("ALTER SYSTEM SET log_statement = 'all'")
        session.execute("SELECT pg_reload_conf()")
        time.sleep(1.0)
        start = log.stat().st_size
        taken = take_numbers(port, hall, seconds=30.0, most=LOOKED_AT // CLIENTS)
        end = log.stat().st_size
        session.execute("ALTER SYSTEM RESET log_statement")
        session.execute("SELECT pg_reload_conf()")
    with Path(log).open("rb") as lines:
        lines.seek(start)
        texts, empty = statements_in(lines.read(end - start).decode("utf-8", "replace"))
    return texts / len(taken.answers), empty / len(taken.answers)


def statements_in(log: str) -> tuple[int, int]:
    """Statements in a server's log, and empty ones beside them.

    >>> statements_in("LOG:  execute <unnamed>: \\nLOG:  execute s1: SELECT 1\\nLOG:  statement: BEGIN\\n")
    (2, 1)
    """
    told = re.findall(r"LOG:  (?:execute [^:]*|statement): ?(.*)", log)
    # A statement of several lines may begin with an empty one; then the next line goes on with it.
    multiline = len(re.findall(r"LOG:  (?:execute [^:]*|statement): ?\n\t", log))
    filled = sum(bool(text.strip()) for text in told) + multiline
    return filled, len(told) - filled
