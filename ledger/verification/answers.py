"""What a live chain and a live service answered about one record, as plain values.

The verifier itself asks nobody: whoever can ask (the service, the command line) does so before and hands the answers
in. Each answer says whose word it is and of which instant. The JSON form travels inside a report, so that a client
with a trust file of its own can run the nineteen checks itself on the same answers.
"""

from __future__ import annotations

from ledger.plain import dataclass
from ledger.values import (
    SEVERITY,
    Address,
    Digest32,
    Instant,
    KeyId,
    Reason,
    Role,
    Root,
    Status,
    TreeSize,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorFact:
    """One CheckpointAnchored event of the record's log.

    Attributes:
        block: number of its block.
        time: time of its block.
        transaction: hash of its transaction.
        registry: the contract that emitted it.
        size: the anchored size.
        root: the anchored root.
        previous_size: size of the anchor before it.
        key_id: the ANCHOR key.
    """

    block: int
    time: Instant
    transaction: Digest32
    registry: Address
    size: TreeSize
    root: Root
    previous_size: TreeSize
    key_id: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFact:
    """State of one key of the agency as the chain has it; None means never."""

    key_id: KeyId
    role: Role
    not_before: Instant
    not_after: Instant | None
    compromised_since: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A consistency proof from the evidence's checkpoint, itself never anchored, to an anchored size above it."""

    size: TreeSize
    path: tuple[Digest32, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFacts:
    """What a chain answered about the log of one record.

    Attributes:
        by_service: True where a service passed the chain's answer on; False where this program asked the chain.
        chain_id: EIP-155 chain id.
        genesis: hash of the genesis block.
        development: whether it says that it is a development chain.
        block: number of the newest final block when it was asked.
        at: the instant that the answer is of.
        anchors: events of this log: the one of the evidence's size if there is one, and all that cover the record
            from the first on, up to the first that is not void. Ascending by size.
        keys: every key of the agency.
        due: latest time by which the record was promised to be anchored, from its receipt.
        link: where the evidence's own size was never anchored: the proof that an anchored tree begins with it.
    """

    by_service: bool
    chain_id: int
    genesis: Digest32
    development: bool
    block: int
    at: Instant
    anchors: tuple[AnchorFact, ...]
    keys: tuple[KeyFact, ...]
    due: Instant | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActFact:
    """One status act that touched the record, or its issuing batch.

    Attributes:
        time: its block time.
        batch: True where it was an act on the issuing batch.
        after: the status that it led to.
        retroactive: 취소 (from the start) and not 철회 (from now on).
        reason: the public reason.
        compromised_since: the earliest time since when a key that signed it is declared compromised; None if none is.
    """

    time: Instant
    batch: bool
    after: Status
    retroactive: bool
    reason: Reason
    compromised_since: Instant | None = None

    @property
    def void(self) -> bool:
        """Whether the act does not count: final acts of a compromised key at or after `since` are undone.

        Suspensions and resumptions are answered by ordinary acts instead (contracts README, "Status acts").
        """
        final = self.after in (Status.REVOKED, Status.SUPERSEDED)
        return final and self.compromised_since is not None and self.time >= self.compromised_since


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAct:
    """A status act that the service accepted and that is not final yet; it counts as in force."""

    batch: bool
    after: Status
    retroactive: bool
    accepted_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFacts:
    """The history of one record's status as a service has it, whole up to `at`.

    Attributes:
        block: number of the block up to which the history is whole.
        at: the instant up to which it is whole.
        acts: acts on the record and on its batch, oldest first.
        pending: acts that were accepted but are not final.
        erased: the office destroyed the key under which the facts were kept.
    """

    block: int
    at: Instant
    acts: tuple[ActFact, ...]
    pending: tuple[PendingAct, ...] = ()
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All that was asked about one record."""

    chain: ChainFacts | None
    status: StatusFacts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A status and since when it has been so; `since` is None where it never changed or that is not known."""

    status: Status
    since: Instant | None = None
    retroactive: bool = False


def standing_at(facts: StatusFacts, moment: Instant) -> Standing:
    """The worse of record and batch as of an instant (design.md, section 3, "Verdict").

    Acts with block time up to and with the instant count, unless their key is declared compromised, whenever that
    was declared. A retroactive revocation (취소) counts for every instant, also before it was made; a withdrawal
    (철회) only from its own block on.

    Args:
        facts: the history; `moment` must not be later than `facts.at`.
        moment: the instant asked about.
    """
    lanes = (_lane(facts, moment, batch=False), _lane(facts, moment, batch=True))
    return max(lanes, key=lambda lane: SEVERITY[lane.status])


def _lane(facts: StatusFacts, moment: Instant, *, batch: bool) -> Standing:
    standing = Standing(status=Status.ACTIVE)
    acts = [act for act in facts.acts if act.batch == batch and not act.void]
    for act in acts:
        if act.after is Status.REVOKED and act.retroactive:
            return Standing(status=act.after, since=act.time, retroactive=True)
        if act.time <= moment:
            standing = Standing(status=act.after, since=act.time)
    for pending in facts.pending:
        # A resumption counts only once it is final; bad news counts at once (formats.md, section 5).
        graver = SEVERITY[pending.after] > SEVERITY[standing.status]
        if pending.batch == batch and graver and (pending.accepted_at <= moment or pending.retroactive):
            standing = Standing(status=pending.after, since=pending.accepted_at, retroactive=pending.retroactive)
    return standing
