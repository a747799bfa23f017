"""The chain as the service uses it: status words in one request, and anchoring against a transaction a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from urllib.request import Request, urlopen

from bench.row import Row
from support.localchains import Sender
from web3 import HTTPProvider, Web3

from ledger.chain.artifacts import load
from ledger.chain.deployment import load_deployment
from ledger.chain.ethereum import EthereumChain
from ledger.records.origin import compose_origin, log_id

WORDS = 1_000
CALLS = 100
DOCUMENTS = 200


def status_reads(folder: Path, rpc: str) -> Iterator[Row]:
    """1,000 status words (of 128,000 records) in one request, against web3.py's contract calls in turn."""
    deployment = load_deployment(next((folder / "deployments").glob("*.json")))
    chain = EthereumChain(rpc, deployment, finality="instant", timeout_s=60)
    log = log_id(compose_origin("sillok.example", "6110000"))
    web3 = Web3(HTTPProvider(rpc))
    contract = web3.eth.contract(
        address=Web3.to_checksum_address(deployment.addresses()["StatusRegistry"]),
        abi=list(load("StatusRegistry").abi),
    )
    ours = theirs = float("inf")
    for _ in range(3):
        begin = perf_counter()
        words = chain.status_words(log, batches=False, words=range(WORDS))
        ours = min(ours, (perf_counter() - begin) / WORDS)
        begin = perf_counter()
        for number in range(CALLS):
            assert contract.functions.wordOf(log, False, number).call() == words[number]
        theirs = min(theirs, (perf_counter() - begin) / CALLS)
    chain.close()
    ratio = theirs / ours
    yield Row(
        measure=f"{WORDS:,} status words in one request", value=ours * 1e6, unit="us/word",
        peer="web3.py's contract calls (speed)", ratio=ratio, aim=">= 50 x", met=ratio >= 50,
    )  # fmt: skip


def transactions_per_s(rpc: str) -> float:
    """Transactions of 32 bytes each, the least that one a document would be, sent one after the other."""
    chain_id = int(str(_call(rpc, "eth_chainId")), 16)
    sender = Sender(chain_id)
    raws = [sender.sign(sender.address, bytes(32), gas=100_000) for _ in range(DOCUMENTS)]
    begin = perf_counter()
    for raw in raws:
        _call(rpc, "eth_sendRawTransaction", "0x" + raw.hex())
    return DOCUMENTS / (perf_counter() - begin)


def _call(rpc: str, method: str, *params: object) -> object:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    with urlopen(Request(rpc, body, {"content-type": "application/json"}), timeout=60) as answer:
        content = json.load(answer)
    assert "result" in content, content
    return content["result"]
