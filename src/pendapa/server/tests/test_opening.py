from datetime import UTC, datetime

import pytest

from pendapa.server.demo.opening import ZONE, opening_moment


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        ("2026-11-23T08:00", "2026-11-23T08:00"),  # a Monday, open
        ("2026-11-23T12:59", "2026-11-23T12:59"),
        ("2026-11-23T05:00", "2026-11-23T08:30"),
        ("2026-11-23T13:00", "2026-11-24T08:30"),
        ("2026-11-23T22:00", "2026-11-24T08:30"),
        ("2026-11-27T15:00", "2026-11-30T08:30"),  # Friday afternoon
        ("2026-11-28T10:00", "2026-11-30T08:30"),  # Saturday
        ("2026-11-29T22:00", "2026-11-30T08:30"),  # Sunday night
        ("2026-12-31T18:00", "2027-01-01T08:30"),
    ],
)
def test_the_demo_opens_on_a_working_morning_and_never_goes_back(now: str, shown: str) -> None:
    moment = opening_moment(at(now).astimezone(UTC))
    assert moment == at(shown)
    assert moment >= at(now)
