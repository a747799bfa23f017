"""Records, tiles and group commits: the store's side of `ledger.ports.records.RecordStore`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select

from ledger.errors import NotFoundError
from ledger.ports.records import CommitInfo, GroupCommit, StoredRecord
from ledger.store import schema
from ledger.store.commits import committed_size, write_group, write_keys
from ledger.store.finding import SqlFinding
from ledger.store.places import MAX_RECORDS, place_of
from ledger.store.rows import RECORD, as_commit, as_record
from ledger.store.tiles import StoredTiles
from ledger.values import Digest32, LogIndex, TreeSize


class SqlRecords(SqlFinding):
    """A `RecordStore` on one database."""

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
        for owner, low, high in self.spans(log_no, first, end) if 0 <= first < end else ():
            wanted.append(and_(place >= place_of(owner, low), place < place_of(owner, high)))
        with self._database.read() as connection:
            rows = [row for span in wanted for row in connection.execute(RECORD.where(span).order_by(place))]
        return [as_record(row) for row in rows]

    def commits(self, log_no: int, after: TreeSize, limit: int) -> Sequence[CommitInfo]:
        """Up to `limit` group commits of sizes above `after`, in order."""
        place = schema.commits.c.place
        query = select(schema.commits).where(place > place_of(log_no, after), place < place_of(log_no + 1, 0))
        with self._database.read() as connection:
            return [as_commit(row) for row in connection.execute(query.order_by(place).limit(limit))]

    def _commit(self, condition: ColumnElement[bool], log_no: int, *, newest: bool) -> CommitInfo | None:
        place = schema.commits.c.place
        within = and_(condition, place >= place_of(log_no, 0), place < place_of(log_no + 1, 0))
        query = select(schema.commits).where(within).order_by(place.desc() if newest else place).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else as_commit(row)
