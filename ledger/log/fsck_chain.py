"""The store's mirror against the chain: blocks, anchors, status words; and what is on the way, against itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from ledger.errors import FormatError, NotFoundError
from ledger.hashing.digests import sha256
from ledger.hashing.encodings import hex_encode
from ledger.log.fsck_findings import Finding, Kind, error, warning
from ledger.log.status_rules import LANES, replay
from ledger.log.status_view import StatusReader
from ledger.ports.chain import (
    ActVoidedEvent,
    Anchor,
    AnchorEvent,
    Chain,
    LogState,
    StatusEvent,
    SupersededEvent,
    compromised,
)
from ledger.ports.chain_store import ChainStore, OutboxKind
from ledger.ports.records import LogInfo, RecordStore
from ledger.values import Digest32, TreeSize

AT_ONCE: Final = 500
"""Slots or words that are asked for in one request."""
_BLOCKS: Final = 64
"""Mirrored blocks that are compared: a reorganisation deeper than that shows in the newest ones too."""


class ChainChecks:
    """Compares what the store mirrored with what the chain says now."""

    def __init__(self, chain: Chain, chain_store: ChainStore, records: RecordStore) -> None:
        """Ask `chain`; every method raises ChainError where it does not answer."""
        self._chain = chain
        self._chain_store = chain_store
        self._records = records

    def blocks(self) -> Iterator[Finding]:
        """Is the chain still the one that was mirrored?"""
        head = self._chain.head()
        for block in self._chain_store.mirrored_blocks(_BLOCKS):
            where = f"block {block.number}"
            if block.number > head.number:
                yield error(Kind.MIRROR, f"The chain ends at block {head.number}, before what was mirrored.", where)
            elif self._chain.block(block.number).hash != block.hash:
                yield error(Kind.MIRROR, "The chain has another block here than was mirrored.", where)
            else:
                return

    def anchors(self, log: LogInfo) -> Iterator[Finding]:
        """Does each slot of the contract hold the anchor that was mirrored, and is its head the newest?"""
        events = standing_anchors(self._chain_store, log)
        for first in range(0, len(events), AT_ONCE):
            some = events[first : first + AT_ONCE]
            slots = self._chain.anchor_digests(log.log_id, [event.size for event in some])
            for event, slot in zip(some, slots, strict=True):
                if slot != anchor_digest(event.anchor):
                    what = f"The contract's slot is {hex_encode(slot)}, which is not that of the mirrored anchor."
                    yield error(Kind.ANCHOR_CHAIN, what, f"{log.origin}, size {event.size}")
        yield from self._head(log, events[-1].size if events else log.start)

    def status(self, logs: Sequence[LogInfo]) -> Iterator[Finding]:
        """Do the acts that were mirrored leave the words that the contract has? For all logs of one agency."""
        for log in logs:
            if self._chain_store.log_event(log.log_id) is None:
                continue
            words = replay(event for event in self._chain_store.all_status_events(log.log_no) if not event.batches)
            first = -(-log.start // LANES)
            end = -(-self._records.tree_size(log.log_no) // LANES)
            expected = {word: words.get((False, word), 0) for word in range(first, max(end, first))}
            expected |= {word: value for (_, word), value in words.items() if word >= first}
            yield from self._words(log, expected, batches=False)
        yield from self._batches(logs)

    def _head(self, log: LogInfo, mirrored: TreeSize) -> Iterator[Finding]:
        on_chain = self._chain.log_on_chain(log.log_id)
        if on_chain.state is LogState.NONE:
            yield error(Kind.CHAIN_HEAD, "The contract does not know this log.", log.origin)
        elif on_chain.size > mirrored:
            what = f"The contract holds {on_chain.size} records, {mirrored} are mirrored."
            yield warning(Kind.CHAIN_HEAD, what, log.origin)
        elif on_chain.size < mirrored and on_chain.state is LogState.OPEN:
            what = f"The contract holds {on_chain.size} records, and {mirrored} were mirrored as anchored."
            yield error(Kind.ANCHOR_CHAIN, what, log.origin)

    def _batches(self, logs: Sequence[LogInfo]) -> Iterator[Finding]:
        """Batches have one space for all generations; it is asked for under the newest that is open."""
        events = [event for log in logs for event in self._chain_store.all_status_events(log.log_no) if event.batches]
        words = replay(sorted(events, key=lambda event: (event.place.block.number, event.place.log_index)))
        opened = [log for log in logs if self._chain_store.log_event(log.log_id) is not None]
        if opened:
            last = max((word for _, word in words), default=0)
            expected = {word: words.get((True, word), 0) for word in range(last + 1)}
            yield from self._words(opened[-1], expected, batches=True)

    def _words(self, log: LogInfo, expected: dict[int, int], *, batches: bool) -> Iterator[Finding]:
        numbers = sorted(expected)
        for first in range(0, len(numbers), AT_ONCE):
            some = numbers[first : first + AT_ONCE]
            found = self._chain.status_words(log.log_id, batches=batches, words=some)
            for number, value in zip(some, found, strict=True):
                if value != expected[number]:
                    what = f"The contract has {value:#x}, the mirrored acts leave {expected[number]:#x}."
                    name = "batch word" if batches else "word"
                    yield error(Kind.STATUS_WORD, what, f"{log.origin}, {name} {number}")


class OutboxChecks:
    """Compares outbox and status acts with each other and with the records; asks no chain."""

    def __init__(self, chain_store: ChainStore, records: RecordStore) -> None:
        """Read the store alone."""
        self._chain_store = chain_store
        self._records = records

    def run(self) -> Iterator[Finding]:
        """Every inconsistency of what is on the way."""
        waiting = self._chain_store.outgoing()
        nonces = Counter((item.transaction.sender, item.transaction.nonce) for item in waiting)
        for (sender, nonce), count in nonces.items():
            if count > 1:
                what = f"{count} transactions have nonce {nonce}: only one of them can be mined."
                yield error(Kind.OUTBOX, what, f"sender 0x{hex_encode(sender)}")
        logs = {log.log_no for log in self._records.logs()}
        for item in waiting:
            where = f"transaction {item.outbox_no} of the outbox"
            if item.log_no not in logs:
                yield error(Kind.OUTBOX, f"It belongs to log {item.log_no}, which is not there.", where)
            elif item.kind is OutboxKind.ANCHOR:
                if self._records.commit_at(item.log_no, TreeSize(item.subject)) is None:
                    what = f"It anchors size {item.subject}, and no group commit ended there."
                    yield error(Kind.OUTBOX, what, where)
            elif item.kind is OutboxKind.STATUS:
                yield from self._act(item.subject, where)
        cursor = self._chain_store.cursor()
        sent = {item.subject for item in waiting if item.kind is OutboxKind.STATUS}
        for request in self._chain_store.open_status_requests():
            if request.state == "sent" and request.act_no not in sent:
                what = f"It is marked as sent, and no transaction of it is on the way (mirrored up to {cursor})."
                yield warning(Kind.STATUS_ACT, what, f"status act {request.act_no}")

    def _act(self, act_no: int, where: str) -> Iterator[Finding]:
        try:
            request = self._chain_store.status_request(act_no)
        except NotFoundError:
            yield error(Kind.OUTBOX, f"It belongs to status act {act_no}, which is not there.", where)
            return
        if request.state == "refused":
            yield error(Kind.OUTBOX, f"It belongs to status act {act_no}, which was refused.", where)


def wrong_successors(chain_store: ChainStore, records: RecordStore, logs: Sequence[LogInfo]) -> Iterator[Finding]:
    """Does every record that stands on chain as a successor name the superseded one back? For logs of one agency.

    The contract can't read records, so whoever has a STATUS key can name any record past this service. Asks no chain.
    """
    reader, since = StatusReader(records, chain_store), compromised(chain_store.keys(logs[0].agency))
    for log in logs:
        acts = chain_store.acts_as_done(log.log_no)
        undone = {act.act_head for act in acts if isinstance(act, ActVoidedEvent)}
        counts = False
        for act in acts:
            if isinstance(act, StatusEvent):
                counts = act.head not in undone and not act.is_void(since)
            elif isinstance(act, SupersededEvent) and counts:
                # A record that is missing or malformed is a finding of its own.
                with suppress(NotFoundError, FormatError):
                    if not reader.names_back(log.log_no, act.index, act.successor_log, act.successor):
                        what = f"Record {act.successor} supersedes it on chain, and does not name it back."
                        yield error(Kind.SUCCESSOR, what, f"{log.origin}, record {act.index}")


def standing_anchors(chain_store: ChainStore, log: LogInfo) -> Sequence[AnchorEvent]:
    """Anchors that the local tree must contain: of a closed log those up to its good head."""
    events = chain_store.anchors(log.log_no)
    state = chain_store.log_event(log.log_id)
    if state is not None and state.state is not LogState.OPEN:
        return [event for event in events if event.size <= state.good_size]
    return events


def anchor_digest(anchor: Anchor) -> Digest32:
    """What the contract keeps of an anchor: sha256(abi.encode(root, previousSize, time, keyId))."""
    return sha256(
        anchor.root + anchor.previous_size.to_bytes(32, "big") + anchor.time.to_bytes(32, "big") + anchor.key_id
    )
