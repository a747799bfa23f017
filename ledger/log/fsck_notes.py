"""Group commits: is each checkpoint and receipt signed by a key of the agency, over the tree that was recomputed?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.errors import EvidenceError, SillokError
from ledger.hashing.encodings import hex_encode
from ledger.log.fsck_findings import Finding, Kind, error
from ledger.ports.chain import KeyEvent
from ledger.ports.records import CommitInfo, LogInfo
from ledger.records.checkpoint import parse_checkpoint
from ledger.records.note import VerifierKey, find_signature, make_vkey, parse_note, verify_signature
from ledger.records.origin import receipt_name
from ledger.records.receipt import parse_receipt
from ledger.values import Role, Root


class NoteChecks:
    """Checks the signed notes of one log."""

    def __init__(self, log: LogInfo, keys: Sequence[KeyEvent]) -> None:
        """`keys` are the agency's as the mirror has them; the windows are the verifier's business, not fsck's."""
        self._log = log
        self._note_keys = [make_vkey(log.origin, key.key_id) for key in keys if key.role is Role.NOTE]
        self._receipt_keys = [
            make_vkey(receipt_name(log.origin), key.key_id) for key in keys if key.role is Role.RECEIPT
        ]

    def commit(self, info: CommitInfo, root: Root) -> Iterator[Finding]:
        """Check one group commit against the head that was recomputed at its size."""
        where = f"{self._log.origin}, group commit of size {info.size}"
        if info.root != root:
            what = f"It says root {hex_encode(info.root)}, computed {hex_encode(root)}."
            yield error(Kind.COMMIT_ROOT, what, where)
        yield from self._checkpoint(info, root, where)
        yield from self._receipt(info, root, where)

    def _checkpoint(self, info: CommitInfo, root: Root, where: str) -> Iterator[Finding]:
        try:
            _verify(info.checkpoint, self._note_keys)
            checkpoint = parse_checkpoint(parse_note(info.checkpoint).text)
        except SillokError as problem:
            yield error(Kind.CHECKPOINT, problem.what, where)
            return
        if (checkpoint.origin, checkpoint.size, checkpoint.root) != (self._log.origin, info.size, root):
            what = f"The checkpoint says {checkpoint.origin}, size {checkpoint.size}, {hex_encode(checkpoint.root)}."
            yield error(Kind.CHECKPOINT, what, where)

    def _receipt(self, info: CommitInfo, root: Root, where: str) -> Iterator[Finding]:
        try:
            _verify(info.receipt, self._receipt_keys)
            receipt = parse_receipt(parse_note(info.receipt).text)
        except SillokError as problem:
            yield error(Kind.RECEIPT, problem.what, where)
            return
        if (receipt.origin, receipt.size, receipt.root) != (self._log.origin, info.size, root):
            what = f"The receipt says {receipt.origin}, size {receipt.size}, {hex_encode(receipt.root)}."
            yield error(Kind.RECEIPT, what, where)
        elif (receipt.signed_at, receipt.deadline) != (info.signed_at, info.deadline):
            yield error(Kind.RECEIPT, "The receipt's times are not those of the store.", where)
        elif receipt.deadline - receipt.signed_at > self._log.max_delay_s:
            yield error(Kind.RECEIPT, "The receipt's deadline is later than the log's maxDelay allows.", where)


def _verify(note: str, keys: Sequence[VerifierKey]) -> None:
    """One of these keys signed the note. Raises FormatError or EvidenceError."""
    signed = parse_note(note)
    for key in keys:
        if find_signature(signed, key) is not None:
            verify_signature(signed, key)
            return
    raise EvidenceError("No key of the agency on chain signed it.")
