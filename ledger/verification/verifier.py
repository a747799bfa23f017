"""The nineteen checks on one evidence file, in order, and the verdict. Pure: nothing is asked, read or written.

Bad evidence never raises: it fails a check, and the report says which. The arguments are the reader's own (their
trust file, the digest of the file in their hand, the instant that they ask about) and what a chain or a service
answered.
"""

from __future__ import annotations

from ledger.records.disclosure import NUMBER_PATH
from ledger.records.evidence import Evidence
from ledger.records.record import Record
from ledger.records.trust import TrustedKey, TrustFile
from ledger.values import Digest32, Instant, format_instant
from ledger.verification.anchor import Anchored, AnchorQuestion, check_anchor
from ledger.verification.answers import Answers, ChainFacts, Standing, StatusFacts, standing_at
from ledger.verification.document import check_document, check_number, check_other_formats
from ledger.verification.era import check_era, check_fork
from ledger.verification.examination import Examination
from ledger.verification.form import (
    Facts,
    Proof,
    check_commitment,
    check_evidence_form,
    check_facts,
    check_proof_form,
    check_record_form,
)
from ledger.verification.keys import check_key_window
from ledger.verification.notes import StatusNotes, read_status_notes
from ledger.verification.report import About, Report
from ledger.verification.signatures import Issuer, check_issuer, check_signatures, check_witnesses
from ledger.verification.status import Statement, check_in_force, check_status, check_status_proof
from ledger.verification.tree import check_inclusion
from ledger.verification.verdict import derive_verdict

CLAIM_TOLERANCE_S = 300
"""How far `recordedAt` may lie after the record's time before the report says so (design.md, section 3, "Time")."""


class _Found:
    """What the checks established so far; None where the check did not pass."""

    def __init__(self) -> None:
        self.evidence: Evidence | None = None
        self.record: Record | None = None
        self.facts: Facts | None = None
        self.proof: Proof | None = None
        self.issuer: Issuer | None = None
        self.note_key: TrustedKey | None = None
        self.notes: StatusNotes | None = None
        self.anchored: Anchored | None = None
        self.statement: Statement | None = None


def verify_evidence(
    data: bytes,
    *,
    trust: TrustFile | None,
    document: Digest32 | None = None,
    number: str | None = None,
    as_of: Instant | None = None,
    chain: ChainFacts | None = None,
    status: StatusFacts | None = None,
) -> Report:
    """Run all nineteen checks of formats.md, section 8.1.

    Args:
        data: the evidence file's bytes.
        trust: what the reader believes from the start; without it every issuer is unknown.
        document: SHA-256 of the file that the reader holds, 32 bytes, or None.
        number: the document number that the reader asks for, in fours, or None.
        as_of: the instant asked about; None asks at the instant of the status.
        chain: what a chain answered about the record's log, or None where none was asked.
        status: the history that a service answered, or None.

    Returns:
        Every check in order, the verdict, and the instant that it is of. Never raises on bad evidence.
    """
    exam, found = Examination(), _Found()
    _read(exam, found, data)
    _attribute(exam, found, trust)
    _place(exam, found, chain, status, as_of)
    erased = status is not None and status.erased
    if found.facts is not None:
        exam.run(17, check_document, document, found.facts, erased=erased)
        exam.run(18, check_number, number, found.facts, erased=erased)
    if found.evidence is not None:
        exam.run(19, check_other_formats, found.evidence)
    rows = exam.rows()
    asked = {17} if document is not None else set()
    asked |= {18} if number is not None else set()
    asked |= {11} if found.anchored is not None and found.anchored.root is not None else set()
    instant = as_of if as_of is not None else found.statement.instant if found.statement is not None else None
    return Report(
        verdict=derive_verdict(rows, asked),
        as_of=instant,
        checks=rows,
        about=_about(exam, found, instant, chain),
        notes=tuple(_notes(exam, found)),
        answers=Answers(chain=chain, status=status) if chain is not None or status is not None else None,
    )


def _read(exam: Examination, found: _Found, data: bytes) -> None:
    """Checks 1 to 6: the bytes."""
    found.evidence = exam.run(1, check_evidence_form, data)
    if found.evidence is None:
        return
    evidence = found.evidence
    found.record = exam.run(2, check_record_form, evidence.leaf)
    if found.record is not None:
        found.facts = exam.run(3, check_facts, evidence, found.record)
        if found.facts is not None:
            exam.run(4, check_commitment, found.facts, found.record)
    found.proof = exam.run(5, check_proof_form, evidence)
    if found.proof is not None:
        exam.run(6, check_inclusion, evidence.leaf, found.record, found.proof)


