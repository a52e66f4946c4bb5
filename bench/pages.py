"""How fast the page of a service is shown again and again, and how heavy it is the first time.

One pages worker as `serve` runs it, the demo's catalogue, eight browsers that keep their connection and read gzip. The
page was drawn before (warm): what is measured is the whole way of a request, with the one statement that asks whether
the page still holds. Then the same for browsers that have the page already and are told so (304), for the mall's front
page and for a search, which is never kept. The weight is that of a first visit with nothing in the browser: the page
and all it loads by itself, headers included, as it goes over the wire.
"""

import gzip
import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from bench import figures
from bench.client import Answer, Customer, drive
from bench.figures import Budget, Report, tell
from bench.stage import Stage, stage

BROWSERS = 8
SPEED = Budget("at least", 1000)  # pages in a second, of one process
WEIGHT = Budget("under", 150)  # KB
OTHERS = Budget("under", 1)  # hosts beside our own
MINUTES = 8
SERVICE = "/magetan/services/akta-kelahiran-terlambat/"
FRONT = "/magetan/"
SEARCH = "/magetan/?q=akta+lahir+telat"
_LOADED = re.compile(  # what a page asks for without anybody's doing
    r'<link[^>]+rel="(?:stylesheet|icon|preload)"[^>]*>|<script[^>]+src="[^"]+"|<use href="[^"]+"'
    r'|hx-get="[^"]+"[^>]*hx-trigger="load'
)
_ADDRESS = re.compile(r'(?:href|src|hx-get)="([^"#]+)')


@dataclass
class Seen:
    """What browsers got: durations in seconds, and how many answers had the status that was expected."""

    seconds: list[float] = field(default_factory=list)
    right: int = 0
    elapsed: float = 0.0

    @property
    def per_second(self) -> float:
        return self.right / self.elapsed


def main(argv: list[str]) -> int:
    """Measure, print, and return 0 when the budgets hold."""
    parser = figures.arguments("pages", str(__doc__).splitlines()[0], rounds=3, seconds=5.0)
    chosen = parser.parse_args(argv)
    with stage(minutes=MINUTES) as scene:
        report = measure(scene, rounds=chosen.rounds, seconds=chosen.seconds)
    return report.deliver(as_json=chosen.json)


def measure(scene: Stage, *, rounds: int, seconds: float) -> Report:
    """Load the demo's catalogue, then look at its pages in turns."""
    from pendapa.base import clock
    from pendapa.server.demo import mall

    tell("loading the demo's catalogue ...")
    mall.load(at=clock.now())
    report = Report("pages", rounds, scene.settings())
    runs: dict[str, list[Seen]] = {name: [] for name in ("service", "known", "front", "search")}
    with scene.servers(workers=1) as servers:
        tag = _head(servers.pages, SERVICE)["etag"]
        report.require(bool(tag), "The page of a service has no tag.")
        for path in (SERVICE, FRONT, SEARCH):
            look(servers.pages, path, seconds=0.5)
        for number in range(rounds):
            tell(f"round {number + 1} of {rounds} ...")
            runs["service"].append(look(servers.pages, SERVICE, seconds=seconds))
            runs["known"].append(look(servers.pages, SERVICE, seconds=seconds, tag=tag, status=304))
            runs["front"].append(look(servers.pages, FRONT, seconds=seconds))
            runs["search"].append(look(servers.pages, SEARCH, seconds=seconds))
        first = {name: weigh(servers.pages, path) for name, path in (("service", SERVICE), ("front", FRONT))}
    rates = {name: figures.median([run.per_second for run in many]) for name, many in runs.items()}
    report.hold("service_page_per_second", rates["service"], SPEED)
    report.add(
        not_modified_per_second=rates["known"], front_page_per_second=rates["front"], search_per_second=rates["search"]
    )
    for name, many in runs.items():
        report.add(**figures.spread(name, [duration for run in many for duration in run.seconds], (50, 95)))
        answered = sum(len(run.seconds) for run in many)
        report.require(answered == sum(run.right for run in many), f"Some answers of {name} had another status.")
    for name, parts in first.items():
        report.hold(f"{name}_page_cold_kb", sum(parts.values()) / 1000, WEIGHT)
        report.add(**{f"{name}_page_parts_count": len(parts)})
        others = {urlsplit(part).netloc for part in parts} - {f"127.0.0.1:{servers.pages}"}
        report.hold(f"{name}_page_other_hosts_count", len(others), OTHERS)
    return report


def look(port: int, path: str, *, seconds: float, tag: str = "", status: int = 200) -> Seen:
    """Let the browsers ask for a page for so long."""
    sent = _request(path, tag)
    seen = Seen()
    began = time.perf_counter()

    def browser() -> Customer:
        while time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            answer: Answer = yield sent
            seen.seconds.append(time.perf_counter() - asked)
            seen.right += answer.status == status

    drive(port, [browser() for _browser in range(BROWSERS)])
    seen.elapsed = time.perf_counter() - began
    return seen


def weigh(port: int, path: str) -> dict[str, int]:
    """Bytes over the wire by address: a page and what it loads by itself."""
    root = f"http://127.0.0.1:{port}"
    page, weight = _fetch(port, path)
    parts = {urljoin(root, path): weight}
    for tagged in _LOADED.findall(page):
        for address in _ADDRESS.findall(tagged):
            whole = urljoin(root, address)
            if whole not in parts:
                own = urlsplit(whole).netloc == urlsplit(root).netloc
                parts[whole] = _fetch(port, urlsplit(whole).path)[1] if own else 0
    return parts


def _request(path: str, tag: str) -> bytes:
    known = f"If-None-Match: {tag}\r\n" if tag else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip, br\r\nAccept-Language: id\r\n{known}\r\n"
    ).encode()


def _head(port: int, path: str) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "GET", path, headers={"Host": "127.0.0.1", "Accept-Encoding": "gzip, br", "Accept-Language": "id"}
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return {name.lower(): value for name, value in answer.getheaders()}


def _fetch(port: int, path: str) -> tuple[str, int]:
    """What a browser reads of an address, and what went over the wire for it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", "Accept-Language": "id"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 19
    plain = gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body
    return plain.decode("utf-8", "replace"), head + len(body)
