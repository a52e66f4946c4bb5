"""Opening hours: where numbers begin and end, and what holds for every schedule."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from pendapa.directory.malls.rules import TIME_ZONES, Period, hours_on

WIB = ZoneInfo("Asia/Jakarta")
MONDAY = date(2026, 11, 23)
OFFICE = [Period(0, time(8), time(12)), Period(0, time(13), time(15))]
HALF_AN_HOUR = timedelta(minutes=30)


def at(clock: str, on: date = MONDAY) -> datetime:
    return datetime.combine(on, time.fromisoformat(clock), tzinfo=WIB)


def test_numbers_are_given_from_before_the_opening_to_before_the_closing() -> None:
    hours = hours_on(MONDAY, OFFICE, zone=WIB, numbers_before=HALF_AN_HOUR, last_number_before=HALF_AN_HOUR)
    assert hours is not None
    assert (hours.numbers_from, hours.opens_at) == (at("07:30"), at("08:00"))
    assert (hours.numbers_until, hours.closes_at) == (at("14:30"), at("15:00"))


def test_a_weekday_without_a_period_is_closed() -> None:
    tuesday = MONDAY + timedelta(days=1)
    assert hours_on(tuesday, OFFICE, zone=WIB, numbers_before=HALF_AN_HOUR, last_number_before=HALF_AN_HOUR) is None


def test_a_leap_day_is_a_day_like_others() -> None:
    leap = date(2028, 2, 29)  # a Tuesday
    hours = hours_on(
        leap,
        [Period(1, time(8), time(12))],
        zone=WIB,
        numbers_before=timedelta(),
        last_number_before=timedelta(),
    )
    assert hours is not None
    assert hours.opens_at == at("08:00", leap)


@st.composite
def periods(draw: st.DrawFn) -> list[Period]:
    """Stretches of any weekdays; the last may end on the next day, before the first began."""
    moments = [one.replace(fold=0) for one in sorted(draw(st.lists(st.times(), min_size=2, max_size=8, unique=True)))]
    weekdays = st.integers(0, 6)
    found = [Period(draw(weekdays), *pair) for pair in zip(moments[::2], moments[1::2], strict=False)]
    if draw(st.booleans()):
        closes = draw(st.times(max_value=moments[0])).replace(fold=0)
        found[-1] = Period(found[-1].weekday, found[-1].opens, closes, over_midnight=True)
    return found


@given(
    st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    periods(),
    st.sampled_from([ZoneInfo(zone) for zone in TIME_ZONES]),
    st.integers(0, 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(0, 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
)
def test_hours_are_never_negative_and_leave_their_date_only_where_said(
    on: date, week: list[Period], zone: ZoneInfo, before: timedelta, last: timedelta
) -> None:
    hours = hours_on(on, week, zone=zone, numbers_before=before, last_number_before=last)
    today = [period for period in week if period.weekday == on.weekday()]
    if hours is None:
        assert not today
        return
    assert hours.numbers_from <= hours.opens_at <= hours.numbers_until <= hours.closes_at
    assert {moment.astimezone(zone).date() for moment in (hours.numbers_from, hours.opens_at)} == {on}
    goes_on = any(period.over_midnight for period in today)
    assert (hours.closes_at.astimezone(zone).date() - on).days == goes_on
    assert goes_on or hours.numbers_until.astimezone(zone).date() == on
    assert hours.opens_at < hours.closes_at <= hours.opens_at + timedelta(days=1)
    for begin, end in hours.breaks:
        assert hours.opens_at < begin < end < hours.closes_at
