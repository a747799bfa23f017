"""The fast tree against the RFC's own words."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import oracle_rfc9162 as oracle

from ledger.errors import EvidenceError, InputError
from ledger.merkle import tiles
from ledger.merkle.nodes import EMPTY_ROOT, leaf_hash, node_hash
from ledger.merkle.tree import tree_head
from ledger.merkle.verify import root_from_inclusion, verify_consistency, verify_inclusion
from ledger.values import Digest32, LeafHash, LogIndex, Root, TreeSize

MOST = 5000
LEAVES = [f"leaf {i}".encode() for i in range(MOST)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


class Memory(dict[tuple[int, int], bytes]):
    """Tiles in memory that count how often they are read."""

    reads = 0

    def read_tile(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self[level, index]


def grown(size: int) -> Memory:
    memory = Memory()
    memory.update(tiles.append(memory, TreeSize(0), HASHES[:size]).tiles)
    memory.reads = 0
    return memory


WHOLE = grown(MOST)
sizes = st.one_of(
    st.integers(1, MOST),
    st.sampled_from([n for p in range(13) for n in (2**p - 1, 2**p, 2**p + 1) if 0 < n <= MOST]),
)


def test_the_hashes_are_those_of_the_rfc() -> None:
    assert hashlib.sha256(b"").digest() == EMPTY_ROOT
    assert leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()
    assert node_hash(b"a" * 32, b"b" * 32) == hashlib.sha256(b"\x01" + b"a" * 32 + b"b" * 32).digest()


@settings(max_examples=60, deadline=None)
@given(size=sizes)
def test_heads_agree_with_the_oracle(size: int) -> None:
    expected = oracle.MTH(LEAVES[:size])
    assert tree_head(HASHES[:size]) == expected
    assert tiles.root_at(WHOLE, TreeSize(size)) == expected


@settings(max_examples=60, deadline=None)
@given(size=sizes, data=st.data())
def test_inclusion_proofs_agree_with_the_oracle_and_verify(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = tiles.inclusion_proof(WHOLE, LogIndex(index), TreeSize(size))
    assert list(path) == oracle.PATH(index, LEAVES[:size])
    root = Root(oracle.MTH(LEAVES[:size]))
    verify_inclusion(leaf_hash=HASHES[index], index=LogIndex(index), size=TreeSize(size), path=path, root=root)


@settings(max_examples=400, deadline=None)
@given(size=st.one_of(st.integers(1, 70), st.integers(1, 2**53 - 1)), data=st.data())
def test_verification_takes_the_steps_of_the_rfc(size: int, data: st.DataObject) -> None:
    """Any index, any number of hashes: the same root comes out, or both refuse."""
    index = data.draw(st.integers(0, size + 1))
    deepest = (size - 1).bit_length()
    count = data.draw(st.integers(0, deepest + 1) if size <= 70 else st.integers(deepest - 2, deepest + 1))
    path = HASHES[:count]
    expected = oracle.inclusion_root(HASHES[99], index, size, path)
    try:
        found: bytes | None = root_from_inclusion(
            leaf_hash=HASHES[99], index=LogIndex(index), size=TreeSize(size), path=[Digest32(node) for node in path]
        )
    except EvidenceError:
        found = None
    assert found == expected


@settings(max_examples=60, deadline=None)
@given(size=sizes, data=st.data())
def test_consistency_proofs_agree_with_the_oracle_and_verify(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    path = tiles.consistency_proof(WHOLE, TreeSize(old), TreeSize(size))
    assert list(path) == oracle.PROOF(old, LEAVES[:size])
    verify_consistency(
        old_size=TreeSize(old),
        size=TreeSize(size),
        path=path,
        old_root=Root(oracle.MTH(LEAVES[:old])),
        root=Root(oracle.MTH(LEAVES[:size])),
    )


@settings(max_examples=100, deadline=None)
@given(size=st.integers(2, 600), data=st.data())
def test_a_proof_with_any_bit_flipped_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = list(tiles.inclusion_proof(WHOLE, LogIndex(index), TreeSize(size)))
    place = data.draw(st.integers(0, len(path) - 1))
    bit = data.draw(st.integers(0, 255))
    path[place] = Digest32((int.from_bytes(path[place], "big") ^ 1 << bit).to_bytes(32, "big"))
    root = tiles.root_at(WHOLE, TreeSize(size))
    with pytest.raises(EvidenceError, match="another root") as refused:
        verify_inclusion(leaf_hash=HASHES[index], index=LogIndex(index), size=TreeSize(size), path=path, root=root)
    assert refused.value.expected == root.hex()
    assert refused.value.actual != root.hex()


def test_every_small_case_proves_only_its_own_place() -> None:
    """All sizes to 20: an inclusion proof holds at its index and nowhere else."""
    for size in range(1, 21):
        root = tree_head(HASHES[:size])
        for index in range(size):
            path = tiles.inclusion_proof(WHOLE, LogIndex(index), TreeSize(size))
            for other in range(size):
                try:
                    found: Root | None = root_from_inclusion(
                        leaf_hash=HASHES[index], index=LogIndex(other), size=TreeSize(size), path=path
                    )
                except EvidenceError:
                    found = None
                assert (found == root) == (other == index), (size, index, other)


@pytest.mark.parametrize(
    ("old", "size", "what"), [(0, 5, "in order"), (6, 5, "in order"), (0, 0, "in order"), (5, 2**53, "in order")]
)
def test_sizes_out_of_order_are_refused(old: int, size: int, what: str) -> None:
    with pytest.raises(EvidenceError, match=what):
        verify_consistency(old_size=TreeSize(old), size=TreeSize(size), path=[], old_root=EMPTY_ROOT, root=EMPTY_ROOT)


def test_a_hash_of_another_length_is_refused() -> None:
    """Lengths that add up to 64 could else hash like two of 32."""
    with pytest.raises(EvidenceError, match="32 bytes"):
        verify_inclusion(
            leaf_hash=LeafHash(b"a" * 31),
            index=LogIndex(0),
            size=TreeSize(2),
            path=[Digest32(b"b" * 33)],
            root=Root(node_hash(b"a" * 31, b"b" * 33)),
        )


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.one_of(st.integers(0, 5), st.integers(200, 600)), max_size=12))
def test_appending_in_any_steps_gives_the_same_tiles_and_roots(steps: list[int]) -> None:
    memory, size = Memory(), 0
    for step in steps:
        made = tiles.append(memory, TreeSize(size), HASHES[size : size + step])
        assert all(0 < len(tile) <= 8192 and len(tile) % 32 == 0 for tile in made.tiles.values())
        # Before it is on disk, a group commit already proves in the new tree.
        if step:
            overlay = tiles.Overlay(memory, made.tiles)
            path = tiles.inclusion_proof(overlay, LogIndex(size), made.size)
            verify_inclusion(leaf_hash=HASHES[size], index=LogIndex(size), size=made.size, path=path, root=made.root)
        memory.update(made.tiles)
        size += step
        assert (made.size, made.root) == (size, tree_head(HASHES[:size]))
    assert dict(memory) == dict(grown(size))


def test_tiles_hold_what_c2sp_says() -> None:
    """Entry i of tile n at level L is the head over 256^L leaves from (256·n + i)·256^L."""
    memory = grown(1000)
    assert {place: len(tile) // 32 for place, tile in memory.items()} == {
        (0, 0): 256,
        (0, 1): 256,
        (0, 2): 256,
        (0, 3): 232,
        (1, 0): 3,
    }
    assert memory[0, 3] == b"".join(HASHES[768:1000])
    assert memory[1, 0] == b"".join(oracle.MTH(LEAVES[i : i + 256]) for i in (0, 256, 512))


def test_appending_and_proving_read_few_tiles() -> None:
    """A million leaves lie in 3,924 tiles; one append reads one a level, a proof at most two."""
    size = 1_000_003
    memory = Memory()
    memory.update(tiles.append(memory, TreeSize(0), [HASHES[0]] * size).tiles)
    assert len(memory) == 3907 + 16 + 1
    memory.reads = 0
    tiles.append(memory, TreeSize(size), HASHES[:1])
    assert memory.reads == 3
    for index in (0, 255, 256, 499_999, 65_535, 65_536, size - 1):
        memory.reads = 0
        tiles.inclusion_proof(memory, LogIndex(index), TreeSize(size))
        assert memory.reads <= 6
    for old in (1, 256, 65_536, 777_777, size - 1, size):
        memory.reads = 0
        tiles.consistency_proof(memory, TreeSize(old), TreeSize(size))
        assert memory.reads <= 6
    memory.reads = 0
    tiles.inclusion_proofs(memory, [LogIndex(i) for i in range(256)], TreeSize(size))
    assert memory.reads <= 6, "proofs of neighbours share what they read"


def test_a_tile_that_is_too_short_is_named() -> None:
    memory = grown(300)
    memory[0, 1] = memory[0, 1][:-32]
    with pytest.raises(EvidenceError, match="fewer hashes") as refused:
        tiles.root_at(memory, TreeSize(300))
    assert refused.value.where == "tile 0/1"
    with pytest.raises(EvidenceError, match="fewer hashes"):
        tiles.append(memory, TreeSize(300), HASHES[300:301])


def test_proofs_outside_of_the_tree_are_refused() -> None:
    for index in (-1, 7, 8):
        with pytest.raises(InputError):
            tiles.inclusion_proof(WHOLE, LogIndex(index), TreeSize(7))
    for old in (-1, 0, 8):
        with pytest.raises(InputError):
            tiles.consistency_proof(WHOLE, TreeSize(old), TreeSize(7))
    assert tiles.root_at(Memory(), TreeSize(0)) == EMPTY_ROOT
    assert tiles.append(Memory(), TreeSize(0), []).root == EMPTY_ROOT
