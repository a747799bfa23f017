"""RLP (Ethereum yellow paper, appendix B) for what a transaction needs: bytes, integers, lists.

Written here because importing the `rlp` package costs 0.27 s and it is thirty lines.
"""

from __future__ import annotations

from collections.abc import Sequence

Item = bytes | int | Sequence["Item"]
Read = bytes | list["Read"]


def encode(item: Item) -> bytes:
    """Encode an item; integers are big-endian without leading zeros, 0 is the empty string."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _head(len(item), 0x80) + item
    payload = b"".join(encode(part) for part in item)
    return _head(len(payload), 0xC0) + payload


def decode(data: bytes) -> Read:
    """Decode one item that fills `data`. Raises ValueError where it does not."""
    item, end = _read(data, 0)
    if end != len(data):
        raise ValueError("bytes after the item")
    return item


def _head(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(size)]) + size


def _read(data: bytes, start: int) -> tuple[Read, int]:
    if start >= len(data):
        raise ValueError("the item is cut off")
    first = data[start]
    if first < 0x80:
        return data[start : start + 1], start + 1
    offset = 0xC0 if first >= 0xC0 else 0x80
    body, length = start + 1, first - offset
    if length > 55:
        size = length - 55
        length, body = int.from_bytes(data[body : body + size], "big"), body + size
    end = body + length
    if end > len(data):
        raise ValueError("the item is cut off")
    if offset == 0x80:
        return data[body:end], end
    items = []
    while body < end:
        item, body = _read(data, body)
        items.append(item)
    if body != end:
        raise ValueError("an item reaches beyond its list")
    return items, end
