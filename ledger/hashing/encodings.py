"""Strict text forms of bytes: each accepts exactly one text for a value.

Python's own decoders take altered trailing bits, missing padding and stray characters; so every decoder here compares
its input with the re-encoding of what it decoded (formats.md, first paragraph).
"""

from __future__ import annotations

import binascii
from typing import Final

from ledger.errors import FormatError

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")


def b64u_encode(data: bytes) -> str:
    """base64url without padding (RFC 4648, section 5)."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def b64u_decode(text: str, *, length: int | None = None, where: str | None = None) -> bytes:
    """Decode base64url without padding.

    Args:
        text: what to decode.
        length: the number of bytes that must come out, if it is fixed.
        where: the place in the input, for the error.

    Raises:
        FormatError: another alphabet, padding, altered trailing bits, or another length.
    """
    try:
        raw = text.encode("ascii").translate(_FROM_URL)
        data = binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
    except ValueError as error:
        raise FormatError("This is not base64url without padding.", where=where) from error
    _check_same(text, b64u_encode(data), "base64url without padding", where)
    _check_length(data, length, where)
    return data


def b64_encode(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def b64_decode(text: str, *, length: int | None = None, where: str | None = None) -> bytes:
    """Decode standard base64 with padding; arguments and errors as in `b64u_decode`.

    Raises:
        FormatError: another alphabet, wrong padding, altered trailing bits, or another length.
    """
    try:
        data = binascii.a2b_base64(text.encode("ascii"))
    except ValueError as error:
        raise FormatError("This is not base64 with padding.", where=where) from error
    _check_same(text, b64_encode(data), "base64 with padding", where)
    _check_length(data, length, where)
    return data


def hex_encode(data: bytes) -> str:
    """Lower-case hex, two digits a byte, no `0x`."""
    return data.hex()


def hex_decode(text: str, *, length: int | None = None, where: str | None = None) -> bytes:
    """Decode lower-case hex; arguments and errors as in `b64u_decode`.

    Raises:
        FormatError: a character that is no lower-case hex digit, or another length.
    """
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise FormatError("This is not lower-case hex.", where=where) from error
    _check_same(text, data.hex(), "lower-case hex", where)
    _check_length(data, length, where)
    return data


def _check_same(text: str, again: str, form: str, where: str | None) -> None:
    if again != text:
        raise FormatError(f"This is not {form}: it differs from the re-encoding of what it decodes to.", where=where)


def _check_length(data: bytes, length: int | None, where: str | None) -> None:
    if length is not None and len(data) != length:
        raise FormatError(f"This holds {len(data)} bytes; {length} are needed.", where=where)
