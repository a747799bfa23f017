"""Lines of a note's text: each a strict text form, taken in order."""

from __future__ import annotations

import re
from typing import Final

from ledger.errors import FormatError, InputError
from ledger.hashing.encodings import b64_decode, hex_decode
from ledger.records.origin import parse_origin
from ledger.values import MAX_INTEGER, Digest32, Instant, Origin, Root, parse_instant

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


def split_lines(text: str, count: int, where: str) -> list[str]:
    """Exactly `count` lines, each ended by a newline.

    Raises:
        FormatError: more or fewer, or the last one isn't ended.
    """
    lines = text.split("\n")
    if len(lines) != count + 1 or lines.pop():
        raise FormatError(f"A {where} has exactly {count} lines.", where=where)
    return lines


def decimal(text: str, where: str) -> int:
    """An integer from 0 to 2^53 − 1 without leading zeros.

    Raises:
        FormatError: another form, or beyond.
    """
    if not _DECIMAL.fullmatch(text) or (value := int(text)) > MAX_INTEGER:
        raise FormatError(f"{text[:40]!r} is not a decimal from 0 to 2^53 - 1.", where=where)
    return value


def root(text: str, where: str) -> Root:
    """A tree's head in base64.

    Raises:
        FormatError: another form.
    """
    return Root(b64_decode(text, length=32, where=where))


def hex32(text: str, where: str) -> Digest32:
    """A digest in hex.

    Raises:
        FormatError: another form.
    """
    return Digest32(hex_decode(text, length=32, where=where))


def instant(text: str, where: str) -> Instant:
    """An instant.

    Raises:
        FormatError: another form.
    """
    try:
        return parse_instant(text)
    except InputError as error:
        raise FormatError(error.what, where=where, fix=error.fix) from error


def origin(text: str) -> Origin:
    """The origin of a log.

    Raises:
        FormatError: another form.
    """
    return parse_origin(text).origin
