"""The embedded chain against stock eth-tester, in one run: blocks a second, eth_getLogs, restart, calls."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, time
from typing import Any

from bench.row import Row, seconds
from eth_tester import EthereumTester, PyEVMBackend
from localchain.logs import LogFilter, find_logs
from localchain.node import Node
from localchain.present import log_json
from localchain.proofs import prove
from support.localchains import MARK, ChainProcess, Sender, deploy
from support.recorder import CREATION

LONG = 10_000
SHORT = (100, 400)


def stock(blocks: int) -> tuple[float, dict[int, float], int]:
    """Stock eth-tester: blocks a second, seconds of get_logs at each length, seconds ahead of the clock."""
    tester = EthereumTester(PyEVMBackend())
    account = tester.get_accounts()[0]
    created = tester.send_transaction({"from": account, "gas": 1_000_000, "data": "0x" + CREATION.hex()})
    address = tester.get_transaction_receipt(created)["contract_address"]
    call = {"from": account, "to": address, "gas": 1_000_000, "data": "0x" + MARK.hex()}
    search: dict[int, float] = {}
    spent, mined = 0.0, 1
    for length in SHORT:
        if length > blocks:
            break
        begin = perf_counter()
        while mined < length:
            tester.send_transaction(call)
            mined += 1
        spent += perf_counter() - begin
        search[length] = seconds(lambda: tester.get_logs(from_block=0, address=address))
    ahead = tester.get_block_by_number("latest")["timestamp"] - int(time())
    return (mined - 1) / spent, search, ahead


def grow(node: Node, sender: Sender, contract: bytes, length: int) -> float:
    """Mine single transactions up to a height; blocks a second, signing not counted."""
    raws = [sender.sign(contract, MARK, gas=100_000) for _ in range(length - node.head.number)]
    begin = perf_counter()
    for raw in raws:
        (result,) = node.submit([raw])
        assert isinstance(result, bytes), result
    return len(raws) / (perf_counter() - begin)


def get_logs(node: Node, wanted: LogFilter) -> list[dict[str, Any]]:
    """The JSON objects of a search, as the server makes them."""
    with node.reading() as connection:
        return [log_json(log) for log in find_logs(connection, wanted)]


def over_http(folder: Path, contract: bytes) -> tuple[float, float]:
    """Seconds from start to ready, and calls a second in batches of 1,000 status-like reads over HTTP."""
    begin = perf_counter()
    process = ChainProcess(folder)
    ready = perf_counter() - begin
    call = {"to": "0x" + contract.hex(), "data": "0x"}
    batch = json.dumps(
        [{"jsonrpc": "2.0", "id": n, "method": "eth_call", "params": [call, "latest"]} for n in range(1000)]
    )
    spent = seconds(lambda: process.client.post(batch), repeat=3)
    process.kill()
    return ready, 1000 / spent


def rows(long: int = LONG, short: int = SHORT[-1]) -> list[Row]:
    """All measures; `long` is the height of the long chain."""
    stock_rate, stock_search, ahead = stock(short)
    out: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        node = Node.open(folder)
        sender = Sender(node.chain_id)
        contract = deploy(node, sender)
        rate, done = 0.0, 0.0
        for length in (*[one for one in SHORT if one <= short], long):
            rate = grow(node, sender, contract, length)
            everything = LogFilter(first=0, last=length, addresses=(contract,))
            spent = seconds(lambda wanted=everything: get_logs(node, wanted), repeat=3)
            newest = LogFilter(first=length - 99, last=length, addresses=(contract,), topics=((MARK,),))
            done = seconds(lambda wanted=newest: get_logs(node, wanted), repeat=3)
            if length in stock_search:
                out.append(_ratio(f"eth_getLogs of all logs at {length:,} blocks", spent, stock_search[length]))
            else:
                each = f"{1e6 * spent / length:.1f} µs a log"
                out.append(_plain(f"eth_getLogs of all logs at {length:,} blocks", spent * 1e3, "ms", each))
            out.append(_plain(f"eth_getLogs of the newest 100 at {length:,} blocks", done * 1e3, "ms", "100 logs"))
        aim = "aim >= 100"
        out.insert(
            0,
            Row(measure=f"blocks of one transaction, durable, up to {long:,}", value=rate, unit="blocks/s",
                peer="stock eth-tester, in memory", ratio=rate / stock_rate, aim=aim, met=rate >= 100),
        )  # fmt: skip
        root = bytes(node.head.header.state_root)
        out.append(
            _plain("eth_getProof", seconds(lambda: prove(node.nodes, root, contract, [0]), 20) * 1e3, "ms", "")
        )
        batch = [sender.sign(contract, MARK, gas=100_000) for _ in range(500)]
        out.append(_plain("transactions in one batch", 500 / seconds(lambda: node.submit(batch)), "tx/s", "durable"))
        node.close()
        size = sum(one.stat().st_size for one in folder.iterdir()) / 2**20
        out.append(_plain(f"folder at {long:,} blocks", size, "MiB", ""))
        spent = seconds(lambda: Node.open(folder).close(), repeat=3)
        out.append(
            Row(measure=f"reopened at {long:,} blocks", value=spent * 1e3, unit="ms", peer="", ratio=None,
                aim="< 2,000", met=spent < 2)
        )  # fmt: skip
        ready, calls = over_http(folder, contract)
        bare = seconds(lambda: subprocess.run([sys.executable, "-c", "import localchain.__main__"], check=True))
        out.append(
            Row(measure=f"process started and ready at {long:,} blocks", value=ready * 1e3, unit="ms",
                peer="importing it alone", ratio=ready / bare, aim="< 2,000", met=ready < 2)
        )  # fmt: skip
        out.append(_plain("eth_call over HTTP, batches of 1,000", calls, "calls/s", ""))
    out.append(_plain(f"stock eth-tester ahead of the clock at {short} blocks", ahead, "s", "ours: never"))
    return out


def _ratio(measure: str, spent: float, peer: float) -> Row:
    return Row(
        measure=measure, value=spent * 1e3, unit="ms", peer=f"stock eth-tester, {peer:.2f} s (time)",
        ratio=spent / peer, aim="< 0.1 x", met=spent < 0.1 * peer,
    )  # fmt: skip


def _plain(measure: str, value: float, unit: str, peer: str) -> Row:
    return Row(measure=measure, value=value, unit=unit, peer=peer, ratio=None, aim="", met=None)


if __name__ == "__main__":
    for row in rows():
        print(row.text())
