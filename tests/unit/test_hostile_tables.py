"""Workbooks made to hold a reader for minutes, or to break it: refused in words, and at once."""

from __future__ import annotations

import random

import pytest
from fuzz.sheets import SHEET, with_part
from support.mutations import bytes_spoiled
from support.tables import people, xlsx

from ledger.sheets.cells import SheetError
from ledger.sheets.reading import read_table

WORKBOOK = xlsx(people(2))
NAMES = b'<definedName name="a">1</definedName>' * 300_000
XF = b"<xf/>" * 300_000
TEXTS = b"<si><t>x</t></si>" * 3_000_000
START = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
MEAN = {
    "a row beyond the last, to which a reader would count": (SHEET, b'<row r="99999999"><c/></row></sheetData>'),
    "more cells in a row than there are columns": (SHEET, b"<row>" + b"<c/>" * 20_000 + b"</row></sheetData>"),
    "merged ranges without end": (SHEET, b"</sheetData><m>" + b'<mergeCell ref="A1:A9"/>' * 200_000 + b"</m>"),
}


@pytest.mark.timeout(60)  # each took minutes, and some gigabytes
@pytest.mark.parametrize(("part", "rows"), MEAN.values(), ids=MEAN.keys())
def test_a_sheet_that_would_hold_its_reader_is_refused(part: str, rows: bytes) -> None:
    with pytest.raises(SheetError):
        list(read_table(with_part(WORKBOOK, part, START + rows + b"</worksheet>")).rows)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("part", "content"),
    [("xl/workbook.xml", NAMES), ("xl/styles.xml", XF), (SHEET, TEXTS)],
    ids=["names", "styles", "texts"],
)
def test_a_workbook_with_more_than_is_read_is_refused_before_it_is_parsed(part: str, content: bytes) -> None:
    with pytest.raises(SheetError) as refused:
        read_table(with_part(WORKBOOK, part, b"<x>" + content + b"</x>"))
    assert refused.value.kind == "large"


def test_a_damaged_workbook_is_refused_whatever_is_damaged() -> None:
    chance = random.Random(5)
    for _ in range(400):
        data = bytes_spoiled(WORKBOOK, chance)
        try:
            list(read_table(data).rows)
        except SheetError:
            continue


def test_merged_rows_are_found_wherever_ranges_overlap() -> None:
    def merge(sheet: object) -> None:
        for area in ("A2:A3", "B3:B5", "C9:C9", "D7:D7"):
            sheet.merge_cells(area)  # type: ignore[attr-defined]

    rows = list(read_table(xlsx(people(9), merge)).rows)
    assert [row.number for row in rows if row.merged] == [2, 3, 4, 5, 7, 9]
