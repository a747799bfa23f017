"""The outbox: transactions that must reach the chain.

A transaction is signed, kept durably, and only then sent. What is kept is sent again, byte for byte, until the chain
has it in a final block; the chain executes each nonce at most once, so sending twice does nothing twice.

`put`: choose nonces, sign, keep (one store transaction), send. A crash before "keep" leaves nothing; after it, the
next step sends the same bytes.

One step:

1. Ask for each sender's next nonce, then for what became of every version of every transaction, in one batch. The
   order matters: a nonce that was used before the question, by none of our versions, was used by somebody else.
2. A transaction that the mirror has passed (its block is final) is *settled*: done, or reverted with the contract's
   own notice. One whose nonce was used by another transaction is settled as *lost*. The caller acts on settled ones
   and then calls `forget`; a crash between the two settles them again.
3. A pending one that this process has not sent yet, or not lately (a node may have dropped it), is sent. One that is
   pending for `stuck_after_s`, then twice that, and so on, is replaced: same nonce, same call, a higher fee. The
   replacement is kept before it is sent, and all versions are watched, since any of them may be mined.

Nonces: the next is one above whatever is kept for that sender, and never below what the chain has mined. After a
restored backup the chain may know more than the outbox; then the chain's count holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.errors import ChainRefusedError
from ledger.ports.chain import Call, Chain, SignedTransaction, TransactionOutcome, TransactionState
from ledger.ports.chain_store import ChainStore, OutboxKind, Outgoing
from ledger.ports.keys import ChainSigner, Keyring
from ledger.values import Address, Digest32, Instant, has_passed

MAX_BUMPS: Final = 12
"""Replacements of one transaction; each raises the fee by an eighth at least, so twelve quadruple it."""

_NEVER: Final = Instant(-(2**62))


class Settlement(StrEnum):
    """How a transaction ended."""

    DONE = "done"
    REVERTED = "reverted"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A transaction that will not change any more."""

    outgoing: Outgoing
    settlement: Settlement
    problem: str | None
    """Why, in words for a person: the contract's notice where it reverted."""


