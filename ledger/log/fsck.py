"""`fsck`: recomputes everything from the records up and names what differs from what was signed and anchored.

It repairs nothing: what is wrong with a ledger is for people to judge.

For each agency, over all generations of its log: every leaf, row, look-up and (where the keys are at hand) every
sealed fact; every tile; the head at every group commit and every anchor; every checkpoint's and receipt's signature;
every mirrored supersession. Then, where the chain answers: the mirrored blocks, the contract's slot of every anchor,
every status word. Last the outbox and the status acts. Records are read in pieces, so that memory does not grow with
the ledger.

A service may run meanwhile: the heads are read first, and what comes after them is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Final

from ledger.errors import ChainError
from ledger.hashing.encodings import hex_encode
from ledger.log.fsck_chain import ChainChecks, OutboxChecks, standing_anchors, wrong_successors
from ledger.log.fsck_findings import Finding, Kind, Progress, error, warning
from ledger.log.fsck_helper import Helper
from ledger.log.fsck_notes import NoteChecks
from ledger.log.fsck_records import RecordChecks
from ledger.log.fsck_tree import GrowingTree, StoredTree
from ledger.merkle.nodes import leaf_hash
from ledger.ports.chain import AnchorEvent, Chain
from ledger.ports.chain_store import ChainStore
from ledger.ports.keys import RecordKeys
from ledger.ports.records import CommitInfo, LogInfo, RecordStore
from ledger.values import LogIndex, TreeSize

PIECE: Final = 2_000
"""Records that are read at once: some two megabytes."""
COMMITS: Final = 500
"""Group commits that are read at once."""


def no_progress(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class _Generation:
    """One log of an agency while its tree is recomputed."""

    log: LogInfo
    stored: StoredTree
    notes: NoteChecks
    anchors: dict[int, AnchorEvent]
    commits: Iterator[CommitInfo]
    next_commit: CommitInfo | None


class Fsck:
    """Checks one data folder."""

    def __init__(
        self,
        *,
        records: RecordStore,
        chain_store: ChainStore,
        record_keys: RecordKeys | None,
        chain: Chain | None,
        beside: bool = False,
    ) -> None:
        """Check a store.

        Args:
            records: what is checked.
            chain_store: the mirror of the chain, and what is on its way there.
            record_keys: opens the sealed facts; None: they are not opened.
            chain: compared with; None: not compared.
            beside: whether a second process may help.
        """
        self._records = records
        self._chain_store = chain_store
        self._record_keys = record_keys
        self._chain = chain
        self._beside = beside

    def run(self, progress: Progress = no_progress) -> Iterator[Finding]:
        """Every finding, as it is made.

        Raises:
            StoreError: the store does not answer at all.
        """
        agencies = _by_agency(self._records.logs())
        helper = Helper(beside=self._beside)
        try:
            for logs in agencies.values():
                yield from self._agency(logs, helper, progress)
                yield from wrong_successors(self._chain_store, self._records, logs)
        finally:
            helper.close()
        if self._chain is None:
            yield warning(Kind.CHAIN_SILENT, "No chain was given to compare with.", "chain")
        else:
            yield from self._compare(self._chain, agencies, progress)
        yield from OutboxChecks(self._chain_store, self._records).run()

    def _agency(self, logs: Sequence[LogInfo], helper: Helper, progress: Progress) -> Iterator[Finding]:
        newest = logs[-1]
        total = max(self._records.tree_size(log.log_no) for log in logs)
        generations = [self._generation(log) for log in logs]
        checks = RecordChecks(self._records, self._record_keys, helper)
        tree = GrowingTree()
        while tree.size < total:
            progress(newest.origin, tree.size, total)
            piece = self._records.records(newest.log_no, LogIndex(tree.size), min(PIECE, total - tree.size))
            whole = list(takewhile(lambda pair: pair[0] == pair[1].index, enumerate(piece, tree.size)))
            for log_no, some in groupby((one for _, one in whole), key=lambda one: one.log_no):
                owner = next(log for log in logs if log.log_no == log_no)
                yield from checks.piece(owner, list(some))
            for _, one in whole:
                tree.add(leaf_hash(one.leaf))
                yield from _at_size(tree, generations)
            if len(whole) < len(piece) or not piece:
                yield from checks.rest()
                yield error(Kind.RECORD_MISSING, "The record is not there.", f"{newest.origin}, record {tree.size}")
                return
        yield from checks.rest()
        progress(newest.origin, total, total)
        if self._records.tree_size(newest.log_no) == total:
            # Counts are of this moment: they say nothing of a ledger that grew meanwhile.
            yield from checks.end(logs)
        yield from self._ends(tree, generations)

    def _generation(self, log: LogInfo) -> _Generation:
        size = self._records.tree_size(log.log_no)
        commits = self._commits(log, size)
        return _Generation(
            log=log,
            stored=StoredTree(log, self._records.tiles(log.log_no), size),
            notes=NoteChecks(log, self._chain_store.keys(log.agency)),
            anchors={event.size: event for event in standing_anchors(self._chain_store, log)},
            commits=commits,
            next_commit=next(commits, None),
        )

    def _commits(self, log: LogInfo, size: int) -> Iterator[CommitInfo]:
        after = 0
        while some := self._records.commits(log.log_no, TreeSize(after), COMMITS):
            for info in some:
                if info.size <= size:
                    yield info
            after = some[-1].size

    def _ends(self, tree: GrowingTree, generations: Sequence[_Generation]) -> Iterator[Finding]:
        """What lies beyond the tree: anchors of leaves that are not there, records that no commit covers."""
        for generation in generations:
            origin = generation.log.origin
            for event in generation.anchors.values():
                if event.size > generation.stored.size:
                    what = f"Size {event.size} is anchored; this store has {generation.stored.size} records."
                    yield error(Kind.ANCHOR_TREE, what, origin)
            head = self._records.head(generation.log.log_no)
            if head is None and generation.stored.size > generation.log.start:
                yield error(Kind.COMMIT_MISSING, "No group commit covers what the log took over.", origin)
        newest = generations[-1].log
        if extra := self._records.records(newest.log_no, LogIndex(tree.size), 1):
            grown = self._records.tree_size(newest.log_no)
            if grown == tree.size:
                where = f"{newest.origin}, record {extra[0].index}"
                yield error(Kind.RECORD_EXTRA, "It stands beyond the newest group commit.", where)

    def _compare(
        self, chain: Chain, agencies: Mapping[str, Sequence[LogInfo]], progress: Progress
    ) -> Iterator[Finding]:
        checks = ChainChecks(chain, self._chain_store, self._records)
        try:
            yield from checks.blocks()
            for done, logs in enumerate(agencies.values()):
                progress("chain", done, len(agencies))
                for log in logs:
                    yield from checks.anchors(log)
                yield from checks.status(logs)
            progress("chain", len(agencies), len(agencies))
        except ChainError as problem:
            yield warning(Kind.CHAIN_SILENT, problem.what, "chain")


def _at_size(tree: GrowingTree, generations: Sequence[_Generation]) -> Iterator[Finding]:
    """Compare what is known of the present size: tiles that are full, group commits, anchors, unfinished tiles."""
    for level, index, hashes in tree.full:
        for generation in generations:
            yield from generation.stored.compare_full(level, index, hashes)
    tree.full.clear()
    for generation in generations:
        size = tree.size
        if generation.next_commit is not None and generation.next_commit.size == size:
            yield from generation.notes.commit(generation.next_commit, tree.root())
            generation.next_commit = next(generation.commits, None)
        event = generation.anchors.get(size)
        if event is not None and event.anchor.root != tree.root():
            what = f"The chain holds root {hex_encode(event.anchor.root)}, computed {hex_encode(tree.root())}."
            yield error(Kind.ANCHOR_TREE, what, f"{generation.log.origin}, size {size}")
        if generation.stored.size == size:
            yield from generation.stored.compare_edge(tree)


def _by_agency(logs: Sequence[LogInfo]) -> Mapping[str, Sequence[LogInfo]]:
    found: dict[str, list[LogInfo]] = {}
    for log in sorted(logs, key=lambda log: log.generation):
        found.setdefault(log.agency, []).append(log)
    return found
