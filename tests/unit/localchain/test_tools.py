"""Other people's tools on this chain: cast, web3.py, eth-tester."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_tester import EthereumTester
from eth_tester.exceptions import TransactionNotFound, ValidationError
from localchain.node import Node
from localchain.tester import TESTER_CHAIN_ID, DurableBackend
from support.localchains import MARK, Client, Sender, deploy, send, served
from support.recorder import CREATION, RUNTIME
from web3 import EthereumTesterProvider, HTTPProvider, Web3
from web3.types import TxParams

CAST = Path(__file__).resolve().parents[3] / "node_modules" / "@foundry-rs" / "cast-linux-amd64" / "bin" / "cast"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    opened = Node.open(tmp_path_factory.mktemp("chain"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(node: Node) -> Iterator[Client]:
    with served(node) as one:
        yield one


@pytest.fixture(scope="module")
def contract(node: Node) -> str:
    sender = Sender(node.chain_id)
    address = deploy(node, sender)
    for _ in range(3):
        send(node, sender.sign(address, MARK))
    return Web3.to_checksum_address(address)


def cast(client: Client, *arguments: str) -> str:
    """What cast prints; fails the test where it fails."""
    shown = subprocess.run(
        [str(CAST), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "ETH_RPC_URL": f"http://127.0.0.1:{client.port}"},
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.strip()


def test_cast_reads_blocks_logs_balances_and_proofs(client: Client, node: Node, contract: str) -> None:
    block = json.loads(cast(client, "block", "latest", "--json"))
    assert int(block["number"], 16) == node.head.number
    assert block["hash"] == "0x" + node.head.hash.hex()
    logs = json.loads(cast(client, "logs", "--from-block", "0", "--address", contract, "0x" + MARK.hex(), "--json"))
    assert [int(log["data"], 16) for log in logs] == [1, 2, 3]
    proof = json.loads(cast(client, "proof", contract, "0"))
    assert int(proof["storageProof"][0]["value"], 16) == 3
    assert cast(client, "balance", contract) == "0"
    assert cast(client, "code", contract) == "0x" + RUNTIME.hex()
    assert int(cast(client, "storage", contract, "0"), 16) == 3
    assert int(cast(client, "call", contract), 16) == 3


def test_cast_sends_a_transaction_that_costs_nothing(client: Client, node: Node, contract: str) -> None:
    key = "0x" + Sender(node.chain_id).account.key.hex()
    free = ["--json", "--private-key", key, "--gas-price", "0", "--priority-gas-price", "0"]
    receipt = json.loads(cast(client, "send", *free, contract, "0x" + MARK.hex()))
    assert receipt["status"] == "0x1"
    assert len(receipt["logs"]) == 1
    created = json.loads(cast(client, "send", *free, "--create", "0x" + CREATION.hex()))
    assert cast(client, "code", created["contractAddress"]) == "0x" + RUNTIME.hex()


def test_web3_deploys_calls_sends_waits_filters_and_proves(client: Client, node: Node) -> None:
    web3 = Web3(HTTPProvider(f"http://127.0.0.1:{client.port}"))
    account = web3.eth.account.create()
    fees: TxParams = {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "chainId": web3.eth.chain_id}  # type: ignore[typeddict-item]

    def run(**fields: Any) -> Any:
        request = {"from": account.address, "nonce": web3.eth.get_transaction_count(account.address)} | fees | fields
        request["gas"] = web3.eth.estimate_gas(request)  # type: ignore[arg-type]
        sent = web3.eth.send_raw_transaction(account.sign_transaction(request).raw_transaction)
        return web3.eth.wait_for_transaction_receipt(sent, timeout=20)

    address = run(data=CREATION)["contractAddress"]
    news = web3.eth.filter({"address": address})
    receipt = run(to=address, data=MARK)
    assert receipt["status"] == 1
    assert [log["transactionHash"] for log in news.get_new_entries()] == [receipt["transactionHash"]]
    logs = web3.eth.get_logs({"fromBlock": 0, "address": address, "topics": [MARK]})
    assert [bytes(log["data"]) for log in logs] == [(1).to_bytes(32, "big")]
    assert int.from_bytes(web3.eth.call({"to": address}), "big") == 1
    assert web3.eth.get_proof(address, [0])["storageProof"][0]["value"] == (1).to_bytes(1, "big")
    assert web3.eth.get_block("finalized", full_transactions=True)["transactions"][0]["from"] == account.address  # type: ignore[index, typeddict-item]
    assert web3.eth.fee_history(2, "latest")["baseFeePerGas"] == [0, 0, 0]
    assert web3.eth.max_priority_fee == web3.eth.gas_price == 0
    assert web3.is_connected()


def test_eth_tester_runs_on_the_durable_chain_and_finds_it_again(tmp_path: Path) -> None:
    backend = DurableBackend(tmp_path)
    web3 = Web3(EthereumTesterProvider(EthereumTester(backend)))
    one, other = web3.eth.accounts[:2]
    created = web3.eth.send_transaction({"from": one, "data": CREATION})
    address = web3.eth.wait_for_transaction_receipt(created)["contractAddress"]
    sent = web3.eth.send_transaction({"from": other, "to": address, "data": MARK})
    assert [log["transactionHash"] for log in web3.eth.get_logs({"fromBlock": 0, "topics": [MARK]})] == [sent]
    with pytest.raises(Exception, match=r"reverted|08c379a0|xc3y"):
        web3.eth.call({"to": address, "data": bytes.fromhex("08c379a0")})
    head = web3.eth.get_block("latest")
    backend.close()

    backend = DurableBackend(tmp_path)
    web3 = Web3(EthereumTesterProvider(EthereumTester(backend)))
    assert web3.eth.get_block("latest")["hash"] == head["hash"]
    assert web3.eth.get_transaction_receipt(sent)["blockNumber"] == 2
    assert int.from_bytes(web3.eth.call({"to": address}), "big") == 1
    assert web3.eth.chain_id == TESTER_CHAIN_ID == backend.node.chain_id
    backend.close()


def test_eth_tester_snapshots_pends_and_travels(tmp_path: Path) -> None:
    backend = DurableBackend(tmp_path)
    tester = EthereumTester(backend)
    one, other = tester.get_accounts()[:2]
    transfer = {"from": one, "to": other, "value": 1, "gas": 21000}
    snapshot = tester.take_snapshot()
    gone = tester.send_transaction(transfer)
    tester.revert_to_snapshot(snapshot)
    with pytest.raises(TransactionNotFound):
        tester.get_transaction_receipt(gone)

    tester.disable_auto_mine_transactions()
    pending = tester.send_transaction(transfer | {"value": 2})
    assert tester.get_transaction_by_hash(pending)["block_number"] is None
    tester.enable_auto_mine_transactions()
    assert tester.get_transaction_receipt(pending)["block_number"] == 1

    later = tester.get_block_by_number("latest")["timestamp"] + 5000
    tester.time_travel(later)
    tester.mine_blocks(2)
    assert tester.get_block_by_number("latest")["timestamp"] >= later
    assert tester.get_block_by_number("latest")["number"] == 4
    assert tester.get_balance(other) == tester.get_balance(other, 0) + 2
    tester.reset_to_genesis()
    assert tester.get_block_by_number("latest")["number"] == 0
    backend.close()


def test_eth_tester_refuses_a_transaction_for_another_chain(tmp_path: Path) -> None:
    backend = DurableBackend(tmp_path)
    raw = Sender(backend.node.chain_id + 1).sign(bytes(20))
    with pytest.raises(ValidationError, match="invalid chain id"):
        EthereumTester(backend).send_raw_transaction("0x" + raw.hex())
    backend.close()
