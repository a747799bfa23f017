"""A whole small office in memory: log, keys, chain, notes, trust file, evidence; pure, and the same at every run.

Tests take it as it is, change one thing, and ask what the verifier says. Everything is built from parts that a test
can replace: `office.evidence(…, chain=…)`, `office.trust(…)`, `office.chain_facts(…)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.merkle import tiles
from ledger.merkle.nodes import leaf_hash
from ledger.records.anchor_note import AnchorNote, anchor_part, format_anchor_note
from ledger.records.checkpoint import Checkpoint, format_checkpoint
from ledger.records.commitment import commit, next_count, pad_facts
from ledger.records.disclosure import Disclosure, Fact, disclose
from ledger.records.evidence import Evidence, Part, Withheld, encode_evidence
from ledger.records.note import Algorithm, cosign, make_vkey, sign_note
from ledger.records.origin import compose_origin, receipt_name
from ledger.records.parts import Reference, status_part
from ledger.records.record import Record, encode_record
from ledger.records.status_note import StatusNote, format_status_note
from ledger.records.tlog_proof import TlogProof, format_tlog_proof
from ledger.records.trust import (
    Pin,
    Signers,
    TrustedChain,
    TrustedKey,
    TrustedLog,
    TrustedRegistry,
    TrustFile,
    sign_trust,
)
from ledger.values import (
    Address,
    AgencyCode,
    Digest32,
    Instant,
    KeyId,
    LogIndex,
    Reason,
    Role,
    Root,
    Status,
    TreeSize,
    parse_instant,
)
from ledger.verification.answers import ActFact, AnchorFact, ChainFacts, KeyFact, Link, PendingAct, StatusFacts

T0 = parse_instant("2026-11-24T00:00:00Z")
"""When the office's first record was recorded; its first anchor is 60 s later."""
AGENCY = AgencyCode("6110000")
NUMBER = "1234-5678-9012-3459"
DOCUMENT = b"a certificate, byte for byte"


def digest(text: str | bytes) -> Digest32:
    data = text.encode() if isinstance(text, str) else text
    return Digest32(sha256(data).digest())


@dataclass(frozen=True)
class Signer:
    """An Ed25519 key with a name, from a seed."""

    name: str
    seed: bytes

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def signer(name: str, seed: str) -> Signer:
    return Signer(name=name, seed=digest(f"key {seed}"))


@dataclass(frozen=True)
class Issued:
    """One record of the office with all that opens it."""

    index: int
    record: Record
    leaf: bytes
    disclosures: tuple[Disclosure, ...]


