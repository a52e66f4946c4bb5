"""The demo's mall: a Magetan of 22 agencies that is an example, not official data.

What it consists of stands in `agencies`, `places` and `people`; here it is put together, in few statements, since a
newcomer waits for it.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from pendapa.base.journal import actions as journal
from pendapa.directory.accounts import actions as accounts
from pendapa.directory.accounts.models import Device, Posting, Role, RoleKind, User
from pendapa.directory.catalogue import actions as catalogue
from pendapa.directory.catalogue.actions import ServiceRow
from pendapa.directory.catalogue.models import AgencyPledge
from pendapa.directory.malls.models import (
    Agency,
    CalendarDay,
    Counter,
    CounterKind,
    CounterShare,
    DayKind,
    Facility,
    Mall,
    Obligation,
    OpeningPeriod,
    Region,
    Schedule,
    Season,
    Tenancy,
    Zone,
)
from pendapa.directory.malls.queries import service_date
from pendapa.operations.queueing import actions as queueing
from pendapa.operations.queueing.models import CounterStatus, Queue, QueueService, WorkProfile, WorkProfileQueue
from pendapa.server.demo.agencies import KINDS, SHARED_COUNTER, SHARES, STANDS, WHEELCHAIR_READY, Stand
from pendapa.server.demo.catalogue import SAID, offered, pledges
from pendapa.server.demo.decree import DECREE, HOLIDAYS, JOINT_LEAVE
from pendapa.server.demo.people import PEOPLE, Person
from pendapa.server.demo.places import DEVICES, FACILITIES, SCHEDULES, SEASON, ZONES

CODE = "magetan"
_WORK = ((time(8), time(12)), (time(13), time(15)))  # of an officer's day
_FRIDAY = 4
_FRIDAY_WORK = ((time(8), time(11, 30)), (time(13), time(15)))


@transaction.atomic
def load(*, at: datetime) -> Mall:
    """Make the demo's mall with its people and devices, unless it is there; open today's queues."""
    mall = Mall.objects.filter(code=CODE).first() or _build(at)
    queueing.open_days(mall=mall, on=service_date(mall, at), at=at)
    return mall


def _build(at: datetime) -> Mall:
    regions = set(Region.objects.values_list("pk", flat=True))
    mall = Mall.objects.create(
        code=CODE,
        name="MPP Magetan",
        region_id="35.20" if "35.20" in regions else None,
        address="Pasar Baru lantai 3, Magetan, Jawa Timur",
        phone="0351 555 0100",
        email="mpp@magetan.example",
        time_zone="Asia/Jakarta",
    )
    journal.record(verb="mall.added", subject=mall, by=None, at=at, mall=mall.pk)
    zones = _zones(mall)
    schedules = _schedules(mall)
    agencies = _agencies(mall, zones, schedules, regions)
    _queues(mall, zones, schedules, agencies)
    people = _people(mall, agencies, at)
    _catalogue(mall, agencies, people, at)
    _calendar(people, at)
    _postings(mall, agencies, people, at)
    for name, kind, zone, place in DEVICES:
        if not Device.objects.filter(name=name).exists():
            accounts.create_device(mall=mall, name=name, kind=kind, zone=zones[zone], place=place, by=None, at=at)
    return mall


def _zones(mall: Mall) -> dict[str, Zone]:
    zones = {
        code: Zone(mall=mall, code=code, name=name, floor=floor, waiting_area=waiting, seats=seats, capacity=capacity)
        for code, (name, floor, waiting, seats, capacity) in ZONES.items()
    }
    Zone.objects.bulk_create(zones.values())
    Facility.objects.bulk_create(
        Facility(mall=mall, kind=kind, zone=zones[zone] if zone else None, count=count, note=note)
        for kind, zone, count, note in FACILITIES
    )
    return zones


def _schedules(mall: Mall) -> dict[str, Schedule]:
    schedules = {
        name: Schedule(mall=mall, name=name, numbers_before=30, last_number_before=30, closed_on=list(closed_on))
        for name, (_week, _fasting, closed_on) in SCHEDULES.items()
    }
    Schedule.objects.bulk_create(schedules.values())
    name, starts_on, ends_on = SEASON
    season = Season.objects.create(mall=mall, name=name, starts_on=starts_on, ends_on=ends_on)
    OpeningPeriod.objects.bulk_create(
        OpeningPeriod(schedule=schedules[name], season=of, weekday=weekday, opens=opens, closes=closes)
        for name, (usual, fasting, _closed_on) in SCHEDULES.items()
        for of, week in ((None, usual), (season, fasting))
        for weekday, stretches in week.items()
        for opens, closes in stretches
    )
    return schedules


def _agencies(
    mall: Mall, zones: dict[str, Zone], schedules: dict[str, Schedule], regions: set[str]
) -> dict[str, Agency]:
    agencies = {
        stand.short_name: Agency(
            name=stand.name,
            short_name=stand.short_name,
            level=stand.level,
            region_id=stand.region if stand.region in regions else None,
        )
        for stand in STANDS
    }
    Agency.objects.bulk_create(agencies.values())
    tenancies = [
        Tenancy(
            mall=mall,
            agency=agencies[stand.short_name],
            zone=zones[stand.zone],
            schedule=schedules[stand.hours],
            agreement_number=f"CONTOH/{number:02}/PKS/2025",
            agreement_date=date(2025, 1, 6),
            starts_on=date(2025, 1, 6),
            ends_on=date(2028, 1, 5) if number % 5 else date(2026, 12, 31),
        )
        for number, stand in enumerate(STANDS, start=1)
    ]
    Tenancy.objects.bulk_create(tenancies)
    owed = (
        (Obligation.Party.AGENCY, "Petugas hadir pada setiap jam layanan"),
        (Obligation.Party.AGENCY, "Laporan jumlah layanan setiap bulan"),
        (Obligation.Party.MALL, "Listrik, internet, dan kebersihan gerai"),
    )
    Obligation.objects.bulk_create(
        Obligation(tenancy=tenancy, party=party, text=text) for tenancy in tenancies for party, text in owed
    )
    return agencies


def _queues(mall: Mall, zones: dict[str, Zone], schedules: dict[str, Schedule], agencies: dict[str, Agency]) -> None:
    """The lines with their counters and work profiles.

    Each counter serves its own line first and helps the agency's other lines after ten minutes.
    """
    queues = {
        line.prefix: Queue(
            mall=mall,
            agency=agencies[stand.short_name],
            zone=zones[stand.zone],
            schedule=schedules[stand.hours],
            name=line.name,
            prefix=line.prefix,
            daily_limit=line.limit,
            grace=timedelta(minutes=15),
        )
        for stand in STANDS
        for line in stand.lines
    }
    Queue.objects.bulk_create(queues.values())
    profiles = {
        line.prefix: WorkProfile(mall=mall, name=f"{stand.short_name}: {line.name}")
        for stand in STANDS
        for line in stand.lines
    }
    WorkProfile.objects.bulk_create(profiles.values())
    WorkProfileQueue.objects.bulk_create(
        WorkProfileQueue(
            profile=profiles[line.prefix],
            queue=queues[other.prefix],
            preference=10 if other == line and len(stand.lines) > 1 else 0,
        )
        for stand in STANDS
        for line in stand.lines
        for other in stand.lines
    )
    counters = dict(_counters(mall, zones, agencies))
    Counter.objects.bulk_create(counters.values())
    CounterShare.objects.bulk_create(
        CounterShare(counter=counters[SHARED_COUNTER], weekday=weekday, agency=agencies[name])
        for weekday, name in SHARES
    )
    guests = [queue for queue in queues.values() if queue.agency in [agencies[name] for _weekday, name in SHARES]]
    own = next(line.prefix for stand in STANDS for line in stand.lines if SHARED_COUNTER in line.counters)
    WorkProfileQueue.objects.bulk_create(WorkProfileQueue(profile=profiles[own], queue=queue) for queue in guests)
    CounterStatus.objects.bulk_create(
        CounterStatus(counter=counters[number], profile=profiles[line.prefix])
        for stand in STANDS
        for line in stand.lines
        for number in line.counters
    )


def _catalogue(mall: Mall, agencies: dict[str, Agency], people: dict[str, User], at: datetime) -> None:
    """What the agencies offer, written by one person and looked at by another, and which queue takes it."""
    writer, reviewer = people["manager"], people["operator"]
    found = offered()
    rows = [ServiceRow(agencies[one.agency], one.slug, one.content) for one in found]
    services = catalogue.load_catalogue(
        mall=mall, rows=rows, by=writer, reviewed_by=reviewer, at=at, valid_from=service_date(mall, at)
    )
    queues = {queue.prefix: queue for queue in Queue.objects.filter(mall=mall)}
    QueueService.objects.bulk_create(
        QueueService(queue=queues[one.line], service=service) for one, service in zip(found, services, strict=True)
    )
    AgencyPledge.objects.bulk_create(
        AgencyPledge(mall=mall, agency=agencies[one.agency], **one.values) for one in pledges()
    )
    catalogue.load_synonyms(mall=mall, meanings=SAID, by=reviewer, at=at)


def _counters(mall: Mall, zones: dict[str, Zone], agencies: dict[str, Agency]) -> Iterator[tuple[int, Counter]]:
    for stand in STANDS:
        for line in stand.lines:
            for number in line.counters:
                yield (
                    number,
                    Counter(
                        mall=mall,
                        number=number,
                        zone=zones[stand.zone],
                        agency=agencies[stand.short_name],
                        kind=KINDS.get(number, CounterKind.SERVICE),
                        is_wheelchair_ready=number in WHEELCHAIR_READY,
                    ),
                )


def _people(mall: Mall, agencies: dict[str, Agency], at: datetime) -> dict[str, User]:
    """All have the demo's one password, and so share its one hash: sixty would take a newcomer's seconds."""
    known = {user.username: user for user in User.objects.filter(username__in=[one.username for one in PEOPLE])}
    password = make_password(settings.DEMO_PASSWORD)
    new = {
        one.username: User(
            username=one.username,
            full_name=one.full_name,
            position=one.position,
            email=f"{one.username}@mpp-magetan.example",
            password=password,
            joined_at=at,
        )
        for one in PEOPLE
        if one.username not in known
    }
    User.objects.bulk_create(new.values())
    people = {one.username: known.get(one.username) or new[one.username] for one in PEOPLE}
    Role.objects.bulk_create(
        (_role(one, people[one.username], mall, agencies) for one in PEOPLE), ignore_conflicts=True
    )
    for username, user in new.items():
        journal.record(verb="user.created", subject=user, by=None, at=at, mall=mall.pk)
        role = next(one.role for one in PEOPLE if one.username == username)
        journal.record(verb="role.given", subject=user, by=None, at=at, mall=mall.pk, role=role)
    return people


def _role(person: Person, user: User, mall: Mall, agencies: dict[str, Agency]) -> Role:
    return Role(
        user=user,
        kind=person.role,
        mall=None if person.is_everywhere else mall,
        agency=agencies[person.agency] if person.agency else None,
    )


def _calendar(people: dict[str, User], at: datetime) -> None:
    """The national days of 2026, read from the decree by one person and compared with it by another."""
    CalendarDay.objects.bulk_create(
        (
            CalendarDay(
                kind=kind,
                date=day,
                name=name,
                legal_basis=DECREE,
                source="SKB 3 Menteri",
                proposed_by=people["admin"].actor_name,
                proposed_at=at - timedelta(days=1),
                confirmed_by=people["admin-2"].actor_name,
                confirmed_at=at,
            )
            for kind, days in ((DayKind.NATIONAL, HOLIDAYS), (DayKind.JOINT_LEAVE, JOINT_LEAVE))
            for day, name in days
        ),
        ignore_conflicts=True,
    )


def _postings(mall: Mall, agencies: dict[str, Agency], people: dict[str, User], at: datetime) -> None:
    """Who works where this week: each officer at a counter of their agency, hosts in the hall."""
    monday = service_date(mall, at) - timedelta(days=service_date(mall, at).weekday())
    counters = {counter.number: counter for counter in Counter.objects.filter(mall=mall)}
    turns = dict[str, int]()
    postings = []
    for person in PEOPLE:
        if person.role not in (RoleKind.OFFICER, RoleKind.HOST):
            continue
        counter = None
        if person.agency:
            numbers = _numbers(next(stand for stand in STANDS if stand.short_name == person.agency))
            turn = turns.get(person.agency, 0)
            turns[person.agency] = turn + 1
            counter = counters[numbers[turn % len(numbers)]]
        for day in range(5):
            if counter is not None and counter.number == SHARED_COUNTER and day in dict(SHARES):
                continue
            date_of_day = monday + timedelta(days=day)
            postings += [
                Posting(
                    mall=mall,
                    user=people[person.username],
                    counter=counter,
                    date=date_of_day,
                    starts=starts,
                    ends=ends,
                )
                for starts, ends in (_FRIDAY_WORK if day == _FRIDAY else _WORK)
            ]
    Posting.objects.bulk_create(postings)


def _numbers(stand: Stand) -> list[int]:
    return [number for line in stand.lines for number in line.counters]
