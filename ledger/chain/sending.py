"""Signing, sending and following transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from ledger.chain import replies, reverts
from ledger.chain.rpc import Failure, Json, JsonRpc, Request, result_of
from ledger.chain.transactions import Fees, current_fees, sign_call, sign_replacement
from ledger.errors import ChainRefusedError, Refusal
from ledger.ports.chain import Block, Call, SignedTransaction, TransactionOutcome, TransactionState
from ledger.ports.keys import ChainSigner
from ledger.values import Address, Digest32

# Many transactions are signed one after the other: they need not ask for the price each.
_FEES_KEPT_S: Final = 1.0

# Pauses before a transaction whose nonce is used is looked for again.
_LOOK_AGAIN_S: Final = (0.05, 0.2, 0.5)

# Nodes word their refusals differently; these pieces are in all of geth's, anvil's, Besu's and our own.
_KNOWN: Final = ("already known", "already imported", "known transaction", "already in mempool")
_REFUSALS: Final = (
    ("underpriced", Refusal.UNDERPRICED),
    ("max fee per gas less than block base fee", Refusal.UNDERPRICED),
    ("replacement", Refusal.UNDERPRICED),
    ("insufficient funds", Refusal.NO_FUNDS),
    ("upfront cost", Refusal.NO_FUNDS),
    ("reverted", Refusal.REVERTED),
)
_FIXES: Final = {
    Refusal.NO_FUNDS: "Send coin to this address, or use a chain without a gas price.",
    Refusal.UNDERPRICED: "It is sent again with a higher fee.",
}


class Sending:
    """What leaves for the chain. Holds no nonce: the caller keeps what it signed and counts."""

    def __init__(
        self,
        rpc: JsonRpc,
        chain_id: int,
        contracts: Mapping[str, Address] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is asked yet; `contracts` (name → address) say in whose words a refusal is told."""
        self._contracts = {address: name for name, address in (contracts or {}).items()}
        self._rpc = rpc
        self._chain_id = chain_id
        self._clock = clock
        self._fees: tuple[float, Fees] | None = None

    def fees(self) -> Fees:
        """What the chain asks; at most a second old.

        Raises:
            ChainError: the chain does not answer.
        """
        known, now = self._fees, self._clock()
        if known is not None and now - known[0] < _FEES_KEPT_S:
            return known[1]
        fees = current_fees(self._rpc)
        self._fees = (now, fees)
        return fees

    def sign(self, call: Call, signer: ChainSigner, nonce: int, *, bump: int = 0) -> SignedTransaction:
        """Sign a call for what the chain asks now, raised `bump` times."""
        return sign_call(call, signer, chain_id=self._chain_id, nonce=nonce, fees=self.fees().raised(bump))

    def sign_again(self, transaction: SignedTransaction, signer: ChainSigner, *, bump: int) -> SignedTransaction:
        """A replacement: at least an eighth above `transaction`, and what the chain asks now raised `bump` times."""
        return sign_replacement(transaction, signer, self.fees().raised(bump))

    def next_nonce(self, address: Address) -> int:
        """The nonce of the next transaction from `address`, mined ones counted only."""
        found = self._rpc.call("eth_getTransactionCount", "0x" + address.hex(), "latest")
        return replies.quantity(found, "a nonce")

    def balance(self, address: Address) -> int:
        """What an address has, in wei."""
        return replies.quantity(self._rpc.call("eth_getBalance", "0x" + address.hex(), "latest"), "a balance")

    def send(self, transactions: Sequence[SignedTransaction]) -> None:
        """Send all of them, in order; known and mined ones are no error.

        Raises:
            ChainRefusedError: the first that was refused, after all were tried.
        """
        answers = self._rpc.batch(
            [Request("eth_sendRawTransaction", ("0x" + transaction.raw.hex(),)) for transaction in transactions]
        )
        refused = [
            (transaction, answer)
            for transaction, answer in zip(transactions, answers, strict=True)
            if isinstance(answer, Failure) and not _says(answer, *_KNOWN)
        ]
        if not refused:
            return
        # A used nonce is no refusal where it is this very transaction that used it. A node may count a nonce a moment
        # before it shows the transaction (anvil does, under load): so it is asked more than once.
        for pause_s in (0.0, *_LOOK_AGAIN_S):
            time.sleep(pause_s)
            unknown = self._not_there([transaction for transaction, _ in refused])
            refused = [(transaction, answer) for transaction, answer in refused if transaction.hash in unknown]
            if not any(_kind(answer) is Refusal.NONCE_USED for _, answer in refused):
                break
        if refused:
            raise _refusal(*refused[0])

    def _not_there(self, transactions: Sequence[SignedTransaction]) -> set[Digest32]:
        """Those that the node has neither mined nor waiting."""
        hashes = [transaction.hash for transaction in transactions]
        answers = self._rpc.batch([Request("eth_getTransactionByHash", ("0x" + one.hex(),)) for one in hashes])
        return {one for one, answer in zip(hashes, answers, strict=True) if not isinstance(answer, dict)}

    def states(self, hashes: Sequence[Digest32]) -> Sequence[TransactionState]:
        """What became of transactions. One that the chain does not know is pending: it may be sent again."""
        receipts = self._rpc.batch([_receipt(one) for one in hashes])
        mined = {}
        for one, answer in zip(hashes, receipts, strict=True):
            # CometBFT's nodes answer with an error where there is no receipt yet.
            if isinstance(answer, dict):
                mined[one] = answer
        blocks = self._blocks(mined.values())
        out = []
        for one in hashes:
            receipt = mined.get(one)
            if receipt is None:
                out.append(TransactionState(outcome=TransactionOutcome.PENDING, block=None, problem=None))
                continue
            block = blocks[replies.quantity(receipt.get("blockNumber"), "a receipt's block")]
            done = replies.quantity(receipt.get("status"), "a receipt's status") == 1
            outcome = TransactionOutcome.DONE if done else TransactionOutcome.REVERTED
            problem = None if done else self._why(one, receipt, block.number)
            out.append(TransactionState(outcome=outcome, block=block, problem=problem))
        return out

    def dry_run(self, call: Call, sender: Address) -> str | None:
        """The contract's notice that the call would revert with now; None if it would pass.

        Raises:
            ChainRefusedError: the node could not run it, for a reason that is not the contract's.
        """
        answer = self._rpc.batch([_eth_call(call, sender, "latest")])[0]
        if not isinstance(answer, Failure):
            return None
        if answer.data is None and not _says(answer, "revert", "out of gas"):
            raise ChainRefusedError(f"The chain refused to try the call: {answer.message}")
        return reverts.explain(answer.data, self._contracts.get(call.to))

    def _blocks(self, receipts: Iterable[Mapping[str, Json]]) -> dict[int, Block]:
        numbers = sorted({replies.quantity(one.get("blockNumber"), "a receipt's block") for one in receipts})
        found = self._rpc.batch([Request("eth_getBlockByNumber", (hex(number), False)) for number in numbers])
        return {
            number: replies.block(result_of(answer, "a block")) for number, answer in zip(numbers, found, strict=True)
        }

    def _why(self, transaction: Digest32, receipt: Mapping[str, Json], block: int) -> str:
        """Run a reverted transaction again on the state before its block: receipts do not hold the reason."""
        found = self._rpc.call("eth_getTransactionByHash", "0x" + transaction.hex())
        sent = replies.mapping(found, "a transaction")
        if sent.get("to") is None:
            return "The contract's constructor refused, or the gas was not enough."
        call = Call(
            to=replies.address(sent.get("to"), "a transaction's recipient"),
            data=replies.data(sent.get("input"), "a transaction's data"),
            gas=replies.quantity(sent.get("gas"), "a transaction's gas"),
        )
        if replies.quantity(receipt.get("gasUsed"), "the gas used") == call.gas:
            return f"The transaction ran out of gas: {call.gas} were not enough."
        sender = replies.address(sent.get("from"), "a transaction's sender")
        # What came before it in its own block may be the reason: then the state after that block refuses it too.
        places = (hex(max(block - 1, 0)), hex(block))
        for answer in self._rpc.batch([_eth_call(call, sender, place) for place in places]):
            if isinstance(answer, Failure) and answer.data:
                return reverts.explain(answer.data, self._contracts.get(call.to))
        return "The contract refused it, for a reason that can no longer be had from this node."


