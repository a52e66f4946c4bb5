"""Years of a mall's past: days, visits, numbers and their journal, written in batches of whole days."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg import sql

from bench.hall import Hall
from pendapa.base.journal.rules import months_from, partition_of
from pendapa.operations.queueing import queries

PER_QUEUE = 250  # numbers of a queue on one past day
DAYS_AT_ONCE = 10
TABLES = (
    "queueing_queueday",
    "queueing_turn",
    "queueing_visit",
    "queueing_ticket",
    "queueing_issuekey",
    "journal_entry",
)

# Everybody came in the morning, one a minute, was called and served at one of the counters; one in twenty did not come.
DAYS = """
CREATE TEMP TABLE past_day AS
WITH made AS (
  INSERT INTO queueing_queueday (queue_id, date, opens_at, closes_at, numbers_from, numbers_until, last_number,
                                 last_issued_at, closed_at)
  SELECT queue, day::date, day + interval '1 hour', day + interval '9 hours', day + interval '1 hour',
         day + interval '9 hours', %(numbers)s, day + interval '8 hours', day + interval '10 hours'
  FROM unnest(%(queues)s::bigint[]) queue, generate_series(%(first)s::date, %(last)s::date, '1 day') day
  RETURNING id, queue_id, date
)
SELECT id, queue_id, date, array_position(%(queues)s::bigint[], queue_id) AS place FROM made
"""
NUMBERS = """
CREATE TEMP TABLE past_number AS
SELECT nextval('queueing_visit_id_seq') AS visit_id, nextval('queueing_ticket_id_seq') AS id,
       left(gen_random_uuid()::text, 19) AS visit_code, left(gen_random_uuid()::text, 19) AS code,
       d.id AS day_id, d.queue_id, d.date, d.place, number,
       chr(64 + d.place) || '-' || lpad(number::text, 3, '0') AS label,
       (d.date + interval '1 hour' + number * interval '1 minute') AT TIME ZONE 'UTC' AS issued_at,
       (%(counters)s::bigint[])[1 + number %% cardinality(%(counters)s::bigint[])] AS counter_id,
       number %% 20 = 0 AS missed
FROM past_day d, generate_series(1, %(numbers)s) number
"""
FILLING = (
    "INSERT INTO queueing_turn (day_id, last_was_priority) SELECT id, false FROM past_day",
    """
    INSERT INTO queueing_visit (id, code, mall_id, date, caller, created_at, present_at, ended_at)
    SELECT visit_id, visit_code, %(mall)s, date, '', issued_at, issued_at, issued_at + interval '40 minutes'
    FROM past_number
    """,
    """
    INSERT INTO queueing_ticket (id, code, visit_id, day_id, service_id, number, label, channel, state, priority,
                                 priority_reason, issued_at, due_at, called_at, last_called_at, calls, started_at,
                                 ended_at, counter_id, officer_id, last_act, last_act_at, last_act_by)
    SELECT id, code, visit_id, day_id, (%(services)s::bigint[])[place], number, label, 'kiosk',
           CASE WHEN missed THEN 'no_show' ELSE 'served' END, number %% 7 = 0, %(reason)s, issued_at, issued_at,
           issued_at + interval '20 minutes', issued_at + interval '20 minutes', 1,
           CASE WHEN missed THEN NULL ELSE issued_at + interval '21 minutes' END, issued_at + interval '30 minutes',
           counter_id, %(officer)s, CASE WHEN missed THEN 'no_show' ELSE 'finish' END,
           issued_at + interval '30 minutes', 'user:' || %(officer)s
    FROM past_number
    """,
    """
    INSERT INTO journal_entry (written_at, at, mall, actor, verb, subject, data)
    SELECT issued_at, issued_at, %(mall)s, 'device:1', 'ticket.issued', 'ticket:' || id,
           jsonb_build_object('label', label, 'queue', queue_id, 'channel', 'kiosk', 'state', 'waiting',
                              'priority', false)
    FROM past_number
    """,
    """
    INSERT INTO journal_entry (written_at, at, mall, actor, verb, subject, data)
    SELECT issued_at + interval '30 minutes', issued_at + interval '30 minutes', %(mall)s, 'user:' || %(officer)s,
           CASE WHEN missed THEN 'ticket.missed' ELSE 'ticket.served' END, 'ticket:' || id,
           jsonb_build_object('label', label, 'queue', queue_id, 'counter', counter_id)
    FROM past_number
    """,
    "DROP TABLE past_number, past_day",
)


def days_for(tickets: int, queues: int) -> int:
    """How many past days hold so many numbers.

    >>> days_for(10_000, queues=20), days_for(10_001, queues=20)
    (2, 3)
    """
    return -(-tickets // (queues * PER_QUEUE))


def fill(session: psycopg.Connection, hall: Hall, *, days: range, tell: Callable[[str], None]) -> None:
    """Write the past of a hall for so many days before today, by a superuser's session of its database.

    References are not looked up row by row, and nothing is waited for on the disk: the session's own settings.
    """
    session.execute("SET session_replication_role = replica")
    session.execute("SET synchronous_commit = off")
    today = hall.days[0].date
    _make_months(session, today - timedelta(days=days.stop), today)
    facts: dict[str, Any] = {
        "mall": hall.mall.pk,
        "queues": [queue.pk for queue in hall.queues],
        "services": [service.pk for service in hall.services],
        "counters": [counter.pk for counter in hall.counters],
        "officer": hall.officers[0].pk,
        "reason": queries.sealed_reason(""),
        "numbers": PER_QUEUE,
    }
    written = 0
    for start in range(days.start, days.stop, DAYS_AT_ONCE):
        stop = min(start + DAYS_AT_ONCE, days.stop)
        facts |= {"first": today - timedelta(days=stop), "last": today - timedelta(days=start + 1)}
        with session.transaction():
            for statement in (DAYS, NUMBERS, *FILLING):
                psycopg.ClientCursor(session).execute(statement, facts)
        written += (stop - start) * len(hall.queues) * PER_QUEUE
        if written % 250_000 < DAYS_AT_ONCE * len(hall.queues) * PER_QUEUE:
            tell(f"{written:,} past numbers written")


def tidy(session: psycopg.Connection) -> None:
    """What autovacuum and the checkpointer have done long ago in an installation of that age."""
    for table in TABLES:
        session.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))
    session.execute("CHECKPOINT")


def _make_months(session: psycopg.Connection, first: date, last: date) -> None:
    """The journal's partitions of past months, as they were made ahead in their time."""
    month = date(first.year, first.month, 1)
    while month <= last:
        begin, after = months_from(month, 1)
        session.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF journal_entry FOR VALUES FROM ({}) TO ({})").format(
                sql.Identifier(partition_of(month)), sql.Literal(f"{begin} 00:00+00"), sql.Literal(f"{after} 00:00+00")
            )
        )
        month = after
