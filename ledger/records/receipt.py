"""The receipt: the office's promise to anchor a size by a deadline (section 5)."""

from __future__ import annotations

from typing import Final

from ledger.errors import FormatError, UnknownVersionError
from ledger.hashing.encodings import b64_encode
from ledger.plain import dataclass
from ledger.records import lines
from ledger.values import Instant, Origin, Root, TreeSize, format_instant

VERSION: Final = "sillok-receipt/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One receipt for a whole group commit; each record's inclusion proof in that size goes with it."""

    origin: Origin
    size: TreeSize
    root: Root
    signed_at: Instant
    deadline: Instant


def format_receipt(receipt: Receipt) -> str:
    """The note's text, six lines.

    Raises:
        FormatError: the size is 0, or the deadline is before the signing.
    """
    _check(receipt)
    return (
        f"{VERSION}\n{receipt.origin}\n{receipt.size}\n{b64_encode(receipt.root)}\n"
        f"{format_instant(receipt.signed_at)}\n{format_instant(receipt.deadline)}\n"
    )


def parse_receipt(text: str) -> Receipt:
    """Read the text of a receipt note.

    Raises:
        UnknownVersionError: another version of the receipt.
        FormatError: not exactly six lines of these forms.
    """
    if text.startswith("sillok-receipt/v") and not text.startswith(VERSION + "\n"):
        raise UnknownVersionError("This version of the receipt is not known here.", where="receipt")
    version, origin, size, root, signed_at, deadline = lines.split_lines(text, 6, "receipt")
    if version != VERSION:
        raise FormatError("This is not a receipt.", where="receipt")
    receipt = Receipt(
        origin=lines.origin(origin),
        size=TreeSize(lines.decimal(size, "receipt size")),
        root=lines.root(root, "receipt root"),
        signed_at=lines.instant(signed_at, "receipt signedAt"),
        deadline=lines.instant(deadline, "receipt deadline"),
    )
    _check(receipt)
    return receipt


def _check(receipt: Receipt) -> None:
    if receipt.size < 1:
        raise FormatError("A receipt is for one record at least.", where="receipt size")
    if receipt.deadline < receipt.signed_at:
        raise FormatError("The deadline is before the signing.", where="receipt deadline")
