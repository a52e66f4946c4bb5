"""Keeping records (`base.records`), tried on the records of a mall."""

import pytest
from django.core.exceptions import ValidationError

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.base.records import actions as records
from pendapa.base.records import queries
from pendapa.base.records.models import RemovedRecord
from pendapa.directory.malls.models import Agency, Counter, Level, Mall, OpeningPeriod, Schedule, Zone

pytestmark = pytest.mark.django_db


@pytest.fixture
def mall() -> Mall:
    return Mall.objects.create(code="magetan", name="MPP Magetan")


def add_zone(mall: Mall, code: str = "utara", name: str = "Sayap Utara") -> Zone:
    return records.add(Zone(mall=mall, code=code, name=name), by="user:1", at=clock.now())


def test_a_new_record_is_in_the_journal_with_its_values(mall: Mall) -> None:
    zone = add_zone(mall)
    entry = Entry.objects.get(subject=f"zone:{zone.pk}")
    assert (entry.verb, entry.actor, entry.mall) == ("zone.added", "user:1", mall.pk)
    assert entry.data["values"]["name"] == "Sayap Utara"


def test_a_change_is_in_the_journal_with_old_and_new_value(mall: Mall) -> None:
    zone = add_zone(mall)
    assert records.change(zone, {"name": "Sayap Timur", "code": "utara"}, version=1, by="user:2", at=clock.now()) == [
        "name"
    ]
    zone.refresh_from_db()
    assert (zone.name, zone.version) == ("Sayap Timur", 2)
    entry = Entry.objects.get(verb="zone.changed")
    assert entry.data["changes"] == {"name": ["Sayap Utara", "Sayap Timur"]}


def test_what_changes_nothing_leaves_no_trace(mall: Mall) -> None:
    zone = add_zone(mall)
    assert records.change(zone, {"name": "Sayap Utara"}, version=1, by="user:2", at=clock.now()) == []
    zone.refresh_from_db()
    assert zone.version == 1
    assert not Entry.objects.filter(verb="zone.changed").exists()


def test_two_who_edit_at_once_notice_each_other(mall: Mall) -> None:
    zone = add_zone(mall)
    mine = Zone.objects.get(pk=zone.pk)
    records.change(zone, {"name": "Sayap Timur"}, version=1, by="user:2", at=clock.now())
    with pytest.raises(records.ChangedMeanwhile) as refused:
        records.change(mine, {"seats": 40}, version=1, by="user:3", at=clock.now())
    assert refused.value.facts["actor"] == "user:2"
    zone.refresh_from_db()
    assert (zone.name, zone.seats) == ("Sayap Timur", None)


def test_a_value_that_does_not_fit_changes_nothing(mall: Mall) -> None:
    add_zone(mall)
    other = add_zone(mall, code="selatan", name="Sayap Selatan")
    with pytest.raises(ValidationError):
        records.change(other, {"code": "utara"}, version=1, by="user:2", at=clock.now())
    with pytest.raises(ValidationError) as error:
        records.change(other, {"seats": 80, "capacity": 60}, version=1, by="user:2", at=clock.now())
    assert error.value.messages == ["Kursinya lebih banyak daripada daya tampung zona."]
    other.refresh_from_db()
    assert (other.code, other.seats, other.version) == ("selatan", None, 1)


def test_what_others_refer_to_cannot_vanish_and_the_refusal_names_it(mall: Mall) -> None:
    zone = add_zone(mall)
    agency = Agency.objects.create(name="Dinas", short_name="Dinas", level=Level.REGENCY)
    Counter.objects.create(mall=mall, number=7, zone=zone, agency=agency)
    with pytest.raises(records.StillUsed) as refused:
        records.remove(zone, by="user:1", at=clock.now())
    assert "7" in refused.value.sentence
    assert Zone.objects.filter(pk=zone.pk).exists()
    assert not RemovedRecord.objects.exists()


def test_a_removed_record_comes_back_whole_under_its_old_number(mall: Mall) -> None:
    schedule = records.add(Schedule(mall=mall, name="Jam kantor"), by="user:1", at=clock.now())
    OpeningPeriod.objects.create(schedule=schedule, weekday=0, opens="08:00", closes="12:00")
    OpeningPeriod.objects.create(schedule=schedule, weekday=0, opens="13:00", closes="15:00")
    kept = (schedule.pk, [*schedule.periods.order_by("opens").values_list("pk", "opens", "closes")])
    removed = records.remove(schedule, by="user:1", at=clock.now())
    assert not Schedule.objects.exists()
    assert not OpeningPeriod.objects.exists()
    assert list(queries.removed_from(mall.pk)) == [removed]
    records.restore(removed, by="user:2", at=clock.now())
    records.restore(removed, by="user:2", at=clock.now())  # a second click
    back = Schedule.objects.get()
    assert (back.pk, [*back.periods.order_by("opens").values_list("pk", "opens", "closes")]) == kept
    assert list(queries.removed_from(mall.pk)) == []
    assert Entry.objects.filter(verb="schedule.restored").count() == 1


def test_nothing_comes_back_into_a_place_that_is_taken(mall: Mall) -> None:
    zone = add_zone(mall)
    removed = records.remove(zone, by="user:1", at=clock.now())
    add_zone(mall)
    with pytest.raises(records.CannotRestore):
        records.restore(removed, by="user:1", at=clock.now())
    assert Zone.objects.count() == 1
    removed.refresh_from_db()
    assert removed.restored_at is None


def test_a_record_that_is_gone_says_so(mall: Mall) -> None:
    zone = add_zone(mall)
    records.remove(Zone.objects.get(pk=zone.pk), by="user:1", at=clock.now())
    with pytest.raises(records.Gone):
        records.change(zone, {"name": "Sayap Timur"}, version=1, by="user:2", at=clock.now())
    with pytest.raises(records.Gone):
        records.remove(zone, by="user:2", at=clock.now())


def test_a_name_given_to_the_program_is_no_short_name_for_a_mall() -> None:
    with pytest.raises(ValidationError) as error:
        records.add(Mall(code="desk", name="MPP Meja"), by="user:1", at=clock.now())
    assert "code" in error.value.message_dict
