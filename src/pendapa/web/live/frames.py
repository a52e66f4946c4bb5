"""Events of a stream as bytes: the whole state first, then what changed, and a sign of life in between."""

import json
from collections.abc import Mapping
from typing import Any

Fields = dict[str, str]
"""A state by its top-level keys, each value already written as JSON: compared, kept and sent in one form."""

SILENT = b": still here\n\n"
"""A comment: it keeps proxies from closing the stream and finds out who has left, but tells a screen nothing."""


def fields_of(state: Mapping[str, Any]) -> Fields:
    """The state as `Fields`. Two equal values have the same text, since they are built in the same order."""
    return {key: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for key, value in state.items()}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> Fields:
    """The fields that a screen showing `before` must replace to show `after`; one that went away becomes null."""
    fields = {key: text for key, text in after.items() if before.get(key) != text}
    fields.update((key, "null") for key in before if key not in after)
    return fields


def event(kind: str, fields: Mapping[str, str], *, now: str, mark: str = "") -> bytes:
    """One server-sent event. `now` is the installation's time (ISO, with offset), `mark` the id to continue from."""
    parts = [f'"now":"{now}"', *(f"{json.dumps(key)}:{text}" for key, text in fields.items())]
    head = f"id: {mark}\n" if mark else ""
    return f"event: {kind}\n{head}data: {{{','.join(parts)}}}\n\n".encode()