@dataclass
class Office:
    """An office whose log has three records, anchored together in block 42, 60 s after the first was recorded."""

    generation: int = 1
    chain_id: int = 9002
    genesis: Digest32 = field(default_factory=lambda: digest("genesis"))
    registry: Address = field(default_factory=lambda: Address(digest("registry")[:20]))
    anchor_key: KeyId = field(default_factory=lambda: KeyId(bytes(12) + digest("anchor key")[:20]))
    issued: list[Issued] = field(default_factory=list)
    anchors: list[AnchorFact] = field(default_factory=list)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.origin = compose_origin("sillok.test", AGENCY, self.generation)
        self.note_key = signer(self.origin, "note")
        self.receipt_key = signer(receipt_name(self.origin), "receipt")
        self.witness = signer("witness.test/w1", "witness")
        self.trust_key = signer("sillok.test/trust", "trust")

    # -- log ---------------------------------------------------------------------------------------------------------

    def read_tile(self, level: int, index: int) -> bytes:
        return self.tiles[level, index]

    @property
    def size(self) -> int:
        return len(self.issued)

    def issue(self, facts: Mapping[str, Any], *, count: int | None = None, **members: Any) -> int:
        """Record facts; `members` are members of the record."""
        index = self.size
        plain = tuple(Fact(path=path, value=value) for path, value in facts.items())
        padded = pad_facts(plain, count or next_count(len(plain)))
        salted = [disclose(fact, digest(f"salt {index} {fact.path}")[:16]) for fact in padded]
        commitment = commit(salted)
        record = Record(
            agency=AGENCY,
            commitment=commitment.digest,
            facts=len(padded),
            kind=members.pop("kind", "certificate"),
            recorded_at=members.pop("recorded_at", Instant(T0 + index)),
            **members,
        )
        leaf = encode_record(record)
        self.append(leaf)
        self.issued.append(Issued(index=index, record=record, leaf=leaf, disclosures=tuple(commitment.disclosures)))
        return index

    def append(self, leaf: bytes) -> None:
        grown = tiles.append(self, TreeSize(self.size), [leaf_hash(leaf)])
        self.tiles.update(grown.tiles)

    def root(self, size: int) -> Root:
        return tiles.root_at(self, TreeSize(size))

    def anchor(self, *, block: int, time: int, key_id: KeyId | None = None) -> AnchorFact:
        """Anchor what is there; `time` in seconds after T0."""
        fact = AnchorFact(
            block=block,
            time=Instant(T0 + time),
            transaction=digest(f"transaction {block}"),
            registry=self.registry,
            size=TreeSize(self.size),
            root=self.root(self.size),
            previous_size=self.anchors[-1].size if self.anchors else TreeSize(0),
            key_id=key_id or self.anchor_key,
        )
        self.anchors.append(fact)
        return fact

    # -- what the office signs -----------------------------------------------------------------------------------

    def checkpoint(self, size: int, *, root: Root | None = None, by: Signer | None = None) -> str:
        text = format_checkpoint(Checkpoint(origin=self.origin, size=TreeSize(size), root=root or self.root(size)))
        return sign_note(text, [by or self.note_key])

    def cosigned(self, note: str, witness: Signer | None = None) -> str:
        return cosign(note, witness or self.witness, Instant(T0 + 61))

    def proof(self, index: int, size: int, note: str | None = None) -> str:
        path = tiles.inclusion_proof(self, LogIndex(index), TreeSize(size))
        checkpoint = note or self.checkpoint(size)
        return format_tlog_proof(TlogProof(index=LogIndex(index), path=path, checkpoint=checkpoint))

    def status(self, of: int, /, *, by: Signer | None = None, **changes: Any) -> Part:
        """A `note/v1` part: active at block 50, 300 s after T0, unless changed."""
        batched = self.issued[of].record.batch is not None
        note = StatusNote(
            origin=self.origin,
            index=LogIndex(of),
            status=Status.ACTIVE,
            batch_status=Status.ACTIVE if batched else None,
            chain_id=self.chain_id,
            genesis=self.genesis,
            block_number=50,
            block_time=Instant(T0 + 300),
        )
        return status_part(sign_note(format_status_note(replace(note, **changes)), [by or self.receipt_key]))

    def reference(self, anchor: AnchorFact | None = None, **changes: Any) -> Part:
        fact = anchor or self.anchors[-1]
        reference = Reference(
            block=fact.block,
            chain_id=self.chain_id,
            genesis=self.genesis,
            registry=fact.registry,
            transaction=fact.transaction,
        )
        return replace(reference, **changes).to_part()

    def anchor_note(self, anchor: AnchorFact | None = None, *, by: Signer | None = None, **changes: Any) -> Part:
        fact = anchor or self.anchors[-1]
        note = AnchorNote(
            origin=self.origin,
            size=fact.size,
            root=fact.root,
            previous_size=fact.previous_size,
            chain_id=self.chain_id,
            genesis=self.genesis,
            registry=fact.registry,
            transaction=fact.transaction,
            key_id=fact.key_id,
            block_number=fact.block,
            block_time=fact.time,
        )
        return anchor_part(sign_note(format_anchor_note(replace(note, **changes)), [by or self.receipt_key]))

    def evidence(
        self,
        index: int = 0,
        *,
        withhold: Sequence[str] = (),
        size: int | None = None,
        log: str | None = None,
        chain: Sequence[Part] | None = None,
        status: Sequence[Part] | None = None,
        **lists: Sequence[Part],
    ) -> bytes:
        """Evidence of one record: everything disclosed, reference and anchor note, and an active status."""
        issued = self.issued[index]
        anchored = [anchor for anchor in self.anchors if size is None or anchor.size == size]
        wanted = size or (anchored[-1].size if anchored else self.size)
        default = [self.reference(anchored[-1]), self.anchor_note(anchored[-1])] if anchored else []
        facts = tuple(
            Withheld(leaf_hash=item.leaf_hash) if item.path in withhold else item for item in issued.disclosures
        )
        return encode_evidence(
            Evidence(
                leaf=issued.leaf,
                facts=facts,
                log=log or self.proof(index, wanted),
                chain=tuple(default if chain is None else chain),
                status=tuple([self.status(index)] if status is None else status),
                **{name: tuple(parts) for name, parts in lists.items()},
            )
        )

    # -- what the reader believes, and what chain and service answer --------------------------------------------

    def trusted_key(self, key: Signer, **changes: Any) -> TrustedKey:
        vkey = make_vkey(key.name, key.public)
        trusted = TrustedKey(key=KeyId(key.public), from_=Instant(T0 - 3600), vkey=vkey)
        return replace(trusted, **changes)

    def trusted_log(self, **changes: Any) -> TrustedLog:
        log = TrustedLog(
            origin=self.origin,
            agency=AGENCY,
            chains=(self.genesis,),
            max_delay_s=3600,
            note_keys=(self.trusted_key(self.note_key),),
            receipt_keys=(self.trusted_key(self.receipt_key),),
            anchor_keys=(TrustedKey(key=self.anchor_key, from_=Instant(T0 - 3600)),),
            witnesses=(make_vkey(self.witness.name, self.witness.public, Algorithm.COSIGNATURE),),
            quorum=0,
        )
        return replace(log, **changes)

    def trusted_chain(self, **changes: Any) -> TrustedChain:
        chain = TrustedChain(
            chain_id=self.chain_id,
            genesis=self.genesis,
            registries=(TrustedRegistry(address=self.registry, from_=1),),
        )
        return replace(chain, **changes)

    def trust(self, *, chain: Mapping[str, Any] | None = None, pins: Sequence[Pin] = (), **log: Any) -> TrustFile:
        return TrustFile(
            sequence=1,
            issued_at=Instant(T0 - 60),
            signers=Signers(keys=(make_vkey(self.trust_key.name, self.trust_key.public),), quorum=1),
            chains=(self.trusted_chain(**(chain or {})),),
            logs=(self.trusted_log(**log),),
            pins=tuple(pins),
        )

    def trust_note(self, trust: TrustFile | None = None) -> str:
        return sign_trust(trust or self.trust(), [self.trust_key])

    def pin(self, anchor: AnchorFact | None = None, **changes: Any) -> Pin:
        fact = anchor or self.anchors[-1]
        pin = Pin(
            chain=self.genesis,
            registry=fact.registry,
            origin=self.origin,
            size=fact.size,
            root=fact.root,
            until=100,
        )
        return replace(pin, **changes)

    def key_facts(self) -> tuple[KeyFact, ...]:
        ids = {
            Role.NOTE: KeyId(self.note_key.public),
            Role.RECEIPT: KeyId(self.receipt_key.public),
            Role.ANCHOR: self.anchor_key,
        }
        return tuple(
            KeyFact(key_id=key_id, role=role, not_before=Instant(T0 - 3600), not_after=None, compromised_since=None)
            for role, key_id in ids.items()
        )

    def chain_facts(self, **changes: Any) -> ChainFacts:
        facts = ChainFacts(
            by_service=False,
            chain_id=self.chain_id,
            genesis=self.genesis,
            development=False,
            block=60,
            at=Instant(T0 + 600),
            anchors=tuple(self.anchors),
            keys=self.key_facts(),
        )
        return replace(facts, **changes)

    def link(self, old: int, new: int) -> Link:
        return Link(size=TreeSize(new), path=tiles.consistency_proof(self, TreeSize(old), TreeSize(new)))


