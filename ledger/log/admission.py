"""Who gets a new record, who gets the one that is there, who is refused: decided once, by the log's only writer.

Against what is on disk and against what stands earlier in the same group. The rules (design.md, "Retries"):

1. Same idempotency key: same request → its record; another request → conflict.
2. A number that is used: same document, in this log → as rule 3; else conflict.
3. A document that this log has (kinds with one record for a document): same or no number → its record while that is
   active or suspended; else conflict.
4. A process step is numbered last + 1. A number at or below the last is a conflict. So is a gap, unless the clerk
   says `gap`: numbers rise with the log, so one that was left out can never be filled, and every trace will name it.
5. `supersedes` names an earlier record of this log that is active or suspended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger.errors import ConflictError, InputError, NotFoundError
from ledger.log.preparing import Prepared
from ledger.ports.records import ONE_RECORD_KINDS, LogInfo, RecordStore
from ledger.records.record import ProcessStep
from ledger.values import MAX_INTEGER, Digest32, LogIndex, Status

StatusOf = Callable[[int, LogIndex], Status]
"""(log_no, index) → the worse of the record's and its batch's status, as the service answers it now."""

STANDING: Final = (Status.ACTIVE, Status.SUSPENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A new record at `index`, to be written."""

    prepared: Prepared
    index: LogIndex
    step: ProcessStep | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The submission has its record already."""

    index: LogIndex


Admitted = New | Known | InputError


@dataclass(slots=True)
class _Seen:
    """What the log has, as far as this group asks: from disk first, then grown by the group itself."""

    size: int
    keys: dict[str, tuple[LogIndex, Digest32]]
    numbers: dict[str, LogIndex | None]
    """None: another agency's."""
    documents: dict[Digest32, LogIndex]
    last_seqs: dict[str, int]
    first_new: int
    new: dict[LogIndex, Prepared] = field(default_factory=dict)


class Admission:
    """The rules of one log."""

    def __init__(self, log: LogInfo, records: RecordStore, status_of: StatusOf) -> None:
        """Nothing is read but the list of logs."""
        self._log_no = log.log_no
        # Generations of one log share their indexes, so a number found in any of them is this log's own.
        self._family = {other.log_no for other in records.logs() if other.agency == log.agency}
        self._records = records
        self._status_of = status_of

    def admit(self, group: Sequence[Prepared], size: int) -> list[Admitted]:
        """Decide for each of a group, in order; the first new record gets the index `size`."""
        seen = self._look_up(group, size)
        decided: list[Admitted] = []
        for prepared in group:
            try:
                decided.append(self._admit(prepared, seen))
            except InputError as error:
                decided.append(error)
        return decided

    def _look_up(self, group: Sequence[Prepared], size: int) -> _Seen:
        keys = [prepared.idempotency_key for prepared in group if prepared.idempotency_key is not None]
        numbers = [prepared.number for prepared in group if prepared.number is not None]
        documents = [prepared.submission.sha256 for prepared in group if _has_one_record(prepared)]
        processes = {prepared.submission.process.id for prepared in group if prepared.submission.process}
        return _Seen(
            size=size,
            keys=dict(self._records.find_idempotent(self._log_no, keys)) if keys else {},
            numbers={
                number: index if log_no in self._family else None
                for number, (log_no, index) in self._records.find_numbers(numbers).items()
            },
            documents=dict(self._records.find_documents(self._log_no, [d for d in documents if d is not None])),
            last_seqs=dict(self._records.last_process_seqs(self._log_no, sorted(processes))) if processes else {},
            first_new=size,
        )

    def _admit(self, prepared: Prepared, seen: _Seen) -> Admitted:
        submission = prepared.submission
        if prepared.idempotency_key is not None and (used := seen.keys.get(prepared.idempotency_key)):
            if used[1] != prepared.request_digest:
                raise ConflictError(
                    "This idempotency key was used for another submission.", fix="Use a key once for one document."
                )
            return Known(index=used[0])
        known = self._known_document(prepared, seen)
        if known is not None:
            self._expect_standing(known, seen)
            return Known(index=known)
        if submission.supersedes is not None:
            self._expect_correctable(submission.supersedes, seen)
        step = _next_step(prepared, seen)
        return _take(prepared, step, seen)

    def _known_document(self, prepared: Prepared, seen: _Seen) -> LogIndex | None:
        """Rules 2 and 3: the record that this document and number already have."""
        document = prepared.submission.sha256
        index = seen.documents.get(document) if document is not None and _has_one_record(prepared) else None
        used = prepared.number is not None and prepared.number in seen.numbers
        asked = prepared.submission.number is not None
        if used and (index is None or seen.numbers[prepared.number or ""] != index):
            raise ConflictError(
                "This number belongs to another document." if asked else "A drawn number is in use.",
                where="number",
                fix="Leave the number out, and one is drawn." if asked else "Send the submission again.",
            )
        if index is not None and asked and not used:
            raise ConflictError(
                f"This document has its record already ({index}), under another number.",
                where="sha256",
                fix="A correction is another document and gets another number.",
            )
        return index

    def _expect_standing(self, index: LogIndex, seen: _Seen) -> None:
        status = self._status(index, seen)
        if status not in STANDING:
            raise ConflictError(
                f"This document's record ({index}) is {status.name.lower()}.",
                where="sha256",
                fix="Issue a corrected document; it gets a record and a number of its own.",
            )

    def _expect_correctable(self, index: LogIndex, seen: _Seen) -> None:
        if index >= seen.size:
            raise NotFoundError(f"The log has no record {index} to be superseded.", where="supersedes")
        status = self._status(index, seen)
        if status not in STANDING:
            raise ConflictError(f"Record {index} is {status.name.lower()} already.", where="supersedes")

    def _status(self, index: LogIndex, seen: _Seen) -> Status:
        """What stands earlier in the same group is active: nobody can have acted on it."""
        return Status.ACTIVE if index >= seen.first_new else self._status_of(self._log_no, index)


def _has_one_record(prepared: Prepared) -> bool:
    return prepared.submission.kind in ONE_RECORD_KINDS


def _next_step(prepared: Prepared, seen: _Seen) -> ProcessStep | None:
    asked = prepared.submission.process
    if asked is None:
        return None
    expected = seen.last_seqs.get(asked.id, 0) + 1
    seq = expected if asked.seq is None else asked.seq
    if seq > MAX_INTEGER:
        raise ConflictError("This process has reached the last number that a step can have.", where="process.seq")
    if seq < expected:
        raise ConflictError(
            f"Step {seq} of this process is behind its last one.", where="process.seq", fix="Leave seq out."
        )
    if seq > expected and not asked.gap:
        raise ConflictError(
            f"The next step of this process here is {expected}, not {seq}.",
            where="process.seq",
            fix='Numbers left out can never be filled. If they are missing for a reason, say "gap": true.',
        )
    return ProcessStep(id=asked.id, seq=seq)


def _take(prepared: Prepared, step: ProcessStep | None, seen: _Seen) -> New:
    """Give the next index, and let the rest of the group see it."""
    index = LogIndex(seen.size)
    seen.size += 1
    document = prepared.submission.sha256
    if prepared.idempotency_key is not None:
        seen.keys[prepared.idempotency_key] = (index, prepared.request_digest)
    if prepared.number is not None:
        seen.numbers[prepared.number] = index
    if document is not None and _has_one_record(prepared):
        seen.documents[document] = index
    if step is not None:
        seen.last_seqs[step.id] = step.seq
    return New(prepared=prepared, index=index, step=step)
