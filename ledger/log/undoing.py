"""Undoing what a stolen STATUS or OFFICER key did, on the chain too (contracts README, "Status acts").

Once a key is declared compromised, its final acts at or after `since` are void in every verdict of this service; the
contract holds them until each is undone by `voidAct`, newest first, by a STATUS key of the agency. `send`:

1. rebuilds the key's chain of acts from the mirrored events, so that the contract can recognise each;
2. leaves alone what is on the way already;
3. makes one transaction for each act that stands at or after `since`, newest first, and puts all of them into the
   outbox at once, under consecutive nonces: they arrive in this order.

A crash before 3 leaves nothing, after it the outbox sends the same bytes. Where one is refused, those behind it are
refused too, and `send` begins again with what still stands: asking again is always safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.errors import ConflictError, NotFoundError
from ledger.log.outbox import Outbox, Settled, Settlement
from ledger.ports.chain import (
    ActVoidedEvent,
    Chain,
    KeyEvent,
    PerformedAct,
    StatusEvent,
    SupersededEvent,
)
from ledger.ports.chain_store import ChainStore, OutboxKind
from ledger.ports.keys import Keyring
from ledger.ports.records import LogInfo, RecordStore
from ledger.values import AgencyCode, Digest32, Instant, KeyId, LogId, LogIndex, Role

_NOTHING = Digest32(bytes(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """How far the acts of one compromised key are undone."""

    standing: int
    """Acts at or after `since` that the contract still holds."""
    on_the_way: int
    """Transactions that undo some of them and are not final yet."""
    problem: str | None
    """Why the newest try did not go on, in the contract's words; None where it did."""


class Undoer:
    """Undoes the acts of compromised keys."""

    def __init__(
        self, *, chain: Chain, chain_store: ChainStore, records: RecordStore, keyring: Keyring, outbox: Outbox
    ) -> None:
        """Send through `outbox`, signed by the agency's STATUS key of now."""
        self._chain = chain
        self._chain_store = chain_store
        self._records = records
        self._keyring = keyring
        self._outbox = outbox
        self._problems: dict[int, str] = {}

    def send(self, agency: AgencyCode, key_id: KeyId, now: Instant) -> Undoing:
        """Undo what stands of a key's acts at or after it counts as compromised.

        Raises:
            NotFoundError: the agency has no such key.
            ConflictError: the key is not declared compromised, or may not change statuses at all.
            ChainError: the chain did not answer, or the mirror lacks an event of the key.
            KeystoreError: the agency's STATUS key is not there.
        """
        key = self._key(agency, key_id)
        logs = [log for log in self._records.logs() if log.agency == agency]
        standing = standing_acts(self._events(logs), key_id, key.compromised_since)
        numbers = {log.log_no for log in logs}
        waiting = [item for item in self._chain_store.outgoing(OutboxKind.UNDO) if item.log_no in numbers]
        if waiting or not standing:
            return Undoing(standing=len(standing), on_the_way=len(waiting), problem=None)
        signer = self._keyring.chain_signer(agency, Role.STATUS)
        calls = [self._chain.undo_call(act) for act in standing]
        problem = self._chain.dry_run(calls[0], signer.address)
        if problem is not None:
            return Undoing(standing=len(standing), on_the_way=0, problem=problem)
        log_no = max(numbers)
        kept = self._outbox.put(
            OutboxKind.UNDO,
            log_no=log_no,
            subject=standing[0].event.place.block.number,
            calls=calls,
            signer=signer,
            now=now,
        )
        return Undoing(standing=len(standing), on_the_way=len(kept), problem=self._problems.pop(log_no, None))

    def settled(self, items: Sequence[Settled]) -> bool:
        """Forget transactions that ended; what they left standing is seen when `send` is asked again.

        Returns:
            Whether any ended: what waited for them can be tried at once.
        """
        mine = [item for item in items if item.outgoing.kind is OutboxKind.UNDO]
        for item in mine:
            if item.settlement is not Settlement.DONE and item.problem is not None:
                self._problems.setdefault(item.outgoing.log_no, item.problem)
        self._outbox.forget(mine)
        return bool(mine)

    def _key(self, agency: AgencyCode, key_id: KeyId) -> KeyEvent:
        key = next((key for key in self._chain_store.keys(agency) if key.key_id == key_id), None)
        if key is None:
            raise NotFoundError(f"Agency {agency} has no key {key_id.hex()} on chain.")
        if key.role not in (Role.STATUS, Role.OFFICER):
            raise ConflictError(f"A {key.role.name} key changes no status, so there is nothing to undo.")
        if not key.compromised_since:
            raise ConflictError(
                "This key is not declared compromised: its acts stand.",
                fix="Declare it compromised first: sillok key compromised.",
            )
        return key

    def _events(self, logs: Iterable[LogInfo]) -> Sequence[StatusEvent | SupersededEvent | ActVoidedEvent]:
        events = [event for log in logs for event in self._chain_store.acts_as_done(log.log_no)]
        return sorted(events, key=lambda event: (event.place.block.number, event.place.log_index))


@dataclass(slots=True)
class _Draft:
    """An act while its events are read."""

    event: StatusEvent
    previous: list[Digest32]
    successor_log: LogId | None
    successors: list[LogIndex]

    def signed_by(self) -> list[KeyId]:
        return [key for key in (self.event.key_id, self.event.second_key_id) if any(key)]


def standing_acts(
    events: Iterable[StatusEvent | SupersededEvent | ActVoidedEvent], key_id: KeyId, since: Instant
) -> Sequence[PerformedAct]:
    """The acts of a key at or after an instant that were not undone, newest first: as `voidAct` wants them.

    Args:
        events: all acts on the logs of the key's agency, in the order of the chain.
        key_id: the key.
        since: block time.
    """
    chains: dict[KeyId, list[_Draft]] = {}
    last: _Draft | None = None
    for event in events:
        if isinstance(event, StatusEvent):
            last = _Draft(event, [], None, [])
            for key in last.signed_by():
                chain = chains.setdefault(key, [])
                last.previous.append(chain[-1].event.head if chain else _NOTHING)
                chain.append(last)
        elif isinstance(event, SupersededEvent):
            if last is not None:
                last.successor_log = event.successor_log
                last.successors.append(event.successor)
        else:
            for chain in chains.values():
                if chain and chain[-1].event.head == event.act_head:
                    chain.pop()
    mine = [act for act in reversed(chains.get(key_id, [])) if act.event.time >= since]
    return [
        PerformedAct(
            event=act.event,
            previous=act.previous[0],
            second_previous=act.previous[1] if len(act.previous) > 1 else _NOTHING,
            successor_log=act.successor_log,
            successors=tuple(act.successors),
        )
        for act in mine
    ]
