"""Slots read straight from the tries are those that py-evm reads, at every height, whatever a trie's shape."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import rlp
from localchain import storage, tables
from localchain.node import Node
from localchain.nodes import CommittedNodes
from localchain.storage import read_slot
from support.localchains import MARK, Client, Sender, deploy, send, served
from trie import HexaryTrie

SLOTS = 400


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    opened = Node.open(tmp_path / "chain", development=True)
    yield opened
    opened.close()


def block_at(node: Node, number: int) -> tables.BlockRow:
    with node.reading() as connection:
        found = tables.block_by_number(connection, number)
    assert found is not None
    return found


def test_every_slot_is_what_the_evm_reads(node: Node) -> None:
    sender = Sender(node.chain_id)
    contract, bare = deploy(node, sender), sender.address
    for count in (3, 40, 100):  # fresh slots, in numbers that make leaves, extensions and branches
        send(node, sender.sign(contract, bytes([2, count]) + bytes(30), gas=10_000_000))
        send(node, sender.sign(contract, MARK))
    for number in range(node.head.number + 1):
        block = block_at(node, number)
        root, state = bytes(block.header.state_root), node.state_at(block)
        for slot in (*range(SLOTS), 2**256 - 1):
            found = read_slot(node.nodes, root, contract, slot)
            assert found == state.get_storage(contract, slot), (number, slot)
        assert read_slot(node.nodes, root, bare, 0) == 0, "an account without code"
        assert read_slot(node.nodes, root, bytes(20), 0) == 0, "no account"
    written = [read_slot(node.nodes, bytes(node.head.header.state_root), contract, slot) for slot in range(SLOTS)]
    assert sum(map(bool, written)) > 100


def test_a_chain_without_accounts_has_empty_slots(tmp_path: Path) -> None:
    node = Node.open(tmp_path / "chain")
    assert read_slot(node.nodes, bytes(node.head.header.state_root), bytes(20), 0) == 0
    node.close()


def test_short_nodes_within_their_parents_are_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashed keys hardly ever share so long a beginning; here they do."""
    monkeypatch.setattr(storage, "keccak", lambda name: name.rjust(32, b"\x11"))
    draw = random.Random(5)
    for count in (1, 2, 3, 20, 200):
        pairs: dict[bytes, bytes] = {}
        trie = HexaryTrie(pairs)
        names = {bytes(draw.choice(b"\x11\x12\x21") for _ in range(32)) for _ in range(count)}
        names |= {name[:31] + b"\x22" for name in names}
        for place, name in enumerate(sorted(names)):
            trie[name] = rlp.encode(place + 1)
        account = HexaryTrie(pairs)
        account[b"\x11" * 12 + b"\x07" * 20] = rlp.encode([b"", b"", trie.root_hash, b""])
        nodes = cast(CommittedNodes, pairs)
        found = {
            name: read_slot(nodes, account.root_hash, b"\x07" * 20, int.from_bytes(name, "big")) for name in names
        }
        assert found == {name: place + 1 for place, name in enumerate(sorted(names))}
        absent = [name[:31] + b"\x31" for name in names] + [bytes(32), b"\x11" * 31 + b"\x10"]
        for name in absent:
            assert read_slot(nodes, account.root_hash, b"\x07" * 20, int.from_bytes(name, "big")) == 0


def test_what_was_said_of_a_block_is_forgotten_with_the_block(node: Node) -> None:
    """A batch names one block again and again; between two batches it may have gone."""
    with served(node) as client:
        sender = Sender(node.chain_id)
        contract = "0x" + deploy(node, sender).hex()
        snapshot = client.call("evm_snapshot")
        send(node, sender.sign(bytes.fromhex(contract[2:]), MARK))
        gone = {"blockHash": "0x" + node.head.hash.hex()}
        assert _slot(client, contract, gone) == 1
        assert _slot(client, contract, "latest") == 1
        assert _slot(client, contract, "0x1") == 0
        assert _slot(client, contract, "latest") == 1
        assert client.call("evm_revert", snapshot) is True
        assert _slot(client, contract, "latest") == 0
        assert client.error("eth_getStorageAt", contract, "0x0", gone)["code"] == -32000
        sender.nonce -= 1
        send(node, sender.sign(bytes.fromhex(contract[2:]), b"\x05"))
        assert node.head.number == int(str(client.call("eth_blockNumber")), 16) == 2
        assert _slot(client, contract, "latest") == _slot(client, contract, "pending") == 1


def _slot(client: Client, contract: str, block: object) -> int:
    return int(client.call("eth_getStorageAt", contract, "0x0", block), 16)
