"""Logs as one JSON object a line on standard error: time, level, logger, message, request and the facts of the event.

No query string, no address of a person, no personal data; the code of a ticket or visit is cut to its first group.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from pendapa.base.tracing import request_id

_CODE = re.compile(r"\b([0-9A-HJ-NP-Za-hj-np-z]{4})(?:-[0-9A-HJ-NP-Za-hj-np-z]{4}){3}\b")
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "request", "server_time"}
_ACCESS = ("method", "path", "status", "dt_ms")


class JSON(logging.Formatter):
    """One log record as one line of JSON. Values are escaped by JSON, so nobody can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(self._message(record)),
        }
        if reference := request_id.get():
            line["request_id"] = reference
        for name, value in self._facts(record).items():
            line[name] = value if isinstance(value, int | float | bool) or value is None else masked(str(value))
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)

    def _message(self, record: logging.LogRecord) -> str:
        return record.getMessage()

    def _facts(self, record: logging.LogRecord) -> dict[str, Any]:
        return {name: value for name, value in record.__dict__.items() if name not in _PLAIN}


class AccessJSON(JSON):
    """A line of granian's access log: what was asked for and how it went, never by whom or with which query."""

    def _message(self, record: logging.LogRecord) -> str:
        return "access"

    def _facts(self, record: logging.LogRecord) -> dict[str, Any]:
        asked = record.args if isinstance(record.args, dict) else {}
        return {name: asked[name] for name in _ACCESS if name in asked}


def masked(text: str) -> str:
    """The text with the codes of tickets and visits cut to their first group: who knows the rest owns the ticket."""
    return _CODE.sub(r"\1-…", text)


def configuration(level: str) -> dict[str, Any]:
    """The logging set-up of every process, as `logging.config.dictConfig` takes it."""
    to_lines = {"handlers": ["lines"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "pendapa.server.logs.JSON"},
            "access": {"()": "pendapa.server.logs.AccessJSON"},
        },
        "handlers": {
            "lines": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"},
            "access": {"class": "logging.StreamHandler", "formatter": "access", "stream": "ext://sys.stderr"},
        },
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {
            "pendapa": to_lines,
            "django": {**to_lines, "level": "WARNING"},
            # Refused and unknown addresses are ordinary; `pendapa.request` has a line for each.
            "django.request": {**to_lines, "level": "ERROR"},
            "django.security": {**to_lines, "level": "ERROR"},
            "procrastinate": {**to_lines, "level": "WARNING"},
            "_granian": {**to_lines, "level": "WARNING"},
            "granian.access": {"handlers": ["access"], "level": level, "propagate": False},
        },
    }
