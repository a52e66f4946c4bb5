"""The hot acts, each one statement: it checks, writes rows and journal, and answers, on database time.

Both run in autocommit. A unique constraint stands behind each promise (`models.Ticket.Meta`); the race
tests run each statement also without one of its clauses and see it fail there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

from pendapa.operations.queueing.rules import HEAD_START

REFUSED = "PD001"  # the SQLSTATE by which `queueing_refuse()` takes a whole statement back

# The order of locks: key, visit, allowance, queue day, as everywhere; `joined` is there to make the lock of the
# visit come that early. The number comes from the day's row, so numbers are gapless: whatever fails after it
# fails the statement. `last_issued_at` only grows, so a clock that was set back cannot put a later number before
# an earlier one.
ISSUE = """
WITH place AS MATERIALIZED (
  SELECT q.id AS queue_id, q.prefix, s.id AS service_id, m.id AS mall_id,
         greatest(%(head_start)s::interval, q.expected_wait / 2) AS head_start,
         (base_now() AT TIME ZONE m.time_zone)::date AS today
  FROM malls_mall m
  JOIN catalogue_publicservice s ON s.mall_id = m.id AND s.slug = %(service)s::text
  JOIN queueing_queueservice qs ON qs.service_id = s.id
  JOIN queueing_queue q ON q.id = qs.queue_id
  WHERE m.code = %(mall)s::text
), party AS MATERIALIZED (
  SELECT v.id, v.code, v.present_at FROM queueing_visit v JOIN place ON v.mall_id = place.mall_id
  WHERE v.code = %(visit)s::text AND v.date = place.today AND v.ended_at IS NULL
  FOR SHARE OF v
), joined AS (
  SELECT coalesce(bool_or(present_at IS NOT NULL), false) AS is_present FROM party
), claim AS (
  INSERT INTO queueing_issuekey (caller, key, body_hash, ticket_code, claimed_at)
  SELECT %(caller)s::text, %(key)s::text, %(body_hash)s::text, %(code)s::text, base_now()
  FROM place WHERE %(key)s::text IS NOT NULL
  ON CONFLICT (caller, key) DO NOTHING
  RETURNING ticket_code
), first AS (
  SELECT ticket_code FROM claim
  UNION ALL SELECT NULL WHERE %(key)s::text IS NULL
), allowance AS (
  INSERT INTO queueing_allowance AS a (mall_id, date, caller, held)
  SELECT place.mall_id, place.today, %(caller)s::text, 1 FROM place, first, joined
  WHERE %(remote_limit)s::int IS NOT NULL AND NOT joined.is_present
  ON CONFLICT (mall_id, date, caller) DO UPDATE SET held = a.held + 1 WHERE a.held < %(remote_limit)s::int
  RETURNING a.held
), allowed AS (
  SELECT held FROM allowance
  UNION ALL SELECT NULL FROM first, joined
  WHERE %(remote_limit)s::int IS NULL OR joined.is_present
), day AS (
  UPDATE queueing_queueday d
  SET last_number = d.last_number + 1,
      last_issued_at = greatest(base_now(), d.last_issued_at + interval '1 microsecond')
  FROM place, allowed
  WHERE d.queue_id = place.queue_id AND d.date = place.today AND d.closed_at IS NULL
    AND base_now() >= d.numbers_from AND base_now() < d.numbers_until
    AND (d.number_limit IS NULL OR d.last_number < d.number_limit)
  RETURNING d.id, d.queue_id, d.last_number AS number, d.last_issued_at AS issued_at
), arrival AS (
  INSERT INTO queueing_visit (code, mall_id, date, caller, created_at, present_at)
  SELECT %(visit_code)s::text, place.mall_id, place.today, %(holder)s::text, day.issued_at,
         CASE WHEN %(present)s::boolean THEN day.issued_at END
  FROM day, place WHERE %(visit)s::text IS NULL
  RETURNING id, code, present_at
), visit AS (
  SELECT id, code, present_at FROM arrival
  UNION ALL SELECT id, code, present_at FROM party
), ticket AS (
  INSERT INTO queueing_ticket (code, visit_id, day_id, service_id, number, label, channel, state,
                               priority, priority_reason, caller, issued_at, due_at)
  SELECT %(code)s::text, visit.id, day.id, place.service_id, day.number,
         place.prefix || '-' || lpad(day.number::text, greatest(3, length(day.number::text)), '0'),
         %(channel)s::text, CASE WHEN visit.present_at IS NULL THEN 'remote' ELSE 'waiting' END,
         %(priority)s::boolean, %(priority_reason)s::text,
         CASE WHEN visit.present_at IS NULL THEN %(caller)s::text ELSE '' END, day.issued_at,
         day.issued_at - CASE WHEN %(priority)s::boolean THEN place.head_start ELSE interval '0' END
  FROM day, place, visit
  RETURNING id, code, label, state, day_id, due_at, issued_at
), entry AS (
  INSERT INTO journal_entry (at, mall, actor, verb, subject, data)
  SELECT ticket.issued_at, place.mall_id, %(actor)s::text, 'ticket.issued', 'ticket:' || ticket.id,
         jsonb_build_object('label', ticket.label, 'queue', place.queue_id, 'channel', %(channel)s::text,
                            'state', ticket.state, 'priority', %(priority)s::boolean)
  FROM ticket, place
)
SELECT ticket.id, ticket.code, ticket.label, ticket.state, visit.code AS visit, place.queue_id,
       (SELECT count(*) FROM (SELECT FROM queueing_ticket t
          WHERE t.day_id = ticket.day_id AND t.state IN ('remote', 'waiting') AND t.due_at < ticket.due_at
          LIMIT %(count_ahead)s) others) AS ahead
