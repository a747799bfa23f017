"""What was accepted gets anchored: when the policy says, once, and never over a contradiction."""

from __future__ import annotations

from collections.abc import Callable

from support.bureau import Bureau, send_mined
from support.chains import DeployedChain

from ledger.log.anchorer import NOTHING
from ledger.log.health import State
from ledger.merkle.tiles import consistency_proof, root_at
from ledger.ports.chain import LogState
from ledger.values import Role, Root, TreeSize


def test_a_group_is_anchored_and_what_the_chain_holds_is_what_was_committed(bureau: Bureau) -> None:
    bureau.issue(3)
    bureau.settle()
    bureau.issue(700)
    bureau.settle()

    anchors = bureau.store.chain.anchors(bureau.log.log_no)
    assert [(event.size, event.anchor.previous_size) for event in anchors] == [(3, 0), (703, 3)]
    assert anchors[-1].anchor.root == bureau.store.records.head(bureau.log.log_no).root
    on_chain = bureau.chain.log_on_chain(bureau.log.log_id)
    assert (on_chain.state, on_chain.size) == (LogState.OPEN, 703)
    assert bureau.health.snapshot().state is State.OK


def test_nothing_is_anchored_before_its_age_or_count(
    city: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str
) -> None:
    bureau = open_bureau(city, age_s=30, count=5)
    bureau.register(new_code)
    bureau.issue(2)
    for _ in range(3):
        bureau.loop.step()
    assert bureau.store.chain.last_anchor(bureau.log.log_no) is None

    bureau.issue(3)
    steps_to_anchor(bureau)
    assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 5

    bureau.issue(1)
    bureau.loop.step()
    assert not bureau.store.chain.outgoing()
    bureau.clock.ahead_s += 31
    steps_to_anchor(bureau)
    assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 6


def test_only_the_newest_checkpoint_of_many_groups_is_anchored(bureau: Bureau) -> None:
    for _ in range(10):
        bureau.issue(1)
    bureau.settle()
    assert [event.size for event in bureau.store.chain.anchors(bureau.log.log_no)] == [10]


def test_an_anchor_that_somebody_else_made_of_our_tree_is_gone_on_from(bureau: Bureau) -> None:
    """Another process of the same office, or the one before a crash whose outbox was lost."""
    bureau.issue(4)
    bureau.settle()
    bureau.issue(5)
    anchor_behind_its_back(bureau, 9, bureau.store.records.head(bureau.log.log_no).root)

    bureau.issue(1)
    bureau.settle()
    assert [event.size for event in bureau.store.chain.anchors(bureau.log.log_no)] == [4, 9, 10]
    assert bureau.anchorer.faults == {}


def test_a_bigger_head_than_the_store_has_is_a_named_fault_and_nothing_is_anchored(bureau: Bureau) -> None:
    bureau.issue(4)
    bureau.settle()
    anchor_behind_its_back(bureau, 5, Root(b"\x07" * 32), foreign_leaf=True)

    bureau.issue(3)
    for _ in range(3):
        bureau.loop.step(at_once=True)
    fault = bureau.anchorer.faults[bureau.log.log_no]
    assert "root" in fault.what
    assert "compromised" in fault.fix
    assert bureau.anchorer.problems == {}, "the contract was asked although the store contradicts the chain"
    assert bureau.chain.log_on_chain(bureau.log.log_id).size == 5
    snapshot = bureau.health.snapshot()
    assert snapshot.state is State.FAILING
    assert any(component.text == fault.what for component in snapshot.components)


