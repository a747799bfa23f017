"""Asks chain and store what the verifier must know about one record, and hands it over as plain values."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from ledger.errors import ChainError, NotFoundError
from ledger.merkle.tiles import consistency_proof
from ledger.ports.chain import AnchorEvent, Block, Chain, KeyEvent, compromised
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import Clock
from ledger.ports.records import LogInfo, RecordStore
from ledger.ports.verification import HistoryLine, StatusHistory
from ledger.values import Instant, KeyId, LogIndex, TreeSize
from ledger.verification.answers import (
    ActFact,
    AnchorFact,
    Answers,
    ChainFacts,
    KeyFact,
    Link,
    PendingAct,
    StatusFacts,
)

HEAD_AGE_S: Final = 0.05
"""How long the chain's answer to "which block is your newest" serves other verifications too, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the chain said its newest block was, or that it did not answer.

    Attributes:
        ticks: seconds of a clock that never runs backwards, when it was asked.
        now: the instant at which it was asked: what is answered is as of then.
        said: the block, or why there is none.
    """

    ticks: float
    now: Instant
    said: Block | ChainError


class Gathering:
    """Answers for one record at a time; the chain is asked too: while it is down there is no answer."""

    def __init__(
        self,
        *,
        records: RecordStore,
        chain_store: ChainStore,
        chain: Chain,
        history: StatusHistory,
        clock: Clock,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read from the store's mirror of the chain, and from the live chain how far the mirror reaches."""
        self._records = records
        self._chain_store = chain_store
        self._chain = chain
        self._history = history
        self._clock = clock
        self._ticks = ticks
        self._one_asks = threading.Lock()
        self._heard: Head | None = None

    @contextmanager
    def answering(self, head: Head) -> Iterator[Callable[[LogInfo, LogIndex, TreeSize], Answers]]:
        """Read the store as it is in one instant, to the end of the block; `hear` asked chain and clock before.

        In this order: what is accepted later is not spoken of, what was accepted before is. Given is what answers
        about one record: its log, its index, and the size of the checkpoint that the evidence proves it in. It raises
        ChainError where the chain did not answer: then there is no verdict.

        Raises:
            StoreError: the store does not answer.
        """
        with self._records.snapshot():
            yield partial(self._answers, head)

    def hear(self, came: float | None = None) -> Head:
        """What the chain answered to a question that was asked at most `HEAD_AGE_S` before this one.

        One asks, and what it hears is for all that came before it asked: so a busy service is no burden to its chain,
        and where the chain is down nobody waits for more than one try beside its own. A failure is for those
        alone who waited for it: who comes later tries anew.

        Args:
            came: when this one came, by the clock of `ticks`, where it had to wait before; None: now.
        """
        came = self._ticks() if came is None else came
        with self._one_asks:
            heard = self._heard
            if heard is None or came - heard.ticks > (HEAD_AGE_S if isinstance(heard.said, Block) else 0):
                heard = self._heard = self._ask()
        return heard

    def _ask(self) -> Head:
        ticks, now = self._ticks(), self._clock()
        try:
            return Head(ticks=ticks, now=now, said=self._chain.head())
        except ChainError as error:
            return Head(ticks=ticks, now=now, said=error)

    def _answers(self, head: Head, log: LogInfo, index: LogIndex, size: TreeSize) -> Answers:
        if isinstance(head.said, ChainError):
            raise head.said.with_traceback(None)  # it may be raised in several threads
        mirrored = next(iter(self._chain_store.mirrored_blocks(1)), None) or Block(
            number=0, hash=self._chain.identity().genesis, time=Instant(0)
        )
        # The instant up to which the mirror is whole: now, if it has the newest block; else that of its last block. A
        # chain that mines no empty blocks may have its newest block long ago; nothing happened on it since.
        at = max(head.now, mirrored.time) if mirrored.number >= head.said.number else mirrored.time
        return Answers(
            chain=self._chain_facts(log, index, size, mirrored.number, at),
            status=self._status_facts(log, index, mirrored.number, at),
        )

    def _chain_facts(self, log: LogInfo, index: LogIndex, size: TreeSize, block: int, at: Instant) -> ChainFacts:
        identity, keys = self._chain.identity(), self._chain_store.keys(log.agency)
        anchors = {anchor.size: anchor for anchor in self._covering(log, index, compromised(keys))}
        reached = self._chain_store.anchor_covering(log.log_no, LogIndex(size - 1))
        link: Link | None = None
        if reached is not None:
            anchors[reached.size] = reached
            if reached.size > size:
                link = self._link(log, size, reached.size)
        return ChainFacts(
            by_service=False,
            chain_id=identity.chain_id,
            genesis=identity.genesis,
            development=identity.development,
            block=block,
            at=at,
            anchors=tuple(_anchor_fact(anchors[key]) for key in sorted(anchors)),
            keys=tuple(_key_fact(key) for key in keys),
            due=self._due(log, index),
            link=link,
        )

    def _covering(self, log: LogInfo, index: LogIndex, since: dict[KeyId, Instant]) -> list[AnchorEvent]:
        """The anchors that cover a record, from the first on up to the first that is not void."""
        found: list[AnchorEvent] = []
        anchor = self._chain_store.anchor_covering(log.log_no, index)
        while anchor is not None:
            found.append(anchor)
            void_from = since.get(anchor.anchor.key_id)
            if void_from is None or anchor.anchor.time < void_from:
                break
            anchor = self._chain_store.anchor_covering(log.log_no, LogIndex(anchor.size))
        return found

    def _link(self, log: LogInfo, size: TreeSize, anchored: TreeSize) -> Link | None:
        """The proof that the anchored tree begins with the evidence's; None where this service lacks that tree."""
        if anchored > self._records.tree_size(log.log_no):
            return None
        path = consistency_proof(self._records.tiles(log.log_no), size, anchored)
        return Link(size=anchored, path=path)

    def _due(self, log: LogInfo, index: LogIndex) -> Instant | None:
        try:
            return self._records.commit_covering(log.log_no, index).deadline
        except NotFoundError:
            return None

    def _status_facts(self, log: LogInfo, index: LogIndex, block: int, at: Instant) -> StatusFacts | None:
        """The history of a record that this service has; None where it has no such record."""
        try:
            lines = self._history.history(log.log_no, index)
            erased = self._records.record(log.log_no, index).sealed_facts is None
        except NotFoundError:
            return None
        since = compromised(self._chain_store.keys(log.agency))
        return StatusFacts(
            block=block,
            at=at,
            acts=tuple(_act_fact(line, since) for line in lines if line.final),
            pending=tuple(_pending(line) for line in lines if not line.final),
            erased=erased,
        )


def _moment(value: Instant) -> Instant | None:
    """The chain writes 0 for never."""
    return value or None


def _anchor_fact(event: AnchorEvent) -> AnchorFact:
    return AnchorFact(
        block=event.place.block.number,
        time=event.anchor.time,
        transaction=event.place.transaction,
        registry=event.place.contract,
        size=event.size,
        root=event.anchor.root,
        previous_size=event.anchor.previous_size,
        key_id=event.anchor.key_id,
    )


def _key_fact(event: KeyEvent) -> KeyFact:
    return KeyFact(
        key_id=event.key_id,
        role=event.role,
        not_before=event.not_before,
        not_after=_moment(event.not_after),
        compromised_since=_moment(event.compromised_since),
    )


def _act_fact(line: HistoryLine, since: dict[KeyId, Instant]) -> ActFact:
    declared = [since[key] for key in line.key_ids if key in since]
    return ActFact(
        time=line.time,
        batch=line.batch,
        after=line.after,
        retroactive=line.retroactive,
        reason=line.reason,
        compromised_since=min(declared, default=None),
    )


def _pending(line: HistoryLine) -> PendingAct:
    return PendingAct(batch=line.batch, after=line.after, retroactive=line.retroactive, accepted_at=line.time)
