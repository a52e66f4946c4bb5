"""What the office promises of every register, tried on each of them.

The registers come from `sections.REGISTERS`: a new one fails here until it says in `NEW` how one of its records is
added and in `MANY` how thousands are made.
"""

import csv
import re
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO, StringIO
from itertools import product
from string import ascii_uppercase
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import models
from django.test import Client
from django.utils.html import escape
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from pendapa.base import clock
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.accounts.models import Device, DeviceKind, Posting, Role, RoleKind, User
from pendapa.directory.catalogue.models import AgencyPledge, MallSynonym, PublicService, ServiceVersion
from pendapa.directory.malls.models import (
    Agency,
    Counter,
    CounterShare,
    DayKind,
    Facility,
    FacilityKind,
    Level,
    OpeningPeriod,
    Schedule,
    Season,
    SpecialDay,
    SpecialPeriod,
    Tenancy,
    Zone,
)
from pendapa.operations.queueing.models import CounterStatus, Queue, QueueService, WorkProfile, WorkProfileQueue
from pendapa.operations.queueing.tests.make import make_agency, make_service, make_user
from pendapa.web.office import sections, urls  # noqa: F401 -- the addresses fill the registers
from pendapa.web.office.lists import harmless
from tests.architecture.audiences import NOT_ADDED, OF_MALL, Places, example_of, make_places, routes
from tests.office.forms import fields_of, fill_in, send

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)  # 09:15 at the mall
ALL = sorted(sections.REGISTERS)
REMOVABLE = [name for name in ALL if sections.REGISTERS[name].remove]


# register: what is typed to add a record that nothing refers to
NEW: dict[str, Callable[[Places], dict[str, object]]] = {
    "zones": lambda places: {"name": "Sayap Utara", "code": "utara"},
    "facilities": lambda places: {"kind": FacilityKind.LIFT, "note": "Di tengah"},
    "agencies": lambda places: {"name": "Kantor Pajak", "short_name": "Pajak", "level": Level.CENTRE},
    "counters": lambda places: {"number": 88, "agency": places["agency"], "zone": places.mall.zones.get().pk},
    "queues": lambda places: {
        "prefix": "Q",
        "name": "Antrean Baru",
        "agency": places["agency"],
        "zone": places.mall.zones.get().pk,
        "schedule": places.mall.schedules.get().pk,
    },
    "work-profiles": lambda places: {"name": "Loket Cadangan", "queues": [places.mall.queues.get().pk]},
    "hours": lambda places: {"name": "Jam Sabtu"},
    "seasons": lambda places: {"name": "Ramadan 1448 H", "starts_on": "2027-02-08", "ends_on": "2027-03-09"},
    "special-days": lambda places: {"date": "2026-12-30", "reason": "Rapat akhir tahun"},
    "people": lambda places: {
        "full_name": "Budi Santosa",
        "username": "budi",
        "role": RoleKind.OFFICER,
        "agency": places["agency"],
    },
    "roster": lambda places: {
        "user": make_user(mall=places.mall, agency=places.agency).pk,
        "date": "2026-11-26",
        "starts": "08:00",
        "ends": "12:00",
    },
    "devices": lambda places: {"name": "kiosk-baru", "kind": DeviceKind.KIOSK},
    "words": lambda places: {"said": "ngurus akte", "means": "akta kelahiran"},
    "pledges": lambda places: {
        "agency": places["agency"],
        "text_id": "Kami melayani sesuai standar.",
        "signed_by": "Kepala Dinas",
        "signed_on": "2026-01-05",
    },
}

# Registers whose records have an editor of their own, which `web/office/tests/test_services*.py` try.
OWN_EDITOR = frozenset({"services"})


@pytest.fixture
def places() -> Places:
    clock.set_clock(at=AT, speed=0, may_go_back=True)
    return make_places()


def enter(kind: RoleKind, places: Places, name: str, full_name: str, agency: Agency | None = None) -> Client:
    """The browser of somebody with a role at the mall."""
    user = make_user(name, mall=places.mall, agency=agency, kind=kind)
    User.objects.filter(pk=user.pk).update(full_name=full_name)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def endah(places: Places) -> Client:
    return enter(RoleKind.OPERATOR, places, "endah", "Endah Prameswari")


@pytest.fixture
def bagas(places: Places) -> Client:
    return enter(RoleKind.OPERATOR, places, "bagas", "Bagas Nugroho")


