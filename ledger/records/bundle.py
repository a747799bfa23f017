"""Entry bundles of C2SP `tlog-tiles`: each record with its length before it, as two big-endian bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ledger.errors import FormatError

MAX_ENTRIES: Final = 256
"""A full bundle; a partial one holds fewer."""


def encode_bundle(leaves: Iterable[bytes]) -> bytes:
    """Write records one behind the other."""
    return b"".join(piece for leaf in leaves for piece in (len(leaf).to_bytes(2, "big"), leaf))


def parse_bundle(data: bytes) -> tuple[bytes, ...]:
    """Read the records of a bundle.

    Raises:
        FormatError: it ends within a record, or holds more than 256.
    """
    leaves: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data) or start > len(data):
            raise FormatError("The entry bundle ends within a record.", where=f"entry {len(leaves)}")
        leaves.append(data[start:at])
    if len(leaves) > MAX_ENTRIES:
        raise FormatError(f"The entry bundle holds more than {MAX_ENTRIES} records.")
    return tuple(leaves)
