"""The ways to find a record: by number, document digest, idempotency key, process, issuing batch.

"This log has" means its whole tree: what it inherited from its predecessors is found too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, func, insert, or_, select

from ledger.errors import NotFoundError
from ledger.ports.records import StoredRecord
from ledger.store import schema
from ledger.store.commits import number_as_integer, number_as_text
from ledger.store.database import rows_in, rows_of
from ledger.store.logs import SqlLogs
from ledger.store.places import MAX_RECORDS, at_place, place_of
from ledger.store.rows import RECORD, as_record, pieces
from ledger.values import Digest32, LogIndex


class SqlFinding(SqlLogs):
    """Look-ups of one database: a part of `SqlRecords`."""

    def find_number(self, number: str) -> tuple[int, LogIndex] | None:
        """(log_no, index) of the record with this document number; None if there is none."""
        return self.find_numbers([number]).get(number)

    def find_digest(self, sha256: Digest32) -> Sequence[tuple[int, LogIndex]]:
        """Every record of this document digest, oldest first."""
        query = """
            SELECT digests.place FROM digests JOIN records ON records.place = digests.place
            WHERE digests.sha256 = ? ORDER BY records.accepted_at, digests.place
        """
        with self._database.read() as connection:
            return [at_place(place) for (place,) in rows_of(connection, query, sha256)]

    def find_numbers(self, numbers: Sequence[str]) -> Mapping[str, tuple[int, LogIndex]]:
        """Those of `numbers` that are used."""
        if not numbers:
            return {}
        wanted = [number_as_integer(number) for number in numbers]
        with self._database.read() as connection:
            rows = rows_in(connection, "SELECT number, place FROM numbers WHERE number IN ({values})", wanted)
            return {number_as_text(number): at_place(place) for number, place in rows}

    def find_digests(self, log_no: int, digests: Sequence[Digest32]) -> Mapping[Digest32, LogIndex]:
        """Those of `digests` that this log has; the newest record of each."""
        return self._by_digest(log_no, digests, "ordinal >= 0")

    def find_documents(self, log_no: int, digests: Sequence[Digest32]) -> Mapping[Digest32, LogIndex]:
        """Those of `digests` that have their one record in this log (of `ONE_RECORD_KINDS`), and which it is."""
        return self._by_digest(log_no, digests, "ordinal = 0")

    def find_idempotent(self, log_no: int, keys: Sequence[str]) -> Mapping[str, tuple[LogIndex, Digest32]]:
        """Those idempotency keys that were used: their record and the digest of the request."""
        statement = f"""
            SELECT key, place, request_digest FROM idempotency
            WHERE log_no IN ({self._tree(log_no)}) AND key IN ({{values}})
        """  # noqa: S608 (integers of our own)
        with self._database.read() as connection:
            return {
                key: (at_place(place)[1], Digest32(bytes(digest)))
                for key, place, digest in rows_in(connection, statement, keys)
            }

    def _by_digest(self, log_no: int, digests: Sequence[Digest32], which: str) -> Mapping[Digest32, LogIndex]:
        statement = f"""
            SELECT sha256, place FROM digests
            WHERE log_no IN ({self._tree(log_no)}) AND {which} AND sha256 IN ({{values}})
        """  # noqa: S608 (integers and words of our own)
        found: dict[Digest32, LogIndex] = {}
        with self._database.read() as connection:
            for sha256, place in rows_in(connection, statement, digests):
                digest, index = Digest32(bytes(sha256)), at_place(place)[1]
                found[digest] = max(index, found.get(digest, index))
        return found

    def _tree(self, log_no: int) -> str:
        """The logs that make up this log's whole tree, for an `IN (…)`."""
        return ",".join(map(str, self.lineage(log_no)))

    def identity_of(self, log_no: int, index: LogIndex) -> tuple[Digest32 | None, str | None]:
        """Document digest and number under which a record can be found; None where it has none or was erased."""
        table = schema.records.c
        place = place_of(self.owner(log_no, index), index)
        with self._database.read() as connection:
            row = connection.execute(select(table.sha256, table.number).where(table.place == place)).one_or_none()
        if row is None:
            raise NotFoundError(f"The log has no record {index}.")
        return _identity(*row)

    def identities(
        self, log_no: int, first: LogIndex, count: int
    ) -> Mapping[LogIndex, tuple[Digest32 | None, str | None]]:
        """`identity_of` for the indexes first … first + count - 1 that have a digest or a number."""
        table = schema.records.c
        found: dict[LogIndex, tuple[Digest32 | None, str | None]] = {}
        with self._database.read() as connection:
            for owner, low, high in self.spans(log_no, first, min(first + count, MAX_RECORDS - 1)):
                query = select(table.place, table.sha256, table.number).where(
                    table.place >= place_of(owner, low),
                    table.place < place_of(owner, high),
                    or_(table.sha256.is_not(None), table.number.is_not(None)),
                )
                for place, sha256, number in connection.execute(query).all():
                    found[at_place(place)[1]] = _identity(sha256, number)
        return found

    def identity_counts(self, log_no: int) -> tuple[int, int]:
        """How many digests and how many numbers point into this log, whether or not the record is there."""
        first, last = place_of(log_no, 0), place_of(log_no + 1, 0) - 1
        digests, numbers = (
            select(func.count()).select_from(table).where(table.c.place.between(first, last))
            for table in (schema.digests, schema.numbers)
        )
        with self._database.read() as connection:
            return connection.scalar(digests) or 0, connection.scalar(numbers) or 0

    def process(self, process_id: str) -> Sequence[StoredRecord]:
        """Every step of one process over all logs, by log and index."""
        steps = schema.process_steps.c
        query = RECORD.join(schema.process_steps, steps.place == schema.records.c.place)
        with self._database.read() as connection:
            rows = connection.execute(query.where(steps.process_id == process_id).order_by(steps.place)).all()
        return [as_record(row) for row in rows]

    def process_indexes(self, log_no: int, first: LogIndex) -> Sequence[LogIndex]:
        """Every record of this log, from the index `first` on, that is a step of a process, in order."""
        place = schema.process_steps.c.place
        span = and_(place >= place_of(log_no, first), place < place_of(log_no + 1, 0))
        with self._database.read() as connection:
            return [at_place(found)[1] for found in connection.scalars(select(place).where(span).order_by(place))]

    def process_seqs(self, log_no: int, pairs: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], LogIndex]:
        """Those (process id, seq) that this log has."""
        steps = schema.process_steps.c
        found: dict[tuple[str, int], LogIndex] = {}
        with self._database.read() as connection:
            for some in pieces(pairs):
                wanted = or_(*(and_(steps.process_id == name, steps.seq == seq) for name, seq in some))
                for row in connection.execute(
                    select(schema.process_steps).where(steps.log_no.in_(self.lineage(log_no)), wanted)
                ):
                    found[row.process_id, row.seq] = at_place(row.place)[1]
        return found

    def last_process_seqs(self, log_no: int, ids: Sequence[str]) -> Mapping[str, int]:
        """The highest seq of each process that this log has."""
        steps = schema.process_steps.c
        found: dict[str, int] = {}
        with self._database.read() as connection:
            for some in pieces(ids):
                query = select(steps.process_id, func.max(steps.seq)).where(
                    steps.log_no.in_(self.lineage(log_no)), steps.process_id.in_(some)
                )
                found.update((name, seq) for name, seq in connection.execute(query.group_by(steps.process_id)))
        return found

    def batch_members(self, log_no: int, batch: int) -> int:
        """Number of records of an issuing batch."""
        table, family = schema.batches.c, self.lineage(log_no)
        with self._database.read() as connection:
            counts = select(func.sum(table.members))
            return connection.scalar(counts.where(table.log_no.in_(family), table.batch == batch)) or 0

    def batch_indexes(self, log_no: int, batch: int, first: LogIndex, limit: int) -> Sequence[LogIndex]:
        """Up to `limit` records of an issuing batch, from the index `first` on, in order.

        A job's records are near neighbours, so walking on from `first` finds them without an index of their own,
        which every group commit would pay for.
        """
        table = schema.records.c
        found: list[LogIndex] = []
        with self._database.read() as connection:
            for owner, low, high in self.spans(log_no, first, MAX_RECORDS - 1):
                span = and_(table.place >= place_of(owner, low), table.place < place_of(owner, high))
                query = select(table.place).where(span, table.batch == batch).order_by(table.place)
                rows = connection.execute(query.limit(limit - len(found)))
                found.extend(at_place(row.place)[1] for row in rows)
        return found

    def open_job(self, log_no: int, job: str) -> int:
        """The batch number of a bulk job: the one it has, or the next free one from 1 on, durably kept."""
        # A job goes on in a successor, and a recall of a batch holds there: no generation uses a number again.
        table, family = schema.batches.c, self.lineage(log_no)
        with self._database.write() as connection:
            known = connection.scalar(select(table.batch).where(table.log_no.in_(family), table.job == job))
            if known is not None:
                return int(known)
            batch = (connection.scalar(select(func.max(table.batch)).where(table.log_no.in_(family))) or 0) + 1
            connection.execute(insert(schema.batches).values(log_no=log_no, batch=batch, job=job, members=0))
            return batch


def _identity(sha256: bytes | None, number: int | None) -> tuple[Digest32 | None, str | None]:
    return None if sha256 is None else Digest32(bytes(sha256)), None if number is None else number_as_text(number)
