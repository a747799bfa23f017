"""What a clerk gets for a submission, whether its record is new or was there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from ledger.errors import NotFoundError, SillokError
from ledger.log.sequencer import Sequenced
from ledger.merkle.tiles import Subtrees
from ledger.ports.records import CommitInfo, LogInfo, RecordStore
from ledger.values import Digest32, LogIndex, TreeSize


@dataclass(slots=True)
class Accepted:
    """A record that is on disk, with the office's promise to anchor it. Not frozen, for speed; nobody changes it.

    Attributes:
        log: where it stands.
        number: its document number; None where its kind has none, or it was erased.
        leaf: the record's bytes.
        receipt: the signed receipt of the group commit that has it.
        size: the size that the receipt is for.
        proof: its inclusion path at that size; None in bulk, where evidence is asked for later.
        created: False where the submission was a retry.
        batch: its issuing batch.
    """

    log: LogInfo
    index: LogIndex
    number: str | None
    leaf: bytes
    receipt: str
    size: TreeSize
    proof: tuple[Digest32, ...] | None
    created: bool
    batch: int | None


class LineResult(NamedTuple):
    """What became of one line of bulk input: exactly one of `accepted` and `error`. Lines are counted from 1."""

    line: int
    accepted: Accepted | None = None
    error: SillokError | None = None


def as_accepted(log: LogInfo, new: Sequenced) -> Accepted:
    """A record that was just written."""
    at, number, batch, leaf, receipt, size, proof = new
    return Accepted(log, at, number, leaf, receipt, size, proof, True, batch)


def load_known(
    records: RecordStore, log: LogInfo, indexes: Sequence[LogIndex], *, with_proofs: bool
) -> Mapping[LogIndex, Accepted]:
    """Records that were there already. A resumed job asks for neighbours, so runs of them are read at once.

    Raises:
        NotFoundError: the log has no such record.
    """
    found: dict[LogIndex, Accepted] = {}
    commit: CommitInfo | None = None
    subtrees: Subtrees | None = None
    for first, count in _runs(sorted(set(indexes))):
        identities = records.identities(log.log_no, first, count)
        for stored in records.records(log.log_no, first, count):
            if commit is None or stored.index >= commit.size:
                commit, subtrees = records.commit_covering(log.log_no, stored.index), None
            if with_proofs and subtrees is None:
                subtrees = Subtrees(records.tiles(log.log_no), commit.size)
            found[stored.index] = Accepted(
                log=log,
                index=stored.index,
                number=identities.get(stored.index, (None, None))[1],
                leaf=stored.leaf,
                receipt=commit.receipt,
                size=commit.size,
                proof=None if subtrees is None else subtrees.inclusion_proof(stored.index),
                created=False,
                batch=stored.batch,
            )
    if missing := set(indexes) - found.keys():
        raise NotFoundError(f"The log has no record {min(missing)}.", where=log.origin)
    return found


def _runs(indexes: Sequence[LogIndex]) -> Iterator[tuple[LogIndex, int]]:
    """(first, count) of each run of neighbours."""
    for _, run in groupby(enumerate(indexes), lambda item: item[1] - item[0]):
        members = [index for _, index in run]
        yield members[0], len(members)
