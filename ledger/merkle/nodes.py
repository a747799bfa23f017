"""Hashes of the RFC 9162 tree, section 2.1.1."""

from __future__ import annotations

from typing import Final

from ledger.hashing.digests import Sha256
from ledger.values import Digest32, LeafHash, Root

EMPTY_ROOT: Final = Root(Sha256(b"").digest())
"""Head of the empty tree: SHA-256 of nothing."""


def leaf_hash(leaf: bytes) -> LeafHash:
    """SHA-256(0x00 ‖ leaf)."""
    return LeafHash(Sha256(b"\x00" + leaf).digest())


def node_hash(left: bytes, right: bytes) -> Digest32:
    """SHA-256(0x01 ‖ left ‖ right); both 32 bytes."""
    return Digest32(Sha256(b"\x01" + left + right).digest())
