"""Rebuilds the state of the three registries from their events alone, and compares it with what they say.

Whoever keeps the events needs no contract: this is the proof. Nothing is read from the chain before `compare`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode
from support.city import ZERO, City
from support.solidity import Event

from ledger.values import Status

NONE, IMPORTING, MOVED, OPEN, CLOSED, SUCCEEDED = range(6)
FINAL = (Status.REVOKED, Status.SUPERSEDED)
Space = tuple[bytes, bool]


@dataclass
class Log:
    agency: bytes
    state: int
    generation: int
    max_delay: int
    size: int
    start: int
    predecessor: bytes = ZERO
    lineage: bytes = ZERO
    anchors: dict[int, tuple[bytes, int, int, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Act:
    keys: tuple[bytes, ...]
    previous: tuple[bytes, ...]
    space: Space
    before: int
    after: int
    words: tuple[int, ...]
    masks: tuple[int, ...]


@dataclass
class Replayer:
    agencies: set[bytes] = field(default_factory=set)
    keys: dict[bytes, list[Any]] = field(default_factory=dict)
    officers: dict[bytes, bytes] = field(default_factory=dict)
    logs: dict[bytes, Log] = field(default_factory=dict)
    words: dict[tuple[Space, int], int] = field(default_factory=dict)
    heads: dict[bytes, bytes] = field(default_factory=dict)
    acts: dict[bytes, Act] = field(default_factory=dict)
    undone: set[bytes] = field(default_factory=set)
    nonces: set[tuple[bytes, int]] = field(default_factory=set)

    def replay(self, events: Iterable[Event]) -> None:
        for event in events:
            handler = getattr(self, f"_on_{event.name}", None)
            if handler is not None:
                handler(**{name + "_" if name == "from" else name: value for name, value in event.values.items()})

    def _on_AgencyRegistered(self, agency: bytes, **_: Any) -> None:  # noqa: N802
        self.agencies.add(agency[:7])

    def _on_KeyAdded(self, agency: bytes, keyId: bytes, officer: bytes, **key: Any) -> None:  # noqa: N802, N803
        self.keys[keyId] = [agency[:7], key["role"], key["alone"], key["notBefore"], key["notAfter"], 0]
        self.officers[keyId] = officer

    def _on_KeyWindowMoved(self, keyId: bytes, notAfter: int, **_: Any) -> None:  # noqa: N802, N803
        self.keys[keyId][4] = notAfter

    def _on_KeyCompromised(self, keyId: bytes, since: int, **_: Any) -> None:  # noqa: N802, N803
        self.keys[keyId][5] = since

    _on_KeyCompromisedInThePast = _on_KeyCompromised  # noqa: N815

    def _on_LogOpened(self, logId: bytes, predecessor: bytes, start: int, head: Any, **log: Any) -> None:  # noqa: N802, N803
        self.logs[logId] = Log(
            log["agency"][:7], OPEN, log["generation"], log["maxDelay"], start, start, predecessor, logId
        )
        if start:
            self.logs[logId].anchors[start] = head
        if predecessor in self.logs and self.logs[predecessor].state == CLOSED:
            self.logs[predecessor].state = SUCCEEDED
            self.logs[logId].lineage = self.logs[predecessor].lineage

    def _on_LogImporting(self, logId: bytes, **_: Any) -> None:  # noqa: N802, N803
        log = self.logs[logId]
        if log.predecessor in self.logs:  # of this contract: it was no successor after all
            self.logs[log.predecessor].state = CLOSED
        log.state, log.predecessor, log.lineage = IMPORTING, ZERO, logId

    def _on_ImportApproved(self, logId: bytes, due: bytes) -> None:  # noqa: N802, N803
        if due == ZERO:
            self.logs[logId].state = OPEN

    def _on_ImportAdvanced(self, logId: bytes, rest: bytes) -> None:  # noqa: N802, N803
        self._on_ImportApproved(logId, rest)

    def _on_CheckpointAnchored(self, logId: bytes, size: int, **anchor: Any) -> None:  # noqa: N802, N803
        self.logs[logId].size = size
        self.logs[logId].anchors[size] = (anchor["root"], anchor["previousSize"], anchor["time"], anchor["keyId"])

    def _on_AnchorVoided(self, logId: bytes, goodSize: int, **_: Any) -> None:  # noqa: N802, N803
        self.logs[logId].size = goodSize

    def _on_LogClosed(self, logId: bytes, **_: Any) -> None:  # noqa: N802, N803
        self.logs[logId].state = CLOSED

    def _on_LogMoved(self, logId: bytes, **_: Any) -> None:  # noqa: N802, N803
        self.logs[logId].state = MOVED

    def _on_ApprovalsUsed(self, agency: bytes, nonce: int) -> None:  # noqa: N802
        self.nonces.add((agency[:7], nonce))

    def _on_StatusImported(self, logId: bytes, batches: bool, word: int, value: int) -> None:  # noqa: N802, N803
        self.words[self._space(logId, batches), word] = value

    def _on_StatusChanged(self, logId: bytes, keyId: bytes, secondKeyId: bytes, head: bytes, **act: Any) -> None:  # noqa: N802, N803
        keys = (keyId,) if secondKeyId == ZERO else (keyId, secondKeyId)
        previous = tuple(self.heads.get(key, ZERO) for key in keys)
        space = self._space(logId, act["batches"])
        self.acts[head] = Act(keys, previous, space, act["from_"], act["to"], act["words"], act["masks"])
        for key in keys:
            self.heads[key] = head
        self._turn(self.acts[head], act["from_"], act["to"])

    def _on_ActVoided(self, actHead: bytes, **_: Any) -> None:  # noqa: N802, N803
        act = self.acts[actHead]
        for key, previous in zip(act.keys, act.previous, strict=True):
            if self.heads[key] == actHead:
                self.heads[key] = previous
        if actHead not in self.undone and act.after in FINAL:
            self._turn(act, act.after, act.before)
        self.undone.add(actHead)

    def _turn(self, act: Act, before: int, after: int) -> None:
        for word, mask in zip(act.words, act.masks, strict=True):
            held = self.words.get((act.space, word), 0)
            assert held & mask * 3 == mask * before, "the event says what was there before"
            self.words[act.space, word] = held ^ mask * (before ^ after)

    def _space(self, log_id: bytes, batches: bool) -> Space:
        return (self.logs[log_id].lineage if batches else log_id), batches

    def word(self, log_id: bytes, word: int) -> int:
        """A word of records, lane by lane out of the log or its predecessors."""
        value = 0
        for index in range(word * 128, word * 128 + 128):
            holder = self.logs[log_id]
            name = log_id
            while index < holder.start and holder.predecessor != ZERO:
                name, holder = holder.predecessor, self.logs[holder.predecessor]
            value |= self.words.get(((name, False), word), 0) & 3 << 2 * (index % 128)
        return value

    def anchor(self, log_id: bytes, size: int) -> tuple[bytes, int, int, bytes] | None:
        log = self.logs[log_id]
        while size <= log.start and log.predecessor != ZERO:
            log = self.logs[log.predecessor]
        return log.anchors.get(size)

    def compare(self, city: City) -> None:
        """What the contracts say is what was rebuilt."""
        asked = list(self._answers())
        given = city.chain.views([(city.contract_of[function], function, values) for function, values, _ in asked])
        for (function, values, rebuilt), found in zip(asked, given, strict=True):
            assert found == rebuilt, (function, values)

    def _answers(self) -> Iterator[tuple[str, tuple[Any, ...], Any]]:
        """Every view with the answer that the events give."""
        for agency in self.agencies:
            yield "requireAgency", (agency,), ()
        for key_id, key in self.keys.items():
            yield "keyOf", (key_id,), (tuple(key), self.officers[key_id])
            yield "actsOf", (key_id,), self.heads.get(key_id, ZERO)
        for log_id, log in self.logs.items():
            said = (log.agency, log.state, log.generation, log.max_delay, log.size, log.start)
            yield "logOf", (log_id,), said
            yield "predecessorOf", (log_id,), log.predecessor
            yield "lineageOf", (log_id,), log.lineage
            for size in {*log.anchors, log.size, log.size + 1} - {0}:
                anchor = self.anchor(log_id, size)
                yield "anchorDigest", (log_id, size), ZERO if anchor is None else digest(anchor)
        for (log_id, batches), word in self.words:
            rebuilt = self.words[(log_id, True), word] if batches else self.word(log_id, word)
            yield "wordOf", (log_id, batches, word), rebuilt
        for agency, nonce in self.nonces:
            yield "isNonceUsed", (agency, nonce), True


def digest(anchor: tuple[bytes, int, int, bytes]) -> bytes:
    return hashlib.sha256(encode(["bytes32", "uint64", "uint64", "bytes32"], anchor)).digest()
