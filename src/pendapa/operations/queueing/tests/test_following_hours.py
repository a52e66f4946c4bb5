"""Days that are made already follow their schedule, and nobody who holds a number is sent home by it."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import translation

from pendapa.base import clock
from pendapa.base.journal.models import Entry
from pendapa.directory.malls import actions as malls
from pendapa.directory.malls import queries
from pendapa.directory.malls.models import CalendarDay, DayKind, Mall, OpeningPeriod, Schedule, Season
from pendapa.directory.malls.queries import service_date
from pendapa.directory.malls.rules import Period, Stretch
from pendapa.operations.queueing import actions
from pendapa.operations.queueing.models import Queue, QueueDay
from pendapa.operations.queueing.rules import State
from pendapa.operations.queueing.tests.make import day_of, make_queue, take, ticket_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue() -> Queue:
    return make_queue()


def today(queue: Queue) -> date:
    return service_date(queue.mall, clock.now())


def noon(queue: Queue, on: date | None = None) -> datetime:
    return datetime.combine(on or today(queue), time(12), tzinfo=queue.mall.zone_info)


def shut(queue: Queue, on: date, *stretches: Stretch, at: datetime) -> None:
    malls.save_special_day(
        mall=queue.mall,
        day=None,
        values={"date": on, "reason": "Pemadaman listrik", "schedule": None},
        stretches=stretches,
        version=None,
        by="user:1",
        at=at,
    )


def texts(queue: Queue, on: date, *stretches: Stretch) -> list[str]:
    with translation.override("en"):
        return [one.text for one in malls.impacts_of(lambda: shut(queue, on, *stretches, at=noon(queue)))]


def test_a_day_that_becomes_closed_keeps_its_people_and_gives_no_more_numbers(queue: Queue) -> None:
    ticket = ticket_of(take(queue))
    before = day_of(queue)
    at = noon(queue)
    shut(queue, today(queue), at=at)
    day = day_of(queue)
    assert day.numbers_until == at
    assert (day.closes_at, day.closed_at) == (before.closes_at, None)
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING
    actions.close_finished_days(at=at + timedelta(hours=3))
    assert day_of(queue).closed_at is None


def test_a_day_ahead_that_becomes_closed_gives_no_number_at_all_until_it_opens_again(queue: Queue) -> None:
    tomorrow = today(queue) + timedelta(days=1)
    actions.open_days(mall=queue.mall, on=tomorrow, at=noon(queue))
    before = QueueDay.objects.get(queue=queue, date=tomorrow)
    shut(queue, tomorrow, at=noon(queue))
    day = QueueDay.objects.get(queue=queue, date=tomorrow)
    assert day.numbers_until == day.numbers_from
    malls.remove_hours(record=queue.mall.special_days.get(), by="user:1", at=noon(queue))
    assert QueueDay.objects.get(queue=queue, date=tomorrow).numbers_until == before.numbers_until


def test_closing_does_not_move_behind_the_present(queue: Queue) -> None:
    take(queue)
    at = noon(queue)
    shut(queue, today(queue), Stretch(time(0), time(9)), at=at)
    day = day_of(queue)
    assert day.closes_at == at
    assert day.numbers_until == noon(queue) - timedelta(hours=3)
    assert actions.close_finished_days(at=at + timedelta(hours=1)) == 0


def test_a_shorter_day_is_written_down(queue: Queue) -> None:
    shut(queue, today(queue), Stretch(time(0), time(14)), at=noon(queue))
    assert day_of(queue).closes_at == noon(queue) + timedelta(hours=2)
    assert Entry.objects.filter(verb="day.hours_changed").count() == 1


def test_a_date_that_opens_gets_its_days(queue: Queue) -> None:
    Schedule.objects.get().periods.all().delete()
    QueueDay.objects.all().delete()
    periods = [Period(day, time(8), time(15)) for day in range(7)]
    malls.save_schedule(
        mall=queue.mall,
        schedule=queue.schedule,
        values={},
        periods=periods,
        version=None,
        by="user:1",
        at=noon(queue),
    )
    assert day_of(queue).opens_at == noon(queue) - timedelta(hours=4)
    assert QueueDay.objects.count() == 1  # later dates are made by the clock


def test_closed_days_and_other_schedules_are_left_alone(queue: Queue) -> None:
    other = Schedule.objects.create(mall=queue.mall, name="Lain")
    OpeningPeriod.objects.create(schedule=other, weekday=0, opens=time(8), closes=time(9))
    actions.close_day(day=day_of(queue), by=None, at=noon(queue))
    before = day_of(queue)
    shut(queue, today(queue), at=noon(queue))
    assert vars(day_of(queue))["numbers_until"] == before.numbers_until
    assert texts(queue, today(queue) + timedelta(days=9)) == []


@pytest.mark.parametrize(
    ("stretches", "words"),
    [((), "gives no more numbers; 2 people"), ((Stretch(time(0), time(13)),), "closes at 13.00; 2 people")],
)
def test_people_who_hold_numbers_are_named_before_saving(
    queue: Queue, stretches: tuple[Stretch, ...], words: str
) -> None:
    take(queue)
    take(queue)
    said = texts(queue, today(queue), *stretches)
    assert "1 queue gets the new hours" in said[0]
    assert words in said[1]
    assert not queue.mall.special_days.exists()
    assert day_of(queue).numbers_until == day_of(queue).closes_at


def ramadan(queue: Queue, *, at: datetime) -> None:
    """A season around today; the schedule has hours of its own for it already."""
    on = today(queue)
    malls.save_season(
        mall=queue.mall,
        season=Season.objects.filter(mall=queue.mall).first(),
        values={"name": "Ramadan", "starts_on": on, "ends_on": on + timedelta(days=29)},
        version=None,
        by="user:1",
        at=at,
    )


def test_the_dates_of_a_season_say_whom_they_touch_and_the_days_follow(queue: Queue) -> None:
    take(queue)
    on, at = today(queue), noon(queue)
    season = Season.objects.create(
        mall=queue.mall, name="Ramadan", starts_on=on + timedelta(40), ends_on=on + timedelta(69)
    )
    short = Period(on.weekday(), time(0), time(13), season=season.pk)
    malls.save_schedule(
        mall=queue.mall,
        schedule=queue.schedule,
        values={},
        periods=[*queries.periods_of(queue.schedule), short],
        version=None,
        by="user:1",
        at=at,
    )
    with translation.override("en"):
        said = [one.text for one in malls.impacts_of(lambda: ramadan(queue, at=at))]
    assert "closes at 13.00; 1 person" in " ".join(said)
    season.refresh_from_db()
    assert season.starts_on == on + timedelta(40)  # asked, not done
    ramadan(queue, at=at)
    assert day_of(queue).closes_at == noon(queue) + timedelta(hours=1)
    assert Entry.objects.filter(verb="season.changed", subject=f"season:{season.pk}").count() == 1


def test_a_confirmed_day_says_whom_it_touches_and_the_days_follow(queue: Queue) -> None:
    take(queue)
    at = noon(queue)
    values = {"date": today(queue), "kind": DayKind.LOCAL_CLOSURE, "mall": queue.mall, "name": "Hari jadi kota"}
    day = malls.propose_day(day=None, values=values, version=None, by="user:1", at=at)

    def confirm() -> None:
        fresh = CalendarDay.objects.get(pk=day.pk)
        malls.confirm_calendar_days(days=[fresh], legal_basis="SE Wali Kota 12/2026", by="user:2", at=at)

    with translation.override("en"):
        said = [one.text for one in malls.impacts_of(confirm)]
    assert "gives no more numbers; 1 person" in " ".join(said)
    assert not CalendarDay.objects.get().is_confirmed
    confirm()
    assert day_of(queue).numbers_until == at
    verbs = Entry.objects.filter(subject=f"calendarday:{day.pk}").values_list("verb", flat=True)
    assert {"calendarday.added", "calendarday.confirmed"} <= set(verbs)


def test_every_change_of_hours_stands_in_the_journal(queue: Queue) -> None:
    at = noon(queue)
    shut(queue, today(queue) + timedelta(days=3), at=at)
    special = queue.mall.special_days.get()
    malls.save_special_day(
        mall=queue.mall,
        day=special,
        values={},
        stretches=[Stretch(time(8), time(9))],
        version=None,
        by="user:1",
        at=at,
    )
    ramadan(queue, at=at)
    season = Season.objects.get()
    kept = {"specialday": special.pk, "season": season.pk}
    for record in (special, season):
        malls.restore_hours(
            mall=queue.mall, removed=malls.remove_hours(record=record, by="user:1", at=at), by="user:1", at=at
        )
    for kind, pk in kept.items():
        entries = Entry.objects.filter(subject=f"{kind}:{pk}")
        assert {f"{kind}.added", f"{kind}.removed", f"{kind}.restored"} <= set(entries.values_list("verb", flat=True))
        assert set(entries.values_list("mall", flat=True)) == {queue.mall.pk}
    changed = Entry.objects.filter(subject=f"specialday:{kept['specialday']}", verb="specialday.changed").last()
    assert changed is not None
    assert "08.00" in str(changed.data)


def test_the_schedule_of_another_mall_changes_nothing_here(queue: Queue) -> None:
    other: Any = Mall.objects.create(code="lain", name="MPP Lain")
    before = day_of(queue)
    malls.save_special_day(
        mall=other,
        day=None,
        values={"date": today(queue), "reason": "Listrik", "schedule": None},
        stretches=(),
        version=None,
        by="user:1",
        at=noon(queue),
    )
    assert day_of(queue).numbers_until == before.numbers_until
