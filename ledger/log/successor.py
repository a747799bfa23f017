"""Going on in a successor log, where a thief anchored leaves that nobody has (contracts README, "Good head").

The stolen key is declared compromised first. Then, each step doing nothing where it is done already:

1. The sequencer lets go of the old log; nothing more is accepted into it.
2. The governor closes it on chain. From here on nobody anchors it.
3. Anchors of compromised keys at or after their `since` are taken off from the head down; what remains is the good
   head. It must be in the local tree, else nothing here can help: the records themselves are lost.
4. Note and receipt keys of the successor's name are drawn and put in window; the governor opens the successor on the
   good head.
5. The store moves the records above the good head to the successor, at the same indexes, in one transaction, and
   the keys of their facts after them.
6. The successor's first group commit signs what it took over, without a new record; the sequencer starts.

A crash leaves a log that accepts nothing (1), is closed (2, 3), or has a successor that is not in the store yet (4),
lacks keys (5) or a commit (6): `SuccessorLogs.open` goes on from there. Receipts of the old log are owed by the
successor at the same indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from ledger.errors import EvidenceError, NotFoundError
from ledger.hashing.encodings import hex_encode
from ledger.log.agency_keys import AgencyKeys
from ledger.log.mirror import Mirror
from ledger.log.postponed import Postponed
from ledger.merkle.tiles import root_at
from ledger.ports.chain import AnchorEvent, Chain, LogState
from ledger.ports.chain_store import ChainStore
from ledger.ports.governance import Governance
from ledger.ports.keys import Clock, Keyring, RecordKeys
from ledger.ports.records import GroupCommit, LogInfo, RecordStore
from ledger.records.checkpoint import Checkpoint, format_checkpoint
from ledger.records.note import sign_note
from ledger.records.origin import compose_origin, log_id, parse_origin
from ledger.records.receipt import Receipt, format_receipt
from ledger.values import AgencyCode, Instant, LogIndex, Role, TreeSize

_KEYS_AT_ONCE: Final = 10_000


class LogSwitch(Protocol):
    """Whoever writes into logs: it must let go of a log that ends, and take up one that begins."""

    def release(self, log_no: int) -> None:
        """Accept nothing more into a log and free its writer's place; nothing where it is not held."""

    def adopt(self, log: LogInfo) -> None:
        """Accept records into a log from now on; nothing where that is so already."""


