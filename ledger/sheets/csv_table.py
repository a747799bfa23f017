"""CSV as Korean offices write it: UTF-8 with or without a mark, UTF-16 from "Unicode text", or CP949 from Excel."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

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

_SEPARATORS: Final = ",\t;"
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_QUOTED: Final = re.compile(r'="([^"]*)"')
"""Excel's way to write a text that looks like a number; the text is meant, and nothing is computed."""


def read_csv(data: bytes) -> Table:
    """Read a CSV file; its separator is the one of comma, tab and semicolon that its first line has most of.

    Args:
        data: the file as it was uploaded.

    Raises:
        SheetError: no encoding of ours, nothing in it, or (while the rows are walked) more than the limits.
    """
    text, encoding = _decode(data)
    if "\0" in text:
        raise SheetError("binary", "The file has NUL characters: it is no CSV.", fix="Save it as CSV or XLSX.")
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    return Table(form="csv", encoding=encoding, sheet=None, others=(), rows=_rows(text, separator))


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        names = ["utf-16"]
    else:
        # UTF-8 first: Korean text in CP949 is hardly ever well-formed UTF-8, the other way round it happens.
        names = ["utf-8", "cp949"] if not data.startswith(b"\xef\xbb\xbf") else ["utf-8"]
    for name in names:
        try:
            return data.decode("utf-8-sig" if name == "utf-8" else name), name
        except UnicodeDecodeError:
            continue
    raise SheetError("encoding", "The file is neither UTF-8 nor CP949.", fix="Save it as CSV UTF-8 or as XLSX.")


def _rows(text: str, separator: str) -> Iterator[SheetRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    seen = 0
    try:
        for number, record in enumerate(reader, 1):
            if len(record) > MAX_COLUMNS and any(record[MAX_COLUMNS:]):
                raise too_many_columns()
            cells = {}
            for column, value in enumerate(record[:MAX_COLUMNS]):
                cell = _cell(column, value)
                if cell.kind is not CellKind.EMPTY:
                    cells[column] = cell
            if not cells:
                continue
            seen += 1
            # One more than the limit, for the header.
            if seen > MAX_ROWS + 1:
                raise too_many_rows()
            yield SheetRow(number=number, cells=cells)
    except csv.Error as error:
        raise SheetError(
            "csv", f"Line {reader.line_num} is no CSV: {error}.", fix="Look at its quotes.", line=str(reader.line_num)
        ) from error


def _cell(column: int, value: str) -> Cell:
    text = value.strip()[: MAX_CELL + 1]
    if not text:
        return Cell(column, CellKind.EMPTY, "")
    if quoted := _QUOTED.fullmatch(text):
        return Cell(column, CellKind.TEXT, quoted[1].strip())
    if text.startswith("="):
        return Cell(column, CellKind.FORMULA, text)
    if text.startswith("#") and text.endswith(("!", "?", "/A")):
        return Cell(column, CellKind.ERROR, text)
    return Cell(column, CellKind.NUMBER if _NUMBER.fullmatch(text) else CellKind.TEXT, text)
