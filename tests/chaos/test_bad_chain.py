"""A chain that is away for an hour, forks, or lies: "anchored" is said late, and never taken back."""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.bureau import Bureau
from support.chains import DeployedChain, deployed_on, running_chain
from support.straced import settle as wait
from support.straced import strace

from ledger.chain.launcher import LocalChainProcess
from ledger.chain.rpc import JsonRpc
from ledger.errors import ChainError
from ledger.log.health import State
from ledger.log.status_rules import StatusChange
from ledger.values import LogIndex, Status

FINALITY = 64
ALL = os.environ.get("SILLOK_ALL_FORKS") == "1"
"""`make chaos` tries every depth."""
DEPTHS = [range(first, first + 4) for first in range(1, FINALITY, 4)] if ALL else [(1, 2, 17, 63, 64)]
"""In groups: anvil forgets the state of blocks of long ago, and a reorganisation then leaves it without contracts."""
Lie = Callable[[dict[str, Any], Any], Any]


def test_a_chain_that_is_down_for_an_hour_stops_no_intake_and_is_caught_up_with_once(
    open_bureau: Callable[..., Bureau], new_code: str
) -> None:
    with running_chain("embedded") as running, deployed_on(running) as city, between(running.url) as node:
        bureau = open_bureau(city, url=node.url)
        bureau.register(new_code)
        bureau.issue(2)
        bureau.settle()
        node.down = True
        for minutes in range(0, 80, 10):
            bureau.clock.ahead_s = minutes * 60
            bureau.issue(1)
            with pytest.raises(ChainError, match="The chain broke off"):
                bureau.loop.step()
        assert "deadline passed" in str(bureau.health.snapshot().components), "a broken promise is red"
        assert bureau.health.snapshot().state is State.FAILING
        bureau.loop.start()  # as the service runs it: it says that the chain is away, and goes on by itself
        while bureau.loop.state.failures < 2:
            wait(0.05)
        assert any("tries failed" in part.text for part in bureau.health.snapshot().components)
        bureau.loop.stop()
        node.down = False
        bureau.settle()
        assert [event.size for event in bureau.store.chain.anchors(bureau.log.log_no)] == [2, 10]
        assert bureau.health.snapshot().state is State.OK
        assert bureau.fsck_errors() == []


@pytest.mark.timeout(1800)
def test_a_chain_process_that_can_listen_no_more_ends_so_that_its_keeper_starts_it_again(tmp_path: Path) -> None:
    with LocalChainProcess(tmp_path / "chain") as chain:
        assert chain.pid is not None
        with strace(chain.pid, "-e", "inject=poll:error=EIO", out=tmp_path / "trace"):
            assert chain.wait(30), "it hangs, answers nothing, and nobody starts it again"
        with pytest.raises(ChainError, match="did not keep running"):
            chain.check()
        chain.start()
        client = JsonRpc(chain.url)
        assert client.call("eth_blockNumber") == "0x0"
        client.close()


@pytest.fixture
def anvil() -> Iterator[DeployedChain]:
    """Our contracts on an anvil of this test's own."""
    with running_chain("anvil") as running, deployed_on(running) as deployed:
        yield deployed


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("depths", DEPTHS, ids=str)
def test_a_fork_within_the_finality_rule_takes_nothing_back_that_was_said(
    anvil: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str, depths: Sequence[int]
) -> None:
    chain = anvil.running
    before = open_bureau(anvil)  # registering waits for its own final blocks, so it is done without the rule
    before.register(new_code)
    before.close()
    chain.rpc("anvil_mine", hex(FINALITY + 1))
    bureau = open_bureau(anvil, finality=f"depth:{FINALITY}")
    bureau.code = before.code
    said: list[int] = []

    def look() -> None:
        with suppress(ChainError):  # a node in the middle of a fork answers with nothing; the loop tries again
            bureau.loop.step(at_once=True)
        found = [event.size for event in bureau.store.chain.anchors(bureau.log.log_no)]
        assert found[: len(said)] == said, "anchored was said and taken back"
        said[:] = found

    for depth in depths:
        bureau.issue(1)
        size = bureau.store.records.tree_size(bureau.log.log_no)
        look()
        chain.rpc("anvil_mine", hex(depth - 1) if depth > 1 else "0x0")
        look()
        assert size not in said, "anchored was said before it was final"
        chain.rpc("anvil_reorg", depth, [])
        for _ in range(40):
            look()
            if size in said:
                break
            chain.rpc("anvil_mine", "0x10")
            bureau.clock.ahead_s += 20  # past the pause before a transaction is sent again
        assert size in said, bureau.health.snapshot()
    print(f"forks survived: {len(depths)}, {min(depths)} to {max(depths)} blocks deep")
    assert bureau.fsck_errors() == []


