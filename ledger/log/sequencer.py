"""The sequencer: the only writer of one log. It takes what waits, and commits it as one group.

The steps of a group, and what a crash after each leaves:

1. **admit**: look up keys, numbers, documents, processes; assign indexes. Nothing is on disk; nobody was answered;
   the callers see a broken connection and send again.
2. **keys**: write the keys of the new records to the key store, durably. Keys without records are left; the next
   group has the same indexes, and replaces them.
3. **grow**: hash the leaves into the tree, in memory.
4. **sign**: sign checkpoint and receipt. Two groups may so be signed for one size, one of them for ever unseen:
   it was handed to nobody, for a note leaves this process only after step 5.
5. **commit**: records, look-up rows, tiles, checkpoint and receipt, in one durable transaction. Whoever was not
   answered and sends again gets the record that is there: by idempotency key, or by document and number.
6. **answer**: resolve the callers' futures.

So nothing that was acknowledged can be lost, and nothing that is lost was acknowledged. Keys come before records,
because a record whose key was lost would be an erasure that nobody asked for. A disk that fails in 2 or 5 fails the
group's callers; the size is then read again from the disk.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import NamedTuple

from ledger.errors import BusyError, ConflictError, InputError, SillokError, StoreError
from ledger.log.admission import Admitted, Doorkeeper, New, StatusOf
from ledger.log.limits import MAX_GROUP_BYTES, MAX_GROUP_RECORDS, MAX_WAITING
from ledger.log.making import Known
from ledger.log.preparing import Prepared
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tiles import Appended, Overlay, append, edge_of, inclusion_proofs
from ledger.ports.keys import Clock, Keyring, RecordKeys
from ledger.ports.records import GroupCommit, LogInfo, NewRecord, RecordStore
from ledger.records.checkpoint import Checkpoint, format_checkpoint
from ledger.records.note import sign_note
from ledger.records.receipt import Receipt, format_receipt
from ledger.records.record import encode_record, parse_record
from ledger.values import Digest32, Instant, LogIndex, Role, TreeSize


class Sequenced(NamedTuple):
    """A new record that is on disk (a tuple, for speed). `proof` is its path at `size`, where it was asked for."""

    at: LogIndex
    number: str | None
    batch: int | None
    leaf: bytes
    receipt: str
    size: TreeSize
    proof: tuple[Digest32, ...] | None


Outcome = Sequenced | Known | InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """Submissions that came together and are answered together."""

    prepared: Sequence[Prepared]
    with_proofs: bool
    answer: Future[list[Outcome]]


class Sequencer:
    """Group commit of one log, in a thread of its own."""

    def __init__(
        self,
        *,
        log: LogInfo,
        records: RecordStore,
        record_keys: RecordKeys,
        keyring: Keyring,
        clock: Clock,
        status_of: StatusOf,
    ) -> None:
        """Nothing runs before `start`."""
        self.log = log
        self._records = records
        self._record_keys = record_keys
        self._keyring = keyring
        self._clock = clock
        self._doorkeeper = Doorkeeper(log, records, status_of)
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._count = 0
        self._open = False
        self._held = ExitStack()
        self._thread = threading.Thread(target=self._run, name=f"sequencer {log.origin}", daemon=True)
        self._size: TreeSize | None = None
        self._edge: dict[tuple[int, int], bytes] = {}
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why the newest group was not committed, or why no more are taken; None where all is well."""
        return self._trouble

    def start(self) -> None:
        """Take the writer's place and run.

        Raises:
            StoreError: another process writes to this log.
        """
        self._held.enter_context(self._records.writer_lock(self.log.log_no))
        self._open = True
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, refuse what comes, give the writer's place back."""
        with self._lock:
            was_open, self._open = self._open, False
        if was_open:
            self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def submit(self, prepared: Sequence[Prepared], *, with_proofs: bool) -> Future[list[Outcome]]:
        """Hand over submissions; the future holds one outcome each, in order, once they are on disk.

        The future raises InfrastructureError where the group could not be committed: none of it is recorded then, or
        all of it is and a retry finds it.

        Raises:
            BusyError: too many wait already, or the log takes no more.
        """
        waiting = _Waiting(prepared=prepared, with_proofs=with_proofs, answer=Future())
        with self._lock:
            if not self._open:
                raise BusyError("This log takes no records now.", where=self.log.origin, fix="Try again in a moment.")
            if self._count + len(prepared) > MAX_WAITING:
                raise BusyError(
                    f"{self._count} submissions wait already.", where=self.log.origin, fix="Try again in a second."
                )
            self._count += len(prepared)
            self._queue.put(waiting)
        return waiting.answer

    def _run(self) -> None:
        more = True
        try:
            while more:
                group, more = self._take()
                if group:
                    self._process(group)
        finally:
            # Also after an error that nobody foresaw: whoever waits is told, and the place is free.
            with self._lock:
                self._open = False
            self._held.close()
            while True:
                try:
                    left = self._queue.get_nowait()
                except queue.Empty:
                    break
                if left is not None:
                    left.answer.set_exception(StoreError("The log's writer has stopped.", where=self.log.origin))

    def _take(self) -> tuple[list[_Waiting], bool]:
        """What waits now, up to a group's bounds (one item more than the bounds at most); blocks while none does."""
        group: list[_Waiting] = []
        count = size = 0
        item = self._queue.get()
        while item is not None:
            group.append(item)
            count += len(item.prepared)
            size += sum(len(prepared.sealed) for prepared in item.prepared)
            if count >= MAX_GROUP_RECORDS or size >= MAX_GROUP_BYTES:
                return group, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _process(self, group: Sequence[_Waiting]) -> None:
        prepared = [one for waiting in group for one in waiting.prepared]
        with_proofs = any(waiting.with_proofs for waiting in group)
        done = False
        try:
            try:
                admitted, new = self._write(prepared, with_proofs, trust_chance=True)
            except ConflictError:
                # A number that was drawn is in use, most likely; looked up, it is one caller's problem.
                admitted, new = self._write(prepared, with_proofs, trust_chance=False)
            self._trouble = None
            answer(group, admitted, new)
            done = True
        except SillokError as error:
            self._size, self._edge = None, {}  # what the disk holds now, the disk will say
            self._trouble = error.what
            fail(group, StoreError(f"The group was not committed: {error.what}", where=error.where, fix=error.fix))
            done = True
        finally:
            with self._lock:
                self._count -= len(prepared)
            if not done:
                self._trouble = "The log's writer has stopped."
                fail(group, StoreError("The log's writer has stopped.", where=self.log.origin))

    def _write(
        self, prepared: Sequence[Prepared], with_proofs: bool, *, trust_chance: bool
    ) -> tuple[Sequence[Admitted], dict[LogIndex, Sequenced]]:
        with self._records.snapshot():
            size = self._records.tree_size(self.log.log_no)
            # Step 2 replaces keys; were there another writer after all, they could be those of acknowledged records.
            if self._size not in (None, size):
                raise StoreError(
                    "Another writer was in this log.", where=self.log.origin, fix="Run one service only."
                )
            admission = self._doorkeeper.admit(prepared, size, trust_chance=trust_chance)
        news = [one for one in admission.decided if isinstance(one, New)]
        written = self._commit(news, size, with_proofs) if news else {}
        if admission.bound:
            # After the commit, since a twin may have made its record in this very group; before anybody is answered.
            self._records.bind_keys(self.log.log_no, admission.bound)
        return admission.decided, written

    def _commit(self, news: Sequence[New], old_size: TreeSize, with_proofs: bool) -> dict[LogIndex, Sequenced]:
        """Steps 2 to 5; the module's docstring says what a crash after each leaves."""
        log_no = self.log.log_no
        records = [new_record(new) for new in news]
        self._record_keys.put(log_no, [(new.at, new.prepared.key) for new in news])
        tiles = Overlay(self._records.tiles(log_no), self._edge)
        grown = append(tiles, old_size, [record.leaf_hash for record in records])
        checkpoint, receipt, signed_at, deadline = self._sign(grown)
        self._records.commit_group(
            GroupCommit(
                log_no=log_no,
                old_size=old_size,
                size=grown.size,
                root=grown.root,
                records=records,
                tiles=grown.tiles,
                checkpoint=checkpoint,
                receipt=receipt,
                signed_at=signed_at,
                deadline=deadline,
            )
        )
        self._size, self._edge = grown.size, edge_of(grown.size, {**self._edge, **grown.tiles})
        indexes = [new.at for new in news]
        paths: Sequence[tuple[Digest32, ...] | None] = [None] * len(news)
        if with_proofs:
            paths = inclusion_proofs(Overlay(tiles, grown.tiles), indexes, grown.size)
        size = grown.size
        return {
            index: Sequenced(index, record.number, record.batch, record.leaf, receipt, size, path)
            for index, record, path in zip(indexes, records, paths, strict=True)
        }

    def _sign(self, grown: Appended) -> tuple[str, str, Instant, Instant]:
        """Checkpoint by the NOTE key, receipt by the RECEIPT key: one of each for the whole group."""
        signed_at = self._clock()
        deadline = Instant(signed_at + self.log.max_delay_s)
        checkpoint = Checkpoint(origin=self.log.origin, size=grown.size, root=grown.root)
        receipt = Receipt(
            origin=self.log.origin, size=grown.size, root=grown.root, signed_at=signed_at, deadline=deadline
        )
        note_key = self._keyring.note_signer(self.log.origin, Role.NOTE)
        receipt_key = self._keyring.note_signer(self.log.origin, Role.RECEIPT)
        return (
            sign_note(format_checkpoint(checkpoint), [note_key]),
            sign_note(format_receipt(receipt), [receipt_key]),
            signed_at,
            deadline,
        )


def new_record(new: New) -> NewRecord:
    """The record's bytes and what the store keeps beside them."""
    one, _, step = new
    leaf, hashed = one.leaf, one.leaf_hash
    if step is not None:
        leaf = encode_record(replace(parse_record(leaf), process=step))
        hashed = leaf_hash(leaf)
    return NewRecord(
        leaf,
        hashed,
        one.sealed,
        one.sha256,
        one.number,
        one.idempotency_key,
        one.request_digest,
        one.kind,
        one.batch,
        None if step is None else step.id,
        None if step is None else step.seq,
    )


def answer(group: Sequence[_Waiting], admitted: Sequence[Admitted], new: dict[LogIndex, Sequenced]) -> None:
    """Resolve the futures, step 6. A submission that repeats one of its own group gets that one's record as known."""
    rest = iter(admitted)
    for waiting in group:
        decided = [next(rest) for _ in waiting.prepared]
        waiting.answer.set_result([new[one.at] if isinstance(one, New) else one for one in decided])


def fail(group: Sequence[_Waiting], error: SillokError) -> None:
    """Tell everybody of a group that it was not committed."""
    for waiting in group:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
