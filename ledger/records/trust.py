"""Which trust file to believe: the first by its digest, each next by a quorum of the signers of the one before it."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import EvidenceError
from ledger.hashing.digests import sha256
from ledger.records.note import NoteSigner, SignedNote, parse_note, sign_note, verify_signature
from ledger.records.note import find_signature as find
from ledger.records.trust_form import format_trust, parse_trust_text
from ledger.records.trust_values import (
    Pin,
    Signers,
    TrustedChain,
    TrustedKey,
    TrustedLog,
    TrustedRegistry,
    TrustFile,
    ValidatorSet,
)
from ledger.values import Digest32

__all__ = [
    "Pin",
    "Signers",
    "TrustFile",
    "TrustedChain",
    "TrustedKey",
    "TrustedLog",
    "TrustedRegistry",
    "ValidatorSet",
    "check_quorum",
    "format_trust",
    "parse_trust",
    "parse_trust_text",
    "sign_trust",
    "trust_digest",
]


def trust_digest(trust: TrustFile) -> Digest32:
    """SHA-256 of the note's text: how a first file is known, and what the next one names as `previous`."""
    return sha256(format_trust(trust).encode("utf-8"))


def sign_trust(trust: TrustFile, signers: Sequence[NoteSigner]) -> str:
    """The signed note. Where signers change, let the old ones and the new ones sign."""
    return sign_note(format_trust(trust), signers)


def parse_trust(note: str, *, previous: TrustFile | None = None, digest: Digest32 | None = None) -> TrustFile:
    """Read a trust note that the reader chose to believe.

    Args:
        note: the signed note.
        previous: the file that this reader believed until now; the note must follow it (or be it).
        digest: of the note's text, where the reader knows it from elsewhere.

    Without `previous` and `digest` this proves only that the note is whole: a quorum of the signers that it names
    itself signed it. Whether those are the right ones is for who gave it to the reader to answer.

    Raises:
        FormatError: the note or its text is malformed.
        EvidenceError: another digest, another sequence, or too few signatures.
    """
    signed = parse_note(note, where="trust")
    trust = parse_trust_text(signed.text)
    actual = sha256(signed.text.encode("utf-8"))
    if digest is not None and actual != digest:
        raise EvidenceError(
            "The trust file has another digest.", where="trust", expected=digest.hex(), actual=actual.hex()
        )
    if previous is None or actual == trust_digest(previous):
        if digest is None:
            check_quorum(signed, trust.signers)
        return trust
    if trust.sequence <= previous.sequence:
        raise EvidenceError(
            "The trust file is older than one that was seen already.",
            where="trust.sequence",
            expected=str(previous.sequence + 1),
            actual=str(trust.sequence),
        )
    if trust.sequence != previous.sequence + 1 or trust.previous != trust_digest(previous):
        raise EvidenceError(
            "The trust file does not follow the one before it.",
            where="trust.previous",
            fix="Give the files between them, one after the other.",
            expected=f"{previous.sequence + 1} after {trust_digest(previous).hex()}",
            actual=f"{trust.sequence} after {trust.previous.hex() if trust.previous else 'none'}",
        )
    check_quorum(signed, previous.signers)
    return trust


def check_quorum(note: SignedNote, signers: Signers) -> None:
    """Check that enough distinct signers signed; every line by one of them must verify, lines by others don't count.

    Raises:
        EvidenceError: a signature does not verify, or there are too few.
    """
    count = 0
    for vkey in signers.keys:
        if find(note, vkey) is not None:
            verify_signature(note, vkey)
            count += 1
    if count < signers.quorum:
        raise EvidenceError(
            "Too few of its signers signed the trust file.",
            where="trust.signers",
            expected=str(signers.quorum),
            actual=str(count),
        )
