"""The journal entry of an act."""

import json
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model

from pendapa.base.journal.models import name_of
from pendapa.base.journal.rules import VERB, Actor, actor


class OutsideTransaction(RuntimeError):
    """An entry was to be written outside the transaction of its act: it could then tell of an act that never was."""


def record(
    *, verb: str, subject: Model | str, by: Actor | str | None, at: datetime, mall: int | None = None, **data: Any
) -> None:
    """Write down that `by` did `verb` to `subject` at the mall's moment `at`, in the transaction of the act.

    `mall` is an id; left out, it is the subject's own `mall_id` if it has one. `data` is written as JSON: ids and
    figures, never personal data.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{verb} is recorded in the transaction of its act")
    if not VERB.fullmatch(verb):
        raise ValueError(f"{verb!r} is not a verb like 'ticket.issued'")
    if mall is None:
        mall = getattr(subject, "mall_id", None)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_entry (at, mall, actor, verb, subject, data) VALUES (%s, %s, %s, %s, %s, %s::jsonb)",
            [at, mall, actor(by), verb, name_of(subject), json.dumps(data, cls=DjangoJSONEncoder)],
        )
