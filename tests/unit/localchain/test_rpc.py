"""JSON-RPC over HTTP: protocol, errors, limits, and what each method answers."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from localchain import dispatch, server
from localchain.node import Node
from support.localchains import MARK, Client, Sender, deploy, send, served
from support.recorder import CREATION, RUNTIME, assemble, creation

ERROR_STRING = (
    bytes.fromhex("08c379a0") + (32).to_bytes(32, "big") + (4).to_bytes(32, "big") + b"nope".ljust(32, b"\0")
)
STRANGER = "0x" + "99" * 20


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    opened = Node.open(tmp_path_factory.mktemp("chain"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def sender(node: Node) -> Sender:
    return Sender(node.chain_id)


@pytest.fixture(scope="module")
def contract(node: Node, sender: Sender) -> str:
    return "0x" + deploy(node, sender).hex()


@pytest.fixture(scope="module")
def client(node: Node) -> Iterator[Client]:
    with served(node) as one:
        yield one


def shown(sender: Sender) -> str:
    return "0x" + sender.address.hex()


def mined(client: Client, node: Node, sender: Sender, contract: str, data: bytes = MARK) -> str:
    raw = sender.sign(bytes.fromhex(contract[2:]), data)
    result: str = client.call("eth_sendRawTransaction", "0x" + raw.hex())
    return result


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", -32700),
        ("", -32700),
        ('{"jsonrpc":"2.0","id":NaN,"method":"eth_chainId"}', -32700),
        ("[" * 100_000, -32700),
        ("[]", -32600),
        ("3", -32600),
        ('{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600),
        ('{"jsonrpc":"2.0","id":[1],"method":"eth_chainId"}', -32600),
        ('{"jsonrpc":"2.0","id":1,"method":7}', -32600),
        ('{"jsonrpc":"2.0","id":1}', -32600),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}', -32601),
        ('{"jsonrpc":"2.0","id":1,"method":"evm_snapshot"}', -32601),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}', -32602),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}', -32602),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{"a":1}}', -32602),
    ],
)
def test_errors_have_their_standard_codes(client: Client, body: str, code: int) -> None:
    answer = client.post(body)
    assert answer["error"]["code"] == code
    assert "result" not in answer


def test_a_fault_of_ours_is_32603_without_a_stack_trace(
    client: Client, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(node, "state_at", break_down)
    error = client.error("eth_getBalance", STRANGER, "pending")
    assert error["code"] == -32603
    assert "secret" not in json.dumps(error)


def test_notifications_get_no_answer(client: Client) -> None:
    assert client.post('{"jsonrpc":"2.0","method":"eth_chainId"}') is None
    batch = '[{"jsonrpc":"2.0","method":"eth_chainId"},{"jsonrpc":"2.0","id":2,"method":"net_version"}]'
    assert [one["id"] for one in client.post(batch)] == [2]


def test_a_batch_is_answered_in_order_and_each_call_for_itself(client: Client, node: Node) -> None:
    calls = [("eth_chainId", []), ("eth_nothing", []), ("eth_getBalance", ["0x1"]), ("net_version", [])]
    batch = [{"jsonrpc": "2.0", "id": f"n{i}", "method": name, "params": p} for i, (name, p) in enumerate(calls)]
    answers = client.post(json.dumps(batch))
    assert [one["id"] for one in answers] == ["n0", "n1", "n2", "n3"]
    assert [one.get("error", {}).get("code") for one in answers] == [None, -32601, -32602, None]
    assert answers[0]["result"] == hex(node.chain_id)
    assert answers[3]["result"] == str(node.chain_id)


def test_transactions_of_a_batch_share_a_block_and_later_calls_see_them(
    client: Client, node: Node, sender: Sender, contract: str
) -> None:
    to = bytes.fromhex(contract[2:])
    before = node.head.number
    raws = ["0x" + sender.sign(to, MARK).hex() for _ in range(3)]
    other = Sender(node.chain_id)
    bad = "0x" + sender.sign(to, MARK, nonce=999).hex()
    sender.nonce = int(client.call("eth_getTransactionCount", shown(sender)), 16) + 3
    raws.insert(1, bad)
    raws.append("0x" + other.sign(to, MARK).hex())
    calls: list[dict[str, Any]] = [
        {"jsonrpc": "2.0", "id": i, "method": "eth_sendRawTransaction", "params": [raw]} for i, raw in enumerate(raws)
    ]
    calls.append(
        {"jsonrpc": "2.0", "id": 9, "method": "eth_getTransactionCount", "params": ["0x" + other.address.hex()]}
    )
    answers = client.post(json.dumps(calls))
    assert "nonce too high" in answers[1]["error"]["message"]
    assert answers[5]["result"] == "0x1"
    hashes = [one["result"] for place, one in enumerate(answers[:5]) if place != 1]
    assert node.head.number == before + 1
    receipts = client.call("eth_getBlockReceipts", "latest")
    assert [one["transactionHash"] for one in receipts] == hashes
    assert [int(one["cumulativeGasUsed"], 16) for one in receipts] == [
        sum(int(one["gasUsed"], 16) for one in receipts[: place + 1]) for place in range(4)
    ]
    assert [log["logIndex"] for one in receipts for log in one["logs"]] == ["0x0", "0x1", "0x2", "0x3"]
    assert receipts == [client.call("eth_getTransactionReceipt", one) for one in hashes]


def test_more_gas_than_a_block_has_goes_into_several_blocks(client: Client, node: Node, contract: str) -> None:
    sender = Sender(node.chain_id)
    before = node.head.number
    calls = [
        {
            "jsonrpc": "2.0",
            "id": place,
            "method": "eth_sendRawTransaction",
            "params": ["0x" + sender.sign(bytes.fromhex(contract[2:]), MARK, gas=40_000_000).hex()],
        }
        for place in range(2)
    ]
    # Each leaves most of its gas, but the second must fit whole into what is left.
    calls.append(
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "eth_sendRawTransaction",
            "params": ["0x" + sender.sign(bytes.fromhex(contract[2:]), MARK, gas=60_000_000).hex()],
        }
    )
    assert all("result" in one for one in client.post(json.dumps(calls)))
    assert node.head.number == before + 2


def test_a_batch_over_the_limit_is_refused(client: Client) -> None:
    one = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    assert client.post(json.dumps([one] * (dispatch.MAX_BATCH + 1)))["error"]["code"] == -32005
    assert len(client.post(json.dumps([one] * dispatch.MAX_BATCH))) == dispatch.MAX_BATCH


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (
            "POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            403,
        ),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n", 411),
        (
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {server.MAX_BODY + 1}\r\n\r\n",
            413,
        ),
        ("POST / HTTP/1.1\r\nX: " + "y" * 20_000 + "\r\n\r\n", 431),
        ("nonsense\r\n\r\n", 400),
    ],
)
def test_what_is_no_json_rpc_post_gets_a_status_that_says_so(client: Client, request_text: str, status: int) -> None:
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as connection:
        connection.sendall(request_text.encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.split()[1] == str(status).encode()
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]


def test_a_connection_is_kept_and_can_be_closed(client: Client) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as connection:
        stream = connection.makefile("rb")
        for end in ("keep-alive", "keep-alive", "close"):
            connection.sendall(f"{head}Connection: {end}\r\n\r\n".encode() + body)
            headers = {}
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.partition(b": ")
                headers[name] = value
            assert headers[b"Connection"].decode() == end
            assert json.loads(stream.read(int(headers[b"Content-Length"])))["id"] == 1
        assert stream.read() == b""


def test_blocks_are_shown_whole_and_by_every_name(client: Client, node: Node, sender: Sender, contract: str) -> None:
    transaction = mined(client, node, sender, contract)
    head = client.call("eth_blockNumber")
    block = client.call("eth_getBlockByNumber", head, False)
    assert block["transactions"] == [transaction]
    for name in ("latest", "pending", "safe", "finalized"):
        assert client.call("eth_getBlockByNumber", name, False) == block
    assert client.call("eth_getBlockByHash", block["hash"], False) == block
    full = client.call("eth_getBlockByNumber", head, True)["transactions"]
    assert full == [client.call("eth_getTransactionByHash", transaction)]
    assert full[0]["from"] == shown(sender)
    assert (full[0]["to"], full[0]["input"], full[0]["blockHash"]) == (contract, "0x" + MARK.hex(), block["hash"])
    assert full == [client.call("eth_getTransactionByBlockNumberAndIndex", head, "0x0")]
    assert client.call("eth_getBlockTransactionCountByNumber", head) == "0x1"
    assert client.call("eth_getBlockByNumber", "earliest", False)["hash"] == "0x" + node.genesis_hash.hex()
    assert client.call("eth_getBlockByNumber", "0xffff", False) is None
    assert client.call("eth_getBlockByHash", "0x" + "77" * 32, False) is None
    assert client.call("eth_getTransactionByHash", "0x" + "77" * 32) is None
    assert client.call("eth_getTransactionReceipt", "0x" + "77" * 32) is None


@pytest.mark.parametrize("price", [{}, {"gasPrice": 0}, {"gasPrice": 0, "accessList": [], "type": 1}])
def test_every_kind_of_transaction_is_shown_and_receipted(
    client: Client, node: Node, sender: Sender, price: dict[str, Any]
) -> None:
    raw = sender.sign(None, CREATION, **price)
    transaction = client.call("eth_sendRawTransaction", "0x" + raw.hex())
    seen = client.call("eth_getTransactionByHash", transaction)
    receipt = client.call("eth_getTransactionReceipt", transaction)
    kind = {0: "0x2", 1: "0x0", 3: "0x1"}[len(price)]
    assert (seen["type"], receipt["type"]) == (kind, kind)
    assert seen["to"] is None
    assert seen["chainId"] == hex(node.chain_id)
    assert (receipt["status"], receipt["to"]) == ("0x1", None)
    assert client.call("eth_getCode", receipt["contractAddress"], "latest") == "0x" + RUNTIME.hex()


def test_a_failed_transaction_is_mined_with_status_0(
    client: Client, node: Node, sender: Sender, contract: str
) -> None:
    receipt = client.call("eth_getTransactionReceipt", mined(client, node, sender, contract, ERROR_STRING))
    assert (receipt["status"], receipt["logs"]) == ("0x0", [])


def test_a_revert_is_code_3_with_its_data(client: Client, contract: str) -> None:
    call = {"to": contract, "data": "0x" + ERROR_STRING.hex()}
    for method in ("eth_call", "eth_estimateGas"):
        error = client.error(method, call)
        assert error == {"code": 3, "message": "execution reverted: nope", "data": call["data"]}
    custom = client.error("eth_call", {"to": contract, "input": "0x0812345678"})
    assert custom == {"code": 3, "message": "execution reverted", "data": "0x0812345678"}


def test_calls_leave_no_trace_and_need_neither_nonce_nor_coin(
    client: Client, node: Node, sender: Sender, contract: str
) -> None:
    count = client.call("eth_getStorageAt", contract, "0x0", "latest")
    for _ in range(3):
        # Counts in the call's own state only; the sender has long passed nonce 0.
        request = {"from": shown(sender), "to": contract, "data": "0x" + MARK.hex(), "gasPrice": "0x99"}
        assert client.call("eth_call", request, "latest") == "0x"
        assert client.call("eth_call", {"to": contract}, "latest") == count
    assert client.call("eth_getStorageAt", contract, "0x0", "latest") == count
    error = client.error("eth_call", {"from": STRANGER, "to": contract, "value": "0x1"})
    assert (error["code"], "insufficient funds" in error["message"]) == (-32000, True)


def test_a_call_that_runs_out_of_gas_says_so(client: Client, contract: str) -> None:
    error = client.error("eth_call", {"to": contract, "data": "0x02ff" + "00" * 30, "gas": hex(100_000)})
    assert (error["code"], "out of gas" in error["message"]) == (-32000, True)
    assert "intrinsic" in client.error("eth_call", {"to": contract, "gas": "0x5"})["message"]


def test_contracts_that_call_themselves_as_deep_as_they_can_end_only_their_own_call(
    client: Client, node: Node, sender: Sender
) -> None:
    runtime = assemble("0 0 0 0 0 ADDRESS GAS CALL STOP")
    row = send(node, sender.sign(None, creation(runtime)))
    assert row.contract is not None
    assert client.call("eth_call", {"to": "0x" + row.contract.hex()}) == "0x"


def test_an_estimate_is_enough_and_hardly_more(client: Client, node: Node, sender: Sender, contract: str) -> None:
    for data in (MARK, b"\x02\x07" + bytes(30)):
        request = {"from": shown(sender), "to": contract, "data": "0x" + data.hex()}
        gas = int(client.call("eth_estimateGas", request), 16)
        row = send(node, sender.sign(bytes.fromhex(contract[2:]), data, gas=gas))
        assert row.status == 1
        assert gas <= row.gas_used * 1.02 + 1000
    creation = {"from": shown(sender), "data": "0x" + CREATION.hex()}
    gas = int(client.call("eth_estimateGas", creation), 16)
    assert send(node, sender.sign(None, CREATION, gas=gas)).status == 1


def test_state_is_there_at_every_height(client: Client, node: Node, sender: Sender, contract: str) -> None:
    heights = []
    for _ in range(3):
        mined(client, node, sender, contract)
        heights.append(client.call("eth_blockNumber"))
    counts = [int(client.call("eth_call", {"to": contract}, height), 16) for height in heights]
    assert counts == [counts[0], counts[0] + 1, counts[0] + 2]
    block = client.call("eth_getBlockByNumber", heights[0], False)
    # EIP-1898 names a block by an object.
    for name in (
        {"blockHash": block["hash"]},
        {"blockNumber": heights[0]},
        {"blockHash": block["hash"], "requireCanonical": True},
    ):
        assert int(client.call("eth_getStorageAt", contract, "0x" + "00" * 32, name), 16) == counts[0]
    nonces = [int(client.call("eth_getTransactionCount", shown(sender), height), 16) for height in heights]
    assert nonces == [nonces[0], nonces[0] + 1, nonces[0] + 2]
    assert client.call("eth_getCode", contract, "0x0") == "0x"
    assert client.call("eth_getBalance", STRANGER) == "0x0"
    missing = client.error("eth_getBalance", STRANGER, "0xffff")
    assert (missing["code"], "header not found" in missing["message"]) == (-32000, True)
    assert client.error("eth_call", {"to": contract}, {"blockHash": "0x" + "77" * 32})["code"] == -32000


def test_logs_are_found_by_filter_object(client: Client, node: Node, sender: Sender, contract: str) -> None:
    receipt = client.call("eth_getTransactionReceipt", mined(client, node, sender, contract))
    (log,) = receipt["logs"]
    block, caller = receipt["blockHash"], "0x" + sender.address.rjust(32, b"\0").hex()
    for wanted in (
        {"blockHash": block},
        {"fromBlock": "latest"},
        {"fromBlock": receipt["blockNumber"], "toBlock": "0xffffff", "address": contract},
        {"fromBlock": "latest", "address": [STRANGER, contract], "topics": ["0x" + MARK.hex(), caller]},
        {"fromBlock": "latest", "topics": [None, [caller, "0x" + "00" * 32]]},
    ):
        found = client.call("eth_getLogs", wanted)
        assert [(one["transactionHash"], one["data"]) for one in found] == [(log["transactionHash"], log["data"])], (
            wanted
        )
    for empty in ({"address": STRANGER}, {"fromBlock": "0xffff"}, {"topics": [None, None, None]}):
        assert client.call("eth_getLogs", {"fromBlock": "earliest"} | empty) == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"fromBlock": "0x2", "toBlock": "0x1"},
        {"blockHash": "0x" + "11" * 32, "fromBlock": "0x1"},
        {"address": "0x12"},
        {"topics": "0x12"},
        {"topics": ["0x12"]},
        {"topics": [None] * 5},
        {"fromBlock": "0x01"},
        {"fromBlock": 1},
        "all",
    ],
)
def test_filters_that_cannot_be_meant_are_refused(client: Client, wanted: object) -> None:
    assert client.error("eth_getLogs", wanted)["code"] in (-32602, -32000)


def test_filters_tell_what_is_new(client: Client, node: Node, sender: Sender, contract: str) -> None:
    logs = client.call("eth_newFilter", {"address": contract, "fromBlock": "latest"})
    blocks, transactions = client.call("eth_newBlockFilter"), client.call("eth_newPendingTransactionFilter")
    first = mined(client, node, sender, contract)
    assert [one["transactionHash"] for one in client.call("eth_getFilterChanges", logs)] == [first]
    assert client.call("eth_getFilterChanges", transactions) == [first]
    assert client.call("eth_getFilterChanges", blocks) == ["0x" + node.head.hash.hex()]
    assert client.call("eth_getFilterChanges", logs) == []
    second = mined(client, node, sender, contract)
    assert [one["transactionHash"] for one in client.call("eth_getFilterChanges", logs)] == [second]
    everything = [one["transactionHash"] for one in client.call("eth_getFilterLogs", logs)]
    assert everything[-2:] == [first, second]
    assert client.call("eth_uninstallFilter", logs) is True
    assert client.call("eth_uninstallFilter", logs) is False
    assert "filter not found" in client.error("eth_getFilterChanges", logs)["message"]
    assert "filter not found" in client.error("eth_getFilterLogs", blocks)["message"]


def test_fees_are_nothing_in_every_block(client: Client, node: Node) -> None:
    history = client.call("eth_feeHistory", "0x3", "latest", [10, 50])
    assert history["baseFeePerGas"] == ["0x0"] * 4
    assert history["reward"] == [["0x0", "0x0"]] * 3
    assert int(history["oldestBlock"], 16) == node.head.number - 2
    assert len(history["gasUsedRatio"]) == 3
    assert client.call("eth_gasPrice") == client.call("eth_maxPriorityFeePerGas") == "0x0"


def test_a_chain_says_what_it_is(client: Client, node: Node) -> None:
    assert client.call("localchain_development") is False
    assert "/operator/" in client.call("web3_clientVersion")
    assert client.call("eth_accounts") == []
    assert client.call("eth_syncing") is False
    assert client.call("eth_chainId") == hex(node.chain_id)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBalance", ["0x12", "latest"]),
        ("eth_getBalance", [STRANGER.replace("9", "g"), "latest"]),
        ("eth_getBalance", [STRANGER, "newest"]),
        ("eth_getBalance", [STRANGER, {"blockHash": "0x12"}]),
        ("eth_getBalance", [STRANGER, {}]),
        ("eth_getStorageAt", [STRANGER, "0x" + "1" * 65, "latest"]),
        ("eth_call", [{"to": STRANGER, "data": "0x1"}]),
        ("eth_call", [{"to": STRANGER, "data": "0x11", "input": "0x22"}]),
        ("eth_call", [{"to": STRANGER, "surprise": "0x11"}]),
        ("eth_call", [{"to": STRANGER}, "latest", {STRANGER: {"balance": "0x1"}}]),
        ("eth_call", ["0x11"]),
        ("eth_sendRawTransaction", ["11"]),
        ("eth_sendRawTransaction", [None]),
        ("eth_getProof", [STRANGER, "0x0", "latest"]),
        ("eth_getTransactionReceipt", ["0x12"]),
    ],
)
def test_parameters_of_a_wrong_form_are_32602(client: Client, method: str, params: list[Any]) -> None:
    assert client.error(method, *params)["code"] == -32602


def test_a_proof_is_shown_as_eip_1186_has_it(client: Client, contract: str) -> None:
    for key in ("0x0", "0x" + "00" * 32):
        proof = client.call("eth_getProof", contract, [key], "latest")
        assert proof["address"] == contract
        assert proof["storageProof"][0]["key"] == key
        count = client.call("eth_getStorageAt", contract, "0x0")
        assert int(proof["storageProof"][0]["value"], 16) == int(count, 16)
    assert client.call("eth_getProof", STRANGER, [], "latest")["storageProof"] == []
