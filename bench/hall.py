"""The mall that is measured: queues, counters with officers, devices, and people who wait or were served long ago."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection

from pendapa.base import clock, codes
from pendapa.directory.accounts.actions import create_token
from pendapa.directory.accounts.models import Device, DeviceKind, Role, RoleKind, User
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Agency, Counter, Level, Mall, OpeningPeriod, Schedule, Tenancy, Zone
from pendapa.operations.queueing import actions, queries
from pendapa.operations.queueing.models import CounterStatus, Queue, QueueDay, QueueService, Ticket, WorkProfile
from pendapa.operations.queueing.rules import State
from pendapa.server.demo.opening import ZONE

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Hall:
    """A mall with today's days open, and the keys of its kiosk and officers."""

    mall: Mall
    queues: list[Queue]
    days: list[QueueDay]
    services: list[PublicService]
    counters: list[Counter]
    officers: list[User]
    kiosk_token: str
    officer_tokens: list[str]


def set_morning() -> datetime:
    """Let it be nine o'clock in the mall, so that no measurement runs over midnight; returns the moment."""
    today = clock.real_now().astimezone(ZONE).date()
    return clock.set_clock(at=datetime.combine(today, time(9), ZONE), speed=1, may_go_back=True)


def make_hall(code: str, *, queues: int, counters: int) -> Hall:
    """A mall whose queues each take one public service; each counter serves all queues.

    Numbers are given all day, without a limit.
    """
    at = clock.now()
    mall = Mall.objects.create(code=code, name=f"MPP {code}")
    zone = Zone.objects.create(mall=mall, code="hall", name="Lantai 1")
    agency = Agency.objects.create(name=f"Instansi {code}", short_name="Instansi", level=Level.REGENCY)
    Tenancy.objects.create(mall=mall, agency=agency)
    schedule = Schedule.objects.create(mall=mall, name="Every day", numbers_before=0, last_number_before=0)
    for weekday in range(7):
        OpeningPeriod.objects.create(schedule=schedule, weekday=weekday, opens=time(0), closes=time(23, 59, 59))
    made = [_queue(mall, agency, zone, schedule, number) for number in range(queues)]
    actions.open_days(mall=mall, on=at.astimezone(ZONE).date(), at=at)
    officers = [User.objects.create(username=f"{code}-{n}", full_name="Petugas", joined_at=at) for n in range(counters)]
    for officer in officers:
        Role.objects.create(user=officer, kind=RoleKind.OFFICER, mall=mall, agency=agency)
    device = Device.objects.create(mall=mall, name=f"{code}-kiosk", kind=DeviceKind.KIOSK)
    hall = Hall(
        mall=mall,
        queues=[queue for queue, _service in made],
        days=list(QueueDay.objects.filter(queue__mall=mall).order_by("pk")),
        services=[service for _queue, service in made],
        counters=[_counter(mall, agency, zone, [queue for queue, _service in made], n + 1) for n in range(counters)],
        officers=officers,
        kiosk_token=create_token(bearer=device, by=None, at=at),
        officer_tokens=[create_token(bearer=officer, by=None, at=at) for officer in officers],
    )
    for counter, officer in zip(hall.counters, hall.officers, strict=True):
        actions.open_counter(counter=counter, by=officer, at=at)
    return hall


