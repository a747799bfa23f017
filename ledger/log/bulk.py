"""One run over the lines of a job: chunks of them are made into records and written by the sequencer, side by side.

At most `BULK_WINDOW` chunks are on their way: that is the bound of the memory, and the back-pressure on the sender.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ledger.errors import BusyError, InputError
from ledger.log.accepted import Accepted, LineResult, as_accepted, load_known
from ledger.log.limits import BULK_CHUNK, BULK_WINDOW
from ledger.log.making import Known, Line, Made, Task
from ledger.log.preparing import Prepared
from ledger.log.sequencer import Outcome, Sequencer
from ledger.log.workers import Workers
from ledger.ports.keys import Clock
from ledger.ports.records import RecordStore
from ledger.values import LogIndex

_BUSY_PAUSE_S: Final = 0.05
_BUSY_TRIES: Final = 600
"""Half a minute: then the log is not busy, it is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """A chunk that is being made."""

    first_line: int
    made: Future[list[Made]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writing:
    """A chunk that is being written: each `Prepared` gets the next outcome of `written`."""

    first_line: int
    made: Sequence[Made]
    written: Future[list[Outcome]] | None

    def is_done(self) -> bool:
        return self.written is None or self.written.done()


class Job:
    """One run of a job."""

    def __init__(
        self,
        *,
        sequencer: Sequencer,
        records: RecordStore,
        workers: Workers,
        clock: Clock,
        name: str,
        first_line: int,
        pause: Callable[[float], None],
    ) -> None:
        """Open the job's batch, durably."""
        self._sequencer = sequencer
        self._log = sequencer.log
        self._records = records
        self._workers = workers
        self._clock = clock
        self._name = name
        self._next_line = first_line
        self._pause = pause
        self._batch = records.open_job(self._log.log_no, name)
        self._chunks = 0
        self._resuming = True

    def run(self, lines: Iterable[Line]) -> Iterator[LineResult]:
        """Results in the order of the lines; see `Issuance.submit_many`."""
        rest = iter(lines)
        making: deque[_Making] = deque()
        writing: deque[_Writing] = deque()
        while chunk := list(islice(rest, BULK_CHUNK)):
            making.append(self._make(chunk))
            # What is ready goes on at once; beyond the window the oldest is waited for. Chunks are written in their
            # order, so that the log has the job's records in the order of its lines.
            while making and (making[0].made.done() or len(making) + len(writing) >= BULK_WINDOW):
                if len(writing) >= BULK_WINDOW // 2:
                    yield from self._results(writing.popleft())
                writing.append(self._write(making.popleft()))
            while writing and writing[0].is_done():
                yield from self._results(writing.popleft())
        while making:
            writing.append(self._write(making.popleft()))
        while writing:
            yield from self._results(writing.popleft())

    def _make(self, lines: Sequence[Line]) -> _Making:
        first_line = self._next_line
        self._next_line += len(lines)
        keys = [f"{self._name}/{first_line + place}" for place in range(len(lines))]
        used = self._records.find_idempotent(self._log.log_no, keys) if self._resuming else {}
        # A job that is sent again has its records at its beginning; after the first lines that are new, the
        # sequencer's own look-up is enough.
        self._resuming = bool(used)
        task = Task(
            agency=self._log.agency,
            job=self._name,
            batch=self._batch,
            first_line=first_line,
            now=self._clock(),
            lines=lines,
            used=used,
        )
        self._chunks += 1
        return _Making(first_line=first_line, made=self._workers.make(task, chunk_no=self._chunks - 1))

    def _write(self, chunk: _Making) -> _Writing:
        made = chunk.made.result()
        prepared = [one for one in made if isinstance(one, Prepared)]
        written = self._submit(prepared) if prepared else None
        return _Writing(first_line=chunk.first_line, made=made, written=written)

    def _submit(self, prepared: Sequence[Prepared]) -> Future[list[Outcome]]:
        """Hand to the sequencer; where others keep it busy, wait: bulk work gives way."""
        for _ in range(_BUSY_TRIES):
            try:
                return self._sequencer.submit(prepared, with_proofs=False)
            except BusyError:
                self._pause(_BUSY_PAUSE_S)
        return self._sequencer.submit(prepared, with_proofs=False)

    def _results(self, chunk: _Writing) -> Iterator[LineResult]:
        outcomes = iter(chunk.written.result() if chunk.written is not None else ())
        decided = [next(outcomes) if isinstance(one, Prepared) else one for one in chunk.made]
        indexes = [one.at for one in decided if isinstance(one, Known)]
        known: Mapping[LogIndex, Accepted] = {}
        if indexes:
            known = load_known(self._records, self._log, indexes, with_proofs=False)
        for line, one in enumerate(decided, chunk.first_line):
            if isinstance(one, InputError):
                yield LineResult(line=line, error=one)
            elif isinstance(one, Known):
                yield LineResult(line=line, accepted=known[one.at])
            else:
                yield LineResult(line=line, accepted=as_accepted(self._log, one))
