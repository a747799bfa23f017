"""What a table is made of once it is read, and the limits that every reader keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.errors import InputError

MAX_ROWS: Final = 100_000
"""Rows with something in them, the header among them not: what one batch of an office is at most."""
MAX_COLUMNS: Final = 100
MAX_CELL: Final = 2_000
"""Characters of one cell; longer ones are cut after that many plus one, so that their field refuses them."""


class CellKind(StrEnum):
    """What a cell holds, as far as that matters for reading a value."""

    EMPTY = "empty"
    TEXT = "text"
    NUMBER = "number"
    """A number without a date's format; a number that stands for a date looks like this when its format is lost."""
    DATE = "date"
    FORMULA = "formula"
    ERROR = "error"
    """#REF! and its like."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        column: from 0.
        kind: what it holds.
        text: as a person would read it; of a date YYYY-MM-DD, of a number its shortest decimal form.
    """

    column: int
    kind: CellKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row that has something in it.

    Attributes:
        number: as the spreadsheet numbers it, from 1.
        cells: those that are not empty, by column.
        hidden: whether the person who looks at the sheet doesn't see it.
        merged: whether one of its cells is merged with others.
    """

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False
    merged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose rows are read while they are asked for; `rows` can be walked once.

    Attributes:
        form: csv or xlsx.
        encoding: of a CSV, as detected: utf-8, utf-16 or cp949; None for XLSX.
        sheet: of an XLSX, the name of the sheet that is read; None for CSV.
        others: names of the sheets that are not read.
        rows: the header first.
    """

    form: str
    encoding: str | None
    sheet: str | None
    others: tuple[str, ...]
    rows: Iterator[SheetRow]


class SheetError(InputError):
    """A file that cannot be read as a table at all.

    Attributes:
        kind: which sentence says so to a person: `sheet_<kind>` in the catalogues.
        values: what the sentence names.
    """

    def __init__(self, kind: str, what: str, *, fix: str | None = None, **values: str) -> None:
        """Make an error of a kind; `what` and `fix` are for programs and logs."""
        super().__init__(what, where="file", fix=fix)
        self.kind = kind
        self.values = values


def column_name(column: int) -> str:
    """A column, from 0, as a spreadsheet names it: A, B, … Z, AA."""
    name, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def cell_name(column: int, row: int) -> str:
    """A cell as a spreadsheet names it: C17."""
    return f"{column_name(column)}{row}"


def too_many_rows() -> SheetError:
    """The table is longer than one batch."""
    return SheetError("rows", f"There are more than {MAX_ROWS} rows.", fix="Split the file.", most=f"{MAX_ROWS:,}")


def too_many_columns() -> SheetError:
    """The table is wider than any form of ours."""
    return SheetError("columns", f"There are more than {MAX_COLUMNS} columns.", most=str(MAX_COLUMNS))
