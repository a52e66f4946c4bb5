"""How PostgreSQL goes about a statement: which tables it reads, and by which index."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from django.db import connection

GROWING = frozenset(
    {
        "queueing_queueday",
        "queueing_turn",
        "queueing_visit",
        "queueing_ticket",
        "queueing_issuekey",
        "queueing_allowance",
        "journal_entry",
    }
)
_PARTITION = re.compile(r"^journal_entry_(?:\d{4}_\d{2}|default)")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
_PLANNED = ("SELECT", "UPDATE", "INSERT", "DELETE", "WITH")

Statement = tuple[str, Any]


def numbered(statement: str) -> str:
    """A statement with named placeholders as PostgreSQL prepares it.

    >>> numbered("SELECT %(a)s, %(b)s::int %% 2, %(a)s")
    'SELECT $1, $2::int % 2, $1'
    """
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] is None:
            return "%"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _PLACEHOLDER.sub(number, statement)


def prepared(statement: str) -> Any:
    """The plan of a statement that is prepared, for whatever values come."""
    return _explained(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {numbered(statement)}", None)


def planned(statement: Statement) -> Any:
    """The plan of a statement with its values."""
    return _explained(f"EXPLAIN (FORMAT JSON) {statement[0]}", statement[1])


def _explained(explain: str, params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(explain, params)
        return cursor.fetchone()[0][0]["Plan"]


def accesses(plan: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each reading of a table in a plan: the table as it is called in the schema, the way, and the index.

    >>> list(accesses({"Node Type": "Limit", "Plans": [
    ...     {"Node Type": "Index Scan", "Relation Name": "queueing_visit", "Index Name": "pk"}]}))
    [('queueing_visit', 'Index Scan', 'pk')]
    """
    kind = plan["Node Type"]
    if "Relation Name" in plan and kind != "ModifyTable":
        index = plan.get("Index Name") or next((name for name in _indexes(plan)), "")
        yield plan["Relation Name"], kind, index
    for part in plan.get("Plans", ()):
        yield from accesses(part)


def _indexes(plan: Mapping[str, Any]) -> Iterator[str]:
    """The indexes below a bitmap scan."""
    for part in plan.get("Plans", ()):
        if "Index Name" in part:
            yield part["Index Name"]
        yield from _indexes(part)


def whole_scans(plan: Mapping[str, Any], *, empty: frozenset[str] = frozenset()) -> list[str]:
    """The growing tables that a plan reads from end to end, without those that hold nothing."""
    return sorted(
        {
            table
            for table, kind, _index in accesses(plan)
            if kind == "Seq Scan" and table not in empty and _whole(table) in GROWING
        }
    )


def _whole(name: str) -> str:
    """The name of a table or an index, as if the journal were not cut into months.

    >>> _whole("journal_entry_2026_11"), _whole("journal_entry_2026_11_pkey"), _whole("queueing_ticket")
    ('journal_entry', 'journal_entry_pkey', 'queueing_ticket')
    """
    return _PARTITION.sub("journal_entry", name)


def shape(plan: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Which tables are read in which way; months of the journal count as one, and so do the kinds of index scan."""
    return frozenset(
        (_whole(table), "whole" if kind == "Seq Scan" else _whole(index))
        for table, kind, index in accesses(plan)
        if _whole(table) in GROWING
    )


def empty_tables() -> frozenset[str]:
    """The tables that hold nothing, such as the journal's months to come."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND pg_relation_size(oid) = 0")
        return frozenset(name for (name,) in cursor.fetchall())


class Overheard:
    """Listens to what Django sends to the database inside the block `listening()`."""

    def __init__(self) -> None:
        self.statements: dict[str, Statement] = {}

    def listening(self) -> AbstractContextManager[None]:
        """For the connection that is current when the block begins."""
        listening: AbstractContextManager[None] = connection.execute_wrapper(self._hear)
        return listening

    def _hear(self, execute: Callable[..., Any], text: str, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
        if isinstance(text, str) and text.lstrip().upper().startswith(_PLANNED) and not many:
            self.statements.setdefault(_without_numbers(text), (text, params))
        return execute(text, params, many, context)


def _without_numbers(text: str) -> str:
    """One key for statements that differ only in how many values a list has."""
    return re.sub(r"(?:%s(?:, )?)+", "%s", text)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """In words, how a plan reads its growing tables otherwise than another."""
    gone, come = shape(before) - shape(after), shape(after) - shape(before)
    return f"{_told(gone)} -> {_told(come)}"


def _told(ways: frozenset[tuple[str, str]]) -> str:
    """
    >>> _told(frozenset({("queueing_ticket", "ticket_next")})), _told(frozenset())
    ('queueing_ticket by ticket_next', 'nothing')
    """
    return ", ".join(f"{table} by {way}" for table, way in sorted(ways)) or "nothing"
