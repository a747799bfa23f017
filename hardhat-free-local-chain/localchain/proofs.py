"""`eth_getProof` (EIP-1186): account and storage proofs at any height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import rlp  # type: ignore[import-untyped]
from eth.constants import BLANK_ROOT_HASH, EMPTY_SHA3
from eth.rlp.accounts import Account
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from localchain.nodes import CommittedNodes

_HASHED_NODE_BYTES: Final = 32
"""A node shorter than this is part of its parent and no item of a proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageProof:
    """Value of one slot, and the nodes that lead to it or show that it is not there."""

    slot: int
    value: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProof:
    """State of one account, and the nodes that lead to it or show that it is not there."""

    balance: int
    nonce: int
    code_hash: bytes
    storage_root: bytes
    nodes: tuple[bytes, ...]
    storage: tuple[StorageProof, ...]


def prove(nodes: CommittedNodes, state_root: bytes, address: bytes, slots: Sequence[int]) -> AccountProof:
    """Prove an account and some of its slots against a block's state root.

    Args:
        nodes: committed trie nodes.
        state_root: 32 bytes.
        address: 20 bytes.
        slots: storage slots, numbers below 2^256.
    """
    trie = HexaryTrie(nodes, root_hash=state_root)
    key = keccak(address)
    encoded = trie[key]
    account = rlp.decode(encoded, sedes=Account) if encoded else Account()
    storage_root = bytes(account.storage_root)
    return AccountProof(
        balance=account.balance,
        nonce=account.nonce,
        code_hash=bytes(account.code_hash) if encoded else bytes(EMPTY_SHA3),
        storage_root=storage_root,
        nodes=proof_nodes(trie, key),
        storage=tuple(_prove_slot(nodes, storage_root, slot) for slot in slots),
    )


def _prove_slot(nodes: CommittedNodes, storage_root: bytes, slot: int) -> StorageProof:
    if storage_root == BLANK_ROOT_HASH:
        return StorageProof(slot=slot, value=0, nodes=())
    trie = HexaryTrie(nodes, root_hash=storage_root)
    key = keccak(slot.to_bytes(32, "big"))
    encoded = trie[key]
    value = int.from_bytes(rlp.decode(encoded), "big") if encoded else 0
    return StorageProof(slot=slot, value=value, nodes=proof_nodes(trie, key))


def proof_nodes(trie: Any, key: bytes) -> tuple[bytes, ...]:
    """Encoded nodes from the root to a key, or to where it would be; each is named in the one before by its hash."""
    encoded = [rlp.encode(node) for node in trie.get_proof(key)]
    return tuple(node for position, node in enumerate(encoded) if position == 0 or len(node) >= _HASHED_NODE_BYTES)
