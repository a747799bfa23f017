"""Type-2 transactions (EIP-1559): what they cost, signed, read back, and signed again with a higher fee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.chain import replies, rlp
from ledger.chain.abi import keccak
from ledger.chain.rpc import Failure, JsonRpc, Request, result_of
from ledger.errors import ChainError
from ledger.ports.chain import Call, SignedTransaction
from ledger.ports.keys import ChainSigner
from ledger.values import Address, Digest32

_TYPE_2: Final = b"\x02"
# Nodes take a replacement from 10 % more on (geth, anvil); 12.5 % leaves room for rounding.
_RAISE_NUMERATOR: Final = 9
_RAISE_DENOMINATOR: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What a transaction offers for one unit of gas, in wei. Both 0 on a chain without a gas price."""

    priority: int
    most: int

    @property
    def free(self) -> bool:
        """Whether this chain charges nothing."""
        return self.most == 0

    def raised(self, times: int = 1) -> Fees:
        """Raised so that a node takes the transaction as a replacement; nothing stays nothing."""
        fees = self
        for _ in range(times):
            fees = Fees(priority=_raise(fees.priority), most=_raise(fees.most))
        return fees


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """Everything of a transaction but its signature. `to` is None where it creates a contract."""

    chain_id: int
    nonce: int
    fees: Fees
    gas: int
    to: Address | None
    value: int
    data: bytes

    def _fields(self) -> list[rlp.Item]:
        return [
            self.chain_id,
            self.nonce,
            self.fees.priority,
            self.fees.most,
            self.gas,
            self.to or b"",
            self.value,
            self.data,
            [],
        ]

    def sign(self, signer: ChainSigner) -> SignedTransaction:
        """Sign with a key; the hash is known before anything is sent."""
        digest = Digest32(keccak(_TYPE_2 + rlp.encode(self._fields())))
        r, s, parity = signer.sign_digest(digest)
        raw = _TYPE_2 + rlp.encode([*self._fields(), parity, r, s])
        return SignedTransaction(raw=raw, hash=Digest32(keccak(raw)), sender=signer.address, nonce=self.nonce)


def read_transaction(raw: bytes) -> Unsigned:
    """Read a type-2 transaction of ours back from its bytes.

    Raises:
        ChainError: it is something else.
    """
    try:
        if raw[:1] != _TYPE_2 or not isinstance(fields := rlp.decode(raw[1:]), list) or len(fields) != 12:
            raise ValueError("not a type-2 transaction")
        chain_id, nonce, priority, most, gas, to, value, data = (_bytes(field) for field in fields[:8])
    except ValueError as error:
        raise ChainError("A kept transaction cannot be read.") from error
    return Unsigned(
        chain_id=int.from_bytes(chain_id, "big"),
        nonce=int.from_bytes(nonce, "big"),
        fees=Fees(priority=int.from_bytes(priority, "big"), most=int.from_bytes(most, "big")),
        gas=int.from_bytes(gas, "big"),
        to=Address(to) if to else None,
        value=int.from_bytes(value, "big"),
        data=data,
    )


def current_fees(rpc: JsonRpc) -> Fees:
    """What the chain asks now: its tip, and twice the base fee, so that six full blocks do not price us out.

    Raises:
        ChainError: the chain does not answer.
    """
    block, tip, price = rpc.batch(
        [
            Request("eth_getBlockByNumber", ("latest", False)),
            Request("eth_maxPriorityFeePerGas"),
            Request("eth_gasPrice"),
        ]
    )
    head = replies.mapping(result_of(block, "eth_getBlockByNumber"), "a block")
    # Chains from before London have no base fee.
    base = replies.quantity(head.get("baseFeePerGas", "0x0"), "the base fee")
    asked = replies.quantity(result_of(price, "eth_gasPrice"), "the gas price")
    priority = max(asked - base, 0) if isinstance(tip, Failure) else replies.quantity(tip, "the priority fee")
    if base == 0 and asked == 0:
        return Fees(priority=0, most=0)
    return Fees(priority=priority, most=max(2 * base + priority, asked))


def sign_call(call: Call, signer: ChainSigner, *, chain_id: int, nonce: int, fees: Fees) -> SignedTransaction:
    """Sign a contract call."""
    return Unsigned(
        chain_id=chain_id, nonce=nonce, fees=fees, gas=call.gas, to=call.to, value=0, data=call.data
    ).sign(signer)


def sign_replacement(transaction: SignedTransaction, signer: ChainSigner, now: Fees) -> SignedTransaction:
    """The same call under the same nonce, for at least an eighth more and never less than the chain asks now.

    Raises:
        ChainError: the transaction is another key's.
    """
    if signer.address != transaction.sender:
        raise ChainError("A transaction is replaced by the key that signed it only.", where=transaction.sender.hex())
    old = read_transaction(transaction.raw)
    raised = old.fees.raised()
    fees = Fees(priority=max(raised.priority, now.priority), most=max(raised.most, now.most))
    return Unsigned(
        chain_id=old.chain_id,
        nonce=old.nonce,
        fees=fees,
        gas=old.gas,
        to=old.to,
        value=old.value,
        data=old.data,
    ).sign(signer)


def created_address(sender: Address, nonce: int) -> Address:
    """Where a contract lands that `sender` creates in the transaction with this nonce."""
    return Address(keccak(rlp.encode([sender, nonce]))[12:])


def _raise(fee: int) -> int:
    return -(-fee * _RAISE_NUMERATOR // _RAISE_DENOMINATOR)


def _bytes(field: rlp.Read) -> bytes:
    if not isinstance(field, bytes):
        raise ValueError("a list where bytes belong")
    return field
