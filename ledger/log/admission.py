"""Who gets a new record, who gets the one that is there, who is refused: decided once, by the log's only writer.

Against what is on disk and against what stands earlier in the same group. The rules (design.md, "Retries"):

1. Same idempotency key: same request → its record; another request → conflict. A key is used also where rule 3
   answered it.
2. A number that is used: same document, in this log → as rule 3; else conflict.
3. A document that this log has (kinds with one record for a document): same or no number → its record while that is
   active or suspended; else conflict.
4. A process step is numbered last + 1. A number at or below the last is a conflict. So is a gap, unless the clerk
   says `gap`: numbers rise with the log, so one that was left out can never be filled, and every trace will name it.
5. `supersedes` names an earlier record of this log that is active or suspended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.errors import ConflictError, InputError, NotFoundError
from ledger.log.making import Known
from ledger.log.preparing import Prepared
from ledger.ports.records import ONE_RECORD_KINDS, LogInfo, RecordStore
from ledger.records.record import ProcessStep
from ledger.values import MAX_INTEGER, Digest32, LogIndex, Status

StatusOf = Callable[[int, LogIndex], Status]
"""(log_no, index) → the worse of the record's and its batch's status, as the service answers it now."""

STANDING: Final = (Status.ACTIVE, Status.SUSPENDED)


class New(NamedTuple):
    """A new record, to be written at an index. A tuple, for speed: there is one for each record ever written."""

    prepared: Prepared
    at: LogIndex
    step: ProcessStep | None


Admitted = New | Known | InputError


class Admission(NamedTuple):
    """What was decided for each of a group, in order, and the keys to bind to records that others made."""

    decided: Sequence[Admitted]
    bound: Sequence[tuple[str, Digest32, LogIndex]]


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
    bound: list[tuple[str, Digest32, LogIndex]]
    """Keys whose submissions were answered with a record that another one made."""


class Doorkeeper:
    """The rules of one log."""

    def __init__(self, log: LogInfo, records: RecordStore, status_of: StatusOf) -> None:
        """Nothing is read but the list of logs."""
        self._log_no = log.log_no
        # Generations of one log share their indexes, so a number found in any of them is this log's own.
        self._family = {other.log_no for other in records.logs() if other.agency == log.agency}
        self._records = records
        self._status_of = status_of

    def admit(self, group: Sequence[Prepared], size: int, *, trust_chance: bool = True) -> Admission:
        """Decide for each of a group, in order; the first new record gets the index `size`.

        Args:
            group: what was submitted.
            size: of the log.
            trust_chance: don't look up numbers that were just drawn: one in 10^15 is in use for each that is, and the
                store refuses the whole group then. Asked again with False, this names the one.
        """
        seen = self._look_up(group, size, trust_chance=trust_chance)
        decided: list[Admitted] = []
        for prepared in group:
            try:
                decided.append(self._admit(prepared, seen))
            except InputError as error:
                decided.append(error)
        return Admission(decided=decided, bound=seen.bound)

    def _look_up(self, group: Sequence[Prepared], size: int, *, trust_chance: bool) -> _Seen:
        keys = [one.idempotency_key for one in group if one.idempotency_key is not None]
        numbers = [one.number for one in group if one.number is not None and (one.asked or not trust_chance)]
        documents = [one.sha256 for one in group if one.sha256 is not None and one.kind in ONE_RECORD_KINDS]
        processes = {one.process_id for one in group if one.process_id is not None}
        return _Seen(
            size=size,
            keys=dict(self._records.find_idempotent(self._log_no, keys)) if keys else {},
            numbers={
                number: index if log_no in self._family else None
                for number, (log_no, index) in self._records.find_numbers(numbers).items()
            },
            documents=dict(self._records.find_documents(self._log_no, documents)) if documents else {},
            last_seqs=dict(self._records.last_process_seqs(self._log_no, sorted(processes))) if processes else {},
            first_new=size,
            bound=[],
        )

    def _admit(self, one: Prepared, seen: _Seen) -> Admitted:
        if one.idempotency_key is not None and (used := seen.keys.get(one.idempotency_key)):
            if used[1] != one.request_digest:
                raise ConflictError(
                    "This idempotency key was used for another submission.", fix="Use a key once for one document."
                )
            return Known(at=used[0])
        known = _known_document(one, seen)
        if known is not None:
            self._expect_standing(known, seen)
            if one.idempotency_key is not None:
                seen.keys[one.idempotency_key] = (known, one.request_digest)
                seen.bound.append((one.idempotency_key, one.request_digest, known))
            return Known(at=known)
        if one.supersedes is not None:
            self._expect_correctable(one.supersedes, seen)
        return _take(one, _next_step(one, seen), seen)

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


def _known_document(one: Prepared, seen: _Seen) -> LogIndex | None:
    """Rules 2 and 3: the record that this document and number already have."""
    index = seen.documents.get(one.sha256) if one.sha256 is not None and one.kind in ONE_RECORD_KINDS else None
    used = one.number is not None and one.number in seen.numbers
    if used and (index is None or seen.numbers[one.number or ""] != index):
        raise ConflictError(
            "This number belongs to another document." if one.asked else "A drawn number is in use.",
            where="number",
            fix="Leave the number out, and one is drawn." if one.asked else "Send the submission again.",
        )
    if index is not None and one.asked and not used:
        raise ConflictError(
            f"This document has its record already ({index}), under another number.",
            where="sha256",
            fix="A correction is another document and gets another number.",
        )
    return index


def _next_step(one: Prepared, seen: _Seen) -> ProcessStep | None:
    if one.process_id is None:
        return None
    expected = seen.last_seqs.get(one.process_id, 0) + 1
    seq = expected if one.process_seq is None else one.process_seq
    if seq > MAX_INTEGER:
        raise ConflictError("This process has reached the last number that a step can have.", where="process.seq")
    if seq < expected:
        raise ConflictError(
            f"Step {seq} of this process is behind its last one.", where="process.seq", fix="Leave seq out."
        )
    if seq > expected and not one.gap:
        raise ConflictError(
            f"The next step of this process here is {expected}, not {seq}.",
            where="process.seq",
            fix='Numbers left out can never be filled. If they are missing for a reason, say "gap": true.',
        )
    return ProcessStep(id=one.process_id, seq=seq)


def _take(one: Prepared, step: ProcessStep | None, seen: _Seen) -> New:
    """Give the next index, and let the rest of the group see it."""
    index = LogIndex(seen.size)
    seen.size += 1
    if one.idempotency_key is not None:
        seen.keys[one.idempotency_key] = (index, one.request_digest)
    if one.number is not None:
        seen.numbers[one.number] = index
    if one.sha256 is not None and one.kind in ONE_RECORD_KINDS:
        seen.documents[one.sha256] = index
    if step is not None:
        seen.last_seqs[step.id] = step.seq
    return New(prepared=one, at=index, step=step)
