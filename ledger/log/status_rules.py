"""Which status may follow which, and what a set of acts leaves behind: pure, and the same as in the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import ConflictError, InputError
from ledger.ports.chain import StatusEvent
from ledger.values import LogIndex, Reason, Status

LANES: Final = 128
"""Records (or batches) to a word: two bits each (formats.md, section 9)."""

MAX_SUBJECTS: Final = 100_000
"""Most records of one act: what stays readable on a page of acts and below a hundred transactions when scattered."""


ALLOWED: Final[Mapping[Status, frozenset[Status]]] = {
    Status.ACTIVE: frozenset({Status.SUSPENDED}),
    Status.SUSPENDED: frozenset({Status.ACTIVE}),
    Status.REVOKED: frozenset({Status.ACTIVE, Status.SUSPENDED}),
    Status.SUPERSEDED: frozenset({Status.ACTIVE, Status.SUSPENDED}),
}
"""To where, from where: suspend and resume alternate; revoked and superseded are final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """What was asked: records by index, or one issuing batch, never both.

    Attributes:
        after: where the records (or the batch) go: suspended, active (a resumption), revoked or superseded.
        indexes: records, or empty where `batch` is given.
        batch: an issuing batch (from 1), whose every record the act covers at once; None for records.
        reason: public reason; no free text reaches the chain.
        retroactive: a revocation that leaves no earlier instant valid (취소) instead of one from now on (철회).
        successors: for a supersession, the corrected record of each of `indexes`, in the same order.
    """

    after: Status
    indexes: tuple[LogIndex, ...] = ()
    batch: int | None = None
    reason: Reason = Reason.UNSPECIFIED
    retroactive: bool = False
    successors: tuple[LogIndex, ...] = ()

    @property
    def subjects(self) -> tuple[int, ...]:
        """The batch number, or the record indexes as they were given."""
        return (self.batch,) if self.batch is not None else self.indexes


def check_form(change: StatusChange) -> None:
    """Refuse a change that contradicts itself.

    Raises:
        InputError: names the member that is wrong.
    """
    if (change.batch is None) == (not change.indexes):
        raise InputError("A status act needs either records or one batch.", where="indexes, batch")
    if change.batch is not None and change.batch < 1:
        raise InputError("Batches are counted from 1.", where="batch")
    if len(change.indexes) > MAX_SUBJECTS:
        raise InputError(
            f"One act takes at most {MAX_SUBJECTS} records, not {len(change.indexes)}.",
            where="indexes",
            fix="Recall an issuing batch as a whole, or send several acts.",
        )
    if len(set(change.indexes)) != len(change.indexes):
        raise InputError("A record is named twice.", where="indexes", fix="Name each record once.")
    if change.retroactive and change.after is not Status.REVOKED:
        raise InputError("Only a revocation can be retroactive.", where="retroactive")
    _check_successors(change)


def _check_successors(change: StatusChange) -> None:
    if change.after is not Status.SUPERSEDED:
        if change.successors:
            raise InputError("Only a supersession names successors.", where="successors")
        return
    if change.batch is not None:
        raise InputError("A batch cannot be superseded.", where="batch", fix="Recall it, and issue anew.")
    if len(change.successors) != len(change.indexes):
        raise InputError(
            f"{len(change.indexes)} records need as many successors, not {len(change.successors)}.",
            where="successors",
        )


def check_transition(subject: str, present: Status, after: Status) -> None:
    """Refuse what the contract would refuse.

    Args:
        subject: what is changed, in words ("Record 7").
        present: its status now, acts that are still on the way included.
        after: where it is to go.

    Raises:
        ConflictError: says what the status is.
    """
    if present not in ALLOWED[after]:
        state, wish = present.name.lower(), after.name.lower()
        remedy = "Nothing follows revoked or superseded." if present in _FINAL else None
        raise ConflictError(f"{subject} is {state} and cannot become {wish}.", where="indexes", fix=remedy)


_FINAL: Final = frozenset({Status.REVOKED, Status.SUPERSEDED})


def lanes(words: Sequence[int], masks: Sequence[int]) -> Iterable[int]:
    """The indexes (or batch numbers) that (word, mask) pairs select, ascending."""
    for word, mask in zip(words, masks, strict=True):
        rest = mask
        while rest:
            low = rest & -rest
            yield word * LANES + (low.bit_length() - 1) // 2
            rest ^= low


def status_in(word: int, index: int) -> Status:
    """The status of an index in its word's value."""
    return Status(word >> 2 * (index % LANES) & 3)


def replay(events: Iterable[StatusEvent]) -> dict[tuple[bool, int], int]:
    """The words that acts leave: (batches?, word number) → value; words never touched are absent."""
    words: dict[tuple[bool, int], int] = {}
    for event in events:
        for word, mask in zip(event.words, event.masks, strict=True):
            place = (event.batches, word)
            lanes_of_mask = mask | mask << 1
            words[place] = words.get(place, 0) & ~lanes_of_mask | mask * event.after
    return words
