"""From a submission to everything about its record that does not depend on its place in the log.

It runs in the caller's thread, or, in bulk, in another process: salts, disclosures, commitment, sealing and the
record's bytes are most of the work of a submission, and the sequencer is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from ledger.errors import FormatError
from ledger.log.intake import Submission
from ledger.log.limits import MAX_DISCLOSURE_BYTES
from ledger.log.sealing import KEY_BYTES, seal
from ledger.merkle.nodes import leaf_hash
from ledger.ports.records import ONE_RECORD_KINDS
from ledger.records.commitment import commit, next_count, pad_facts
from ledger.records.disclosure import NUMBER_PATH, SALT_BYTES, SHA256_PATH, Fact, disclose
from ledger.records.kinds import is_personal
from ledger.records.number import number_from_random
from ledger.records.record import Record, encode_record
from ledger.values import AgencyCode, Digest32, Instant, LeafHash, LogIndex

Random = Callable[[int], bytes]
"""n bytes from the operating system."""

PERSONAL_COUNTS: Final = (8, 16, 32, 64)
"""Facts of a record about a person: few steps, so that the count tells one person's record from hardly any other."""
_NUMBERS: Final = 10**15
_NUMBER_BYTES: Final = 16
"""128 random bits for a number of 50: what the remainder prefers is beyond noticing."""


class Prepared(NamedTuple):
    """A submission with its number, sealed facts and the record's bytes. A plain tuple: it crosses a pipe.

    Attributes:
        number: given or drawn; None where the kind has none.
        asked: whether the clerk gave the number.
        process_seq: as the clerk asked; None: the next one. Meaningless without `process_id`.
        gap: whether numbers of the process may be left out.
        leaf: the record's bytes, still without `process`, since its number is drawn by the sequencer.
        leaf_hash: of `leaf`; hashed here, since the sequencer is one and callers are many.
        sealed: the facts, encrypted under `key`, which is the record's own, and still secret.
    """

    kind: str
    sha256: Digest32 | None
    number: str | None
    asked: bool
    process_id: str | None
    process_seq: int | None
    gap: bool
    supersedes: LogIndex | None
    leaf: bytes
    leaf_hash: LeafHash
    sealed: bytes
    key: bytes
    request_digest: Digest32
    idempotency_key: str | None
    batch: int | None


def prepare(
    submission: Submission,
    *,
    agency: AgencyCode,
    idempotency_key: str | None,
    request_digest: Digest32,
    batch: int | None,
    now: Instant,
    random: Random,
) -> Prepared:
    """Draw what must be drawn, and commit to it.

    Raises:
        FormatError: the facts are too many or too long together.
    """
    number = submission.number
    if number is None and submission.kind in ONE_RECORD_KINDS:
        number = number_from_random(int.from_bytes(random(_NUMBER_BYTES), "big") % _NUMBERS)
    facts = list(submission.facts)
    if submission.sha256 is not None:
        facts.append(Fact(path=SHA256_PATH, value=submission.sha256.hex()))
    if number is not None:
        facts.append(Fact(path=NUMBER_PATH, value=number))
    count = next_count(len(facts))
    if is_personal(submission.kind):
        count = next(step for step in PERSONAL_COUNTS if step >= count)
    secret = random(KEY_BYTES + count * SALT_BYTES)
    salts = range(KEY_BYTES, len(secret), SALT_BYTES)
    padded = pad_facts(facts, count) if len(facts) < count else facts
    commitment = commit(
        [disclose(fact, secret[at : at + SALT_BYTES]) for fact, at in zip(padded, salts, strict=True)]
    )
    sealed = seal(commitment.disclosures, key=secret[:KEY_BYTES], commitment=commitment.digest)
    if len(sealed) > MAX_DISCLOSURE_BYTES:
        raise FormatError(
            f"The facts have {len(sealed)} bytes together; at most {MAX_DISCLOSURE_BYTES} fit into evidence.",
            where="facts",
        )
    record = Record(
        agency=agency,
        commitment=commitment.digest,
        facts=count,
        kind=submission.kind,
        recorded_at=now,
        batch=batch,
        supersedes=submission.supersedes,
        valid_from=submission.valid_from,
        valid_until=submission.valid_until,
    )
    step, leaf = submission.process, encode_record(record)
    return Prepared(
        kind=submission.kind,
        sha256=submission.sha256,
        number=number,
        asked=submission.number is not None,
        process_id=None if step is None else step.id,
        process_seq=None if step is None else step.seq,
        gap=step is not None and step.gap,
        supersedes=submission.supersedes,
        leaf=leaf,
        leaf_hash=leaf_hash(leaf),
        sealed=sealed,
        key=secret[:KEY_BYTES],
        request_digest=request_digest,
        idempotency_key=idempotency_key,
        batch=batch,
    )
