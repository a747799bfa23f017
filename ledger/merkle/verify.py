"""Verification of inclusion and consistency proofs, RFC 9162, sections 2.1.3.2 and 2.1.4.2.

Every function computes a root and then compares; an error carries both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.errors import EvidenceError
from ledger.hashing.digests import Sha256
from ledger.merkle.nodes import node_hash
from ledger.values import MAX_INTEGER, Digest32, LeafHash, LogIndex, Root, TreeSize

_HASH_BYTES: Final = 32
_NODE_PREFIX: Final = Sha256(b"\x01")
"""What every interior node's hash begins with, to be copied: cheaper than joining three parts for a new one."""


def verify_inclusion(
    *, leaf_hash: LeafHash, index: LogIndex, size: TreeSize, path: Sequence[Digest32], root: Root
) -> None:
    """Check that a leaf stands at `index` in the tree of `size` leaves with head `root`.

    Raises:
        EvidenceError: the index is not below the size, the path has another length, or another root comes out.
    """
    computed = root_from_inclusion(leaf_hash=leaf_hash, index=index, size=size, path=path)
    if computed != root:
        what = "The inclusion proof leads to another root."
        raise EvidenceError(what, where="inclusion", expected=root.hex(), actual=computed.hex())


def root_from_inclusion(*, leaf_hash: LeafHash, index: LogIndex, size: TreeSize, path: Sequence[Digest32]) -> Root:
    """The root that an inclusion proof leads to.

    Says what steps 1 to 4 of section 2.1.3.2 say, with the turns counted beforehand: below the level at which the
    paths of this leaf and of the last leaf meet, the index's bits tell left from right; above it, only the levels
    where the index's bit is set have a sibling, and it stands to the left: so all bits from there on are set here.

    Raises:
        EvidenceError: the index is not below the size, or the path has another length than this place needs.
    """
    if not 0 <= index < size <= MAX_INTEGER:
        what = "The index is not below the size."
        raise EvidenceError(what, where="inclusion", expected=str(size), actual=str(index))
    _check_lengths((leaf_hash, *path), "inclusion")
    inner = (index ^ (size - 1)).bit_length()
    needed = inner + (index >> inner).bit_count()
    if len(path) != needed:
        raise EvidenceError(
            f"The inclusion proof is too {'short' if len(path) < needed else 'long'}.",
            where="inclusion",
            expected=str(needed),
            actual=str(len(path)),
        )
    start, turns = _NODE_PREFIX.copy, index | -1 << inner
    root: bytes = leaf_hash
    for node in path:
        hasher = start()
        if turns & 1:
            hasher.update(node)
            hasher.update(root)
        else:
            hasher.update(root)
            hasher.update(node)
        root = hasher.digest()
        turns >>= 1
    return Root(root)


def verify_consistency(
    *, old_size: TreeSize, size: TreeSize, path: Sequence[Digest32], old_root: Root, root: Root
) -> None:
    """Check that the tree of `size` leaves begins with the tree of `old_size` leaves.

    An old size of 0 is refused: every tree begins with the empty one, so such a proof would prove nothing.

    Raises:
        EvidenceError: the sizes are out of order, the path has another length, or one of the roots does not come out.
    """
    if not 1 <= old_size <= size <= MAX_INTEGER:
        raise EvidenceError(
            "The sizes are not 1 or more and in order.", where="consistency", expected=str(size), actual=str(old_size)
        )
    _check_lengths(path, "consistency")
    if old_size == size:
        if path:
            raise EvidenceError("The consistency proof is too long.", where="consistency")
        _compare(root, old_root, "The same size has another root.")
        return
    if not path:
        raise EvidenceError("The consistency proof is too short.", where="consistency")
    old_computed, computed = _roots_from_consistency(old_size, size, path, old_root)
    _compare(old_root, old_computed, "The consistency proof leads to another old root.")
    _compare(root, computed, "The consistency proof leads to another root.")


def _roots_from_consistency(old_size: int, size: int, nodes: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """Both roots that a proof leads to, for 1 ≤ old_size < size (steps 2 to 6 of section 2.1.4.2)."""
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    # A power of two: the old tree is itself a node of the new one, and the proof leaves it out.
    rest = iter(nodes)
    start = old_root if old_size & (old_size - 1) == 0 else next(rest)
    fr = sr = start
    for node in rest:
        if sn == 0:
            raise EvidenceError("The consistency proof is too long.", where="consistency")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(node, fr), node_hash(node, sr)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(sr, node)
        fn >>= 1
        sn >>= 1
    if sn:
        raise EvidenceError("The consistency proof is too short.", where="consistency")
    return fr, sr


def _check_lengths(hashes: Sequence[bytes], where: str) -> None:
    if list(map(len, hashes)).count(_HASH_BYTES) != len(hashes):
        raise EvidenceError("A hash is not 32 bytes long.", where=where, expected="32")


def _compare(claimed: bytes, computed: bytes, what: str) -> None:
    if claimed != computed:
        raise EvidenceError(what, where="consistency", expected=claimed.hex(), actual=computed.hex())
