"""What `fsck` can find: a closed list of kinds, each with what to do about it.

An *error* is a broken promise: something that was accepted, signed or anchored is not what it was. A *warning* is
something that mends itself or that a person decided (an erased record whose facts are still on disk).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


class Kind(StrEnum):
    """What was found; stable names, for scripts and for the tests that plant each of them."""

    RECORD_MISSING = "record-missing"
    RECORD_EXTRA = "record-extra"
    RECORD_MALFORMED = "record-malformed"
    RECORD_ROW = "record-row"
    PROCESS_ORDER = "process-order"
    BATCH_COUNT = "batch-count"
    NUMBER_INDEX = "number-index"
    DIGEST_INDEX = "digest-index"
    INDEX_ORPHAN = "index-orphan"
    FACTS_SEALED = "facts-sealed"
    FACTS_COMMITMENT = "facts-commitment"
    FACTS_IDENTITY = "facts-identity"
    FACTS_KEY = "facts-key"
    TILE = "tile"
    COMMIT_ROOT = "commit-root"
    COMMIT_MISSING = "commit-missing"
    CHECKPOINT = "checkpoint"
    RECEIPT = "receipt"
    ANCHOR_TREE = "anchor-tree"
    ANCHOR_CHAIN = "anchor-chain"
    CHAIN_HEAD = "chain-head"
    MIRROR = "mirror"
    STATUS_WORD = "status-word"
    SUCCESSOR = "successor"
    OUTBOX = "outbox"
    STATUS_ACT = "status-act"
    CHAIN_SILENT = "chain-silent"


_FROM_COPY: Final = "Stop the service, and restore this data folder from a copy that fsck finds clean."
_REBUILD: Final = "Nothing that was signed is hurt; restore the table from a copy."

FIX: Final[Mapping[Kind, str]] = {
    Kind.RECORD_MISSING: _FROM_COPY,
    Kind.RECORD_EXTRA: "It was never acknowledged; restore from a copy, or ask who wrote to the database.",
    Kind.RECORD_MALFORMED: _FROM_COPY,
    Kind.RECORD_ROW: _REBUILD,
    Kind.PROCESS_ORDER: "Look at the process with `sillok trace`; what is in the log stays in it.",
    Kind.BATCH_COUNT: _REBUILD,
    Kind.NUMBER_INDEX: _REBUILD,
    Kind.DIGEST_INDEX: _REBUILD,
    Kind.INDEX_ORPHAN: _REBUILD,
    Kind.FACTS_SEALED: "Restore the records from a copy: the evidence in the holder's hand still verifies.",
    Kind.FACTS_COMMITMENT: "Restore the records from a copy: the evidence in the holder's hand still verifies.",
    Kind.FACTS_IDENTITY: _REBUILD,
    Kind.FACTS_KEY: "Restore record-keys.db from a copy, unless this record was to be erased.",
    Kind.TILE: _FROM_COPY,
    Kind.COMMIT_ROOT: _FROM_COPY,
    Kind.COMMIT_MISSING: _FROM_COPY,
    Kind.CHECKPOINT: _FROM_COPY,
    Kind.RECEIPT: _FROM_COPY,
    Kind.ANCHOR_TREE: "Somebody anchored what is not here: see `sillok key compromised`, or restore a copy.",
    Kind.ANCHOR_CHAIN: "The mirror and the chain differ: stop the service and compare ledger.db with a copy.",
    Kind.CHAIN_HEAD: "Start the service: it reads the chain further.",
    Kind.MIRROR: "The chain was reorganised or replaced: start the service on the right one and see its health.",
    Kind.STATUS_WORD: "The mirror and the chain differ: the chain is right; start the service, then run fsck again.",
    Kind.SUCCESSOR: "No page shows it. If it was not the office: `sillok key compromised`, then `sillok key undo`.",
    Kind.OUTBOX: "Start the service: the outbox settles what has ended.",
    Kind.STATUS_ACT: "Start the service: acts are sent again.",
    Kind.CHAIN_SILENT: "Start the chain, then run fsck again: anchors and status were not compared with it.",
}
"""Kind → what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it must be."""

    severity: Severity
    kind: Kind
    what: str
    where: str
    fix: str


Report = Callable[[Finding], None]
Progress = Callable[[str, int, int], None]
"""Told (what is looked at, how far, of how much), now and then."""


def finding(severity: Severity, kind: Kind, what: str, where: str) -> Finding:
    """A finding with what to do about its kind."""
    return Finding(severity=severity, kind=kind, what=what, where=where, fix=FIX[kind])


def error(kind: Kind, what: str, where: str) -> Finding:
    """A broken promise."""
    return finding(Severity.ERROR, kind, what, where)


def warning(kind: Kind, what: str, where: str) -> Finding:
    """Something that a person should know."""
    return finding(Severity.WARNING, kind, what, where)
