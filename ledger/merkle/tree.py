"""The head of a whole tree, from all its leaf hashes: for commitments and oracles, never for a log."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.hashing.digests import Sha256
from ledger.merkle.nodes import EMPTY_ROOT
from ledger.values import Root


def tree_head(hashes: Sequence[bytes]) -> Root:
    """Merkle tree hash over leaf hashes (RFC 9162, section 2.1.1).

    Folding level by level and carrying an odd last node up unchanged gives the same tree as the RFC's recursion on
    the largest power of two below n.

    Args:
        hashes: leaf hashes in order, 32 bytes each; none gives the empty tree's head.
    """
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        folded = fold(level)
        if len(level) % 2:
            folded.append(level[-1])
        level = folded
    return Root(level[0])


def fold(level: Sequence[bytes]) -> list[bytes]:
    """Parents of neighbours (0, 1), (2, 3), …; an odd last node is left out."""
    sha256, pairs = Sha256, iter(level)
    # zip takes from one iterator twice: left is always drawn before right.
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
