"""From a submission to everything about its record that does not depend on its place in the log.

It runs in the caller's thread: salts, disclosures, commitment and sealing are most of the work of a submission, and
the sequencer is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ledger.errors import FormatError
from ledger.log.intake import Submission
from ledger.log.limits import MAX_DISCLOSURE_BYTES
from ledger.log.sealing import KEY_BYTES, seal
from ledger.ports.records import ONE_RECORD_KINDS
from ledger.records.commitment import commit, next_count, pad_facts
from ledger.records.disclosure import NUMBER_PATH, SALT_BYTES, SHA256_PATH, Fact, disclose
from ledger.records.kinds import is_personal
from ledger.records.number import number_from_random
from ledger.values import Digest32, Instant

Random = Callable[[int], bytes]
"""n bytes from the operating system."""

PERSONAL_COUNTS: Final = (8, 16, 32, 64)
"""Facts of a record about a person: few steps, so that the count tells one person's record from hardly any other."""
_NUMBERS: Final = 10**15
_NUMBER_BYTES: Final = 16
"""128 random bits for a number of 50: what the remainder prefers is beyond noticing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A submission with its number, commitment and sealed facts; `key` is the record's own, and still secret."""

    submission: Submission
    number: str | None
    commitment: Digest32
    facts: int
    sealed: bytes
    key: bytes
    request_digest: Digest32
    idempotency_key: str | None
    batch: int | None
    recorded_at: Instant


def prepare(
    submission: Submission,
    *,
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
    return Prepared(
        submission=submission,
        number=number,
        commitment=commitment.digest,
        facts=count,
        sealed=sealed,
        key=secret[:KEY_BYTES],
        request_digest=request_digest,
        idempotency_key=idempotency_key,
        batch=batch,
        recorded_at=now,
    )
