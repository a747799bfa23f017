"""Rechecks an export offline: every step's evidence by the nineteen checks, and the list of steps by what is there.

An export proves each step that is in it. It proves no absence: whether later steps exist is not known from it, and
the trace says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.errors import EvidenceError, InputError
from ledger.procurement.export import Export, ExportedStep, Head
from ledger.procurement.trace import Entry, Trace, trace
from ledger.records.checkpoint import parse_checkpoint
from ledger.records.disclosure import Disclosure
from ledger.records.evidence import parse_evidence
from ledger.records.note import parse_note
from ledger.records.record import parse_record
from ledger.records.tlog_proof import parse_tlog_proof
from ledger.records.trust import TrustFile
from ledger.values import TreeSize, Verdict
from ledger.verification.report import Report
from ledger.verification.signatures import verify_checkpoint
from ledger.verification.verifier import verify_evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """A trace recomputed from an export, and the report on each step in the file's order."""

    trace: Trace
    reports: tuple[Report, ...]

    @property
    def holds(self) -> bool:
        """Whether every step is valid and none is missing or wrong."""
        valid = all(report.verdict is Verdict.VALID for report in self.reports)
        return valid and bool(self.reports) and not self.trace.missing and not self.trace.problems


def recheck(export: Export, trust: TrustFile | None) -> Rechecked:
    """Verify every step and put them in order; never raises on a bad export.

    Args:
        export: the export, well formed.
        trust: what the reader believes; without it every issuer is unknown.
    """
    problems = list(_not_as_listed(export))
    reports: list[Report] = []
    entries: list[Entry] = []
    for step in export.steps:
        report = verify_evidence(step.evidence, trust=trust)
        reports.append(report)
        entry = _entry(export, step, report, trust, problems)
        if entry is not None:
            entries.append(entry)
        if report.verdict is not Verdict.VALID:
            problems.append(f"The evidence of step {step.place.seq} is {report.verdict.value}.")
    problems += [why for head in export.heads for why in _head_problems(head, trust)]
    listed = [place.seq for place in export.listed]
    return Rechecked(
        trace=trace(export.process_id, entries, expected=listed, problems=problems), reports=tuple(reports)
    )


def _not_as_listed(export: Export) -> Iterator[str]:
    """Steps that the export lists and does not hold, or holds and does not list, or holds twice."""
    held = [step.place for step in export.steps]
    for place in export.listed:
        if place not in held:
            yield f"Step {place.seq} (entry {place.index} of {place.origin}) is listed and is not in the file."
    for place in held:
        if place not in export.listed:
            yield f"Step {place.seq} (entry {place.index} of {place.origin}) is in the file and is not listed."
    for place in sorted(set(held), key=lambda place: (place.seq, place.origin, place.index)):
        if held.count(place) > 1:
            yield f"Step {place.seq} is in the file {held.count(place)} times."


def _entry(
    export: Export, step: ExportedStep, report: Report, trust: TrustFile | None, problems: list[str]
) -> Entry | None:
    """The step as its evidence has it; None where the evidence is of another step or can't be read."""
    place = step.place
    try:
        evidence = parse_evidence(step.evidence)
        record, proof = parse_record(evidence.leaf), parse_tlog_proof(evidence.log)
        origin = parse_checkpoint(parse_note(proof.checkpoint).text).origin
    except InputError:
        return None  # the report on it says what is wrong
    process = record.process
    if process is None or (process.id, process.seq, origin, proof.index) != (
        export.process_id,
        place.seq,
        place.origin,
        place.index,
    ):
        problems.append(f"The evidence of step {place.seq} is of another record.")
        return None
    log = None if trust is None else trust.log(origin)
    return Entry(
        origin=origin,
        index=proof.index,
        record=record,
        disclosed=tuple(fact for fact in evidence.facts if isinstance(fact, Disclosure)),
        accepted_at=step.accepted_at,
        anchored_at=report.about.anchored_at,
        or_earlier=report.about.anchored_or_earlier,
        max_delay_s=0 if log is None else log.max_delay_s,
        verdict=report.verdict,
    )


def _head_problems(head: Head, trust: TrustFile | None) -> Iterator[str]:
    try:
        size = verify_checkpoint(head.checkpoint, head.origin, trust)
    except (EvidenceError, InputError) as error:
        yield f"The head of {head.origin} does not hold: {error}"
    else:
        if size < TreeSize(1):
            yield f"The head of {head.origin} is empty."
