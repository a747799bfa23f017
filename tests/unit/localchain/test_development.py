"""What only a development chain can do, and that no other chain can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth.exceptions import HeaderNotFound, TransactionNotFound
from localchain.development import BALANCE, development_keys
from localchain.development_methods import DevelopmentMethods
from localchain.dispatch import Dispatcher
from localchain.node import Node
from support.localchains import MARK, Client, Clock, Sender, deploy, send, served

ANVIL_FIRST = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
TESTER_FIRST = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(tmp_path: Path, clock: Clock) -> Iterator[Node]:
    opened = Node.open(tmp_path, development=True, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def client(node: Node) -> Iterator[Client]:
    with served(node) as one:
        yield one


def test_it_says_what_it_is_and_funds_well_known_accounts(client: Client) -> None:
    assert client.call("localchain_development") is True
    assert "/development/" in client.call("web3_clientVersion")
    accounts = client.call("eth_accounts")
    assert (accounts[0], accounts[10], len(accounts)) == (ANVIL_FIRST, TESTER_FIRST, 20)
    assert {client.call("eth_getBalance", one) for one in accounts} == {hex(BALANCE)}


def test_well_known_accounts_send_without_signing(client: Client) -> None:
    sent = client.call("eth_sendTransaction", {"from": ANVIL_FIRST, "to": TESTER_FIRST, "value": "0x5"})
    assert client.call("eth_getTransactionReceipt", sent)["status"] == "0x1"
    assert client.call("eth_getBalance", TESTER_FIRST) == hex(BALANCE + 5)
    assert "unknown account" in client.error("eth_sendTransaction", {"from": "0x" + "11" * 20})["message"]


def test_going_back_to_a_snapshot_leaves_nothing_of_what_came_after(node: Node, client: Client) -> None:
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    snapshot, head = client.call("evm_snapshot"), node.head
    logs, blocks = client.call("eth_newFilter", {}), client.call("eth_newBlockFilter")
    rows = [send(node, sender.sign(contract, MARK)) for _ in range(3)]
    assert client.call("evm_revert", snapshot) is True
    assert client.call("eth_blockNumber") == hex(head.number)
    assert client.call("eth_getBlockByNumber", "latest", False)["hash"] == "0x" + head.hash.hex()
    for row in rows:
        name = "0x" + row.hash.hex()
        assert client.call("eth_getTransactionReceipt", name) is None
        assert client.call("eth_getTransactionByHash", name) is None
        assert client.call("eth_getBlockByHash", "0x" + row.block_hash.hex(), False) is None
        assert client.call("eth_getBlockByNumber", hex(row.block), False) is None
        # py-evm's own look-ups too, which eth-tester leaves in place.
        with pytest.raises(TransactionNotFound):
            node.chain.get_canonical_transaction_index(row.hash)  # type: ignore[arg-type]
        with pytest.raises(HeaderNotFound):
            node.chain.get_canonical_block_hash(row.block)  # type: ignore[arg-type]
    assert client.call("eth_getLogs", {"fromBlock": "earliest"}) == []
    assert client.call("eth_getFilterChanges", logs) == client.call("eth_getFilterChanges", blocks) == []
    # A snapshot is used up.
    assert client.call("evm_revert", snapshot) is False
    # The chain goes on, with the same heights and other blocks.
    sender.nonce = 1
    again = send(node, sender.sign(contract, MARK + b"again"))
    assert (again.block, again.block_hash != rows[0].block_hash) == (rows[0].block, True)
    assert node.state_at(node.head).get_storage(contract, 0) == 1  # type: ignore[arg-type]
    assert len(client.call("eth_getFilterChanges", logs)) == 1


def test_a_rewound_chain_is_rewound_after_a_restart(tmp_path: Path) -> None:
    node = Node.open(tmp_path, development=True)
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    for _ in range(3):
        send(node, sender.sign(contract, MARK))
    node.rewind(2)
    head = node.head
    node.close()
    again = Node.open(tmp_path, development=True)
    assert again.head == head
    sender.nonce = 2
    assert send(again, sender.sign(contract, MARK)).block == 3
    again.close()


def test_time_moves_forward_as_told(node: Node, client: Client, clock: Clock) -> None:
    def time_of_next_block() -> int:
        client.call("evm_mine")
        return int(client.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    start = int(clock.now)
    assert time_of_next_block() == start
    assert client.call("evm_increaseTime", 100) == hex(100)
    assert client.call("evm_increaseTime", "0x64") == hex(200)
    assert time_of_next_block() == start + 200
    client.call("evm_setNextBlockTimestamp", start + 5000)
    assert time_of_next_block() == start + 5000
    clock.now += 7
    assert time_of_next_block() == start + 5007
    client.call("evm_mine", start + 9000)
    assert node.head.header.timestamp == start + 9000
    assert "before that of the newest block" in client.error("evm_setNextBlockTimestamp", start)["message"]


def test_a_snapshot_holds_state_and_later_ones_go_with_it(node: Node, client: Client) -> None:
    first = client.call("evm_snapshot")
    client.call("evm_mine")
    second = client.call("evm_snapshot")
    client.call("evm_mine")
    assert client.call("evm_revert", first) is True
    assert client.call("evm_revert", second) is False
    assert node.head.number == 0


def test_no_other_chain_has_these_methods_or_this_money(tmp_path: Path) -> None:
    node = Node.open(tmp_path)
    names = set(Dispatcher(node).methods())
    assert names & set(DevelopmentMethods(node).table) == {"eth_accounts"}
    with served(node) as client:
        assert client.call("eth_accounts") == []
        for address in development_keys():
            assert client.call("eth_getBalance", "0x" + address.hex()) == "0x0"
    node.close()
