"""What the store keeps of the chain: a mirror of its events, accepted status acts, and what is on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ledger.ports.chain import (
    ActVoidedEvent,
    AnchorEvent,
    Block,
    ChainEvent,
    KeyEvent,
    LogEvent,
    SignedTransaction,
    StatusAct,
    StatusEvent,
    SupersededEvent,
)
from ledger.values import AgencyCode, Digest32, Instant, LogId, LogIndex, Status


class OutboxKind(StrEnum):
    """Why a transaction is sent."""

    ANCHOR = "anchor"
    STATUS = "status"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One transaction that must reach the chain; kept before it is sent: a crash sends the same bytes again."""

    outbox_no: int
    kind: OutboxKind
    log_no: int
    subject: int
    """ANCHOR: the size; STATUS: the act's number; UNDO: the block of the act that is undone."""
    transaction: SignedTransaction
    replaced: tuple[Digest32, ...]
    """Hashes of the earlier versions under the same nonce, oldest first: any of them may be the one that is mined."""
    first_sent: Instant
    bumps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRequest:
    """A status act that the service accepted; it counts as in force from `accepted_at` even before it is final."""

    act_no: int
    log_no: int
    act: StatusAct
    accepted_at: Instant
    actor: str
    idempotency_key: str | None
    request_digest: Digest32
    state: str
    """accepted, sent, final, or refused (then `problem` says why)."""
    problem: str | None
    final_block: int | None = None
    """The block from which on it is final; None while it isn't."""


class ChainStore(Protocol):
    """What the service keeps of the chain: a mirror of its events, and what is on the way to it."""

    def cursor(self) -> int:
        """The last block whose events are mirrored; -1 at the start."""

    def mirrored_blocks(self, limit: int) -> Sequence[Block]:
        """The newest blocks that `apply_events` was given as `upto`, newest first."""

    def apply_events(self, upto: Block, events: Sequence[ChainEvent]) -> None:
        """Mirror events up to and with a block, in one transaction; `upto` becomes the cursor.

        Events of logs and agencies that are not in this store yet are kept too: they may be added a moment later.
        """

    def rewind(self, block_number: int) -> None:
        """Forget everything mirrored above a block (a reorganisation), in one transaction.

        Status acts that became final above it are `accepted` again, with no `final_block`.
        """

    def anchors(self, log_no: int) -> Sequence[AnchorEvent]:
        """All anchors of a log, oldest first."""

    def anchor_covering(self, log_no: int, index: LogIndex) -> AnchorEvent | None:
        """The first anchor with index < size; None if there is none yet."""

    def last_anchor(self, log_no: int) -> AnchorEvent | None:
        """The newest anchor; None if there is none."""

    def status_events(self, log_no: int, index: LogIndex, batch: int | None) -> Sequence[StatusEvent]:
        """Every act that touched this record, or its batch, oldest first; undone ones left out."""

    def all_status_events(self, log_no: int) -> Sequence[StatusEvent]:
        """Every act on this log, oldest first, undone ones left out: what replaying must give the words on chain.

        Undoing puts back what was revoked or superseded, and nothing else: an undone suspension is still here.
        """

    def acts_as_done(self, log_no: int) -> Sequence[StatusEvent | SupersededEvent | ActVoidedEvent]:
        """All that was done with statuses of this log, and undone, in the order of the chain."""

    def log_event(self, log_id: LogId) -> LogEvent | None:
        """The newest LogOpened, LogClosed or LogMoved of a log; None if it was never opened."""

    def successor_of(self, log_no: int, index: LogIndex) -> tuple[LogId, LogIndex] | None:
        """The record that superseded this one; None if none did."""

    def keys(self, agency: AgencyCode) -> Sequence[KeyEvent]:
        """The newest known state of each key of an agency."""

    def accept_status(
        self,
        *,
        log_no: int,
        act: StatusAct,
        accepted_at: Instant,
        actor: str,
        idempotency_key: str | None,
        request_digest: Digest32,
    ) -> StatusRequest:
        """Durably accept a status act. Same key, same digest: the same act; other digest: ConflictError."""

    def find_status_request(self, log_no: int, idempotency_key: str) -> StatusRequest | None:
        """The act that was accepted under this key; None if there is none."""

    def status_request(self, act_no: int) -> StatusRequest:
        """One act. Raises NotFoundError."""

    def open_status_requests(self, log_no: int | None = None) -> Sequence[StatusRequest]:
        """Acts that are not final or refused yet, oldest first."""

    def refused_status_requests(self, limit: int) -> Sequence[StatusRequest]:
        """The newest acts that were refused, newest first."""

    def pending_status(self, log_no: int, index: LogIndex, batch: int | None) -> tuple[Status | None, Status | None]:
        """The newest status that was accepted but isn't mirrored from the chain yet: record's and batch's."""

    def set_status_state(self, act_no: int, state: str, problem: str | None, final_block: int | None = None) -> None:
        """Move an act on; `final` says the block."""

    def put_outgoing(
        self,
        kind: OutboxKind,
        log_no: int,
        subject: int,
        transactions: Sequence[SignedTransaction],
        now: Instant,
    ) -> Sequence[Outgoing]:
        """Keep transactions durably, before they are sent."""

    def replace_outgoing(self, outbox_no: int, transaction: SignedTransaction) -> None:
        """A replacement with the same nonce and a higher fee: one bump more; the old hash goes to `replaced`."""

    def outgoing(self, kind: OutboxKind | None = None) -> Sequence[Outgoing]:
        """What is on the way, in order of nonce for each sender."""

    def remove_outgoing(self, outbox_nos: Iterable[int]) -> None:
        """They are final, or refused for ever."""
