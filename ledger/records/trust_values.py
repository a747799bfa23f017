"""The trust file: what a verifier believes from the start (formats.md, section 8), as values.

Reading and writing are in `trust_form`; which file follows which, and who signed, in `trust`.
"""

from __future__ import annotations

from ledger.plain import dataclass
from ledger.records.note import VerifierKey
from ledger.values import Address, AgencyCode, Digest32, Instant, KeyId, Origin, Root, TreeSize


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """Who may sign the next trust file, and how many of them must."""

    keys: tuple[VerifierKey, ...]
    quorum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedRegistry:
    """A CheckpointRegistry that counts in blocks from_ ≤ n < until (None: still)."""

    address: Address
    from_: int
    until: int | None = None

    def counts_at(self, block: int) -> bool:
        """Whether the registry counts in this block."""
        return self.from_ <= block and (self.until is None or block < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorSet:
    """Validators that count in blocks from_ ≤ n < until: raw Ed25519 keys with their powers, in the chain's order."""

    validators: tuple[tuple[bytes, int], ...]
    from_: int
    until: int | None = None

    def counts_at(self, block: int) -> bool:
        """Whether the set counts at this height."""
        return self.from_ <= block and (self.until is None or block < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedChain:
    """A chain. Without `name` and `validators` one operator runs it alone, and every row that rests on it says so."""

    chain_id: int
    genesis: Digest32
    registries: tuple[TrustedRegistry, ...]
    name: str | None = None
    validators: tuple[ValidatorSet, ...] | None = None

    @property
    def one_operator(self) -> bool:
        """Whether one operator runs this chain alone."""
        return self.validators is None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A key and its window [from_, until); acts at or after `compromised_since` are void.

    Attributes:
        key: as on chain: the raw Ed25519 key, or an ANCHOR key's address left-padded.
        vkey: the verifier key of a note or receipt key; None for an ANCHOR key.
    """

    key: KeyId
    from_: Instant
    vkey: VerifierKey | None = None
    until: Instant | None = None
    compromised_since: Instant | None = None

    def in_window(self, time: Instant) -> bool:
        """Whether the key may act at this block time and wasn't compromised by then."""
        if self.compromised_since is not None and time >= self.compromised_since:
            return False
        return self.from_ <= time and (self.until is None or time < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedLog:
    """A log: on which chains it anchors, which keys act for it and when, and how many witnesses must cosign."""

    origin: Origin
    agency: AgencyCode
    chains: tuple[Digest32, ...]
    max_delay_s: int
    note_keys: tuple[TrustedKey, ...]
    receipt_keys: tuple[TrustedKey, ...]
    anchor_keys: tuple[TrustedKey, ...]
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The last anchored head of an ended era of a chain, contract or validator set; `until` is a block number."""

    chain: Digest32
    registry: Address
    origin: Origin
    size: TreeSize
    root: Root
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustFile:
    """One trust file. `previous` is the digest of the text before it; the first file has none."""

    sequence: int
    issued_at: Instant
    signers: Signers
    chains: tuple[TrustedChain, ...] = ()
    logs: tuple[TrustedLog, ...] = ()
    pins: tuple[Pin, ...] = ()
    previous: Digest32 | None = None

    def log(self, origin: str) -> TrustedLog | None:
        """The log of this origin; None if the file doesn't know it."""
        return next((log for log in self.logs if log.origin == origin), None)

    def chain(self, genesis: bytes) -> TrustedChain | None:
        """The chain of this genesis hash; None if the file doesn't know it."""
        return next((chain for chain in self.chains if chain.genesis == genesis), None)
