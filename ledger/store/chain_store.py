"""What the service keeps of the chain: the store's side of `ledger.ports.chain_store.ChainStore`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, insert, select

from ledger.errors import StoreError
from ledger.ports.chain import AnchorEvent, Block, ChainEvent, KeyEvent, StatusEvent
from ledger.store import schema
from ledger.store.acts import SqlActs
from ledger.store.database import Database
from ledger.store.mirror import LANES, events_of, forget_above, lane_selected, write_event
from ledger.store.outbox import SqlOutbox
from ledger.store.records import SqlRecords
from ledger.values import AgencyCode, LogId, LogIndex


class SqlChainStore(SqlActs, SqlOutbox):
    """A `ChainStore` on one database."""

    def __init__(self, database: Database, records: SqlRecords) -> None:
        """Nothing is read yet; `records` knows the logs and who succeeds whom."""
        super().__init__(database)
        self._records = records

    def cursor(self) -> int:
        """The last block whose events are mirrored; -1 at the start."""
        with self._database.read() as connection:
            number = connection.scalar(select(schema.chain_cursor.c.block_number))
        return -1 if number is None else int(number)

    def cursor_block(self) -> Block | None:
        """The last mirrored block with its hash, by which a reorganisation is noticed; None at the start."""
        with self._database.read() as connection:
            row = connection.execute(select(schema.chain_cursor)).one_or_none()
        if row is None or not row.block_hash:
            return None
        return Block(number=row.block_number, hash=row.block_hash, time=row.block_time)

    def apply_events(self, upto: Block, events: Sequence[ChainEvent]) -> None:
        """Mirror events up to and with a block, in one transaction.

        Raises:
            StoreError: an event does not lie between the cursor and `upto`.
        """
        before = self.cursor()
        if upto.number < before or not all(before < event.place.block.number <= upto.number for event in events):
            raise StoreError(f"The mirror is at block {before}; these events do not continue it to {upto.number}.")
        with self._database.write() as connection:
            for event in events:
                write_event(connection, event)
            connection.execute(delete(schema.chain_cursor))
            connection.execute(
                insert(schema.chain_cursor).values(
                    one=1, block_number=upto.number, block_hash=upto.hash, block_time=upto.time
                )
            )

    def rewind(self, block_number: int) -> None:
        """Forget everything mirrored above a block (a reorganisation)."""
        with self._database.write() as connection:
            cursor = connection.scalar(select(schema.chain_cursor.c.block_number))
            if cursor is None or cursor <= block_number:
                return
            forget_above(connection, block_number)
            connection.execute(delete(schema.chain_cursor))
            if block_number >= 0:
                connection.execute(
                    insert(schema.chain_cursor).values(one=1, block_number=block_number, block_hash=b"", block_time=0)
                )

    def anchors(self, log_no: int) -> Sequence[AnchorEvent]:
        """All anchors of a log, oldest first."""
        return self._anchors(schema.anchors.c.log_id == self._records.log(log_no).log_id)

    def anchor_covering(self, log_no: int, index: LogIndex) -> AnchorEvent | None:
        """The first anchor with index < size; None if there is none yet."""
        table = schema.anchors.c
        owner = self._records.log(self._records.owner(log_no, index))
        with self._database.read() as connection:
            query = (
                select(table.size)
                .where(table.log_id == owner.log_id, table.size > index)
                .order_by(table.size)
                .limit(1)
            )
            size = connection.scalar(query)
        if size is None:
            return None
        found = self._anchors(table.log_id == owner.log_id, table.size == size)
        return found[0] if found else None

    def last_anchor(self, log_no: int) -> AnchorEvent | None:
        """The newest anchor; None if there is none."""
        table = schema.anchors.c
        same = table.log_id == self._records.log(log_no).log_id
        with self._database.read() as connection:
            size = connection.scalar(select(table.size).where(same).order_by(table.size.desc()).limit(1))
        return None if size is None else self._anchors(same, table.size == size)[-1]

    def status_events(self, log_no: int, index: LogIndex, batch: int | None) -> Sequence[StatusEvent]:
        """Every act that touched this record, or its batch, oldest first, voided ones left out.

        Acts on an inherited record stand under the log that wrote it. Batches are numbered through all generations,
        so that acts under any of them count.
        """
        owner = self._records.log(self._records.owner(log_no, index))
        found = self._touching([owner.log_id], index, batches=False)
        if batch is not None:
            found += self._touching(self._records.lineage(log_no), batch, batches=True)
        return sorted(found, key=lambda event: (event.place.block.number, event.place.log_index))

    def successor_of(self, log_no: int, index: LogIndex) -> tuple[LogId, LogIndex] | None:
        """The record that superseded this one; None if none did (or the act was voided: ask the status first)."""
        table = schema.successors.c
        owner = self._records.log(self._records.owner(log_no, index))
        with self._database.read() as connection:
            row = connection.execute(
                select(table.successor_log, table.successor)
                .where(table.log_id == owner.log_id, table.log_index == index)
                .order_by(table.block_number.desc(), table.event_index.desc())
                .limit(1)
            ).one_or_none()
        return None if row is None else (LogId(bytes(row.successor_log)), LogIndex(row.successor))

    def keys(self, agency: AgencyCode) -> Sequence[KeyEvent]:
        """The newest known state of each key of an agency, in the order in which they were first seen."""
        table = schema.chain_keys.c
        newest: dict[bytes, KeyEvent] = {}
        with self._database.read() as connection:
            query = select(table.block_number, table.event_index).where(table.agency == agency)
            for event in events_of(query, connection):
                assert isinstance(event, KeyEvent)
                newest[event.key_id] = event
        return list(newest.values())

    def _anchors(self, *conditions: ColumnElement[bool]) -> Sequence[AnchorEvent]:
        table = schema.anchors.c
        with self._database.read() as connection:
            query = select(table.block_number, table.event_index).where(*conditions)
            return [event for event in events_of(query, connection) if isinstance(event, AnchorEvent)]

    def _touching(self, log_ids: Sequence[LogId], member: int, *, batches: bool) -> list[StatusEvent]:
        words, voided = schema.status_words.c, schema.voided_acts.c
        query = select(words.block_number, words.event_index, words.mask).where(
            words.log_id.in_(log_ids), words.batches == int(batches), words.word == member // LANES
        )
        found = []
        with self._database.read() as connection:
            for row in connection.execute(query).all():
                if not lane_selected(row.mask, member):
                    continue
                at = select(words.block_number, words.event_index).where(
                    words.block_number == row.block_number, words.event_index == row.event_index
                )
                found += [event for event in events_of(at.distinct(), connection) if isinstance(event, StatusEvent)]
            heads = [event.head for event in found]
            undone = set(connection.scalars(select(voided.act_head).where(voided.act_head.in_(heads))))
        return [event for event in found if event.head not in undone]