FROM ticket, visit, place
UNION ALL
SELECT queueing_refuse(), NULL, NULL, NULL, NULL, NULL, NULL
WHERE (EXISTS (SELECT FROM first) OR NOT EXISTS (SELECT FROM place)) AND NOT EXISTS (SELECT FROM ticket)
"""

# Candidates are seen without locks; then exactly one queue's turn is locked, and under it the first of its
# two lines that is still waiting and whose visitor stands nowhere else: both are tested again on the locked
# rows. The turn may have changed while its lock was waited for: then nobody with priority is taken as long as
# somebody without waits, and the caller tries again. Forty of each line are looked at, more than counters can
# take away in the meantime; the array and `|| ''` make sure that these are found again by
# their ids, and not by a walk through all who wait.
CALL = """
WITH post AS MATERIALIZED (
  SELECT c.id AS counter_id, c.mall_id, cs.profile_id, (base_now() AT TIME ZONE m.time_zone)::date AS today
  FROM queueing_counterstatus cs
  JOIN malls_counter c ON c.id = cs.counter_id
  JOIN malls_mall m ON m.id = c.mall_id
  WHERE cs.counter_id = %(counter)s::bigint AND cs.state = 'open' AND cs.officer_id = %(officer)s::bigint
    AND NOT EXISTS (SELECT FROM queueing_ticket t WHERE t.counter_id = c.id AND t.state IN ('called', 'serving'))
), head AS MATERIALIZED (
  SELECT d.id AS day_id, p.preference, first.due_at - make_interval(mins => p.preference) AS rank
  FROM post
  JOIN queueing_workprofilequeue p ON p.profile_id = post.profile_id
  JOIN queueing_queueday d ON d.queue_id = p.queue_id AND d.date = post.today AND d.closed_at IS NULL
  JOIN queueing_turn u ON u.day_id = d.id
  CROSS JOIN LATERAL (
    SELECT due_at FROM (
      (SELECT t.due_at, t.priority FROM queueing_ticket t JOIN queueing_visit v ON v.id = t.visit_id
       WHERE t.day_id = d.id AND t.state = 'waiting' AND NOT t.priority AND v.active_ticket_id IS NULL
       ORDER BY t.due_at LIMIT 1)
      UNION ALL
      (SELECT t.due_at, t.priority FROM queueing_ticket t JOIN queueing_visit v ON v.id = t.visit_id
       WHERE t.day_id = d.id AND t.state = 'waiting' AND t.priority AND v.active_ticket_id IS NULL
       ORDER BY t.due_at LIMIT 1)
    ) lines ORDER BY (lines.priority AND u.last_was_priority), lines.due_at LIMIT 1
  ) first
), choice AS MATERIALIZED (
  SELECT day_id, preference, rank, lead(rank) OVER (ORDER BY rank, day_id) AS next_rank
  FROM head ORDER BY rank, day_id LIMIT 1
), turn AS MATERIALIZED (
  SELECT u.day_id, u.last_was_priority, choice.preference, choice.next_rank
  FROM queueing_turn u JOIN choice ON choice.day_id = u.day_id
  FOR UPDATE OF u
), near AS MATERIALIZED (
  (SELECT t.id, t.priority FROM queueing_ticket t JOIN queueing_visit v ON v.id = t.visit_id
   WHERE t.day_id = (SELECT day_id FROM turn) AND t.state = 'waiting' AND NOT t.priority
     AND v.active_ticket_id IS NULL
   ORDER BY t.due_at LIMIT 40)
  UNION ALL
  (SELECT t.id, t.priority FROM queueing_ticket t JOIN queueing_visit v ON v.id = t.visit_id
   WHERE t.day_id = (SELECT day_id FROM turn) AND t.state = 'waiting' AND t.priority
     AND v.active_ticket_id IS NULL
   ORDER BY t.due_at LIMIT 40)
), picked AS MATERIALIZED (
  SELECT ticket.id, ticket.visit_id, ticket.priority
  FROM queueing_ticket ticket
  JOIN queueing_visit visit ON visit.id = ticket.visit_id
  CROSS JOIN turn
  WHERE ticket.id = ANY (ARRAY(SELECT id FROM near))
    AND ticket.state || '' = 'waiting' AND visit.active_ticket_id IS NULL
    AND (%(lenient)s::boolean OR turn.next_rank IS NULL
         OR ticket.due_at - make_interval(mins => turn.preference) <= turn.next_rank)
    AND NOT (ticket.priority AND turn.last_was_priority AND EXISTS (SELECT FROM near WHERE NOT near.priority))
  ORDER BY (ticket.priority AND turn.last_was_priority), ticket.due_at, ticket.id LIMIT 1
  FOR UPDATE OF ticket, visit SKIP LOCKED
), called AS (
  UPDATE queueing_ticket t
  SET state = 'called', called_at = moment.now, last_called_at = moment.now, calls = 1,
      counter_id = post.counter_id, officer_id = %(officer)s::bigint,
      last_act = 'call', last_act_at = moment.now, last_act_by = %(actor)s::text,
      before = jsonb_build_object('state', t.state, 'called_at', t.called_at, 'last_called_at', t.last_called_at,
                                  'calls', t.calls, 'counter_id', t.counter_id, 'officer_id', t.officer_id)
  FROM picked, post, (SELECT base_now() AS now) moment
  WHERE t.id = picked.id
  RETURNING t.id, t.label, t.visit_id, t.day_id, t.priority, t.called_at, t.due_at
), occupied AS (
  UPDATE queueing_visit v SET active_ticket_id = called.id FROM called WHERE v.id = called.visit_id
), turned AS (
  UPDATE queueing_turn u SET last_was_priority = called.priority FROM called WHERE u.day_id = called.day_id
), entry AS (
  INSERT INTO journal_entry (at, mall, actor, verb, subject, data)
  SELECT called.called_at, post.mall_id, %(actor)s::text, 'ticket.called', 'ticket:' || called.id,
         jsonb_build_object('label', called.label, 'queue', d.queue_id, 'counter', post.counter_id,
                            'priority', called.priority)
  FROM called, post, queueing_queueday d WHERE d.id = called.day_id
)
SELECT (SELECT count(*) FROM post) AS posts, (SELECT count(*) FROM choice) AS candidates,
       (SELECT id FROM called) AS ticket_id
