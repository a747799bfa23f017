"""Logs of our registries as the values of `ledger.ports.chain`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger.chain import replies
from ledger.chain.abi import Value
from ledger.chain.calls import INTERFACES
from ledger.chain.rpc import Json
from ledger.errors import ChainError
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

Values = Mapping[str, Value]

KEY_EVENTS: Final = ("KeyAdded", "KeyWindowMoved", "KeyCompromised", "KeyCompromisedInThePast")
KEY_TOPICS: Final = tuple(
    event.topic for event in INTERFACES["AgencyRegistry"].events.values() if event.name in KEY_EVENTS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLog:
    """One log entry as the node gave it; `time` is None where the node does not say its block's time."""

    contract: Address
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: Digest32
    time: Instant | None
    transaction: Digest32
    log_index: int

    def place(self, time: Instant) -> EventPlace:
        """Where it stands, in a block of this time."""
        return EventPlace(
            block=Block(number=self.block_number, hash=self.block_hash, time=time),
            transaction=self.transaction,
            log_index=self.log_index,
            contract=self.contract,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLog:
    """A log entry that is an event of one of our registries."""

    raw: RawLog
    name: str
    values: Values


def read_logs(value: Json) -> Sequence[RawLog]:
    """The answer to eth_getLogs, in the chain's order.

    Raises:
        ChainError: it is no list of logs.
    """
    found = []
    for item in replies.sequence(value, "logs"):
        entry = replies.mapping(item, "a log")
        time = entry.get("blockTimestamp")
        found.append(
            RawLog(
                contract=replies.address(entry.get("address"), "a log's address"),
                topics=tuple(replies.digest(t, "a topic") for t in replies.sequence(entry.get("topics"), "topics")),
                data=replies.data(entry.get("data"), "a log's data"),
                block_number=replies.quantity(entry.get("blockNumber"), "a log's block"),
                block_hash=replies.digest(entry.get("blockHash"), "a log's block hash"),
                time=None if time is None else Instant(replies.quantity(time, "a log's time")),
                transaction=replies.digest(entry.get("transactionHash"), "a log's transaction"),
                log_index=replies.quantity(entry.get("logIndex"), "a log's index"),
            )
        )
    return sorted(found, key=lambda log: (log.block_number, log.log_index))


def name_logs(logs: Iterable[RawLog], registries: Mapping[str, Address]) -> Sequence[NamedLog]:
    """Those logs that are events of our registries; an event that this program does not know is left out."""
    interfaces = {registries[name]: interface for name, interface in INTERFACES.items() if name in registries}
    out = []
    for log in logs:
        interface = interfaces.get(log.contract)
        event = interface.events.get(log.topics[0]) if interface is not None and log.topics else None
        if event is not None:
            out.append(NamedLog(raw=log, name=event.name, values=event.read(log.topics, log.data)))
    return out


def fold_key(before: KeyEvent | None, log: NamedLog, place: EventPlace) -> KeyEvent:
    """A key's state after one event, from its state before.

    Raises:
        ChainError: the event is about a key that was never added.
    """
    values, time = log.values, Instant(_int(log.values["time"]))
    if log.name == "KeyAdded":
        return KeyEvent(
            place=place,
            agency=AgencyCode(_bytes(values["agency"])[:7].decode("ascii", "replace")),
            key_id=KeyId(_bytes(values["keyId"])),
            role=Role(_int(values["role"])),
            not_before=Instant(_int(values["notBefore"])),
            not_after=Instant(_int(values["notAfter"])),
            compromised_since=Instant(0),
            time=time,
        )
    if before is None:
        raise ChainError(f"The chain tells of a key that it never added: {_bytes(values['keyId']).hex()}.")
    if log.name == "KeyWindowMoved":
        return replace(before, place=place, not_after=Instant(_int(values["notAfter"])), time=time)
    return replace(before, place=place, compromised_since=Instant(_int(values["since"])), time=time)


def _anchored(v: Values, place: EventPlace) -> ChainEvent:
    anchor = Anchor(
        root=Root(_bytes(v["root"])),
        previous_size=TreeSize(_int(v["previousSize"])),
        time=Instant(_int(v["time"])),
        key_id=KeyId(_bytes(v["keyId"])),
    )
    return AnchorEvent(place=place, log_id=_log(v), size=TreeSize(_int(v["size"])), anchor=anchor)


def _status_changed(v: Values, place: EventPlace) -> ChainEvent:
    return StatusEvent(
        place=place,
        log_id=_log(v),
        key_id=KeyId(_bytes(v["keyId"])),
        second_key_id=KeyId(_bytes(v["secondKeyId"])),
        batches=bool(v["batches"]),
        before=Status(_int(v["from"])),
        after=Status(_int(v["to"])),
        reason=Reason(_int(v["reason"])),
        retroactive=bool(v["retroactive"]),
        time=Instant(_int(v["time"])),
        head=Digest32(_bytes(v["head"])),
        words=_ints(v["words"]),
        masks=_ints(v["masks"]),
    )


def _superseded(v: Values, place: EventPlace) -> ChainEvent:
    return SupersededEvent(
        place=place,
        log_id=_log(v),
        index=LogIndex(_int(v["index"])),
        successor_log=LogId(_bytes(v["successorLog"])),
        successor=LogIndex(_int(v["successor"])),
    )


def _act_voided(v: Values, place: EventPlace) -> ChainEvent:
    return ActVoidedEvent(
        place=place,
        log_id=_log(v),
        key_id=KeyId(_bytes(v["keyId"])),
        act_head=Digest32(_bytes(v["actHead"])),
        time=Instant(_int(v["time"])),
    )


def _log_event(state: LogState, size: str) -> Callable[[Values, EventPlace], ChainEvent]:
    def build(v: Values, place: EventPlace) -> ChainEvent:
        good_size = TreeSize(_int(v[size]))
        return LogEvent(place=place, log_id=_log(v), state=state, good_size=good_size, time=place.block.time)

    return build


BUILDERS: Final[Mapping[str, Callable[[Values, EventPlace], ChainEvent]]] = {
    "CheckpointAnchored": _anchored,
    "StatusChanged": _status_changed,
    "Superseded": _superseded,
    "ActVoided": _act_voided,
    "LogOpened": _log_event(LogState.OPEN, "start"),
    "LogClosed": _log_event(LogState.CLOSED, "goodSize"),
    # Cutting a void head leaves the log closed with a smaller good head.
    "AnchorVoided": _log_event(LogState.CLOSED, "goodSize"),
}
"""Events that carry all that their value needs."""

SIZELESS: Final[Mapping[str, LogState]] = {"LogMoved": LogState.MOVED, "LogImporting": LogState.IMPORTING}
"""Events of logs that do not say the log's size."""


def key_id_of(log: NamedLog) -> KeyId:
    """The key that a key event is about."""
    return KeyId(_bytes(log.values["keyId"]))


def log_id_of(log: NamedLog) -> LogId:
    """The log that an event is about."""
    return _log(log.values)


def _log(values: Values) -> LogId:
    return LogId(_bytes(values["logId"]))


def _bytes(value: Value) -> bytes:
    assert isinstance(value, bytes)
    return value


def _int(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _ints(value: Value) -> tuple[int, ...]:
    assert isinstance(value, tuple | list)
    return tuple(_int(one) for one in value)
