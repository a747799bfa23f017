"""Ways to spoil evidence, from a flipped bit to a well-formed file that says something else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from ledger.errors import FormatError
from ledger.hashing.canonical import encode
from ledger.hashing.encodings import b64u_decode, b64u_encode

ALPHABET = "AZaz09-_+/=—\u2028\u0085\ufeff \n\t\0\x1f\"'\\{}[]:,.é한𝄞"
VALUES: tuple[Any, ...] = (
    "",
    "x",
    0,
    1,
    -1,
    2**53 - 1,
    2**53,
    True,
    False,
    None,
    1.5,
    [],
    {},
    {"format": "note/v1"},
    "none",
)


def bytes_spoiled(data: bytes, random: Random) -> bytes:
    """One byte changed, lost, doubled or put in; or the end cut off."""
    place = random.randrange(len(data) + 1)
    before, here, rest = data[:place], data[place : place + 1], data[place + 1 :]
    flipped = bytes(byte ^ 1 << random.randrange(8) for byte in here)
    other = random.choice((random.randbytes(1), random.choice(ALPHABET).encode()))
    return before + random.choice((flipped + rest, other + rest, rest, here + here + rest, other + here + rest, b""))


def each_byte_spoiled(data: bytes, random: Random) -> Iterator[bytes]:
    """Every byte once with a flipped bit, and once as another digit or letter."""
    for place in range(len(data)):
        yield data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1 :]
        yield data[:place] + random.choice(b"09azAZ-_").to_bytes(1, "big") + data[place + 1 :]


def text_spoiled(text: str, random: Random) -> str:
    """One character changed, lost, doubled or put in; or two lines exchanged."""
    place = random.randrange(len(text) + 1)
    before, here, rest = text[:place], text[place : place + 1], text[place + 1 :]
    other, lines = random.choice(ALPHABET), text.split("\n")
    one, two = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    spoiled = (before + more for more in (other + rest, rest, here * 2 + rest, other + here + rest))
    return random.choice((*spoiled, "\n".join(lines)))


def evidence_spoiled(data: bytes, random: Random) -> bytes:
    """Evidence that is canonical again, with something else at one place of its tree, or of a text in it."""
    try:
        tree = json.loads(data)
    except ValueError:
        return bytes_spoiled(data, random)
    for _ in range(random.choice((1, 1, 2))):
        tree = _spoiled(tree, random)
    return written(tree)


def written(tree: Any) -> bytes:
    """In canonical form, or, where there is none (a float, null), as near as it comes."""
    try:
        return encode(tree)
    except FormatError:
        return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")


def _spoiled(value: Any, random: Random) -> Any:
    if isinstance(value, (dict, list, str)) and value and random.random() > 0.06:
        return _KINDS[type(value)](value, random)
    if type(value) is int and random.random() > 0.2:
        return random.choice((value + 1, value - 1, 2**53 - 1, 2**53, 0))
    return random.choice(VALUES)


def _object(value: dict[str, Any], random: Random) -> Any:
    name = random.choice(list(value))
    if random.random() < 0.1:
        rest = {other: item for other, item in value.items() if other != name}
        return random.choice((rest, {**rest, text_spoiled(name, random): value[name]}, {**value, "more": 1}))
    return {**value, name: _spoiled(value[name], random)}


def _list(value: list[Any], random: Random) -> Any:
    place = random.randrange(len(value))
    if random.random() < 0.15:
        return random.choice((value[:place] + value[place + 1 :], [*value, value[place]], value[::-1]))
    return [*value[:place], _spoiled(value[place], random), *value[place + 1 :]]


def _text(text: str, random: Random) -> str:
    """Spoiled as it stands, or, where it is base64url, inside of what it holds."""
    if random.random() < 0.7:
        try:
            held = b64u_decode(text)
        except FormatError:
            return text_spoiled(text, random)
        if held.startswith((b"{", b"[")) and random.random() < 0.7:
            return b64u_encode(evidence_spoiled(held, random))
        if held:
            return b64u_encode(bytes_spoiled(held, random))
    return text_spoiled(text, random)


_KINDS: dict[type, Callable[[Any, Random], Any]] = {dict: _object, list: _list, str: _text}
