"""Issuing: from a clerk's submission to a record with a receipt, one by one or as a job of many lines.

A submission is parsed and prepared in the caller's thread and handed to the sequencer of the agency's newest log.
A job is one issuing batch: its lines have the idempotency keys `job/line`, so that sending them again, from any line
on, after any failure, gives the records that are there and goes on with the rest.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from ledger.errors import FormatError, InputError, NotFoundError, StoreError
from ledger.log.accepted import Accepted, LineResult, as_accepted, load_known
from ledger.log.admission import StatusOf
from ledger.log.bulk import Job
from ledger.log.intake import Submission
from ledger.log.limits import MAX_NAME
from ledger.log.making import Known
from ledger.log.preparing import Random, prepare
from ledger.log.sequencer import Outcome, Sequencer
from ledger.log.workers import Workers
from ledger.ports.keys import Clock, Keyring, RecordKeys
from ledger.ports.records import LogInfo, RecordStore
from ledger.values import AgencyCode

_NAME: Final = re.compile(r"[!-~]+", re.ASCII)
_LOADERS: Final = 2
"""Threads that load records for retries: the sequencer must not wait for reads."""


class Issuance:
    """Takes submissions for every agency of this service."""

    def __init__(
        self,
        *,
        records: RecordStore,
        record_keys: RecordKeys,
        keyring: Keyring,
        clock: Clock,
        status_of: StatusOf,
        is_open: Callable[[LogInfo], bool] = lambda log: True,
        workers: int = 0,
        random: Random = os.urandom,
    ) -> None:
        """Nothing runs before `start`.

        Args:
            records: the store.
            record_keys: the key store.
            keyring: for the NOTE and RECEIPT keys.
            clock: for recordedAt and signedAt.
            status_of: what the service answers as a record's status now.
            is_open: whether the chain lets this log be anchored; asked at start only.
            workers: processes that make records of large jobs beside this one; as many as there are cores is best.
            random: bytes from the operating system.
        """
        self._records = records
        self._record_keys = record_keys
        self._keyring = keyring
        self._clock = clock
        self._status_of = status_of
        self._is_open = is_open
        self._random = random
        self._workers = Workers(workers, random)
        self._sequencers: dict[AgencyCode, Sequencer] = {}
        self._halted: dict[int, StoreError] = {}
        self._loaders = ThreadPoolExecutor(_LOADERS, thread_name_prefix="retries")

    def start(self) -> None:
        """Take the writer's place of each agency's newest log, if that is open.

        Raises:
            StoreError: another process writes to one of them.
        """
        for log in self._newest():
            if log.log_no not in self._halted and self._is_open(log):
                self.adopt(log)

    def stop(self) -> None:
        """Commit what waits, then give every writer's place back."""
        for sequencer in self._sequencers.values():
            sequencer.stop()
        self._sequencers = {}
        self._loaders.shutdown(wait=True)
        self._workers.close()

    def adopt(self, log: LogInfo) -> None:
        """Write to this log from now on: it is new, or succeeds one that was released. A second time changes nothing.

        A log that is halted is left alone.

        Raises:
            StoreError: another process writes to it.
        """
        present = self._sequencers.get(log.agency)
        if log.log_no in self._halted or (present is not None and present.log.log_no == log.log_no):
            return
        if present is not None:
            present.stop()
        sequencer = Sequencer(
            log=log,
            records=self._records,
            record_keys=self._record_keys,
            keyring=self._keyring,
            clock=self._clock,
            status_of=self._status_of,
        )
        sequencer.start()
        self._sequencers = {**self._sequencers, log.agency: sequencer}

    def release(self, log_no: int) -> None:
        """Write no more to this log: what waits is committed, then the writer's place is free."""
        for agency, sequencer in self._sequencers.items():
            if sequencer.log.log_no == log_no:
                self._sequencers = {a: s for a, s in self._sequencers.items() if a != agency}
                sequencer.stop()
                return

    def halt(self, reasons: Mapping[int, StoreError]) -> None:
        """Accept nothing into these logs, for these reasons; one that was halted before and is not named goes on.

        A log that the chain contradicts (this store is an old copy, or a thief anchored) must give out no receipt:
        its promise of an anchor could never be kept.
        """
        back = self._halted.keys() - reasons.keys()
        new = reasons.keys() - self._halted.keys()
        self._halted = dict(reasons)
        for log_no in new:
            self.release(log_no)
        for log in self._newest():
            if log.log_no in back and self._is_open(log):
                self.adopt(log)

    def troubles(self) -> Mapping[int, str]:
        """log_no → why it accepts nothing, or why its newest group was not committed; empty where all is well."""
        failed = {s.log.log_no: s.trouble for s in self._sequencers.values() if s.trouble is not None}
        return failed | {log_no: reason.what for log_no, reason in self._halted.items()}

    def submit(
        self, agency: AgencyCode, submission: Submission, idempotency_key: str | None = None
    ) -> Future[Accepted]:
        """Record one submission. The future resolves once it is on disk, or was found to be there.

        The future raises InputError (ConflictError, NotFoundError) where the log's rules refuse it, and
        InfrastructureError where nothing is known to be recorded: send it again with the same key.

        Raises:
            InputError: the agency has no log here, or the key or the facts are out of bounds.
            BusyError: too much waits already.
        """
        if idempotency_key is not None:
            check_name(idempotency_key, "Idempotency-Key")
        sequencer = self._sequencer(agency)
        prepared = prepare(
            submission,
            agency=agency,
            idempotency_key=idempotency_key,
            request_digest=submission.digest(),
            batch=None,
            now=self._clock(),
            random=self._random,
        )
        answer: Future[Accepted] = Future()
        written = sequencer.submit([prepared], with_proofs=True)
        written.add_done_callback(lambda done: self._answer(sequencer.log, done, answer))
        return answer

    def batch_of(self, agency: AgencyCode, job: str) -> int:
        """The batch number of a job; it is kept from the first question on, also where no line was sent yet.

        Raises:
            InputError: the agency has no log here, or the job's name is out of bounds.
        """
        check_name(job, "job")
        return self._records.open_job(self._sequencer(agency).log.log_no, job)

    def submit_many(
        self, agency: AgencyCode, job: str, lines: Iterable[bytes | Mapping[str, object]], first_line: int = 1
    ) -> Iterator[LineResult]:
        """Record the lines of a job, as they come, in bounded memory; yields one result a line, in order.

        Results come some thousand lines after their input: who waits for one before sending the next line must use
        `submit`. A line that is refused stops nothing. Stopping to read the results stops the reading of lines.

        Args:
            agency: whose log.
            job: names the job; the same name and lines again give the same records.
            lines: NDJSON lines as bytes, or parsed objects.
            first_line: number of the first of `lines`, where a job comes in parts.

        Raises:
            InputError: the agency has no log here, or the job's name or first line is out of bounds.
            InfrastructureError: the store failed; send the job again from the first line without a result.
        """
        check_name(job, "job")
        if not 1 <= first_line < 2**53:
            raise FormatError("Lines are counted from 1.", where="firstLine")
        running = Job(
            sequencer=self._sequencer(agency),
            records=self._records,
            workers=self._workers,
            clock=self._clock,
            name=job,
            first_line=first_line,
            pause=time.sleep,
        )
        return running.run(lines)

    def _sequencer(self, agency: AgencyCode) -> Sequencer:
        sequencer = self._sequencers.get(agency)
        if sequencer is None:
            for log in self._newest():
                if log.agency == agency and log.log_no in self._halted:
                    reason = self._halted[log.log_no]
                    raise StoreError(reason.what, where=log.origin, fix=reason.fix)
            raise NotFoundError(
                f"The agency {agency} has no open log here.", where="agency", fix="sillok agency lists the agencies."
            )
        return sequencer

    def _newest(self) -> Iterable[LogInfo]:
        """The newest generation of each agency's log."""
        newest: dict[AgencyCode, LogInfo] = {}
        for log in sorted(self._records.logs(), key=lambda log: log.generation):
            newest[log.agency] = log
        return newest.values()

    def _answer(self, log: LogInfo, done: Future[list[Outcome]], answer: Future[Accepted]) -> None:
        """Hand on what the sequencer says; runs in its thread, so what must be read goes to another."""
        if error := done.exception():
            answer.set_exception(error)
            return
        (outcome,) = done.result()
        if isinstance(outcome, Known):
            self._loaders.submit(self._load, log, outcome, answer)
        elif isinstance(outcome, InputError):
            answer.set_exception(outcome)
        else:
            answer.set_result(as_accepted(log, outcome))

    def _load(self, log: LogInfo, known: Known, answer: Future[Accepted]) -> None:
        try:
            answer.set_result(load_known(self._records, log, [known.at], with_proofs=True)[known.at])
        except BaseException as error:
            answer.set_exception(error)
            raise


def check_name(name: str, where: str) -> None:
    """Refuse an idempotency key or a job's name that is no plain word.

    Raises:
        FormatError: empty, too long, or with anything but visible ASCII characters.
    """
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise FormatError(f"1 to {MAX_NAME} visible ASCII characters are needed.", where=where)
