"""Tables as clerks make them: XLSX by a spreadsheet library, CSV by hand, each with the columns of one paper."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import openpyxl

HEADER = ["성명", "생년월일", "등록번호", "과정", "시간", "수료일"]


def person(number: int) -> list[Any]:
    """One good row of the certificate of completion."""
    return [
        f"홍길동{number}",
        datetime.date(1990, 1, 2),
        f"{number:08d}",
        "정보보호 기본 과정",
        8,
        datetime.date(2026, 11, 2),
    ]


def xlsx(rows: Iterable[Sequence[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook with these rows on its first sheet; `change` gets the sheet before it is saved."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    if change is not None:
        change(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_bytes(rows: Iterable[Sequence[Any]], encoding: str = "utf-8-sig", separator: str = ",") -> bytes:
    """The same as CSV."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([[str(value) for value in row] for row in rows])
    return out.getvalue().encode(encoding)


def people(count: int) -> list[list[Any]]:
    """A header and so many good rows."""
    return [HEADER, *(person(number) for number in range(1, count + 1))]
