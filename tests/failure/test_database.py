"""The database is killed at work and stays away: numbers that were given stay, and everybody gets a kind answer."""

import http.client
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from pathlib import Path
from uuid import uuid4

import pytest

from tests.running import Run, get, reachable, until

pytestmark = pytest.mark.slow

SERVICES = ("ktp-el-baru", "akta-kelahiran", "pbb-p2", "skck-baru")


HELD_DOWN = 5.0  # seconds that the database is kept from coming back
GIVES_UP = 15.0  # seconds after which a page has long stopped waiting for a connection
PAGES = ("/magetan/", "/magetan/services/ktp-el-baru/number/", "/board/magetan/", "/sign-in/login/", "/mine/")
SENTENCE = {
    "id": "Maaf, sistem belum dapat menjawab saat ini.",
    "en": "Sorry, the system cannot answer at this moment.",
}


def ask(run: Run, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Message, bytes]:
    """Status, headers and body of one answer; 0 when there was none."""
    connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=40)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"Accept-Language": "en", **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, Message(), b""
    finally:
        connection.close()


def take(run: Run, service: str, key: str, once: str) -> tuple[int, Message, bytes]:
    """A number from the kiosk's key, by the name that makes a repeated call find the first result."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency-Key": once}
    return ask(run, "POST", "/api/v1/malls/magetan/tickets", {"service": service}, **headers)


def hold_down(run: Run, is_enough: Callable[[], bool]) -> float:
    """Kill the database, and each one that is started in its place, for a while and until enough was seen."""
    began = time.monotonic()
    while (held := time.monotonic() - began) < HELD_DOWN or (held < GIVES_UP and not is_enough()):
        if pid := run.pid_of("postgres", "-D"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    return held


def test_a_database_that_stays_away_loses_no_number_and_everybody_hears_a_kind_word(tmp_path: Path) -> None:
    run = Run(reachable(tmp_path) / "data")
    try:
        address = run.address()
        token = Run(run.folder, "token", "--device", "kiosk-1")
        assert token.process.wait(60) == 0
        key = token.output.strip().splitlines()[-1]
        given: dict[str, str] = {}
        refused: list[tuple[int, Message, bytes]] = []
        pages: list[tuple[int, Message, bytes]] = []
        over = threading.Event()

        def kiosk(service: str) -> None:
            while not over.is_set():
                once = uuid4().hex
                for _attempt in range(100):
                    status, headers, body = take(run, service, key, once)
                    if status == 201:
                        number = json.loads(body)
                        given[number["code"]] = number["label"]
                        break
                    refused.append((status, headers, body))
                    time.sleep(0.1)

        def reader(path: str, language: str) -> None:
            while not over.is_set():
                pages.append(ask(run, "GET", path, **{"Accept-Language": language}))
                time.sleep(0.05)

        def heard() -> bool:
            return all(any(answer[0] == 503 for answer in answers) for answers in ([*pages], [*refused]))

        work = [threading.Thread(target=kiosk, args=[service]) for service in SERVICES]
        work += [threading.Thread(target=reader, args=[path, language]) for path in PAGES for language in SENTENCE]
        for thread in work:
            thread.start()
        time.sleep(2)
        held = hold_down(run, heard)
        until(lambda: ask(run, "GET", "/magetan/")[0] == 200, 40, lambda: run.output)
        before = len(given)
        until(lambda: len(given) > before + 10, 40, lambda: run.output)
        over.set()
        for thread in work:
            thread.join(60)

        statuses = Counter(status for status, _headers, _page in pages)
        assert set(statuses) == {200, 503}, statuses
        for status, headers, body in pages:
            if status == 503:
                page = body.decode()
                assert any(sentence in page for sentence in SENTENCE.values()), page
                assert headers["X-Request-ID"] in page, page
                assert headers["Retry-After"], headers.items()
        assert {status for status, _headers, _body in refused} == {503}, [body for _s, _h, body in refused]
        for _status, headers, body in refused:
            problem = json.loads(body)
            assert headers["Content-Type"] == "application/problem+json", body
            assert (problem["status"], problem["code"]) == (503, "outage"), body
            assert problem["detail"].startswith(SENTENCE["en"]), body
            assert problem["reference"] == headers["X-Request-ID"], body
        assert len(set(given.values())) == len(given)
        for code, label in given.items():
            status, body = get(address, f"/api/v1/tickets/{code}")
            assert status == 200, f"{label} was acknowledged and is gone"
            assert json.loads(body)["label"] == label
        print(f"{held:.1f} s away: {len(given)} numbers kept, {len(refused)} kind refusals, pages {dict(statuses)}")
    finally:
        run.stop()