def _attribute(exam: Examination, found: _Found, trust: TrustFile | None) -> None:
    """Checks 7 to 9: whose it is."""
    if found.record is None or found.proof is None:
        return
    found.issuer = exam.run(7, check_issuer, trust, found.record, found.proof)
    if found.issuer is not None:
        found.note_key = exam.run(8, check_signatures, found.proof.note, found.issuer)
        exam.run(9, check_witnesses, found.proof.note, found.issuer)


def _place(
    exam: Examination, found: _Found, chain: ChainFacts | None, status: StatusFacts | None, as_of: Instant | None
) -> None:
    """Checks 10 to 16: when, by which keys, and what became of it since."""
    evidence, record, proof, issuer = found.evidence, found.record, found.proof, found.issuer
    if evidence is None or record is None:
        return
    if proof is not None and issuer is not None:
        found.notes = notes = read_status_notes(evidence.status, record, proof, issuer)
        question = AnchorQuestion(
            parts=evidence.chain, proof=proof, issuer=issuer, notes=notes, facts=chain, as_of=as_of
        )
        found.anchored = exam.run(10, check_anchor, question)
        exam.run(11, check_fork, proof.checkpoint, found.anchored, issuer.trust)
        if found.anchored is not None:
            exam.run(12, check_era, evidence.renewals, proof.checkpoint, found.anchored, issuer.trust)
            if found.note_key is not None:
                exam.run(13, check_key_window, found.note_key, found.anchored, issuer, notes, chain)
        found.statement = exam.run(14, check_status_proof, evidence.status, notes, found.anchored, status)
        if found.statement is not None:
            exam.run(15, check_status, found.statement, as_of)
    exam.run(16, check_in_force, record, found.statement, as_of)


def _about(exam: Examination, found: _Found, instant: Instant | None, chain: ChainFacts | None) -> About:
    """What was proved, and nothing else: a file that fails shows no fact of its own."""
    record, proof = found.record, found.proof
    if record is None or proof is None or not all(map(exam.passed, (2, 6, 7, 8))):
        return About()
    facts = found.facts if exam.passed(4) else None
    anchored, standing = found.anchored, _standing(found.statement, instant)
    return About(
        origin=proof.checkpoint.origin,
        agency=record.agency,
        index=proof.proof.index,
        kind=record.kind,
        recorded_at=record.recorded_at,
        anchored_at=None if anchored is None else anchored.record_time,
        anchored_or_earlier=anchored is not None and anchored.or_earlier,
        valid_from=record.valid_from,
        valid_until=record.valid_until,
        number=None if facts is None else facts.text_at(NUMBER_PATH),
        changed_at=None if standing is None else standing.since,
        from_the_start=standing is not None and standing.retroactive,
        due=None if chain is None else chain.due,
        withheld=0 if facts is None else facts.withheld,
    )


def _standing(statement: Statement | None, instant: Instant | None) -> Standing | None:
    if statement is None or statement.facts is None or instant is None or instant > statement.facts.at:
        return None
    return standing_at(statement.facts, instant)


def _notes(exam: Examination, found: _Found) -> list[str]:
    """Sentences that the reader must not miss, beside the rows."""
    notes: list[str] = []
    anchored, record, issuer = found.anchored, found.record, found.issuer
    if anchored is not None and anchored.chain.one_operator:
        notes.append(
            f"One operator runs chain {anchored.chain.chain_id} alone: it proves nothing against that operator."
        )
    if anchored is not None and record is not None and issuer is not None and anchored.record_time is not None:
        earliest = anchored.record_time - issuer.log.max_delay_s
        if not earliest <= record.recorded_at <= anchored.record_time + CLAIM_TOLERANCE_S:
            notes.append(
                f"The office says that it recorded this at {format_instant(record.recorded_at)}; the anchor is of "
                f"{format_instant(anchored.record_time)}. The anchor counts."
            )
    if exam.passed(8) and not exam.passed(17):
        notes.append("This is about the record; no document was compared with it.")
    if exam.passed(8):
        notes.append("This proves when it was recorded and by whom, not whether what it says is true.")
    return notes