"""

COUNT_AHEAD = 1000  # past so many people the exact count helps nobody and costs everybody


class StatementRefused(Exception):
    """The statement was taken back as a whole because one of its conditions did not hold."""


@dataclass(frozen=True)
class IssuedRow:
    """What `ISSUE` answers; `ahead` counts people in line before it, up to `COUNT_AHEAD`."""

    id: int
    code: str
    label: str
    state: str
    visit: str
    queue_id: int
    ahead: int


@dataclass(frozen=True)
class CallRow:
    """What `CALL` answers: whether the counter may call, whether anyone waits, and who was called."""

    posts: int
    candidates: int
    ticket_id: int | None


def _row(statement: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """One row of a statement, prepared on the server so that planning is paid once per connection."""
    connection.ensure_connection()
    assert connection.connection is not None
    with connection.wrap_database_errors:
        try:
            with psycopg.Cursor(connection.connection) as cursor:
                row: tuple[Any, ...] | None = cursor.execute(statement, params, prepare=True).fetchone()
                return row
        except psycopg.DatabaseError as error:
            if error.sqlstate == REFUSED:
                raise StatementRefused from error
            raise


def issue(
    *,
    mall: str,
    service: str,
    visit: str | None,
    code: str,
    visit_code: str,
    channel: str,
    present: bool,
    priority: bool,
    priority_reason: str,
    caller: str,
    holder: str,
    remote_limit: int | None,
    actor: str,
    key: str | None,
    body_hash: str,
) -> IssuedRow | None:
    """Give the next number of the queue that takes `service` at `mall`, today.

    None: the key was used before. Raises `StatementRefused` when no number may be given, with nothing
    written; `IntegrityError` when the visit already has a number in this queue.
    """
    params = {**locals(), "head_start": HEAD_START, "count_ahead": COUNT_AHEAD}
    row = _row(ISSUE, params)
    return IssuedRow(*row) if row else None


def call(*, counter: int, officer: int, actor: str, lenient: bool) -> CallRow:
    """Call the next visitor to a counter. Unless `lenient`, nobody of another queue may be due earlier."""
    row = _row(CALL, locals())
    assert row is not None  # it always answers with one row
    return CallRow(*row)


def day_stays_open(day: int) -> bool:
    """Whether a queue day is open, and keep it so until the transaction ends.

    The weakest lock: it lets issuing go on and makes only the end of the day wait.
    """
    row = _row("SELECT closed_at IS NULL FROM queueing_queueday WHERE id = %(day)s FOR KEY SHARE", locals())
    return bool(row and row[0])
