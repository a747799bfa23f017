"""Verification for whoever asks this service: by the file, by the number, or by evidence.

What cannot be looked up is `not-found`, never `altered`; a chain that does not answer is an error, and then there is
no verdict. The reports carry what chain and service answered, so that the asker can run the checks again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from ledger.errors import ConflictError, InputError
from ledger.ports.chain import Chain
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import Clock
from ledger.ports.records import LogInfo, RecordStore
from ledger.ports.verification import PublicEvidence, StatusHistory
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
        evidence: PublicEvidence,
        records: RecordStore,
        chain_store: ChainStore,
        chain: Chain,
        history: StatusHistory,
        trust: Callable[[], TrustFile],
        clock: Clock,
    ) -> None:
        """Join store, evidence, history and chain; `trust` gives the newest trust file of this service."""
        self._evidence = evidence
        self._records = records
        self._gathering = Gathering(
            records=records, chain_store=chain_store, chain=chain, history=history, clock=clock
        )
        self._trust = trust
        self._clock = clock
        # Reading and judging what this service itself made: one at a time. Each of its many short waits (a row, a
        # signature) gives the interpreter away, and a dozen threads that take it from each other need three times
        # the CPU for one answer. The chain is waited for before, and a stranger's evidence is judged outside of it.
        self._turn = threading.Lock()

    def by_digest(self, digest: Digest32, as_of: Instant | None = None, *, came: float | None = None) -> Report:
        """Verify a file by its SHA-256, 32 bytes; `came`: see `Gathering.hear`.

        Where the same bytes were recorded more than once (by two offices, or as a document and as a step of a
        process), a valid record counts; else the newest.

        Raises:
            InfrastructureError: chain or store does not answer.
        """
        reports = self._looked_up(
            lambda: self._records.find_digest(digest)[-MAX_SAME_DOCUMENT:][::-1],
            document=digest,
            number=None,
            as_of=as_of,
            came=came,
        )
        if not reports:
            return self._not_found("No record of a file with this SHA-256 is in this ledger.", as_of)
        return next((report for report in reports if report.verdict is Verdict.VALID), reports[0])

    def by_number(
        self,
        number: str,
        document: Digest32 | None = None,
        as_of: Instant | None = None,
        *,
        came: float | None = None,
    ) -> Report:
        """Verify a document number in fours, and the file beside it where its SHA-256 is given; `came`: as above.

        Raises:
            InfrastructureError: chain or store does not answer.
        """

        def find() -> Sequence[tuple[int, LogIndex]]:
            found = self._records.find_number(number)
            return [] if found is None else [found]

        reports = self._looked_up(find, document=document, number=number, as_of=as_of, came=came)
        return reports[0] if reports else self._not_found("No record with this number is in this ledger.", as_of)

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
        place, answers = self._place(data), Answers(chain=None, status=None)
        if place is not None:
            head = self._gathering.hear()
            with self._turn, self._gathering.answering(head) as answers_about:
                answers = answers_about(*place)
        return self._judge(data, answers, document=document, number=number, as_of=as_of)

    def _looked_up(
        self,
        find: Callable[[], Sequence[tuple[int, LogIndex]]],
        *,
        document: Digest32 | None,
        number: str | None,
        as_of: Instant | None,
        came: float | None,
    ) -> list[Report]:
        """Verify the records that `find` finds, by `log_no` and index: they are read in one instant, then judged."""
        looked_up: list[tuple[LogInfo, LogIndex, tuple[bytes, Answers] | None]] = []
        reports: list[Report] = []
        head = self._gathering.hear(came)
        with self._turn:
            with self._gathering.answering(head) as answers_about:
                logs = {log.log_no: log for log in self._records.logs()}
                for log_no, index in find():
                    log = logs[log_no]
                    looked_up.append((log, index, self._look_up(log, index, answers_about)))
            for log, index, found in looked_up:
                if found is None:
                    reports.append(self._erased(log, index, as_of))
                    continue
                data, answers = found
                report = self._judge(data, answers, document=document, number=number, as_of=as_of)
                reports.append(replace(report, evidence=data))
        return reports

    def _look_up(
        self, log: LogInfo, index: LogIndex, answers_about: Callable[[LogInfo, LogIndex, TreeSize], Answers]
    ) -> tuple[bytes, Answers] | None:
        """Evidence of a record and what is answered about it; None where the office erased it."""
        try:
            made = self._evidence(log.log_no, index)
        except ConflictError:  # the only reason for which no evidence of a record that is there can be made
            return None
        return made.data, answers_about(log, index, made.size)

    def _judge(
        self, data: bytes, answers: Answers, *, document: Digest32 | None, number: str | None, as_of: Instant | None
    ) -> Report:
        """Run the nineteen checks. The trust file is read last: it knows every key that signed what was read."""
        return verify_evidence(
            data,
            trust=self._trust(),
            document=document,
            number=number,
            as_of=as_of,
            chain=answers.chain,
            status=answers.status,
        )

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
