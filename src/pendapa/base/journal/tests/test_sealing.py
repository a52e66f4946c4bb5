"""Whoever touches a sealed journal is found, whatever their rights over the database."""

import pytest
from django.db import connection, transaction

from pendapa.base.journal import actions as journal
from pendapa.base.journal import queries
from pendapa.base.journal.models import Seal
from pendapa.base.journal.queries import Finding, Position
from pendapa.base.journal.queries.seals import LEAF, digest_of, unsealed_leaves
from pendapa.base.journal.tests.make import AT, as_intruder, make_entries, run

pytestmark = pytest.mark.usefixtures("journal_db", "_in_english")

SEALED, IN_ONE = 20, 5


@pytest.fixture
def sealed(journal_db: None) -> list[str]:
    """Twenty entries under four seals; the ids of the entries."""
    make_entries(SEALED)
    while journal.seal_once(limit=IN_ONE):
        pass
    assert queries.verify() == []
    return [str(entry.id) for entry in queries.tail(None, 100)]


def tamper(sql: str, *parameters: str | list[str]) -> None:
    with transaction.atomic(), as_intruder():
        assert run(sql, *parameters) > 0


def found() -> list[tuple[str, int, str | None]]:
    return [(finding.kind, finding.seal, str(finding.entry) if finding.entry else None) for finding in queries.verify()]


def test_entries_are_sealed_once_and_in_order() -> None:
    make_entries(12)
    assert [journal.seal_once(limit=5) for _count in range(4)] == [5, 5, 2, 0]
    assert list(Seal.objects.order_by("seq").values_list("seq", "count")) == [(1, 5), (2, 5), (3, 2)]
    assert queries.sealed_until() == queries.tail(None, 100)[-1].position
    make_entries(1, first=12)
    assert journal.seal_once() == 1
    assert queries.verify() == []


def test_seals_follow_the_numbers_of_transactions_and_not_their_digits() -> None:
    run(
        "INSERT INTO journal_entry (xid, at, actor, verb, subject)"
        " SELECT n::text::xid8, now(), 'system', 'a.b', 'ticket:' || n FROM unnest(ARRAY[101, 9, 99, 1000, 10]) n"
    )
    assert [journal.seal_once(limit=2) for _count in range(4)] == [2, 2, 1, 0]
    assert list(Seal.objects.order_by("seq").values_list("last_xid", flat=True)) == [10, 101, 1000]
    assert queries.verify() == []


def test_an_empty_journal_is_whole() -> None:
    assert journal.seal_once() == 0
    assert queries.verify() == []


