"""From a cell, or what somebody typed, to the value of a field; what is wrong is named to be mended. Pure.

A spreadsheet loses what an office needs: a date becomes a day number once its format is gone, and a registration
number loses the zeros before it. Neither is guessed at: the row is refused, and the likely value is named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from ledger.office.templates import Field, FieldKind
from ledger.sheets.cells import Cell, CellKind

Missing = Callable[[str], str]
"""The characters of a text that the paper's font has no glyph for."""

_DATE: Final = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})"
    r"|\. ?([0-9]{1,2})\. ?([0-9]{1,2})\.?|년 ?([0-9]{1,2})월 ?([0-9]{1,2})일)",
    re.ASCII,
)
_SOLID_DATE: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)
_WHOLE: Final = re.compile(r"[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3})+", re.ASCII)
_EXPONENT: Final = re.compile(r"[0-9.]+[eE]\+?[0-9]+", re.ASCII)
_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)
_SERIAL_EPOCH: Final = date(1899, 12, 30)
"""Day 0 of a spreadsheet's day numbers, for days after February 1900."""
_SERIALS: Final = range(60, 110_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something to mend.

    Attributes:
        kind: which sentence says so: `cell_<kind>` in the catalogues.
        place: the cell (C17), or the path of a form's field; empty where it is the whole row.
        label: the field's label in Korean; empty where it is the whole row.
        values: what the sentence names.
    """

    kind: str
    place: str = ""
    label: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


class WrongValueError(Exception):
    """A value that a field does not take; never leaves this room."""

    def __init__(self, kind: str, **values: str) -> None:
        """Say which kind of problem it is, and what its sentence names."""
        super().__init__(kind)
        self.kind = kind
        self.values = values


def read_value(asked: Field, cell: Cell | None, missing: Missing) -> str:
    """The value of a field as it is kept: of a date YYYY-MM-DD, of a number its digits; empty where there is none.

    Args:
        asked: the field.
        cell: what is there; None for nothing.
        missing: the characters of a text that cannot be printed.

    Raises:
        WrongValueError: the cell holds no value of this field.
    """
    if cell is None or not cell.text:
        if asked.required:
            raise WrongValueError("missing")
        return ""
    if cell.kind is CellKind.FORMULA:
        raise WrongValueError("formula")
    if cell.kind is CellKind.ERROR:
        raise WrongValueError("error_value", value=cell.text[:20])
    if asked.kind is FieldKind.DATE:
        return _date(cell).isoformat()
    if asked.kind is FieldKind.DIGITS:
        return _digits(cell, asked.size)
    if asked.kind is FieldKind.NUMBER:
        return _number(cell, asked.size)
    return _text(cell, asked.size, missing)


def _text(cell: Cell, most: int, missing: Missing) -> str:
    text = unicodedata.normalize("NFC", re.sub(" +", " ", cell.text))
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn") for sign in text):
        raise WrongValueError("control")
    if len(text) > most:
        raise WrongValueError("too_long", most=str(most), have=str(len(text)))
    if lost := missing(text):
        codes = " ".join(f"U+{ord(sign):04X}" for sign in lost[:10])
        raise WrongValueError("glyph", signs=" ".join(lost[:10]), codes=codes)
    return text


def _date(cell: Cell) -> date:
    text = cell.text.strip()
    if cell.kind is CellKind.NUMBER and _DIGITS.fullmatch(text) and int(text) in _SERIALS:
        seems = _SERIAL_EPOCH + timedelta(days=int(text))
        raise WrongValueError("serial", value=text, date=seems.isoformat())
    found = _DATE.fullmatch(text) or _SOLID_DATE.fullmatch(text)
    if found is None:
        raise WrongValueError("not_date", value=text[:20])
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        read = date(year, month, day)
    except ValueError:
        raise WrongValueError("no_such_day", value=text[:20]) from None
    if not _EARLIEST <= read <= _LATEST:
        raise WrongValueError("date_range", value=text[:20])
    return read


def _digits(cell: Cell, count: int) -> str:
    text = cell.text.strip()
    if cell.kind is CellKind.NUMBER and _EXPONENT.fullmatch(text):
        raise WrongValueError("exponent", value=text[:24])
    if not _DIGITS.fullmatch(text):
        raise WrongValueError("not_digits", need=str(count), value=text[:20])
    if len(text) < count and cell.kind is CellKind.NUMBER:
        raise WrongValueError("zeros", need=str(count), value=text, guess=text.zfill(count))
    if len(text) != count:
        raise WrongValueError("not_digits", need=str(count), value=text[:20])
    return text


def _number(cell: Cell, most: int) -> str:
    text = cell.text.strip()
    if not _WHOLE.fullmatch(text) or not 1 <= int(text.replace(",", "")) <= most:
        raise WrongValueError("not_number", most=f"{most:,}", value=text[:20])
    return str(int(text.replace(",", "")))
