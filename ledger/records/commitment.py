"""The commitment of a record: RFC 9162 tree head over its disclosures in byte order of their paths (section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ledger.errors import FormatError
from ledger.merkle.tree import tree_head
from ledger.plain import dataclass
from ledger.records.disclosure import Disclosure, Fact
from ledger.values import Digest32

COUNTS: Final = (1, 2, 4, 8, 16, 32, 64)
"""How many facts a record can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """Digest of a record's facts, and the disclosures that open it, in byte order of their paths."""

    digest: Digest32
    disclosures: tuple[Disclosure, ...]


def pad_facts(facts: Sequence[Fact], count: int) -> tuple[Fact, ...]:
    """Fill up to a fixed count with `pad.1`, `pad.2`, …, so that the count says nothing about the record.

    A pad's value is the empty string; its salt hides it like any other.

    Raises:
        FormatError: the count is no power of two from 1 to 64, or there are more facts than it.
    """
    if count not in COUNTS:
        raise FormatError(f"A record has 1, 2, 4, 8, 16, 32 or 64 facts, not {count}.")
    if len(facts) > count:
        raise FormatError(f"{len(facts)} facts don't fit into {count}.")
    return (*facts, *_pads(count - len(facts)))


@lru_cache(maxsize=64)
def _pads(count: int) -> tuple[Fact, ...]:
    return tuple(Fact(path=f"pad.{n}", value="") for n in range(1, count + 1))


def next_count(facts: int) -> int:
    """The smallest count of facts that a record can have for this many.

    Raises:
        FormatError: none, or more than 64.
    """
    if not 1 <= facts <= COUNTS[-1]:
        raise FormatError(f"A record has 1 to {COUNTS[-1]} facts, not {facts}.")
    return 1 << (facts - 1).bit_length()


def commit(disclosures: Sequence[Disclosure]) -> Commitment:
    """Commit to disclosures.

    Raises:
        FormatError: their number is no power of two from 1 to 64, or a path is there twice.
    """
    if len(disclosures) not in COUNTS:
        raise FormatError(f"A record has 1, 2, 4, 8, 16, 32 or 64 facts, not {len(disclosures)}.")
    # Paths are ASCII, so the order of characters is the order of bytes.
    by_path = {disclosure.path: disclosure for disclosure in disclosures}
    if len(by_path) < len(disclosures):
        raise FormatError("A path is there twice.", where=_twice(disclosures))
    ordered = tuple([by_path[path] for path in sorted(by_path)])
    return Commitment(digest=Digest32(tree_head([item.leaf_hash for item in ordered])), disclosures=ordered)


def _twice(disclosures: Sequence[Disclosure]) -> str:
    paths = [disclosure.path for disclosure in disclosures]
    return next(path for path in paths if paths.count(path) > 1)
