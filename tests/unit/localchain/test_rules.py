"""The rules in which this chain differs from py-evm's Prague, and those that py-evm forgets to check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth.abc import BlockAPI
from eth.db.atomic import AtomicDB
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_account import Account
from localchain import tables
from localchain.chain import chain_class
from localchain.evm import DEVELOPMENT_MARK, GAS_LIMIT, LocalVM, header_from_parent
from localchain.execution import CallRequest, call, floor_gas
from localchain.node import Node
from localchain.present import transaction_json
from support.localchains import MARK, Clock, Sender, deploy, refusal, send
from support.recorder import RUNTIME


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(tmp_path: Path, clock: Clock) -> Iterator[Node]:
    opened = Node.open(tmp_path / "chain", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def sender(node: Node) -> Sender:
    return Sender(node.chain_id)


def test_anybody_sends_for_nothing_and_a_contract_stands_where_its_receipt_says(node: Node, sender: Sender) -> None:
    contract = deploy(node, sender)
    assert node.state_at(node.head).get_code(contract) == RUNTIME
    row = send(node, sender.sign(contract, MARK))
    assert row.status == 1
    with node.reading() as connection:
        (log,) = tables.logs_of(connection, row.block)
    assert (log.address, log.topics) == (contract, (MARK, sender.address.rjust(32, b"\0")))
    assert log.data == (1).to_bytes(32, "big")


def test_the_base_fee_stays_zero_after_full_blocks_and_the_gas_limit_constant(node: Node, sender: Sender) -> None:
    contracts = [deploy(node, sender) for _ in range(6)]
    for _ in range(2):
        # London's rule would raise the fee to 1 after the first of these, and never lower it again.
        heavy = [sender.sign(contract, bytes([2, 255]) + bytes(30), gas=6_000_000) for contract in contracts]
        assert all(isinstance(result, bytes) for result in node.submit(heavy))
    with node.reading() as connection:
        full = tables.block_by_number(connection, len(contracts) + 1)
    assert full is not None
    assert full.header.gas_used > GAS_LIMIT // 2
    send(node, sender.sign(contracts[0], MARK))
    for number in range(node.head.number + 1):
        with node.reading() as connection:
            block = tables.block_by_number(connection, number)
        assert block is not None
        assert (block.header.base_fee_per_gas, block.header.gas_limit) == (0, GAS_LIMIT)


def test_a_block_over_half_of_the_limit_does_not_raise_the_fee(node: Node, sender: Sender) -> None:
    parent = node.head.header.copy(gas_used=GAS_LIMIT - 1)
    assert header_from_parent(parent).base_fee_per_gas == 0


def test_block_time_is_the_clock_and_never_before_the_parent(node: Node, sender: Sender, clock: Clock) -> None:
    contract = deploy(node, sender)
    times = []
    for moment in (10.0, 10.4, 10.9, 500.0, 3.0, 501.0):
        clock.now = 1_790_000_000.0 + moment
        send(node, sender.sign(contract, MARK))
        times.append(node.head.header.timestamp - 1_790_000_000)
    # Equal times are allowed; a clock set back leaves the parent's time.
    assert times == [10, 10, 10, 500, 500, 501]


def test_a_long_pause_does_not_leave_the_next_block_with_an_old_time(
    node: Node, sender: Sender, clock: Clock
) -> None:
    contract = deploy(node, sender)
    clock.now += 10_000
    send(node, sender.sign(contract, MARK))
    assert node.head.header.timestamp == int(clock.now)


def test_a_header_made_without_a_clock_is_never_before_its_parent_either(node: Node) -> None:
    ahead = node.head.header.copy(timestamp=2**33)
    assert header_from_parent(ahead).timestamp == 2**33


def test_the_genesis_holds_32_random_bytes(tmp_path: Path) -> None:
    first, second = (Node.open(tmp_path / name) for name in ("one", "two"))
    try:
        extra = [bytes(one.head.header.extra_data) for one in (first, second)]
        assert [len(one) for one in extra] == [32, 32]
        assert extra[0] != extra[1]
        assert first.genesis_hash != second.genesis_hash
        assert first.head.header.mix_hash == bytes(32)
    finally:
        first.close()
        second.close()


def test_the_genesis_of_a_development_chain_says_so(tmp_path: Path) -> None:
    node = Node.open(tmp_path, development=True)
    assert node.head.header.mix_hash == DEVELOPMENT_MARK
    node.close()


@pytest.mark.parametrize("price", [{"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}, {"gasPrice": 0}])
def test_a_transaction_for_another_chain_is_refused(node: Node, sender: Sender, price: dict[str, int]) -> None:
    raw = sender.sign(bytes(20), chainId=node.chain_id + 1, **price)
    assert "invalid chain id" in refusal(node, raw)
    assert node.head.number == 0


def test_a_transaction_for_any_chain_is_refused(node: Node) -> None:
    account = Account.create()
    unprotected = {"nonce": 0, "gas": 21000, "gasPrice": 0, "to": bytes(20), "value": 0, "data": b""}
    raw = bytes(account.sign_transaction(unprotected).raw_transaction)
    assert PragueTransactionBuilder.decode(raw).chain_id is None
    assert "replay-protected" in refusal(node, raw)


def test_nonces_are_taken_one_after_the_other(node: Node, sender: Sender) -> None:
    first = sender.sign(bytes(20))
    assert "nonce too high: next nonce 0, tx nonce 1" in refusal(node, sender.sign(bytes(20)))
    send(node, first)
    assert refusal(node, first) == "already known"
    assert "nonce too low: next nonce 1, tx nonce 0" in refusal(node, sender.sign(bytes(20), b"x", nonce=0))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"gas": GAS_LIMIT + 1}, "exceeds block gas limit"),
        ({"gas": 20_999}, "intrinsic gas too low"),
        ({"value": 1}, "insufficient funds"),
        ({"maxFeePerGas": 1}, "insufficient funds"),
        ({"maxFeePerGas": 0, "maxPriorityFeePerGas": 1}, "max priority fee per gas higher"),
    ],
)
def test_what_cannot_be_mined_is_refused_in_usual_words(
    node: Node, sender: Sender, fields: dict[str, int], words: str
) -> None:
    assert words in refusal(node, sender.sign(bytes(20), **fields))
    assert node.head.number == 0


def test_less_gas_than_the_floor_of_eip_7623_is_refused(node: Node, sender: Sender) -> None:
    data = b"\x01" * 1000
    assert floor_gas(data) == 21_000 + 40 * 1000
    assert "intrinsic gas too low" in refusal(node, sender.sign(bytes(20), data, gas=floor_gas(data) - 1))
    assert send(node, sender.sign(bytes(20), data, gas=floor_gas(data), nonce=0)).gas_used == floor_gas(data)


def test_creation_code_over_the_limit_is_refused(node: Node, sender: Sender) -> None:
    assert "initcode" in refusal(node, sender.sign(None, bytes(49_153), gas=10_000_000))


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\x03\xc0", b"\x7f\xc0", b"\xc0", b"\xff" * 40, b"\x02\xc0"])
def test_what_is_no_transaction_is_refused(node: Node, raw: bytes) -> None:
    assert refusal(node, raw)


def test_a_broken_signature_is_refused(node: Node, sender: Sender) -> None:
    raw = bytearray(sender.sign(bytes(20)))
    raw[-40:-33] = b"\xff" * 7
    refused = node.submit([bytes(raw)])[0]
    # Another signature is another sender at best, who is at nonce 0 too; it is never this one.
    if isinstance(refused, bytes):
        with node.reading() as connection:
            row = tables.transaction_by_hash(connection, refused)
        assert row is not None
        assert row.sender != sender.address


def test_the_context_of_a_call_is_that_of_its_block(node: Node, sender: Sender, clock: Clock) -> None:
    contract = deploy(node, sender)
    clock.now += 50
    request = CallRequest(sender=bytes(20), to=contract, data=b"\x01" + bytes(31))

    def words(*, pending: bool) -> list[int]:
        output = call(node.state_at(node.head, pending=pending), request, node.chain_id)
        return [int.from_bytes(output[place : place + 32], "big") for place in range(0, 192, 32)]

    number, time, fee, limit, chain_id, parent = words(pending=False)
    assert (number, fee, limit, chain_id) == (1, 0, GAS_LIMIT, node.chain_id)
    assert time == node.head.header.timestamp
    assert parent == int.from_bytes(node.genesis_hash, "big")
    assert words(pending=True)[:2] == [2, int(clock.now)]


def test_another_node_of_the_same_rules_executes_every_block_to_the_same_state(node: Node, sender: Sender) -> None:
    contract = deploy(node, sender)
    for _ in range(3):
        node.submit([sender.sign(contract, MARK), sender.sign(contract, b"\x08" * 8), sender.sign(bytes([7]) * 20)])
    with node.reading() as connection:
        blocks = [tables.block_by_number(connection, number) for number in range(node.head.number + 1)]
    genesis = blocks[0]
    assert genesis is not None
    fresh = chain_class(node.chain_id).from_genesis_header(AtomicDB(), genesis.header)
    for row in blocks[1:]:
        assert row is not None
        block = node.chain.get_canonical_block_by_number(row.number)  # type: ignore[arg-type]
        # Validates transactions, receipts, state root and gas against what it executed itself.
        fresh.import_block(block)
    assert fresh.get_canonical_head().hash == node.head.hash
    assert fresh.get_canonical_head().state_root == node.head.header.state_root


def test_what_a_fork_does_before_and_after_a_block_is_done(
    node: Node, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    # py-evm's `mine_all` leaves both out, so that its blocks differ from those that it would import.
    done: list[str] = []
    for name in ("block_preprocessing", "block_postprocessing"):
        real = getattr(LocalVM, name)

        def noted(vm: LocalVM, block: BlockAPI, name: str = name, real: Callable[..., Any] = real) -> Any:
            done.append(f"{name} {block.number}, {len(block.transactions)} transactions")
            return real(vm, block)

        monkeypatch.setattr(LocalVM, name, noted)
    send(node, sender.sign(bytes(20)))
    assert done == ["block_preprocessing 1, 0 transactions", "block_postprocessing 1, 1 transactions"]


def test_an_account_can_delegate_its_code(node: Node, sender: Sender) -> None:
    contract, owner = deploy(node, sender), Sender(node.chain_id)
    permit = owner.account.sign_authorization({"chainId": node.chain_id, "address": contract, "nonce": 0})
    row = send(node, sender.sign(owner.address, MARK, type=4, authorizationList=[permit]))
    assert row.status == 1
    with node.reading() as connection:
        (log,) = tables.logs_of(connection, row.block)
    assert log.address == owner.address
    shown = transaction_json(row)
    assert (shown["type"], shown["authorizationList"][0]["address"]) == ("0x4", "0x" + contract.hex())
