"""The JSON-RPC client against a real node and against servers that misbehave on real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from support.chains import RunningChain

from ledger.chain.rpc import BATCH_LIMIT, Failure, JsonRpc, Reply, Request
from ledger.errors import ChainError, ChainRefusedError, InputError


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A TCP server that hands each connection to `behave`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                behave(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://user:planted-secret@127.0.0.1:{listener.getsockname()[1]}/key-planted-secret"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = next(int(line[16:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(connection: socket.socket, body: bytes, status: str = "200 OK") -> None:
    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def test_a_batch_is_one_request_and_its_answers_come_in_order(anvil: RunningChain) -> None:
    rpc = JsonRpc(anvil.url)
    replies = rpc.batch([Request("eth_chainId"), Request("eth_nonsense"), Request("eth_blockNumber")])
    assert replies[0] == hex(31337)
    assert isinstance(replies[1], Failure)
    assert replies[1].code == -32601 or "unknown variant" in replies[1].message
    assert replies[2] == anvil.rpc("eth_blockNumber")
    many = rpc.batch([Request("eth_getBalance", (f"0x{number:040x}", "latest")) for number in range(BATCH_LIMIT + 7)])
    assert len(many) == BATCH_LIMIT + 7
    assert rpc.batch([]) == []
    with pytest.raises(ChainRefusedError, match="eth_nonsense"):
        rpc.call("eth_nonsense")
    rpc.close()


def test_one_connection_is_kept_and_a_dropped_one_is_made_anew_once() -> None:
    connections: list[int] = []

    def two_answers_each(connection: socket.socket) -> None:
        """The node closes after every second answer without a word, as one that is restarted does."""
        connections.append(0)
        for _ in range(2):
            if not read_request(connection):
                return
            connections[-1] += 1
            answer(connection, b'[{"jsonrpc":"2.0","id":0,"result":"0x1"}]')

    with server(two_answers_each) as url:
        rpc = JsonRpc(url, timeout_s=5)
        for _ in range(6):
            assert rpc.call("eth_chainId") == "0x1"
        rpc.close()
    assert connections == [2, 2, 2]


def test_a_connection_that_is_in_use_when_the_client_is_closed_is_closed_after_its_answer() -> None:
    asked, release, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(connection: socket.socket) -> None:
        read_request(connection)
        asked.set()
        release.wait(20)
        answer(connection, b'[{"jsonrpc":"2.0","id":0,"result":"0x1"}]')
        connection.settimeout(20)
        if connection.recv(1) == b"":
            ended.set()

    answers: list[object] = []
    with server(slow) as url, JsonRpc(url, timeout_s=20) as rpc:
        caller = threading.Thread(target=lambda: answers.append(rpc.call("eth_chainId")))
        caller.start()
        assert asked.wait(20)
        rpc.close()
        release.set()
        caller.join(20)
        assert answers == ["0x1"]
        assert ended.wait(20), "a thread that was asking left its connection open for ever"


def test_a_fresh_connection_that_is_dropped_is_not_tried_again() -> None:
    tried: list[bytes] = []
    with server(lambda connection: tried.append(read_request(connection))) as url:
        with pytest.raises(ChainError, match="broke off") as broken:
            JsonRpc(url, timeout_s=5).call("eth_chainId")
        assert "planted-secret" not in str(broken.value) + repr(JsonRpc(url))
    assert len(tried) == 1
    # The provider's key goes to the provider and nowhere else.
    assert tried[0].startswith(b"POST /key-planted-secret ")
    assert b"Authorization: Basic dXNlcjpwbGFudGVkLXNlY3JldA==" in tried[0]


def test_silence_ends_at_the_time_limit() -> None:
    release = threading.Event()
    with server(lambda connection: bool(release.wait(20))) as url:
        with pytest.raises(ChainError, match=r"did not answer within 0\.2 s"):
            JsonRpc(url, timeout_s=0.2).call("eth_chainId")
        release.set()


def test_nobody_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ChainError, match="connection refused"):
        JsonRpc(f"http://127.0.0.1:{port}").call("eth_chainId")


@pytest.mark.parametrize("url", ["", "ws://127.0.0.1:1", "127.0.0.1:8545", "http://"])
def test_an_address_that_is_none_is_the_callers_mistake(url: str) -> None:
    with pytest.raises(InputError, match="http"):
        JsonRpc(url).call("eth_chainId")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>502</html>", "HTTP 502 without JSON"),
        (b"[]", "no JSON-RPC answer"),
        (b'[{"id":0,"result":"0x1"},{"id":1,"result":"0x1"}]', "no JSON-RPC answer"),
        (b'[{"id":true,"result":"0x1"}]', "no JSON-RPC answer"),
        (b'"0x1"', "no JSON-RPC answer"),
        (b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}', "batch too large"),
    ],
)
def test_another_server_is_not_taken_for_a_chain(body: bytes, problem: str) -> None:
    def other(connection: socket.socket) -> None:
        read_request(connection)
        answer(connection, body, "502 Bad Gateway")

    with server(other) as url, pytest.raises(ChainError, match=problem):
        JsonRpc(url, timeout_s=5).call("eth_chainId")


def test_the_data_of_a_revert_is_found_wherever_the_node_puts_it() -> None:
    shapes: list[object] = ["0x01ff", {"data": "0x01ff"}, {"other": 1}, None, "Reverted 0x", "0xzz"]

    def reverts(connection: socket.socket) -> None:
        read_request(connection)
        items = [{"id": n, "error": {"code": 3, "message": "no", "data": shape}} for n, shape in enumerate(shapes)]
        answer(connection, json.dumps(items).encode())

    with server(reverts) as url:
        rpc = JsonRpc(url, timeout_s=5)
        replies = rpc.batch([Request("eth_call")] * len(shapes))
        rpc.close()
    assert [reply.data if isinstance(reply, Failure) else "?" for reply in replies] == [
        b"\x01\xff",
        b"\x01\xff",
        None,
        None,
        None,
        None,
    ]


def test_who_the_chain_is_is_asked_at_every_new_connection(anvil: RunningChain) -> None:
    asked: list[Sequence[Reply]] = []
    rpc = JsonRpc(anvil.url, greeting=([Request("eth_chainId")], asked.append))
    rpc.call("eth_blockNumber")
    rpc.call("eth_blockNumber")
    assert asked == [[hex(31337)]]
    rpc.close()
    rpc.call("eth_blockNumber")
    assert len(asked) == 2
    rpc.close()

    def refuse(replies: Sequence[Reply]) -> None:
        raise ChainError("another chain")

    with pytest.raises(ChainError, match="another chain"):
        JsonRpc(anvil.url, greeting=([Request("eth_chainId")], refuse)).call("eth_blockNumber")


def test_threads_do_not_mix_up_their_answers(anvil: RunningChain) -> None:
    rpc = JsonRpc(anvil.url)
    wrong: list[object] = []

    def ask(number: int) -> None:
        for _ in range(20):
            address = f"0x{number:040x}"
            count = rpc.call("eth_getTransactionCount", address, "latest")
            first = rpc.call("web3_sha3", f"0x{number:02x}")
            if (first, count) != (expected[number], "0x0"):
                wrong.append((number, first, count))

    expected = {number: rpc.call("web3_sha3", f"0x{number:02x}") for number in range(8)}
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(set(map(str, expected.values()))) == 8
    rpc.close()
