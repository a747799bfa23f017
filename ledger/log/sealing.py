"""Facts at rest: encrypted under a key per record, so that destroying the key erases them.

AES-256-GCM under a key of 32 fresh bytes that seals exactly one message, once: so the nonce may be fixed (12 zero
bytes), and is not stored. The commitment is authenticated beside it, so that sealed facts can't be moved to another
record. Plain text: the disclosures as they were hashed, joined by newlines, which no disclosure holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import EvidenceError
from ledger.records.disclosure import Disclosure, parse_disclosure
from ledger.values import Digest32

KEY_BYTES: Final = 32
_NONCE: Final = bytes(12)


def seal(disclosures: Sequence[Disclosure], *, key: bytes, commitment: Digest32) -> bytes:
    """Encrypt disclosures.

    Args:
        disclosures: of one record, in the commitment's order.
        key: 32 fresh bytes from the operating system that never sealed anything.
        commitment: the record's.
    """
    text = "\n".join([disclosure.text for disclosure in disclosures])
    return AESGCM(key).encrypt(_NONCE, text.encode("ascii"), commitment)


def open_lines(sealed: bytes, *, key: bytes, commitment: Digest32) -> list[bytes]:
    """Decrypt what `seal` made, without reading it: the texts of the disclosures, as they were hashed.

    Raises:
        EvidenceError: the sealed bytes were altered, or belong to another record or key.
    """
    try:
        return AESGCM(key).decrypt(_NONCE, sealed, commitment).split(b"\n")
    except InvalidTag as error:
        raise EvidenceError("The sealed facts were altered on disk.", fix="Run sillok fsck.") from error


def open_sealed(sealed: bytes, *, key: bytes, commitment: Digest32) -> tuple[Disclosure, ...]:
    """Decrypt what `seal` made.

    Raises:
        EvidenceError: the sealed bytes were altered, or belong to another record or key.
    """
    return tuple(
        parse_disclosure(line.decode("ascii")) for line in open_lines(sealed, key=key, commitment=commitment)
    )
