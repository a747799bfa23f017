"""A storage slot straight from the tries of a block: a service reads a thousand of them at once.

py-evm's own way builds a state with its journals and turns every nibble of every key into a Python number, which
takes ten times as long. Nothing is looked for here but a value; proofs are `localchain.proofs`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import rlp  # type: ignore[import-untyped]
from eth.constants import BLANK_ROOT_HASH
from eth_hash.auto import keccak

from localchain.nodes import CommittedNodes

_BRANCH_ITEMS: Final = 17
_STORAGE_ROOT: Final = 2
"""Place in an account: nonce, balance, storage root, code hash."""


def read_slot(nodes: CommittedNodes, state_root: bytes, address: bytes, slot: int) -> int:
    """The value of a slot; 0 where nothing was written, or no such account is.

    Args:
        nodes: committed trie nodes.
        state_root: 32 bytes.
        address: 20 bytes.
        slot: a number below 2^256.
    """
    account = _find(nodes, state_root, address)
    if not account:
        return 0
    value = _find(nodes, _decode(account)[_STORAGE_ROOT], slot.to_bytes(32, "big"))
    return int.from_bytes(rlp.decode(value), "big") if value else 0


def _find(nodes: CommittedNodes, root: bytes, name: bytes) -> bytes:
    """The value under the hash of a name, empty where there is none (Yellow Paper, appendix D).

    All keys of these tries are hashes, so no value stands in a branch.
    """
    if root == BLANK_ROOT_HASH:
        return b""
    key, place = keccak(name).hex(), 0  # one character for each nibble
    child: Any = root
    while child:
        node = child if isinstance(child, list) else _decode(nodes[child])  # a short node is part of its parent
        if len(node) == _BRANCH_ITEMS:
            child = node[int(key[place], 16)]
            place += 1
            continue
        prefix, child = node[0].hex(), node[1]
        path = prefix[1:] if prefix[0] in "13" else prefix[2:]  # an odd path stands right after the flag
        if not key.startswith(path, place):
            return b""
        if prefix[0] in "23":
            return bytes(child)  # a leaf
        place += len(path)
    return b""


@lru_cache(maxsize=4096)
def _decode(encoded: bytes) -> Any:
    """A node or an account as lists of bytes, not to be changed. By content: nothing can be stale. 6 MB at most."""
    return rlp.decode(encoded)
