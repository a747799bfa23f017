"""Tracing for whoever asks this service: the steps of one process, and an export that can be rechecked offline."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ledger.errors import ConflictError, NotFoundError
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tree import tree_head
from ledger.ports.chain import AnchorEvent, StatusEvent, compromised
from ledger.ports.chain_store import ChainStore
from ledger.ports.records import LogInfo, RecordStore, StoredRecord
from ledger.ports.verification import PublicEvidence, RecordOpener
from ledger.procurement.export import Export, ExportedStep, Head, Listed, encode_export
from ledger.procurement.trace import Entry, Reading, Trace, trace
from ledger.records.record import parse_record
from ledger.values import LeafHash, LogIndex, Status, worse

READ_ALL_UPTO: Final = 20_000
"""Logs of at most this many anchored entries together are read whole without being asked to: about 0.2 s."""
_PAGE: Final = 1_000


class Tracing:
    """Answers traces from the store and its mirror of the chain; works while the chain is down."""

    def __init__(
        self, *, records: RecordStore, chain_store: ChainStore, lookup: RecordOpener, evidence: PublicEvidence
    ) -> None:
        """Join look-up and evidence; `evidence` makes what strangers may see."""
        self._records = records
        self._chain_store = chain_store
        self._lookup = lookup
        self._evidence = evidence
        self._reading_all = threading.Lock()

    def trace(self, process_id: str, *, read_all: bool | None = None) -> Trace:
        """Every step of a process over all logs, in order.

        Args:
            process_id: the OCID.
            read_all: read every entry of the logs that hold a step up to their last anchored size, so that
                completeness can be claimed; None does so where that takes a moment only.

        Raises:
            NotFoundError: no record names this process.
            ConflictError: `read_all`, while somebody else's whole reading of a large log is under way.
        """
        stored = self._stored(process_id)
        entries = [self._entry(record) for record in stored]
        if read_all:
            readings, problems = self._read_in_turn(process_id, stored)
        else:
            readings, problems = self._read(process_id, stored, read_all)
        return trace(process_id, entries, readings=readings, problems=problems)

    def export(self, process_id: str) -> bytes:
        """One file with public evidence of every step.

        Raises:
            NotFoundError: no record names this process.
            ConflictError: a step was erased, so there is no evidence of it any more.
        """
        stored = sorted(self._stored(process_id), key=lambda record: (record.process_seq or 0, record.log_no))
        logs = {log.log_no: log for log in self._records.logs()}
        steps = tuple(
            ExportedStep(
                place=Listed(seq=record.process_seq or 0, origin=logs[record.log_no].origin, index=record.index),
                accepted_at=record.accepted_at,
                evidence=self._evidence(record.log_no, record.index).data,
            )
            for record in stored
        )
        return encode_export(
            Export(
                process_id=process_id,
                steps=steps,
                listed=tuple(step.place for step in steps),
                heads=tuple(self._heads(logs[number] for number in sorted({one.log_no for one in stored}))),
            )
        )

    def _stored(self, process_id: str) -> Sequence[StoredRecord]:
        stored = self._records.process(process_id)
        if not stored:
            raise NotFoundError(f"No record names the process {process_id[:128]}.", where="process")
        return stored

    def _entry(self, stored: StoredRecord) -> Entry:
        view = self._lookup.by_place(stored.log_no, stored.index)
        anchor = self._chain_store.anchor_covering(stored.log_no, stored.index)
        return Entry(
            origin=view.log.origin,
            index=stored.index,
            record=view.record,
            disclosed=view.public(),
            accepted_at=stored.accepted_at,
            anchored_at=None if anchor is None else anchor.anchor.time,
            or_earlier=anchor is not None and anchor.anchor.previous_size > stored.index,
            max_delay_s=view.log.max_delay_s,
            status=self._status(stored),
        )

    def _status(self, stored: StoredRecord) -> Status:
        events = self._chain_store.status_events(stored.log_no, stored.index, stored.batch)
        if events:
            agency = next(log.agency for log in self._records.logs() if log.log_no == stored.log_no)
            since = compromised(self._chain_store.keys(agency))
            events = [event for event in events if not event.is_void(since)]
        return worse(_last(events, batches=False), _last(events, batches=True))

    def _read_in_turn(self, process_id: str, stored: Sequence[StoredRecord]) -> tuple[list[Reading], list[str]]:
        """Read logs of any size, one asker at a time: strangers may ask, and a million entries take a while."""
        if not self._reading_all.acquire(blocking=False):
            raise ConflictError(
                "A whole log is being read for somebody else.", where="readAll", fix="Ask again in a moment."
            )
        try:
            return self._read(process_id, stored, True)
        finally:
            self._reading_all.release()

    def _read(
        self, process_id: str, stored: Sequence[StoredRecord], read_all: bool | None
    ) -> tuple[list[Reading], list[str]]:
        """The logs that were read whole, and what was found wrong in them; no reading where one can't be claimed."""
        logs = [log for log in self._records.logs() if log.log_no in {record.log_no for record in stored}]
        anchors = [(log, self._chain_store.last_anchor(log.log_no)) for log in logs]
        known = [(log, anchor) for log, anchor in anchors if anchor is not None]
        total = sum(anchor.size for _, anchor in known)
        if read_all is False or (read_all is None and total > READ_ALL_UPTO):
            return [], []
        readings, problems = [], []
        for log, anchor in known:
            steps = {record.index for record in stored if record.log_no == log.log_no}
            found = self._read_log(process_id, log, anchor, steps)
            problems += found
            if not found and all(index < anchor.size for index in steps):
                readings.append(Reading(origin=log.origin, size=anchor.size, anchored_at=anchor.anchor.time))
        return (readings if len(readings) == len(logs) else []), problems

    def _read_log(self, process_id: str, log: LogInfo, anchor: AnchorEvent, steps: set[LogIndex]) -> list[str]:
        """Read every entry below an anchored size, and compare root and steps with what is known otherwise."""
        hashes: list[LeafHash] = []
        found: set[LogIndex] = set()
        wanted = process_id.encode("ascii", "replace")
        while len(hashes) < anchor.size:
            count = min(_PAGE, anchor.size - len(hashes))
            page = self._records.records(log.log_no, LogIndex(len(hashes)), count)
            for record in page:
                if record.index != len(hashes):
                    break
                hashes.append(leaf_hash(record.leaf))
                if wanted in record.leaf and _names(record.leaf, process_id):
                    found.add(record.index)
            if not page or page[-1].index != len(hashes) - 1:
                return [f"Entry {len(hashes)} of {log.origin} is missing from the store."]
        if tree_head(hashes) != anchor.anchor.root:
            return [f"The {anchor.size} entries of {log.origin} do not lead to the anchored root."]
        return [
            f"Entry {index} of {log.origin} names this process and is not listed under it."
            for index in sorted(found - steps)
        ]

    def _heads(self, logs: Iterable[LogInfo]) -> Iterator[Head]:
        """The newest checkpoint of each log that is anchored; none of a log that has no anchor yet."""
        for log in logs:
            anchor = self._chain_store.last_anchor(log.log_no)
            commit = None if anchor is None else self._records.commit_at(log.log_no, anchor.size)
            if commit is not None:
                yield Head(origin=log.origin, checkpoint=commit.checkpoint)


def _last(events: Sequence[StatusEvent], *, batches: bool) -> Status:
    """What the newest act on the record, or on its batch, led to."""
    mine = [event.after for event in events if event.batches == batches]
    return mine[-1] if mine else Status.ACTIVE


def _names(leaf: bytes, process_id: str) -> bool:
    process = parse_record(leaf).process
    return process is not None and process.id == process_id
