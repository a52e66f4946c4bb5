"""The database is killed in the middle of work: numbers that were given stay, and everybody gets a kind answer."""

import http.client
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.running import Run, get, reachable, until

pytestmark = pytest.mark.slow

SERVICES = ("ktp-el-baru", "akta-kelahiran", "pbb-p2", "skck-baru")


def post(run: Run, path: str, body: object, key: str, idempotency: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=20)
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": idempotency,
        "Accept-Language": "en",
    }
    try:
        connection.request("POST", f"/api/v1/malls/magetan{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        connection.close()


def test_a_killed_database_loses_no_number_and_pages_say_a_kind_word(tmp_path: Path) -> None:
    run = Run(reachable(tmp_path) / "data")
    try:
        address = run.address()
        token = Run(run.folder, "token", "--device", "kiosk-1")
        assert token.process.wait(60) == 0
        key = token.output.strip().splitlines()[-1]
        given: dict[str, str] = {}
        refusals: list[tuple[int, Any]] = []
        over = threading.Event()

        def kiosk(service: str) -> None:
            while not over.is_set():
                once = uuid4().hex
                for _attempt in range(100):
                    status, answer = post(run, "/tickets", {"service": service}, key, once)
                    if status == 201:
                        given[answer["code"]] = answer["label"]
                        break
                    refusals.append((status, answer))
                    time.sleep(0.1)

        kiosks = [threading.Thread(target=kiosk, args=[service]) for service in SERVICES]
        for thread in kiosks:
            thread.start()
        time.sleep(2)
        pages: list[tuple[int, bytes]] = []
        for _time in range(2):
            os.kill(run.pid_of("postgres", "-D"), signal.SIGKILL)
            ends = time.monotonic() + 3
            while time.monotonic() < ends:
                pages.append(get(address, "/magetan/", timeout=20))
                time.sleep(0.1)
        until(lambda: get(address, "/magetan/")[0] == 200, 20, lambda: run.output)
        before = len(given)
        until(lambda: len(given) > before + 10, 20)
        over.set()
        for thread in kiosks:
            thread.join(60)

        statuses = {status for status, _page in pages}
        assert statuses <= {200, 500, 503}, statuses
        assert all(b"pd-code" in page for status, page in pages if status >= 500), "an error page without its code"
        for status, answer in refusals:
            assert status in {0, 503}, (status, answer)
            assert answer is None or answer["detail"].startswith("Sorry, the system cannot answer at this moment.")
        assert len(set(given.values())) == len(given)
        for code, label in given.items():
            status, page = get(address, f"/api/v1/tickets/{code}")
            assert status == 200, f"{label} was acknowledged and is gone"
            assert json.loads(page)["label"] == label
        print(f"{len(given)} numbers kept, {len(refusals)} kind refusals, pages {sorted(statuses)}")
    finally:
        run.stop()
