"""Issuing the rows of a run: set the paper, keep it, record it, say so; and go on after any crash.

A run goes in pieces. Of each: 1. papers are set and kept; 2. they are recorded under the keys `clerk-run-N/line`;
3. the results are on disk; 4. the store says how many rows are done. A crash anywhere repeats the piece: the papers
come out byte for byte the same, and the ledger answers with the records that are there.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from ledger.errors import InfrastructureError, InputError
from ledger.log.accepted import Accepted
from ledger.log.intake import parse_submission
from ledger.log.issuance import Issuance
from ledger.log.status import StatusService
from ledger.log.status_rules import StatusChange
from ledger.office.folder import RowResult, RunFolder
from ledger.office.papers import number_of, paper_of, submission_of
from ledger.office.rows import Row
from ledger.office.templates import template_of
from ledger.ports.keys import Clock
from ledger.ports.printing import Certificate, Printer
from ledger.ports.runs import DeskStore, Run, RunState
from ledger.values import AgencyCode, LogIndex, Reason, Status

PIECE: Final = 50
"""Rows between two reports of progress: half a second of setting papers."""
_ANSWER_S: Final = 60.0
RETRY_S: Final = 5.0


class Issuing:
    """Issues runs one after the other in a thread of its own; single papers are issued by whoever asks."""

    def __init__(
        self,
        *,
        store: DeskStore,
        issuance: Issuance,
        status: StatusService,
        folder: Path,
        printer: Callable[[], Printer],
        name_of: Callable[[AgencyCode], str],
        clock: Clock,
    ) -> None:
        """Nothing runs before `start`.

        Args:
            store: runs.
            issuance: takes the records.
            status: supersedes what a correction replaces.
            folder: where each run has its folder.
            printer: makes a printer; one for each thread.
            name_of: an agency's name as it is printed.
            clock: now, in seconds UTC.
        """
        self._store = store
        self._issuance = issuance
        self._status = status
        self._folder = folder
        self._new_printer = printer
        self._name_of = name_of
        self._clock = clock
        self._local = threading.local()
        self._waiting: queue.SimpleQueue[tuple[AgencyCode, int] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._one_by_one = threading.Lock()

    def start(self) -> None:
        """Go on with every run that was interrupted, then with what comes."""
        self._stopping.clear()
        for run in self._store.runs_in({RunState.ISSUING}):
            self._waiting.put((run.new.agency, run.run_no))
        self._thread = threading.Thread(target=self._work, name="issuing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the present piece; the rest is issued after the next start."""
        self._stopping.set()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join()

    def enqueue(self, run: Run) -> None:
        """Issue a run when its turn comes."""
        self._waiting.put((run.new.agency, run.run_no))

    def folder_of(self, run_no: int) -> RunFolder:
        """The folder of a run."""
        return RunFolder(self._folder / str(run_no))

    def printer(self) -> Printer:
        """This thread's printer: a compiler is not for two threads at once, and loads 12 MB of fonts."""
        made: Printer | None = getattr(self._local, "printer", None)
        if made is None:
            made = self._local.printer = self._new_printer()
        return made

    def render(self, run: Run, line: int, row: Row) -> bytes:
        """The paper of a row as it is, or would be, issued."""
        return self.printer().render(self._paper(run, line, row))

    def picture(self, run: Run, line: int, row: Row) -> bytes:
        """The same as a picture."""
        return self.printer().picture(self._paper(run, line, row))

    def _paper(self, run: Run, line: int, row: Row) -> Certificate:
        day = run.started_at if run.started_at is not None else self._clock()
        template = template_of(run.new.template)
        return paper_of(run, line, row, template, agency=self._name_of(run.new.agency), day=day)

    def issue_single(self, run: Run) -> Run:
        """Issue a run of one paper now. What was issued already is answered as it is.

        Raises:
            InputError: the ledger refused it.
            InfrastructureError: nothing is known to be recorded; it is tried again after the next start.
        """
        with self._one_by_one:
            present = self._store.run(run.new.agency, run.run_no)
            if present.state is RunState.ISSUING:
                self.issue(present)
        return self._store.run(run.new.agency, run.run_no)

    def issue(self, run: Run) -> None:
        """Issue what is left of a run.

        Raises:
            InfrastructureError: the ledger or the disk did not answer; what is done is kept.
        """
        folder, template = self.folder_of(run.run_no), template_of(run.new.template)
        done, failed, first, batch = run.done, run.failed, run.first, run.batch
        folder.cut_results(done)
        rows = folder.rows(after=done)
        while not self._stopping.is_set() and (piece := list(islice(rows, PIECE))):
            lines = []
            for line, row in enumerate(piece, done + 1):
                pdf = self.render(run, line, row)
                folder.keep_paper(line, pdf)
                lines.append(submission_of(run, line, row, template, pdf))
            answers = self._record(run, lines, done + 1)
            results = []
            for line, (row, sent, (accepted, problem)) in enumerate(
                zip(piece, lines, answers, strict=True), done + 1
            ):
                results.append(
                    RowResult(
                        row=row.number,
                        line=line,
                        number=number_of(run.new.seed, line) if accepted is not None else "",
                        index=accepted.index if accepted is not None else None,
                        sha256=str(sent["sha256"]),
                        problem=problem,
                    )
                )
                if accepted is not None:
                    first = accepted.index if first is None else first
                    batch = accepted.batch
                failed += accepted is None
            folder.add_results(results)
            done += len(piece)
            self._store.progress_run(run.run_no, done=done, failed=failed, first=first, batch=batch)
        if done == run.new.rows:
            self._supersede(run, first)
            self._store.finish_run(run.run_no, self._clock())

    def _record(
        self, run: Run, lines: list[dict[str, object]], first_line: int
    ) -> Iterator[tuple[Accepted | None, str]]:
        """What became of each line; a single paper belongs to no batch."""
        job = f"clerk-run-{run.run_no}"
        if run.new.source == "form":
            for place, line in enumerate(lines, first_line):
                try:
                    answer = self._issuance.submit(run.new.agency, parse_submission(line), f"{job}/{place}")
                    yield answer.result(_ANSWER_S), ""
                except InputError as error:
                    yield None, error.what
            return
        for result in self._issuance.submit_many(run.new.agency, job, lines, first_line):
            if isinstance(result.error, InfrastructureError):
                raise result.error
            yield result.accepted, result.error.what if result.error is not None else ""

    def _supersede(self, run: Run, successor: LogIndex | None) -> None:
        """A correction takes the place of what it corrects once it is recorded."""
        if run.new.supersedes is None or successor is None:
            return
        change = StatusChange(
            after=Status.SUPERSEDED,
            indexes=(run.new.supersedes,),
            reason=Reason.REPLACED,
            successors=(successor,),
        )
        self._status.change(
            run.new.agency,
            change,
            idempotency_key=f"clerk-run-{run.run_no}",
            actor=f"account {run.new.account_no}",
        )

    def _work(self) -> None:
        while (asked := self._waiting.get()) is not None and not self._stopping.is_set():
            try:
                run = self._store.run(*asked)
                if run.state is RunState.ISSUING:
                    self.issue(run)
            except (InfrastructureError, TimeoutError):
                # Nothing is lost: the same run is tried again, from the row where it stopped.
                self._stopping.wait(RETRY_S)
                self._waiting.put(asked)
            except InputError:
                # Its rows were deleted, or a correction's first paper was revoked meanwhile: the run's page shows
                # how far it came, and trying again would change nothing.
                continue
