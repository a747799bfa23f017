"""One run over the lines of a job: chunks of lines are prepared here and written by the sequencer, side by side.

At most `BULK_WINDOW` chunks are on their way: that is the bound of the memory, and the back-pressure on the sender.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ledger.errors import BusyError, ConflictError, FormatError, InputError
from ledger.log.accepted import Accepted, LineResult, as_accepted, load_known
from ledger.log.admission import Known
from ledger.log.intake import Submission, parse_line, parse_submission
from ledger.log.limits import BULK_CHUNK, BULK_WINDOW
from ledger.log.preparing import Prepared, Random, prepare
from ledger.log.sequencer import Outcome, Sequencer
from ledger.ports.keys import Clock
from ledger.ports.records import RecordStore
from ledger.values import Digest32, LogIndex

Line = bytes | Mapping[str, object]

_BUSY_PAUSE_S: Final = 0.05
_BUSY_TRIES: Final = 600
"""Half a minute: then the log is not busy, it is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """Lines on their way. `decided`: what is known of each line; None: the next outcome of `written`."""

    first_line: int
    decided: Sequence[Known | InputError | None]
    written: Future[list[Outcome]] | None


class Job:
    """One run of a job."""

    def __init__(
        self,
        *,
        sequencer: Sequencer,
        records: RecordStore,
        clock: Clock,
        random: Random,
        name: str,
        first_line: int,
        pause: Callable[[float], None],
    ) -> None:
        """Open the job's batch, durably."""
        self._sequencer = sequencer
        self._log = sequencer.log
        self._records = records
        self._clock = clock
        self._random = random
        self._name = name
        self._next_line = first_line
        self._pause = pause
        self._batch = records.open_job(self._log.log_no, name)
        self._resuming = True

    def run(self, lines: Iterable[Line]) -> Iterator[LineResult]:
        """Results in the order of the lines; see `Issuance.submit_many`."""
        rest = iter(lines)
        on_the_way: deque[_Chunk] = deque()
        while chunk := list(islice(rest, BULK_CHUNK)):
            on_the_way.append(self._hand_over(chunk))
            # What is answered already goes out at once; beyond the window the oldest is waited for.
            while on_the_way and (len(on_the_way) >= BULK_WINDOW or _is_done(on_the_way[0])):
                yield from self._results(on_the_way.popleft())
        while on_the_way:
            yield from self._results(on_the_way.popleft())

    def _hand_over(self, lines: Sequence[Line]) -> _Chunk:
        first_line = self._next_line
        self._next_line += len(lines)
        keys = [f"{self._name}/{first_line + place}" for place in range(len(lines))]
        used = self._records.find_idempotent(self._log.log_no, keys) if self._resuming else {}
        # A job that is sent again has its records at its beginning; after the first lines that are new, the
        # sequencer's own look-up is enough.
        self._resuming = bool(used)
        decided: list[Known | InputError | None] = []
        prepared: list[Prepared] = []
        now = self._clock()
        for key, line in zip(keys, lines, strict=True):
            try:
                submission = _parse(line)
                digest = submission.digest()
                known = _known(used.get(key), digest)
                if known is None:
                    prepared.append(
                        prepare(
                            submission,
                            agency=self._log.agency,
                            idempotency_key=key,
                            request_digest=digest,
                            batch=self._batch,
                            now=now,
                            random=self._random,
                        )
                    )
                decided.append(known)
            except InputError as error:
                decided.append(error)
        written = self._submit(prepared) if prepared else None
        return _Chunk(first_line=first_line, decided=decided, written=written)

    def _submit(self, prepared: Sequence[Prepared]) -> Future[list[Outcome]]:
        """Hand to the sequencer; where others keep it busy, wait: bulk work gives way."""
        for _ in range(_BUSY_TRIES):
            try:
                return self._sequencer.submit(prepared, with_proofs=False)
            except BusyError:
                self._pause(_BUSY_PAUSE_S)
        return self._sequencer.submit(prepared, with_proofs=False)

    def _results(self, chunk: _Chunk) -> Iterator[LineResult]:
        outcomes = iter(chunk.written.result() if chunk.written is not None else ())
        decided = [next(outcomes) if one is None else one for one in chunk.decided]
        indexes = [one.index for one in decided if isinstance(one, Known)]
        known: Mapping[LogIndex, Accepted] = {}
        if indexes:
            known = load_known(self._records, self._log, indexes, with_proofs=False)
        for line, one in enumerate(decided, chunk.first_line):
            if isinstance(one, InputError):
                yield LineResult(line=line, error=one)
            elif isinstance(one, Known):
                yield LineResult(line=line, accepted=known[one.index])
            else:
                yield LineResult(line=line, accepted=as_accepted(self._log, one))


def _is_done(chunk: _Chunk) -> bool:
    return chunk.written is None or chunk.written.done()


def _known(used: tuple[LogIndex, Digest32] | None, digest: Digest32) -> Known | None:
    if used is None:
        return None
    if used[1] != digest:
        raise ConflictError(
            "This line of the job was another submission before.", fix="Give a changed job another name."
        )
    return Known(index=used[0])


def _parse(line: Line) -> Submission:
    if not isinstance(line, bytes):
        return parse_submission(line)
    if not line.strip():
        raise FormatError("The line is blank.")
    return parse_line(line)
