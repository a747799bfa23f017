"""Checks 1 to 5: whether the bytes are what they say they are. Everything here is computed on this device."""

from __future__ import annotations

from itertools import pairwise

from ledger.errors import UnknownVersionError
from ledger.merkle.tree import tree_head
from ledger.plain import dataclass
from ledger.records.checkpoint import Checkpoint, parse_checkpoint
from ledger.records.disclosure import Disclosure
from ledger.records.evidence import Evidence, Malformed, Withheld, parse_evidence
from ledger.records.note import SignedNote, parse_note
from ledger.records.record import Record, parse_record
from ledger.records.tlog_proof import TlogProof, parse_tlog_proof
from ledger.values import Digest32
from ledger.verification.examination import Passed, RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts of a record: all in order, and those that are disclosed."""

    all: tuple[Disclosure | Withheld, ...]
    disclosed: tuple[Disclosure, ...]

    @property
    def withheld(self) -> int:
        """How many the holder keeps back."""
        return len(self.all) - len(self.disclosed)

    def text_at(self, path: str) -> str | None:
        """The disclosed text of a path; None where it is withheld, or not there, or no text."""
        for fact in self.disclosed:
            if fact.path == path and isinstance(fact.value, str):
                return fact.value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The log proof taken apart; nothing of it is proved yet."""

    proof: TlogProof
    note: SignedNote
    checkpoint: Checkpoint


def check_evidence_form(data: bytes) -> Passed[Evidence]:
    """1: the file is canonical JSON with the members of `evidence/v1` and no others."""
    return Passed(value=parse_evidence(data), text=f"{len(data)} bytes of evidence/v1 in canonical form.")


def check_record_form(leaf: bytes) -> Passed[Record]:
    """2: the record is canonical JSON with the members of version 1 and no others."""
    record = parse_record(leaf)
    return Passed(value=record, text=f"A record of kind {record.kind} with {record.facts} facts.")


def check_facts(evidence: Evidence, record: Record) -> Passed[Facts]:
    """3: as many facts as the record says; each disclosed one is well formed, in order of paths, none twice."""
    facts = evidence.facts
    readable: list[Disclosure | Withheld] = []
    for fact in facts:
        if isinstance(fact, Malformed):
            raise fact.problem
        readable.append(fact)
    if len(facts) != record.facts:
        raise RefusedError(
            "The number of facts is not the record's.", expected=str(record.facts), actual=str(len(facts))
        )
    disclosed = tuple(fact for fact in facts if isinstance(fact, Disclosure))
    # Paths are ASCII, so the order of characters is the order of bytes.
    for one, following in pairwise(disclosed):
        if one.path >= following.path:
            raise RefusedError(
                "The facts are not in order of their paths.",
                expected=f"a path after {one.path}",
                actual=following.path,
            )
    found = Facts(all=tuple(readable), disclosed=disclosed)
    return Passed(value=found, text=f"{len(disclosed)} facts are disclosed and {found.withheld} withheld.")


def check_commitment(facts: Facts, record: Record) -> Passed[None]:
    """4: the tree head over the facts is the record's commitment (RFC 9162, section 2.1.1)."""
    head = Digest32(tree_head([fact.leaf_hash for fact in facts.all]))
    if head != record.commitment:
        raise RefusedError(
            "The facts are not those that the record commits to.", expected=record.commitment.hex(), actual=head.hex()
        )
    return Passed(value=None, text="The facts are those that the record commits to.", actual=head.hex())


def check_proof_form(evidence: Evidence) -> Passed[Proof]:
    """5: the log proof is a `tlog-proof@v1` that ends in a checkpoint of three lines."""
    try:
        parsed = parse_tlog_proof(evidence.log)
    except UnknownVersionError as error:
        # Unlike evidence and record, the table of section 8.1 has no other verdict for this check than `altered`.
        raise RefusedError(error.what, expected="c2sp.org/tlog-proof@v1") from error
    note = parse_note(parsed.checkpoint, where="log checkpoint")
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.size == 0:
        raise RefusedError("A checkpoint of size 0 proves nothing and is never in evidence.", expected="1 or more")
    text = f"Index {parsed.index} in a checkpoint of size {checkpoint.size} of {checkpoint.origin}."
    return Passed(value=Proof(proof=parsed, note=note, checkpoint=checkpoint), text=text)
