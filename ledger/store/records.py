"""Logs, records, tiles and group commits: the store's side of `ledger.ports.records.RecordStore`.

A log that succeeds another begins at the size that it inherits. What lies below that is read from the predecessor,
here, so that no service need know it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import ColumnElement, and_, func, insert, or_, select

from ledger.errors import ConflictError, NotFoundError, StoreError
from ledger.ports.records import CommitInfo, GroupCommit, LogInfo, StoredRecord
from ledger.store import schema
from ledger.store.commits import number_as_integer, number_as_text, write_group
from ledger.store.database import Database
from ledger.store.places import MAX_RECORDS, at_place, place_of
from ledger.store.rows import RECORD, as_commit, as_log, as_record, pieces
from ledger.store.tiles import StoredTiles
from ledger.values import AgencyCode, Digest32, LogId, LogIndex, Origin, TreeSize


class SqlRecords:
    """A `RecordStore` on one database."""

    def __init__(self, database: Database) -> None:
        """Read the list of logs; no record is read."""
        self._database = database
        self._logs: dict[int, LogInfo] = {}
        with database.read() as connection:
            for row in connection.execute(select(schema.logs).order_by(schema.logs.c.log_no)):
                self._logs[row.log_no] = as_log(row)

    def logs(self) -> Sequence[LogInfo]:
        """All logs, oldest first."""
        return tuple(self._logs.values())

    def log(self, log_no: int) -> LogInfo:
        """One log. Raises NotFoundError."""
        try:
            return self._logs[log_no]
        except KeyError:
            raise NotFoundError("There is no such log in this store.") from None

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
        with self._database.write() as connection:
            if connection.scalar(select(schema.logs.c.log_no).where(schema.logs.c.origin == origin)) is not None:
                raise ConflictError(f"The log {origin} is there already.")
            log_no = (connection.scalar(select(func.max(schema.logs.c.log_no))) or 0) + 1
            info = LogInfo(
                log_no=log_no,
                origin=origin,
                log_id=log_id,
                agency=agency,
                generation=generation,
                max_delay_s=max_delay_s,
                start=start,
            )
            connection.execute(
                insert(schema.logs).values(
                    log_no=log_no,
                    origin=origin,
                    log_id=log_id,
                    agency=agency,
                    generation=generation,
                    max_delay_s=max_delay_s,
                    start=start,
                )
            )
        # A new mapping, not a change of the old one: readers in other threads may be walking it.
        self._logs = {**self._logs, log_no: info}
        return info

    @contextmanager
    def writer_lock(self, log_no: int) -> Iterator[None]:
        """Hold the log's only writer's place. Raises StoreError where another process or thread holds it."""
        path = self._database.path.with_name(f"{self._database.path.name}.writer-{log_no}")
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StoreError(
                    "Another process writes to this log.", where=str(path), fix="Stop the other service first."
                ) from error
            yield
        finally:
            os.close(handle)

    def tiles(self, log_no: int) -> StoredTiles:
        """Committed tiles of a log."""
        before = self.predecessor(log_no)
        return StoredTiles(self._database, self.log(log_no), None if before is None else self.tiles(before.log_no))

    def commit_group(self, group: GroupCommit) -> None:
        """Write a whole group commit; on disk when it returns, nothing of it if it raises."""
        write_group(self._database, group, self.log(group.log_no).start)

    def head(self, log_no: int) -> CommitInfo | None:
        """The newest group commit; None for an empty log."""
        return self._commit(schema.commits.c.place < place_of(log_no + 1, 0), log_no, newest=True)

    def commit_covering(self, log_no: int, index: LogIndex) -> CommitInfo:
        """The first group commit with `index` < size. Raises NotFoundError."""
        owner = self.owner(log_no, index)
        commit = self._commit(schema.commits.c.place > place_of(owner, index), owner, newest=False)
        if commit is None:
            raise NotFoundError(f"The log has no record {index}.")
        return commit

    def commit_at(self, log_no: int, size: TreeSize) -> CommitInfo | None:
        """The group commit of exactly this size; None if no commit ended there."""
        return self._commit(schema.commits.c.place == place_of(log_no, size), log_no, newest=False)

    def record(self, log_no: int, index: LogIndex) -> StoredRecord:
        """One record. Raises NotFoundError."""
        found = self.records(log_no, index, 1)
        if not found:
            raise NotFoundError(f"The log has no record {index}.")
        return found[0]

    def records(self, log_no: int, first: LogIndex, count: int) -> Sequence[StoredRecord]:
        """Up to `count` records from `first` on, in order."""
        place = schema.records.c.place
        end = min(first + count, MAX_RECORDS - 1)
        wanted: list[ColumnElement[bool]] = []
        for owner, low, high in self._spans(log_no, first, end) if 0 <= first < end else ():
            wanted.append(and_(place >= place_of(owner, low), place < place_of(owner, high)))
        with self._database.read() as connection:
            rows = [row for span in wanted for row in connection.execute(RECORD.where(span).order_by(place))]
        return [as_record(row) for row in rows]

    def find_number(self, number: str) -> tuple[int, LogIndex] | None:
        """(log_no, index) of the record with this document number; None if there is none."""
        return self.find_numbers([number]).get(number)

    def find_digest(self, sha256: Digest32) -> Sequence[tuple[int, LogIndex]]:
        """Every record of this document digest, oldest first."""
        table = schema.digests.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(table.place, schema.records.c.accepted_at)
                .join(schema.records, schema.records.c.place == table.place)
                .where(table.sha256 == sha256)
                .order_by(schema.records.c.accepted_at, table.place)
            )
            return [at_place(row.place) for row in rows]

    def find_numbers(self, numbers: Sequence[str]) -> Mapping[str, tuple[int, LogIndex]]:
        """Those of `numbers` that are used."""
        table = schema.numbers.c
        found: dict[str, tuple[int, LogIndex]] = {}
        with self._database.read() as connection:
            for some in pieces([number_as_integer(number) for number in numbers]):
                for row in connection.execute(select(table.number, table.place).where(table.number.in_(some))):
                    found[number_as_text(row.number)] = at_place(row.place)
        return found

    def find_digests(self, log_no: int, digests: Sequence[Digest32]) -> Mapping[Digest32, LogIndex]:
        """Those of `digests` that this log has; the newest record of each."""
        table = schema.digests.c
        found: dict[Digest32, LogIndex] = {}
        with self._database.read() as connection:
            for some in pieces(digests):
                query = select(table.sha256, table.place).where(table.sha256.in_(some), table.log_no == log_no)
                for row in connection.execute(query.order_by(table.place)):
                    found[Digest32(row.sha256)] = at_place(row.place)[1]
        return found

    def find_idempotent(self, log_no: int, keys: Sequence[str]) -> Mapping[str, tuple[LogIndex, Digest32]]:
        """Those idempotency keys that were used: their record and the digest of the request."""
        table = schema.idempotency.c
        found: dict[str, tuple[LogIndex, Digest32]] = {}
        with self._database.read() as connection:
            for some in pieces(keys):
                query = select(table.key, table.place, table.request_digest)
                for row in connection.execute(query.where(table.log_no == log_no, table.key.in_(some))):
                    found[row.key] = (at_place(row.place)[1], Digest32(row.request_digest))
        return found

    def identity_of(self, log_no: int, index: LogIndex) -> tuple[Digest32 | None, str | None]:
        """Document digest and number under which a record can be found; None where it has none or was erased."""
        table = schema.records.c
        place = place_of(self.owner(log_no, index), index)
        with self._database.read() as connection:
            row = connection.execute(select(table.sha256, table.number).where(table.place == place)).one_or_none()
        if row is None:
            raise NotFoundError(f"The log has no record {index}.")
        return (
            None if row.sha256 is None else Digest32(row.sha256),
            None if row.number is None else number_as_text(row.number),
        )

    def process(self, process_id: str) -> Sequence[StoredRecord]:
        """Every step of one process over all logs, by log and index."""
        steps = schema.process_steps.c
        query = RECORD.join(schema.process_steps, steps.place == schema.records.c.place)
        with self._database.read() as connection:
            rows = connection.execute(query.where(steps.process_id == process_id).order_by(steps.place)).all()
        return [as_record(row) for row in rows]

    def process_seqs(self, log_no: int, pairs: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], LogIndex]:
        """Those (process id, seq) that this log has."""
        steps = schema.process_steps.c
        found: dict[tuple[str, int], LogIndex] = {}
        with self._database.read() as connection:
            for some in pieces(pairs):
                wanted = or_(*(and_(steps.process_id == name, steps.seq == seq) for name, seq in some))
                for row in connection.execute(select(schema.process_steps).where(steps.log_no == log_no, wanted)):
                    found[row.process_id, row.seq] = at_place(row.place)[1]
        return found

    def last_process_seqs(self, log_no: int, ids: Sequence[str]) -> Mapping[str, int]:
        """The highest seq of each process that this log has."""
        steps = schema.process_steps.c
        found: dict[str, int] = {}
        with self._database.read() as connection:
            for some in pieces(ids):
                query = select(steps.process_id, func.max(steps.seq)).where(
                    steps.log_no == log_no, steps.process_id.in_(some)
                )
                found.update((name, seq) for name, seq in connection.execute(query.group_by(steps.process_id)))
        return found

    def batch_members(self, log_no: int, batch: int) -> int:
        """Number of records of an issuing batch."""
        table = schema.batches.c
        with self._database.read() as connection:
            query = select(table.members).where(table.log_no == log_no, table.batch == batch)
            return connection.scalar(query) or 0

    def open_job(self, log_no: int, job: str) -> int:
        """The batch number of a bulk job: the one it has, or the next free one from 1 on, durably kept."""
        table = schema.batches.c
        with self._database.write() as connection:
            known = connection.scalar(select(table.batch).where(table.log_no == log_no, table.job == job))
            if known is not None:
                return int(known)
            # A recall of a batch holds in every later generation of the log: so no generation uses a number again.
            family = [log.log_no for log in self._logs.values() if log.agency == self.log(log_no).agency]
            batch = (connection.scalar(select(func.max(table.batch)).where(table.log_no.in_(family))) or 0) + 1
            connection.execute(insert(schema.batches).values(log_no=log_no, batch=batch, job=job, members=0))
            return batch

    def predecessor(self, log_no: int) -> LogInfo | None:
        """The log that this one goes on from: same agency, one generation earlier; None for a first one."""
        log = self.log(log_no)
        earlier = (other for other in self._logs.values() if other.agency == log.agency)
        return next((other for other in earlier if other.generation == log.generation - 1), None)

    def owner(self, log_no: int, index: int) -> int:
        """The log that wrote this index: an earlier generation, where it was inherited."""
        log = self.log(log_no)
        if not 0 <= index < MAX_RECORDS:
            raise NotFoundError(f"The log has no record {index}.")
        while index < log.start and (before := self.predecessor(log.log_no)) is not None:
            log = before
        return log.log_no

    def lineage(self, log_no: int) -> Sequence[LogId]:
        """The ids of a log and of all that it goes on from, newest first."""
        before = self.predecessor(log_no)
        return (self.log(log_no).log_id, *(self.lineage(before.log_no) if before else ()))

    def _spans(self, log_no: int, first: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(log_no, first, end) of each log that wrote a part of the range, in order."""
        log = self.log(log_no)
        before = self.predecessor(log_no)
        if first < log.start and before is not None:
            yield from self._spans(before.log_no, first, min(end, log.start))
        if end > log.start:
            yield log_no, max(first, log.start), end

    def _commit(self, condition: ColumnElement[bool], log_no: int, *, newest: bool) -> CommitInfo | None:
        place = schema.commits.c.place
        within = and_(condition, place >= place_of(log_no, 0), place < place_of(log_no + 1, 0))
        query = select(schema.commits).where(within).order_by(place.desc() if newest else place).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else as_commit(row)
