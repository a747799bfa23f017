"""Checks 1 to 5: whether the bytes are what they say they are. Everything here is computed on this device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from ledger.errors import FormatError, UnknownVersionError
from ledger.hashing.canonical import encode, parse
from ledger.hashing.encodings import b64u_encode
from ledger.merkle.tree import tree_head
from ledger.records.checkpoint import Checkpoint, parse_checkpoint
from ledger.records.disclosure import Disclosure
from ledger.records.evidence import MAX_BYTES, Evidence, parse_evidence
from ledger.records.note import SignedNote, parse_note
from ledger.records.record import Record, parse_record
from ledger.records.tlog_proof import TlogProof, parse_tlog_proof
from ledger.values import Digest32
from ledger.verification.examination import Passed, RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """Evidence whose outer form is right. `fault` is why its facts can't be read, or None: that is check 3's."""

    evidence: Evidence
    fault: FormatError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The log proof taken apart; nothing of it is proved yet."""

    proof: TlogProof
    note: SignedNote
    checkpoint: Checkpoint


def check_evidence_form(data: bytes) -> Passed[Outer]:
    """1: the file is canonical JSON with the members of `evidence/v1` and no others."""
    try:
        outer = Outer(evidence=parse_evidence(data), fault=None)
    except UnknownVersionError:
        raise
    except FormatError as error:
        # A malformed fact is a matter of check 3: read the rest without the facts, and leave the fault to it.
        outer = Outer(evidence=parse_evidence(_without_facts(data, error)), fault=error)
    return Passed(value=outer, text=f"{len(data)} bytes of evidence/v1 in canonical form.")


def _without_facts(data: bytes, error: FormatError) -> bytes:
    if not (error.where or "").startswith("facts["):
        raise error
    members = parse(data, limit=MAX_BYTES, where="evidence")
    if not isinstance(members, Mapping) or not isinstance(facts := members.get("facts"), list):
        raise error
    return encode({**members, "facts": [{"h": b64u_encode(bytes(32))} for _ in facts]})


def check_record_form(leaf: bytes) -> Passed[Record]:
    """2: the record is canonical JSON with the members of version 1 and no others."""
    record = parse_record(leaf)
    return Passed(value=record, text=f"A record of kind {record.kind} with {record.facts} facts.")


def check_facts(outer: Outer, record: Record) -> Passed[tuple[Disclosure, ...]]:
    """3: as many facts as the record says; each disclosed one is well formed, in order of paths, none twice."""
    if outer.fault is not None:
        raise outer.fault
    facts = outer.evidence.facts
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
    withheld = len(facts) - len(disclosed)
    return Passed(value=disclosed, text=f"{len(disclosed)} facts are disclosed and {withheld} withheld.")


def check_commitment(evidence: Evidence, record: Record) -> Passed[None]:
    """4: the tree head over the facts is the record's commitment (RFC 9162, section 2.1.1)."""
    head = Digest32(tree_head([fact.leaf_hash for fact in evidence.facts]))
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
