"""Malls and what stands in them, and the regions they lie in."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import get_resolver

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.base.records.actions import ChangedMeanwhile, StillUsed
from pendapa.directory.malls import actions, queries, rules
from pendapa.directory.malls.actions.regions import FORMER
from pendapa.directory.malls.models import Agency, Counter, FormerRegion, Level, Mall, Region, Tenancy, Zone
from pendapa.directory.malls.rules import Share

pytestmark = pytest.mark.django_db


@pytest.fixture
def mall() -> Mall:
    return Mall.objects.create(code="magetan", name="MPP Magetan")


@pytest.fixture
def zone(mall: Mall) -> Zone:
    return Zone.objects.create(mall=mall, code="utara", name="Sayap Utara")


def stand(mall: Mall, name: str) -> Agency:
    agency = Agency.objects.create(name=name, short_name=name, level=Level.REGENCY)
    Tenancy.objects.create(mall=mall, agency=agency)
    return agency


def test_the_regions_are_all_there_and_loading_again_changes_nothing() -> None:
    assert actions.load_regions() == 38 + 514 + 7285 + len(FORMER)
    assert actions.load_regions() == 0
    counts = {
        level: Region.objects.filter(level=level).count() for level in ("province", "regency", "city", "district")
    }
    assert counts == {"province": 38, "regency": 416, "city": 98, "district": 7285}
    Region.objects.filter(code="35.20").update(name="Magetan")
    assert actions.load_regions() == 1
    assert Region.objects.get(code="35.20").name == "Kabupaten Magetan"


def test_a_code_leads_to_the_region_of_today() -> None:
    actions.load_regions()

    def name(code: str) -> str | None:
        found = queries.region_of(code)
        return found.region.name if found and found.region else None

    assert name("35.20") == "Kabupaten Magetan"
    assert name("352001") == Region.objects.get(code="35.20.01").name
    assert name("352099") == "Kabupaten Magetan"  # no such district
    assert name("35") == "Jawa Timur"
    assert name("00.00.00") is None
    assert name("") is None
    for code, (former_name, _successor, law) in FORMER.items():
        assert name(code) == former_name
        found = queries.region_of(f"{code}.01")
        assert found is not None
        assert found.former is not None
        assert found.former.basis == law
    assert not Region.objects.filter(code__in=FORMER).exists()  # a code is present or former, never both
    assert FormerRegion.objects.count() == len(FORMER)


def test_regions_are_found_by_name_and_code() -> None:
    actions.load_regions()
    assert [one.code for one in queries.regions_like("kota mage")] == ["33.71"]
    assert queries.regions_like("35.20", levels=["regency"]).get().name == "Kabupaten Magetan"
    assert not queries.regions_like("\0 xyzzy").exists()


def test_no_mall_takes_an_address_of_the_program() -> None:
    first = {str(one.pattern).partition("/")[0] for one in get_resolver().url_patterns if str(one.pattern)}
    inner = {
        str(one.pattern).partition("/")[0]
        for resolver in get_resolver().url_patterns
        for one in getattr(resolver, "url_patterns", ())
        if not str(resolver.pattern)
    }
    fixed = {part for part in first | inner if part and "<" not in part}
    assert fixed - rules.RESERVED_CODES == set()


def test_a_stand_is_added_with_its_agency_and_what_both_sides_owe(mall: Mall) -> None:
    tenancy = actions.save_tenancy(
        mall=mall,
        tenancy=None,
        agency={"name": "Dinas Kependudukan", "short_name": "Dukcapil", "level": Level.REGENCY},
        values={"stand": "Gerai Dukcapil", "agreement_number": "070/12/2026"},
        obligations=[{"party": "agency", "text": "Dua petugas setiap hari", "due_on": None, "met_on": None}],
        version=None,
        by="user:1",
        at=clock.now(),
    )
    assert str(tenancy) == "Gerai Dukcapil"
    assert tenancy.obligations.get().text == "Dua petugas setiap hari"
    actions.save_tenancy(
        mall=mall, tenancy=tenancy, agency=None, values={}, obligations=[], version=None, by="user:1", at=clock.now()
    )
    assert not tenancy.obligations.exists()
    verbs = [*Entry.objects.order_by("id").values_list("verb", flat=True)]
    assert sorted(verbs) == ["agency.added", "tenancy.added", "tenancy.changed", "tenancy.changed"]


def test_a_counter_is_shared_by_weekdays(mall: Mall, zone: Zone) -> None:
    tax, passport = stand(mall, "Pajak"), stand(mall, "Imigrasi")
    counter = actions.save_counter(
        mall=mall,
        counter=None,
        values={"number": 9, "zone": zone, "agency": tax},
        shares=[{"agency": passport, "weekday": 2, "starts": None, "ends": None}],
        version=None,
        by="user:1",
        at=clock.now(),
    )
    tuesday, wednesday = datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 25, 3, tzinfo=UTC)
    assert queries.agencies_at(counter, tuesday) == {tax.pk}
    assert queries.agencies_at(counter, wednesday) == {passport.pk}
    assert queries.agencies_at(counter, datetime(2026, 11, 24, 20, tzinfo=UTC)) == {passport.pk}  # Wednesday in Java
    counter.refresh_from_db()
    with pytest.raises(ChangedMeanwhile):
        actions.save_counter(
            mall=mall,
            counter=counter,
            values={"number": 10, "zone": zone, "agency": tax},
            shares=[],
            version=1,
            by="user:1",
            at=clock.now(),
        )


def test_two_agencies_never_have_one_counter_at_the_same_time(mall: Mall, zone: Zone) -> None:
    tax, passport = stand(mall, "Pajak"), stand(mall, "Imigrasi")
    shares = [
        {"agency": passport, "weekday": 2, "starts": time(8), "ends": time(12)},
        {"agency": tax, "weekday": 2, "starts": time(11), "ends": time(14)},
    ]
    with pytest.raises(ValidationError):
        actions.save_counter(
            mall=mall,
            counter=None,
            values={"number": 9, "zone": zone, "agency": tax},
            shares=shares,
            version=None,
            by="user:1",
            at=clock.now(),
        )
    assert not Counter.objects.exists()


def test_a_share_that_stays_is_not_in_the_way_of_itself(mall: Mall, zone: Zone) -> None:
    tax, passport = stand(mall, "Pajak"), stand(mall, "Imigrasi")
    counter = Counter.objects.create(mall=mall, number=9, zone=zone, agency=tax)
    wednesday = {"agency": passport, "weekday": 2, "starts": None, "ends": None}
    thursday = {**wednesday, "weekday": 3}
    for shares in ([wednesday], [wednesday, thursday], [thursday]):
        actions.save_counter(
            mall=mall, counter=counter, values={}, shares=shares, version=None, by="user:1", at=clock.now()
        )
        assert counter.shares.count() == len(shares)
    with pytest.raises(ValidationError):  # an agency without a stand here
        actions.save_counter(
            mall=mall,
            counter=counter,
            values={},
            shares=[{**wednesday, "agency": Agency.objects.create(name="Bank", short_name="Bank", level="private")}],
            version=None,
            by="user:1",
            at=clock.now(),
        )
    assert counter.shares.count() == 1


@pytest.mark.parametrize(
    ("first", "second"), [((None, None), (time(8), time(9))), ((time(8), time(12)), (time(11), time(15)))]
)
def test_the_database_itself_refuses_overlapping_shares(
    mall: Mall, zone: Zone, first: tuple[time | None, time | None], second: tuple[time | None, time | None]
) -> None:
    tax, passport = stand(mall, "Pajak"), stand(mall, "Imigrasi")
    counter = Counter.objects.create(mall=mall, number=9, zone=zone, agency=tax)
    for weekday, (starts, ends) in ((2, first), (3, second)):
        counter.shares.create(agency=passport, weekday=weekday, starts=starts, ends=ends)
    with pytest.raises(IntegrityError), transaction.atomic():
        counter.shares.create(agency=passport, weekday=2, starts=second[0], ends=second[1])
    counter.shares.create(agency=passport, weekday=4, starts=time(8), ends=time(12))
    counter.shares.create(agency=tax, weekday=4, starts=time(12), ends=time(15))  # one ends when the other begins


def test_who_changes_an_agency_is_noticed_by_who_has_its_stand_open(mall: Mall) -> None:
    tenancy = stand(mall, "Pajak").tenancies.get()
    kept: Any = {"mall": mall, "tenancy": tenancy, "values": {}, "obligations": None, "by": "user:1", "at": clock.now()}
    actions.save_tenancy(**kept, agency={"name": "Kantor Pajak"}, version=1)
    assert Agency.objects.get().name == "Kantor Pajak"
    with pytest.raises(ChangedMeanwhile):
        actions.save_tenancy(**kept, agency={"name": "Balai Pajak"}, version=1)
    assert Agency.objects.get().name == "Kantor Pajak"


@pytest.mark.parametrize(
    ("shares", "overlap"),
    [
        ([Share(1, 0, time(8), time(12)), Share(2, 0, time(12), time(15))], False),
        ([Share(1, 0, time(8), time(12)), Share(2, 1, time(8), time(12))], False),
        ([Share(1, 0, None, None), Share(2, 0, time(8), time(9))], True),
        ([], False),
    ],
)
def test_shares_that_touch_do_not_overlap(shares: list[Share], overlap: bool) -> None:
    assert rules.shares_overlap(shares) is overlap


def test_an_agency_keeps_its_counter_beside_a_share_of_hours() -> None:
    assert rules.agencies_on(1, [Share(2, 0, time(8), time(9))], 0) == {1, 2}
    assert rules.agencies_on(1, [Share(2, 0, None, None)], 0) == {2}
    assert rules.agencies_on(1, [Share(2, 0, None, None)], 1) == {1}


def test_nothing_of_another_mall_is_taken_in(mall: Mall, zone: Zone) -> None:
    other = Mall.objects.create(code="ngawi", name="MPP Ngawi")
    agency = stand(other, "Pajak")
    for values in ({"number": 1, "zone": zone, "agency": agency}, {"kind": "ramp", "zone": zone}):
        save = actions.save_counter if "number" in values else actions.save_facility
        extra = {"counter": None, "shares": None} if "number" in values else {"facility": None}
        with pytest.raises(ValidationError):
            save(mall=other, values=values, version=None, by="user:1", at=clock.now(), **extra)


def test_an_agency_with_counters_cannot_leave(mall: Mall, zone: Zone) -> None:
    agency = stand(mall, "Pajak")
    Counter.objects.create(mall=mall, number=4, zone=zone, agency=agency)
    with pytest.raises(StillUsed) as refused:
        actions.remove(zone, by="user:1", at=clock.now())
    assert "4" in refused.value.sentence
    with pytest.raises(StillUsed):
        actions.remove_tenancy(tenancy=agency.tenancies.get(), by="user:1", at=clock.now())
