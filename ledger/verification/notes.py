"""The office's signed notes in evidence: status notes, and the anchor note beside a reference.

They are verified once, before the numbered checks that rest on them: check 10 needs to know that a status note holds,
and check 14 reports why one does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import EvidenceError, InputError, SillokError
from ledger.plain import dataclass
from ledger.records.anchor_note import AnchorNote, parse_anchor_note, parse_anchor_part
from ledger.records.evidence import Part, part_format
from ledger.records.note import SignedNote, find_signature, parse_note, verify_signature
from ledger.records.parts import NOTE, parse_status_part
from ledger.records.record import Record
from ledger.records.status_note import StatusNote, parse_status_note
from ledger.records.trust import TrustedKey
from ledger.values import Instant, Verdict, format_instant
from ledger.verification.examination import RefusedError, UnansweredError
from ledger.verification.form import Proof
from ledger.verification.report import Source
from ledger.verification.signatures import Issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNotes:
    """The status notes that verified, newest last; or why one of them did not, and then none counts."""

    verified: tuple[StatusNote, ...] = ()
    fault: SillokError | None = None

    @property
    def newest(self) -> StatusNote | None:
        """The note of the highest block; None where there is none."""
        return self.verified[-1] if self.verified else None

    def on_chain(self, genesis: bytes) -> StatusNote | None:
        """The newest note about this chain; None where there is none."""
        return next((note for note in reversed(self.verified) if note.genesis == genesis), None)


def read_status_notes(parts: Sequence[Part], record: Record, proof: Proof, issuer: Issuer) -> StatusNotes:
    """Verify every `note/v1` part; each that is there must verify."""
    try:
        notes = [_status_note(part, record, proof, issuer) for part in parts if part_format(part) == NOTE]
    except (RefusedError, UnansweredError, EvidenceError, InputError) as error:
        return StatusNotes(fault=error)
    return StatusNotes(verified=tuple(sorted(notes, key=lambda note: (note.block_number, note.block_time))))


def _status_note(part: Part, record: Record, proof: Proof, issuer: Issuer) -> StatusNote:
    signed = parse_note(parse_status_part(part), where="status note")
    # Signed before read: a version that nobody signed is an edited note, and not one of a later version.
    key = _signed_by(signed, issuer, "status note")
    note = parse_status_note(signed.text)
    if (note.origin, note.index) != (proof.checkpoint.origin, proof.proof.index):
        raise RefusedError(
            "The status note is about another record.",
            expected=f"{proof.checkpoint.origin} {proof.proof.index}",
            actual=f"{note.origin} {note.index}",
        )
    if (note.batch_status is None) != (record.batch is None):
        raise RefusedError(
            "The status note names a batch status exactly where the record has a batch.",
            expected="none" if record.batch is None else f"a status of batch {record.batch}",
            actual="none" if note.batch_status is None else note.batch_status.name.lower(),
        )
    _check_window(key, note.block_time, "status note")
    chain = issuer.trust.chain(note.genesis)
    if chain is None or note.genesis not in issuer.log.chains:
        raise UnansweredError(
            "The status note is about a chain that the trust file does not know for this log.",
            demands=Verdict.CANNOT_CHECK,
            source=Source.TRUST_FILE,
        )
    if chain.chain_id != note.chain_id:
        raise RefusedError(
            "The status note gives the chain another id.",
            expected=str(chain.chain_id),
            actual=str(note.chain_id),
            source=Source.TRUST_FILE,
        )
    return note


def read_anchor_note(part: Part, issuer: Issuer, moment: Instant) -> AnchorNote:
    """Verify an `anchor-note/v1` part; `moment` is the instant at which its key must be in window.

    Raises:
        RefusedError: not signed by exactly one receipt key of the log that is in window.
        FormatError: malformed.
    """
    signed = parse_note(parse_anchor_part(part), where="anchor note")
    key = _signed_by(signed, issuer, "anchor note")
    note = parse_anchor_note(signed.text)
    _check_window(key, moment, "anchor note")
    return note


def _signed_by(note: SignedNote, issuer: Issuer, what: str) -> TrustedKey:
    """The receipt key of the log whose signature is the note's only one, and verifies."""
    keys = [key for key in issuer.log.receipt_keys if key.vkey is not None and find_signature(note, key.vkey)]
    if not keys:
        raise RefusedError(
            f"The {what} is signed by a key that the trust file does not know.",
            demands=Verdict.UNKNOWN_ISSUER,
            actual=note.signatures[0].name,
            source=Source.TRUST_FILE,
        )
    if len(note.signatures) != 1 or keys[0].vkey is None:
        raise RefusedError(f"The {what} needs exactly one signature.", expected="1", actual=str(len(note.signatures)))
    verify_signature(note, keys[0].vkey)
    return keys[0]


def _check_window(key: TrustedKey, moment: Instant, what: str) -> None:
    """Refuse a key that was not in its window [from, until) at `moment`, or compromised by then."""
    if not key.in_window(moment):
        raise RefusedError(
            f"The key of the {what} was not in its window.",
            demands=Verdict.UNKNOWN_ISSUER,
            expected=window_text(key),
            actual=format_instant(moment),
            source=Source.TRUST_FILE,
        )


def window_text(key: TrustedKey) -> str:
    """A key's window in words."""
    until = "" if key.until is None else f" until {format_instant(key.until)}"
    void = "" if key.compromised_since is None else f", compromised since {format_instant(key.compromised_since)}"
    return f"from {format_instant(key.from_)}{until}{void}"
