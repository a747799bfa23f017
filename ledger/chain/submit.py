"""Sending one transaction and seeing it through: for governance and deployment, which go step by step.

The service's own anchors and status acts do not go through here: they are kept in the store before they are sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from ledger.chain.sending import Sending
from ledger.errors import ChainError, ChainRefusedError, Refusal
from ledger.ports.chain import Block, SignedTransaction, TransactionOutcome
from ledger.ports.keys import ChainSigner

Progress = Callable[[SignedTransaction], None]
FIRST_PAUSE_S: Final = 0.005
"""Pause before the second look; each next is twice as long. The embedded chain makes a block in milliseconds."""


def see_through(
    sending: Sending,
    transaction: SignedTransaction,
    signer: ChainSigner,
    *,
    timeout_s: float = 180.0,
    poll_s: float = 0.1,
    replace_after_s: float = 30.0,
    before_send: Progress | None = None,
) -> Block:
    """Send a transaction, replace it where it sticks, and return the block that it is in.

    Args:
        sending: the chain.
        transaction: signed.
        signer: the key that signed it.
        timeout_s: give up after this long; what was sent may still be mined.
        poll_s: longest pause between two looks.
        replace_after_s: raise the fee after each such time without a block.
        before_send: told of each version before it is sent, so that a journal has it first.

    Raises:
        ChainRefusedError: it was refused, or mined and reverted: `what` is the contract's notice.
        ChainError: no block in time.
    """
    versions = [transaction]
    if before_send is not None:
        before_send(transaction)
    sending.send([transaction])
    started = sent = time.monotonic()
    pause_s = min(FIRST_PAUSE_S, poll_s)
    refused: ChainRefusedError | None = None
    while True:
        block = _block_of(versions, sending)
        if block is not None:
            return block
        now = time.monotonic()
        if now - started > timeout_s:
            raise ChainError(
                f"The transaction 0x{versions[-1].hash.hex()} was not mined within {timeout_s:g} s.",
                fix="Look whether the chain makes blocks, then try again.",
            )
        if now - sent > replace_after_s and refused is not None:
            raise refused
        if now - sent > replace_after_s and not sending.fees().free:
            versions.append(sending.sign_again(versions[-1], signer, bump=len(versions)))
            if before_send is not None:
                before_send(versions[-1])
            refused = _refused(versions[-1], sending)
            sent = now
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, poll_s)


def _block_of(versions: Sequence[SignedTransaction], sending: Sending) -> Block | None:
    for version, state in zip(versions, sending.states([one.hash for one in versions]), strict=True):
        if state.outcome is TransactionOutcome.REVERTED:
            raise ChainRefusedError(
                state.problem or "The contract refused.", refusal=Refusal.REVERTED, transaction=version.hash
            )
        if state.block is not None:
            return state.block
    return None


def _refused(replacement: SignedTransaction, sending: Sending) -> ChainRefusedError | None:
    """Send a replacement; a used nonce is told, not raised: mostly an earlier version was mined by now."""
    try:
        sending.send([replacement])
    except ChainRefusedError as error:
        if error.refusal is not Refusal.NONCE_USED:
            raise
        return error
    return None
