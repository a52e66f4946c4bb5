"""Calling the next visitor while 2,000 wait and sixteen counters press the key as fast as they are answered.

In one queue and in three; one visitor in four has a number in each of them, one in seven has priority. The rows come
by one bulk statement and the tables are never analysed, as after a restore. Once through the actions, by threads with
connections of their own, and once over HTTP. An officer calls, starts and finishes without a pause, so the machine is
full all the time: real counters ask a hundred times less often.
"""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench import figures
from bench.client import Answer, Customer, drive, request
from bench.figures import Report, tell
from bench.stage import Stage, stage

if TYPE_CHECKING:
    from bench.hall import Hall
    from pendapa.directory.accounts.models import User
    from pendapa.directory.malls.models import Counter

WAITING = 2000
COUNTERS = 16
QUEUES = (1, 3)
BUDGET = 0.050  # seconds, for 99 of 100 calls
MOST_OVERTAKEN = COUNTERS  # places that a moment's lock may cost a visitor


@dataclass
class Day:
    """What the officers of one run did together."""

    calls: list[float] = field(default_factory=list)  # seconds of each answer to "next"
    acts: list[float] = field(default_factory=list)  # seconds of each start and finish
    served: int = 0
    failures: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def is_over(self) -> bool:
        """Everyone was served, or something went wrong."""
        return self.served >= WAITING or bool(self.failures)


def main(argv: list[str]) -> int:
    """Measure, print, and return 0 when the budget holds."""
    parser = figures.arguments("call", str(__doc__).splitlines()[0], rounds=1)
    chosen = parser.parse_args(argv)
    with stage(pool=COUNTERS + 4) as scene:
        report = measure(scene, rounds=chosen.rounds)
    return report.deliver(as_json=chosen.json)


def measure(scene: Stage, *, rounds: int) -> Report:
    """Empty the queues in both ways, and look afterwards whether everybody was treated right."""
    from bench import hall

    hall.set_morning()
    report = Report("call", rounds, scene.settings())
    days: dict[str, list[Day]] = {}
    with scene.servers() as servers:
        ways: dict[str, Callable[[Hall], Day]] = {
            "actions": through_actions,
            "http": lambda place: over_http(place, servers.pages),
        }
        for number in range(rounds):
            for queues in QUEUES:
                for way, work in ways.items():
                    place = hall.make_hall(f"{way}-{queues}-{number}", queues=queues, counters=COUNTERS)
                    hall.fill_with_waiting(place, WAITING)
                    day = work(place)
                    days.setdefault(f"{way}_{queues}_queue{'s' * (queues > 1)}", []).append(day)
                    tell(f"{way}, {queues} queues: {day.served} served in {day.elapsed:.1f} s, {len(day.calls)} calls")
                    for failure in day.failures[:3]:
                        report.require(False, failure)
                    _check(report, place)
    for name, runs in days.items():
        _add(report, name, runs)
    report.add(waiting_count=WAITING, counters=COUNTERS)
    return report


def _add(report: Report, name: str, runs: list[Day]) -> None:
    """The figures of one way of working; the middle of its runs decides."""
    calls = [figures.percentile(day.calls, 99) for day in runs]
    report.add(**figures.spread(f"call_{name}", [one for day in runs for one in day.calls]))
    report.add(**{f"served_{name}_per_second": figures.median([day.served / day.elapsed for day in runs])})
    p99 = figures.median(calls)
    report.require(p99 < BUDGET, f"{name}: 99 of 100 calls take up to {p99 * 1000:.0f} ms, the budget is 50 ms.")


def through_actions(place: "Hall") -> Day:
    """Sixteen threads, each an officer with a database connection of their own."""
    day = Day()
    barrier = threading.Barrier(COUNTERS)
    officers = [
        threading.Thread(target=_officer, args=(day, barrier, counter, officer))
        for counter, officer in zip(place.counters, place.officers, strict=True)
    ]
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # sixteen officers share one interpreter here; in production they do not
    began = time.perf_counter()
    for officer in officers:
        officer.start()
    for officer in officers:
        officer.join()
    day.elapsed = time.perf_counter() - began
    sys.setswitchinterval(before)
    return day


