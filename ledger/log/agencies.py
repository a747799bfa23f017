"""Agencies of this service: registering one, its keys, its clerks' API keys, and what to do when a key is stolen.

Registering, each step doing nothing where it is done already: 1. the agency's keys and spares are drawn and put
on chain; 2. the governor opens its log; 3. the store keeps the log and the agency; 4. the sequencer takes it
up; 5. the first clerk's API key is made, and given out once. A crash leaves an agency without a log (1, 2),
without clerks (3, 4), or with a key that nobody was told (5); registering again goes on from there, and in the
last case an administrator makes another API key.

Where the governor has a delay, or members sign elsewhere, 1 and 2 are begun together and the call raises, saying from
when on the same call goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import ConflictError, InputError, NotFoundError
from ledger.hashing.digests import sha256
from ledger.hashing.encodings import b64u_encode
from ledger.log.agency_keys import AgencyKey, AgencyKeys
from ledger.log.mirror import Mirror
from ledger.log.postponed import Postponed
from ledger.log.successor import LogSwitch, SuccessorLogs, newest_log
from ledger.ports.agencies import Agency, AgencyStore, ApiKey, ApiRole
from ledger.ports.governance import Governance
from ledger.ports.keys import Clock
from ledger.ports.records import LogInfo, RecordStore
from ledger.records.origin import compose_origin, log_id
from ledger.values import AgencyCode, Instant, KeyId, Role, TreeSize

OPERATOR: Final = AgencyCode("0000000")
"""No office has this code; the operator's own API key is kept under it."""
SECRET_BYTES: Final = 32
MAX_TEXT: Final = 200
"""Longest name, contact or label: what fits a line of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A new API key with its secret, which is shown once and kept nowhere."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An agency that is registered; `api_key` is there only the first time."""

    agency: Agency
    log: LogInfo
    api_key: NewApiKey | None


class Agencies:
    """Registers agencies and looks after their keys."""

    def __init__(
        self,
        *,
        store: AgencyStore,
        records: RecordStore,
        governance: Governance,
        keys: AgencyKeys,
        successors: SuccessorLogs,
        mirror: Mirror,
        switch: LogSwitch,
        clock: Clock,
        log_name: str,
        max_delay_s: int,
    ) -> None:
        """Open logs under `log_name`, promising an anchor within `max_delay_s` seconds."""
        self._store = store
        self._records = records
        self._governance = governance
        self._keys = keys
        self._successors = successors
        self._mirror = mirror
        self._switch = switch
        self._clock = clock
        self._log_name = log_name
        self._max_delay_s = max_delay_s

    def register(self, code: AgencyCode, *, name_ko: str, name_en: str, contact: str) -> Registered:
        """Register an agency, or finish registering it; see the module's text.

        Raises:
            InputError: the operator's own code, or a name that is empty or too long.
            ConflictError: it is registered under other names.
            ChainError: the chain did not answer or refused; doing it again goes on.
        """
        agency = Agency(
            code=code,
            name_ko=_text(name_ko, "nameKo"),
            name_en=_text(name_en, "nameEn"),
            contact=_text(contact, "contact"),
        )
        if code == OPERATOR:
            raise InputError("This code is the operator's own.", where="code")
        known = next((other for other in self._store.agencies() if other.code == code), None)
        if known is not None and known != agency:
            raise ConflictError(f"Agency {code} is registered with another name or contact.", where="code")
        log = self._open_log(code)
        self._store.put_agency(agency)
        self._mirror.step()
        self._switch.adopt(log)
        fresh = not self._store.api_keys(code)
        api_key = self.create_api_key(code, ApiRole.CLERK, "first clerk") if fresh else None
        return Registered(agency=agency, log=log, api_key=api_key)

    def resume(self) -> None:
        """At start, before the sequencers: finish a successor log that a crash left without its first commit."""
        self._successors.resume()

    def agencies(self) -> Sequence[Agency]:
        """All agencies, by code."""
        return [agency for agency in self._store.agencies() if agency.code != OPERATOR]

    def agency(self, code: AgencyCode) -> Agency:
        """One agency. Raises NotFoundError."""
        for agency in self.agencies():
            if agency.code == code:
                return agency
        raise NotFoundError(f"There is no agency {code} here.")

    def log(self, code: AgencyCode) -> LogInfo:
        """The agency's newest log. Raises NotFoundError."""
        return newest_log(self._records.logs(), code)

    def keys(self, code: AgencyCode) -> Sequence[AgencyKey]:
        """The agency's keys with their windows on chain. Raises NotFoundError."""
        self.agency(code)
        return self._keys.keys(code)

    def rotate(self, code: AgencyCode, role: Role) -> AgencyKey:
        """Sign with another key of this role from now on; see `AgencyKeys.rotate`."""
        return self._keys.rotate(self.agency(code).code, role, self.log(code).origin)

    def declare_compromised(self, code: AgencyCode, key_id: KeyId, since: Instant | None = None) -> AgencyKey:
        """Declare a key stolen; where its thief anchored what this store does not have, go on in a successor.

        Raises:
            NotFoundError: the agency has no such key on chain.
            EvidenceError: a good head on chain is not in this store either.
            ChainError: the chain did not answer or refused; doing it again goes on.
        """
        key = self._keys.declare_compromised(self.agency(code).code, key_id, since)
        log = self.log(code)
        if key.role is Role.ANCHOR and not self._successors.contains_head(log):
            self._successors.open(code)
        else:
            self._keys.provide(code, log.origin)
        return key

    def open_successor(self, code: AgencyCode) -> LogInfo:
        """Close the agency's log and go on in its successor; see `SuccessorLogs.open`."""
        return self._successors.open(self.agency(code).code)

    def create_api_key(self, code: AgencyCode, role: ApiRole, label: str) -> NewApiKey:
        """Make an API key; the secret is in the answer and nowhere else. Raises NotFoundError."""
        if code != OPERATOR:
            self.agency(code)
        secret = b64u_encode(secrets.token_bytes(SECRET_BYTES))
        key = self._store.add_api_key(
            sha256(secret.encode("ascii")), code, role, _text(label, "label"), self._clock()
        )
        return NewApiKey(key=key, secret=secret)

    def api_keys(self, code: AgencyCode) -> Sequence[ApiKey]:
        """All API keys of an agency, without their secrets."""
        return self._store.api_keys(code)

    def revoke_api_key(self, code: AgencyCode, key_no: int) -> None:
        """Revoke an API key. Raises NotFoundError."""
        self._store.revoke_api_key(code, key_no, self._clock())

    def _open_log(self, code: AgencyCode) -> LogInfo:
        known = [log for log in self._records.logs() if log.agency == code]
        if known:
            return newest_log(known, code)
        origin = compose_origin(self._log_name, code)
        postponed = Postponed()
        postponed.begin(lambda: self._governance.register_agency(code))
        postponed.begin(lambda: self._keys.provide(code, origin))
        postponed.begin(lambda: self._governance.open_log(self._log_name, code, self._max_delay_s))
        postponed.settle()
        return self._records.add_log(
            origin=origin,
            log_id=log_id(origin),
            agency=code,
            generation=1,
            max_delay_s=self._max_delay_s,
            start=TreeSize(0),
        )


def _text(text: str, where: str) -> str:
    if not text.strip() or len(text) > MAX_TEXT or not text.isprintable():
        raise InputError(f"Write 1 to {MAX_TEXT} printable characters.", where=where)
    return text.strip()
