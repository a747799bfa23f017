"""RFC 9162 trees whose leaves are all equal: a subtree is known by its size, so a million leaves cost nothing.

Written literally from RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1, and from nothing of ours.
"""

from __future__ import annotations

import hashlib
from functools import cache


@cache
def _root(leaf: bytes, size: int) -> bytes:
    if size == 0:
        return hashlib.sha256(b"").digest()
    if size == 1:
        return hashlib.sha256(b"\x00" + leaf).digest()
    k = _split(size)
    return hashlib.sha256(b"\x01" + _root(leaf, k) + _root(leaf, size - k)).digest()


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


class UniformTree:
    """A tree of any size with the same leaf everywhere; another leaf is another history."""

    def __init__(self, leaf: bytes = b"{}") -> None:
        self.leaf = leaf

    @property
    def leaf_hash(self) -> bytes:
        return _root(self.leaf, 1)

    def root(self, size: int) -> bytes:
        return _root(self.leaf, size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """PATH(index, D_size)."""
        if size == 1:
            return []
        k = _split(size)
        if index < k:
            return [*self.inclusion(index, k), self.root(size - k)]
        return [*self.inclusion(index - k, size - k), self.root(k)]

    def consistency(self, old: int, size: int) -> list[bytes]:
        """PROOF(old, D_size)."""
        return self._subproof(old, size, True)

    def _subproof(self, old: int, size: int, whole: bool) -> list[bytes]:
        if old == size:
            return [] if whole else [self.root(old)]
        k = _split(size)
        if old <= k:
            return [*self._subproof(old, k, whole), self.root(size - k)]
        return [*self._subproof(old - k, size - k, False), self.root(k)]
