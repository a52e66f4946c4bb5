"""What is written for a whole catalogue at once, or counted in one step."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from pendapa.base.journal.rules import Actor, actor

TOUCH = """
INSERT INTO catalogue_cataloguerevision AS r (mall_id, number) VALUES (%s, 1)
ON CONFLICT (mall_id) DO UPDATE SET number = r.number + 1
"""
RECORD = """
INSERT INTO journal_entry (at, mall, actor, verb, subject, data)
SELECT %s, %s, %s, verb, subject, data::jsonb
FROM unnest(%s::text[], %s::text[], %s::text[]) AS entry (verb, subject, data)
"""


def touch(mall: int) -> None:
    """Count that the public sees something else of a mall's catalogue. Locks the count until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCH, [mall])


def record_many(
    entries: Iterable[tuple[str, str, Mapping[str, Any]]], *, mall: int, by: Actor | str, at: datetime
) -> None:
    """Write journal entries (verb, subject, data) as `journal.record` does, all in one statement."""
    rows = [(verb, subject, json.dumps(data)) for verb, subject, data in entries]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(RECORD, [at, mall, actor(by), *(list(column) for column in zip(*rows, strict=True))])
