"""Status acts of clerks: checked, accepted durably, counted as in force at once, sent to the chain when they can be.

`change`: 1. a key that was used before answers with its act; 2. the change is checked against itself and
against the present status, accepted acts included; 3. it is accepted durably. A crash before 3 leaves nothing,
after it all of it, and `StatusSender` takes it from there. Two callers at once are served one after the other,
so that the second sees what the first was granted; what another process accepts meanwhile, the contract sorts
out.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from ledger.errors import ConflictError, InputError, NotFoundError
from ledger.hashing import canonical
from ledger.hashing.digests import sha256
from ledger.log.status_notes import StatusNotes
from ledger.log.status_rules import LANES, StatusChange, check_form, check_transition, replay, status_in
from ledger.log.status_view import HistoryEntry, StatusReader, StatusView
from ledger.ports.chain import StatusAct
from ledger.ports.chain_store import ChainStore, StatusRequest
from ledger.ports.keys import Clock
from ledger.ports.records import LogInfo, RecordStore
from ledger.records.record import parse_record
from ledger.values import AgencyCode, Digest32, Instant, LogIndex, Status

_FEW = 32
"""Up to so many records are looked up one by one; above, the acts of the whole log are replayed once."""


class StatusService:
    """Accepts status acts and answers what the status is, was, and why."""

    def __init__(self, *, records: RecordStore, chain_store: ChainStore, notes: StatusNotes, clock: Clock) -> None:
        """Accept acts into `chain_store` at the time of `clock`; `notes` signs what is said about them."""
        self._records = records
        self._chain_store = chain_store
        self._notes = notes
        self._clock = clock
        self._reader = StatusReader(records, chain_store)
        self._one_at_a_time = threading.Lock()

    def change(
        self, agency: AgencyCode, change: StatusChange, *, idempotency_key: str | None, actor: str
    ) -> StatusRequest:
        """Accept a status act of an agency; in force from now on, on chain as soon as it can be.

        Args:
            agency: whose records these are.
            change: what is asked.
            idempotency_key: a retry under the same key gets the same act; scoped to the log.
            actor: who asked, for the office's own journal: the API key's label, never a person's name on chain.

        Raises:
            InputError: the change contradicts itself.
            NotFoundError: a record or batch that is not there.
            ConflictError: the present status does not allow it, a successor does not name the record back, or the
                key was used for another change.
        """
        check_form(change)
        log = self._log_of(agency, change)
        digest = _digest(change)
        with self._one_at_a_time:
            if idempotency_key is not None:
                known = self._chain_store.find_status_request(log.log_no, idempotency_key)
                if known is not None:
                    return _same(known, digest, idempotency_key)
            act = self._act(log, change)
            return self._chain_store.accept_status(
                log_no=log.log_no,
                act=act,
                accepted_at=self._clock(),
                actor=actor,
                idempotency_key=idempotency_key,
                request_digest=digest,
            )

    def request(self, agency: AgencyCode, act_no: int) -> StatusRequest:
        """How far an act has come: accepted, sent, final, or refused with the reason.

        Raises:
            NotFoundError: this agency has no such act.
        """
        request = self._chain_store.status_request(act_no)
        if request.log_no not in {log.log_no for log in self._logs(agency)}:
            raise NotFoundError(f"Agency {agency} has no status act {act_no}.")
        return request

    def status_now(self, log_no: int, index: LogIndex) -> StatusView:
        """The status now, accepted acts included; see `StatusReader.now`."""
        return self._reader.now(log_no, index)

    def status_at(self, log_no: int, index: LogIndex, instant: Instant) -> StatusView:
        """The status as of a past instant; see `StatusReader.at`."""
        return self._reader.at(log_no, index, instant)

    def history(self, log_no: int, index: LogIndex) -> Sequence[HistoryEntry]:
        """Every act on a record and its batch; see `StatusReader.history`."""
        return self._reader.history(log_no, index)

    def status_note(self, log_no: int, index: LogIndex) -> str:
        """The office's signed word on the status now; see `StatusNotes.make`."""
        return self._notes.make(log_no, index)

    def _logs(self, agency: AgencyCode) -> Sequence[LogInfo]:
        return sorted((log for log in self._records.logs() if log.agency == agency), key=lambda log: log.generation)

    def _log_of(self, agency: AgencyCode, change: StatusChange) -> LogInfo:
        """The log under whose id the act goes: indexes below a successor's start belong to its predecessor."""
        logs = self._logs(agency)
        if not logs:
            raise NotFoundError(f"Agency {agency} has no log here.")
        if change.batch is not None:
            return logs[-1]
        owners = {_owner(logs, index) for index in change.indexes}
        if len(owners) > 1:
            starts = ", ".join(str(logs[place].start) for place in sorted(owners)[1:])
            raise InputError(
                "The records lie in more than one generation of the log.",
                where="indexes",
                fix=f"Send one act for each: a new generation starts at {starts}.",
            )
        log = logs[owners.pop()]
        size = self._records.tree_size(log.log_no)
        missing = next((index for index in change.indexes if index < 0 or index >= size), None)
        if missing is not None:
            raise NotFoundError(f"There is no record {missing}; the log has {size}.", where="indexes")
        return log

    def _act(self, log: LogInfo, change: StatusChange) -> StatusAct:
        before = self._present(log, change)
        order = sorted(range(len(change.subjects)), key=lambda place: change.subjects[place])
        successors = tuple(change.successors[place] for place in order) if change.successors else ()
        indexes = tuple(change.subjects[place] for place in order)
        successor_log = self._successor_log(log, indexes, successors)
        return StatusAct(
            log_id=log.log_id,
            batches=change.batch is not None,
            before=before,
            after=change.after,
            reason=change.reason,
            retroactive=change.retroactive,
            indexes=indexes,
            successor_log=successor_log.log_id if successor_log else None,
            successors=successors,
        )

    def _present(self, log: LogInfo, change: StatusChange) -> Status:
        """The one status that all subjects have now, accepted acts included.

        An act on chain moves all its records from one status to another, so a mixed list is sent as two acts.
        """
        if change.batch is not None:
            if not self._records.batch_members(log.log_no, change.batch):
                raise NotFoundError(f"There is no batch {change.batch}.", where="batch")
            present: Mapping[int, Status] = {change.batch: self._present_batch(log, change.batch)}
            name = "Batch"
        else:
            present, name = self._present_records(log.log_no, change.indexes), "Record"
        for subject, status in present.items():
            check_transition(f"{name} {subject}", status, change.after)
        found = set(present.values())
        if len(found) > 1:
            odd = [subject for subject, status in present.items() if status is Status.SUSPENDED]
            raise InputError(
                f"{len(odd)} of {len(present)} records are suspended (the first is {odd[0]}), the others active.",
                where="indexes",
                fix="Send the suspended ones as an act of their own.",
            )
        return found.pop()

    def _present_batch(self, log: LogInfo, batch: int) -> Status:
        status = Status.ACTIVE
        logs = self._logs(log.agency)
        events = [event for one in logs for event in self._chain_store.all_status_events(one.log_no) if event.batches]
        events = sorted(events, key=lambda event: (event.place.block.number, event.place.log_index))
        words = replay(self._reader.counting(log.log_no, events))
        status = status_in(words.get((True, batch // LANES), 0), batch)
        for one in logs:
            for request in self._chain_store.open_status_requests(one.log_no):
                if request.act.batches and batch in request.act.indexes:
                    status = request.act.after
        return status

    def _present_records(self, log_no: int, indexes: Sequence[LogIndex]) -> dict[int, Status]:
        if len(indexes) <= _FEW:
            return {index: self._present_record(log_no, index) for index in indexes}
        words = replay(self._reader.counting(log_no, self._chain_store.all_status_events(log_no)))
        present: dict[int, Status] = {i: status_in(words.get((False, i // LANES), 0), i) for i in indexes}
        for request in self._chain_store.open_status_requests(log_no):
            if not request.act.batches:
                present.update((i, request.act.after) for i in request.act.indexes if i in present)
        return present

    def _present_record(self, log_no: int, index: LogIndex) -> Status:
        pending, _ = self._chain_store.pending_status(log_no, index, None)
        if pending is not None:
            return pending
        events = [event for event in self._chain_store.status_events(log_no, index, None) if not event.batches]
        standing = self._reader.counting(log_no, events)
        return standing[-1].after if standing else Status.ACTIVE

    def _successor_log(self, log: LogInfo, indexes: Sequence[int], successors: Sequence[LogIndex]) -> LogInfo | None:
        """The one log of the successors, each of which names the record that it corrects."""
        if not successors:
            return None
        logs = self._logs(log.agency)
        owners = {_owner(logs, successor) for successor in successors}
        if len(owners) > 1:
            raise InputError("The successors lie in more than one generation of the log.", where="successors")
        home = logs[owners.pop()]
        for index, successor in zip(indexes, successors, strict=True):
            stored = self._records.record(home.log_no, successor)
            if parse_record(stored.leaf).supersedes != index:
                raise ConflictError(
                    f"Record {successor} does not say that it supersedes record {index}.",
                    where="successors",
                    fix="Issue the correction with `supersedes` set, then name it here.",
                )
        return home


def _owner(logs: Sequence[LogInfo], index: int) -> int:
    """The place in `logs` (oldest first) of the log that holds this index: the newest that starts at or below it."""
    return max((place for place, log in enumerate(logs) if log.start <= index), default=0)


def _digest(change: StatusChange) -> Digest32:
    form: dict[str, canonical.Json] = {
        "after": int(change.after),
        "batch": change.batch or 0,
        "indexes": list(change.indexes),
        "reason": int(change.reason),
        "retroactive": change.retroactive,
        "successors": list(change.successors),
    }
    return sha256(canonical.encode(form))


def _same(known: StatusRequest, digest: Digest32, key: str) -> StatusRequest:
    if known.request_digest != digest:
        raise ConflictError(
            f"The idempotency key {key[:40]!r} was used for another status act.", fix="Use a new key for a new act."
        )
    return known
