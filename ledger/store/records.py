"""Records, tiles and group commits: the store's side of `ledger.ports.records.RecordStore`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from sqlalchemy import select

from ledger.errors import NotFoundError
from ledger.ports.records import CommitInfo, GroupCommit, StoredRecord
from ledger.store import schema
from ledger.store.commits import committed_size, write_group, write_keys
from ledger.store.database import rows_of
from ledger.store.finding import SqlFinding
from ledger.store.places import MAX_RECORDS, place_of
from ledger.store.rows import COMMIT_COLUMNS, RECORD_COLUMNS, as_commit, as_record
from ledger.store.tiles import StoredTiles
from ledger.values import Digest32, LogIndex, TreeSize


class SqlRecords(SqlFinding):
    """A `RecordStore` on one database."""

    def snapshot(self) -> AbstractContextManager[None]:
        """All that this thread reads in the block is of one instant, also from the mirror of the chain."""
        return self._database.snapshot()

    def tree_size(self, log_no: int) -> TreeSize:
        """Leaves that the log's tiles hold: the head's size, or of a fresh successor what it took over."""
        with self._database.read() as connection:
            size = committed_size(connection, log_no)
        return self._inherited(log_no) if size is None else TreeSize(size)

    def _inherited(self, log_no: int) -> TreeSize:
        before = self.predecessor(log_no)
        return self.log(log_no).start if before is None else self.tree_size(before.log_no)

    def tiles(self, log_no: int) -> StoredTiles:
        """Committed tiles of a log."""
        before = self.predecessor(log_no)
        return StoredTiles(self._database, self.log(log_no), None if before is None else self.tiles(before.log_no))

    def commit_group(self, group: GroupCommit) -> None:
        """Write a whole group commit; on disk when it returns, nothing of it if it raises."""
        write_group(self._database, group, lambda: self._inherited(group.log_no))

    def bind_keys(self, log_no: int, keys: Sequence[tuple[str, Digest32, LogIndex]]) -> None:
        """Durably bind idempotency keys to records that are there: (key, digest of the request, index).

        Raises:
            ConflictError: a key is used already.
        """
        rows = [(log_no, key, digest, place_of(self.owner(log_no, index), index)) for key, digest, index in keys]
        write_keys(self._database, rows)

    def head(self, log_no: int) -> CommitInfo | None:
        """The newest group commit; None for an empty log."""
        return self._commit(log_no, place_of(log_no, 0), newest=True)

    def commit_covering(self, log_no: int, index: LogIndex) -> CommitInfo:
        """The first group commit with `index` < size. Raises NotFoundError."""
        owner = self.owner(log_no, index)
        commit = self._commit(owner, place_of(owner, index) + 1, newest=False)
        if commit is None:
            raise NotFoundError(f"The log has no record {index}.")
        return commit

    def commit_at(self, log_no: int, size: TreeSize) -> CommitInfo | None:
        """The group commit of exactly this size; None if no commit ended there."""
        found = self._commit(log_no, place_of(log_no, size), newest=False)
        return found if found is not None and found.size == size else None

    def record(self, log_no: int, index: LogIndex) -> StoredRecord:
        """One record. Raises NotFoundError."""
        found = self.records(log_no, index, 1)
        if not found:
            raise NotFoundError(f"The log has no record {index}.")
        return found[0]

    def records(self, log_no: int, first: LogIndex, count: int) -> Sequence[StoredRecord]:
        """Up to `count` records from `first` on, in order."""
        end = min(first + count, MAX_RECORDS - 1)
        spans = list(self.spans(log_no, first, end)) if 0 <= first < end else []
        query = f"SELECT {RECORD_COLUMNS} FROM records WHERE place >= ? AND place < ? ORDER BY place"  # noqa: S608 (names)
        with self._database.read() as connection:
            return [
                as_record(row)
                for owner, low, high in spans
                for row in rows_of(connection, query, place_of(owner, low), place_of(owner, high))
            ]

    def commits(self, log_no: int, after: TreeSize, limit: int) -> Sequence[CommitInfo]:
        """Up to `limit` group commits of sizes above `after`, in order."""
        place = schema.commits.c.place
        query = select(schema.commits).where(place > place_of(log_no, after), place < place_of(log_no + 1, 0))
        with self._database.read() as connection:
            return [as_commit(row) for row in connection.execute(query.order_by(place).limit(limit))]

    def _commit(self, log_no: int, first_place: int, *, newest: bool) -> CommitInfo | None:
        """The log's first commit, or its newest one, from a place on."""
        order = "DESC" if newest else "ASC"
        query = f"SELECT {COMMIT_COLUMNS} FROM commits WHERE place >= ? AND place < ? ORDER BY place {order} LIMIT 1"  # noqa: S608 (names)
        with self._database.read() as connection:
            rows = rows_of(connection, query, first_place, place_of(log_no + 1, 0))
        return as_commit(rows[0]) if rows else None
