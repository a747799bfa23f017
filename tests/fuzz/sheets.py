"""Tables that a clerk uploads, as targets: XLSX and CSV in every encoding of an office."""

from __future__ import annotations

import io
import zipfile

from fuzz.target import Target
from support.tables import csv_bytes, people, xlsx

from ledger.sheets.cells import SheetError
from ledger.sheets.reading import read_table

WORDS = (
    b",", b'"', b'""', b"\n", b"\t", b";", b'="01"', b"\xff\xfe", b"\xef\xbb\xbf", "성명".encode("cp949"), b"1e999",
    b"xl/worksheets/sheet1.xml", b"[Content_Types].xml", b"PK\x05\x06", b"PK\x01\x02", b"\xff\xff\xff\xff",
)  # fmt: skip
XML_WORDS = (
    b'<row r="1048577">', b'<row r="99999999"/>', b"<row/>", b'<c r="ZZZ1"/>', b'<c t="s"><v>999999999</v></c>',
    b'<c t="n"><v>1e999</v></c>', b'<c t="d"><v>x</v></c>', b'<c s="4294967296"/>', b'<mergeCell ref="A1:A9999999"/>',
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b'hidden="1"', b'ht="0"', b"</row>", b"<f>1</f>", b"<v>45000.5</v>",
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "cp949", "utf-16")
SHEET = "xl/worksheets/sheet1.xml"


def _read(data: bytes) -> str:
    table = read_table(data)
    rows = 0
    for rows, row in enumerate(table.rows, start=1):  # noqa: B007 - the count is wanted
        for cell in row.cells.values():
            cell.text.encode("utf-8")
    return f"{table.form} {min(rows, 3)}"


def table() -> Target:
    """The file as it was uploaded, of whatever form."""
    rows = people(2)
    forms = [xlsx(rows), csv_bytes(rows, separator=";"), *(csv_bytes(rows, form) for form in ENCODINGS)]
    return Target(name="table", seeds=forms, run=_read, declared=(SheetError,), words=WORDS)


def sheet() -> Target:
    """The XML of a sheet inside of a workbook: what a mutation of the whole file would break at its checksum."""
    made = xlsx(people(2), lambda page: page.merge_cells("A1:B1"))

    def run(data: bytes) -> str:
        return _read(with_part(made, SHEET, data))

    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        seed = archive.read(SHEET)
    return Target(name="sheet", seeds=[seed], run=run, declared=(SheetError,), words=XML_WORDS)


def with_part(workbook: bytes, name: str, content: bytes) -> bytes:
    """The workbook with other bytes in one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
    return out.getvalue()