class SuccessorLogs:
    """Closes a log whose head is void and goes on in the next generation."""

    def __init__(
        self,
        *,
        chain: Chain,
        chain_store: ChainStore,
        records: RecordStore,
        record_keys: RecordKeys,
        governance: Governance,
        keyring: Keyring,
        keys: AgencyKeys,
        mirror: Mirror,
        switch: LogSwitch,
        clock: Clock,
    ) -> None:
        """Act through `governance` on chain and move records in the store."""
        self._chain = chain
        self._chain_store = chain_store
        self._records = records
        self._record_keys = record_keys
        self._governance = governance
        self._keyring = keyring
        self._keys = keys
        self._mirror = mirror
        self._switch = switch
        self._clock = clock

    def contains_head(self, log: LogInfo) -> bool:
        """Whether the local tree contains the newest mirrored anchor of a log."""
        last = self._chain_store.last_anchor(log.log_no)
        if last is None:
            return True
        if last.size > self._records.tree_size(log.log_no):
            return False
        return root_at(self._records.tiles(log.log_no), last.size) == last.anchor.root

    def open(self, agency: AgencyCode) -> LogInfo:
        """Close the agency's log and go on in its successor; see the module's text.

        Raises:
            NotFoundError: the agency has no log here.
            EvidenceError: the good head is not in the local tree.
            ChainError: the chain did not answer or refused; doing it again goes on.
        """
        logs = sorted((log for log in self._records.logs() if log.agency == agency), key=lambda log: log.generation)
        if not logs:
            raise NotFoundError(f"Agency {agency} has no log here.")
        self._mirror.step()
        newest = logs[-1]
        if newest.generation > 1 and self._is_unfinished(newest):
            return self._finish(logs[-2], newest)
        self._switch.release(newest.log_no)
        self._governance.close_log(newest.log_id)
        good = self._void_heads(newest)
        successor = self._open_on_chain(newest, good)
        return self._finish(newest, successor)

    def resume(self) -> None:
        """At start: finish what a crash left between the store's move and the successor's first commit.

        Asks no chain: what is left to do is in this store alone.
        """
        for log in self._records.logs():
            before = [o for o in self._records.logs() if o.agency == log.agency and o.generation < log.generation]
            if before and self._is_unfinished(log):
                self._finish(max(before, key=lambda other: other.generation), log)

    def _is_unfinished(self, log: LogInfo) -> bool:
        return self._records.head(log.log_no) is None and self._records.tree_size(log.log_no) > log.start

    def _void_heads(self, log: LogInfo) -> AnchorEvent | None:
        """Take off void anchors from the head down; the good head that remains, None for the empty one."""
        self._mirror.step()
        state = self._chain.log_on_chain(log.log_id)
        anchors = [event for event in self._chain_store.anchors(log.log_no) if event.size <= state.size]
        void = []
        while state.state is LogState.CLOSED and anchors and self._is_void(log, anchors[-1]):
            void.append(anchors.pop().anchor)
        if void:
            self._governance.void_heads(log.log_id, void)
        good = anchors[-1] if anchors else None
        if good is not None:
            self._expect_good(log, good)
        return good

    def _is_void(self, log: LogInfo, event: AnchorEvent) -> bool:
        for key in self._chain_store.keys(log.agency):
            if key.key_id == event.anchor.key_id:
                return bool(key.compromised_since) and event.anchor.time >= key.compromised_since
        return False

    def _expect_good(self, log: LogInfo, good: AnchorEvent) -> None:
        size = self._records.tree_size(log.log_no)
        actual = root_at(self._records.tiles(log.log_no), good.size) if good.size <= size else None
        if actual != good.anchor.root:
            raise EvidenceError(
                f"The head of {log.origin} that stands on chain is not in this store.",
                where=f"size {good.size}",
                fix="Restore the newest copy of the store, or declare the key that anchored it compromised.",
                expected=hex_encode(good.anchor.root),
                actual=f"a tree of {size} records" if actual is None else hex_encode(actual),
            )

    def _open_on_chain(self, old: LogInfo, good: AnchorEvent | None) -> LogInfo:
        name = parse_origin(old.origin).name
        origin = compose_origin(name, old.agency, old.generation + 1)
        postponed = Postponed()
        postponed.begin(lambda: self._keys.provide(old.agency, origin))
        postponed.begin(lambda: self._governance.open_successor(name, old.log_id, good.anchor if good else None))
        postponed.settle()
        self._mirror.step()
        return self._records.add_successor(
            old.log_no,
            origin=origin,
            log_id=log_id(origin),
            generation=old.generation + 1,
            max_delay_s=old.max_delay_s,
            start=good.size if good else TreeSize(0),
        )

    def _finish(self, old: LogInfo, new: LogInfo) -> LogInfo:
        self._move_keys(old, new)
        if self._is_unfinished(new):
            with self._records.writer_lock(new.log_no):
                self._records.commit_group(self._first_commit(new))
        self._switch.adopt(new)
        return new

    def _move_keys(self, old: LogInfo, new: LogInfo) -> None:
        """Copy the keys of the facts that moved, then destroy the old ones: never the other way round."""
        end = self._records.tree_size(new.log_no)
        for first in range(new.start, end, _KEYS_AT_ONCE):
            indexes = [LogIndex(index) for index in range(first, min(first + _KEYS_AT_ONCE, end))]
            keys = self._record_keys.get(old.log_no, indexes)
            if keys:
                self._record_keys.put(new.log_no, sorted(keys.items()))
                for index in keys:
                    self._record_keys.destroy(old.log_no, index)

    def _first_commit(self, log: LogInfo) -> GroupCommit:
        size = self._records.tree_size(log.log_no)
        root = root_at(self._records.tiles(log.log_no), size)
        now = self._clock()
        deadline = Instant(now + log.max_delay_s)
        checkpoint = Checkpoint(origin=log.origin, size=size, root=root)
        receipt = Receipt(origin=log.origin, size=size, root=root, signed_at=now, deadline=deadline)
        return GroupCommit(
            log_no=log.log_no,
            old_size=size,
            size=size,
            root=root,
            records=(),
            tiles={},
            checkpoint=sign_note(format_checkpoint(checkpoint), [self._keyring.note_signer(log.origin, Role.NOTE)]),
            receipt=sign_note(format_receipt(receipt), [self._keyring.note_signer(log.origin, Role.RECEIPT)]),
            signed_at=now,
            deadline=deadline,
        )


def newest_log(logs: Sequence[LogInfo], agency: AgencyCode) -> LogInfo:
    """The newest generation of an agency's log. Raises NotFoundError."""
    mine = [log for log in logs if log.agency == agency]
    if not mine:
        raise NotFoundError(f"Agency {agency} has no log here.")
    return max(mine, key=lambda log: log.generation)
