"""XLSX, read cell by cell without ever computing anything; the only module that knows openpyxl.

A workbook is a ZIP of XML. Before any of it is parsed its parts are counted and measured (`zipfile` never inflates
more than a part declares), document type declarations are refused, and what openpyxl does not tell while it streams
(hidden rows, merged cells) is read from the sheet's own part.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Final
from xml.etree import ElementTree

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ledger.sheets.cells import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    Cell,
    CellKind,
    SheetError,
    SheetRow,
    Table,
    too_many_columns,
    too_many_rows,
)

MAX_PARTS: Final = 1_000
MAX_INFLATED: Final = 160 * 1024 * 1024
"""Bytes of all parts together: a sheet of 100,000 rows and ten columns inflates to about 60 MiB."""
MAX_TAGS: Final = 8_000_000
"""Tags of sheets and shared strings together: 100,000 rows of ten columns have 6,000,000 at most."""
MAX_OTHER_TAGS: Final = 200_000
"""Tags of all other parts: styles, names, drawings; each costs a parser more than a cell does."""
LAST_ROW: Final = 1_048_576
"""Where every spreadsheet ends. A row may claim any number, and openpyxl would count up to it."""
LAST_COLUMN: Final = 16_384
MAX_MERGED: Final = 10_000
"""Merged ranges: a table of data has none, or some in its heading."""
_PIECE: Final = 1 << 20
_PROLOGUE: Final = 4096
"""Where a document type declaration can stand: before the root element."""
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ZEROS: Final = re.compile(r"0{2,30}")
_RANGE: Final = re.compile(r"\$?[A-Z]{1,3}\$?([0-9]{1,7})(?::\$?[A-Z]{1,3}\$?([0-9]{1,7}))?", re.ASCII)
_UNREADABLE: Final = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    OSError,
    NotImplementedError,
    OverflowError,
)
"""What openpyxl and zipfile raise on broken workbooks; all of it means that the file cannot be read."""


def read_xlsx(data: bytes) -> Table:
    """Read the first visible sheet of a workbook.

    Args:
        data: the file as it was uploaded.

    Raises:
        SheetError: no workbook, an encrypted one, more than the limits, or no visible sheet.
    """
    _measure(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not visible:
            raise SheetError("no_sheet", "The workbook has no visible sheet.")
        sheet = visible[0]
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            hidden, merged = _unseen(archive, str(sheet._worksheet_path).lstrip("/"))
        others = tuple(str(one.title) for one in book.worksheets if one is not sheet)
    except SheetError:
        raise
    except _UNREADABLE as error:
        raise _broken() from error
    return Table(form="xlsx", encoding=None, sheet=str(sheet.title), others=others, rows=_rows(sheet, hidden, merged))


def _broken() -> SheetError:
    return SheetError("broken", "The workbook cannot be read.", fix="Open it in a spreadsheet and save it again.")


def _measure(data: bytes) -> None:
    """Refuse what is no workbook, or inflates to more than any real one, before a parser sees it."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError("encrypted", "The file is an old XLS or has a password.", fix="Save it as XLSX without one.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_INFLATED:
                raise SheetError("large", "The workbook inflates to more than is read.", fix="Split it.")
            if not any(part.filename.lstrip("/") == "[Content_Types].xml" for part in parts):
                raise SheetError("binary", "The file is a ZIP, but no workbook.", fix="Save it as CSV or XLSX.")
            tags = other = 0
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    counted = _tags(archive, part)
                    if _is_table(part.filename):
                        tags += counted
                    else:
                        other += counted
            if tags > MAX_TAGS or other > MAX_OTHER_TAGS:
                raise SheetError("large", "The workbook has more in it than is read.", fix="Split it.")
    except (*_UNREADABLE, RuntimeError) as error:
        raise SheetError("binary", "The file is no workbook.", fix="Save it as CSV or XLSX.") from error


def _is_table(name: str) -> bool:
    return name.lstrip("/").lower().startswith(("xl/worksheets/sheet", "xl/sharedstrings"))