def _queue(mall: Mall, agency: Agency, zone: Zone, schedule: Schedule, number: int) -> tuple[Queue, PublicService]:
    prefix = LETTERS[number] if number < len(LETTERS) else LETTERS[number // 26 - 1] + LETTERS[number % 26]
    queue = Queue.objects.create(
        mall=mall, agency=agency, zone=zone, schedule=schedule, name=f"Antrean {prefix}", prefix=prefix
    )
    service = PublicService.objects.create(mall=mall, agency=agency, name=f"Layanan {prefix}", slug=f"layanan-{number}")
    QueueService.objects.create(queue=queue, service=service)
    return queue, service


def _counter(mall: Mall, agency: Agency, zone: Zone, queues: Sequence[Queue], number: int) -> Counter:
    counter = Counter.objects.create(mall=mall, number=number, zone=zone, agency=agency)
    profile = WorkProfile.objects.create(mall=mall, name=f"Loket {number}")
    profile.queues.set(queues)
    CounterStatus.objects.create(counter=counter, profile=profile)
    return counter


# One person in four has a number in every queue; of the others, each has one. One number in seven has priority.
WAITING = """
WITH people AS (
  INSERT INTO queueing_visit (code, mall_id, date, caller, created_at, present_at)
  SELECT 'w' || left(md5(%(mall)s || ':' || n), 18), %(mall)s, %(date)s, '', %(from)s, %(from)s
  FROM generate_series(1, %(tickets)s) n
  RETURNING id, code
), ordered AS (
  SELECT id, row_number() OVER (ORDER BY id) AS n FROM people
), wishes AS (
  SELECT o.id AS visit_id, q.place, o.n
  FROM ordered o CROSS JOIN generate_series(1, %(queues)s) AS q(place)
  WHERE o.n %% 4 = 0 OR q.place = o.n %% %(queues)s + 1
), numbered AS (
  SELECT visit_id, place, n, row_number() OVER (PARTITION BY place ORDER BY n) AS number
  FROM (SELECT * FROM wishes ORDER BY n, place LIMIT %(tickets)s) enough
), tickets AS (
  INSERT INTO queueing_ticket (code, visit_id, day_id, service_id, number, label, channel, state, priority,
                               priority_reason, issued_at, due_at)
  SELECT (%(codes)s::text[])[row_number() OVER ()], visit_id, (%(days)s::bigint[])[place],
         (%(services)s::bigint[])[place], number, chr(64 + place) || '-' || lpad(number::text, 3, '0'), 'kiosk',
         'waiting', n %% 7 = 0, %(reason)s, %(from)s + n * interval '1 second',
         %(from)s + n * interval '1 second' - CASE WHEN n %% 7 = 0 THEN interval '15 minutes' ELSE '0' END
  FROM numbered
  RETURNING day_id, number
)
UPDATE queueing_queueday d SET last_number = t.last, last_issued_at = %(from)s
FROM (SELECT day_id, max(number) AS last FROM tickets GROUP BY day_id) t WHERE d.id = t.day_id
"""


def fill_with_waiting(hall: Hall, tickets: int) -> None:
    """Let so many numbers wait, in one statement, as after a restore: the statistics know nothing of them."""
    params: dict[str, Any] = {
        "mall": hall.mall.pk,
        "date": hall.days[0].date,
        "from": clock.now() - timedelta(hours=2),
        "tickets": tickets,
        "reason": queries.sealed_reason(""),
        "codes": [codes.new_code() for _ in range(tickets)],
        "queues": len(hall.queues),
        "days": [day.pk for day in hall.days],
        "services": [service.pk for service in hall.services],
    }
    with connection.cursor() as cursor:
        cursor.execute(WAITING, params)


def codes_of(hall: Hall, count: int) -> list[str]:
    """The codes of numbers that wait, the last ones of their queues: they are still there when a measurement ends."""
    waiting = Ticket.objects.filter(day__in=hall.days, state=State.WAITING).order_by("-due_at")
    return list(waiting.values_list("code", flat=True)[:count])


def send_everyone_home(hall: Hall) -> None:
    """End all open numbers of a hall between two runs, and tidy the tables as autovacuum would."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE queueing_ticket SET state = 'served', ended_at = base_now()
            WHERE day_id = ANY(%s) AND state IN ('remote', 'waiting', 'called', 'serving', 'held')
            """,
            [[day.pk for day in hall.days]],
        )
        cursor.execute("VACUUM (ANALYZE) queueing_ticket, queueing_visit, queueing_issuekey, queueing_queueday")
