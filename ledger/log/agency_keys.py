"""The keys of an agency: drawn here, registered on chain, rotated with an overlap, declared compromised.

Each agency has, for its log, a NOTE and a RECEIPT key (Ed25519), and for the chain an ANCHOR and a STATUS key, each
with a spare that is already in window: where the governor has a delay, a new key comes too late on the day one is
stolen (contracts README, "Windows").

Rotating: 1. a spare is in window on chain, or one is drawn and put there; 2. the keystore signs with it from now on;
3. the old key's window gets an end, `overlap_s` ahead, since what it signed must still be anchored while it is
   in window; 4. a new spare is put on chain. A crash after 1 leaves a spare; after 2 an old key without an end: the
   next `rotate` of this role does 3 and 4 and no second rotation; after 3 no spare, which the next `provide` draws.
Where the governor has a delay, 3 and 4 are scheduled together, `rotate` raises and says from when on, and the same
call does them then: the new key signs from the first call on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ledger.errors import ConflictError, NotFoundError
from ledger.log.mirror import Mirror
from ledger.log.postponed import Postponed
from ledger.ports.chain import KeyEvent
from ledger.ports.chain_store import ChainStore
from ledger.ports.governance import Governance
from ledger.ports.keys import Clock, KeptKey, KeyMaker
from ledger.values import Address, AgencyCode, Instant, KeyId, Origin, Role

NOTE_ROLES: Final = (Role.NOTE, Role.RECEIPT)
CHAIN_ROLES: Final = (Role.ANCHOR, Role.STATUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyKey:
    """One key of an agency as the chain has it, and whether this service signs with it."""

    key_id: KeyId
    role: Role
    not_before: Instant
    not_after: Instant | None
    compromised_since: Instant | None
    current: bool
    """Whether this service signs with it now."""
    spare: bool
    """Whether this service holds it in reserve."""


class AgencyKeys:
    """Draws, registers, rotates and ends the keys of agencies."""

    def __init__(
        self,
        *,
        chain_store: ChainStore,
        governance: Governance,
        maker: KeyMaker,
        mirror: Mirror,
        clock: Clock,
        overlap_s: int,
    ) -> None:
        """Let a rotated key stay in window for `overlap_s` seconds: a log's maxDelay at least."""
        self._chain_store = chain_store
        self._governance = governance
        self._maker = maker
        self._mirror = mirror
        self._clock = clock
        self._overlap_s = overlap_s

    def provide(self, agency: AgencyCode, origin: Origin) -> None:
        """See to it that every key and spare of an agency and its log is drawn, in window and able to pay.

        Raises:
            ChainError: the chain did not answer or refused; doing it again goes on.
        """
        for role in NOTE_ROLES:
            if not self._usable(agency, role, origin):
                self._maker.add_note_key(origin, role)
        for role in CHAIN_ROLES:
            while len(self._usable(agency, role, None)) < 2:
                self._maker.add_chain_key(agency, role)
        postponed = Postponed()
        for key in self._maker.kept_keys(agency):
            if not key.ended and (key.origin in (None, origin)):
                postponed.begin(partial(self._register, key))
        postponed.settle()

    def keys(self, agency: AgencyCode) -> Sequence[AgencyKey]:
        """All keys of an agency that the mirror has seen, with their windows."""
        kept = {key.key_id: key for key in self._maker.kept_keys(agency)}
        return [_view(event, kept.get(event.key_id)) for event in self._chain_store.keys(agency)]

    def key(self, agency: AgencyCode, key_id: KeyId) -> AgencyKey:
        """One key of an agency. Raises NotFoundError."""
        for key in self.keys(agency):
            if key.key_id == key_id:
                return key
        raise NotFoundError(f"Agency {agency} has no key {key_id.hex()} on chain.")

    def rotate(self, agency: AgencyCode, role: Role, origin: Origin) -> AgencyKey:
        """Sign with another key from now on; the old one stays in window for the overlap.

        Raises:
            ChainError: the chain did not answer or refused; doing it again goes on.
            ConflictError: the role is not one that this service signs for.
        """
        if role not in (*NOTE_ROLES, *CHAIN_ROLES):
            raise ConflictError(f"This service holds no {role.name} keys.", where="role")
        self._mirror.step()
        if not any(event.role is role for event in self._endless(agency)):
            self._maker.make_current(self._replacement(agency, role, origin))
        postponed = Postponed()
        postponed.begin(lambda: self._end_rotated(agency))
        postponed.begin(lambda: self.provide(agency, origin))
        self._mirror.step()
        postponed.settle()
        mine = [key for key in self._maker.kept_keys(agency) if key.role is role and key.origin in (None, origin)]
        return self.key(agency, next(key.key_id for key in mine if key.current))

    def declare_compromised(self, agency: AgencyCode, key_id: KeyId, since: Instant | None) -> AgencyKey:
        """Declare a key stolen, now and, where given, since an instant in the past; sign with another from now on.

        The declaration of now comes first and waits for nothing: it stops the thief. The one for the past may have
        to wait for the governor's delay.

        Raises:
            NotFoundError: the agency has no such key on chain.
            ChainError: the chain did not answer or refused; doing it again goes on.
        """
        known = self.key(agency, key_id)
        if known.compromised_since is None:
            self._governance.declare_compromised(key_id)
        kept = next((key for key in self._maker.kept_keys(agency) if key.key_id == key_id), None)
        if kept is not None and kept.current:
            origin = kept.origin
            self._maker.make_current(self._replacement(agency, kept.role, origin))
        if since is not None:
            self._governance.declare_compromised_since(key_id, since)
        self._mirror.step()
        return self.key(agency, key_id)

    def _register(self, key: KeptKey) -> None:
        if key.role in CHAIN_ROLES:
            self._governance.fund(Address(key.key_id[12:]))
        self._governance.add_key(key.agency, key.key_id, key.role)

    def _replacement(self, agency: AgencyCode, role: Role, origin: Origin | None) -> KeyId:
        """A spare key in window on chain; drawn and put there where there is none."""
        spare = next((key for key in self._usable(agency, role, origin) if not key.current), None)
        if spare is None:
            if role in NOTE_ROLES and origin is not None:
                key_id = self._maker.add_note_key(origin, role)
            else:
                key_id = self._maker.add_chain_key(agency, role)
            spare = next(key for key in self._maker.kept_keys(agency) if key.key_id == key_id)
        self._register(spare)
        return spare.key_id

    def _usable(self, agency: AgencyCode, role: Role, origin: Origin | None) -> Sequence[KeptKey]:
        """Keys that are neither rotated out nor ended or declared compromised on chain."""
        on_chain = {event.key_id: event for event in self._chain_store.keys(agency)}
        found = []
        for key in self._maker.kept_keys(agency):
            wanted = key.role is role and not key.ended and (role in CHAIN_ROLES or key.origin == origin)
            event = on_chain.get(key.key_id)
            if wanted and not (event and (event.not_after or event.compromised_since)):
                found.append(key)
        return found

    def _end_rotated(self, agency: AgencyCode) -> None:
        """Give an end to keys that were rotated out and have none."""
        for event in self._endless(agency):
            self._governance.move_not_after(event.key_id, Instant(self._clock() + self._overlap_s))

    def _endless(self, agency: AgencyCode) -> Sequence[KeyEvent]:
        """Keys that were rotated out and have no end on chain: a rotation that waits, or that a crash broke off."""
        ended = {key.key_id for key in self._maker.kept_keys(agency) if key.ended}
        events = self._chain_store.keys(agency)
        return [e for e in events if e.key_id in ended and not e.not_after and not e.compromised_since]


def _view(event: KeyEvent, kept: KeptKey | None) -> AgencyKey:
    return AgencyKey(
        key_id=event.key_id,
        role=event.role,
        not_before=event.not_before,
        not_after=event.not_after or None,
        compromised_since=event.compromised_since or None,
        current=kept is not None and kept.current,
        spare=kept is not None and not kept.current and not kept.ended,
    )
