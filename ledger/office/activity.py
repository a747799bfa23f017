"""The office's activity log: who did what, kept before it is done, and recorded in the agency's own ledger.

An entry is written before its act, so that nothing is done that the log does not say. Its bytes are JSON with a
random salt, its SHA-256 is the digest of an `activity` record: so neither the office nor the operator can change or
drop an entry later without that showing. Entries name accounts by number and records by place, never a person and
never a fact. Who looked at personal facts is kept apart (`Visit`) and stays outside the ledger.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ledger.errors import InfrastructureError, InputError
from ledger.hashing import canonical
from ledger.hashing.digests import sha256
from ledger.hashing.encodings import b64u_encode
from ledger.log.intake import Submission
from ledger.log.issuance import Issuance
from ledger.ports.accounts import Account
from ledger.ports.keys import Clock
from ledger.ports.runs import Activity, DeskStore, Visit
from ledger.values import Digest32, format_instant

SALT_BYTES: Final = 16
_AT_ONCE: Final = 100
_ANSWER_S: Final = 30.0
RETRY_S: Final = 5.0
"""How long the recorder waits after the ledger did not take an entry."""


class ActivityLog:
    """Keeps entries, and records them in a thread of its own."""

    def __init__(self, store: DeskStore, issuance: Issuance, *, clock: Clock, random: Callable[[int], bytes]) -> None:
        """Keep entries in `store`; nothing runs before `start`."""
        self._store = store
        self._issuance = issuance
        self._clock = clock
        self._random = random
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Record what waits, and from now on what comes."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="activity", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is not recorded yet is recorded after the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def keep(self, who: Account, act: str, subject: Mapping[str, canonical.Json]) -> Activity:
        """Keep that somebody is about to do something; durable when it returns.

        Args:
            who: whose act it is.
            act: what is done, in one word.
            subject: what it is about: run, index, batch, count, reason. Nothing personal.
        """
        now = self._clock()
        body: dict[str, canonical.Json] = {
            "account": who.account_no,
            "act": act,
            "agency": who.agency,
            "at": format_instant(now),
            "role": who.role.value,
            "salt": b64u_encode(self._random(SALT_BYTES)),
            "subject": dict(subject),
            "v": "sillok/activity/v1",
        }
        entry = self._store.add_activity(who.agency, now, who.account_no, canonical.encode(body).decode())
        self._wake.set()
        return entry

    def looked(self, who: Account, act: str, subject: str) -> None:
        """Keep that somebody looked at personal facts."""
        self._store.add_visit(Visit(at=self._clock(), account_no=who.account_no, act=act, subject=subject))

    def visits(self, accounts: Sequence[Account], limit: int) -> Sequence[Visit]:
        """Who looked at what, and who signed in, newest first."""
        return self._store.visits([account.account_no for account in accounts], limit)

    def record_waiting(self) -> int:
        """Record the entries that have no record yet; answers how many got one.

        An entry has its number as idempotency key: a crash between record and answer gives the same record again.

        Raises:
            InfrastructureError: the ledger takes nothing now.
        """
        count = 0
        while waiting := self._store.unrecorded_activities(_AT_ONCE):
            answers = [
                self._issuance.submit(
                    entry.agency, Submission(kind="activity", sha256=digest_of(entry)), f"activity/{entry.entry_no}"
                )
                for entry in waiting
            ]
            for entry, answer in zip(waiting, answers, strict=True):
                self._store.place_activity(entry.entry_no, answer.result(_ANSWER_S).index)
                count += 1
        return count

    def entries(self, who: Account, *, before: int | None, limit: int) -> Sequence[Activity]:
        """The agency's entries, newest first."""
        return self._store.activities(who.agency, before=before, limit=limit)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self.record_waiting()
            except (InfrastructureError, InputError, TimeoutError):
                # The store keeps the entries; health names the log that takes nothing.
                self._stopping.wait(RETRY_S)
                continue
            self._wake.wait()


def digest_of(entry: Activity) -> Digest32:
    """What is recorded of an entry: SHA-256 of its bytes."""
    return sha256(entry.body.encode())
