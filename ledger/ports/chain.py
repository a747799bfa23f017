"""The chain and our contracts on it, as values and one Protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol

from ledger.ports.keys import ChainSigner
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


class LogState(IntEnum):
    """State of a log in the CheckpointRegistry."""

    NONE = 0
    IMPORTING = 1
    MOVED = 2
    OPEN = 3
    CLOSED = 4
    SUCCEEDED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainIdentity:
    """Which chain this is: id and genesis hash together; a development chain accepts well-known keys."""

    chain_id: int
    genesis: Digest32
    development: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of the chain."""

    number: int
    hash: Digest32
    time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What the contract holds of one anchored size (its digest is in the slot)."""

    root: Root
    previous_size: TreeSize
    time: Instant
    key_id: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlace:
    """Where an event stands: enough to build `reference/v1` and to order events."""

    block: Block
    transaction: Digest32
    log_index: int
    contract: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorEvent:
    """CheckpointAnchored."""

    place: EventPlace
    log_id: LogId
    size: TreeSize
    anchor: Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent:
    """StatusChanged: lanes of (word, mask) pairs go from `before` to `after`."""

    place: EventPlace
    log_id: LogId
    key_id: KeyId
    second_key_id: KeyId
    batches: bool
    before: Status
    after: Status
    reason: Reason
    retroactive: bool
    time: Instant
    head: Digest32
    words: tuple[int, ...]
    masks: tuple[int, ...]

    def is_void(self, since: Mapping[KeyId, Instant]) -> bool:
        """Whether it counts for nothing: a final act at or after its key counts as compromised.

        Suspensions and resumptions are answered by ordinary acts instead (contracts README, "Status acts").

        Args:
            since: keys that are declared compromised, and since when.
        """
        if self.after not in (Status.REVOKED, Status.SUPERSEDED):
            return False
        return any(key in since and since[key] <= self.time for key in (self.key_id, self.second_key_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class SupersededEvent:
    """Superseded: names the successor of one record."""

    place: EventPlace
    log_id: LogId
    index: LogIndex
    successor_log: LogId
    successor: LogIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class ActVoidedEvent:
    """ActVoided: the act with this head of a compromised key was undone."""

    place: EventPlace
    log_id: LogId
    key_id: KeyId
    act_head: Digest32
    time: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEvent:
    """A key's state after KeyAdded, KeyWindowMoved, KeyCompromised or KeyCompromisedInThePast; 0 means never."""

    place: EventPlace
    agency: AgencyCode
    key_id: KeyId
    role: Role
    not_before: Instant
    not_after: Instant
    compromised_since: Instant
    time: Instant


def compromised(keys: Iterable[KeyEvent]) -> dict[KeyId, Instant]:
    """Keys that are declared compromised, and since when."""
    return {key.key_id: key.compromised_since for key in keys if key.compromised_since}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """LogOpened, LogClosed or LogMoved."""

    place: EventPlace
    log_id: LogId
    state: LogState
    good_size: TreeSize
    time: Instant


