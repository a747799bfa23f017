"""The RFC 6962 vectors of transparency-dev's merkle, and random sizes, through the contract library."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from support.city import City
from support.harness import deploy
from support.shared import shared
from support.solidity import Chain, Contract, RevertedError
from support.uniform_tree import UniformTree

# 12-byte roots can't be said in bytes32; the vector says that equal roots of equal sizes pass.
UNSAYABLE = {"sizes-are-equal-one-and-proof-is-empty.json"}

REFUSALS = {"ConsistencyMismatch", "InclusionMismatch", "ProofLengthWrong", "SizesWrong", "IndexOutside"}


@pytest.fixture(scope="module")
def harness(city: City) -> tuple[Chain, Contract]:
    return city.chain, deploy(city, "MerkleHarness")


def digest(text: str) -> bytes:
    return base64.b64decode(text or "")


def passes(harness: tuple[Chain, Contract], function: str, *values: Any) -> bool:
    chain, contract = harness
    try:
        chain.view(contract, function, *values)
    except RevertedError as caught:
        if caught.name not in REFUSALS:
            raise
        return False
    return True


def run(harness: tuple[Chain, Contract], kind: str, vector: dict[str, Any]) -> bool:
    proof = [digest(item) for item in vector["proof"] or []]
    if kind == "consistency":
        roots = digest(vector["root1"]), digest(vector["root2"])
        return passes(harness, "requireConsistency", vector["size1"], vector["size2"], *roots, proof)
    leaf, root = digest(vector["leafHash"]), digest(vector["root"])
    return passes(harness, "requireInclusion", leaf, vector["leafIdx"], vector["treeSize"], root, proof)


def unsayable(kind: str, vector: dict[str, Any]) -> bool:
    names = ("root1", "root2") if kind == "consistency" else ("root", "leafHash")
    values = [vector[name] for name in names] + (vector["proof"] or [])
    return any(len(digest(value)) != 32 for value in values)


@pytest.mark.parametrize("kind", ["consistency", "inclusion"])
def test_every_vector_is_judged_as_its_name_says(harness: tuple[Chain, Contract], kind: str) -> None:
    paths = sorted(Path(shared(f"vectors/rfc6962/{kind}")).rglob("*.json"))
    assert len(paths) > 90
    for path in paths:
        vector = json.loads(path.read_text())
        if unsayable(kind, vector):
            assert vector["wantErr"] or path.name in UNSAYABLE, path
            continue
        assert run(harness, kind, vector) == (not vector["wantErr"]), path


def test_random_sizes_pass_and_any_change_of_them_fails(harness: tuple[Chain, Contract]) -> None:
    tree, draw = UniformTree(), random.Random(9162)
    for _ in range(60):
        size = draw.randrange(2, 2_000_000)
        old, index = draw.randrange(1, size), draw.randrange(size)
        proof, path = tree.consistency(old, size), tree.inclusion(index, size)
        good = (old, size, tree.root(old), tree.root(size), proof)
        assert passes(harness, "requireConsistency", *good)
        assert passes(harness, "requireInclusion", tree.leaf_hash, index, size, tree.root(size), path)
        assert not passes(harness, "requireConsistency", *good[:4], [*proof, bytes(32)])
        assert not passes(harness, "requireConsistency", *good[:4], proof[:-1])
        assert not passes(harness, "requireConsistency", old, size, bytes(32), tree.root(size), proof)
        assert not passes(harness, "requireConsistency", old, size, tree.root(old), bytes(32), proof)
        assert not passes(harness, "requireInclusion", bytes(32), index, size, tree.root(size), path)
        assert not passes(harness, "requireInclusion", tree.leaf_hash, size, size, tree.root(size), path)


def test_small_trees_exhaustively(harness: tuple[Chain, Contract]) -> None:
    """Every pair of sizes up to 9, with the proof of every other pair: it passes for its own pair only."""
    trees = [UniformTree(bytes([n])) for n in range(2)]
    pairs = [(old, size) for size in range(1, 9) for old in range(1, size + 1)]
    tree, other = trees
    for old, size in pairs:
        for proof_of in pairs[:20]:
            proof = tree.consistency(*proof_of)
            expected = proof == tree.consistency(old, size)
            assert (
                passes(harness, "requireConsistency", old, size, tree.root(old), tree.root(size), proof) == expected
            )
        forged = other.consistency(old, size)
        if old != size:
            assert not passes(harness, "requireConsistency", old, size, tree.root(old), other.root(size), forged)


def test_a_consistency_proof_starts_from_something_and_does_not_shrink(harness: tuple[Chain, Contract]) -> None:
    chain, contract = harness
    for old, size in ((0, 5), (6, 5), (0, 0)):
        with chain.reverts("SizesWrong", old, size):
            chain.view(contract, "requireConsistency", old, size, bytes(32), bytes(32), [])
    one, two = b"\x01" * 32, b"\x02" * 32
    with chain.reverts("ConsistencyMismatch", one, one, two, one):
        chain.view(contract, "requireConsistency", 5, 5, one, two, [])
    with chain.reverts("ProofLengthWrong", 1, 0):
        chain.view(contract, "requireConsistency", 5, 5, one, one, [two])
