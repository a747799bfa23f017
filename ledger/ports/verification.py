"""What verification needs of evidence and status: fitted by `ledger.log` without being imported from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ledger.ports.records import LogInfo
from ledger.records.disclosure import Disclosure
from ledger.records.record import Record
from ledger.values import Instant, KeyId, LogIndex, Reason, Status, TreeSize


class MadeEvidence(NamedTuple):
    """An evidence file that was just made, and the size of the checkpoint that it proves the record in."""

    data: bytes
    size: TreeSize


class PublicEvidence(Protocol):
    """Makes the evidence that a stranger may see."""

    def __call__(self, log_no: int, index: LogIndex) -> MadeEvidence:
        """The evidence file, with the facts that are public for its kind.

        Raises NotFoundError, and ConflictError where the office erased what it would disclose.
        """


class HistoryLine(Protocol):
    """One status act on a record or its batch."""

    @property
    def time(self) -> Instant:
        """Block time; of an act that is not final, when the service accepted it."""

    @property
    def after(self) -> Status:
        """The status that it led to."""

    @property
    def reason(self) -> Reason:
        """The public reason."""

    @property
    def retroactive(self) -> bool:
        """취소 (from the start) and not 철회 (from now on)."""

    @property
    def batch(self) -> bool:
        """Whether it was an act on the whole issuing batch."""

    @property
    def final(self) -> bool:
        """Whether it stands on the chain."""

    @property
    def key_ids(self) -> Sequence[KeyId]:
        """The keys that signed it; none while it is not final."""


class StatusHistory(Protocol):
    """The history of a record's status."""

    def history(self, log_no: int, index: LogIndex) -> Sequence[HistoryLine]:
        """Every act on this record and its batch, oldest first, open ones last. Raises NotFoundError."""


class ShownRecord(Protocol):
    """A record with what strangers may see of it."""

    @property
    def log(self) -> LogInfo:
        """Its log."""

    @property
    def index(self) -> LogIndex:
        """Its place there."""

    @property
    def record(self) -> Record:
        """The record."""

    @property
    def accepted_at(self) -> Instant:
        """When the service took it in, by its own word."""

    def public(self) -> tuple[Disclosure, ...]:
        """The facts that strangers may see; none once it is erased."""


class RecordOpener(Protocol):
    """Opens records by their place."""

    def by_place(self, log_no: int, index: LogIndex) -> ShownRecord:
        """The record at an index of a log of this store. Raises NotFoundError."""
