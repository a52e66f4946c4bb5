"""From a call's HTTP answer to the number painted on the board in Chromium, with 200 streams open.

Eight counters call in turn, at uneven moments, over HTTP. Twenty of the streams are other boards, the others are
visitors' phones that follow their numbers. The board tells by itself when it has painted a number: the moment after
the frame in which the text stood there. Both moments are of this machine's one clock.
"""

import random
import time
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

from bench import figures
from bench.client import ask, request
from bench.figures import Budget, Report, tell
from bench.listeners import Listeners
from bench.servers import Servers
from bench.stage import Stage, stage
from pendapa.server.problems import Problem

if TYPE_CHECKING:
    from bench.hall import Hall

STREAMS, BOARDS = 200, 20
WAITING = 400
QUEUES, COUNTERS = 5, 8
CALLS = 120
BUDGET = Budget("under", 700)  # ms, for 95 of 100 calls
PAUSE = (0.15, 0.65)  # seconds between two calls, so that they fall anywhere between two readings of the journal
LATE = 5.0  # seconds after which a number counts as never painted
CHROMIUM = "/usr/bin/chromium"
MINUTES = 6

# A frame is painted between its animation callbacks and the next task.
WATCH = """
window.painted = {};
const look = () => {
  const news = [...document.querySelectorAll(".pd-call--called .pd-call__label")]
    .map((label) => label.textContent).filter((text) => text && !(text in window.painted));
  if (news.length === 0) return;
  for (const text of news) window.painted[text] = null;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      for (const text of news) window.painted[text] = performance.timeOrigin + performance.now();
    };
    channel.port2.postMessage(0);
  });
};
new MutationObserver(look).observe(document, {
  subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class"],
});
"""


@dataclass
class Calls:
    """The calls of one run: when each number's answer was there, in seconds since the epoch."""

    answered: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)  # that each answer took


def main(argv: list[str]) -> int:
    """Measure, print, and return 0 when the budget holds."""
    parser = figures.arguments("board", str(__doc__).splitlines()[0], rounds=1)
    chosen = parser.parse_args(argv)
    with stage(minutes=MINUTES) as scene:
        report = measure(scene, rounds=chosen.rounds)
    return report.deliver(as_json=chosen.json)


def measure(scene: Stage, *, rounds: int) -> Report:
    """Open the streams and a board, call people, and ask the board when it painted their numbers."""
    from bench import hall

    hall.set_morning()
    report = Report("board", rounds, scene.settings())
    delays: list[float] = []
    calls = Calls()
    with scene.servers() as servers:
        for number in range(rounds):
            place = hall.make_hall(f"papan-{number}", queues=QUEUES, counters=COUNTERS)
            hall.fill_with_waiting(place, WAITING)
            paths = [f"/live/malls/{place.mall.code}/board"] * BOARDS
            paths += [f"/live/tickets/{code}" for code in hall.codes_of(place, STREAMS - BOARDS)]
            with Listeners(servers.live) as listeners:
                listeners.open(paths)
                delays += watch(servers, place, calls, report)
                report.require(
                    listeners.count == STREAMS, f"{listeners.count} of {STREAMS} streams were open to the end."
                )
    if delays:
        report.add(**figures.spread("painted", delays))
        report.hold("painted_p95_ms", figures.percentile(delays, 95) * 1000, BUDGET)
        report.add(**figures.spread("call_answer", calls.seconds, (50, 95)))
    report.add(streams_count=STREAMS, calls_count=len(calls.answered), painted_count=len(delays))
    return report


def watch(servers: Servers, place: "Hall", calls: Calls, report: Report) -> list[float]:
    """The seconds from answer to paint of each call that a board in Chromium saw."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        except Error as missing:
            raise Problem(
                f"Measuring the board needs Chromium at {CHROMIUM}; on Debian: apt install chromium."
            ) from missing
        try:
            page = browser.new_page(viewport={"width": 1920, "height": 1080}, locale="id-ID")
            page.add_init_script(WATCH)
            page.goto(f"http://127.0.0.1:{servers.pages}/board/{place.mall.code}/")
            page.wait_for_selector("html[data-live=live]", timeout=15_000)
            answered = call(servers.pages, place)
            calls.seconds += [seconds for _at, seconds in answered.values()]
            calls.answered.update({label: at for label, (at, _seconds) in answered.items()})
            painted = _painted(page, list(answered))
        finally:
            browser.close()
    never = sorted(label for label in answered if painted.get(label) is None)
    report.require(not never, f"{len(never)} numbers were never painted: {', '.join(never[:5])}.")
    tell(f"{len(answered) - len(never)} of {len(answered)} calls were painted")
    # The stream may be faster than the answer; then the visitor waits for nothing.
    return [max(painted[label] - at, 0) for label, (at, _s) in answered.items() if painted.get(label) is not None]


def _painted(page: Any, labels: list[str]) -> dict[str, float]:
    """When the board painted each number, in seconds since the epoch; those that it never did are missing."""
    until = time.monotonic() + LATE
    while True:
        told: dict[str, float | None] = page.evaluate("window.painted")
        painted = {label: moment / 1000 for label, moment in told.items() if moment is not None}
        if all(label in painted for label in labels) or time.monotonic() > until:
            return painted
        time.sleep(0.2)


def call(port: int, place: "Hall") -> dict[str, tuple[float, float]]:
    """Let the counters call one after the other; of each number, when its answer came and how long it took.

    Whoever was called before at a counter is served just before its next call, so each number stays called for the
    time of a whole round.
    """
    chance = random.Random(len(place.queues))
    mall = f"/api/v1/malls/{place.mall.code}"
    answered: dict[str, tuple[float, float]] = {}
    here: dict[int, str] = {}
    for number in cycle(range(COUNTERS)):
        if len(answered) == CALLS:
            return answered
        token = place.officer_tokens[number]
        for act in ("start", "finish") if number in here else ():
            _sent(port, request("POST", f"{mall}/tickets/{here[number]}/{act}", token=token))
        time.sleep(chance.uniform(*PAUSE))
        asked = time.time()
        facts = _sent(port, request("POST", f"{mall}/counters/{place.counters[number].number}/call-next", token=token))
        answered[facts["label"]] = (time.time(), time.time() - asked)
        here[number] = facts["code"]
    return answered


def _sent(port: int, sent: bytes) -> dict[str, Any]:
    answer = ask(port, sent)
    if answer.status != 200:
        raise Problem(f"A counter was answered {answer.status}: {answer.body[:200]!r}")
    return answer.facts