@pytest.fixture
def neighbour(places: Places) -> Client:
    """The manager of another agency of the mall."""
    agency = make_agency(places.mall, "Imigrasi")
    return enter(RoleKind.MANAGER, places, "tetangga", "Tetangga", agency)


def url(places: Places, register: str, rest: str = "") -> str:
    return f"/office/{places.mall.code}/{register}/{rest}"


def test_every_register_is_tried() -> None:
    assert set(NEW) == set(ALL) - NOT_ADDED - OWN_EDITOR
    assert set(MANY) == set(ALL) - NOT_ADDED


# ---- Two at once ----


def fields_to_change(form: forms.BaseForm) -> dict[str, tuple[str, str]]:
    """The fields that two people can disagree on, with a value of each: all free texts, or a number, or a time."""
    texts: dict[str, tuple[str, str]] = {}
    others: dict[str, tuple[str, str]] = {}
    for name, field in form.fields.items():
        if field.disabled or name in {"phone", "username", "service"}:
            continue
        if type(field) is forms.CharField and (field.max_length or 99) >= 20:
            texts[name] = (f"kata bagas {len(texts)}", f"kata endah {len(texts)}")
        elif not others and isinstance(field, forms.IntegerField):
            others[name] = ("881", "882")
        elif not others and isinstance(field, forms.TimeField):
            others[name] = ("08:20", "08:40")
    assert texts or others, f"no field of this form can be tried: {list(form.fields)}"
    return texts or others


def theirs_of(page: Any) -> dict[str, str]:
    """What somebody changes on a form."""
    return {name: theirs for name, (theirs, _mine) in fields_to_change(page.context["form"]).items()}


@pytest.mark.parametrize("register", sorted(set(ALL) - OWN_EDITOR))
def test_who_is_behind_sees_whose_value_stands_there_and_may_save_knowingly(
    register: str, places: Places, endah: Client, bagas: Client
) -> None:
    record = example_of(register, places)
    if register == "people":
        User.objects.filter(pk=record.pk).update(password=make_password(None))
    where = url(places, register, f"{record.pk}/")
    opened = endah.get(where)
    shown = opened.context["version"]
    assert fields_of(opened)["version"] == [str(shown)]
    changed = fields_to_change(opened.context["form"])
    answer = fill_in(bagas, where, **theirs_of(opened))
    assert answer.status_code == 302, answer.context["form"].errors

    clock.set_clock(at=AT + timedelta(minutes=2), speed=0)
    refused = send(endah, where, opened, **{name: mine for name, (_theirs, mine) in changed.items()})
    assert refused.status_code == 409
    text = refused.content.decode()
    conflict = text[text.index("of-conflict") :].partition("</table>")[0]
    assert "Bagas Nugroho" in conflict
    assert "24 November 2026" in conflict
    assert "09.15" in conflict
    differences = refused.context["conflict"]["differences"]
    assert len(differences) == len(changed), differences
    for theirs, mine in changed.values():
        line = next((one for one in differences if str(one["theirs"]).startswith(theirs)), None)
        assert line is not None, (theirs, differences)
        assert str(line["yours"]).startswith(mine)
        for words in (line["title"], line["theirs"], line["yours"]):
            assert escape(str(words)) in conflict
        assert f'data-take="{theirs}' in conflict
    for name, (_theirs, mine) in changed.items():
        assert fields_of(refused)[name][0].startswith(mine)  # what was typed is still there

    assert send(endah, where, refused).status_code == 302
    after = endah.get(where)
    assert after.context["version"] >= shown + 2
    for name, (_theirs, mine) in changed.items():
        assert fields_of(after)[name][0].startswith(mine)


# ---- A record's life ----


def add(client: Client, places: Places, register: str) -> models.Model:
    """Add a record by its form."""
    kind = sections.REGISTERS[register]
    before = set(kind.model._default_manager.values_list("pk", flat=True))
    answer = fill_in(client, url(places, register, "new/"), **NEW[register](places))
    assert answer.status_code == 302, getattr(answer.context["form"], "errors", "")
    news = kind.model._default_manager.exclude(pk__in=before)
    if register == "roster":
        news = news.order_by("-pk")[:1]
    return news.get()


