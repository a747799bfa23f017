"""Calls to the embedded chain, as a target."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fuzz.inputs import encoded, new_folder
from fuzz.target import FalseValidError, Target
from localchain.dispatch import Dispatcher
from localchain.errors import INTERNAL_ERROR
from localchain.node import Node
from support.localchains import Sender, deploy


def _call(method: str, *params: object) -> bytes:
    return encoded({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def chain_calls() -> Target:
    """A call to the embedded chain: always answered with JSON, and never with a fault of ours."""
    node = Node.open(Path(new_folder()) / "chain", development=False)
    sender = Sender(node.chain_id)
    contract = "0x" + deploy(node, sender).hex()
    block = "0x" + node.head.hash.hex()
    dispatcher = Dispatcher(node)
    raw = "0x" + sender.sign(bytes.fromhex(contract[2:]), b"\xff" * 32).hex()
    watched = {"address": contract, "fromBlock": "0x0", "toBlock": "latest", "topics": [None, ["0x" + "00" * 32]]}
    call = {"to": contract, "data": "0x" + "ff" * 32, "gas": "0xfffff", "from": "0x" + "11" * 20}
    forms = [
        *(_call(name) for name in dispatcher.methods()),
        _call("eth_getBlockByNumber", "latest", True), _call("eth_getBlockByHash", block, False),
        _call("eth_getBlockByNumber", {"blockHash": block}), _call("eth_getTransactionReceipt", block),
        _call("eth_call", call, "latest"), _call("eth_estimateGas", call), _call("eth_sendRawTransaction", raw),
        _call("eth_getLogs", watched), _call("eth_newFilter", watched), _call("eth_getFilterChanges", "0x1"),
        _call("eth_getProof", contract, ["0x0"], "latest"), _call("eth_getStorageAt", contract, "0x0", "0x1"),
        _call("eth_getBalance", contract, "pending"), _call("eth_feeHistory", "0x4", "latest", [25, 75]),
        _call("eth_getTransactionByBlockNumberAndIndex", "0x1", "0x0"), _call("eth_getBlockReceipts", "0x1"),
        b"[" + _call("eth_sendRawTransaction", raw) + b"," + _call("eth_sendRawTransaction", "0x02") + b"]",
    ]  # fmt: skip
    words = (b'"latest"', b'"pending"', b'"earliest"', b'"finalized"', b'"0x0"', b'"topics":[', b'"address":',
             b'"blockHash":"', b'"params":[', b'"id":', b"null", b'"accessList":[', b"0x" + b"f" * 64, *(
                 b'"' + name.encode() + b'"' for name in dispatcher.methods()))  # fmt: skip

    def answered(data: bytes) -> str:
        answer = dispatcher.answer(data)
        if not answer:
            return "notification"
        found = json.loads(answer, parse_constant=_no_constant)
        ends = sorted({_end(one) for one in (found if isinstance(found, list) else [found])})
        return " ".join(ends[:3])

    return Target(name="chain-calls", seeds=forms, run=_in_a_deep_thread(answered), declared=(), words=words)


def _end(answer: Any) -> str:
    if "error" not in answer:
        return "result"
    error = answer["error"]
    if error["code"] == INTERNAL_ERROR:
        raise FalseValidError(f"a fault of the chain's own: {error['message']}")
    return f"{error['code']} {error['message'][:30]}"


def _no_constant(name: str) -> None:
    raise FalseValidError(f"the answer is no JSON: {name}")


def _in_a_deep_thread(run: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """As the chain's own server does: py-evm raises the recursion limit, so the stack must be deep."""
    before = threading.stack_size(64 * 2**20)
    pool = ThreadPoolExecutor(1)
    pool.submit(bool).result()
    threading.stack_size(before)
    return lambda data: pool.submit(run, data).result()