def _receipt(transaction: Digest32) -> Request:
    return Request("eth_getTransactionReceipt", ("0x" + transaction.hex(),))


def _eth_call(call: Call, sender: Address, block: str) -> Request:
    fields: dict[str, Json] = {
        "from": "0x" + sender.hex(),
        "to": "0x" + call.to.hex(),
        "data": "0x" + call.data.hex(),
        "gas": hex(call.gas),
    }
    return Request("eth_call", (fields, block))


def _says(failure: Failure, *words: str) -> bool:
    message = failure.message.lower()
    return any(word in message for word in words)


def _kind(failure: Failure) -> Refusal:
    if _says(failure, "nonce too low", "nonce is too low", "invalid nonce", "nonce already used"):
        return Refusal.NONCE_USED
    return next((kind for words, kind in _REFUSALS if _says(failure, words)), Refusal.OTHER)


def _refusal(transaction: SignedTransaction, failure: Failure) -> ChainRefusedError:
    kind = _kind(failure)
    what = reverts.explain(failure.data) if failure.data else f"The chain refused the transaction: {failure.message}."
    return ChainRefusedError(
        what.replace("..", "."),
        refusal=kind,
        transaction=transaction.hash,
        where=f"0x{transaction.sender.hex()}, nonce {transaction.nonce}",
        fix=_FIXES.get(kind),
    )
