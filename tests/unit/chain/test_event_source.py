"""Events are read whole from nodes that limit a question, and never across a reorganisation."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from support.chains import DeployedChain

from ledger.chain.ethereum import EthereumChain
from ledger.chain.rpc import JsonRpc, Request
from ledger.errors import ChainError

Change = Callable[[dict[str, Any], dict[str, Any]], None]


@contextmanager
def node_in_front_of(url: str, change: Change) -> Iterator[str]:
    """A provider's node: passes everything on to the real one and may change an answer."""
    rpc = JsonRpc(url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answers = []
            for one in asked:
                result = rpc.batch([Request(one["method"], tuple(one["params"]))])[0]
                answer: dict[str, Any] = {"jsonrpc": "2.0", "id": one["id"], "result": result}
                change(one, answer)
                answers.append(answer)
            body = json.dumps(answers).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join(10)
        rpc.close()


def test_a_node_that_limits_the_range_is_asked_in_halves(ours: DeployedChain) -> None:
    for _ in range(3):
        ours.new_office()
    head = ours.ethereum.head().number
    asked: list[int] = []

    def limit(request: dict[str, Any], answer: dict[str, Any]) -> None:
        if request["method"] == "eth_getLogs":
            wanted = request["params"][0]
            asked.append(int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) + 1)
            if asked[-1] > 4:
                answer.pop("result")
                answer["error"] = {"code": -32005, "message": "query returned more than 10000 results"}

    with node_in_front_of(ours.running.url, limit) as url:
        chain = EthereumChain(url, ours.deployment, timeout_s=60)
        assert chain.events(0, head) == ours.ethereum.events(0, head)
        chain.close()
    assert len(asked) > 3


def test_times_are_asked_for_where_the_node_does_not_write_them(ours: DeployedChain) -> None:
    ours.new_office()
    head = ours.ethereum.head().number

    def older_node(request: dict[str, Any], answer: dict[str, Any]) -> None:
        if request["method"] == "eth_getLogs":
            for entry in answer["result"]:
                entry.pop("blockTimestamp", None)

    with node_in_front_of(ours.running.url, older_node) as url:
        chain = EthereumChain(url, ours.deployment, timeout_s=60)
        assert chain.events(0, head) == ours.ethereum.events(0, head)
        chain.close()


def test_a_reorganisation_between_two_questions_is_no_answer(ours: DeployedChain) -> None:
    ours.new_office()
    head = ours.ethereum.head().number

    def reorganised(request: dict[str, Any], answer: dict[str, Any]) -> None:
        if request["method"] == "eth_getLogs":
            for entry in answer["result"]:
                entry.pop("blockTimestamp", None)
                entry["blockHash"] = "0x" + "12" * 32

    with node_in_front_of(ours.running.url, reorganised) as url:
        chain = EthereumChain(url, ours.deployment, timeout_s=60)
        with pytest.raises(ChainError, match="was reorganised at block"):
            chain.events(0, head)
        chain.close()


def test_an_answer_that_is_no_log_is_no_answer(ours: DeployedChain) -> None:
    head = ours.ethereum.head().number
    ours.new_office()

    def broken(request: dict[str, Any], answer: dict[str, Any]) -> None:
        if request["method"] == "eth_getLogs":
            answer["result"] = [{**entry, "data": "0x1"} for entry in answer["result"]]

    with node_in_front_of(ours.running.url, broken) as url:
        chain = EthereumChain(url, ours.deployment, timeout_s=60)
        with pytest.raises(ChainError, match="cannot be read: a log's data"):
            chain.events(0, head + 3)
        chain.close()
