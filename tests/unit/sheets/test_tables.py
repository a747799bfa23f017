"""Tables as people really upload them, and as somebody who means harm does."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any

import openpyxl
import pytest
from support.tables import csv_bytes, xlsx

from ledger.sheets import cells as limits
from ledger.sheets import csv_table, xlsx_table
from ledger.sheets.cells import CellKind, SheetError, SheetRow, cell_name, column_name
from ledger.sheets.reading import csv_lines, defused, read_table

SHEET = "xl/worksheets/sheet1.xml"


def rows(data: bytes) -> list[SheetRow]:
    return list(read_table(data).rows)


def kinds(data: bytes) -> list[tuple[CellKind, str]]:
    """Kind and text of each cell of the second row."""
    return [(cell.kind, cell.text) for cell in rows(data)[1].cells.values()]


def refused(data: bytes) -> str:
    with pytest.raises(SheetError) as error:
        rows(data)
    return error.value.kind


def with_part(book: bytes, name: str, change: Any) -> bytes:
    """A workbook with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content) if part == name else content)
    return out.getvalue()


def test_cells_are_named_as_a_spreadsheet_names_them() -> None:
    assert [column_name(column) for column in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]
    assert cell_name(2, 17) == "C17"


def test_a_workbook_tells_values_dates_formulas_and_errors_apart() -> None:
    def change(sheet: Any) -> None:
        sheet["C2"].number_format = "00000000"

    day, moment = datetime.date(2026, 11, 25), datetime.datetime(2026, 11, 25, 9, 30)
    row = ["홍길동", day, 1234, 45200, "=A1&B1", "#N/A", moment, True, 1.5, 1234567890123456, "  "]
    assert kinds(xlsx([["head"] * 11, row], change)) == [
        (CellKind.TEXT, "홍길동"),
        (CellKind.DATE, "2026-11-25"),
        (CellKind.TEXT, "00001234"),
        (CellKind.NUMBER, "45200"),
        (CellKind.FORMULA, "=A1&B1"),
        (CellKind.ERROR, "#N/A"),
        (CellKind.DATE, "2026-11-25 09:30:00"),
        (CellKind.TEXT, "TRUE"),
        (CellKind.NUMBER, "1.5"),
        (CellKind.NUMBER, "1234567890123456"),
    ]


def test_hidden_rows_merged_cells_and_gaps_keep_the_sheet_s_own_numbers() -> None:
    def change(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.merge_cells("A5:B6")
        sheet["A9"] = "after a gap"

    found = rows(xlsx([["head", "more"], *[[f"row {n}", n] for n in range(2, 7)]], change))
    assert [row.number for row in found] == [1, 2, 3, 4, 5, 9]
    assert [row.number for row in found if row.hidden] == [3]
    assert [row.number for row in found if row.merged] == [5]


def test_only_the_first_visible_sheet_is_read_and_the_others_are_named() -> None:
    book = openpyxl.Workbook()
    book.active.title = "숨김"  # type: ignore[union-attr]
    book.active.sheet_state = "hidden"  # type: ignore[union-attr]
    book.create_sheet("명단").append(["성명"])
    book.create_sheet("비고")
    out = io.BytesIO()
    book.save(out)
    table = read_table(out.getvalue())
    assert (table.sheet, table.others) == ("명단", ("숨김", "비고"))
    assert [row.cells[0].text for row in table.rows] == ["성명"]


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp949", "cp949"), ("utf-16", "utf-16")]
)
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_csv_is_read_in_each_encoding_and_separator(encoding: str, told: str, separator: str) -> None:
    table = read_table(csv_bytes([["성명", "과정"], ["똠방각하", "a,b;c\td"]], encoding, separator))
    assert table.encoding == told
    assert [[cell.text for cell in row.cells.values()] for row in table.rows] == [
        ["성명", "과정"],
        ["똠방각하", "a,b;c\td"],
    ]


def test_csv_rows_have_the_numbers_that_a_spreadsheet_shows() -> None:
    found = rows('성명,과정\n\n"두 줄\n이름",x\n,,\n끝,y\n'.encode())
    assert [row.number for row in found] == [1, 3, 5]


