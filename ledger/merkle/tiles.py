"""A log's tree in tiles of C2SP `tlog-tiles`: appending and proving without ever rebuilding it.

A tile of level L holds up to 256 hashes side by side; entry i of tile n is the head of the complete subtree over
256^L leaves whose place, counted from the left, is 256·n + i. Whatever lies between two levels is recomputed from one
tile, so an append touches one tile a level, and a proof at most two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from ledger.errors import EvidenceError, InputError
from ledger.hashing.digests import Sha256
from ledger.merkle.nodes import EMPTY_ROOT, node_hash
from ledger.merkle.tree import fold
from ledger.values import MAX_INTEGER, Digest32, LeafHash, LogIndex, Root, TreeSize

WIDTH: Final = 256
"""Hashes of a full tile."""
HEIGHT: Final = 8
"""Levels of the tree that one tile spans."""
HASH_BYTES: Final = 32


class TileReader(Protocol):
    """Where tiles come from: the store, a folder, or another service's address."""

    def read_tile(self, level: int, index: int) -> bytes:
        """The hashes that the tile has now: 32 bytes each, 1 to 256, and at least those of the size asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What an append makes: the new size and root, and every tile that changed, whole, by (level, index)."""

    size: TreeSize
    root: Root
    tiles: dict[tuple[int, int], bytes]


class Overlay:
    """Tiles over a reader: lets a group commit prove in a tree that isn't on disk yet."""

    __slots__ = ("_reader", "_tiles")

    def __init__(self, reader: TileReader, tiles: Mapping[tuple[int, int], bytes]) -> None:
        self._reader = reader
        self._tiles = tiles

    def read_tile(self, level: int, index: int) -> bytes:
        """The tile laid over, or the reader's own."""
        tile = self._tiles.get((level, index))
        return self._reader.read_tile(level, index) if tile is None else tile


def edge_of(size: TreeSize, tiles: Mapping[tuple[int, int], bytes]) -> dict[tuple[int, int], bytes]:
    """Those of `tiles` that the next append or the proof of a leaf at the edge reads: the last one of each level."""
    return {(level, index): tile for (level, index), tile in tiles.items() if index == size >> HEIGHT * (level + 1)}


def append(reader: TileReader, size: TreeSize, leaf_hashes: Sequence[LeafHash]) -> Appended:
    """Append leaves to the tree of `size` leaves.

    Reads the last, partial tile of each level; hashes each new node once.

    Args:
        reader: the tiles of the tree so far.
        size: leaves so far.
        leaf_hashes: of the new leaves, in order.
    """
    _check_size(size + len(leaf_hashes))
    tiles: dict[tuple[int, int], bytes] = {}
    added: list[bytes] = list(leaf_hashes)
    level, count = 0, int(size)  # hashes at this level so far
    root: bytes | None = None
    while count or added:
        first, kept = divmod(count, WIDTH)
        old = _read(reader, level, first, kept) if kept else b""
        heads: list[bytes] = []
        if kept + len(added) < WIDTH:
            partial = old + b"".join(added)
        else:
            hashes = _split_hashes(old) + added
            whole = len(hashes) // WIDTH
            for tile in range(whole):
                full = hashes[tile * WIDTH : (tile + 1) * WIDTH]
                tiles[level, first + tile] = b"".join(full)
                heads.append(_head(full))
            partial = b"".join(hashes[whole * WIDTH :])
        if added and partial:
            tiles[level, first + len(heads)] = partial
        root = _join(partial, root)
        added, level, count = heads, level + 1, first
    return Appended(size=TreeSize(size + len(leaf_hashes)), root=Root(root or EMPTY_ROOT), tiles=tiles)


def root_at(reader: TileReader, size: TreeSize) -> Root:
    """The head of the tree over the first `size` leaves.

    Raises:
        EvidenceError: a tile holds fewer hashes than that size needs.
    """
    _check_size(size)
    return Root(Subtrees(reader, size).head(0, size)) if size else EMPTY_ROOT


