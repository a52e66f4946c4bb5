"""The limit that issuing is held against: the same rows, written by pgbench as fast as this PostgreSQL can.

Prepared statements over the Unix socket, one plain transaction per number: the caller's key, the visit, the queue
day's next number, the ticket, the journal entry, into the same tables with the same indexes and constraints. It
checks nothing, counts nobody, knows no opening hours, and locks the queue day as late as it can.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.hall import Hall
from pendapa.operations.queueing import queries
from pendapa.server.postgres import Cluster

SCRIPT = """
\\set place random(1, {queues})
\\set day {days}
\\set service {services}
BEGIN;
INSERT INTO queueing_issuekey (caller, key, body_hash, ticket_code, claimed_at)
  VALUES ('device:0', gen_random_uuid()::text, repeat('0', 64), left(gen_random_uuid()::text, 19), clock_timestamp());
INSERT INTO queueing_visit (code, mall_id, date, caller, created_at, present_at)
  VALUES (left(gen_random_uuid()::text, 19), {mall}, '{date}', '', clock_timestamp(), clock_timestamp())
  RETURNING id AS visit \\gset
UPDATE queueing_queueday SET last_number = last_number + 1, last_issued_at = clock_timestamp()
  WHERE id = :day RETURNING last_number AS number \\gset
INSERT INTO queueing_ticket (code, visit_id, day_id, service_id, number, label, channel, state, priority,
    priority_reason, issued_at, due_at)
  VALUES (left(gen_random_uuid()::text, 19), :visit, :day, :service, :number, 'A-' || (:number)::int, 'kiosk',
    'waiting', false, '{reason}', clock_timestamp(), clock_timestamp())
  RETURNING id AS ticket \\gset
INSERT INTO journal_entry (at, mall, actor, verb, subject, data)
  VALUES (clock_timestamp(), {mall}, 'device:0', 'ticket.issued', 'ticket:' || (:ticket)::bigint,
    jsonb_build_object('label', 'A-' || (:number)::int, 'queue', {mall}, 'channel', 'kiosk', 'state', 'waiting',
      'priority', false));
COMMIT;
"""


def script_for(hall: Hall) -> str:
    """The transaction for a hall; each run of it takes one of the queues by chance."""
    return SCRIPT.format(
        queues=len(hall.queues),
        days=_chosen([day.pk for day in hall.days]),
        services=_chosen([service.pk for service in hall.services]),
        mall=hall.mall.pk,
        date=hall.days[0].date,
        # For pgbench a colon begins a variable, in quotes too.
        reason=queries.sealed_reason("").replace(":", "' || chr(58) || '"),
    )


def _chosen(ids: Sequence[int]) -> str:
    """A pgbench expression: the id at `:place`, counted from one."""
    cases = " ".join(f"WHEN :place = {place} THEN {pk}" for place, pk in enumerate(ids, 1))
    return f"CASE {cases} END"


def run(cluster: Cluster, script: str, *, seconds: float, clients: int) -> float:
    """Let pgbench run a script with so many clients at once; transactions per second."""
    folder = cluster.installation.folder
    file = Path(folder) / "limit.sql"
    file.write_text(script, "utf-8")
    command: list[str | Path] = [cluster.programs / "pgbench", "--no-vacuum", "--protocol=prepared", "--jobs=2"]
    command += [f"--client={clients}", f"--time={max(1, round(seconds))}", f"--file={file}"]
    command += [f"--host={cluster.socket_folder()}", "--username=pendapa", "pendapa"]
    password = cluster.installation.secrets()["DATABASE_PASSWORD"]
    told = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, "PGPASSWORD": password, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    return transactions_per_second(told.stdout, told.stderr)


def transactions_per_second(output: str, complaints: str = "") -> float:
    """What pgbench measured, without the time to connect; every transaction must have succeeded.

    >>> transactions_per_second("number of failed transactions: 0 (0.000%)\\ntps = 5120.25 (without connecting)")
    5120.25
    """
    found = re.search(r"^tps = ([\d.]+)", output, re.MULTILINE)
    failed = re.search(r"^number of failed transactions: (\d+)", output, re.MULTILINE)
    if found is None or failed is None or int(failed[1]) or "ERROR" in complaints:
        raise RuntimeError(f"pgbench did not go well: {complaints.strip() or output.strip()}")
    return float(found[1])