@pytest.mark.parametrize("register", REMOVABLE)
def test_what_was_removed_comes_back_by_the_toast_and_its_history_names_everybody(
    register: str, places: Places, endah: Client, bagas: Client
) -> None:
    record = add(endah, places, register)
    where = url(places, register, f"{record.pk}/")
    assert fill_in(bagas, where, **theirs_of(bagas.get(where))).status_code == 302
    before = sections.REGISTERS[register].model._default_manager.values().get(pk=record.pk)

    assert endah.get(f"{where}remove/").status_code == 200
    page = endah.post(f"{where}remove/", follow=True)
    removed = RemovedRecord.objects.latest("pk")
    text = page.content.decode()
    toast = text[text.index('id="toasts"') :]
    undo = re.search(r'action="(/office/[^"]+/removed/\d+/)"', toast)
    assert undo is not None, toast
    assert endah.get(where).status_code == 404
    listed = endah.get(f"/office/{places.mall.code}/removed/").content.decode()
    assert removed.name in listed
    assert "Endah Prameswari" in listed

    back = bagas.post(undo[1], follow=True)
    assert back.status_code == 200
    assert sections.REGISTERS[register].model._default_manager.values().get(pk=record.pk) == before
    assert bagas.post(undo[1], follow=True).status_code == 200  # a second tap

    lines = endah.get(f"{where}history/")
    told = [(line.who, line.what) for line in lines.context["lines"]]
    assert told[:2] == [("Bagas Nugroho", "mengembalikan"), ("Endah Prameswari", "menghapus")]
    assert {("Bagas Nugroho", "mengubah"), ("Endah Prameswari", "menambahkan")} <= set(told[2:])
    for who, what in told:
        assert who in lines.content.decode()
        assert what in lines.content.decode()


# ---- Files ----


def exported(client: Client, where: str) -> tuple[list[list[str]], list[list[Any]]]:
    """The rows of a list as CSV and as XLSX, without their headings."""
    join = "&" if "?" in where else "?"
    text = client.get(f"{where}{join}format=csv").content.decode("utf-8-sig")
    book = load_workbook(BytesIO(client.get(f"{where}{join}format=xlsx").content))
    assert book.active is not None
    return [*csv.reader(StringIO(text))][1:], [list(row) for row in book.active.values][1:]


@pytest.mark.parametrize("register", sorted(NEW))
def test_exports_hold_every_record_with_every_column(register: str, places: Places, endah: Client) -> None:
    kind = sections.REGISTERS[register]
    example_of(register, places)
    page = endah.get(url(places, register))
    values = [[harmless(one.value(line["record"])) for one in kind.columns] for line in page.context["records"]]
    assert values
    text, book = exported(endah, url(places, register))
    assert text == [["" if one is None else str(one) for one in row] for row in values]
    assert [[_cell(one) for one in row] for row in book] == [[_cell(one) for one in row] for row in values]


def _cell(value: object) -> object:
    """A cell as it is read again: spreadsheets know moments but no dates, and nothing for an empty text."""
    if isinstance(value, datetime):
        return value.date()
    return None if value == "" else value


# ---- Many rows ----


def prefixes(places: Places) -> Iterator[str]:
    return ("".join(pair) for pair in product(ascii_uppercase, repeat=2))


def _agencies(places: Places, count: int) -> list[Agency]:
    return Agency.objects.bulk_create(
        Agency(name=f"Dinas {number:04}", short_name=f"Dinas {number:04}", level=Level.REGENCY)
        for number in range(count)
    )


def many_agencies(places: Places) -> None:
    zone, schedule = places.mall.zones.get(), places.mall.schedules.get()
    Tenancy.objects.bulk_create(
        Tenancy(mall=places.mall, agency=agency, zone=zone, schedule=schedule, agreement_number="1")
        for agency in _agencies(places, 400)
    )


def many_queues(places: Places) -> None:
    zone, schedule = places.mall.zones.get(), places.mall.schedules.get()
    queues = Queue.objects.bulk_create(
        Queue(
            mall=places.mall, agency=places.agency, zone=zone, schedule=schedule, prefix=prefix, name=f"Dinas {prefix}"
        )
        for prefix in prefixes(places)
    )
    profile = places.mall.work_profiles.get()
    WorkProfileQueue.objects.bulk_create(WorkProfileQueue(profile=profile, queue=queue) for queue in queues)
    for queue in queues[:60]:
        QueueService.objects.create(queue=queue, service=make_service(places.mall, places.agency))


