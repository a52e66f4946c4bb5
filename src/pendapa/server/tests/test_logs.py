import json
import logging
from typing import Any

from pendapa.base.tracing import request_id
from pendapa.server import logs


def line(record: logging.LogRecord, formatter: logging.Formatter | None = None) -> dict[str, Any]:
    text = (formatter or logs.JSON()).format(record)
    assert "\n" not in text
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def record(message: str, **extra: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "pendapa.hall", "levelname": "INFO", "msg": message, **extra})


def test_a_line_carries_its_request_and_its_facts() -> None:
    token = request_id.set("K7Q2-F")
    try:
        written = line(record("ticket issued", queue=3))
    finally:
        request_id.reset(token)
    assert {**written, "time": ""} == {
        "time": "",
        "level": "INFO",
        "logger": "pendapa.hall",
        "message": "ticket issued",
        "request_id": "K7Q2-F",
        "queue": 3,
    }


def test_nobody_can_forge_a_line() -> None:
    assert line(record('a\n{"level": "ERROR"}'))["message"] == 'a\n{"level": "ERROR"}'


def test_the_code_of_a_ticket_is_cut() -> None:
    assert line(record("GET /t/K7Q2-F8MN-2345-ABCD", path="/t/k7q2-f8mn-2345-abcd"))["message"] == "GET /t/K7Q2-…"
    assert "f8mn" not in json.dumps(line(record("x", path="/t/k7q2-f8mn-2345-abcd")))


def test_an_exception_is_one_line_too() -> None:
    try:
        raise ValueError("K7Q2-F8MN-2345-ABCD")
    except ValueError as error:
        written = line(record("failed", exc_info=(type(error), error, error.__traceback__)))
    assert "ValueError: K7Q2-…" in written["exception"]


def test_the_access_log_has_no_query_and_no_address() -> None:
    arguments = {
        "addr": "10.1.2.3",
        "method": "GET",
        "path": "/live/tickets/K7Q2-F8MN-2345-ABCD",
        "query_string": "name=Siti",
        "status": 200,
        "dt_ms": 1.5,
    }
    written = line(record("%(addr)s", args=arguments), logs.AccessJSON())
    assert written["path"] == "/live/tickets/K7Q2-…"
    assert written["status"] == 200
    assert "10.1.2.3" not in json.dumps(written)
    assert "Siti" not in json.dumps(written)
