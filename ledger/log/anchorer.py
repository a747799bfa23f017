"""The anchorer: puts the newest checkpoint of each log on the chain.

Policy: a log is anchored when its oldest record that is not anchored is `age_s` old, or when `count` wait.

One step, for each open log:

1. Compare the newest mirrored anchor with the local tree. An anchor that is bigger than the tree, or whose root the
   tree does not have at that size, is a *fault*: somebody else anchors with the agency's key, or this store is an old
   copy. A faulty log is not anchored, accepts no records (the chain loop sees to that: a receipt would promise what
   can't be kept) and is red in the health report; it is never "mended" here.
2. While an anchor of the log is in the outbox, wait: the contract takes anchors one after the other.
3. Ask the chain for the log's head. Not what was mirrored: wait for the mirror (another process may have anchored, or
   a block is not final yet). So at start, too, the chain's head decides where to go on from.
4. Prove consistency from that head to the newest checkpoint, dry-run the call, put it in the outbox.

A crash before 4 leaves nothing. A crash in `Outbox.put` leaves either nothing or a transaction that is sent again;
the contract refuses a size that is not above its head, so nothing is anchored twice. A transaction that reverted or
was lost is forgotten here, and the next step begins again from the chain's head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.hashing.encodings import hex_encode
from ledger.log.outbox import Outbox, Settled, Settlement
from ledger.merkle.tiles import consistency_proof, root_at
from ledger.ports.chain import Anchor, AnchorEvent, Chain, LogState
from ledger.ports.chain_store import ChainStore, OutboxKind
from ledger.ports.keys import Keyring
from ledger.ports.records import CommitInfo, LogInfo, RecordStore
from ledger.values import Digest32, Instant, KeyId, Role, Root, TreeSize, has_passed

RETRY_AFTER_S: Final = 10
"""Pause after the contract refused an anchor: the cause (a key out of window) is not mended in a second."""

NOTHING: Final = Anchor(root=Root(bytes(32)), previous_size=TreeSize(0), time=Instant(0), key_id=KeyId(bytes(32)))
"""The head of a log that has no anchor yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFault:
    """The chain holds a head of this log that the local tree does not contain."""

    log_no: int
    what: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """Why the contract would not take, or did not take, the last try; tried again `RETRY_AFTER_S` after `at`."""

    problem: str
    at: Instant


