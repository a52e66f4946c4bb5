"""Calling the next visitor over HTTP while 2,000 wait and sixteen counters ask.

In one queue and in three; one visitor in four has a number in each of them, one in seven has priority. The rows come
by one bulk statement and the tables are never analysed, as after a restore. An officer calls, starts and finishes. At
the brisk pace each rests a moment before each act, so that the hall serves 2,000 people within a minute and a half: a
busy mall's whole day, some three hundred times faster. That pace has the budget. At the frantic pace nobody rests, the
machine is full all the time, and an answer takes what sixteen requests at once cost; it shows the most the machine
gives and tests that nobody is called twice or left behind.
"""

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench import figures
from bench.client import Answer, Customer, drive, request
from bench.figures import Budget, Report, tell
from bench.stage import Stage, stage

if TYPE_CHECKING:
    from bench.hall import Hall

WAITING = 2000
COUNTERS = 16
QUEUES = (1, 3)
BUDGET = Budget("under", 50)  # ms, for 99 of 100 calls
PACES = {"brisk": 0.25, "frantic": 0.0}  # seconds that an officer rests before each act, on average
BUDGETED = "brisk"
AGAIN = 0.005  # seconds until a counter asks again that found nobody: whoever still waits stands at another one now
WARM = 100  # people who are served before the count begins
MINUTES = 15
MOST_OVERTAKEN = COUNTERS  # places that a moment's lock may cost a visitor


@dataclass
class Day:
    """What the officers of one run did together."""

    wanted: int = 0  # people to serve
    calls: list[float] = field(default_factory=list)  # seconds of each answer to "next"
    acts: list[float] = field(default_factory=list)  # seconds of each start and finish
    served: int = 0
    failures: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def is_over(self) -> bool:
        """Everyone was served, or something went wrong."""
        return self.served >= self.wanted or bool(self.failures)


def main(argv: list[str]) -> int:
    """Measure, print, and return 0 when the budget holds."""
    parser = figures.arguments("call", str(__doc__).splitlines()[0], rounds=1)
    chosen = parser.parse_args(argv)
    with stage(minutes=MINUTES) as scene:
        report = measure(scene, rounds=chosen.rounds)
    return report.deliver(as_json=chosen.json)


def measure(scene: Stage, *, rounds: int) -> Report:
    """Empty the queues at both paces, and look afterwards whether everybody was treated right."""
    from bench import hall

    hall.set_morning()
    report = Report("call", rounds, scene.settings())
    days: dict[str, list[Day]] = {}
    with scene.servers() as servers:
        first = hall.make_hall("first", queues=1, counters=COUNTERS)
        hall.fill_with_waiting(first, WARM)
        work(first, servers.pages, pause=0.0, people=WARM)  # fills pools and starts threads
        for number in range(rounds):
            for queues in QUEUES:
                for pace, pause in PACES.items():
                    place = hall.make_hall(f"{pace}-{queues}-{number}", queues=queues, counters=COUNTERS)
                    hall.fill_with_waiting(place, WAITING)
                    day = work(place, servers.pages, pause=pause)
                    days.setdefault(f"{pace}_{queues}_queue{'s' * (queues > 1)}", []).append(day)
                    tell(f"{pace}, queues: {queues}, served: {day.served} in {day.elapsed:.1f} s")
                    for failure in day.failures[:3]:
                        report.require(False, failure)
                        tell(failure)
                    _check(report, place)
    for name, runs in days.items():
        if all(day.calls for day in runs):
            _add(report, name, runs)
    report.add(waiting_count=WAITING, counters_count=COUNTERS)
    return report


def _add(report: Report, name: str, runs: list[Day]) -> None:
    """The figures of one pace; the middle of its runs decides."""
    report.add(**figures.spread(f"call_{name}", [one for day in runs for one in day.calls]))
    p99 = figures.median([figures.percentile(day.calls, 99) for day in runs]) * 1000
    if name.startswith(BUDGETED):
        report.hold(f"call_{name}_p99_ms", p99, BUDGET)
    else:
        report.add(**{f"call_{name}_p99_ms": p99})
    report.add(**{f"served_{name}_per_second": figures.median([day.served / day.elapsed for day in runs])})


def work(place: "Hall", port: int, *, pause: float, people: int = WAITING) -> Day:
    """Sixteen connections, each an officer with a token who rests so many seconds, more or less, before each act."""
    day = Day(wanted=people)
    began = time.perf_counter()
    drive(port, [_officer(day, place, number, pause) for number in range(COUNTERS)])
    day.elapsed = time.perf_counter() - began
    return day


def _officer(day: Day, place: "Hall", number: int, pause: float) -> Customer:
    token, chance = place.officer_tokens[number], random.Random(number)
    mall = f"/api/v1/malls/{place.mall.code}"
    ask = request("POST", f"{mall}/counters/{place.counters[number].number}/call-next", token=token)
    while not day.is_over:
        if pause:
            yield chance.uniform(0.5, 1.5) * pause
        asked = time.perf_counter()
        answer = yield ask
        day.calls.append(time.perf_counter() - asked)
        if answer.status == 204:
            yield AGAIN
            continue
        if not _is_good(day, answer):
            return
        code = answer.facts["code"]
        for act in ("start", "finish"):
            if pause:
                yield chance.uniform(0.5, 1.5) * pause
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
    report.add(most_overtaken_count=max(overtaken, int(report.figures.get("most_overtaken_count", 0))))
