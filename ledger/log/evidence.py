"""Making evidence: one file that holds all that a reader needs (formats.md, section 7).

The proof is against the smallest anchored checkpoint that covers the record, because that anchor gives the record its
time. Beside it go where it was anchored (`reference/v1`), the office's signature over that (`anchor-note/v1`, ADR
0030), and a status note. A record that is not anchored yet gets the newest checkpoint and neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from ledger.errors import ConflictError, NotFoundError
from ledger.log.lookup import Lookup, RecordView, is_shown
from ledger.merkle.tiles import Subtrees
from ledger.ports.chain import AnchorEvent, ChainIdentity
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import Keyring
from ledger.ports.records import CommitInfo, RecordStore
from ledger.ports.verification import MadeEvidence
from ledger.records.anchor_note import AnchorNote, anchor_part, format_anchor_note
from ledger.records.disclosure import Disclosure
from ledger.records.evidence import Evidence, Withheld, encode_evidence
from ledger.records.note import NoteSigner, sign_note
from ledger.records.parts import Part, Reference, status_part
from ledger.records.tlog_proof import TlogProof, format_tlog_proof
from ledger.values import LogIndex, Role


class Disclose(Enum):
    """How much of the facts goes into evidence."""

    ALL = "all"
    """Everything: for the holder, or the clerk who issued it."""
    PUBLIC = "public"
    """What strangers may see; the rest is withheld."""


_AT_ONCE: Final = 256
"""Most records whose leaves and keys are read at once."""
_NOTES_KEPT: Final = 256
"""Most anchors whose signed notes are kept in memory; some 1 KB each."""


class StatusNoteSource(Protocol):
    """Who signs what the status of records is. Raises ConflictError where there is no status to speak of yet."""

    def make(self, log_no: int, index: LogIndex) -> str:
        """The signed note of one record."""

    def for_many(self, log_no: int) -> Callable[[LogIndex, int | None], str]:
        """What signs the notes of many anchored records of one log, by index and batch."""


@dataclass(slots=True)
class _Checkpoint:
    """A checkpoint that proofs are made against, with what was read for it; kept from record to record."""

    log_no: int
    commit: CommitInfo
    subtrees: Subtrees
    anchor: AnchorEvent | None
    parts: tuple[Part, ...]


class EvidenceMaker:
    """Makes evidence of records of this store."""

    def __init__(
        self,
        *,
        lookup: Lookup,
        records: RecordStore,
        chain_store: ChainStore,
        keyring: Keyring,
        identity: ChainIdentity,
        notes: StatusNoteSource,
    ) -> None:
        """Read from the store; sign anchor notes with each log's RECEIPT key.

        Args:
            lookup: opens the facts.
            records: leaves, tiles and checkpoints.
            chain_store: anchors.
            keyring: for the RECEIPT keys.
            identity: the chain on which the logs of this store are anchored.
            notes: signs the status of records.
        """
        self._lookup = lookup
        self._records = records
        self._chain_store = chain_store
        self._keyring = keyring
        self._identity = identity
        self._notes = notes
        self._anchor_notes: dict[tuple[str, str, bytes], str] = {}

    def make(self, log_no: int, index: LogIndex, disclose: Disclose | frozenset[str]) -> bytes:
        """The evidence file of one record.

        Args:
            log_no: its log.
            index: its index.
            disclose: how much; or the paths of the facts to disclose, all others being withheld.

        Raises:
            NotFoundError: there is no such record.
            ConflictError: the office erased its facts, and can make no evidence of it any more.
        """
        return self.made(log_no, index, disclose).data

    def made(self, log_no: int, index: LogIndex, disclose: Disclose | frozenset[str]) -> MadeEvidence:
        """`make`, and the size of the checkpoint that it proves the record in. Arguments and errors as there."""
        with self._records.snapshot():
            view = self._lookup.by_place(log_no, index)
            checkpoint = self._checkpoint(view)
            status: tuple[Part, ...] = ()
            if checkpoint.anchor is not None:
                # Anchored, but not in a final block yet: there is no status to speak of.
                with suppress(ConflictError):
                    status = (status_part(self._notes.make(log_no, index)),)
            return MadeEvidence(self._make(view, checkpoint, disclose, status), checkpoint.commit.size)

    def make_many(
        self, log_no: int, indexes: Sequence[LogIndex], disclose: Disclose | frozenset[str]
    ) -> Iterator[tuple[RecordView, bytes]]:
        """Evidence of many records of one log, in order; tiles, anchors and statuses are read once for neighbours.

        Records that were erased are left out. Errors as `make`.
        """
        checkpoint: _Checkpoint | None = None
        notes: dict[int, Callable[[LogIndex, int | None], str]] = {}
        for view in self._views(log_no, indexes):
            if checkpoint is None or not _covers_first(checkpoint, view):
                checkpoint = self._checkpoint(view)
            if view.erased:
                continue
            status: tuple[Part, ...] = ()
            if checkpoint.anchor is not None:
                owner, index, batch = view.log.log_no, view.index, view.record.batch
                if owner not in notes:
                    notes[owner] = self._notes.for_many(owner)
                status = (status_part(notes[owner](index, batch)),)
            yield view, self._make(view, checkpoint, disclose, status)

    def _views(self, log_no: int, indexes: Sequence[LogIndex]) -> Iterator[RecordView]:
        """The records, runs of neighbours at once."""
        place = 0
        while place < len(indexes):
            first, count = indexes[place], 1
            while count < _AT_ONCE and place + count < len(indexes) and indexes[place + count] == first + count:
                count += 1
            views = self._lookup.range(log_no, first, count)
            if len(views) != count:
                raise NotFoundError(f"There is no record {first + len(views)}.", where="index")
            yield from views
            place += count

    def _make(
        self,
        view: RecordView,
        checkpoint: _Checkpoint,
        disclose: Disclose | frozenset[str],
        status: tuple[Part, ...],
    ) -> bytes:
        if view.disclosures is None:
            raise ConflictError(
                f"The facts of record {view.index} were erased.",
                fix="Complete evidence in the holder's hand still counts.",
            )
        proof = TlogProof(
            index=view.index,
            path=checkpoint.subtrees.inclusion_proof(view.index),
            checkpoint=checkpoint.commit.checkpoint,
        )
        return encode_evidence(
            Evidence(
                leaf=view.leaf,
                facts=tuple(_shown(fact, view, disclose) for fact in view.disclosures),
                log=format_tlog_proof(proof),
                chain=checkpoint.parts,
                status=status,
            )
        )

    def _checkpoint(self, view: RecordView) -> _Checkpoint:
        """The smallest anchored checkpoint that covers the record; the newest one where none is anchored."""
        log = view.log
        anchor = self._chain_store.anchor_covering(log.log_no, view.index)
        commit = self._records.commit_at(log.log_no, anchor.size) if anchor is not None else None
        if commit is None or anchor is None or commit.root != anchor.anchor.root:
            # Not anchored, or anchored by a size or root that this store never signed: no note to prove against.
            anchor, commit = None, self._records.head(log.log_no)
        if commit is None:
            raise NotFoundError(f"The log {log.origin} has no checkpoint yet.")
        return _Checkpoint(
            log_no=log.log_no,
            commit=commit,
            subtrees=Subtrees(self._records.tiles(log.log_no), commit.size),
            anchor=anchor,
            parts=self._chain_parts(view, anchor) if anchor is not None else (),
        )

    def _chain_parts(self, view: RecordView, anchor: AnchorEvent) -> tuple[Part, ...]:
        reference = Reference(
            block=anchor.place.block.number,
            chain_id=self._identity.chain_id,
            genesis=self._identity.genesis,
            registry=anchor.place.contract,
            transaction=anchor.place.transaction,
        )
        note = AnchorNote(
            origin=view.log.origin,
            size=anchor.size,
            root=anchor.anchor.root,
            previous_size=anchor.anchor.previous_size,
            chain_id=self._identity.chain_id,
            genesis=self._identity.genesis,
            registry=anchor.place.contract,
            transaction=anchor.place.transaction,
            key_id=anchor.anchor.key_id,
            block_number=anchor.place.block.number,
            block_time=anchor.place.block.time,
        )
        signer = self._keyring.note_signer(view.log.origin, Role.RECEIPT)
        return reference.to_part(), anchor_part(self._signed(format_anchor_note(note), signer))

    def _signed(self, text: str, signer: NoteSigner) -> str:
        """An anchor's note, signed once for the thousands of records that it covers.

        By text and key, so nothing can be stale: an Ed25519 signature is the same each time.
        """
        what = (text, signer.name, signer.public)
        note = self._anchor_notes.get(what)
        if note is None:
            note = sign_note(text, [signer])
            if len(self._anchor_notes) >= _NOTES_KEPT:
                self._anchor_notes.clear()
            self._anchor_notes[what] = note
        return note


def _covers_first(checkpoint: _Checkpoint, view: RecordView) -> bool:
    """Whether the checkpoint's anchor is the first that covers this record too."""
    anchor = checkpoint.anchor
    if checkpoint.log_no != view.log.log_no or anchor is None:
        return False
    return anchor.anchor.previous_size <= view.index < anchor.size


def _shown(fact: Disclosure, view: RecordView, disclose: Disclose | frozenset[str]) -> Disclosure | Withheld:
    match disclose:
        case Disclose.ALL:
            shown = True
        case Disclose.PUBLIC:
            shown = is_shown(view.record.kind, fact.path)
        case _:
            shown = fact.path in disclose
    return fact if shown else Withheld(leaf_hash=fact.leaf_hash)
