"""Every process of this service by what it says of itself: for the year's plan, and to find one by its notice number.

Facts are encrypted at rest, so there is nothing that a database could look up. Each step is opened once, the first
time that somebody asks after it was recorded, and what is public of it is kept in memory: about 1 kB a process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Protocol

from ledger.errors import NotFoundError
from ledger.ports.records import LogInfo, RecordStore
from ledger.procurement.plan import PlanEntry
from ledger.records.disclosure import Disclosure, FactValue
from ledger.records.record import Record
from ledger.values import Instant, LogIndex

PLAN: Final = "procurement/plan"
NOTICE: Final = "tender.notice"
"""Path of 나라장터's notice number, `공고번호-차수`."""
_RUN: Final = 500
"""Most records that are opened at once."""


class OpenedRecord(Protocol):
    """A record whose facts were opened."""

    @property
    def index(self) -> LogIndex:
        """Its place."""

    @property
    def record(self) -> Record:
        """The record."""

    def public(self) -> Sequence[Disclosure]:
        """What strangers may see of it."""


class Opener(Protocol):
    """Opens the facts of records."""

    def range(self, log_no: int, first: LogIndex, count: int) -> Sequence[OpenedRecord]:
        """Up to `count` records from `first` on, in order."""


@dataclass(slots=True, kw_only=True)
class _Process:
    """What is known of one process: path → (seq, value), and of its newest plan (seq, log, place, time)."""

    facts: dict[str, tuple[int, FactValue]] = field(default_factory=dict)
    places: set[tuple[str, LogIndex]] = field(default_factory=set)
    plan: tuple[int, LogInfo, LogIndex, Instant] | None = None
    changed_at: Instant = field(default_factory=lambda: Instant(0))


class Catalogue:
    """The processes of this service; safe to ask from many threads."""

    def __init__(self, *, records: RecordStore, lookup: Opener) -> None:
        """Read from the store; `lookup` opens what is public."""
        self._records = records
        self._lookup = lookup
        self._lock = threading.Lock()
        self._read: dict[int, LogIndex] = {}
        self._processes: dict[str, _Process] = {}
        self._notices: dict[str, str] = {}

    def plans(self) -> Sequence[PlanEntry]:
        """Every process that has a plan, by year and title."""
        with self._lock:
            self._go_on()
            found = [_entry(name, process) for name, process in self._processes.items() if process.plan]
        return sorted(found, key=lambda entry: (entry.text("plan.year") or "", entry.title("ko"), entry.process_id))

    def process_of_notice(self, notice: str) -> str:
        """The OCID of the process with this notice number; without `-차수` that of its newest notice.

        Raises:
            NotFoundError: no public notice has this number.
        """
        with self._lock:
            self._go_on()
            found = self._notices.get(notice.strip())
        if found is None:
            raise NotFoundError(f"No notice has the number {notice.strip()[:40]}.", where="notice")
        return found

    def _go_on(self) -> None:
        """Open what was recorded since the last time."""
        for log in self._records.logs():
            first = self._read.get(log.log_no, LogIndex(0))
            end = LogIndex(self._records.tree_size(log.log_no))
            if end > first:
                for start, count in _runs(self._records.process_indexes(log.log_no, first)):
                    for opened in self._lookup.range(log.log_no, start, count):
                        self._take(log, opened)
                self._read[log.log_no] = end

    def _take(self, log: LogInfo, opened: OpenedRecord) -> None:
        record = opened.record
        if record.process is None:
            return
        name, seq = record.process.id, record.process.seq
        process = self._processes.setdefault(name, _Process())
        # A successor inherits records at their indexes: the same record is not a second step.
        process.places.add((log.agency, opened.index))
        process.changed_at = max(process.changed_at, record.recorded_at)
        for fact in opened.public():
            if fact.path not in process.facts or process.facts[fact.path][0] <= seq:
                process.facts[fact.path] = (seq, fact.value)
            if fact.path == NOTICE and isinstance(fact.value, str):
                self._notices[fact.value] = name
                self._notices[fact.value.rpartition("-")[0] or fact.value] = name
        if record.kind == PLAN and (process.plan is None or process.plan[0] <= seq):
            process.plan = (seq, log, opened.index, record.recorded_at)


def _entry(name: str, process: _Process) -> PlanEntry:
    assert process.plan is not None
    _, log, index, recorded_at = process.plan
    facts: Mapping[str, FactValue] = {path: value for path, (_, value) in process.facts.items()}
    return PlanEntry(
        process_id=name,
        agency=log.agency,
        origin=log.origin,
        index=index,
        steps=len(process.places),
        recorded_at=recorded_at,
        changed_at=process.changed_at,
        facts=facts,
    )


def _runs(indexes: Sequence[LogIndex]) -> Iterator[tuple[LogIndex, int]]:
    """Neighbours together: (first, count)."""
    if not indexes:
        return
    first, last = indexes[0], indexes[-1]
    for one, other in pairwise(indexes):
        if other != one + 1 or other - first >= _RUN:
            yield first, one + 1 - first
            first = other
    yield first, last + 1 - first
