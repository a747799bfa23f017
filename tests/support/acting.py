"""Anchors and status acts of an office on a real chain."""

from __future__ import annotations

from dataclasses import replace

from support.chains import DeployedChain, Office
from support.uniform_tree import UniformTree

from ledger.ports.chain import Anchor, AnchorEvent, StatusAct, TransactionOutcome
from ledger.values import Digest32, Instant, KeyId, Reason, Root, Status, TreeSize

NOTHING = Anchor(root=Root(bytes(32)), previous_size=TreeSize(0), time=Instant(0), key_id=KeyId(bytes(32)))


def anchor_all(ours: DeployedChain, office: Office, size: int = 100_000, root: bytes = b"\x05" * 32) -> None:
    """Anchor a first checkpoint of any root: the contract has nothing to compare it with."""
    call = ours.ethereum.anchor_call(
        log_id=office.log_id, proof_from=TreeSize(0), head=NOTHING, size=TreeSize(size), root=Root(root), proof=[]
    )
    assert ours.run(call, office.anchor).outcome is TransactionOutcome.DONE


def act_on(office: Office, *indexes: int, after: Status = Status.REVOKED, **more: object) -> StatusAct:
    act = StatusAct(
        log_id=office.log_id,
        batches=False,
        before=Status.ACTIVE,
        after=after,
        reason=Reason.LEGAL_ORDER,
        retroactive=False,
        indexes=indexes,
    )
    return replace(act, **more)  # type: ignore[arg-type]


def do(ours: DeployedChain, office: Office, act: StatusAct) -> None:
    for call in ours.ethereum.status_calls(act):
        state = ours.run(call, office.status)
        assert state.outcome is TransactionOutcome.DONE, state.problem


def grow(ours: DeployedChain, office: Office, head: Anchor | None, old: int, size: int) -> Anchor:
    """Anchor a size of a tree of equal leaves after the head at `old`; what the contract holds of it."""
    tree, first = UniformTree(), ours.ethereum.head().number + 1
    call = ours.ethereum.anchor_call(
        log_id=office.log_id,
        proof_from=TreeSize(old),
        head=head or NOTHING,
        size=TreeSize(size),
        root=Root(tree.root(size)),
        proof=[Digest32(node) for node in tree.consistency(old, size)] if old else [],
    )
    assert ours.run(call, office.anchor).outcome is TransactionOutcome.DONE
    (event,) = [e for e in ours.ethereum.events(first, ours.ethereum.head().number) if isinstance(e, AnchorEvent)]
    return event.anchor
