"""Rows of a table against the fields of a paper: which column is which field, and what is wrong in each row. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ledger.office.templates import Field, Template
from ledger.office.values import Missing, Problem, WrongValueError, read_value
from ledger.sheets.cells import Cell, CellKind, SheetError, SheetRow, Table, cell_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it will be issued, or with what is wrong in it.

    Attributes:
        number: the spreadsheet's own row number; 1 for a form.
        values: path → value; of a wrong cell what was read, so that a person recognises the row.
        problems: nothing where the row can be issued.
    """

    number: int
    values: Mapping[str, str]
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, object]:
        """As the run's folder keeps it."""
        told = [{"kind": p.kind, "place": p.place, "label": p.label, "values": dict(p.values)} for p in self.problems]
        return {"row": self.number, "values": dict(self.values), "problems": told}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Row:
        """As it was kept."""
        number, values, problems = data["row"], data["values"], data["problems"]
        assert isinstance(number, int)
        assert isinstance(values, dict)
        assert isinstance(problems, list)
        return cls(number=number, values=values, problems=tuple(Problem(**problem) for problem in problems))


@dataclass(slots=True)
class _Seen:
    """Rows that were read, to find one that is there twice; hashes are enough of 100,000 rows."""

    first: dict[int, int] = field(default_factory=dict)


_SPACES: Final = str.maketrans("", "", " \u00a0\u3000*")


def check_form(template: Template, typed: Mapping[str, str], missing: Missing) -> Row:
    """What somebody typed into the form of a paper, as a row."""
    cells = {asked.path: Cell(0, CellKind.TEXT, typed.get(asked.path, "").strip()) for asked in template.fields}
    return _row(template, 1, cells, missing, dict.fromkeys(cells, ""), by_path=True)


def check_table(template: Template, table: Table, missing: Missing) -> Iterator[Row]:
    """The rows of a table, each with what is wrong in it.

    Raises:
        SheetError: the header lacks a required column, has one twice or one that is no field; there are no rows; or
            what reading the table raises.
    """
    rows = iter(table.rows)
    header = next(rows, None)
    if header is None:
        raise SheetError("empty", "The table is empty.")
    columns = _columns(template, header)
    seen = _Seen()
    count = 0
    for row in rows:
        count += 1
        yield _checked(template, columns, row, missing, seen)
    if not count:
        raise SheetError("no_rows", "The table has a header and no rows.")


def _checked(template: Template, columns: Mapping[str, int], row: SheetRow, missing: Missing, seen: _Seen) -> Row:
    cells = {path: cell for path, column in columns.items() if (cell := row.cells.get(column)) is not None}
    places = {path: cell_name(column, row.number) for path, column in columns.items()}
    checked = _row(template, row.number, cells, missing, places, by_path=False)
    problems = list(checked.problems)
    if row.hidden:
        problems.insert(0, Problem(kind="hidden"))
    if row.merged:
        problems.insert(0, Problem(kind="merged"))
    stray = [cell_name(column, row.number) for column in row.cells if column not in columns.values()]
    if stray:
        problems.append(Problem(kind="stray", place=stray[0]))
    same = hash(tuple(sorted(checked.values.items())))
    if (first := seen.first.setdefault(same, row.number)) != row.number:
        problems.append(Problem(kind="same", values={"row": str(first)}))
    return Row(number=row.number, values=checked.values, problems=tuple(problems))


def _row(
    template: Template,
    number: int,
    cells: Mapping[str, Cell],
    missing: Missing,
    places: Mapping[str, str],
    *,
    by_path: bool,
) -> Row:
    values: dict[str, str] = {}
    problems = []
    for asked in template.fields:
        cell = cells.get(asked.path)
        try:
            values[asked.path] = read_value(asked, cell, missing)
        except WrongValueError as wrong:
            values[asked.path] = cell.text[:80] if cell is not None else ""
            place = asked.path if by_path else places.get(asked.path, "")
            problems.append(Problem(kind=wrong.kind, place=place, label=asked.ko, values=wrong.values))
    return Row(number=number, values=values, problems=tuple(problems))


def _columns(template: Template, header: SheetRow) -> dict[str, int]:
    """Path of each field → its column, by the labels of the header."""
    known = {_plain(name): asked.path for asked in template.fields for name in (asked.ko, asked.en, asked.path)}
    found: dict[str, int] = {}
    for column, cell in sorted(header.cells.items()):
        path = known.get(_plain(cell.text))
        place = cell_name(column, header.number)
        if path is None:
            raise SheetError(
                "column_unknown", f"{place} is no field of this paper.", cell=place, label=cell.text[:40]
            )
        if path in found:
            raise SheetError("column_twice", f"{place} repeats a field.", cell=place, label=cell.text[:40])
        found[path] = column
    lacking = [asked for asked in template.fields if asked.required and asked.path not in found]
    if lacking:
        names = ", ".join(asked.ko for asked in lacking)
        raise SheetError("column_missing", f"The header has no column {names}.", label=names, row=str(header.number))
    return found


def _plain(label: str) -> str:
    return unicodedata.normalize("NFC", label).translate(_SPACES).casefold()


def label_of(asked: Field, language: str) -> str:
    """A field's label in a page's language."""
    return asked.ko if language == "ko" else asked.en