def test_csv_says_what_excel_would_compute() -> None:
    line = b'a,b,c,d,e\n=1+1,="00123",45200,1.2E+15,#REF!\n'
    assert kinds(line) == [
        (CellKind.FORMULA, "=1+1"),
        (CellKind.TEXT, "00123"),
        (CellKind.NUMBER, "45200"),
        (CellKind.NUMBER, "1.2E+15"),
        (CellKind.ERROR, "#REF!"),
    ]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 \x00\x01", "binary"),
        (b"PK\x03\x04 broken", "binary"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old XLS", "encrypted"),
        (b"\xff\xfa\xfb", "encoding"),
        (b"\xff\xfea", "encoding"),
        (b'a,b\n"never closed', "csv"),
        (b"a,b\n" + b"x," * 101 + b"y", "columns"),
    ],
)
def test_what_is_no_table_is_refused_by_kind(data: bytes, kind: str) -> None:
    assert refused(data) == kind


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "no workbook")
    assert refused(out.getvalue()) == "binary"


def test_a_bomb_is_refused_by_its_size_before_it_is_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = with_part(xlsx([["a"]]), SHEET, lambda _: b"0" * 50_000_000)
    assert len(bomb) < 100_000
    monkeypatch.setattr(xlsx_table, "MAX_INFLATED", 40_000_000)
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_, **__: pytest.fail("it was inflated"))
    assert refused(bomb) == "large"


def test_a_bomb_that_lies_about_its_size_is_no_workbook() -> None:
    bomb = bytearray(with_part(xlsx([["a"]]), SHEET, lambda _: b"0" * 5_000_000))
    honest = (5_000_000).to_bytes(4, "little")
    while (place := bomb.find(honest)) >= 0:
        bomb[place : place + 4] = (10).to_bytes(4, "little")
    assert refused(bytes(bomb)) in ("binary", "broken")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_never_declared(encoding: str) -> None:
    evil = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'
    assert refused(with_part(xlsx([["a"]]), SHEET, lambda _: evil.encode(encoding))) == "broken"


def test_a_sheet_that_claims_to_be_huge_costs_nothing() -> None:
    def claim(content: bytes) -> bytes:
        return content.replace(b'<dimension ref="A1:A2"', b'<dimension ref="A1:XFD1048576"')

    book = xlsx([["a"], ["b"]])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert b'<dimension ref="A1:A2"' in archive.read(SHEET)
    assert len(rows(with_part(book, SHEET, claim))) == 2


def test_a_cell_far_to_the_right_is_too_many_columns() -> None:
    def far(sheet: Any) -> None:
        sheet["XFD2"] = "x"

    # What is beyond the last column that is looked at is never filled up to; nearer ones are refused.
    assert [len(row.cells) for row in rows(xlsx([["a"]], far))] == [1]

    def near(sheet: Any) -> None:
        sheet.cell(2, limits.MAX_COLUMNS + 1, "x")

    assert refused(xlsx([["a"]], near)) == "columns"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_too_many_rows_are_refused(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (xlsx_table, csv_table):
        monkeypatch.setattr(module, "MAX_ROWS", 5)
    make = xlsx if form == "xlsx" else csv_bytes
    assert len(rows(make([["a"]] * 6))) == 6
    assert refused(make([["a"]] * 7)) == "rows"


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", SHEET, "xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize("harm", [lambda _: b"", lambda c: c[: len(c) // 2], lambda c: c.replace(b">", b"<")])
def test_a_broken_part_is_told_and_breaks_nothing(part: str, harm: Any) -> None:
    book = with_part(xlsx([["이름", 1, datetime.date(2026, 1, 1)], ["값", 2, None]]), part, harm)
    try:
        rows(book)
    except SheetError as error:
        told = error.kind
    else:
        told = "broken"
    assert told in ("broken", "no_sheet", "binary")


@pytest.mark.parametrize("text", ["=1+1", "+82", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_cell_that_would_be_computed_is_defused(text: str) -> None:
    assert defused(text) == "'" + text
    exported = b"".join(csv_lines([["이름"], [text]])).decode("utf-8-sig")
    assert "'" + text in exported
    assert defused("1234-5678") == "1234-5678"


def test_an_export_is_read_again_as_it_was() -> None:
    written = [["이름", 'quote " and, comma'], ["줄\n바꿈", "끝"]]
    found = rows(b"".join(csv_lines(written)))
    assert [[cell.text for cell in row.cells.values()] for row in found] == written
