"""Logs, records, tiles and group commits as the store keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from ledger.values import AgencyCode, Digest32, Instant, LeafHash, LogId, LogIndex, Origin, Root, TreeSize

ONE_RECORD_KINDS: Final = frozenset({"certificate", "document"})
"""Kinds of which a log has one record for one document digest; the steps of a process may share a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInfo:
    """One agency log as this service keeps it. `log_no` is local and never leaves the service."""

    log_no: int
    origin: Origin
    log_id: LogId
    agency: AgencyCode
    generation: int
    max_delay_s: int
    start: TreeSize


class NewRecord(NamedTuple):
    """One record of a group commit, ready to be written; its index is its place after the old size.

    A tuple, for speed: a frozen dataclass of so many members takes longer to make than the record to insert.
    """

    leaf: bytes
    leaf_hash: LeafHash
    sealed_facts: bytes
    sha256: Digest32 | None
    number: str | None
    idempotency_key: str | None
    request_digest: Digest32
    kind: str
    batch: int | None
    process_id: str | None
    process_seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """One record as it is on disk. `sealed_facts` is None once the office erased it."""

    log_no: int
    index: LogIndex
    leaf: bytes
    sealed_facts: bytes | None
    accepted_at: Instant
    kind: str
    batch: int | None
    process_id: str | None
    process_seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCommit:
    """Everything that one group commit writes, in one transaction."""

    log_no: int
    old_size: TreeSize
    size: TreeSize
    root: Root
    records: Sequence[NewRecord]
    tiles: Mapping[tuple[int, int], bytes]
    """Changed tiles, whole: (level, tile index) → concatenated hashes."""
    checkpoint: str
    """The signed checkpoint note at `size`."""
    receipt: str
    """The signed receipt note at `size`."""
    signed_at: Instant
    deadline: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitInfo:
    """A group commit that is on disk."""

    size: TreeSize
    root: Root
    checkpoint: str
    receipt: str
    signed_at: Instant
    deadline: Instant


class TileSource(Protocol):
    """Tiles of one log, as `ledger.merkle.tiles.TileReader` wants them."""

    def read_tile(self, level: int, index: int) -> bytes:
        """The hashes that the tile has now: 32 bytes each, 1 to 256. Raises StoreError where there is no tile."""


