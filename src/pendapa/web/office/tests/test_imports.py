"""What an imported file may look like."""

from io import BytesIO

import pytest
from openpyxl import Workbook

from pendapa.web.office.imports import MOST, Unreadable, read
from pendapa.web.office.lists import csv_file, harmless, xlsx_file
from pendapa.web.office.registers import ImportColumn, Importer

IMPORTER = Importer(
    columns=[
        ImportColumn("number", ["nomor", "number"], is_required=True),
        ImportColumn("zone", ["zona", "zone"]),
    ],
    plan=lambda request, rows: [],
    apply=lambda request, planned, at: None,
)


def values(content: bytes) -> list[dict[str, str]]:
    return [row.values for row in read(content, IMPORTER)]


@pytest.mark.parametrize("heads", ["Nomor;Zona", "number;zone", " NOMOR * ;Zona", "number;ZONE"])
def test_headings_are_known_in_both_languages_and_any_case(heads: str) -> None:
    assert values(f"{heads}\n7;utara\n".encode()) == [{"number": "7", "zone": "utara"}]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_table_may_come_from_any_spreadsheet(separator: str, encoding: str) -> None:
    text = f"nomor{separator}zona\r\n7{separator}Café\r\n"
    assert values(text.encode(encoding)) == [{"number": "7", "zone": "Café"}]


def test_empty_lines_and_unknown_columns_are_passed_over_and_rows_keep_their_numbers() -> None:
    rows = read(b"nomor,warna,zona\n,,\n8,merah,selatan\n", IMPORTER)
    assert [(row.number, row.values) for row in rows] == [(3, {"number": "8", "zone": "selatan"})]


def test_a_spreadsheet_gives_whole_numbers_without_a_point() -> None:
    book = Workbook()
    book.active.append(["Nomor", "Zona"])  # type: ignore[union-attr]  # a new book has a sheet
    book.active.append([7.0, "utara"])  # type: ignore[union-attr]  # a new book has a sheet
    file = BytesIO()
    book.save(file)
    assert values(file.getvalue()) == [{"number": "7", "zone": "utara"}]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"zona\nutara\n",
        b"nomor,zona\n",
        b"PK\x03\x04 no spreadsheet",
        b"nomor\n\x00\n",
        b"nomor\n" + b"1\n" * (MOST + 1),
        b"x" * (901 * 1024),
    ],
    ids=["empty", "column missing", "no rows", "broken xlsx", "binary", "too many rows", "too large"],
)
def test_what_is_no_such_table_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read(content, IMPORTER)
    assert refused.value.sentence


@pytest.mark.parametrize("text", ["=1+1", "+62", "-3", "@here", "\tx"])
def test_no_exported_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_what_was_exported_can_be_imported_again() -> None:
    heads, rows = ["nomor", "zona"], [["7", "=utara"], ["8", "selatan"]]
    wanted = [{"number": "7", "zone": "=utara"}, {"number": "8", "zone": "selatan"}]
    assert values(xlsx_file("x", heads, rows).content) == wanted
    assert values(csv_file("x", heads, rows).content) == wanted


def test_a_formula_behind_a_semicolon_is_none_either() -> None:
    assert harmless("Staf;=1+1") == "Staf; '=1+1"
    assert harmless("Staf; ahli") == "Staf; ahli"


def test_a_name_with_a_control_character_still_fits_a_spreadsheet() -> None:
    assert xlsx_file("x", ["nama"], [["Sari\x01"]]).content.startswith(b"PK")