def inclusion_proof(reader: TileReader, index: LogIndex, size: TreeSize) -> tuple[Digest32, ...]:
    """The inclusion path of a leaf in the tree over the first `size` leaves (RFC 9162, section 2.1.3.1).

    Raises:
        InputError: the index is not below the size.
        EvidenceError: a tile holds fewer hashes than that size needs.
    """
    return Subtrees(reader, size).inclusion_proof(index)


def inclusion_proofs(
    reader: TileReader, indexes: Sequence[LogIndex], size: TreeSize
) -> tuple[tuple[Digest32, ...], ...]:
    """The paths of many leaves in one tree; each tile is read and folded once. Errors as `inclusion_proof`."""
    subtrees = Subtrees(reader, size)
    return tuple(subtrees.inclusion_proof(index) for index in indexes)


def consistency_proof(reader: TileReader, old_size: TreeSize, size: TreeSize) -> tuple[Digest32, ...]:
    """The proof that the tree of `size` leaves begins with that of `old_size` (RFC 9162, section 2.1.4.1).

    Raises:
        InputError: not 1 ≤ old_size ≤ size.
        EvidenceError: a tile holds fewer hashes than that size needs.
    """
    return Subtrees(reader, size).consistency_proof(old_size)


class Subtrees:
    """Heads of subtrees of one log at one size; keeps what it read, so build one for many proofs and drop it."""

    __slots__ = ("_edge", "_folded", "_reader", "_size")

    def __init__(self, reader: TileReader, size: TreeSize) -> None:
        _check_size(size)
        self._reader = reader
        self._size = size
        self._folded: dict[tuple[int, int], list[bytes]] = {}
        self._edge: dict[int, Digest32] = {}

    def inclusion_proof(self, index: LogIndex) -> tuple[Digest32, ...]:
        """See the function of this name."""
        if not 0 <= index < self._size:
            raise InputError(f"There is no leaf {index} in a tree of {self._size}.", where="index")
        size, path = int(self._size), []
        # Below the level at which the paths of this leaf and of the last one meet, every level has a sibling; above
        # it only those where the index's bit is set, to the left. (`ledger.merkle.verify` walks the same way.)
        inner = (index ^ (size - 1)).bit_length()
        for bits in range(inner):
            sibling = index >> bits ^ 1
            start, stop = sibling << bits, sibling + 1 << bits
            path.append(self._complete(start, bits) if stop <= size else self._ragged(start, size))
        for bits in range(inner, size.bit_length()):
            if index >> bits & 1:
                path.append(self._complete((index >> bits ^ 1) << bits, bits))
        return tuple(path)

    def consistency_proof(self, old_size: TreeSize) -> tuple[Digest32, ...]:
        """See the function of this name."""
        if not 1 <= old_size <= self._size:
            raise InputError(f"No tree of {self._size} leaves grew from one of {old_size}.", where="size")
        path: list[Digest32] = []
        start, stop = 0, int(self._size)
        while old_size != stop:
            middle = start + _split(stop - start)
            if old_size <= middle:
                path.append(self.head(middle, stop))
                stop = middle
            else:
                path.append(self.head(start, middle))
                start = middle
        if start:  # the old tree is no complete subtree from the left: its last part opens the proof
            path.append(self.head(start, stop))
        return tuple(reversed(path))

    def head(self, start: int, stop: int) -> Digest32:
        """Head of the leaves start ≤ i < stop, where that is a node of the tree: the complete subtrees, joined."""
        root: Digest32 | None = None
        while start < stop:
            # The last complete subtree is as large as the lowest bit of the length says.
            bits = ((stop - start) & (start - stop)).bit_length() - 1
            part = self._complete(stop - (1 << bits), bits)
            root = part if root is None else node_hash(part, root)
            stop -= 1 << bits
        assert root is not None
        return root

    def _ragged(self, start: int, stop: int) -> Digest32:
        """`head`, kept: the few incomplete subtrees at the right edge stand in the paths of most leaves."""
        head = self._edge.get(start)
        if head is None:
            head = self._edge[start] = self.head(start, stop)
        return head

    def _complete(self, start: int, bits: int) -> Digest32:
        """Head of the complete subtree over 2^bits leaves from `start`, from the one tile that spans it."""
        level, inside = divmod(bits, HEIGHT)
        tile, place = divmod(start >> (HEIGHT * level), WIDTH)
        folded = self._folded.get((level, tile))
        if folded is None:
            width = min(WIDTH, (self._size >> (HEIGHT * level)) - tile * WIDTH)
            data = _read(self._reader, level, tile, width)
            # Tiles above the lowest level are few and serve every proof, and so do those at the right edge. The
            # others have a memory of their own, so that a walk through a log does not drive those out.
            fold_tile = _fold_shared_tile if level or width < WIDTH else _fold_full_tile
            folded = self._folded[level, tile] = fold_tile(data)
        # Heap order with the leaves of the tile from 256 on: node k has the children 2k and 2k + 1.
        return Digest32(folded[(WIDTH + place) >> inside])


