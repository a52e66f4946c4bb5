from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pendapa.base.journal.rules import Actor, Position, actor, month_of, months_from, partition_of

POSITIONS = st.builds(Position, st.integers(0, 9), st.integers(0, 2**62), st.uuids())


class Officer:
    actor_name = "user:5"


def test_actors_are_named_by_id() -> None:
    assert isinstance(Officer(), Actor)
    assert (actor(Officer()), actor("visitor"), actor(None)) == ("user:5", "visitor", "system")


@given(POSITIONS)
def test_a_position_can_be_the_id_of_an_event(position: Position) -> None:
    assert Position.parse(str(position)) == position


@pytest.mark.parametrize("text", ["", "1.2", "1.2.x", "a.b.c", "1.2.3.4"])
def test_other_texts_are_no_positions(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of several
        Position.parse(text)


@given(POSITIONS, st.integers(0, 9), st.integers(0, 2**62))
def test_positions_order_by_era_then_transaction(position: Position, era: int, xid: int) -> None:
    end = Position.after_transaction(era, xid)
    assert (position <= end) == ((position.era, position.xid) <= (era, xid))
    assert Position.before_everything() <= position


def test_identifiers_order_as_in_the_database() -> None:
    assert UUID(int=1) < UUID("01000000-0000-0000-0000-000000000000") < UUID("ff000000-0000-0000-0000-000000000000")


def test_months_are_those_of_utc() -> None:
    jakarta = timezone(timedelta(hours=7))
    assert month_of(datetime(2026, 12, 1, 6, 59, tzinfo=jakarta)) == date(2026, 11, 1)
    assert month_of(datetime(2026, 12, 1, 0, 0, tzinfo=UTC)) == date(2026, 12, 1)


def test_months_go_over_the_year() -> None:
    assert [*months_from(date(2026, 11, 24), 3)] == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]
    assert partition_of(date(2027, 1, 1)) == "journal_entry_2027_01"
