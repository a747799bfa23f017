"""Sends accepted status acts to the chain, in the order in which they were accepted.

One step, for each log, oldest act first:

1. An act whose transactions are in the outbox is on the way: leave it.
2. An act on a record that is not anchored yet (or whose successor is not) waits: the contract refuses such indexes.
3. An act that touches what an earlier open act touches waits for that one to be final.
4. An act on what a compromised key revoked or superseded waits until that is undone (`undoing`).
5. Compare with the mirrored status: what has arrived already (a crash between mining and noting) is left out; if
   nothing is left, the act is final. Where the chain has another status than the act starts from, the act can never
   be made: it is refused, with what was found.
6. Dry-run the calls; a notice of the contract (the key is not in window) is noted with the act, which stays accepted
   and is tried again. Else sign, keep and send them through the outbox, and note that the act was sent.

A crash before "keep" leaves the act accepted; after it, 1 finds it in the outbox, and the outbox sends the same
bytes. A transaction that reverted after all brings its act back to 5, which either refuses it or tries again.
So nothing that was accepted is lost in silence: it ends final, or refused with a reason, or waits with its
problem in plain sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ledger.log.outbox import Outbox, Settled, Settlement, versions
from ledger.log.status_rules import LANES, replay, status_in
from ledger.log.status_view import StatusReader
from ledger.ports.chain import Chain, StatusAct, StatusEvent
from ledger.ports.chain_store import ChainStore, OutboxKind, StatusRequest
from ledger.ports.keys import Keyring
from ledger.ports.records import LogInfo, RecordStore
from ledger.values import Instant, LogId, Role, Status, has_passed

ACCEPTED: Final = "accepted"
SENT: Final = "sent"
FINAL: Final = "final"
REFUSED: Final = "refused"

_HELD: Final = (
    "A compromised key revoked or superseded this on chain, which counts for nothing but stands in the way until "
    "it is undone: sillok key undo."
)

UNSEEN: Final = "The chain's node said that it was done, and the chain shows nothing of it."
RETRY_AFTER_S: Final = 10
"""Pause after the contract would not take an act, or reverted it."""


class StatusSender:
    """Brings accepted status acts onto the chain."""

    def __init__(
        self, *, chain: Chain, chain_store: ChainStore, records: RecordStore, keyring: Keyring, outbox: Outbox
    ) -> None:
        """Send what `chain_store` has accepted through `outbox`, signed by each agency's STATUS key."""
        self._chain = chain
        self._chain_store = chain_store
        self._records = records
        self._keyring = keyring
        self._outbox = outbox
        self._reader = StatusReader(records, chain_store)
        self._failed_at: dict[int, Instant] = {}

    def settled(self, items: Sequence[Settled], now: Instant) -> None:
        """Note how status transactions ended, act by act; acts of several transactions once all have ended."""
        mine = [item for item in items if item.outgoing.kind is OutboxKind.STATUS]
        for act_no in sorted({item.outgoing.subject for item in mine}):
            of_act = [item for item in mine if item.outgoing.subject == act_no]
            waiting = [one for one in self._chain_store.outgoing(OutboxKind.STATUS) if one.subject == act_no]
            if len(waiting) > len(of_act):
                continue
            problem = next((item.problem for item in of_act if item.settlement is not Settlement.DONE), None)
            if problem is None and not all(self._is_mirrored(item) for item in of_act):
                problem = UNSEEN
            if problem is None:
                self._chain_store.set_status_state(act_no, FINAL, None, self._chain_store.cursor())
            else:
                self._chain_store.set_status_state(act_no, ACCEPTED, problem)
                self._failed_at[act_no] = now
            self._outbox.forget(of_act)

    def hurry(self) -> None:
        """Try every act in the next step: what held some back (a thief's act) was just taken off the chain."""
        self._failed_at.clear()

    def step(self, now: Instant) -> None:
        """Send what can be sent.

        Raises:
            ChainError: the chain did not answer; the next step goes on.
            KeystoreError: an agency's STATUS key is not there.
        """
        requests = self._chain_store.open_status_requests()
        if not requests:
            self._failed_at.clear()
            return
        on_the_way = {item.subject for item in self._chain_store.outgoing(OutboxKind.STATUS)}
        logs = {log.log_no: log for log in self._records.logs()}
        earlier: dict[tuple[int, bool], set[int]] = {}
        for request in requests:
            # A batch is one thing in all generations of an agency's log, so the agency stands for its lineage.
            log = logs[request.log_no]
            place = (int(log.agency) if request.act.batches else request.log_no, request.act.batches)
            touched = earlier.setdefault(place, set())
            free = touched.isdisjoint(request.act.indexes)
            touched.update(request.act.indexes)
            if (
                free
                and request.act_no not in on_the_way
                and self._is_ready(request, now)
                and self._is_anchored(log, request.act)
            ):
                self._send(log, request, now)

    def _is_ready(self, request: StatusRequest, now: Instant) -> bool:
        failed_at = self._failed_at.get(request.act_no)
        return failed_at is None or has_passed(failed_at, RETRY_AFTER_S, now)

    def _is_mirrored(self, item: Settled) -> bool:
        """Whether an event of this transaction is mirrored: a receipt is one node's word, and may be a lie."""
        mine = versions(item.outgoing)
        events = self._chain_store.all_status_events(item.outgoing.log_no)
        return any(event.place.transaction in mine for event in events)

    def _is_anchored(self, log: LogInfo, act: StatusAct) -> bool:
        if act.batches:
            return True
        if act.indexes[-1] >= self._anchored_size(log.log_id):
            return False
        if not act.successors or act.successor_log is None:
            return True
        return max(act.successors) < self._anchored_size(act.successor_log)

    def _anchored_size(self, log_id: LogId) -> int:
        log = next((one for one in self._records.logs() if one.log_id == log_id), None)
        last = self._chain_store.last_anchor(log.log_no) if log else None
        return last.size if last else 0

    def _send(self, log: LogInfo, request: StatusRequest, now: Instant) -> None:
        events = self._events(log, request.act)
        statuses = _statuses(events, request.act)
        counting = _statuses(self._reader.counting(log.log_no, events), request.act)
        held = next((i for i in request.act.indexes if statuses[i] is not counting[i]), None)
        if held is not None:
            self._failed_at[request.act_no] = now
            self._chain_store.set_status_state(request.act_no, ACCEPTED, _HELD)
            return
        left = tuple(i for i in request.act.indexes if statuses[i] is not request.act.after)
        odd = next((i for i in left if statuses[i] is not request.act.before), None)
        if odd is not None:
            name = "Batch" if request.act.batches else "Record"
            found, needed = statuses[odd].name.lower(), request.act.before.name.lower()
            reason = f"{name} {odd} is {found} on chain, not {needed}."
            problem = f"{reason} {request.problem}" if request.problem else reason
            self._chain_store.set_status_state(request.act_no, REFUSED, problem)
            return
        if not left:
            self._chain_store.set_status_state(request.act_no, FINAL, None, self._chain_store.cursor())
            return
        calls = self._chain.status_calls(_narrowed(request.act, left))
        signer = self._keyring.chain_signer(log.agency, Role.STATUS)
        for call in calls:
            notice = self._chain.dry_run(call, signer.address)
            if notice is not None:
                self._failed_at[request.act_no] = now
                self._chain_store.set_status_state(request.act_no, ACCEPTED, notice)
                return
        self._outbox.put(
            OutboxKind.STATUS, log_no=log.log_no, subject=request.act_no, calls=calls, signer=signer, now=now
        )
        self._chain_store.set_status_state(request.act_no, SENT, None)

    def _events(self, log: LogInfo, act: StatusAct) -> Sequence[StatusEvent]:
        """The mirrored acts that lead to the words on chain: of the act's log, or for a batch of all generations."""
        logs = [log]
        if act.batches:
            logs = [one for one in self._records.logs() if one.agency == log.agency]
        events = [event for one in logs for event in self._chain_store.all_status_events(one.log_no)]
        mine = [event for event in events if event.batches == act.batches]
        return sorted(mine, key=lambda event: (event.place.block.number, event.place.log_index))


def _statuses(events: Sequence[StatusEvent], act: StatusAct) -> dict[int, Status]:
    words = replay(events)
    return {i: status_in(words.get((act.batches, i // LANES), 0), i) for i in act.indexes}


def _narrowed(act: StatusAct, left: tuple[int, ...]) -> StatusAct:
    """The act on what is left of its records."""
    if len(left) == len(act.indexes):
        return act
    wanted = set(left)
    successors = tuple(s for i, s in zip(act.indexes, act.successors, strict=False) if i in wanted)
    return replace(act, indexes=left, successors=successors)
