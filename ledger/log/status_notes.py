"""Status notes: the office's signed word on a record's status now (formats.md, section 5).

A note is weaker than a proof from the chain: it says what this service says. It names the newest mirrored
block, which is final, and is made only where the record's anchor stands at or below it. The receipt key that
signs must be in window at that block's time; after a rotation the mirror may still stand before the new key,
and then the note waits.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.errors import ConflictError, InfrastructureError, NotFoundError
from ledger.log.status_view import StatusReader
from ledger.ports.chain import Block, ChainIdentity
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import Keyring
from ledger.ports.records import LogInfo, RecordStore
from ledger.records.note import sign_note
from ledger.records.status_note import StatusNote, format_status_note
from ledger.values import KeyId, LogIndex, Role, Status


class StatusNotes:
    """Signs status notes with the log's receipt key."""

    def __init__(
        self, *, records: RecordStore, chain_store: ChainStore, keyring: Keyring, identity: ChainIdentity
    ) -> None:
        """Say what the store knows of the chain `identity`."""
        self._records = records
        self._chain_store = chain_store
        self._keyring = keyring
        self._identity = identity
        self._reader = StatusReader(records, chain_store)

    def make(self, log_no: int, index: LogIndex) -> str:
        """The signed note of one record.

        Raises:
            NotFoundError: there is no such record.
            ConflictError: the record is not anchored in a final block yet, so there is no status to speak of.
            InfrastructureError: the receipt key's window has not reached the mirror yet.
        """
        view = self._reader.now(log_no, index)
        if view.anchor is None or view.block is None:
            raise ConflictError(f"Record {index} is not anchored yet.", fix="Ask again after its anchor is final.")
        return self._signer(log_no, view.block)(index, view.record, view.batch)

    def for_many(self, log_no: int) -> Callable[[LogIndex, int | None], str]:
        """What signs the notes of many anchored records of one log, by index and batch; all is read once, now.

        Raises:
            NotFoundError: there is no such log.
            ConflictError: nothing was mirrored yet, so there is no status to speak of.
            InfrastructureError: the receipt key's window has not reached the mirror yet.
        """
        sheet = self._reader.sheet(log_no)
        if sheet.block is None:
            raise ConflictError("Nothing of this log is anchored yet.", fix="Ask again after its anchor is final.")
        sign = self._signer(log_no, sheet.block)
        return lambda index, batch: sign(index, *sheet.status(index, batch))

    def _signer(self, log_no: int, block: Block) -> Callable[[LogIndex, Status, Status | None], str]:
        log = self._log(log_no)
        signer = self._keyring.note_signer(log.origin, Role.RECEIPT)
        self._check_window(log, KeyId(signer.public), block)

        def sign(index: LogIndex, status: Status, batch_status: Status | None) -> str:
            note = StatusNote(
                origin=log.origin,
                index=index,
                status=status,
                batch_status=batch_status,
                chain_id=self._identity.chain_id,
                genesis=self._identity.genesis,
                block_number=block.number,
                block_time=block.time,
            )
            return sign_note(format_status_note(note), [signer])

        return sign

    def _log(self, log_no: int) -> LogInfo:
        for log in self._records.logs():
            if log.log_no == log_no:
                return log
        raise NotFoundError(f"There is no log {log_no}.")

    def _check_window(self, log: LogInfo, key_id: KeyId, block: Block) -> None:
        for key in self._chain_store.keys(log.agency):
            if key.key_id == key_id:
                ended = key.not_after and key.not_after <= block.time
                if key.not_before <= block.time and not ended and not key.compromised_since:
                    return
                raise InfrastructureError(
                    "The receipt key of this log is not in window at the newest final block.",
                    fix="Wait for the next block, or rotate the receipt key.",
                )
        raise InfrastructureError(
            "The receipt key of this log is not on chain yet.", fix="Wait until the chain was read further."
        )
