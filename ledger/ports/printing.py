"""Setting papers: what stands on one, and what a printer of them can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

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


class Printer(Protocol):
    """Sets certificates as PDF; the same certificate gives the same bytes. Not for several threads at once."""

    def render(self, certificate: Certificate) -> bytes:
        """One certificate as PDF/A-2b. Raises InputError where a text cannot be set."""

    def picture(self, certificate: Certificate) -> bytes:
        """The same page as PNG, to be looked at beside its row. Raises InputError."""

    def missing(self, text: str) -> str:
        """The characters of a text, each once and in their order, that the fonts have no glyph for."""