def _officer(day: Day, barrier: threading.Barrier, counter: "Counter", officer: "User") -> None:
    from django.db import connection

    from pendapa.base import clock
    from pendapa.operations.queueing import actions

    try:
        clock.now()  # connects
        barrier.wait()
        while not day.is_over:
            at = clock.now()
            asked = time.perf_counter()
            ticket = actions.call_next(counter=counter, by=officer, at=at)
            day.calls.append(time.perf_counter() - asked)
            if ticket is None:
                time.sleep(0.005)  # whoever still waits stands at another counter now
                continue
            for act in (actions.start, actions.finish):
                at = clock.now()
                asked = time.perf_counter()
                act(ticket=ticket, by=officer, at=at)
                day.acts.append(time.perf_counter() - asked)
            day.served += 1
    except Exception as failure:  # an officer who fails must not leave the others waiting for ever
        day.failures.append(f"{type(failure).__name__}: {failure}")
    finally:
        connection.close()


def over_http(place: "Hall", port: int) -> Day:
    """Sixteen connections, each an officer with a token."""
    day = Day()
    began = time.perf_counter()
    drive(port, [_browser(day, place, n) for n in range(COUNTERS)])
    day.elapsed = time.perf_counter() - began
    return day


def _browser(day: Day, place: "Hall", number: int) -> Customer:
    token = place.officer_tokens[number]
    mall = f"/api/v1/malls/{place.mall.code}"
    ask = request("POST", f"{mall}/counters/{place.counters[number].number}/call-next", token=token)
    while not day.is_over:
        asked = time.perf_counter()
        answer = yield ask
        day.calls.append(time.perf_counter() - asked)
        if answer.status == 204:
            continue
        if not _is_good(day, answer):
            return
        code = answer.facts["code"]
        for act in ("start", "finish"):
            asked = time.perf_counter()
            if not _is_good(day, (yield request("POST", f"{mall}/tickets/{code}/{act}", token=token))):
                return
            day.acts.append(time.perf_counter() - asked)
        day.served += 1


def _is_good(day: Day, answer: Answer) -> bool:
    if answer.status != 200:
        day.failures.append(f"A counter was answered {answer.status}: {answer.body[:200]!r}")
    return answer.status == 200


# Who was called twice; who stood at two places at once; who is left; how many later comers of the same queue and kind
# were called before somebody who was free all the time; calls of two priority visitors in a row while others waited.
TREATMENT = """
WITH t AS (
  SELECT t.*, count(*) OVER (PARTITION BY t.visit_id) AS numbers FROM queueing_ticket t WHERE t.day_id = ANY(%(days)s)
), calls AS (
  SELECT subject, count(*) AS times FROM journal_entry WHERE verb = 'ticket.called' AND mall = %(mall)s GROUP BY subject
), in_order AS (
  SELECT t.*, lag(priority) OVER (PARTITION BY day_id ORDER BY called_at) AS former FROM t
)
SELECT
  (SELECT count(*) FROM calls WHERE times > 1),
  (SELECT count(*) FROM t a JOIN t b ON b.id > a.id AND (b.visit_id = a.visit_id OR b.counter_id = a.counter_id)
     AND tstzrange(a.called_at, a.ended_at) && tstzrange(b.called_at, b.ended_at)),
  (SELECT count(*) FROM t WHERE state <> 'served'),
  (SELECT coalesce(max(places), 0) FROM (
     SELECT count(*) AS places FROM t a JOIN t b ON b.day_id = a.day_id AND b.priority = a.priority
       AND b.due_at > a.due_at AND b.called_at < a.called_at
     WHERE a.numbers = 1 GROUP BY a.id) overtaken),
  (SELECT count(*) FROM in_order p WHERE priority AND former AND EXISTS (
     SELECT FROM t o WHERE o.day_id = p.day_id AND NOT o.priority AND o.numbers = 1
       AND o.called_at > p.called_at + interval '1 second'))
"""


def _check(report: Report, place: "Hall") -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(TREATMENT, {"days": [day.pk for day in place.days], "mall": place.mall.pk})
        twice, two_places, left, overtaken, priority_pairs = cursor.fetchone()
    name = place.mall.code
    report.require(twice == 0, f"{name}: {twice} numbers were called twice.")
    report.require(two_places == 0, f"{name}: {two_places} times a visitor or a counter was in two places.")
    report.require(left == 0, f"{name}: {left} people were left behind.")
    report.require(overtaken <= MOST_OVERTAKEN, f"{name}: somebody was overtaken by {overtaken} later comers.")
    report.require(priority_pairs == 0, f"{name}: {priority_pairs} times priority was called twice in a row.")
    report.add(most_overtaken_places=max(overtaken, int(report.figures.get("most_overtaken_places", 0))))
