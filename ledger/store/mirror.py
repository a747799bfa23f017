"""The mirror of the chain: every event of our registries as it stands there, and tables to ask them by.

Each event is kept whole as JSON with its place; `rewind` forgets what a reorganisation took back. The JSON is the
store's own and is never signed or hashed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import CompoundSelect, Connection, Select, Table, and_, delete, insert, select

from ledger.ports.chain import (
    ActVoidedEvent,
    Anchor,
    AnchorEvent,
    Block,
    ChainEvent,
    EventPlace,
    KeyEvent,
    LogEvent,
    LogState,
    StatusEvent,
    SupersededEvent,
)
from ledger.store import schema
from ledger.values import (
    Address,
    AgencyCode,
    Digest32,
    Instant,
    KeyId,
    LogId,
    LogIndex,
    Reason,
    Role,
    Root,
    Status,
    TreeSize,
)

Body = Mapping[str, object]
Places = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
EVENT_COLUMNS: Final = ", ".join(f'"{name}"' for name in schema.chain_events.columns.keys())  # noqa: SIM118
LANE_BITS: Final = 2
LANES: Final = 128
"""Records (or batches) of one status word."""


def write_events(connection: Connection, events: Iterable[ChainEvent]) -> None:
    """Keep events, and the rows by which each is found; one statement for all rows of a table."""
    rows: dict[Table, list[dict[str, object]]] = {}
    for event in events:
        for table, row in _rows(event):
            rows.setdefault(table, []).append(row)
    for table, many in rows.items():
        connection.execute(insert(table), many)


def _rows(event: ChainEvent) -> Iterator[tuple[Table, dict[str, object]]]:
    at: dict[str, object] = {"block_number": event.place.block.number, "event_index": event.place.log_index}
    yield (
        schema.chain_events,
        at
        | {
            "block_hash": event.place.block.hash,
            "block_time": event.place.block.time,
            "transaction": event.place.transaction,
            "contract": event.place.contract,
            "name": type(event).__name__,
            "body": json.dumps(_members(event)),
        },
    )
    match event:
        case AnchorEvent(log_id=log_id, size=size):
            yield schema.anchors, at | {"log_id": log_id, "size": size}
        case StatusEvent(log_id=log_id, batches=batches):
            about = at | {"log_id": log_id, "batches": int(batches)}
            for word, mask in zip(event.words, event.masks, strict=True):
                yield schema.status_words, about | {"word": word, "mask": mask.to_bytes(32, "big")}
        case SupersededEvent(log_id=log_id, index=index):
            successor = {"successor_log": event.successor_log, "successor": event.successor}
            yield schema.successors, at | {"log_id": log_id, "log_index": index} | successor
        case ActVoidedEvent(act_head=act_head):
            yield schema.voided_acts, at | {"act_head": act_head}
        case KeyEvent(agency=agency, key_id=key_id):
            yield schema.chain_keys, at | {"agency": agency, "key_id": key_id}
        case LogEvent(log_id=log_id):
            yield schema.log_events, at | {"log_id": log_id}


def forget_above(connection: Connection, block_number: int) -> None:
    """Forget every event above a block."""
    for table in schema.MIRRORED:
        connection.execute(delete(table).where(table.c.block_number > block_number))


def events_of(index: Places, connection: Connection) -> Iterator[ChainEvent]:
    """The events that a query over an index table points at, in the order of the chain.

    Args:
        index: selects `block_number` and `event_index`.
        connection: a read transaction.
    """
    wanted = index.subquery()
    events = schema.chain_events.c
    query = select(schema.chain_events).join(
        wanted, and_(events.block_number == wanted.c.block_number, events.event_index == wanted.c.event_index)
    )
    for row in connection.execute(query.order_by(events.block_number, events.event_index)):
        yield read_event(row)


def lane_selected(mask: bytes, index: int) -> bool:
    """Whether the low bit of the lane of `index` is set in a mask."""
    return bool(int.from_bytes(mask, "big") >> LANE_BITS * (index % LANES) & 1)


def read_event(row: Sequence[Any]) -> ChainEvent:
    """A row of `chain_events` as the event that it was."""
    number, index, block_hash, time, transaction, contract, name, body = row
    place = EventPlace(
        block=Block(number=number, hash=Digest32(bytes(block_hash)), time=Instant(time)),
        transaction=Digest32(bytes(transaction)),
        log_index=index,
        contract=Address(bytes(contract)),
    )
    return _READERS[name](place, json.loads(body))


@lru_cache(maxsize=256)
def read_anchor(row: tuple[Any, ...]) -> ChainEvent:
    """`read_event`, remembered by the row's own content: one anchor covers thousands of records."""
    return read_event(row)


