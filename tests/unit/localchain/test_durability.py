"""What is answered for is on disk; what is not whole never was."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from localchain import tables
from localchain.chain import MinedBlock
from localchain.errors import CorruptFolder, FolderInUse, LocalChainError, RpcError, WrongFolder
from localchain.identity import DEFAULT_CHAIN_ID
from localchain.node import Node
from support.localchains import MARK, ChainProcess, Sender, deploy, send
from support.recorder import CREATION

KILLS = 20


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    opened = Node.open(tmp_path / "chain")
    yield opened
    opened.close()


def counted(node: Node, contract: bytes) -> int:
    return node.state_at(node.head).get_storage(contract, 0)  # type: ignore[arg-type]


def test_a_chain_is_the_same_after_a_restart(tmp_path: Path) -> None:
    node = Node.open(tmp_path)
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    rows = [send(node, sender.sign(contract, MARK)) for _ in range(5)]
    head, genesis = node.head, node.genesis_hash
    node.close()

    again = Node.open(tmp_path)
    assert (again.head, again.genesis_hash, again.chain_id) == (head, genesis, DEFAULT_CHAIN_ID)
    with again.reading() as connection:
        assert [tables.transaction_by_hash(connection, row.hash) for row in rows] == rows
    assert counted(again, contract) == 5
    send(again, sender.sign(contract, MARK))
    assert counted(again, contract) == 6
    again.close()


def test_a_failed_commit_leaves_the_chain_as_it_was_and_able_to_go_on(node: Node) -> None:
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    head = node.head
    raw = sender.sign(contract, MARK)
    # The disk refuses at the last moment: after all rows were written, before they are whole.
    node._database.writer.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON blocks BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    (result,) = node.submit([raw])
    assert isinstance(result, RpcError)
    assert (result.code, "full" in result.message) == (-32603, True)
    assert node.head == head
    assert node.chain.header.block_number == head.number + 1
    assert node.chain.get_canonical_head().hash == head.hash
    assert counted(node, contract) == 0
    node._database.writer.execute("DROP TRIGGER full")
    assert send(node, raw).block == head.number + 1
    assert counted(node, contract) == 1


def test_readers_see_no_block_before_it_is_on_disk(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    inside, go_on = threading.Event(), threading.Event()
    write_block = tables.write_block

    def slow_write(connection: sqlite3.Connection, mined: MinedBlock) -> tables.BlockRow:
        row = write_block(connection, mined)
        inside.set()
        assert go_on.wait(20)
        return row

    monkeypatch.setattr(tables, "write_block", slow_write)
    writer = threading.Thread(target=node.submit, args=([sender.sign(contract, MARK)],))
    writer.start()
    assert inside.wait(20)
    seen_head, seen_count = node.head.number, counted(node, contract)
    with node.reading() as connection:
        seen_rows = tables.head_number(connection)
    # py-evm itself already takes the unwritten block for its head.
    ahead = node.chain.get_canonical_head().block_number
    go_on.set()
    writer.join()
    assert (seen_head, seen_count, seen_rows, ahead) == (1, 0, 1, 2)
    assert (node.head.number, counted(node, contract)) == (2, 1)


def test_every_commit_is_synced_to_the_disk(node: Node) -> None:
    # kill -9 cannot show a missing sync, since the page cache outlives the process.
    pragma = {
        name: node._database.writer.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("synchronous", "journal_mode")
    }
    assert pragma == {"synchronous": 2, "journal_mode": "wal"}


def test_a_block_is_one_transaction_of_the_database(node: Node) -> None:
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    statements: list[str] = []
    node._database.writer.set_trace_callback(statements.append)
    send(node, sender.sign(contract, MARK))
    node._database.writer.set_trace_callback(None)
    assert sum(one.startswith("BEGIN") for one in statements) == 1
    assert sum(one.startswith("COMMIT") for one in statements) == 1
    writes = [place for place, one in enumerate(statements) if one.startswith(("INSERT", "DELETE", "UPDATE"))]
    begin = next(place for place, one in enumerate(statements) if one.startswith("BEGIN"))
    assert writes
    assert begin < min(writes)
    assert max(writes) < statements.index("COMMIT")


def test_kill_9_at_any_moment_leaves_whole_blocks(tmp_path: Path) -> None:
    """Every transaction that was answered for is there; every block is whole; the chain goes on."""
    moments = random.Random(20)
    node = Node.open(tmp_path)
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    with node.reading() as connection:
        acknowledged = tables.transaction_hashes(connection, 1)
    node.close()
    for _ in range(KILLS):
        inbox, outbox = os.pipe()
        # A forked process spares the second that Python needs to start; its death is as real.
        child = os.fork()
        if child == 0:
            _mine_until_killed(tmp_path, sender, contract, outbox)
        os.close(outbox)
        answered = os.read(inbox, 32)  # it has begun
        time.sleep(moments.uniform(0.0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while chunk := os.read(inbox, 65536):
            answered += chunk
        os.close(inbox)
        acknowledged += [answered[place : place + 32] for place in range(0, len(answered) - 31, 32)]
        mined = check_whole(tmp_path, contract, acknowledged)
    assert mined > KILLS


def _mine_until_killed(folder: Path, sender: Sender, contract: bytes, outbox: int) -> NoReturn:
    try:
        node = Node.open(folder)
        sender.nonce = node.state_at(node.head).get_nonce(sender.address)  # type: ignore[arg-type]
        while True:
            for result in node.submit([sender.sign(contract, MARK) for _ in range(1 + sender.nonce % 3)]):
                assert isinstance(result, bytes)
                os.write(outbox, result)
    finally:
        os._exit(1)


def test_a_served_chain_survives_the_kill_of_its_process(tmp_path: Path) -> None:
    process = ChainProcess(tmp_path)
    sender = Sender(process.ready["chainId"])
    deployed = process.client.call("eth_sendRawTransaction", "0x" + sender.sign(None, CREATION).hex())
    process.kill()
    again = ChainProcess(tmp_path)
    assert again.ready["genesis"] == process.ready["genesis"]
    assert again.client.call("eth_getTransactionReceipt", deployed)["blockNumber"] == "0x1"
    again.kill()


def check_whole(folder: Path, contract: bytes, acknowledged: list[bytes]) -> int:
    node = Node.open(folder)
    mined: list[bytes] = []
    parent = None
    with node.reading() as connection:
        for number in range(node.head.number + 1):
            block = tables.block_by_number(connection, number)
            assert block is not None
            assert block.header.hash == block.hash
            assert parent is None or block.header.parent_hash == parent
            parent = block.hash
            rows = tables.transactions_of(connection, number)
            assert len(rows) == block.transactions
            assert len(tables.logs_of(connection, number)) == sum(row.contract is None for row in rows)
            mined += [row.hash for row in rows]
            assert node.state_at(block).get_nonce(rows[0].sender if rows else bytes(20)) >= 0  # type: ignore[arg-type]
    assert set(acknowledged) <= set(mined)
    assert len(set(mined)) == len(mined)
    assert counted(node, contract) == len(mined) - 1
    node.close()
    return len(mined)


def test_a_kill_while_the_chain_is_begun_leaves_nothing_or_a_chain(tmp_path: Path) -> None:
    (tmp_path / "chain.db").touch()
    node = Node.open(tmp_path)
    assert node.head.number == 0
    node.close()


def test_a_chain_that_is_closed_says_so(tmp_path: Path) -> None:
    node = Node.open(tmp_path)
    raw = Sender(node.chain_id).sign(bytes(20))
    node.close()
    for work in (lambda: node.submit([raw]), node.mine, node.reading().__enter__):
        with pytest.raises(LocalChainError, match="closed"):
            work()


def test_two_processes_cannot_have_one_folder(node: Node, tmp_path: Path) -> None:
    with pytest.raises(FolderInUse, match="open in another process"):
        Node.open(tmp_path / "chain")


def test_a_folder_is_free_again_after_a_refusal(tmp_path: Path) -> None:
    Node.open(tmp_path).close()
    with pytest.raises(WrongFolder):
        Node.open(tmp_path, development=True)
    Node.open(tmp_path).close()


@pytest.mark.parametrize("begun", [True, False])
def test_a_development_chain_and_another_are_not_mixed_up(tmp_path: Path, begun: bool) -> None:
    Node.open(tmp_path, development=begun).close()
    with pytest.raises(WrongFolder, match="development chain"):
        Node.open(tmp_path, development=not begun)


def test_the_chain_id_is_chosen_once(tmp_path: Path) -> None:
    Node.open(tmp_path, chain_id=77).close()
    with pytest.raises(WrongFolder, match="holds chain 77, not 78"):
        Node.open(tmp_path, chain_id=78)
    again = Node.open(tmp_path)
    assert again.chain_id == 77
    again.close()


def test_a_file_that_is_no_database_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "chain.db").write_bytes(b"not a database at all, " * 500)
    with pytest.raises(CorruptFolder, match="not a readable chain"):
        Node.open(tmp_path)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("DELETE FROM blocks WHERE number = 2", "newest block is not the one"),
        (
            "UPDATE blocks SET header = (SELECT header FROM blocks WHERE number = 1) WHERE number = 2",
            "newest block is not",
        ),
        ("DELETE FROM meta WHERE name = 'chain_id'", "does not say which chain"),
        ("DROP TABLE nodes", "cannot be read"),
        ("PRAGMA user_version = 9", "has format 9"),
        ("DELETE FROM blocks", "has no blocks"),
    ],
)
def test_a_damaged_folder_is_refused_in_plain_words(tmp_path: Path, damage: str, words: str) -> None:
    node = Node.open(tmp_path)
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    send(node, sender.sign(contract, MARK))
    node.close()
    with sqlite3.connect(tmp_path / "chain.db") as connection:
        connection.execute(damage)
    connection.close()
    with pytest.raises(CorruptFolder, match=words):
        Node.open(tmp_path)


def test_a_missing_state_is_found_at_start(tmp_path: Path) -> None:
    node = Node.open(tmp_path)
    deploy(node, Sender(node.chain_id))
    root = node.head.header.state_root
    node.close()
    with sqlite3.connect(tmp_path / "chain.db") as connection:
        connection.execute("DELETE FROM nodes WHERE key = ?", (root,))
    connection.close()
    with pytest.raises(CorruptFolder, match="state of block 1 is missing"):
        Node.open(tmp_path)


def test_threads_that_send_at_once_all_get_their_blocks(node: Node) -> None:
    senders = [Sender(node.chain_id) for _ in range(4)]
    contract = deploy(node, Sender(node.chain_id))
    threads = [
        threading.Thread(target=lambda one=one: [send(node, one.sign(contract, MARK)) for _ in range(10)])
        for one in senders
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        # Whoever reads meanwhile sees a count that fits to the head.
        head = node.head
        assert node.state_at(head).get_storage(contract, 0) == head.number - 1  # type: ignore[arg-type]
        time.sleep(0.001)
    assert counted(node, contract) == 40
