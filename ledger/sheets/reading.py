"""Which reader a file is for, and text that a spreadsheet must not compute."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Iterable, Iterator
from typing import Final

from ledger.sheets.cells import SheetError, Table
from ledger.sheets.csv_table import read_csv

_COMPUTED: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters at which a spreadsheet begins to compute, or leaves the cell (OWASP, CSV injection)."""
BOM: Final = "\ufeff"
"""Without it Excel reads UTF-8 as CP949."""


def read_table(data: bytes) -> Table:
    """Read an uploaded file by what is in it, whatever its name says.

    Raises:
        SheetError: it is empty, or cannot be read.
    """
    if not data:
        raise SheetError("empty", "The file is empty.")
    if not data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return read_csv(data)
    # Loaded with the first workbook: openpyxl takes a twentieth of the service's start.
    table: Table = importlib.import_module("ledger.sheets.xlsx_table").read_xlsx(data)
    return table


def defused(text: str) -> str:
    """A text that a spreadsheet shows and never computes: an apostrophe before what would begin a formula."""
    return f"'{text}" if text.startswith(_COMPUTED) else text


def csv_lines(rows: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """Rows as CSV for Excel, defused, line by line; the first line carries the mark of UTF-8."""
    mark = BOM
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([defused(text) for text in row])
        yield (mark + line.getvalue()).encode()
        mark = ""