def _members(event: ChainEvent) -> dict[str, object]:
    match event:
        case AnchorEvent(log_id=log_id, size=size, anchor=anchor):
            return {
                "log_id": log_id.hex(),
                "size": size,
                "root": anchor.root.hex(),
                "previous_size": anchor.previous_size,
                "time": anchor.time,
                "key_id": anchor.key_id.hex(),
            }
        case StatusEvent():
            return {
                "log_id": event.log_id.hex(),
                "key_id": event.key_id.hex(),
                "second_key_id": event.second_key_id.hex(),
                "batches": event.batches,
                "before": event.before,
                "after": event.after,
                "reason": event.reason,
                "retroactive": event.retroactive,
                "time": event.time,
                "head": event.head.hex(),
                "words": event.words,
                "masks": [f"{mask:x}" for mask in event.masks],
            }
        case SupersededEvent(log_id=log_id, index=index, successor_log=successor_log, successor=successor):
            return {
                "log_id": log_id.hex(),
                "index": index,
                "successor_log": successor_log.hex(),
                "successor": successor,
            }
        case ActVoidedEvent(log_id=log_id, key_id=key_id, act_head=act_head, time=time):
            return {"log_id": log_id.hex(), "key_id": key_id.hex(), "act_head": act_head.hex(), "time": time}
        case KeyEvent():
            return {
                "agency": event.agency,
                "key_id": event.key_id.hex(),
                "role": event.role,
                "not_before": event.not_before,
                "not_after": event.not_after,
                "compromised_since": event.compromised_since,
                "time": event.time,
            }
        case LogEvent(log_id=log_id, state=state, good_size=good_size, time=time):
            return {"log_id": log_id.hex(), "state": state, "good_size": good_size, "time": time}


def _bytes(body: Body, name: str) -> bytes:
    return bytes.fromhex(str(body[name]))


def _integer(body: Body, name: str) -> int:
    value = body[name]
    assert isinstance(value, int)
    return value


def _list(body: Body, name: str) -> Sequence[object]:
    value = body[name]
    assert isinstance(value, list)
    return value


def _anchor(place: EventPlace, body: Body) -> ChainEvent:
    return AnchorEvent(
        place=place,
        log_id=LogId(_bytes(body, "log_id")),
        size=TreeSize(_integer(body, "size")),
        anchor=Anchor(
            root=Root(_bytes(body, "root")),
            previous_size=TreeSize(_integer(body, "previous_size")),
            time=Instant(_integer(body, "time")),
            key_id=KeyId(_bytes(body, "key_id")),
        ),
    )


def _status(place: EventPlace, body: Body) -> ChainEvent:
    return StatusEvent(
        place=place,
        log_id=LogId(_bytes(body, "log_id")),
        key_id=KeyId(_bytes(body, "key_id")),
        second_key_id=KeyId(_bytes(body, "second_key_id")),
        batches=bool(body["batches"]),
        before=Status(_integer(body, "before")),
        after=Status(_integer(body, "after")),
        reason=Reason(_integer(body, "reason")),
        retroactive=bool(body["retroactive"]),
        time=Instant(_integer(body, "time")),
        head=Digest32(_bytes(body, "head")),
        words=tuple(int(str(word)) for word in _list(body, "words")),
        masks=tuple(int(str(mask), 16) for mask in _list(body, "masks")),
    )


def _superseded(place: EventPlace, body: Body) -> ChainEvent:
    return SupersededEvent(
        place=place,
        log_id=LogId(_bytes(body, "log_id")),
        index=LogIndex(_integer(body, "index")),
        successor_log=LogId(_bytes(body, "successor_log")),
        successor=LogIndex(_integer(body, "successor")),
    )


def _voided(place: EventPlace, body: Body) -> ChainEvent:
    return ActVoidedEvent(
        place=place,
        log_id=LogId(_bytes(body, "log_id")),
        key_id=KeyId(_bytes(body, "key_id")),
        act_head=Digest32(_bytes(body, "act_head")),
        time=Instant(_integer(body, "time")),
    )


def _key(place: EventPlace, body: Body) -> ChainEvent:
    return KeyEvent(
        place=place,
        agency=AgencyCode(str(body["agency"])),
        key_id=KeyId(_bytes(body, "key_id")),
        role=Role(_integer(body, "role")),
        not_before=Instant(_integer(body, "not_before")),
        not_after=Instant(_integer(body, "not_after")),
        compromised_since=Instant(_integer(body, "compromised_since")),
        time=Instant(_integer(body, "time")),
    )


def _log(place: EventPlace, body: Body) -> ChainEvent:
    return LogEvent(
        place=place,
        log_id=LogId(_bytes(body, "log_id")),
        state=LogState(_integer(body, "state")),
        good_size=TreeSize(_integer(body, "good_size")),
        time=Instant(_integer(body, "time")),
    )


_READERS: Final[Mapping[str, Callable[[EventPlace, Body], ChainEvent]]] = {
    "AnchorEvent": _anchor,
    "StatusEvent": _status,
    "SupersededEvent": _superseded,
    "ActVoidedEvent": _voided,
    "KeyEvent": _key,
    "LogEvent": _log,
}