class Outbox:
    """Sends what must reach the chain until it is final there."""

    def __init__(self, chain: Chain, store: ChainStore, keyring: Keyring, *, stuck_after_s: int) -> None:
        """Send through `chain` what `store` keeps, replacing what waits longer than `stuck_after_s` seconds."""
        self._chain = chain
        self._store = store
        self._keyring = keyring
        self._stuck_after_s = stuck_after_s
        self._resend_after_s = max(1, stuck_after_s // 4)
        self._sent: dict[Digest32, Instant] = {}
        self._refusals: dict[Address, str] = {}

    @property
    def refusals(self) -> Mapping[Address, str]:
        """Senders whose transactions the chain will not take now (no funds, too low a fee), and its reason."""
        return dict(self._refusals)

    def put(
        self,
        kind: OutboxKind,
        *,
        log_no: int,
        subject: int,
        calls: Sequence[Call],
        signer: ChainSigner,
        now: Instant,
    ) -> Sequence[Outgoing]:
        """Sign calls under the sender's next nonces, keep them, send them.

        Raises:
            ChainError: the chain did not say the next nonce (nothing was kept), or did not answer when the kept
                transactions were sent (the next step sends them).
        """
        first = self._next_nonce(signer.address)
        signed = [self._chain.sign(call, signer, first + offset) for offset, call in enumerate(calls)]
        kept = self._store.put_outgoing(kind, log_no, subject, signed, now)
        self._send(signer.address, [item.transaction for item in kept], now)
        return kept

    def step(self, now: Instant) -> Sequence[Settled]:
        """Look after everything that is on the way; see the module's text.

        Returns:
            What settled, in the order of the outbox. It stays in the outbox until `forget`.

        Raises:
            ChainError: the chain did not answer; nothing is lost, the next step goes on.
        """
        waiting = self._store.outgoing()
        if not waiting:
            self._refusals.clear()
            return ()
        used = {sender: self._chain.next_nonce(sender) for sender in {item.transaction.sender for item in waiting}}
        states = self._states(waiting)
        settled: list[Settled] = []
        resend: dict[Address, list[Outgoing]] = {}
        for item in waiting:
            mined = _mined([states[digest] for digest in versions(item)])
            if mined is not None:
                if mined.block is not None and mined.block.number <= self._store.cursor():
                    settled.append(_settle(item, mined))
            elif item.transaction.nonce < used[item.transaction.sender]:
                problem = "Another transaction of the same key took its place."
                settled.append(Settled(outgoing=item, settlement=Settlement.LOST, problem=problem))
            else:
                resend.setdefault(item.transaction.sender, []).append(item)
        for sender, items in resend.items():
            self._keep_going(sender, items, now)
        return settled

    def forget(self, settled: Iterable[Settled]) -> None:
        """Take settled transactions out, once their outcome is written down."""
        items = list(settled)
        self._store.remove_outgoing([item.outgoing.outbox_no for item in items])
        for item in items:
            for digest in versions(item.outgoing):
                self._sent.pop(digest, None)

    def _next_nonce(self, sender: Address) -> int:
        mined = self._chain.next_nonce(sender)
        kept = [item.transaction.nonce for item in self._store.outgoing() if item.transaction.sender == sender]
        return max([mined, *(nonce + 1 for nonce in kept)])

    def _states(self, waiting: Sequence[Outgoing]) -> Mapping[Digest32, TransactionState]:
        hashes = [digest for item in waiting for digest in versions(item)]
        return dict(zip(hashes, self._chain.states(hashes), strict=True))

    def _keep_going(self, sender: Address, items: Sequence[Outgoing], now: Instant) -> None:
        """Send what this process has not sent lately, and replace what waits too long; lowest nonce first."""
        transactions = []
        for item in items:
            if self._is_stuck(item, now):
                signer = self._keyring.chain_signer_of(sender)
                replacement = self._chain.sign_again(item.transaction, signer, bump=item.bumps + 1)
                self._store.replace_outgoing(item.outbox_no, replacement)
                transactions.append(replacement)
            elif has_passed(self._sent.get(item.transaction.hash, _NEVER), self._resend_after_s, now):
                transactions.append(item.transaction)
        if transactions:
            self._send(sender, transactions, now)

    def _is_stuck(self, item: Outgoing, now: Instant) -> bool:
        # The pause doubles each time: a chain that stands still is not worth an ever higher fee.
        patience = self._stuck_after_s * (2 ** (item.bumps + 1) - 1)
        return item.bumps < MAX_BUMPS and now - item.first_sent >= patience

    def _send(self, sender: Address, transactions: Sequence[SignedTransaction], now: Instant) -> None:
        try:
            self._chain.send(transactions)
        except ChainRefusedError as refusal:
            # They stay in the outbox: funds can arrive, a floor can fall; a used nonce settles as lost.
            self._refusals[sender] = refusal.what
            return
        self._refusals.pop(sender, None)
        self._sent.update((transaction.hash, now) for transaction in transactions)


def versions(item: Outgoing) -> tuple[Digest32, ...]:
    """Hashes of all versions under this nonce, oldest first."""
    return (*item.replaced, item.transaction.hash)


def _mined(states: Sequence[TransactionState]) -> TransactionState | None:
    return next((state for state in states if state.outcome is not TransactionOutcome.PENDING), None)


def _settle(item: Outgoing, state: TransactionState) -> Settled:
    if state.outcome is TransactionOutcome.DONE:
        return Settled(outgoing=item, settlement=Settlement.DONE, problem=None)
    problem = state.problem or "The contract refused the transaction and gave no reason."
    return Settled(outgoing=item, settlement=Settlement.REVERTED, problem=problem)