def _tags(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """How many tags a part has, before any parser sees it.

    Raises:
        SheetError: it declares a document type.
    """
    with archive.open(part) as stream:
        start = stream.read(_PROLOGUE)
        # UTF-16 hides the words between zero bytes.
        words = start.replace(b"\0", b"")
        if b"<!DOCTYPE" in words or b"<!ENTITY" in words:
            raise _broken()
        counted = start.count(b"<")
        while piece := stream.read(_PIECE):
            counted += piece.count(b"<")
    return counted


def _unseen(archive: zipfile.ZipFile, part: str) -> tuple[set[int], list[tuple[int, int]]]:
    """Numbers of the hidden rows, and (first, last) row of each merged range, joined and in order.

    Raises:
        SheetError: a row claims a number, or holds so many cells, as no spreadsheet has.
    """
    hidden: set[int] = set()
    merged: list[tuple[int, int]] = []
    number = cells = 0
    with archive.open(part) as stream:
        # No part declares entities: `_measure` refused those that do.
        for event, element in ElementTree.iterparse(stream, events=("start", "end")):  # noqa: S314
            kind = element.tag.removeprefix(_MAIN)
            if event == "start":
                if kind == "row":
                    number, cells = int(element.get("r", number + 1)), 0
                    if element.get("hidden") in ("1", "true") or element.get("ht") == "0":
                        hidden.add(number)
                cells += kind == "c"
                if number > LAST_ROW or cells > LAST_COLUMN or len(merged) > MAX_MERGED:
                    raise _broken()
            elif kind == "mergeCell":
                if found := _RANGE.fullmatch(element.get("ref", "")):
                    merged.append((int(found[1]), int(found[2] or found[1])))
            elif kind in ("row", "sheetData"):
                element.clear()
    return hidden, _joined(merged)


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same rows in ranges that don't touch, so that one look tells whether a row is within any."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _is_within(number: int, ranges: list[tuple[int, int]]) -> bool:
    place = bisect_right(ranges, number, key=lambda span: span[0])
    return place > 0 and number <= ranges[place - 1][1]


def _rows(sheet: Any, hidden: set[int], merged: list[tuple[int, int]]) -> Iterator[SheetRow]:
    # What the sheet says of its own size can be anything, and openpyxl would fill up to it.
    sheet.reset_dimensions()
    seen = 0
    try:
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), 1):
            cells = {}
            for column, raw in enumerate(row):
                if raw.value is not None and (cell := _cell(column, raw)).kind is not CellKind.EMPTY:
                    cells[column] = cell
            if not cells:
                continue
            if MAX_COLUMNS in cells:
                raise too_many_columns()
            seen += 1
            # One more than the limit, for the header.
            if seen > MAX_ROWS + 1:
                raise too_many_rows()
            yield SheetRow(number=number, cells=cells, hidden=number in hidden, merged=_is_within(number, merged))
    except SheetError:
        raise
    except _UNREADABLE as error:
        raise _broken() from error


def _cell(column: int, raw: Any) -> Cell:
    value = raw.value
    if raw.data_type in ("f", "e"):
        return Cell(column, CellKind.FORMULA if raw.data_type == "f" else CellKind.ERROR, str(value)[: MAX_CELL + 1])
    if isinstance(value, date):
        moment = isinstance(value, datetime) and value.time() != time(0)
        return Cell(column, CellKind.DATE, str(value) if moment else value.isoformat()[:10])
    if isinstance(value, bool):
        return Cell(column, CellKind.TEXT, "TRUE" if value else "FALSE")
    if isinstance(value, int | float):
        return _number(column, value, str(raw.number_format))
    text = str(value).strip()[: MAX_CELL + 1]
    return Cell(column, CellKind.TEXT if text else CellKind.EMPTY, text)


def _number(column: int, value: float, shown_as: str) -> Cell:
    """A number as its shortest decimal form; one that the sheet shows with leading zeros has them."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    text = str(value)
    if isinstance(value, int) and value >= 0 and _ZEROS.fullmatch(shown_as):
        return Cell(column, CellKind.TEXT, text.zfill(len(shown_as)))
    return Cell(column, CellKind.NUMBER, text)
