"""What the status of a record is, was, and how it came to be; read from the store alone, so with the chain down too.

Four rules (design.md, section 3, "Verdict"; formats.md, section 5):

* The verdict is the worse of the record's status and its issuing batch's.
* A suspension, revocation or supersession that the service accepted counts as in force at once; a resumption only
  when it is final.
* A final act of a key at or after it counts as compromised is void, for every instant, whether the contract has
  undone it yet or not. Suspensions and resumptions are answered by ordinary acts.
* As of an instant T count the acts with block time ≤ T, and every retroactive revocation (취소) whenever it was
  made: it leaves no earlier instant valid. A withdrawal (철회) leaves the time before it valid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import NotFoundError
from ledger.log.status_rules import LANES, replay, status_in
from ledger.ports.chain import AnchorEvent, Block, StatusEvent, compromised
from ledger.ports.chain_store import ChainStore, StatusRequest
from ledger.ports.records import LogInfo, RecordStore
from ledger.records.record import parse_record
from ledger.values import Digest32, Instant, KeyId, LogId, LogIndex, Reason, Status, worse


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The status of one record at an instant.

    Attributes:
        record: the record's own status.
        batch: its issuing batch's; None exactly where the record has no batch.
        pending: whether an accepted act that is not final yet decides it.
        block: the newest mirrored block, of which this is said; None before anything was mirrored.
        anchor: the first anchor that covers the record; None while it is not anchored.
        successor: the record that supersedes it and names it back; None where there is none. The contract does not
            read records: that the later one names the earlier is for whoever shows it to check (contracts README).
    """

    record: Status
    batch: Status | None
    pending: bool
    block: Block | None
    anchor: AnchorEvent | None
    successor: tuple[LogId, LogIndex] | None

    @property
    def worse(self) -> Status:
        """What counts: the worse of record and batch."""
        return self.record if self.batch is None else worse(self.record, self.batch)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One act on a record or its batch, as a page shows it."""

    time: Instant
    """Block time; of an act that is not final yet, when the service accepted it."""
    before: Status
    after: Status
    reason: Reason
    retroactive: bool
    batch: bool
    """Whether it covered the whole issuing batch."""
    final: bool
    act_no: int | None
    """The act's number at this service while it is not final; None once it stands on chain."""
    transaction: Digest32 | None
    block: Block | None
    key_ids: tuple[KeyId, ...]
    """The keys that signed it, two where it needed two persons; none while it is not final."""
    void: bool = False
    """Whether it counts for nothing: its key is declared compromised since then or earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSheet:
    """The statuses of all records of one log now, read once: for evidence of many.

    Attributes:
        block: the newest mirrored block, of which this is said; None before anything was mirrored.
        words: what the acts leave: (batches?, word number) → value.
        waiting: what accepted acts that are not final yet lead to: (batches?, index or batch) → status.
    """

    block: Block | None
    words: Mapping[tuple[bool, int], int]
    waiting: Mapping[tuple[bool, int], Status]

    def status(self, index: LogIndex, batch: int | None) -> tuple[Status, Status | None]:
        """A record's own status and its batch's, as `StatusReader.now` says them."""
        return self._of(False, index), None if batch is None else self._of(True, batch)

    def _of(self, batches: bool, subject: int) -> Status:
        final = status_in(self.words.get((batches, subject // LANES), 0), subject)
        return _in_force(final, self.waiting.get((batches, subject)))[0]


class StatusReader:
    """Answers what the status is, was, and how it came to be."""

    def __init__(self, records: RecordStore, chain_store: ChainStore) -> None:
        """Read from the store's records and its mirror of the chain."""
        self._records = records
        self._chain_store = chain_store

    def now(self, log_no: int, index: LogIndex) -> StatusView:
        """The status that the service answers for now, accepted acts included.

        Raises:
            NotFoundError: there is no such record.
        """
        return self._view(log_no, index, None)

    def at(self, log_no: int, index: LogIndex, instant: Instant) -> StatusView:
        """The status as of a past instant.

        Raises:
            NotFoundError: there is no such record.
        """
        return self._view(log_no, index, instant)

    def history(self, log_no: int, index: LogIndex) -> Sequence[HistoryEntry]:
        """Every act on this record and its batch, oldest first; accepted ones that are not final come last.

        Raises:
            NotFoundError: there is no such record.
        """
        batch = self._batch_of(log_no, index)
        events = self._events(log_no, index, batch)
        since = self._compromised(log_no, events)
        done = [_entry(event, event.is_void(since)) for event in events]
        waiting = [_open_entry(request) for request in self._open(log_no, index, batch)]
        return [*done, *waiting]

    def sheet(self, log_no: int) -> StatusSheet:
        """The statuses of all records of one log now.

        Raises:
            NotFoundError: there is no such log.
        """
        block, logs = self._block(), self.lineage(log_no)
        acts = [event for log in logs for event in self._chain_store.all_status_events(log.log_no)]
        mine = [event for event in acts if event.batches or event.log_id == self._log_id(log_no)]
        in_order = sorted(mine, key=lambda event: (event.place.block.number, event.place.log_index))
        open_acts = [one for log in logs for one in self._chain_store.open_status_requests(log.log_no)]
        waiting = {
            (request.act.batches, subject): request.act.after
            for request in sorted(open_acts, key=lambda request: request.act_no)
            if request.act.batches or request.log_no == log_no
            for subject in request.act.indexes
        }
        return StatusSheet(block=block, words=replay(self.counting(log_no, in_order)), waiting=waiting)

    def _log_id(self, log_no: int) -> LogId:
        return next(log.log_id for log in self._records.logs() if log.log_no == log_no)

    def lineage(self, log_no: int) -> Sequence[LogInfo]:
        """All generations of the log's agency, oldest first: a batch's recall holds in every one."""
        logs = self._records.logs()
        agency = next((log.agency for log in logs if log.log_no == log_no), None)
        if agency is None:
            raise NotFoundError(f"There is no log {log_no}.")
        return sorted((log for log in logs if log.agency == agency), key=lambda log: log.generation)

    def counting(self, log_no: int, events: Sequence[StatusEvent]) -> Sequence[StatusEvent]:
        """Those acts on a log that are not void."""
        since = self._compromised(log_no, events)
        return [event for event in events if not event.is_void(since)] if since else events

    def names_back(self, log_no: int, index: LogIndex, log_id: LogId, successor: LogIndex) -> bool:
        """Whether a record that the chain names as successor is there and says so itself; the contract does not look.

        Raises:
            NotFoundError: there is no such log, or the store lacks the successor.
            FormatError: the successor is no record.
        """
        home = next((log for log in self.lineage(log_no) if log.log_id == log_id), None)
        if home is None or successor >= self._records.tree_size(home.log_no):
            return False
        return parse_record(self._records.record(home.log_no, successor).leaf).supersedes == index

    def _compromised(self, log_no: int, events: Sequence[StatusEvent]) -> dict[KeyId, Instant]:
        """Keys of the log's agency that count as compromised; not looked up where there are no acts."""
        if not events:
            return {}
        return compromised(self._chain_store.keys(self.lineage(log_no)[0].agency))

    def _view(self, log_no: int, index: LogIndex, instant: Instant | None) -> StatusView:
        batch = self._batch_of(log_no, index)
        events = self.counting(log_no, self._events(log_no, index, batch))
        requests = self._open(log_no, index, batch)
        record, record_pending = _status(events, requests, instant, batches=False)
        of_batch, batch_pending = _status(events, requests, instant, batches=True)
        return StatusView(
            record=record,
            batch=of_batch if batch is not None else None,
            pending=record_pending or batch_pending,
            block=self._block(),
            anchor=self._chain_store.anchor_covering(log_no, index),
            successor=self._successor(log_no, index) if record is Status.SUPERSEDED else None,
        )

    def _batch_of(self, log_no: int, index: LogIndex) -> int | None:
        return self._records.record(log_no, index).batch

    def _block(self) -> Block | None:
        newest = self._chain_store.mirrored_blocks(1)
        return newest[0] if newest else None

    def _successor(self, log_no: int, index: LogIndex) -> tuple[LogId, LogIndex] | None:
        known = self._chain_store.successor_of(log_no, index)
        if known is not None:
            return known if self.names_back(log_no, index, *known) else None
        for request in self._open(log_no, index, None):
            if request.act.successors and request.act.successor_log is not None:
                return request.act.successor_log, request.act.successors[request.act.indexes.index(index)]
        return None

    def _events(self, log_no: int, index: LogIndex, batch: int | None) -> Sequence[StatusEvent]:
        """Acts on the record in its own log, and on its batch in any generation, in the chain's order."""
        own = list(self._chain_store.status_events(log_no, index, batch))
        if batch is not None:
            for log in self.lineage(log_no):
                if log.log_no != log_no:
                    others = self._chain_store.status_events(log.log_no, index, batch)
                    own.extend(event for event in others if event.batches)
        return sorted(own, key=lambda event: (event.place.block.number, event.place.log_index))

    def _open(self, log_no: int, index: LogIndex, batch: int | None) -> Sequence[StatusRequest]:
        """Accepted acts on this record or its batch that are not final, oldest first."""
        found: list[StatusRequest] = []
        for number in [log.log_no for log in self.lineage(log_no)] if batch is not None else [log_no]:
            # Almost always there is none, and the store says so from an index.
            if self._chain_store.pending_status(number, index, batch) == (None, None):
                continue
            for request in self._chain_store.open_status_requests(number):
                subject = batch if request.act.batches else index if number == log_no else None
                if subject in request.act.indexes:
                    found.append(request)
        return sorted(found, key=lambda request: request.act_no)


