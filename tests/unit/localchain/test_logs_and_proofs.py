"""`eth_getLogs` finds exactly what matches and looks at little else; `eth_getProof` holds at any height."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import rlp
from eth_hash.auto import keccak
from localchain import tables
from localchain.errors import RpcError
from localchain.logs import LogFilter, find_logs
from localchain.node import Node
from localchain.proofs import proof_nodes, prove
from support.localchains import Sender, deploy, send
from support.recorder import RUNTIME, assemble, creation
from trie import HexaryTrie

TOPICS = [bytes([0xA0 + number]) * 32 for number in range(4)]
BLOCKS = 120


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Two recorders, three senders, four topics, 1 to 3 logs a block; and one contract that logs no topics."""
    opened = Node.open(tmp_path_factory.mktemp("chain"))
    senders = [Sender(opened.chain_id) for _ in range(3)]
    contracts = [deploy(opened, senders[0]) for _ in range(2)]
    bare = send(opened, senders[0].sign(None, creation(assemble("0 0 LOG0 STOP")))).contract
    draw = random.Random(7)
    for _ in range(BLOCKS):
        raws = [
            one.sign(draw.choice(contracts), draw.choice(TOPICS)) for one in draw.sample(senders, draw.randint(1, 3))
        ]
        opened.submit(raws)
    send(opened, senders[0].sign(bare))
    yield opened
    opened.close()


def all_logs(node: Node) -> list[tables.LogRow]:
    with node.reading() as connection:
        return [log for number in range(node.head.number + 1) for log in tables.logs_of(connection, number)]


def matches(log: tables.LogRow, wanted: LogFilter) -> bool:
    """The definition of a filter, as Ethereum's JSON-RPC has it."""
    return (
        wanted.first <= log.block <= wanted.last
        and (not wanted.addresses or log.address in wanted.addresses)
        and len(log.topics) >= len(wanted.topics)
        and all(not choices or log.topics[place] in choices for place, choices in enumerate(wanted.topics))
    )


def test_every_filter_finds_exactly_what_matches(node: Node) -> None:
    logs = all_logs(node)
    addresses = sorted({log.address for log in logs})
    callers = sorted({log.topics[1] for log in logs if log.topics})
    assert (len(addresses), len(callers)) == (3, 3)
    draw = random.Random(8)

    def some(values: list[bytes]) -> tuple[bytes, ...]:
        return tuple(draw.sample([*values, bytes(32)], draw.randint(0, 2)))

    found_any = 0
    for _ in range(400):
        first, last = sorted(draw.randint(0, node.head.number) for _ in range(2))
        topics = tuple([some(TOPICS), some(callers), ()][: draw.randint(0, 3)])
        wanted = LogFilter(
            first=first, last=last, addresses=tuple(draw.sample(addresses, draw.randint(0, 2))), topics=topics
        )
        with node.reading() as connection:
            found = find_logs(connection, wanted)
        assert found == [log for log in logs if matches(log, wanted)], wanted
        found_any += bool(found)
    assert found_any > 100


def test_a_log_without_topics_is_found_by_address_and_by_no_topic(node: Node) -> None:
    last = node.head.number
    bare = all_logs(node)[-1]
    assert bare.topics == ()
    with node.reading() as connection:
        assert find_logs(connection, LogFilter(first=0, last=last, addresses=(bare.address,))) == [bare]
        assert find_logs(connection, LogFilter(first=0, last=last, addresses=(bare.address,), topics=((),))) == []


def steps(node: Node, wanted: LogFilter) -> tuple[int, int]:
    """Logs found, and instructions of SQLite's machine for it: a measure of work that no clock disturbs."""
    count = 0

    def count_up() -> None:
        nonlocal count
        count += 1

    with node.reading() as connection:
        connection.set_progress_handler(count_up, 1)
        found = len(find_logs(connection, wanted))
        connection.set_progress_handler(None, 0)
    return found, count


