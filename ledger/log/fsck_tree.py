"""Recomputing a tree from its leaves, leaf by leaf, in bounded memory.

`GrowingTree` keeps one hash for each complete subtree on the right edge (RFC 9162, section 2.1.2: at most one for
each bit of the size), so that the head at any size costs as many hashes as the size has bits. Subtrees of 256, 256²
… leaves are the entries of the tiles of level 1, 2, …: they fall out on the way and are compared with the store.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.errors import StoreError
from ledger.hashing.encodings import hex_encode
from ledger.log.fsck_findings import Finding, Kind, error
from ledger.merkle.nodes import EMPTY_ROOT, node_hash
from ledger.ports.records import LogInfo, TileSource
from ledger.values import LeafHash, Root

TILE_BITS: Final = 8
TILE_WIDTH: Final = 1 << TILE_BITS
HASH_BYTES: Final = 32


class GrowingTree:
    """A tree that grows by one leaf at a time."""

    def __init__(self) -> None:
        """Empty."""
        self.size = 0
        self._edge: list[bytes] = []
        self.rows: list[bytearray] = [bytearray()]
        """The entries of the newest tile of each level, complete or not."""
        self.full: list[tuple[int, int, bytes]] = []
        """Tiles (level, index, hashes) that became full since this list was last emptied."""

    def add(self, leaf: LeafHash) -> None:
        """Append one leaf hash."""
        self._entry(0, leaf)
        node: bytes = leaf
        rest, height = self.size, 0
        while rest & 1:
            node = node_hash(self._edge.pop(), node)
            rest >>= 1
            height += 1
            if height % TILE_BITS == 0:
                self._entry(height // TILE_BITS, node)
        self._edge.append(node)
        self.size += 1

    def root(self) -> Root:
        """The tree head at the present size."""
        if not self._edge:
            return EMPTY_ROOT
        node = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            node = node_hash(left, node)
        return Root(node)

    def _entry(self, level: int, node: bytes) -> None:
        if level == len(self.rows):
            self.rows.append(bytearray())
        row = self.rows[level]
        row += node
        if len(row) == TILE_WIDTH * HASH_BYTES:
            subtree = (self.size + 1) >> TILE_BITS * (level + 1)
            self.full.append((level, subtree - 1, bytes(row)))
            row.clear()


class StoredTree:
    """The tiles of one log, compared with a tree that grows past them."""

    def __init__(self, log: LogInfo, tiles: TileSource, size: int) -> None:
        """Compare the tiles of `log`, which hold `size` leaves."""
        self._log = log
        self._tiles = tiles
        self.size = size

    def compare_full(self, level: int, index: int, hashes: bytes) -> Iterator[Finding]:
        """Compare a full tile, where this log's tree reaches so far."""
        if (index + 1) << TILE_BITS * (level + 1) <= self.size:
            yield from self._compare(level, index, hashes)

    def compare_edge(self, tree: GrowingTree) -> Iterator[Finding]:
        """Compare the unfinished tiles, when the tree has this log's size."""
        for level, row in enumerate(tree.rows):
            if row:
                yield from self._compare(level, tree.size >> TILE_BITS * (level + 1), bytes(row))

    def _compare(self, level: int, index: int, hashes: bytes) -> Iterator[Finding]:
        where = f"{self._log.origin}, tile {index} of level {level}"
        try:
            stored = self._tiles.read_tile(level, index)
        except StoreError as problem:
            yield error(Kind.TILE, f"The tile is not there: {problem.what}", where)
            return
        if stored[: len(hashes)] == hashes and (len(stored) == len(hashes) or self._reaches_past(level, index)):
            return
        for entry in range(TILE_WIDTH):
            part = slice(entry * HASH_BYTES, (entry + 1) * HASH_BYTES)
            if stored[part] != hashes[part]:
                what = f"Entry {entry} is {_short(stored[part])}, computed {_short(hashes[part])}."
                yield error(Kind.TILE, what, where)
                return

    def _reaches_past(self, level: int, index: int) -> bool:
        """Whether the log grew while this ran, so that its newest tile holds more by now."""
        return (index + 1) << TILE_BITS * (level + 1) > self.size


def _short(digest: bytes) -> str:
    return f"{hex_encode(digest)[:16]}…" if digest else "absent"