def _last(events: Iterable[StatusEvent], *, batches: bool) -> Status:
    status = Status.ACTIVE
    for event in events:
        if event.batches == batches:
            status = event.after
    return status


def _in_force(final: Status, waiting: Status | None) -> tuple[Status, bool]:
    """(what counts, whether an accepted act decides it): the worse, so a resumption counts only when it is final."""
    if waiting is None:
        return final, False
    graver = worse(final, waiting)
    return graver, graver is not final


def _status(
    events: Sequence[StatusEvent], requests: Sequence[StatusRequest], instant: Instant | None, *, batches: bool
) -> tuple[Status, bool]:
    """(status, whether an accepted act decides it) as of an instant; None: now."""
    mine = [event for event in events if event.batches == batches]
    waiting = [request for request in requests if request.act.batches == batches]
    if instant is None:
        return _in_force(_last(mine, batches=batches), waiting[-1].act.after if waiting else None)
    if any(event.retroactive and event.after is Status.REVOKED for event in mine):
        return Status.REVOKED, False
    final = _last((event for event in mine if event.time <= instant), batches=batches)
    if any(request.act.retroactive and request.act.after is Status.REVOKED for request in waiting):
        return Status.REVOKED, True
    then = [request.act.after for request in waiting if request.accepted_at <= instant]
    return _in_force(final, then[-1] if then else None)


def _entry(event: StatusEvent, void: bool) -> HistoryEntry:
    return HistoryEntry(
        time=event.time,
        before=event.before,
        after=event.after,
        reason=event.reason,
        retroactive=event.retroactive,
        batch=event.batches,
        final=True,
        act_no=None,
        transaction=event.place.transaction,
        block=event.place.block,
        key_ids=tuple(key for key in (event.key_id, event.second_key_id) if any(key)),
        void=void,
    )


def _open_entry(request: StatusRequest) -> HistoryEntry:
    return HistoryEntry(
        time=request.accepted_at,
        before=request.act.before,
        after=request.act.after,
        reason=request.act.reason,
        retroactive=request.act.retroactive,
        batch=request.act.batches,
        final=False,
        act_no=request.act_no,
        transaction=None,
        block=None,
        key_ids=(),
    )