ChainEvent = AnchorEvent | StatusEvent | SupersededEvent | ActVoidedEvent | KeyEvent | LogEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOnChain:
    """A log as the CheckpointRegistry has it now."""

    state: LogState
    agency: AgencyCode
    size: TreeSize
    max_delay_s: int
    start: TreeSize


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A contract call ready to be signed: recipient, calldata, gas limit."""

    to: Address
    data: bytes
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTransaction:
    """A transaction that may be sent any number of times: the chain executes it at most once."""

    raw: bytes
    hash: Digest32
    sender: Address
    nonce: int


class TransactionOutcome(StrEnum):
    """What became of a transaction."""

    PENDING = "pending"
    DONE = "done"
    REVERTED = "reverted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionState:
    """Outcome of a transaction; `problem` is the contract's own notice, decoded, when it reverted."""

    outcome: TransactionOutcome
    block: Block | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAct:
    """One act on chain: every selected record (or batch) of a log goes from `before` to `after`."""

    log_id: LogId
    batches: bool
    before: Status
    after: Status
    reason: Reason
    retroactive: bool
    indexes: tuple[int, ...]
    """Record indexes or batch numbers, ascending."""
    successor_log: LogId | None = None
    successors: tuple[LogIndex, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformedAct:
    """A status act that stands on chain, with all that the contract wants to hear of it before it undoes it."""

    event: StatusEvent
    previous: Digest32
    """Head of the key's chain of acts before this one; 32 zero bytes: it was the first."""
    second_previous: Digest32
    successor_log: LogId | None
    successors: tuple[LogIndex, ...]


class Chain(Protocol):
    """The chain and our contracts on it. Every method raises ChainError where the chain does not answer."""

    def identity(self) -> ChainIdentity:
        """Chain id, genesis hash, whether it is a development chain."""

    def head(self) -> Block:
        """The newest block."""

    def finalized(self) -> Block:
        """The newest block that is final by this chain's rule (instant, depth:n, or the finalized tag)."""

    def block(self, number: int) -> Block:
        """One block that the chain has now; compared with what was mirrored to notice a reorganisation."""

    def events(self, first_block: int, last_block: int) -> Sequence[ChainEvent]:
        """Every event of our registries in these blocks, in order."""

    def registries(self) -> Mapping[str, Address]:
        """Contract name → address (AgencyRegistry, CheckpointRegistry, StatusRegistry, Governor, Council)."""

    def log_on_chain(self, log_id: LogId) -> LogOnChain:
        """A log's state; `state` NONE where it was never opened."""

    def statuses(self, log_id: LogId, pairs: Sequence[tuple[LogIndex, int]]) -> Sequence[tuple[Status, Status]]:
        """(record status, batch status) for (index, batch or 0) pairs now, all of one block."""

    def anchor_digests(self, log_id: LogId, sizes: Sequence[TreeSize]) -> Sequence[Digest32]:
        """What the slots of these sizes hold now, in one request; 32 zero bytes where nothing was anchored."""

    def status_words(self, log_id: LogId, *, batches: bool, words: Sequence[int]) -> Sequence[int]:
        """The status words with these numbers as they are now, all of one block."""

    def anchor_call(
        self,
        *,
        log_id: LogId,
        proof_from: TreeSize,
        head: Anchor,
        size: TreeSize,
        root: Root,
        proof: Sequence[Digest32],
    ) -> Call:
        """The call that anchors (size, root) after the anchored head `proof_from`."""

    def status_calls(self, act: StatusAct) -> Sequence[Call]:
        """The calls of a status act: split so that each stays below 16,777,216 gas (EIP-7825)."""

    def undo_call(self, act: PerformedAct) -> Call:
        """The call that undoes an act of a compromised key, the newest of its chain.

        Raises ChainError where the act does not hash to its own head: then an event of it is missing.
        """

    def sign(self, call: Call, signer: ChainSigner, nonce: int, *, bump: int = 0) -> SignedTransaction:
        """Sign a call; `bump` > 0 raises the fee for a replacement of the same nonce."""

    def sign_again(self, transaction: SignedTransaction, signer: ChainSigner, *, bump: int) -> SignedTransaction:
        """The same call under the same nonce with a fee raised `bump` times: a replacement that nodes accept."""

    def next_nonce(self, address: Address) -> int:
        """The nonce of the next transaction from `address`, mined ones counted only."""

    def send(self, transactions: Sequence[SignedTransaction]) -> None:
        """Send; a transaction that the chain already knows is not an error. Refusals raise ChainRefusedError."""

    def states(self, hashes: Sequence[Digest32]) -> Sequence[TransactionState]:
        """What became of transactions, in one request."""

    def dry_run(self, call: Call, sender: Address) -> str | None:
        """The contract's notice that the call would revert with now; None if it would pass."""
