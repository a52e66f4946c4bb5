from typing import Any

from bench import plans


def scan(table: str, *, index: str = "", kind: str = "Index Scan") -> dict[str, Any]:
    if not index:
        return {"Node Type": "Seq Scan", "Relation Name": table}
    return {"Node Type": kind, "Relation Name": table, "Index Name": index}


def plan(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"Node Type": "Limit", "Plans": [{"Node Type": "Nested Loop", "Plans": list(parts)}]}


def test_a_growing_table_that_is_read_as_a_whole_is_found_however_deep() -> None:
    assert plans.whole_scans(plan(scan("queueing_ticket"), scan("malls_mall"))) == ["queueing_ticket"]


def test_a_month_of_the_journal_grows_too_unless_it_is_empty() -> None:
    months = plan(scan("journal_entry_2026_10"), scan("journal_entry_2027_01"))
    assert plans.whole_scans(months, empty=frozenset({"journal_entry_2027_01"})) == ["journal_entry_2026_10"]


def test_more_months_of_the_journal_are_no_other_plan() -> None:
    one = plan(scan("journal_entry_2026_10", index="journal_entry_2026_10_pkey"))
    two = plan(
        scan("journal_entry_2026_10", index="journal_entry_2026_10_pkey"),
        scan("journal_entry_2026_11", index="journal_entry_2026_11_pkey", kind="Index Only Scan"),
    )
    assert plans.shape(one) == plans.shape(two)


def test_another_index_is_another_plan_and_is_named() -> None:
    before, after = (
        plan(scan("queueing_ticket", index="ticket_next")),
        plan(scan("queueing_ticket", index="ticket_ahead")),
    )
    assert plans.difference(before, after) == "queueing_ticket by ticket_next -> queueing_ticket by ticket_ahead"


def test_the_index_of_a_bitmap_scan_is_found_below_it() -> None:
    bitmap = {
        "Node Type": "Bitmap Heap Scan",
        "Relation Name": "queueing_visit",
        "Plans": [{"Node Type": "Bitmap Index Scan", "Index Name": "visit_of_caller"}],
    }
    assert list(plans.accesses(bitmap)) == [("queueing_visit", "Bitmap Heap Scan", "visit_of_caller")]


def test_small_tables_may_be_read_in_any_way() -> None:
    assert plans.shape(plan(scan("malls_mall"))) == frozenset()
