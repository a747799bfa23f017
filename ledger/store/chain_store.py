"""What the service keeps of the chain: the store's side of `ledger.ports.chain_store.ChainStore`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, union

from ledger.errors import StoreError
from ledger.ports.chain import (
    ActVoidedEvent,
    AnchorEvent,
    Block,
    ChainEvent,
    KeyEvent,
    LogEvent,
    StatusEvent,
    SupersededEvent,
)
from ledger.store import schema
from ledger.store.acts import SqlActs, reopen_above
from ledger.store.database import Database, rows_of
from ledger.store.mirror import (
    EVENT_COLUMNS,
    LANES,
    events_of,
    forget_above,
    lane_selected,
    read_anchor,
    write_events,
)
from ledger.store.outbox import SqlOutbox
from ledger.store.records import SqlRecords
from ledger.store.rows import pieces
from ledger.values import AgencyCode, Digest32, Instant, LogId, LogIndex, Status

_PUT_BACK: Final = (Status.REVOKED, Status.SUPERSEDED)

_REACHED: Final = """
    SELECT block_number, block_hash, (SELECT block_number FROM chain_cursor) FROM mirrored_blocks
    ORDER BY block_number DESC LIMIT 1
"""
"""The newest mirrored block: its hash stands for everything that is mirrored."""


class SqlChainStore(SqlActs, SqlOutbox):
    """A `ChainStore` on one database."""

    def __init__(self, database: Database, records: SqlRecords) -> None:
        """Nothing is read yet; `records` knows the logs and who succeeds whom."""
        super().__init__(database)
        self._records = records
        # Keys by agency, with how far the mirror reached when they were read: they hold for that block and no other,
        # and which block it is, is read in the same transaction as everything else.
        self._keys: dict[AgencyCode, tuple[object, Sequence[KeyEvent]]] = {}

    def cursor(self) -> int:
        """The last block whose events are mirrored; -1 at the start."""
        with self._database.read() as connection:
            rows = rows_of(connection, "SELECT block_number FROM chain_cursor")
        return int(rows[0][0]) if rows else -1

    def mirrored_blocks(self, limit: int) -> Sequence[Block]:
        """The newest blocks that `apply_events` was given as `upto`, newest first."""
        query = """
            SELECT block_number, block_hash, block_time FROM mirrored_blocks ORDER BY block_number DESC LIMIT ?
        """
        with self._database.read() as connection:
            rows = rows_of(connection, query, limit)
        return [
            Block(number=number, hash=Digest32(bytes(block_hash)), time=Instant(time))
            for number, block_hash, time in rows
        ]

    def apply_events(self, upto: Block, events: Sequence[ChainEvent]) -> None:
        """Mirror events up to and with a block, in one transaction; `upto` becomes the cursor.

        Events of logs and agencies that are not in this store yet are kept too: they may be added a moment later.

        Raises:
            StoreError: an event does not lie between the cursor and `upto`.
        """
        before = self.cursor()
        if upto.number < before or not all(before < event.place.block.number <= upto.number for event in events):
            raise StoreError(f"The mirror is at block {before}; these events do not continue it to {upto.number}.")
        with self._database.write() as connection:
            write_events(connection, events)
            _move_cursor(connection, upto.number)
            table = schema.mirrored_blocks
            connection.execute(delete(table).where(table.c.block_number == upto.number))
            connection.execute(
                insert(table).values(block_number=upto.number, block_hash=upto.hash, block_time=upto.time)
            )

    def rewind(self, block_number: int) -> None:
        """Forget everything mirrored above a block (a reorganisation), in one transaction.

        Status acts that became final above it are `accepted` again, with no `final_block`.
        """
        with self._database.write() as connection:
            forget_above(connection, block_number)
            reopen_above(connection, block_number)
            cursor = connection.scalar(select(schema.chain_cursor.c.block_number))
            if cursor is not None and cursor > block_number:
                _move_cursor(connection, block_number)

    def anchors(self, log_no: int) -> Sequence[AnchorEvent]:
        """All anchors of a log, oldest first."""
        return self._anchors(schema.anchors.c.log_id == self._records.log(log_no).log_id)

    def anchor_covering(self, log_no: int, index: LogIndex) -> AnchorEvent | None:
        """The first anchor with index < size; None if there is none yet."""
        owner = self._records.log(self._records.owner(log_no, index))
        query = f"""
            SELECT {EVENT_COLUMNS} FROM anchors JOIN chain_events USING (block_number, event_index)
            WHERE anchors.log_id = ? AND anchors.size > ? ORDER BY anchors.size, block_number, event_index LIMIT 1
        """  # noqa: S608 (names of our own)
        with self._database.read() as connection:
            events = [read_anchor(row) for row in rows_of(connection, query, owner.log_id, index)]
        return next((event for event in events if isinstance(event, AnchorEvent)), None)

    def last_anchor(self, log_no: int) -> AnchorEvent | None:
        """The newest anchor; None if there is none."""
        table = schema.anchors.c
        same = table.log_id == self._records.log(log_no).log_id
        with self._database.read() as connection:
            size = connection.scalar(select(table.size).where(same).order_by(table.size.desc()).limit(1))
        return None if size is None else self._anchors(same, table.size == size)[-1]

    def status_events(self, log_no: int, index: LogIndex, batch: int | None) -> Sequence[StatusEvent]:
        """Every act that touched this record, or its batch, oldest first; undone ones left out.

        Acts on an inherited record stand under the log that wrote it; acts on batches are those under this log.
        """
        owner = self._records.log(self._records.owner(log_no, index))
        found = self._touching(owner.log_id, index, batches=False)
        if batch is not None:
            found += self._touching(self._records.log(log_no).log_id, batch, batches=True)
        return sorted(found, key=lambda event: (event.place.block.number, event.place.log_index))

    def all_status_events(self, log_no: int) -> Sequence[StatusEvent]:
        """Every act on this log, oldest first, undone ones left out: what replaying must give the words on chain."""
        words = schema.status_words.c
        query = select(words.block_number, words.event_index).where(words.log_id == self._records.log(log_no).log_id)
        with self._database.read() as connection:
            return _standing(connection, events_of(query.distinct(), connection))

    def acts_as_done(self, log_no: int) -> Sequence[StatusEvent | SupersededEvent | ActVoidedEvent]:
        """All that was done with statuses of this log, and undone, in the order of the chain."""
        log_id = self._records.log(log_no).log_id
        words, successors, voided = schema.status_words.c, schema.successors.c, schema.voided_acts.c
        places = union(
            select(words.block_number, words.event_index).where(words.log_id == log_id),
            select(successors.block_number, successors.event_index).where(successors.log_id == log_id),
            select(voided.block_number, voided.event_index),
        )
        with self._database.read() as connection:
            events = list(events_of(places, connection))
        wanted = (StatusEvent, SupersededEvent, ActVoidedEvent)
        return [event for event in events if isinstance(event, wanted) and event.log_id == log_id]

    def log_event(self, log_id: LogId) -> LogEvent | None:
        """The newest LogOpened, LogClosed or LogMoved of a log; None if it was never opened."""
        table = schema.log_events.c
        query = select(table.block_number, table.event_index).where(table.log_id == log_id)
        newest = query.order_by(table.block_number.desc(), table.event_index.desc()).limit(1)
        with self._database.read() as connection:
            return next((event for event in events_of(newest, connection) if isinstance(event, LogEvent)), None)

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
        with self._database.snapshot(), self._database.read() as connection:
            reached = rows_of(connection, _REACHED)
            known = self._keys.get(agency)
            if known is None or known[0] != reached:
                known = self._keys[agency] = (reached, self._read_keys(agency))
            return list(known[1])

    def _read_keys(self, agency: AgencyCode) -> Sequence[KeyEvent]:
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

    def _touching(self, log_id: LogId, member: int, *, batches: bool) -> list[StatusEvent]:
        words = schema.status_words.c
        query = """
            SELECT block_number, event_index, mask FROM status_words WHERE log_id = ? AND batches = ? AND word = ?
        """
        with self._database.read() as connection:
            at = [
                and_(words.block_number == number, words.event_index == index)
                for number, index, mask in rows_of(connection, query, log_id, int(batches), member // LANES)
                if lane_selected(mask, member)
            ]
            if not at:
                return []
            wanted = select(words.block_number, words.event_index).where(or_(*at)).distinct()
            return _standing(connection, events_of(wanted, connection))


def _standing(connection: Connection, events: Iterable[ChainEvent]) -> list[StatusEvent]:
    """Those acts that were not undone since; undoing leaves suspensions and resumptions as they are."""
    acts = [event for event in events if isinstance(event, StatusEvent)]
    voided = schema.voided_acts.c.act_head
    undone: set[bytes] = set()
    for some in pieces([event.head for event in acts]):
        undone.update(connection.scalars(select(voided).where(voided.in_(some))))
    return [event for event in acts if event.head not in undone or event.after not in _PUT_BACK]


def _move_cursor(connection: Connection, block_number: int) -> None:
    connection.execute(delete(schema.chain_cursor))
    if block_number >= 0:
        connection.execute(insert(schema.chain_cursor).values(one=1, block_number=block_number))
