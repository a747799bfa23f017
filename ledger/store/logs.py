"""Logs: which there are, who goes on from whom, and moving to a successor.

A log that succeeds another begins at the size that it inherits. What lies below that is read from the predecessor,
here, so that no service need know it; what lies above (records that no good anchor covers) moves to the successor.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, func, insert, select, update

from ledger.errors import ConflictError, NotFoundError, StoreError
from ledger.ports.records import LogInfo
from ledger.store import schema
from ledger.store.database import Database
from ledger.store.places import MAX_RECORDS, place_of
from ledger.store.rows import as_log
from ledger.values import AgencyCode, LogId, Origin, TreeSize


class SqlLogs:
    """The logs of one database: a part of `SqlRecords`."""

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
            info = _insert_log(
                connection,
                origin=origin,
                log_id=log_id,
                agency=agency,
                generation=generation,
                max_delay_s=max_delay_s,
                start=start,
            )
        self._remember(info)
        return info

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

        Records from `start` on, with what finds them, move to it at the same indexes; those below stay, and its tiles
        are read from the predecessor until it writes its own. Doing it again gives the log that is there.

        Raises:
            ConflictError: the log that is there goes on from another size.
        """
        before = self.log(predecessor_no)
        known = next((log for log in self._logs.values() if log.origin == origin), None)
        if known is not None:
            if known.start != start or self.predecessor(known.log_no) != before:
                raise ConflictError(f"The log {origin} goes on from {known.start}, not from {start}.")
            return known
        with self._database.write() as connection:
            info = _insert_log(
                connection,
                origin=origin,
                log_id=log_id,
                agency=before.agency,
                generation=generation,
                max_delay_s=max_delay_s,
                start=start,
            )
            _move_records(connection, before.log_no, info.log_no, start)
        self._remember(info)
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

    def predecessor(self, log_no: int) -> LogInfo | None:
        """The log that this one goes on from: same agency, the generation before; None for a first one."""
        log = self.log(log_no)
        earlier = [o for o in self._logs.values() if o.agency == log.agency and o.generation < log.generation]
        return max(earlier, key=lambda other: other.generation, default=None)

    def lineage(self, log_no: int) -> Sequence[int]:
        """`log_no` of a log and of all that it goes on from, newest first: together they are its whole tree."""
        before = self.predecessor(log_no)
        return (log_no, *(self.lineage(before.log_no) if before else ()))

    def owner(self, log_no: int, index: int) -> int:
        """The log that holds this index: an earlier generation, where it was inherited. Raises NotFoundError."""
        log = self.log(log_no)
        if not 0 <= index < MAX_RECORDS:
            raise NotFoundError(f"The log has no record {index}.")
        while index < log.start and (before := self.predecessor(log.log_no)) is not None:
            log = before
        return log.log_no

    def spans(self, log_no: int, first: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(log_no, first, end) of each log that wrote a part of the range, in order."""
        log = self.log(log_no)
        before = self.predecessor(log_no)
        if first < log.start and before is not None:
            yield from self.spans(before.log_no, first, min(end, log.start))
        if end > log.start:
            yield log_no, max(first, log.start), end

    def _remember(self, info: LogInfo) -> None:
        # A new mapping, not a change of the old one: readers in other threads may be walking it.
        self._logs = {**self._logs, info.log_no: info}


def _insert_log(
    connection: Connection,
    *,
    origin: Origin,
    log_id: LogId,
    agency: AgencyCode,
    generation: int,
    max_delay_s: int,
    start: TreeSize,
) -> LogInfo:
    if connection.scalar(select(schema.logs.c.log_no).where(schema.logs.c.origin == origin)) is not None:
        raise ConflictError(f"The log {origin} is there already.")
    log_no = (connection.scalar(select(func.max(schema.logs.c.log_no))) or 0) + 1
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
    return LogInfo(
        log_no=log_no,
        origin=origin,
        log_id=log_id,
        agency=agency,
        generation=generation,
        max_delay_s=max_delay_s,
        start=start,
    )


def _move_records(connection: Connection, old: int, new: int, start: int) -> None:
    """Move what stands from `start` on; the tables that find it have no index by place, so this reads them whole."""
    first, last, by = place_of(old, start), place_of(old + 1, 0) - 1, place_of(new, 0) - place_of(old, 0)
    for table in (schema.records, schema.numbers):
        moved = update(table).where(table.c.place.between(first, last))
        connection.execute(moved.values(place=table.c.place + by))
    for table in (schema.digests, schema.idempotency, schema.process_steps):
        moved = update(table).where(table.c.place.between(first, last))
        connection.execute(moved.values(place=table.c.place + by, log_no=new))
