"""Canonical JSON (RFC 8785) as Sillok narrows it: no floats, no null, nesting of at most 16, integers of 53 bits.

There is exactly one text for a value, so what was parsed can be compared, hashed and signed without doubt. The wide
world's freedoms (duplicate keys, NaN, lone surrogates, a byte order mark, white space) are all refused by one rule:
the bytes must equal the RFC 8785 form of what was parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

from ledger.errors import FormatError
from ledger.values import MAX_INTEGER

Json: TypeAlias = "str | bool | int | Sequence[Json] | Mapping[str, Json]"
"""A value of Sillok's JSON. Parsed values are built of str, bool, int, list and dict only."""

MAX_DEPTH: Final = 16
"""Arrays and objects nest at most this deep: no reader needs a deep stack for bytes from a stranger."""

# Python's escapes and integers are RFC 8785's; the order of members is made before. A property test proves it equal
# to the library `rfc8785`, which is much slower and costs every start of the offline verifier its import.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))

# It matches at every quote, whatever follows, so that no byte is looked at twice: a pattern that needs the closing
# quote would begin anew at each quote of a string that has none, and 256 KiB would take minutes.
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+["\\]?', re.DOTALL)


def encode(value: Json, *, where: str | None = None) -> bytes:
    """The RFC 8785 form of a value, as UTF-8.

    Raises:
        FormatError: a float, null, an integer beyond 2^53 − 1, U+0000, a lone surrogate, a key that is no string,
            or nesting deeper than 16.
    """
    return _ENCODER.encode(_in_order(value, MAX_DEPTH, where)).encode("utf-8")


def parse(data: bytes, *, limit: int, where: str | None = None) -> Json:
    """Parse canonical JSON.

    Args:
        data: the bytes.
        limit: the most bytes that this format allows; longer input isn't looked at.
        where: what is parsed, for the error.

    Raises:
        FormatError: too long, not JSON, outside of what `encode` takes, or not in canonical form.
    """
    value = load(data, limit=limit, where=where)
    if encode(value, where=where) != data:
        raise FormatError(
            "The JSON is not in canonical form (RFC 8785).",
            where=where,
            fix="Hand the bytes on exactly as they were received.",
        )
    return value


def load(data: bytes, *, limit: int, where: str | None = None) -> Json:
    """Parse JSON without comparing it with its canonical form.

    Only for a format that compares `data` with an encoder of its own, as record and disclosure do on the hot path:
    the result alone proves nothing about the bytes.

    Raises:
        FormatError: too long, not UTF-8, not JSON, nested too deep, or with a number that is no integer.
    """
    if len(data) > limit:
        raise FormatError(f"{len(data)} bytes are too many; at most {limit} are read.", where=where)
    # Depth is counted before the parser recurses; strings are cut out first, since they may hold brackets.
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _depth(_STRING.sub(b"", data)) > MAX_DEPTH:
        raise FormatError(f"The JSON nests deeper than {MAX_DEPTH}.", where=where)
    try:
        value: Json = _DECODER.decode(data.decode("utf-8"))
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are both of this kind
        raise FormatError(
            "This is not JSON of integers, strings, booleans, lists and objects.", where=where
        ) from error
    return value


def _depth(brackets: bytes) -> int:
    depth = deepest = 0
    for byte in brackets:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no integer")


_DECODER: Final = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)


def check_text(text: str, where: str | None = None) -> None:
    """Refuse U+0000 and lone surrogates: neither survives every reader.

    Raises:
        FormatError: the text holds one.
    """
    if "\0" in text:
        raise FormatError("A string holds U+0000.", where=where)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise FormatError("A string holds a lone surrogate.", where=where) from error


def _in_order(value: object, depth: int, where: str | None) -> object:
    """The value with the members of every object in RFC 8785's order, once all of it was found to be allowed."""
    if isinstance(value, str):
        check_text(value, where)
        return value
    if isinstance(value, int):  # bool is an int too
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise FormatError("An integer is beyond 2^53 - 1.", where=where)
        return value
    if not isinstance(value, (dict, list, tuple)):
        raise FormatError(f"{type(value).__name__} has no place in this JSON.", where=where)
    if depth == 0:
        raise FormatError(f"The JSON nests deeper than {MAX_DEPTH}.", where=where)
    if isinstance(value, dict):
        return {name: _in_order(value[name], depth - 1, where) for name in _names(value, where)}
    return [_in_order(item, depth - 1, where) for item in value]


def _names(value: dict[object, object], where: str | None) -> list[str]:
    """The names of an object's members in order of their UTF-16 code units (RFC 8785, section 3.2.3)."""
    names: list[str] = []
    for name in value:
        if not isinstance(name, str):
            raise FormatError("A member's name is not a string.", where=where)
        check_text(name, where)
        names.append(name)
    return sorted(names, key=_utf16)


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
