"""Valid objects of the hall for tests: a mall that is open all day, with queues, counters and people."""

from datetime import datetime, time
from itertools import count

from allauth.mfa.models import Authenticator

from pendapa.base import clock
from pendapa.directory.accounts.models import Device, DeviceKind, Role, RoleKind, User
from pendapa.directory.accounts.rules import needs_second_factor
from pendapa.directory.catalogue.models import PublicService
from pendapa.directory.malls.models import Agency, Counter, Level, Mall, OpeningPeriod, Schedule, Tenancy, Zone
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.actions import Issued
from pendapa.operations.queueing.models import CounterStatus, Queue, QueueDay, QueueService, Ticket, WorkProfile
from pendapa.operations.queueing.rules import Channel, PriorityReason

_serial = count(1)


def make_mall(**fields: object) -> Mall:
    """A mall that is open from just after midnight to just before the next, every day of the week."""
    number = next(_serial)
    mall = Mall.objects.create(**{"code": f"mall-{number}", "name": f"MPP Contoh {number}", **fields})
    Zone.objects.create(mall=mall, code="hall", name="Lantai 1")
    make_schedule(mall)
    return mall


def make_schedule(
    mall: Mall, *, opens: time = time(0), closes: time = time(23, 59, 59), name: str = "Every day"
) -> Schedule:
    schedule = Schedule.objects.create(mall=mall, name=name, numbers_before=0, last_number_before=0)
    OpeningPeriod.objects.bulk_create(
        OpeningPeriod(schedule=schedule, weekday=weekday, opens=opens, closes=closes) for weekday in range(7)
    )
    return schedule


def make_agency(mall: Mall, name: str = "Dukcapil") -> Agency:
    agency = Agency.objects.create(name=name, short_name=name, level=Level.REGENCY)
    Tenancy.objects.create(mall=mall, agency=agency)
    return agency


def make_service(mall: Mall, agency: Agency, slug: str = "") -> PublicService:
    slug = slug or f"layanan-{next(_serial)}"
    return PublicService.objects.create(mall=mall, agency=agency, name=slug.replace("-", " ").capitalize(), slug=slug)


def make_queue(mall: Mall | None = None, *, prefix: str = "A", agency: Agency | None = None, **fields: object) -> Queue:
    """A queue with one service and today's day open."""
    mall = mall or make_mall()
    agency = agency or make_agency(mall, f"Instansi {prefix}")
    queue = Queue.objects.create(
        **{
            "mall": mall,
            "agency": agency,
            "zone": mall.zones.get(),
            "schedule": mall.schedules.first(),
            "name": f"Antrean {prefix}",
            "prefix": prefix,
            **fields,
        }
    )
    QueueService.objects.create(queue=queue, service=make_service(mall, agency))
    at = clock.now()
    actions.open_days(mall=mall, on=service_date(mall, at), at=at)
    return queue


def make_user(
    name: str = "", *, mall: Mall | None = None, agency: Agency | None = None, kind: RoleKind = RoleKind.OFFICER
) -> User:
    user = User.objects.create(
        username=name or f"user-{next(_serial)}", full_name="Sari Wulandari", joined_at=clock.now()
    )
    if mall:
        Role.objects.create(user=user, kind=kind, mall=mall, agency=agency)
        if needs_second_factor({kind}):
            give_second_factor(user)
    return user


def give_second_factor(user: User) -> None:
    """A second factor, without which administrators, treasurers and signing officials see no page."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": ""})


def make_counter(*queues: Queue, number: int | None = None) -> Counter:
    """A counter whose work profile takes the queues."""
    mall = queues[0].mall
    number = number or mall.counters.count() + 1
    counter = Counter.objects.create(mall=mall, number=number, zone=mall.zones.get(), agency=queues[0].agency)
    profile = WorkProfile.objects.create(mall=mall, name=f"Loket {number}")
    profile.queues.set(queues)
    CounterStatus.objects.create(counter=counter, profile=profile)
    return counter


def make_device(mall: Mall, kind: DeviceKind = DeviceKind.KIOSK) -> Device:
    return Device.objects.create(mall=mall, name=f"device-{next(_serial)}", kind=kind)


def take(
    queue: Queue,
    *,
    channel: Channel = Channel.KIOSK,
    caller: str = "",
    key: str | None = None,
    reason: PriorityReason | None = None,
    visit: str | None = None,
) -> Issued:
    """A number of a queue, by default at its kiosk."""
    service = queue.services.get()
    return actions.issue_ticket(
        mall=queue.mall.code,
        service=service.slug,
        channel=channel,
        by=None,
        caller=caller or f"cookie:{next(_serial)}",
        key=key,
        priority_reason=reason,
        visit=visit,
    )


def ticket_of(issued: Issued) -> Ticket:
    return Ticket.objects.get(code=issued.code)


def day_of(queue: Queue, at: datetime | None = None) -> QueueDay:
    return QueueDay.objects.get(queue=queue, date=service_date(queue.mall, at or clock.now()))
