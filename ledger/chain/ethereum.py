"""`EthereumChain`: our contracts on any Ethereum JSON-RPC chain, as `ledger.ports.chain.Chain`.

Which chain it is, is asked at every new connection and compared with the deployment: a node of another chain behind
the same address is refused before anything is read from it or sent to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ledger.chain import calls, replies
from ledger.chain.abi import Value
from ledger.chain.contracts import Contracts, Question
from ledger.chain.deployment import Deployment
from ledger.chain.event_source import EventSource
from ledger.chain.events import name_logs, read_logs
from ledger.chain.identity import IDENTITY_REQUESTS, NodeIdentity, read_identity
from ledger.chain.rpc import Json, JsonRpc, Reply
from ledger.chain.sending import Sending
from ledger.chain.status_words import StatusWords
from ledger.errors import ChainError, InputError
from ledger.ports.chain import (
    Anchor,
    Block,
    Call,
    ChainEvent,
    ChainIdentity,
    LogOnChain,
    LogState,
    PerformedAct,
    SignedTransaction,
    StatusAct,
    TransactionState,
)
from ledger.ports.keys import ChainSigner
from ledger.values import Address, AgencyCode, Digest32, LogId, LogIndex, Root, Status, TreeSize

_INSTANT: Final = "instant"
_FINALIZED: Final = "finalized"
_DEPTH: Final = "depth:"


class EthereumChain:
    """One chain with our contracts on it. Safe to share among threads."""

    def __init__(
        self,
        rpc_url: str | Callable[[], str],
        deployment: Deployment,
        *,
        finality: str = _INSTANT,
        timeout_s: float = 10.0,
    ) -> None:
        """Nothing is asked yet: the service starts though the chain is away.

        Args:
            rpc_url: address of a node, or what gives it at each connection.
            deployment: the contracts, and which chain they are on.
            finality: `instant`, `depth:n` (n blocks above make a block final) or `finalized` (the chain's own tag).
            timeout_s: longest wait for the node at each step, in seconds.

        Raises:
            InputError: an unknown finality rule.
        """
        self.deployment = deployment
        self._addresses = deployment.addresses()
        self._finality, self._depth = _read_finality(finality)
        self._rpc = JsonRpc(rpc_url, timeout_s=timeout_s, greeting=(IDENTITY_REQUESTS, self._greeted))
        self._node: NodeIdentity | None = None
        self._contracts = Contracts(self._rpc, self._addresses)
        self._status_words = StatusWords(self._rpc, self._contracts)
        self._sending = Sending(self._rpc, deployment.chain_id, self._addresses)
        self._events = EventSource(
            self._rpc, self._addresses, deployment.block, lambda log: self.log_on_chain(log).size
        )

    def close(self) -> None:
        """Close idle connections."""
        self._rpc.close()

    # Which chain, and how far

    def identity(self) -> ChainIdentity:
        """Chain id, genesis hash, whether it is a development chain."""
        return self.node().identity

    def node(self) -> NodeIdentity:
        """What the node said of itself when the newest connection was made."""
        if self._node is None:
            self.head()
        if self._node is None:
            raise ChainError("The chain did not say which one it is.")
        return self._node

    def head(self) -> Block:
        """The newest block."""
        return replies.block(self._rpc.call("eth_getBlockByNumber", "latest", False))

    def finalized(self) -> Block:
        """The newest block that is final by this chain's rule."""
        if self._finality == _INSTANT:
            return self.head()
        if self._finality == _FINALIZED:
            return replies.block(self._rpc.call("eth_getBlockByNumber", _FINALIZED, False))
        newest = replies.quantity(self._rpc.call("eth_blockNumber"), "the newest block's number")
        return self.block(max(newest - self._depth, 0))

    def block(self, number: int) -> Block:
        """One block that the chain has now."""
        return replies.block(self._rpc.call("eth_getBlockByNumber", hex(number), False))

    def events(self, first_block: int, last_block: int) -> Sequence[ChainEvent]:
        """Every event of our registries in these blocks, in order."""
        return self._events.read(first_block, last_block)

    # What the contracts hold now

    def registries(self) -> Mapping[str, Address]:
        """Contract name → address."""
        return self._addresses

    def log_on_chain(self, log_id: LogId) -> LogOnChain:
        """A log's state; `state` NONE where it was never opened."""
        ((value,),) = self.read([("CheckpointRegistry", "logOf", (log_id,))])
        assert isinstance(value, tuple)
        agency, state, _generation, max_delay, size, start = value
        return LogOnChain(
            state=LogState(state),
            agency=AgencyCode(agency.decode("ascii", "replace").rstrip("\0")),
            size=TreeSize(size),
            max_delay_s=max_delay,
            start=TreeSize(start),
        )

    def statuses(self, log_id: LogId, pairs: Sequence[tuple[LogIndex, int]]) -> Sequence[tuple[Status, Status]]:
        """(record status, batch status) for (index, batch or 0) pairs now, of one block; each word is read once."""
        wanted = sorted(
            {(False, index // calls.LANES) for index, _ in pairs}
            | {(True, batch // calls.LANES) for _, batch in pairs if batch}
        )
        words = dict(zip(wanted, self._status_words.read(log_id, wanted), strict=True))
        return [
            (_lane(words, False, index), _lane(words, True, batch) if batch else Status.ACTIVE)
            for index, batch in pairs
        ]

    def anchor_digests(self, log_id: LogId, sizes: Sequence[TreeSize]) -> Sequence[Digest32]:
        """What the slots of these sizes hold now; 32 zero bytes where nothing was anchored."""
        questions: list[Question] = [("CheckpointRegistry", "anchorDigest", (log_id, size)) for size in sizes]
        out = []
        for values in self.read(questions):
            assert isinstance(values[0], bytes)
            out.append(Digest32(values[0]))
        return out

    def status_words(self, log_id: LogId, *, batches: bool, words: Sequence[int]) -> Sequence[int]:
        """The status words with these numbers as they are now, of one block."""
        return self._status_words.read(log_id, [(batches, number) for number in words])

    def read(self, questions: Sequence[Question]) -> Sequence[tuple[Value, ...]]:
        """See `Contracts.read`."""
        return self._contracts.read(questions)

    def read_or_refusal(self, contract: str, function: str, *values: Value) -> tuple[Value, ...] | str:
        """See `Contracts.read_or_refusal`."""
        return self._contracts.read_or_refusal(contract, function, *values)

    def scheduled(self, target: Address) -> Sequence[bytes]:
        """Call data of everything that was ever scheduled at the governor for a contract, oldest first."""
        governor = self._addresses["Governor"]
        topic = next(e.topic for e in calls.INTERFACES["Governor"].events.values() if e.name == "OperationScheduled")
        where: dict[str, Json] = {
            "fromBlock": hex(self.deployment.block),
            "toBlock": "latest",
            "address": "0x" + governor.hex(),
            "topics": ["0x" + topic.hex()],
        }
        logs = name_logs(read_logs(self._rpc.call("eth_getLogs", where)), {"Governor": governor})
        wanted = "0x" + target.hex()
        return [bytes(log.values["data"]) for log in logs if log.values["target"] == wanted]  # type: ignore[call-overload]

    # Calls and transactions

    def anchor_call(
        self,
        *,
        log_id: LogId,
        proof_from: TreeSize,
        head: Anchor,
        size: TreeSize,
        root: Root,
        proof: Sequence[Digest32],
    ) -> Call:
        """The call that anchors (size, root) after the anchored head `proof_from`."""
        return calls.anchor_call(
            self._addresses["CheckpointRegistry"],
            log_id=log_id,
            proof_from=proof_from,
            head=head,
            size=size,
            root=root,
            proof=proof,
        )

    def status_calls(self, act: StatusAct) -> Sequence[Call]:
        """The calls of a status act: split so that each stays below 16,777,216 gas (EIP-7825)."""
        return calls.status_calls(self._addresses["StatusRegistry"], act)

    def undo_call(self, act: PerformedAct) -> Call:
        """The call that undoes an act of a compromised key, the newest of its chain."""
        return calls.undo_call(self._addresses["StatusRegistry"], act)

    def sign(self, call: Call, signer: ChainSigner, nonce: int, *, bump: int = 0) -> SignedTransaction:
        """Sign a call; `bump` > 0 raises the fee for a replacement of the same nonce."""
        return self._sending.sign(call, signer, nonce, bump=bump)

    def sign_again(self, transaction: SignedTransaction, signer: ChainSigner, *, bump: int) -> SignedTransaction:
        """The same call under the same nonce for an eighth more than `transaction`, and the price of now raised."""
        return self._sending.sign_again(transaction, signer, bump=bump)

    def next_nonce(self, address: Address) -> int:
        """The nonce of the next transaction from `address`, mined ones counted only."""
        return self._sending.next_nonce(address)

    def send(self, transactions: Sequence[SignedTransaction]) -> None:
        """Send; what the chain already knows is not an error. Raises ChainRefusedError for the first refused."""
        self._sending.send(transactions)

    def states(self, hashes: Sequence[Digest32]) -> Sequence[TransactionState]:
        """What became of transactions."""
        return self._sending.states(hashes)

    def dry_run(self, call: Call, sender: Address) -> str | None:
        """The contract's notice that the call would revert with now; None if it would pass."""
        return self._sending.dry_run(call, sender)

    @property
    def sending(self) -> Sending:
        """Fees and balances, for the governor's acts."""
        return self._sending

    def _greeted(self, answers: Sequence[Reply]) -> None:
        node = read_identity(answers)
        expected = self.deployment
        if node.identity.chain_id != expected.chain_id or node.identity.genesis != expected.genesis:
            raise ChainError(
                f"This is another chain than the contracts are on: it has id {node.identity.chain_id} and genesis "
                f"{node.identity.genesis.hex()[:16]}…, they are on id {expected.chain_id} with genesis "
                f"{expected.genesis.hex()[:16]}….",
                fix="Point SILLOK_RPC_URL at a node of the right chain, or deploy on this one.",
            )
        self._node = node


def _read_finality(text: str) -> tuple[str, int]:
    if text in (_INSTANT, _FINALIZED):
        return text, 0
    depth = text.removeprefix(_DEPTH)
    if text.startswith(_DEPTH) and depth.isascii() and depth.isdigit() and int(depth) > 0:
        return _DEPTH, int(depth)
    raise InputError(f"{text[:40]!r} is no finality rule.", fix="Write instant, finalized or depth:N.")


def _lane(words: Mapping[tuple[bool, int], int], batches: bool, number: int) -> Status:
    return Status(words[batches, number // calls.LANES] >> (2 * (number % calls.LANES)) & 3)
