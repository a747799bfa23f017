"""The embedded chain for its own tests: a node in this process, a server of it, or a process as users start it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from eth_account import Account
from localchain import tables
from localchain.dispatch import Dispatcher
from localchain.errors import RpcError
from localchain.node import Node
from localchain.server import RpcServer
from support.recorder import CREATION

MARK = b"\xff" * 32
"""Call data that makes the recorder count and log."""


@dataclass
class Clock:
    """A clock that tests move."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Sender:
    """A fresh key that signs for one chain and counts its nonces."""

    chain_id: int
    account: Any = field(default_factory=Account.create)
    nonce: int = 0

    @property
    def address(self) -> bytes:
        return bytes.fromhex(self.account.address[2:])

    def sign(self, to: bytes | None, data: bytes = b"", **fields: Any) -> bytes:
        """The next transaction, of type 2 and price zero unless `fields` say otherwise."""
        unsigned: dict[str, Any] = {"nonce": self.nonce, "gas": 1_000_000, "value": 0, "data": data}
        unsigned |= {"chainId": self.chain_id, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
        if "gasPrice" in fields:
            del unsigned["maxFeePerGas"], unsigned["maxPriorityFeePerGas"]
        unsigned |= fields
        if to is not None:
            unsigned["to"] = to
        self.nonce = unsigned["nonce"] + 1
        return bytes(self.account.sign_transaction(unsigned).raw_transaction)


def send(node: Node, raw: bytes) -> tables.TransactionRow:
    """Mine one transaction; fails the test where it is refused."""
    result = node.submit([raw])[0]
    assert isinstance(result, bytes), result
    with node.reading() as connection:
        row = tables.transaction_by_hash(connection, result)
    assert row is not None
    return row


def refusal(node: Node, raw: bytes) -> str:
    """Why a transaction was refused; fails the test where it was mined."""
    result = node.submit([raw])[0]
    assert isinstance(result, RpcError), "it was mined"
    return result.message


def deploy(node: Node, sender: Sender) -> bytes:
    """A recorder contract; returns its address."""
    row = send(node, sender.sign(None, CREATION))
    assert row.status == 1
    assert row.contract is not None
    return row.contract


@dataclass
class Client:
    """JSON-RPC over one kept-alive connection."""

    port: int
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    def __post_init__(self) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def post(self, body: bytes | str) -> Any:
        """The answer to a request as it stands."""
        self.http.request("POST", "/", body, self.headers)
        response = self.http.getresponse()
        text = response.read()
        return json.loads(text) if text else None

    def ask(self, method: str, *params: Any) -> Any:
        """The whole answer to one call."""
        return self.post(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))

    def call(self, method: str, *params: Any) -> Any:
        """The result of one call; fails the test where it is an error."""
        answer = self.ask(method, *params)
        assert "result" in answer, answer
        return answer["result"]

    def error(self, method: str, *params: Any) -> dict[str, Any]:
        """The error of one call; fails the test where it has a result."""
        answer = self.ask(method, *params)
        assert "error" in answer, answer
        found: dict[str, Any] = answer["error"]
        return found

    def close(self) -> None:
        self.http.close()


@contextmanager
def served(node: Node) -> Iterator[Client]:
    """A node's server, in this process."""
    server = RpcServer(Dispatcher(node), 0)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    client = Client(server.server_address[1])
    try:
        yield client
    finally:
        client.close()
        server.stop()
        thread.join()


class ChainProcess:
    """`python -m localchain`, as a user or a parent process starts it."""

    def __init__(self, folder: Path, *flags: str) -> None:
        command = [sys.executable, "-m", "localchain", "--data", str(folder), "--port", "0", *flags]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.ready = json.loads(line)
        self.client = Client(int(self.ready["url"].rpartition(":")[2]))

    def kill(self) -> None:
        """kill -9, as a power cut is for a process."""
        self.process.kill()
        self.end()

    def end(self) -> int:
        """Wait for its end and close what is open; returns the exit code."""
        self.client.close()
        self.process.communicate(timeout=30)
        return self.process.returncode