def _fold_tile(tile: bytes) -> list[bytes]:
    """All nodes within a tile in heap order; those over missing leaves stay empty."""
    sha256, nodes = Sha256, [b""] * (2 * WIDTH)
    nodes[WIDTH : WIDTH + len(tile) // HASH_BYTES] = _split_hashes(tile)
    first, width = WIDTH, len(tile) // HASH_BYTES
    while first > 1:
        first, width = first // 2, width // 2
        for node in range(first, first + width):
            nodes[node] = sha256(b"\x01" + nodes[2 * node] + nodes[2 * node + 1]).digest()
    return nodes


_fold_shared_tile = lru_cache(maxsize=64)(_fold_tile)
_fold_full_tile = lru_cache(maxsize=64)(_fold_tile)
"""By content, so nothing can be stale; about 2 MB each. Single look-ups come for neighbours, too: a job's papers."""


def _head(hashes: list[bytes]) -> bytes:
    """Head of a full tile, folded by itself: what one tile needs stays in the processor's cache, a level does not."""
    for _ in range(HEIGHT):
        hashes = fold(hashes)
    return hashes[0]


def _join(partial: bytes, right: bytes | None) -> bytes | None:
    """Head of a partial tile's hashes with what already lies to their right; either may be nothing."""
    stop, width = len(partial), len(partial) // HASH_BYTES
    while width:
        block = (width & -width) * HASH_BYTES  # the last complete subtree
        head = _block_head(partial[stop - block : stop])
        right = head if right is None else node_hash(head, right)
        stop, width = stop - block, width & (width - 1)
    return right


@lru_cache(maxsize=4096)
def _block_head(hashes: bytes) -> bytes:
    """Head of a complete subtree within a tile.

    Appending one leaf after another asks for the same blocks again, so each node is hashed once; by content, so
    nothing can be stale; a few MB at most.
    """
    if len(hashes) == HASH_BYTES:
        return hashes
    half = len(hashes) // 2
    return node_hash(_block_head(hashes[:half]), _block_head(hashes[half:]))


def _split_hashes(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _read(reader: TileReader, level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a tile; a tile that has grown since holds more."""
    tile = reader.read_tile(level, index)
    if len(tile) < width * HASH_BYTES or len(tile) % HASH_BYTES:
        raise EvidenceError(
            "A tile holds fewer hashes than the size of its log needs.",
            where=f"tile {level}/{index}",
            expected=str(width * HASH_BYTES),
            actual=str(len(tile)),
        )
    return tile[: width * HASH_BYTES]


def _split(size: int) -> int:
    """The largest power of two below `size` (RFC 9162's k)."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_size(size: int) -> None:
    if not 0 <= size <= MAX_INTEGER:
        raise InputError("A log's size is from 0 to 2^53 - 1.", where="size")