def many_profiles(places: Places) -> None:
    queue, zone = places.mall.queues.get(), places.mall.zones.get()
    profiles = WorkProfile.objects.bulk_create(
        WorkProfile(mall=places.mall, name=f"Dinas {number:04}") for number in range(2_000)
    )
    WorkProfileQueue.objects.bulk_create(WorkProfileQueue(profile=one, queue=queue) for one in profiles)
    counters = Counter.objects.bulk_create(
        Counter(mall=places.mall, number=number, zone=zone, agency=places.agency) for number in range(100, 900)
    )
    CounterStatus.objects.bulk_create(
        CounterStatus(counter=counter, profile=profile) for counter, profile in zip(counters, profiles, strict=False)
    )


def many_counters(places: Places) -> None:
    zone, other = places.mall.zones.get(), make_agency(places.mall, "Samsat")
    agencies = _agencies(places, 898)
    Tenancy.objects.bulk_create(Tenancy(mall=places.mall, agency=agency) for agency in agencies)
    counters = Counter.objects.bulk_create(
        Counter(mall=places.mall, number=number, zone=zone, agency=agency)
        for number, agency in enumerate(agencies, 100)
    )
    CounterShare.objects.bulk_create(CounterShare(counter=one, agency=other, weekday=1) for one in counters)
    profile = places.mall.work_profiles.get()
    CounterStatus.objects.bulk_create(CounterStatus(counter=one, profile=profile) for one in counters)


def many_hours(places: Places) -> None:
    schedules = Schedule.objects.bulk_create(
        Schedule(mall=places.mall, name=f"Dinas {number:04}", agency=places.agency, closed_on=DayKind.values)
        for number in range(1_000)
    )
    OpeningPeriod.objects.bulk_create(
        OpeningPeriod(schedule=one, weekday=weekday, opens=time(8), closes=time(15))
        for one in schedules
        for weekday in range(5)
    )


def many_seasons(places: Places) -> None:
    Season.objects.bulk_create(
        Season(
            mall=places.mall,
            name=f"Dinas {number}",
            starts_on=date(2030, 1, 1) + timedelta(days=10 * number),
            ends_on=date(2030, 1, 5) + timedelta(days=10 * number),
        )
        for number in range(1_000)
    )


def many_special_days(places: Places) -> None:
    schedule = places.mall.schedules.get()
    days = SpecialDay.objects.bulk_create(
        SpecialDay(mall=places.mall, schedule=schedule, date=date(2027, 1, 1) + timedelta(days=number), reason="Dinas")
        for number in range(3_000)
    )
    SpecialPeriod.objects.bulk_create(SpecialPeriod(day=one, opens=time(8), closes=time(9)) for one in days)


def many_people(places: Places, count: int = 3_000) -> list[User]:
    people = User.objects.bulk_create(
        User(username=f"petugas-{number}", full_name=f"Dinas {number:04}", joined_at=AT, password="!x")
        for number in range(count)
    )
    Role.objects.bulk_create(
        Role(user=one, kind=RoleKind.OFFICER, mall=places.mall, agency=places.agency) for one in people
    )
    return people


def many_postings(places: Places) -> None:
    counter = places.mall.counters.get()
    Posting.objects.bulk_create(
        Posting(
            mall=places.mall,
            user=one,
            counter=counter,
            date=AT.date() + timedelta(days=day),
            starts=time(8),
            ends=time(15),
        )
        for one in many_people(places, 200)
        for day in range(25)
    )


def many_services(places: Places) -> None:
    """Ten thousand services, each with a version in force, and a draft at every tenth."""
    example_of("services", places)
    services = PublicService.objects.bulk_create(
        PublicService(mall=places.mall, agency=places.agency, name=f"Dinas {number:05}", slug=f"dinas-{number:05}")
        for number in range(10_000)
    )
    version = ServiceVersion.objects.get(service__slug="akta")
    versions, drafts = [], []
    for number, service in enumerate(services):
        again = copy(version)
        again.pk, again._state.adding, again.service = None, True, service
        versions.append(again)
        if not number % 10:
            drafts.append(
                ServiceVersion(service=service, content=version.content, digest="", drafted_by="user:8", drafted_at=AT)
            )
    ServiceVersion.objects.bulk_create([*versions, *drafts])