def test_entries_that_may_still_be_joined_by_others_are_not_sealed() -> None:
    with transaction.atomic():
        journal.record(verb="ticket.issued", subject="ticket:1", by=None, at=AT)
        assert journal.seal_once() == 0


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'user:9'",
        "verb = 'ticket.served'",
        "subject = 'ticket:99'",
        "data = '{\"number\": 8}'",
        "mall = 2",
        "mall = NULL",
        "at = at + interval '1 microsecond'",
        "written_at = written_at - interval '1 microsecond'",
    ],
)
@pytest.mark.parametrize("place", [0, 7, SEALED - 1])
def test_a_changed_entry_is_named(sealed: list[str], change: str, place: int) -> None:
    tamper(f"UPDATE journal_entry SET {change} WHERE id = %s", sealed[place])  # noqa: S608 - listed above
    assert found() == [("changed", place // IN_ONE + 1, sealed[place])]


def test_several_changed_entries_are_all_named(sealed: list[str]) -> None:
    tamper("UPDATE journal_entry SET actor = 'user:9' WHERE id = ANY(%s::uuid[])", [sealed[6], sealed[7], sealed[13]])
    assert found() == [("changed", 2, sealed[6]), ("changed", 2, sealed[7]), ("changed", 3, sealed[13])]


@pytest.mark.parametrize(("place", "named"), [(5, True), (7, False), (9, True)])
def test_a_removed_entry_is_missed(sealed: list[str], place: int, named: bool) -> None:
    tamper("DELETE FROM journal_entry WHERE id = %s", sealed[place])
    assert found() == [("removed", 2, sealed[place] if named else None)]
    [finding] = queries.verify()
    assert f"number {place - 4} of 5 in seal 2" in finding.sentence
    assert named or sealed[place - 1] in finding.sentence


def test_a_whole_seal_of_removed_entries_is_missed(sealed: list[str]) -> None:
    tamper("DELETE FROM journal_entry WHERE id = ANY(%s::uuid[])", sealed[5:10])
    assert [kind for kind, _seal, _entry in found()] == ["removed"] * 5


def test_an_entry_put_into_the_past_is_named(sealed: list[str]) -> None:
    tamper(
        "INSERT INTO journal_entry (id, era, xid, written_at, at, actor, verb, subject)"
        " SELECT uuidv7(), era, xid, written_at, at, actor, 'ticket.cancelled', subject"
        " FROM journal_entry WHERE id = %s",
        sealed[7],
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM journal_entry WHERE verb = 'ticket.cancelled'")
        [(added,)] = cursor.fetchall()
    assert found() == [("added", 2, added)]


def test_an_entry_put_between_two_seals_is_named(sealed: list[str]) -> None:
    tamper(
        "INSERT INTO journal_entry (id, era, xid, written_at, at, actor, verb, subject)"
        " SELECT 'ffffffff-ffff-7fff-bfff-ffffffffffff', era, xid, written_at, at, actor, verb, subject"
        " FROM journal_entry WHERE id = %s",
        sealed[4],
    )
    assert found() == [("added", 2, "ffffffff-ffff-7fff-bfff-ffffffffffff")]


def test_entries_that_changed_places_are_named(sealed: list[str]) -> None:
    tamper(
        "UPDATE journal_entry SET xid = (SELECT other.xid FROM journal_entry other WHERE other.id ="
        " CASE journal_entry.id WHEN %s THEN %s::uuid ELSE %s::uuid END) WHERE id IN (%s, %s)",
        sealed[6],
        sealed[8],
        sealed[6],
        sealed[6],
        sealed[8],
    )
    assert {entry for kind, _seal, entry in found() if kind in {"changed", "added"}} == {sealed[6], sealed[8]}


@pytest.mark.parametrize(
    "change",
    [
        "count = count + 1",
        "month = month - interval '1 month'",
        "sealed_at = sealed_at + interval '1 second'",
        "last_xid = last_xid + 1",
        "leaves = decode(repeat('00', 40), 'hex')",
        "digest = repeat('0', 64)",
    ],
)
def test_a_changed_seal_is_found(sealed: list[str], change: str) -> None:
    run(f"UPDATE journal_seal SET {change} WHERE seq = 2")  # noqa: S608 - listed above
    assert ("seal", 2, None) in found()


def test_a_chain_that_was_broken_is_found_where_it_breaks(sealed: list[str]) -> None:
    run("UPDATE journal_seal SET chain = repeat('0', 64) WHERE seq = 2")
    assert found() == [("seal", 2, None), ("seal", 3, None)]


def test_an_entry_and_its_seal_changed_together_are_found(sealed: list[str]) -> None:
    """Without the key of the installation nobody can make a seal that fits."""
    tamper("UPDATE journal_entry SET actor = 'user:9' WHERE id = %s", sealed[7])
    leaves = unsealed_leaves(Seal.objects.get(seq=1).last, IN_ONE)
    seal = Seal.objects.get(seq=2)
    seal.leaves = b"".join(leaf.hash[:LEAF] for leaf in leaves)
    seal.digest = digest_of(leaves)
    seal.save()
    assert found() == [("seal", 2, None)]


def test_a_removed_seal_is_found(sealed: list[str]) -> None:
    Seal.objects.filter(seq__in=[2, 3]).delete()
    [finding] = queries.verify()
    assert finding == Finding("seal-missing", 2, "Seals 2 to 3 are gone.")


def test_the_first_seal_cannot_be_removed_either(sealed: list[str]) -> None:
    Seal.objects.filter(seq=1).delete()
    assert found() == [("seal-missing", 1, None)]


def test_hashes_do_not_depend_on_the_settings_of_the_session(sealed: list[str]) -> None:
    before = [leaf.hash for leaf in unsealed_leaves(Position.before_everything(), SEALED)]
    with transaction.atomic():
        run("SET LOCAL TIME ZONE 'Asia/Jayapura'")
        run("SET LOCAL extra_float_digits = 0")
        run("SET LOCAL bytea_output = 'escape'")
        assert [leaf.hash for leaf in unsealed_leaves(Position.before_everything(), SEALED)] == before


def test_a_flood_of_damage_is_cut_short(sealed: list[str]) -> None:
    tamper("UPDATE journal_entry SET actor = 'user:9'")
    assert len(queries.verify(most=3)) == 3


def test_a_seal_never_spans_two_months() -> None:
    run(
        "INSERT INTO journal_entry (written_at, at, actor, verb, subject) VALUES"
        " ('2026-10-31 23:59:59+00', now(), 'system', 'a.b', 'ticket:1'),"
        " ('2026-11-01 00:00:00+00', now(), 'system', 'a.b', 'ticket:2')"
    )
    assert [journal.seal_once() for _count in range(3)] == [1, 1, 0]
    assert [f"{month:%m}" for month in Seal.objects.order_by("seq").values_list("month", flat=True)] == ["10", "11"]
    assert queries.verify() == []


def test_a_second_sealer_stands_back(sealed: list[str]) -> None:
    make_entries(1, first=90)
    other = connection.copy()
    other.connect()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('journal_seal'))")
    assert journal.seal_once() == 0
    other.rollback()
    other.close()
    assert journal.seal_once() == 1


def test_checking_asks_once_for_each_seal(sealed: list[str], django_assert_max_num_queries: object) -> None:
    seals = SEALED // IN_ONE
    with django_assert_max_num_queries(seals + 5):  # type: ignore[operator]  # typed loosely by pytest-django
        assert queries.verify() == []
