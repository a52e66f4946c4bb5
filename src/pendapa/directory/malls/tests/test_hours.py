# ruff: noqa: RUF001 - hours are written with an en dash
"""Hours of a date: week, season, special days, holidays, and what a change of them tells others."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from pendapa.base.journal import queries as journal
from pendapa.base.journal.models import Entry
from pendapa.base.records import actions as records
from pendapa.base.workdays import add_working_days, clock_hours, is_working_day
from pendapa.directory.malls import actions, events, queries, rules
from pendapa.directory.malls.models import (
    Agency,
    CalendarDay,
    DayKind,
    Level,
    Mall,
    OpeningPeriod,
    Region,
    RegionLevel,
    Schedule,
    Season,
    SpecialDay,
    Tenancy,
)
from pendapa.directory.malls.queries import DayFound
from pendapa.directory.malls.rules import Holiday, Period, Reason, SeasonDates, Special, Stretch, Timetable

WIB = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)  # a Tuesday, 09:00 in Magetan
MONDAY = date(2026, 11, 23)
RAMADAN = SeasonDates(1, "Ramadan", date(2026, 2, 18), date(2026, 3, 19))
WEEK = [
    *(Period(day, *hours) for day in range(4) for hours in ((time(7, 30), time(12)), (time(13), time(16)))),
    Period(4, time(7, 30), time(11, 30)),
    Period(4, time(13), time(16)),
    *(Period(day, time(8), time(15), season=1) for day in range(4)),
    Period(4, time(8), time(11, 30), season=1),
    Period(4, time(12, 30), time(15, 30), season=1),
]


def timetable(**parts: Any) -> Timetable:
    usual: dict[str, Any] = {
        "zone": WIB,
        "numbers_before": timedelta(minutes=30),
        "last_number_before": timedelta(minutes=15),
        "periods": WEEK,
        "closed_on": frozenset(DayKind.values),
        "seasons": [RAMADAN],
    }
    return Timetable(**usual | parts)


def words(on: date, **parts: Any) -> str:
    return ", ".join(map(str, rules.day_of(timetable(**parts), on).stretches))


# ---- Rules ----


def test_the_hours_of_the_regulation() -> None:
    assert words(MONDAY) == "07.30–12.00, 13.00–16.00"
    assert words(date(2026, 11, 27)) == "07.30–11.30, 13.00–16.00"  # Friday prayer
    assert words(date(2026, 11, 28)) == ""
    assert words(date(2026, 2, 19)) == "08.00–15.00"  # a Thursday in Ramadan
    assert words(date(2026, 2, 20)) == "08.00–11.30, 12.30–15.30"


def test_a_season_holds_from_its_first_to_its_last_day() -> None:
    reasons = {on: rules.day_of(timetable(), on).reason for on in (date(2026, 2, 17), RAMADAN.starts_on)}
    assert [*reasons.values()] == [Reason.WEEK, Reason.SEASON]
    assert rules.day_of(timetable(), RAMADAN.ends_on).reason == Reason.SEASON
    assert rules.day_of(timetable(), RAMADAN.ends_on + timedelta(days=1)).reason == Reason.WEEK


def test_a_schedule_without_hours_for_the_season_keeps_its_week() -> None:
    usual = [one for one in WEEK if one.season is None]
    assert rules.day_of(timetable(periods=usual), RAMADAN.starts_on).reason == Reason.WEEK


def test_a_break_is_seen_and_does_not_stop_the_giving_of_numbers() -> None:
    hours = rules.day_of(timetable(), MONDAY).hours
    assert hours is not None
    noon = datetime(2026, 11, 23, 12, 30, tzinfo=WIB)
    assert hours.break_at(noon) == hours.breaks[0]
    assert hours.numbers_from <= noon < hours.numbers_until
    assert hours.break_at(noon + timedelta(minutes=30)) is None
    assert (hours.opens_at.hour, hours.closes_at.hour) == (7, 16)


def test_the_nearest_rule_wins() -> None:
    own = Special(MONDAY, "Pelatihan", (Stretch(time(10), time(12)),), is_own=True)
    whole = Special(MONDAY, "Listrik padam", (), is_own=False)
    holiday = Holiday(MONDAY, DayKind.NATIONAL, "Libur")
    season = SeasonDates(1, "Musim", MONDAY, MONDAY)
    parts: dict[str, Any] = {"specials": [whole, own], "holidays": [holiday], "seasons": [season]}
    found = []
    for gone in ("", "own", "specials", "holidays", "seasons"):
        if gone == "own":
            parts["specials"] = [whole]
        elif gone:
            parts[gone] = []
        found.append(rules.day_of(timetable(**parts), MONDAY).reason)
    assert found == [Reason.OWN_DAY, Reason.MALL_DAY, Reason.HOLIDAY, Reason.SEASON, Reason.WEEK]


def test_joint_leave_closes_only_where_the_schedule_says_so() -> None:
    leave = [Holiday(MONDAY, DayKind.JOINT_LEAVE, "Cuti bersama")]
    assert rules.day_of(timetable(holidays=leave), MONDAY).hours is None
    day = rules.day_of(timetable(holidays=leave, closed_on=frozenset({DayKind.NATIONAL})), MONDAY)
    assert day.hours is not None
    assert [one.name for one in day.holidays] == ["Cuti bersama"]


def test_hours_go_past_midnight_only_where_said() -> None:
    night = [Period(5, time(19), time(2), over_midnight=True)]
    hours = rules.day_of(timetable(periods=night), date(2026, 11, 28)).hours
    assert hours is not None
    assert hours.closes_at == datetime(2026, 11, 29, 2, tzinfo=WIB)


def test_overlaps_are_found_also_over_midnight_and_over_the_end_of_the_week() -> None:
    morning, noon = Period(0, time(8), time(12)), Period(0, time(11, 59), time(15))
    assert rules.weekdays_that_overlap([morning, noon]) == {0}
    assert rules.weekdays_that_overlap([morning, Period(0, time(12), time(15))]) == frozenset()
    assert rules.weekdays_that_overlap([Period(6, time(20), time(9), over_midnight=True), morning]) == {0}
    assert rules.overlap([Stretch(time(8), time(12)), Stretch(time(9), time(10))])


@st.composite
def drawn_stretches(draw: st.DrawFn) -> tuple[Stretch, ...]:
    """Up to three stretches of a date in their order; the last may end on the next day, before the first began."""
    clocks = st.times().map(lambda one: one.replace(microsecond=0, fold=0))
    found = sorted(draw(st.lists(clocks, min_size=2, max_size=6, unique=True)))
    pairs = [Stretch(*pair) for pair in zip(found[::2], found[1::2], strict=False)]
    if draw(st.booleans()):
        closes = draw(clocks.filter(lambda one: one <= found[0]) | st.sampled_from([time.min, found[0]]))
        pairs[-1] = Stretch(pairs[-1].opens, closes, over_midnight=True)
    return tuple(pairs)


stretches = drawn_stretches()
minutes = st.integers(0, 24 * 60).map(lambda number: timedelta(minutes=number))
dates = st.dates(date(2020, 1, 1), date(2040, 12, 31)) | st.sampled_from([date(2028, 2, 29), date(2024, 2, 29)])
zones = st.sampled_from([ZoneInfo(zone) for zone in rules.TIME_ZONES])


@given(
    dates,
    st.dictionaries(st.integers(0, 6), stretches),
    stretches,
    st.booleans(),
    st.booleans(),
    zones,
    minutes,
    minutes,
)
def test_hours_are_sound_whatever_decides_them(  # noqa: PLR0917 - Hypothesis gives them by place
    on: date,
    week: dict[int, tuple[Stretch, ...]],
    other: tuple[Stretch, ...],
    is_special: bool,
    is_season: bool,
    zone: ZoneInfo,
    before: timedelta,
    last: timedelta,
) -> None:
    periods = [Period(day, one.opens, one.closes, one.over_midnight) for day, found in week.items() for one in found]
    periods += [Period(on.weekday(), one.opens, one.closes, one.over_midnight, season=7) for one in other]
    table = Timetable(
        zone,
        before,
        last,
        periods,
        seasons=[SeasonDates(7, "Musim", on, on)] if is_season else [],
        specials=[Special(on, "Khusus", other, is_own=True)] if is_special else [],
    )
    day = rules.day_of(table, on)
    assert day.reason == (Reason.OWN_DAY if is_special else Reason.SEASON if is_season else Reason.WEEK)
    assert (day.hours is None) == (not day.stretches)
    if day.hours is None:
        return
    hours = day.hours
    assert hours.numbers_from <= hours.opens_at <= hours.numbers_until <= hours.closes_at
    assert hours.opens_at < hours.closes_at <= hours.opens_at + timedelta(days=1)
    begins = [hours.numbers_from, hours.opens_at, *(moment for one in hours.breaks for moment in one)]
    assert {moment.astimezone(zone).date() for moment in begins} == {on}
    goes_on = any(one.over_midnight for one in day.stretches)
    assert (hours.closes_at.astimezone(zone).date() - on).days == goes_on
    assert goes_on or hours.numbers_until.astimezone(zone).date() == on
    assert all(hours.opens_at < begin < end < hours.closes_at for begin, end in hours.breaks)
    opened = sum((end - begin for begin, end in (one.seconds for one in day.stretches)))
    resting = sum(((end - begin for begin, end in hours.breaks)), timedelta())
    assert (hours.closes_at - hours.opens_at - resting).total_seconds() == opened


@given(dates, dates, dates)
def test_a_season_touches_no_date_outside_it(one: date, other: date, on: date) -> None:
    season = SeasonDates(1, "Musim", min(one, other), max(one, other))
    decided = rules.day_of(timetable(seasons=[season]), on).reason
    assert decided == (Reason.SEASON if season.starts_on <= on <= season.ends_on else Reason.WEEK)


# ---- In the database ----


@pytest.fixture
def mall(db: None) -> Mall:
    province = Region.objects.create(code="35", name="Jawa Timur", level=RegionLevel.PROVINCE)
    region = Region.objects.create(code="35.20", name="Magetan", level=RegionLevel.REGENCY, parent=province)
    return Mall.objects.create(code="magetan", name="MPP Magetan", region=region)


@pytest.fixture
def schedule(mall: Mall) -> Schedule:
    return save(mall)


def save(mall: Mall, schedule: Schedule | None = None, **rest: Any) -> Schedule:
    sent: dict[str, Any] = {"values": {"name": "Kantor"}, "periods": [one for one in WEEK if not one.season]}
    return actions.save_schedule(
        **{"mall": mall, "schedule": schedule, "version": None, "by": "user:1", "at": NOW, **sent, **rest}
    )


def special(mall: Mall, on: date, *stretches: Stretch, schedule: Schedule | None = None) -> SpecialDay:
    return actions.save_special_day(
        mall=mall,
        day=None,
        values={"date": on, "reason": "Pelatihan", "schedule": schedule},
        stretches=stretches,
        version=None,
        by="user:1",
        at=NOW,
    )


def holiday(on: date, kind: str = DayKind.NATIONAL, **rest: Any) -> CalendarDay:
    day = actions.propose_day(
        day=None, values={"date": on, "kind": kind, "name": "Libur", **rest}, version=None, by="user:1", at=NOW
    )
    actions.confirm_calendar_days(days=[day], legal_basis="SKB 3 Menteri", by="user:2", at=NOW)
    return day


def test_a_schedule_is_saved_as_one_change(mall: Mall, schedule: Schedule) -> None:
    schedule.refresh_from_db()
    first = schedule.version
    save(mall, schedule, values={"name": "Pagi"}, periods=[Period(0, time(8), time(12))], version=first)
    entry = journal.history_of(schedule).last()
    assert entry is not None
    assert entry.data["changes"]["name"] == ["Kantor", "Pagi"]
    assert entry.data["changes"]["periods"][1] == "Sen 08.00–12.00"
    assert schedule.version == first + 1
    with pytest.raises(records.ChangedMeanwhile):
        save(mall, schedule, values={"name": "Siang"}, version=first)
    count = Entry.objects.count()
    save(mall, schedule, values={"name": "Pagi"}, periods=[Period(0, time(8), time(12))])
    assert Entry.objects.count() == count


def test_overlapping_hours_of_a_weekday_are_refused(mall: Mall, schedule: Schedule) -> None:
    with pytest.raises(ValidationError):
        save(mall, schedule, periods=[Period(0, time(8), time(12)), Period(0, time(11), time(13))])
    with pytest.raises(ValidationError):
        save(mall, schedule, periods=[Period(0, time(12), time(8))])
    assert schedule.periods.count() == 10


@pytest.mark.parametrize(
    ("weekday", "opens", "closes", "over_midnight"),
    [(0, time(11), time(14), False), (6, time(22), time(1), True), (0, time(8), time(9), False)],
)
def test_the_database_refuses_overlaps_too(
    schedule: Schedule, weekday: int, opens: time, closes: time, over_midnight: bool
) -> None:
    row = OpeningPeriod(schedule=schedule, weekday=weekday, opens=opens, closes=closes, over_midnight=over_midnight)
    if weekday == 6:
        row.save()  # Sunday night into Monday morning, before anything opens
        row = OpeningPeriod(schedule=schedule, weekday=6, opens=time(23), closes=time(23, 30))
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_two_seasons_may_have_the_same_hours(mall: Mall, schedule: Schedule) -> None:
    season = actions.save_season(
        mall=mall,
        season=None,
        values={"name": "Ramadan", "starts_on": date(2027, 2, 8), "ends_on": date(2027, 3, 9)},
        version=None,
        by="user:1",
        at=NOW,
    )
    save(
        mall,
        schedule,
        periods=[*(one for one in WEEK if not one.season), Period(0, time(8), time(12), season=season.pk)],
    )
    assert str(queries.hours_of(schedule, date(2027, 2, 8)).opens_at.time()) == "08:00:00"  # type: ignore[union-attr]  # open then
    assert queries.hours_of(schedule, date(2027, 2, 9)) is None
    assert queries.hours_of(schedule, date(2027, 3, 10)) is not None
    with pytest.raises(ValidationError):
        Season(mall=mall, name="Lain", starts_on=date(2027, 3, 9), ends_on=date(2027, 3, 12)).full_clean()
    removed = actions.remove_hours(record=season, by="user:1", at=NOW)
    assert schedule.periods.count() == 10
    records.restore(removed, by="user:1", at=NOW)
    assert schedule.periods.count() == 11


def test_a_special_day_of_the_schedule_goes_before_one_of_the_mall(mall: Mall, schedule: Schedule) -> None:
    other = save(mall, values={"name": "Lain"})
    special(mall, MONDAY)
    special(mall, MONDAY, Stretch(time(9), time(11)), schedule=schedule)
    assert queries.hours_of(other, MONDAY) is None
    hours = queries.hours_of(schedule, MONDAY)
    assert hours is not None
    assert hours.opens_at.hour == 9
    with pytest.raises(ValidationError):
        special(mall, MONDAY + timedelta(days=1), Stretch(time(9), time(11)), Stretch(time(10), time(12)))
    assert SpecialDay.objects.count() == 2


def test_only_confirmed_days_close(mall: Mall, schedule: Schedule) -> None:
    day = actions.propose_day(
        day=None,
        values={"date": MONDAY, "kind": DayKind.NATIONAL, "name": "Libur"},
        version=None,
        by="user:1",
        at=NOW,
    )
    assert queries.hours_of(schedule, MONDAY) is not None
    with pytest.raises(actions.NeedsSecondPerson):
        actions.confirm_calendar_days(days=[day], legal_basis="SKB", by="user:1", at=NOW)
    with pytest.raises(actions.NeedsDecree):
        actions.confirm_calendar_days(days=[day], legal_basis=" ", by="user:2", at=NOW)
    assert actions.confirm_calendar_days(days=[day], legal_basis="SKB", by="user:2", at=NOW) == [day]
    assert actions.confirm_calendar_days(days=[day], legal_basis="SKB", by="user:2", at=NOW) == []
    assert queries.hours_of(schedule, MONDAY) is None
    day.refresh_from_db()
    with pytest.raises(actions.AlreadyConfirmed):
        actions.reject_calendar_day(day=day, by="user:2", at=NOW)
    actions.withdraw_calendar_day(day=day, by="user:2", at=NOW)
    assert queries.hours_of(schedule, MONDAY) is not None
    with pytest.raises(actions.NeedsSecondPerson):
        actions.confirm_calendar_days(days=[day], legal_basis="SKB", by="user:2", at=NOW)
    verbs = journal.history_of(day).values_list("verb", flat=True)
    assert {"calendarday.added", "calendarday.confirmed", "calendarday.withdrawn"} <= set(verbs)


def test_who_corrects_a_proposal_cannot_confirm_it(mall: Mall) -> None:
    day = actions.propose_day(
        day=None, values={"date": MONDAY, "kind": "national", "name": "Libur"}, version=None, by="user:1", at=NOW
    )
    actions.propose_day(day=day, values={"name": "Libur besar"}, version=day.version, by="user:2", at=NOW)
    with pytest.raises(actions.NeedsSecondPerson):
        actions.confirm_calendar_days(days=[day], legal_basis="SKB", by="user:2", at=NOW)
    assert actions.confirm_calendar_days(days=[day], legal_basis="SKB", by="user:1", at=NOW)


def test_all_days_are_confirmed_or_none(mall: Mall) -> None:
    days = [
        actions.propose_day(
            day=None, values={"date": on, "kind": "national", "name": "Libur"}, version=None, by=by, at=NOW
        )
        for on, by in ((MONDAY, "user:1"), (date(2026, 12, 25), "user:2"))
    ]
    with pytest.raises(actions.NeedsSecondPerson):
        actions.confirm_calendar_days(days=days, legal_basis="SKB", by="user:2", at=NOW)
    assert not CalendarDay.objects.filter(confirmed_at__isnull=False).exists()


def test_a_regional_day_holds_within_its_region_and_an_agencys_for_it_alone(mall: Mall, schedule: Schedule) -> None:
    agency = Agency.objects.create(name="Dukcapil", short_name="Dukcapil", level=Level.REGENCY)
    other = Agency.objects.create(name="Pajak", short_name="Pajak", level=Level.CENTRE)
    bali = Region.objects.create(code="51", name="Bali", level=RegionLevel.PROVINCE)
    Region.objects.create(code="3", name="Tak ada", level=RegionLevel.PROVINCE)
    holiday(date(2026, 12, 1), DayKind.REGIONAL, region_id="35")
    holiday(date(2026, 12, 2), DayKind.REGIONAL, region=bali)
    holiday(date(2026, 12, 3), DayKind.LOCAL_CLOSURE, mall=mall, agency=agency)
    span = (date(2026, 12, 1), date(2026, 12, 31))
    assert queries.closed_dates(agency, mall, *span) == {date(2026, 12, 1), date(2026, 12, 3)}
    assert queries.closed_dates(other, mall, *span) == {date(2026, 12, 1)}
    own = save(mall, values={"name": "Dukcapil", "agency": agency})
    assert queries.hours_of(own, date(2026, 12, 3)) is None
    assert queries.hours_of(schedule, date(2026, 12, 3)) is not None
    assert queries.hours_of(schedule, date(2026, 12, 2)) is not None


def test_working_days_follow_the_calendar_of_the_agency(mall: Mall) -> None:
    """Regulations reference 14, check 6."""
    agency = Agency.objects.create(name="Dukcapil", short_name="Dukcapil", level=Level.REGENCY)
    friday, monday = date(2026, 8, 14), date(2026, 8, 17)
    holiday(monday)
    closed = queries.closed_dates(agency, mall, friday, friday + timedelta(days=30))
    assert add_working_days(friday, 3, closed=closed) == date(2026, 8, 20)  # Thursday
    received = datetime(2026, 8, 14, 16, tzinfo=WIB)
    assert clock_hours(received, 72) == datetime(2026, 8, 17, 16, tzinfo=WIB)


def test_2026_has_248_weekdays_outside_holidays_and_240_outside_joint_leave_too(mall: Mall) -> None:
    agency = Agency.objects.create(name="Dukcapil", short_name="Dukcapil", level=Level.REGENCY)
    listed = [(date(2026, *one), DayKind.NATIONAL) for one in (
        (1, 1), (1, 16), (2, 17), (3, 19), (3, 21), (3, 22), (4, 3), (4, 5), (5, 1), (5, 14), (5, 27), (5, 31),
        (6, 1), (6, 16), (8, 17), (8, 25), (12, 25),
    )] + [(date(2026, *one), DayKind.JOINT_LEAVE) for one in (
        (2, 16), (3, 18), (3, 20), (3, 23), (3, 24), (5, 15), (5, 28), (12, 24),
    )]  # fmt: skip
    found = [DayFound(on, kind, f"Hari {on}", "SKB 3 Menteri") for on, kind in listed]
    assert actions.propose_calendar_days(found=found, mall=None, source="CSV", by="user:1", at=NOW) == (25, 0)
    assert actions.propose_calendar_days(found=found, mall=None, source="CSV", by="user:1", at=NOW) == (0, 0)
    actions.confirm_calendar_days(days=[*CalendarDay.objects.all()], legal_basis="", by="user:2", at=NOW)
    year = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]

    def working() -> int:
        closed = queries.closed_dates(agency, mall, year[0], year[-1])
        return sum(is_working_day(on, closed=closed) for on in year)

    assert working() == 240
    through = save(mall, values={"name": "Buka saat cuti", "closed_on": ["national"]})
    Tenancy.objects.create(mall=mall, agency=agency, schedule=through)
    assert working() == 248


def test_the_package_proposes_the_days_of_the_decree() -> None:
    found = queries.days_of_package(2026)
    kinds = {one.date: one.kind for one in found}
    assert kinds[date(2026, 8, 17)] == DayKind.NATIONAL
    assert kinds[date(2026, 2, 16)] == DayKind.JOINT_LEAVE
    assert sum(kind == DayKind.NATIONAL for kind in kinds.values()) == 17


def test_a_csv_is_read_line_by_line_with_what_is_wrong() -> None:
    text = (
        "Tanggal;Nama;Jenis;Dasar hukum\r\n17/08/2026;Hari Kemerdekaan;libur nasional;SKB\r\n"
        "2026-12-24;Cuti;Cuti bersama;\r\n31/02/2026;Salah;;\r\n2026-01-01;;;\r\n2026-01-02;Aneh;pesta;\r\n"
    )
    found = queries.days_in_csv(text.encode())
    assert [(one.number, str(one.date), one.kind, bool(one.error)) for one in found] == [
        (2, "2026-08-17", "national", False),
        (3, "2026-12-24", "joint_leave", False),
        (4, "None", "national", True),
        (5, "2026-01-01", "national", True),
        (6, "2026-01-02", "national", True),
    ]
    for bad in (b"\xff\xfe\x00", b"a,b\n1,2\n", b"\0", b""):
        with pytest.raises(queries.Unreadable):
            queries.days_in_csv(bad)


def test_an_ics_is_read_day_by_day() -> None:
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x",
        "BEGIN:VEVENT", "UID:1", "DTSTART;VALUE=DATE:20260321", "DTEND;VALUE=DATE:20260323", "SUMMARY:Idulfitri",
        "END:VEVENT",
        "BEGIN:VEVENT", "UID:2", "DTSTART;VALUE=DATE:20260320", "SUMMARY:Cuti Bersama Idulfitri", "END:VEVENT",
        "END:VCALENDAR",
    ]  # fmt: skip
    found = queries.days_in_ics("\r\n".join(lines).encode())
    assert [(str(one.date), one.kind) for one in found] == [
        ("2026-03-21", "national"), ("2026-03-22", "national"), ("2026-03-20", "joint_leave"),
    ]  # fmt: skip
    for bad in (b"\xff\x00", b"hello", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR", b""):
        with pytest.raises(queries.Unreadable):
            queries.days_in_ics(bad)


def test_an_import_leaves_confirmed_days_alone(mall: Mall) -> None:
    day = holiday(MONDAY)
    found = [DayFound(MONDAY, DayKind.NATIONAL, "Nama lain")]
    assert actions.propose_calendar_days(found=found, mall=None, source="CSV", by="user:1", at=NOW) == (0, 0)
    actions.withdraw_calendar_day(day=day, by="user:2", at=NOW)
    assert actions.propose_calendar_days(found=found, mall=None, source="CSV", by="user:1", at=NOW) == (0, 1)


def test_a_week_of_all_schedules_takes_few_statements(
    mall: Mall, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        save(mall, values={"name": f"Jadwal {number}"})
    special(mall, MONDAY)
    with django_assert_max_num_queries(7):
        week = queries.week_of(mall, MONDAY)
    assert len(week) == 12
    assert all(
        [day.hours is None for day in days] == [True, False, False, False, False, True, True] for days in week.values()
    )


def test_others_are_asked_before_and_told_after(mall: Mall, schedule: Schedule) -> None:
    heard: list[tuple[str, int]] = []

    def asked(changes: list[events.HoursChange], **_rest: Any) -> list[events.Impact]:
        heard.append(("asked", len(changes)))
        return [events.Impact("Satu hari berubah.", 1, changes[0].date)]

    def told(changes: list[events.HoursChange], **_rest: Any) -> None:
        heard.append(("told", len(changes)))

    events.hours_changing.connect(asked)
    events.hours_changed.connect(told)
    try:
        entries = Entry.objects.count()
        impacts = actions.impacts_of(lambda: special(mall, date(2026, 11, 25)))
        assert "Satu hari berubah." in [one.text for one in impacts]
        assert not SpecialDay.objects.exists()
        assert Entry.objects.count() == entries
        special(mall, date(2026, 11, 25))
        special(mall, date(2026, 11, 1))  # past
        save(mall, schedule, values={"name": "Nama baru"})  # no hours differ
    finally:
        events.hours_changing.disconnect(asked)
        events.hours_changed.disconnect(told)
    assert heard == [("asked", 1), ("told", 1)]