# register: makes a thousand rows or more, as far as a mall can have them, with "Dinas" in their names
MANY: dict[str, Callable[[Places], object]] = {
    "services": many_services,
    "words": lambda places: MallSynonym.objects.bulk_create(
        MallSynonym(mall=places.mall, said=f"dinas {number:05}", means="akta") for number in range(10_000)
    ),
    "pledges": lambda places: AgencyPledge.objects.bulk_create(
        AgencyPledge(mall=places.mall, agency=one, text={"id": "Janji"}, signed_by="Dinas", signed_on=AT.date())
        for one in _agencies(places, 1_000)
    ),
    "zones": lambda places: Zone.objects.bulk_create(
        Zone(mall=places.mall, code=f"zona-{number}", name=f"Dinas {number:05}") for number in range(10_000)
    ),
    "facilities": lambda places: Facility.objects.bulk_create(
        Facility(
            mall=places.mall, kind=FacilityKind.OTHER, zone=places.mall.zones.get(code="hall"), note=f"Dinas {number}"
        )
        for number in range(3_000)
    ),
    "agencies": many_agencies,
    "counters": many_counters,
    "queues": many_queues,
    "work-profiles": many_profiles,
    "hours": many_hours,
    "seasons": many_seasons,
    "special-days": many_special_days,
    "people": many_people,
    "roster": many_postings,
    "devices": lambda places: Device.objects.bulk_create(
        Device(mall=places.mall, name=f"dinas-{number}", kind=DeviceKind.KIOSK, zone=places.mall.zones.get(code="hall"))
        for number in range(3_000)
    ),
}
MOST_STATEMENTS = 12


@pytest.mark.parametrize("register", sorted(MANY))
def test_a_long_list_takes_few_statements(
    register: str, places: Places, endah: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    MANY[register](places)
    manager = enter(RoleKind.MANAGER, places, "kepala", "Kepala Instansi", places.agency)
    for client, rest in ((endah, ""), (endah, "?q=dinas"), (endah, "?q=dinas&page=2"), (manager, "")):
        with django_assert_max_num_queries(MOST_STATEMENTS):
            page = client.get(url(places, register, rest))
        assert page.status_code == 200
        if client is endah:
            assert len(page.context["records"]) == 50
            assert page.context["page"].paginator.count >= 400


# ---- Neighbours ----


@pytest.mark.parametrize("register", sorted(set(ALL) - OF_MALL))
def test_another_agencys_manager_finds_nothing_of_a_record(
    register: str, places: Places, endah: Client, neighbour: Client
) -> None:
    record = example_of(register, places)
    kind = sections.REGISTERS[register]
    link = url(places, register, f"{record.pk}/")
    assert link in endah.get(url(places, register)).content.decode()
    page = neighbour.get(url(places, register))
    assert page.status_code == 200
    assert link not in page.content.decode()
    assert record.pk not in [line["record"].pk for line in page.context["records"]]
    mine = [line["record"] for line in endah.get(url(places, register)).context["records"]]
    found = next(one for one in mine if one.pk == record.pk)
    row = [harmless(one.value(found)) for one in kind.columns]
    for where in (url(places, register), url(places, register, f"?q={kind.called(found)}")):
        text, book = exported(neighbour, where)
        assert ["" if one is None else str(one) for one in row] not in text
        assert [_cell(one) for one in row] not in [[_cell(one) for one in line] for line in book]
    for rest in ("", "history/", "remove/"):
        assert neighbour.get(f"{link}{rest}").status_code == 404


@pytest.mark.parametrize("register", sorted(set(REMOVABLE) - OF_MALL))
def test_another_agencys_manager_neither_sees_nor_brings_back_what_was_removed(
    register: str, places: Places, endah: Client, neighbour: Client
) -> None:
    record = add(endah, places, register)
    assert endah.post(url(places, register, f"{record.pk}/remove/")).status_code == 302
    removed = RemovedRecord.objects.latest("pk")
    page = neighbour.get(f"/office/{places.mall.code}/removed/")
    assert page.status_code == 200
    assert f"/removed/{removed.pk}/" not in page.content.decode()
    assert removed.pk not in [line["removed"].pk for line in page.context["lines"]]
    assert neighbour.post(f"/office/{places.mall.code}/removed/{removed.pk}/").status_code == 404
    assert not sections.REGISTERS[register].model._default_manager.filter(pk=record.pk).exists()


# ---- Nothing beside it ----


def test_django_admin_stays_off() -> None:
    assert not apps.is_installed("django.contrib.admin")
    assert not [app for app in settings.INSTALLED_APPS if "admin" in app]
    assert not [route for route in routes() if "admin" in route.lower()]
    assert Client().get("/admin/").status_code == 404