def test_an_old_copy_of_the_store_is_noticed_before_anything_is_sent(
    city: DeployedChain, open_bureau: Callable[..., Bureau], bureau: Bureau
) -> None:
    """The chain holds more records than a store that was restored from yesterday's copy."""
    bureau.issue(2)
    bureau.settle()
    before = bureau.store.records.head(bureau.log.log_no)
    bureau.issue(2)
    bureau.settle()
    records = bureau.anchorer._records  # type: ignore[attr-defined]
    bureau.anchorer._records = OldCopy(records, before.size)  # type: ignore[attr-defined]
    bureau.anchorer._compared.clear()  # type: ignore[attr-defined]
    bureau.loop.step(at_once=True)
    assert "The chain holds 4 records" in bureau.anchorer.faults[bureau.log.log_no].what


def test_what_the_contract_refuses_is_told_in_its_own_words_and_tried_again(bureau: Bureau) -> None:
    key = next(key for key in bureau.agencies.keys(bureau.code) if key.role is Role.ANCHOR and key.current)
    bureau.governor.disable_key(key.key_id)
    bureau.issue(1)
    bureau.loop.step(at_once=True)
    problem = bureau.anchorer.problems[bureau.log.log_no]
    assert "key" in problem.lower()
    assert not bureau.store.chain.outgoing()
    assert bureau.health.snapshot().state is State.DEGRADED

    bureau.agencies.rotate(bureau.code, Role.ANCHOR)
    bureau.settle()
    assert bureau.anchorer.problems == {}
    assert bureau.store.chain.last_anchor(bureau.log.log_no).size == 1


def test_a_missed_deadline_is_red(bureau: Bureau) -> None:
    bureau.clock.ahead_s = -bureau.log.max_delay_s - 5
    bureau.issue(1)
    bureau.clock.ahead_s = 0
    snapshot = bureau.health.snapshot()
    assert snapshot.state is State.FAILING
    assert any("deadline passed" in component.text for component in snapshot.components)
    late = next(metric for metric in snapshot.metrics if metric.name == "log_receipt_late_seconds")
    assert late.value >= 5
    bureau.settle()
    assert bureau.health.snapshot().state is State.OK


def steps_to_anchor(bureau: Bureau) -> None:
    """Two steps and their pauses: one sends, one mirrors."""
    size = bureau.store.records.tree_size(bureau.log.log_no)
    for _ in range(200):
        bureau.loop.step()
        last = bureau.store.chain.last_anchor(bureau.log.log_no)
        if last is not None and last.size == size and not bureau.store.chain.outgoing():
            return
    raise AssertionError(bureau.health.snapshot())


def anchor_behind_its_back(bureau: Bureau, size: int, root: Root, *, foreign_leaf: bool = False) -> None:
    """Anchor with the agency's own key without telling the bureau, as a thief or another process does."""
    log, tiles = bureau.log, bureau.store.records.tiles(bureau.log.log_no)
    last = bureau.store.chain.last_anchor(log.log_no)
    proof_from = last.size if last else TreeSize(0)
    head = last.anchor if last else NOTHING
    if foreign_leaf:
        # From 4 to 5: the proof is the foreign leaf's hash and the old root; the root follows from them.
        from ledger.merkle.nodes import node_hash

        assert (proof_from, size) == (4, 5)
        leaf = bytes(root)
        root = Root(node_hash(head.root, leaf))
        proof = (leaf,)
    else:
        proof = consistency_proof(tiles, proof_from, TreeSize(size))
        assert root_at(tiles, TreeSize(size)) == root
    call = bureau.chain.anchor_call(
        log_id=log.log_id, proof_from=proof_from, head=head, size=TreeSize(size), root=root, proof=proof
    )
    signer = bureau.keystore.chain_signer(log.agency, Role.ANCHOR)
    signed = bureau.chain.sign(call, signer, bureau.chain.next_nonce(signer.address))
    send_mined(bureau.chain, signed)


class OldCopy:
    """A record store as it was when its log had fewer records."""

    def __init__(self, records: object, size: int) -> None:
        self._records = records
        self._size = size

    def __getattr__(self, name: str) -> object:
        return getattr(self._records, name)

    def tree_size(self, log_no: int) -> int:
        return self._size
