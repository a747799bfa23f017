"""Certificates as PDF/A-2b: number and QR are stamped before the file is hashed, so the digest covers them.

Rendering is deterministic: the same fields give the same bytes, since the only date in the file is the day of
issue. Fonts come from a package, never from the machine.
"""

from __future__ import annotations

import io
import json
from importlib import resources
from typing import Any

import pylopdf_fonts_ko
import segno
import typst

from ledger.documents.glyphs import covered
from ledger.errors import InputError
from ledger.ports.printing import Certificate

__all__ = ["Certificate", "CertificatePrinter"]


class CertificatePrinter:
    """Renders certificates; keep one for a whole run, since it loads 12 MB of fonts once."""

    def __init__(self) -> None:
        self._glyphs = covered(pylopdf_fonts_ko.sans_path()) & covered(pylopdf_fonts_ko.serif_path())
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
        return self._set(certificate, format="pdf", pdf_standards="a-2b", timestamp=certificate.issued_at)

    def picture(self, certificate: Certificate) -> bytes:
        """The same page as the bytes of a PNG, 72 dots to the inch. Raises InputError as `render` does."""
        return self._set(certificate, format="png", ppi=72.0)

    def _set(self, certificate: Certificate, **form: Any) -> bytes:
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
            made = self._compiler.compile(input=self._template, sys_inputs=words, **form)
        except typst.TypstError as error:
            raise InputError(
                f"The certificate {certificate.number} could not be set: {error.message}.",
                fix="Look at the texts of its fields.",
            ) from error
        if not isinstance(made, bytes):
            raise InputError(f"The certificate {certificate.number} needs more than one page.")
        return made

    def missing(self, text: str) -> str:
        """The characters of a text, each once and in their order, that the fonts have no glyph for."""
        return "".join(dict.fromkeys(sign for sign in text if ord(sign) not in self._glyphs))
