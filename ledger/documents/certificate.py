"""Certificates as PDF/A-2b: number and QR are stamped before the file is hashed, so the digest covers them.

Rendering is deterministic: the same fields give the same bytes, since the only date in the file is the day of
issue. Fonts come from a package, never from the machine.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import pylopdf_fonts_ko
import segno
import typst

from ledger.errors import InputError
from ledger.values import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What stands on one certificate; all texts as they are printed.

    Attributes:
        title: name of the certificate, such as 주민등록표 등본.
        rows: label and value of each line of the table, in order.
        sentence: what the office certifies.
        issued: day of issue in words.
        issued_at: the same as an instant; PDF/A wants a date in the file.
        agency: name of the issuing office.
        number: document number in four groups of four digits.
        address: where number and file are checked; goes into the QR.
        demo: whether the page says that it is no real certificate.
    """

    title: str
    rows: Sequence[tuple[str, str]]
    sentence: str
    issued: str
    issued_at: Instant
    agency: str
    number: str
    address: str
    demo: bool


class CertificatePrinter:
    """Renders certificates; keep one for a whole run, since it loads 12 MB of fonts once."""

    def __init__(self) -> None:
        self._template = resources.files("ledger.documents").joinpath("certificate.typ").read_bytes()
        self._compiler = typst.Compiler(
            input=self._template,
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[pylopdf_fonts_ko.sans_path().parent]),
        )

    def render(self, certificate: Certificate) -> bytes:
        """One certificate as the bytes of a PDF/A-2b file.

        Raises:
            InputError: a text cannot be set, or the number gives no QR.
        """
        qr = io.BytesIO()
        segno.make(certificate.address, error="m", micro=False).save(qr, kind="svg", border=2)
        words = {
            "title": certificate.title,
            "rows": json.dumps([[name, value] for name, value in certificate.rows], ensure_ascii=False),
            "sentence": certificate.sentence,
            "issued": certificate.issued,
            "agency": certificate.agency,
            "number": certificate.number,
            "address": certificate.address,
            "qr": qr.getvalue().decode(),
            "demo": "yes" if certificate.demo else "no",
        }
        try:
            pdf = self._compiler.compile(
                input=self._template,
                format="pdf",
                pdf_standards="a-2b",
                sys_inputs=words,
                timestamp=certificate.issued_at,
            )
        except typst.TypstError as error:
            raise InputError(
                f"The certificate {certificate.number} could not be set: {error.message}.",
                fix="Look at the texts of its fields.",
            ) from error
        if not isinstance(pdf, bytes):
            raise InputError(f"The certificate {certificate.number} needs more than one file.")
        return pdf