def test_a_search_costs_what_it_returns_however_long_the_chain_is(tmp_path: Path) -> None:
    node = Node.open(tmp_path)
    sender = Sender(node.chain_id)
    busy, quiet = deploy(node, sender), deploy(node, sender)
    caller = sender.address.rjust(32, b"\0")
    work = []
    for length in (20, 160):
        while node.head.number < length:
            node.submit([sender.sign(busy, TOPICS[0], gas=100_000) for _ in range(8)])
        send(node, sender.sign(quiet, TOPICS[1]))
        head = node.head.number
        searches = {
            "by address in one block": LogFilter(first=head, last=head, addresses=(quiet,)),
            # Every log has this caller, and nearly all have this topic: the height must narrow it.
            "by caller in one block": LogFilter(first=head, last=head, topics=((), (caller,))),
            "by topic in three blocks": LogFilter(first=head - 2, last=head, topics=((TOPICS[0],),)),
            # A rare topic beside a busy address, over the whole chain: the rare one must lead.
            "by both": LogFilter(first=head // 2, last=head, addresses=(busy, quiet), topics=((TOPICS[1],),)),
        }
        work.append({name: steps(node, wanted) for name, wanted in searches.items()})
    node.close()
    for name, (found, count) in work[1].items():
        assert found == work[0][name][0] > 0, name
        # Eight times the chain, the same work.
        assert count < 1.6 * work[0][name][1], (name, work[0][name][1], count)


def test_too_many_results_are_refused_with_where_to_cut(node: Node) -> None:
    with node.reading() as connection, pytest.raises(RpcError, match="more than 10 logs match") as refused:
        find_logs(connection, LogFilter(first=0, last=node.head.number), most=10)
    assert refused.value.code == -32005


def verified(root: bytes, key: bytes, nodes: tuple[bytes, ...]) -> bytes:
    """What a proof shows, by trie's own verifier and nothing of ours."""
    return HexaryTrie.get_from_proof(root, keccak(key), [rlp.decode(node) for node in nodes])


def test_proofs_hold_at_every_height(node: Node) -> None:
    logs = all_logs(node)
    contract = logs[0].address
    counts = []
    for number in range(0, node.head.number + 1, 7):
        with node.reading() as connection:
            block = tables.block_by_number(connection, number)
        assert block is not None
        root = bytes(block.header.state_root)
        proof = prove(node.nodes, root, contract, [0, 1])
        account = verified(root, contract, proof.nodes) if proof.nodes else b""
        if not account:
            assert (proof.nonce, proof.balance, proof.storage[0].value) == (0, 0, 0)
            continue
        assert rlp.decode(account) == [b"\x01", b"", proof.storage_root, proof.code_hash]
        assert proof.code_hash == keccak(RUNTIME)
        counts.append(proof.storage[0].value)
        for one in proof.storage:
            slot = one.slot.to_bytes(32, "big")
            shown = verified(proof.storage_root, slot, one.nodes) if one.nodes else b""
            assert int.from_bytes(rlp.decode(shown) if shown else b"", "big") == one.value
        expected = sum(log.address == contract and log.block <= number for log in logs)
        assert proof.storage[0].value == expected
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_an_account_that_is_not_there_is_proved_absent(node: Node) -> None:
    root = bytes(node.head.header.state_root)
    stranger = b"\x99" * 20
    proof = prove(node.nodes, root, stranger, [5])
    assert verified(root, stranger, proof.nodes) == b""
    assert (proof.nonce, proof.balance, proof.storage[0].value, proof.storage[0].nodes) == (0, 0, 0, ())


def test_nodes_inside_their_parent_are_no_items_of_a_proof() -> None:
    # Hashed keys are too long for this to happen in a small state, so the keys here are short.
    trie = HexaryTrie({})
    for number in range(40):
        trie[bytes([number])] = bytes([number, 1])
    for number in range(45):
        key = bytes([number])
        nodes = proof_nodes(trie, key)
        assert all(keccak(child) in parent for parent, child in pairwise(nodes))
        assert HexaryTrie.get_from_proof(trie.root_hash, key, [rlp.decode(node) for node in nodes]) == trie[key]
