"""The mirror of the chain in the store: events of final blocks, and nothing of others.

Everything that Sillok says about the chain ("anchored", "revoked on chain") is read from this mirror, so it is only
ever said of blocks that are final by the chain's own rule, and can be said while the chain does not answer.

One step:

1. Ask for the newest final block. If it is the one that was mirrored last, there is nothing to do.
2. Compare the block that was mirrored last with the chain's block of that number. Another hash, or a chain that is
   shorter, is a reorganisation below what was called final: go back to the newest mirrored block that the chain still
   has, forget what was mirrored above it, and read on from there.
3. Read the events in pieces of `span` blocks and apply each piece, together with the number and hash of its last
   block, in one transaction.

A crash after 1 or 2 leaves the mirror as it was, or rewound; after any piece of 3 it is whole up to that piece. The
block is asked for before its events: if the chain is reorganised between the two, the stored hash is the old one and
the next step notices it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from ledger.ports.chain import Block, Chain
from ledger.ports.chain_store import ChainStore

SPAN: Final = 2_000
"""Blocks whose events are asked for at once: well below the limits of public nodes (10,000)."""
_ANCESTORS: Final = 256
"""Mirrored blocks that are compared at once when a common ancestor is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorStep:
    """What one step did."""

    upto: Block
    """The last block that is mirrored now."""
    events: int
    rewound_to: int | None
    """The block number that a reorganisation threw the mirror back to (-1: to before the first); None if none did."""


class Mirror:
    """Brings the store's mirror of the chain up to the newest final block."""

    def __init__(self, chain: Chain, store: ChainStore, *, first_block: int = 0, span: int = SPAN) -> None:
        """Mirror `chain` into `store`; no event of ours stands below `first_block`, where the contracts were made."""
        self._chain = chain
        self._store = store
        self._first_block = first_block
        self._span = span
        self._one_at_a_time = threading.Lock()

    def step(self) -> MirrorStep:
        """Mirror up to the newest final block; safe to call from several threads.

        Raises:
            ChainError: the chain did not answer; what was applied so far stays.
            StoreError: the store refused.
        """
        with self._one_at_a_time:
            return self._step()

    def _step(self) -> MirrorStep:
        final = self._chain.finalized()
        newest = self._store.mirrored_blocks(1)
        if newest and newest[0] == final:
            return MirrorStep(upto=final, events=0, rewound_to=None)
        rewound_to = self._rewind(newest[0], final) if newest and self._reorganised(newest[0], final) else None
        count = 0
        first = max(self._store.cursor() + 1, self._first_block)
        while first <= final.number:
            last = min(first + self._span - 1, final.number)
            upto = final if last == final.number else self._chain.block(last)
            events = self._chain.events(first, last)
            self._store.apply_events(upto, events)
            count += len(events)
            first = last + 1
        upto = newest[0] if newest and self._store.cursor() == newest[0].number else final
        return MirrorStep(upto=upto, events=count, rewound_to=rewound_to)

    def _reorganised(self, mirrored: Block, final: Block) -> bool:
        if final.number < mirrored.number:
            # A node that lags behind the one asked before is no reorganisation: only another hash, or a head that is
            # shorter than what was final, is.
            return self._chain.head().number < mirrored.number or self._differs(mirrored)
        return self._differs(mirrored)

    def _differs(self, mirrored: Block) -> bool:
        return self._chain.block(mirrored.number).hash != mirrored.hash

    def _rewind(self, newest: Block, final: Block) -> int:
        """Forget everything above the newest mirrored block that the chain still has; -1 where it has none."""
        head = self._chain.head().number
        limit = _ANCESTORS
        while True:
            blocks = self._store.mirrored_blocks(limit)
            for block in blocks:
                if block.number <= min(head, final.number) and not self._differs(block):
                    self._store.rewind(block.number)
                    return block.number
            if len(blocks) < limit:
                self._store.rewind(-1)
                return -1
            limit *= 4
