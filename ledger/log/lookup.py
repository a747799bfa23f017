"""Finding a record, and what strangers may see of it.

Disclosures are decrypted here and nowhere else. What of them may be shown is decided by `public_paths`: of a document
about a person only its digest and its number, which whoever looks up has in hand; of public kinds everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import NotFoundError
from ledger.hashing.encodings import hex_decode
from ledger.log.sealing import open_sealed
from ledger.ports.keys import RecordKeys
from ledger.ports.records import LogInfo, RecordStore, StoredRecord
from ledger.records.disclosure import NUMBER_PATH, SHA256_PATH, Disclosure
from ledger.records.kinds import is_public
from ledger.records.record import Record, parse_record
from ledger.values import AgencyCode, Digest32, Instant, LogIndex

PERSONAL_PATHS: Final = frozenset({SHA256_PATH, NUMBER_PATH})
"""What strangers see of a record that is not public (design.md, "What strangers see")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """A record as this office can show it.

    Attributes:
        log: the log that holds it.
        disclosures: all of them, in the commitment's order; None once the office erased them.
        number: document number under which it is found; None where it has none, or was erased.
        sha256: document digest, likewise.
        accepted_at: when the group commit was signed; a claim of this service, like `recordedAt`.
    """

    log: LogInfo
    index: LogIndex
    record: Record
    leaf: bytes
    disclosures: tuple[Disclosure, ...] | None
    number: str | None
    sha256: Digest32 | None
    accepted_at: Instant

    @property
    def erased(self) -> bool:
        """Whether the office can no longer disclose its facts."""
        return self.disclosures is None

    def public(self) -> tuple[Disclosure, ...]:
        """What strangers may see; nothing once it is erased."""
        return tuple(fact for fact in self.disclosures or () if is_shown(self.record.kind, fact.path))


def is_shown(kind: str, path: str) -> bool:
    """Whether strangers may see the fact at `path` of a record of this kind; unknown kinds count as personal."""
    return is_public(kind) or path in PERSONAL_PATHS


class Lookup:
    """Finds records and opens their facts."""

    def __init__(self, records: RecordStore, record_keys: RecordKeys) -> None:
        """Read from the store and the key store."""
        self._records = records
        self._record_keys = record_keys

    def by_number(self, number: str) -> RecordView:
        """The record of a document number. Raises NotFoundError."""
        found = self._records.find_number(number)
        if found is None:
            raise NotFoundError(f"No record has the number {number}.", where="number")
        return self.by_place(*found)

    def by_digest(self, sha256: Digest32) -> Sequence[RecordView]:
        """Every record of a document digest, oldest first; empty where there is none."""
        return [self.by_place(*found) for found in self._records.find_digest(sha256)]

    def by_index(self, log: AgencyCode | str, index: LogIndex) -> RecordView:
        """The record at an index of an agency's newest log, or of the log with this origin. Raises NotFoundError."""
        return self.by_place(self.log_of(log).log_no, index)

    def by_place(self, log_no: int, index: LogIndex) -> RecordView:
        """The record at an index of a log of this store. Raises NotFoundError."""
        return next(self._views(log_no, [self._records.record(log_no, index)]))

    def range(self, log_no: int, first: LogIndex, count: int) -> Sequence[RecordView]:
        """Up to `count` records from `first` on, in order; keys are fetched at once."""
        return list(self._views(log_no, self._records.records(log_no, first, count)))

    def log_of(self, name: AgencyCode | str) -> LogInfo:
        """The newest log of an agency, or the log of an origin. Raises NotFoundError."""
        logs = [log for log in self._records.logs() if name in (log.agency, log.origin)]
        if not logs:
            raise NotFoundError(f"There is no log of {name[:80]} here.", where="agency")
        return max(logs, key=lambda log: log.generation)

    def _views(self, log_no: int, stored: Sequence[StoredRecord]) -> Iterator[RecordView]:
        logs = {log.log_no: log for log in self._records.logs()}
        owners = sorted({record.log_no for record in stored})
        keys = {
            owner: self._record_keys.get(owner, [one.index for one in stored if one.log_no == owner])
            for owner in owners
        }
        for one in stored:
            yield self._view(logs[one.log_no], one, keys[one.log_no].get(one.index))

    def _view(self, log: LogInfo, stored: StoredRecord, key: bytes | None) -> RecordView:
        record = parse_record(stored.leaf)
        disclosures = None
        if stored.sealed_facts is not None and key is not None:
            disclosures = open_sealed(stored.sealed_facts, key=key, commitment=record.commitment)
        facts = {fact.path: fact.value for fact in disclosures or ()}
        number, sha256 = facts.get(NUMBER_PATH), facts.get(SHA256_PATH)
        return RecordView(
            log=log,
            index=stored.index,
            record=record,
            leaf=stored.leaf,
            disclosures=disclosures,
            number=number if isinstance(number, str) else None,
            sha256=Digest32(hex_decode(sha256, length=32)) if isinstance(sha256, str) else None,
            accepted_at=stored.accepted_at,
        )
