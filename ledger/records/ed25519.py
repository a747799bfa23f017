"""Ed25519 (RFC 8032) as strictly as the strictest reader: the one place where signatures are verified.

Libraries differ on keys of small order and on encodings that aren't canonical, so both are refused when a key is
loaded; and S must be below the group order, else one signature has two forms.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.errors import EvidenceError, FormatError

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_Y8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER: Final = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})
"""y of the eight points whose order divides 8; `_Y8` is that of one of order 8, the others are 4, 1 and 2."""


@lru_cache(maxsize=1024)
def load_key(public: bytes) -> Ed25519PublicKey:
    """Load a raw public key.

    Raises:
        FormatError: not 32 bytes, not canonical, no point of the curve, or of small order.
    """
    if len(public) != KEY_BYTES:
        raise FormatError(f"An Ed25519 key has {KEY_BYTES} bytes, not {len(public)}.")
    y = int.from_bytes(public, "little") & (1 << 255) - 1
    if y >= _P:
        raise FormatError("The Ed25519 key is not in canonical form.")
    if y in _SMALL_ORDER:
        raise FormatError("The Ed25519 key is of small order: anybody could sign for it.")
    # x² = (y² − 1) / (d·y² + 1) must be a square, and u/v is one exactly where u·v is (Euler's criterion). Points
    # with x = 0 are of small order, and refused above.
    if pow((y * y - 1) * (_D * y * y + 1) % _P, (_P - 1) // 2, _P) != 1:
        raise FormatError("The Ed25519 key is no point of the curve.")
    return Ed25519PublicKey.from_public_bytes(public)


def verify(public: bytes, signature: bytes, message: bytes, *, where: str | None = None) -> None:
    """Verify a signature.

    Raises:
        FormatError: the key can't be loaded.
        EvidenceError: the signature is not this key's over this message.
    """
    load_key(public)
    if len(signature) != SIGNATURE_BYTES or int.from_bytes(signature[32:], "little") >= _L:
        raise EvidenceError("The signature is not in canonical form.", where=where)
    try:
        _verify(public, signature, message)
    except InvalidSignature as error:
        raise EvidenceError("The signature does not verify.", where=where, expected=public.hex()) from error


@lru_cache(maxsize=4096)
def _verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Verify, and remember it: one checkpoint stands in the evidence of thousands of records.

    By content, so nothing can be stale; a signature that does not verify raises, and is never remembered.
    """
    load_key(public).verify(signature, message)