class Anchorer:
    """Anchors checkpoints by age and count."""

    def __init__(
        self,
        *,
        chain: Chain,
        chain_store: ChainStore,
        records: RecordStore,
        keyring: Keyring,
        outbox: Outbox,
        age_s: float,
        count: int,
    ) -> None:
        """Anchor once the oldest waiting record is `age_s` seconds old or `count` records wait."""
        self._chain = chain
        self._chain_store = chain_store
        self._records = records
        self._keyring = keyring
        self._outbox = outbox
        self._age_s = age_s
        self._count = count
        self._compared: dict[int, AnchorEvent] = {}
        self._faults: dict[int, LogFault] = {}
        self._refusals: dict[int, _Refusal] = {}

    @property
    def faults(self) -> Mapping[int, LogFault]:
        """Logs that are not anchored because the chain contradicts the store: log_no → fault."""
        return dict(self._faults)

    @property
    def problems(self) -> Mapping[int, str]:
        """Logs whose last try the contract refused: log_no → its notice."""
        return {log_no: refusal.problem for log_no, refusal in self._refusals.items()}

    def settled(self, items: Sequence[Settled], now: Instant) -> None:
        """Note how anchor transactions ended, and forget them; the mirror has what was done."""
        mine = [item for item in items if item.outgoing.kind is OutboxKind.ANCHOR]
        for item in mine:
            if item.settlement is Settlement.DONE:
                self._refusals.pop(item.outgoing.log_no, None)
            elif item.settlement is Settlement.REVERTED:
                self._refuse(item.outgoing.log_no, item.problem or "", now)
        self._outbox.forget(mine)

    def step(self, now: Instant, *, at_once: bool = False) -> None:
        """Anchor what is due; `at_once` anchors whatever waits.

        Raises:
            ChainError: the chain did not answer; the next step begins again.
            KeystoreError: the agency's ANCHOR key is not there.
        """
        on_the_way = {item.log_no for item in self._chain_store.outgoing(OutboxKind.ANCHOR)}
        for log, anchored in self._compare_all():
            if log.log_no in self._faults or log.log_no in on_the_way:
                continue
            refusal = self._refusals.get(log.log_no)
            if refusal is not None and not has_passed(refusal.at, RETRY_AFTER_S, now) and not at_once:
                continue
            head = self._records.head(log.log_no)
            size = anchored.size if anchored else log.start
            if head is not None and head.size > size and (at_once or self._is_due(log, head, size, now)):
                self._anchor(log, head, anchored, now)

    def compare(self) -> Mapping[int, LogFault]:
        """Step 1 alone, for every open log: log_no → fault. Asks no chain: the mirror has what is compared."""
        for _ in self._compare_all():
            pass
        return self.faults

    def _compare_all(self) -> Iterator[tuple[LogInfo, AnchorEvent | None]]:
        for log in self._records.logs():
            if self._is_open(log):
                yield log, self._compare(log)
            else:
                # A closed log's void head is no fault any more: its successor goes on from the good one.
                self._faults.pop(log.log_no, None)

    def _is_open(self, log: LogInfo) -> bool:
        event = self._chain_store.log_event(log.log_id)
        return event is not None and event.state is LogState.OPEN

    def _compare(self, log: LogInfo) -> AnchorEvent | None:
        """The newest anchor; a fault where the local tree does not contain it."""
        anchored = self._chain_store.last_anchor(log.log_no)
        if anchored is None:
            self._faults.pop(log.log_no, None)
            return None
        if self._compared.get(log.log_no) != anchored:
            fault = self._fault(log, anchored)
            if fault is None:
                self._faults.pop(log.log_no, None)
                self._compared[log.log_no] = anchored
            else:
                self._faults[log.log_no] = fault
        return anchored

    def _fault(self, log: LogInfo, anchored: AnchorEvent) -> LogFault | None:
        fix = (
            "If the ANCHOR key was stolen, declare it compromised; if this store is an old copy, restore the newest."
        )
        local = self._records.tree_size(log.log_no)
        if anchored.size > local:
            what = f"The chain holds {anchored.size} records of {log.origin}, this store {local}."
            return LogFault(log_no=log.log_no, what=what, fix=fix)
        root = root_at(self._records.tiles(log.log_no), anchored.size)
        if root != anchored.anchor.root:
            there, here = hex_encode(anchored.anchor.root), hex_encode(root)
            what = f"At size {anchored.size} of {log.origin} the chain holds root {there}, this store {here}."
            return LogFault(log_no=log.log_no, what=what, fix=fix)
        return None

    def _is_due(self, log: LogInfo, head: CommitInfo, anchored: TreeSize, now: Instant) -> bool:
        if head.size - anchored >= self._count:
            return True
        oldest = self._records.commits(log.log_no, anchored, 1)
        return bool(oldest) and has_passed(oldest[0].signed_at, self._age_s, now)

    def _anchor(self, log: LogInfo, head: CommitInfo, anchored: AnchorEvent | None, now: Instant) -> None:
        on_chain = self._chain.log_on_chain(log.log_id)
        proof_from = anchored.size if anchored else log.start
        if on_chain.state is not LogState.OPEN or on_chain.size != proof_from:
            return
        call = self._chain.anchor_call(
            log_id=log.log_id,
            proof_from=proof_from,
            head=anchored.anchor if anchored else self._inherited(log),
            size=head.size,
            root=head.root,
            proof=self._proof(log, proof_from, head.size),
        )
        signer = self._keyring.chain_signer(log.agency, Role.ANCHOR)
        notice = self._chain.dry_run(call, signer.address)
        if notice is not None:
            self._refuse(log.log_no, notice, now)
            return
        self._refusals.pop(log.log_no, None)
        self._outbox.put(
            OutboxKind.ANCHOR, log_no=log.log_no, subject=head.size, calls=[call], signer=signer, now=now
        )

    def _inherited(self, log: LogInfo) -> Anchor:
        """The head from which a log without an anchor of its own goes on: its predecessor's good head, or nothing."""
        for earlier in self._records.logs():
            if log.start and earlier.agency == log.agency and earlier.generation < log.generation:
                for event in self._chain_store.anchors(earlier.log_no):
                    if event.size == log.start:
                        return event.anchor
        return NOTHING

    def _proof(self, log: LogInfo, proof_from: TreeSize, size: TreeSize) -> Sequence[Digest32]:
        # From an empty tree every tree follows; RFC 9162 has no proof for it and the contract wants none.
        return consistency_proof(self._records.tiles(log.log_no), proof_from, size) if proof_from else ()

    def _refuse(self, log_no: int, problem: str, now: Instant) -> None:
        self._refusals[log_no] = _Refusal(problem=problem, at=now)