def status_facts(*acts: ActFact, pending: Sequence[PendingAct] = (), at: int = 600, **changes: Any) -> StatusFacts:
    facts = StatusFacts(block=60, at=Instant(T0 + at), acts=acts, pending=tuple(pending))
    return replace(facts, **changes)


def act(
    at: int, after: Status, *, batch: bool = False, retroactive: bool = False, since: int | None = None
) -> ActFact:
    """A status act `at` seconds after T0, of a key compromised `since`."""
    return ActFact(
        time=Instant(T0 + at),
        batch=batch,
        after=after,
        retroactive=retroactive,
        reason=Reason.UNSPECIFIED,
        compromised_since=None if since is None else Instant(T0 + since),
    )


def small_office(**changes: Any) -> Office:
    """Three anchored records: a certificate of batch 1 with a term, an award, and a correction of the certificate."""
    office = Office(**changes)
    office.issue(
        {"certificate.number": NUMBER, "document.sha256": digest(DOCUMENT).hex(), "holder.name": "홍길동"},
        batch=1,
        valid_until=parse_instant("2027-02-28T15:00:00Z"),
    )
    office.issue({"award.amount": "702000000"}, kind="procurement/award")
    office.issue({"document.sha256": digest("corrected").hex()}, supersedes=LogIndex(0))
    office.anchor(block=42, time=60)
    return office
