"""Verification for whoever asks this service: by the file, by the number, or by evidence.

What cannot be looked up is `not-found`, never `altered`; a chain that does not answer is an error, and then there is
no verdict. The reports carry what chain and service answered, so that the asker can run the checks again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ledger.errors import ConflictError, InputError, NotFoundError
from ledger.ports.chain import Chain
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import Clock
from ledger.ports.records import LogInfo, RecordStore
from ledger.ports.verification import FoundRecord, PublicEvidence, RecordFinder, StatusHistory
from ledger.records.checkpoint import parse_checkpoint
from ledger.records.evidence import parse_evidence
from ledger.records.note import parse_note
from ledger.records.tlog_proof import parse_tlog_proof
from ledger.records.trust import TrustFile
from ledger.values import Digest32, Instant, LogIndex, TreeSize, Verdict
from ledger.verification.answers import Answers
from ledger.verification.examination import unexamined
from ledger.verification.gathering import Gathering
from ledger.verification.report import About, Report
from ledger.verification.verifier import verify_evidence

MAX_SAME_DOCUMENT: Final = 16
"""Most records of one document that a look-up verifies, newest first: more would let one file cost a second."""


class Verification:
    """Answers verifications with this service's own trust file, chain and history."""

    def __init__(
        self,
        *,
        finder: RecordFinder,
        evidence: PublicEvidence,
        records: RecordStore,
        chain_store: ChainStore,
        chain: Chain,
        history: StatusHistory,
        trust: Callable[[], TrustFile],
        clock: Clock,
    ) -> None:
        """Join look-up, evidence, history and chain; `trust` gives the newest trust file of this service."""
        self._finder = finder
        self._evidence = evidence
        self._records = records
        self._gathering = Gathering(
            records=records, chain_store=chain_store, chain=chain, history=history, clock=clock
        )
        self._trust = trust
        self._clock = clock

    def by_digest(self, digest: Digest32, as_of: Instant | None = None) -> Report:
        """Verify a file by its SHA-256, 32 bytes.

        Where the same bytes were recorded more than once (by two offices, or as a document and as a step of a
        process), a valid record counts; else the newest.

        Raises:
            InfrastructureError: chain or store does not answer.
        """
        try:
            found = list(self._finder.by_digest(digest))
        except NotFoundError:
            found = []
        reports = [
            self._of_record(record, document=digest, number=None, as_of=as_of)
            for record in found[-MAX_SAME_DOCUMENT:][::-1]
        ]
        if not reports:
            return self._not_found("No record of a file with this SHA-256 is in this ledger.", as_of)
        return next((report for report in reports if report.verdict is Verdict.VALID), reports[0])

    def by_number(self, number: str, document: Digest32 | None = None, as_of: Instant | None = None) -> Report:
        """Verify a document number in fours, and the file beside it where its SHA-256 is given.

        Raises:
            InfrastructureError: chain or store does not answer.
        """
        try:
            found = self._finder.by_number(number)
        except NotFoundError:
            return self._not_found("No record with this number is in this ledger.", as_of)
        return self._of_record(found, document=document, number=number, as_of=as_of)

    def by_evidence(
        self,
        data: bytes,
        document: Digest32 | None = None,
        number: str | None = None,
        as_of: Instant | None = None,
    ) -> Report:
        """Verify evidence that somebody brought, against today's chain and status where its log is ours.

        Raises:
            InfrastructureError: chain or store does not answer.
        """
        place = self._place(data)
        answers = Answers(chain=None, status=None) if place is None else self._gathering.answers(*place)
        return verify_evidence(
            data,
            trust=self._trust(),
            document=document,
            number=number,
            as_of=as_of,
            chain=answers.chain,
            status=answers.status,
        )

    def _of_record(
        self, found: FoundRecord, *, document: Digest32 | None, number: str | None, as_of: Instant | None
    ) -> Report:
        log, index = found.log, found.index
        try:
            data = self._evidence(log.log_no, index)
        except ConflictError:  # the only reason for which no evidence of a record that was found can be made
            return self._erased(log, index, as_of)
        report = self.by_evidence(data, document=document, number=number, as_of=as_of)
        return replace(report, evidence=data)

    def _place(self, data: bytes) -> tuple[LogInfo, LogIndex, TreeSize] | None:
        """Which log, index and size the evidence claims, where the log is ours; None elsewhere or unreadable."""
        try:
            proof = parse_tlog_proof(parse_evidence(data).log)
            checkpoint = parse_checkpoint(parse_note(proof.checkpoint).text)
        except InputError:
            return None  # whatever is wrong with it is for the numbered checks to name
        log = next((log for log in self._records.logs() if log.origin == checkpoint.origin), None)
        if log is None or proof.index >= checkpoint.size:
            return None
        return log, proof.index, checkpoint.size

    def _not_found(self, why: str, as_of: Instant | None) -> Report:
        return Report(
            verdict=Verdict.NOT_FOUND,
            as_of=self._clock() if as_of is None else as_of,
            checks=unexamined(why),
            about=About(),
            notes=(why,),
        )

    def _erased(self, log: LogInfo, index: LogIndex, as_of: Instant | None) -> Report:
        why = "The office erased what it kept of this record, so there is nothing to compare with."
        return Report(
            verdict=Verdict.ERASED,
            as_of=self._clock() if as_of is None else as_of,
            checks=unexamined(why),
            about=About(origin=log.origin, agency=log.agency, index=index),
            notes=(why, "Evidence in a holder's own hand is still judged by all checks."),
        )
