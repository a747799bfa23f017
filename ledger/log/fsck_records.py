"""Records against everything that the store says about them: leaf, row, look-up tables, sealed facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ledger.log.fsck_examine import Given, Identity, Piece
from ledger.log.fsck_findings import Finding, Kind, error
from ledger.log.fsck_helper import Helper
from ledger.ports.keys import RecordKeys
from ledger.ports.records import ONE_RECORD_KINDS, LogInfo, RecordStore, StoredRecord
from ledger.values import LogIndex


class RecordChecks:
    """Checks the records of one agency, in order of their indexes."""

    def __init__(self, records: RecordStore, record_keys: RecordKeys | None, helper: Helper) -> None:
        """Without `record_keys` the sealed facts are not opened."""
        self._records = records
        self._record_keys = record_keys
        self._helper = helper
        self._origin = ""
        self._steps: dict[str, int] = {}
        self._members: Counter[int] = Counter()
        self._digests: Counter[int] = Counter()
        self._numbers: Counter[int] = Counter()

    def piece(self, log: LogInfo, stored: Sequence[StoredRecord]) -> Iterator[Finding]:
        """Check neighbouring records of one log; what is found in each by itself comes with the next piece."""
        identities = self._records.identities(log.log_no, stored[0].index, len(stored))
        yield from self._lookups(log, stored, identities)
        keys: Mapping[LogIndex, bytes] = {}
        if self._record_keys is not None:
            keys = self._record_keys.get(log.log_no, [one.index for one in stored])
        given = [
            Given(
                one.index,
                one.leaf,
                one.kind,
                one.batch,
                one.process_id,
                one.process_seq,
                one.sealed_facts,
                keys.get(one.index),
                *identities.get(one.index, (None, None)),
            )
            for one in stored
        ]
        yield from self.rest()
        self._origin = log.origin
        self._helper.begin(Piece(log.origin, log.agency, self._record_keys is not None, given))

    def rest(self) -> Iterator[Finding]:
        """What the newest piece still owes."""
        found = self._helper.take()
        if found is None:
            return
        yield from found.findings
        self._members.update(found.members)
        for index, process, seq in found.steps:
            before = self._steps.get(process, 0)
            if seq <= before:
                what = f"Step {seq} of {process} comes after step {before}."
                yield error(Kind.PROCESS_ORDER, what, f"{self._origin}, record {index}")
            self._steps[process] = max(before, seq)

    def end(self, logs: Sequence[LogInfo]) -> Iterator[Finding]:
        """After all records of these logs (one agency's) and `rest`: the counts."""
        for batch, members in sorted(self._members.items()):
            kept = self._records.batch_members(logs[-1].log_no, batch)
            if kept != members:
                what = f"Batch {batch} has {members} records, and the store counts {kept}."
                yield error(Kind.BATCH_COUNT, what, logs[-1].origin)
        for log in logs:
            digests, numbers = self._records.identity_counts(log.log_no)
            for name, kept, found in (
                ("digests", digests, self._digests[log.log_no]),
                ("numbers", numbers, self._numbers[log.log_no]),
            ):
                if kept > found:
                    what = f"{kept - found} {name} point at records that do not have them."
                    yield error(Kind.INDEX_ORPHAN, what, log.origin)

    def _lookups(
        self, log: LogInfo, stored: Sequence[StoredRecord], identities: Mapping[LogIndex, Identity]
    ) -> Iterator[Finding]:
        """Can each record be found by its number and its digest?"""
        kinds = {one.index: one.kind for one in stored}
        numbers = {number: index for index, (_, number) in identities.items() if number is not None}
        digests = [(digest, index) for index, (digest, _) in identities.items() if digest is not None]
        self._numbers[log.log_no] += len(numbers)
        self._digests[log.log_no] += len(digests)
        by_number = self._records.find_numbers(list(numbers))
        for number, index in numbers.items():
            if by_number.get(number) != (log.log_no, index):
                where = f"{log.origin}, record {index}"
                yield error(Kind.NUMBER_INDEX, "The record is not found by its number.", where)
        by_digest = self._records.find_digests(log.log_no, [digest for digest, _ in digests])
        for digest, index in digests:
            found = by_digest.get(digest)
            if found is None or (found != index and kinds.get(index) in ONE_RECORD_KINDS):
                where = f"{log.origin}, record {index}"
                yield error(Kind.DIGEST_INDEX, "The record is not found by its document's digest.", where)
