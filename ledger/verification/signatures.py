"""Checks 7 to 9: whose log it is, who signed its checkpoint, and which witnesses saw it."""

from __future__ import annotations

from ledger.errors import EvidenceError
from ledger.plain import dataclass
from ledger.records.checkpoint import parse_checkpoint
from ledger.records.note import (
    Algorithm,
    Signature,
    SignedNote,
    VerifierKey,
    parse_note,
    verify_cosignature,
    verify_signature,
)
from ledger.records.origin import parse_origin
from ledger.records.record import Record
from ledger.records.trust import TrustedKey, TrustedLog, TrustFile
from ledger.values import TreeSize, Verdict, format_instant
from ledger.verification.examination import Passed, RefusedError
from ledger.verification.form import Proof
from ledger.verification.report import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The log as the reader's trust file has it."""

    trust: TrustFile
    log: TrustedLog


def check_issuer(trust: TrustFile | None, record: Record, proof: Proof) -> Passed[Issuer]:
    """7: the trust file knows the log, and record, origin and trust file name the same agency."""
    origin = proof.checkpoint.origin
    if trust is None:
        raise RefusedError(
            "No trust file was given, so no issuer is known here.",
            demands=Verdict.UNKNOWN_ISSUER,
            actual=origin,
        )
    log = trust.log(origin)
    if log is None:
        raise RefusedError(
            f"The trust file of {format_instant(trust.issued_at)} does not know this log.",
            demands=Verdict.UNKNOWN_ISSUER,
            actual=origin,
            source=Source.TRUST_FILE,
        )
    agency = parse_origin(origin).agency
    if not record.agency == agency == log.agency:
        raise RefusedError(
            "Record, log and trust file name different agencies.",
            expected=log.agency,
            actual=f"{record.agency} in the record, {agency} in the log's name",
            source=Source.TRUST_FILE,
        )
    text = f"The log is {origin} of agency {agency}, as known at {format_instant(trust.issued_at)}."
    return Passed(value=Issuer(trust=trust, log=log), text=text, source=Source.TRUST_FILE)


def _matches(signature: Signature, vkey: VerifierKey) -> bool:
    return (signature.name, signature.key_id) == (vkey.name, vkey.key_id)


def check_signatures(note: SignedNote, issuer: Issuer) -> Passed[TrustedKey]:
    """8: exactly one line is by a note key of the log and verifies; every other line is by one of its witnesses.

    Returns in `value` the note key; whether it was in its window is check 13.
    """
    signed_by: list[TrustedKey] = []
    for signature in note.signatures:
        mine = [key for key in issuer.log.note_keys if key.vkey is not None and _matches(signature, key.vkey)]
        signed_by.extend(mine)
        if not mine and not any(_matches(signature, witness) for witness in issuer.log.witnesses):
            raise RefusedError(
                "A signature is by a key that the trust file does not know.",
                demands=Verdict.UNKNOWN_ISSUER,
                actual=f"{signature.name}+{signature.key_id.hex()}",
                source=Source.TRUST_FILE,
            )
    if len(signed_by) != 1 or signed_by[0].vkey is None:
        raise RefusedError(
            "The checkpoint needs exactly one signature by the log.",
            expected="1",
            actual=str(len(signed_by)),
            source=Source.TRUST_FILE,
        )
    vkey = signed_by[0].vkey
    verify_signature(note, vkey)
    return Passed(
        value=signed_by[0], text="The log signed the checkpoint.", actual=vkey.text, source=Source.TRUST_FILE
    )


def check_witnesses(note: SignedNote, issuer: Issuer) -> Passed[int]:
    """9: every cosignature verifies, and distinct witness keys reach the log's quorum."""
    seen: set[bytes] = set()
    for witness in issuer.log.witnesses:
        if any(_matches(signature, witness) for signature in note.signatures):
            if witness.algorithm is Algorithm.COSIGNATURE:
                verify_cosignature(note, witness)
            else:
                raise RefusedError("A witness's key is not one of cosignature/v1.", actual=witness.text)
            seen.add(witness.public)
    quorum = issuer.log.quorum
    if len(seen) < quorum:
        raise RefusedError(
            "Too few witnesses cosigned the checkpoint.",
            demands=Verdict.CANNOT_CHECK,
            expected=str(quorum),
            actual=str(len(seen)),
            source=Source.TRUST_FILE,
        )
    text = f"{len(seen)} of the {quorum} witnesses that the trust file asks for cosigned."
    if quorum == 0:
        text = f"The trust file asks for no witness; {len(seen)} cosigned."
    return Passed(value=len(seen), text=text, source=Source.TRUST_FILE)


def verify_checkpoint(text: str, origin: str, trust: TrustFile | None) -> TreeSize:
    """Check that a log that the trust file knows signed a checkpoint; returns its size.

    Raises:
        EvidenceError: no trust file, another log, or a signature that is unknown or does not verify.
        FormatError: the note is malformed.
    """
    note = parse_note(text, where="checkpoint")
    checkpoint = parse_checkpoint(note.text)
    log = None if trust is None else trust.log(checkpoint.origin)
    if log is None or trust is None or checkpoint.origin != origin:
        raise EvidenceError("The trust file does not know the log of this checkpoint.", actual=checkpoint.origin)
    check_signatures(note, Issuer(trust=trust, log=log))
    return checkpoint.size