def test_receipts_that_say_done_for_what_never_was_are_not_believed(
    embedded: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str
) -> None:
    """The node keeps our transactions to itself and says that they are mined."""
    swallowed: set[str] = set()

    def lie(request: dict[str, Any], answer: Any) -> Any:
        if request["method"] == "eth_sendRawTransaction":
            return None
        if request["method"] == "eth_getTransactionReceipt":
            swallowed.add(request["params"][0])
            return {"status": "0x1", "blockNumber": "0x1", "blockHash": "0x" + "11" * 32, "gasUsed": "0x5208"}
        return answer

    with between(embedded.running.url) as node:
        bureau = settled_office(embedded, open_bureau, node, new_code)
        bureau.issue(1)
        act = revoke(bureau, 0)
        node.lie, node.swallows = lie, True
        for _ in range(5):
            bureau.clock.ahead_s += 20
            bureau.loop.step(at_once=True)
            assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 2, "anchored, by a liar's word"
            assert bureau.status.request(bureau.code, act).state != "final", "final, by a liar's word"
            assert bureau.status.status_now(bureau.log.log_no, LogIndex(0)).worse is Status.REVOKED
        assert swallowed
        node.lie, node.swallows = None, False
        expect_done_once(bureau, act)


@pytest.mark.parametrize("status", ["0x0", None], ids=["reverted", "never there"])
def test_receipts_that_deny_what_was_done_lead_to_nothing_done_twice(
    embedded: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str, status: str | None
) -> None:
    def lie(request: dict[str, Any], answer: Any) -> Any:
        if request["method"] == "eth_getTransactionReceipt" and isinstance(answer, dict):
            return None if status is None else answer | {"status": status}
        return answer

    with between(embedded.running.url) as node:
        bureau = settled_office(embedded, open_bureau, node, new_code)
        bureau.issue(1)
        act = revoke(bureau, 0)
        node.lie = lie
        for _ in range(8):
            bureau.clock.ahead_s += 20
            bureau.loop.step(at_once=True)
        node.lie = None
        expect_done_once(bureau, act)


def settled_office(city: DeployedChain, open_bureau: Callable[..., Bureau], node: Node, code: str) -> Bureau:
    bureau = open_bureau(city, url=node.url)
    bureau.register(code)
    bureau.issue(2)
    bureau.settle()
    return bureau


def revoke(bureau: Bureau, index: int) -> int:
    change = StatusChange(after=Status.REVOKED, indexes=(LogIndex(index),))
    return bureau.status.change(bureau.code, change, idempotency_key=f"revoke-{index}", actor="clerk").act_no


def expect_done_once(bureau: Bureau, act: int) -> None:
    """Once the node is honest again, everything is on the chain, once, and the books agree with it."""
    bureau.clock.ahead_s += 20
    bureau.settle()
    assert [event.size for event in bureau.store.chain.anchors(bureau.log.log_no)] == [2, 3]
    assert bureau.status.request(bureau.code, act).state == "final"
    assert len(bureau.status.history(bureau.log.log_no, LogIndex(0))) == 1
    assert bureau.fsck_errors() == []


class Node:
    """A JSON-RPC node that passes on to another, and can be away or lie."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = ""
        self.down = False
        self.lie: Lie | None = None
        self.swallows = False

    def answer(self, body: bytes) -> bytes:
        given = json.loads(body)
        requests = given if isinstance(given, list) else [given]
        passed = [one for one in requests if not (self.swallows and one["method"] == "eth_sendRawTransaction")]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", "/", json.dumps(passed), {"Content-Type": "application/json"})
        found = {one["id"]: one for one in json.loads(connection.getresponse().read())} if passed else {}
        connection.close()
        for one in requests:
            reply = found.setdefault(one["id"], {"jsonrpc": "2.0", "id": one["id"], "result": None})
            if self.lie is not None and "result" in reply:
                reply["result"] = self.lie(one, reply["result"])
        answers = [found[one["id"]] for one in requests]
        return json.dumps(answers if isinstance(given, list) else answers[0]).encode()


@contextmanager
def between(url: str) -> Iterator[Node]:
    """A node between the office and this one."""
    node = Node(int(url.rpartition(":")[2]))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if node.down:
                self.close_connection = True
                return
            data = node.answer(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    node.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