class RecordStore(Protocol):
    """Logs, records, tiles, group commits and the ways to find a record."""

    def logs(self) -> Sequence[LogInfo]:
        """All logs, oldest first."""

    def add_log(
        self,
        *,
        origin: Origin,
        log_id: LogId,
        agency: AgencyCode,
        generation: int,
        max_delay_s: int,
        start: TreeSize,
    ) -> LogInfo:
        """Keep a new log. Raises ConflictError where the origin is there already."""

    def add_successor(
        self,
        predecessor_no: int,
        *,
        origin: Origin,
        log_id: LogId,
        generation: int,
        max_delay_s: int,
        start: TreeSize,
    ) -> LogInfo:
        """Go on in a new log from `start`, the good head of a closed one, in one transaction.

        The successor gets the predecessor's tiles at its head; records from `start` on, with their numbers, digests,
        idempotency keys and jobs, move to it at the same indexes; those below stay. `head` of the successor is None
        until its first group commit, which may have `old_size` = `size`. Doing it again gives the log that is there.
        """

    def snapshot(self) -> AbstractContextManager[None]:
        """All that this thread reads in the block is of one instant, also from the mirror of the chain."""

    def tree_size(self, log_no: int) -> TreeSize:
        """Leaves that the log's tiles hold: the head's size, or of a fresh successor what it took over."""

    def writer_lock(self, log_no: int) -> AbstractContextManager[None]:
        """Hold the log's only writer's place. Raises StoreError where another process holds it."""

    def tiles(self, log_no: int) -> TileSource:
        """Committed tiles of a log."""

    def commit_group(self, group: GroupCommit) -> None:
        """Write a whole group commit; on disk when it returns, nothing of it if it raises."""

    def bind_keys(self, log_no: int, keys: Sequence[tuple[str, Digest32, LogIndex]]) -> None:
        """Durably bind idempotency keys to records that are there: (key, digest of the request, index).

        A submission that was answered with another one's record has used its key too. Raises ConflictError.
        """

    def head(self, log_no: int) -> CommitInfo | None:
        """The newest group commit; None for an empty log."""

    def commit_covering(self, log_no: int, index: LogIndex) -> CommitInfo:
        """The first group commit with `index` < size. Raises NotFoundError."""

    def commit_at(self, log_no: int, size: TreeSize) -> CommitInfo | None:
        """The group commit of exactly this size; None if no commit ended there."""

    def commits(self, log_no: int, after: TreeSize, limit: int) -> Sequence[CommitInfo]:
        """Up to `limit` group commits of sizes above `after`, in order."""

    def record(self, log_no: int, index: LogIndex) -> StoredRecord:
        """One record. Raises NotFoundError."""

    def records(self, log_no: int, first: LogIndex, count: int) -> Sequence[StoredRecord]:
        """Up to `count` records from `first` on, in order."""

    def find_number(self, number: str) -> tuple[int, LogIndex] | None:
        """(log_no, index) of the record with this document number; None if there is none."""

    def find_digest(self, sha256: Digest32) -> Sequence[tuple[int, LogIndex]]:
        """Every record of this document digest, oldest first."""

    def find_numbers(self, numbers: Sequence[str]) -> Mapping[str, tuple[int, LogIndex]]:
        """Those of `numbers` that are used."""

    def find_digests(self, log_no: int, digests: Sequence[Digest32]) -> Mapping[Digest32, LogIndex]:
        """Those of `digests` that this log has; the newest record of each."""

    def find_documents(self, log_no: int, digests: Sequence[Digest32]) -> Mapping[Digest32, LogIndex]:
        """Those of `digests` that have their one record in this log (of `ONE_RECORD_KINDS`), and which it is."""

    def find_idempotent(self, log_no: int, keys: Sequence[str]) -> Mapping[str, tuple[LogIndex, Digest32]]:
        """Those idempotency keys that were used: their record and the digest of the request."""

    def identity_of(self, log_no: int, index: LogIndex) -> tuple[Digest32 | None, str | None]:
        """Document digest and number under which a record can be found; None where it has none or was erased."""

    def identities(
        self, log_no: int, first: LogIndex, count: int
    ) -> Mapping[LogIndex, tuple[Digest32 | None, str | None]]:
        """`identity_of` for the indexes first … first + count - 1 that have a digest or a number, in one query."""

    def identity_counts(self, log_no: int) -> tuple[int, int]:
        """How many digests and how many numbers point into this log, whether or not the record is there."""

    def process(self, process_id: str) -> Sequence[StoredRecord]:
        """Every step of one process over all logs, by log and index."""

    def process_indexes(self, log_no: int, first: LogIndex) -> Sequence[LogIndex]:
        """Every record of this log, from the index `first` on, that is a step of a process, in order."""

    def process_seqs(self, log_no: int, pairs: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], LogIndex]:
        """Those (process id, seq) that this log has."""

    def last_process_seqs(self, log_no: int, ids: Sequence[str]) -> Mapping[str, int]:
        """The highest seq of each process that this log has."""

    def batch_members(self, log_no: int, batch: int) -> int:
        """Number of records of an issuing batch."""

    def batch_indexes(self, log_no: int, batch: int, first: LogIndex, limit: int) -> Sequence[LogIndex]:
        """Up to `limit` records of an issuing batch, from the index `first` on, in order."""

    def open_job(self, log_no: int, job: str) -> int:
        """The batch number of a bulk job: the one it has, or the next free one from 1 on, durably kept."""
