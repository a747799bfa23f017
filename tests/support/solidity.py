"""Our contracts on a running chain, driven by raw JSON-RPC: calls, receipts, decoded events and decoded reverts.

Nothing here goes through the service's own chain adapter beyond transport and encoding, so that a test of a contract
fails for the contract's reasons.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from support.chains import COIN, RunningChain

from ledger.chain.abi import Interface, keccak
from ledger.chain.artifacts import load, notices, type_text
from ledger.chain.rpc import Failure, JsonRpc, Request, result_of
from ledger.chain.transactions import Fees, Unsigned, created_address
from ledger.keys.signers import FileChainSigner
from ledger.values import Address

GAS = 16_777_216
"""Gas limit of one transaction (EIP-7825)."""
GWEI = 10**9
FOREVER = 2**40
PANIC = bytes.fromhex("4e487b71")


class _Now:
    """Stands for the block time in the arguments of an expected revert."""

    def __repr__(self) -> str:
        return "NOW"


NOW: Any = _Now()


class RevertedError(AssertionError):
    """A transaction reverted: with which error and arguments."""

    def __init__(self, name: str, values: tuple[Any, ...]) -> None:
        super().__init__(f"{name}{values}")
        self.name = name
        self.values = values


@dataclass(frozen=True)
class Event:
    contract: str
    name: str
    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True)
class Receipt:
    gas: int
    block: int
    time: int
    events: tuple[Event, ...]
    created: bytes | None = None

    def event(self, name: str) -> Event:
        (found,) = [e for e in self.events if e.name == name]
        return found


@dataclass(frozen=True)
class Contract:
    name: str
    address: Address
    interface: Interface


@dataclass
class Chain:
    """One node, with the nonce of each account: one object a node, whatever is deployed there."""

    running: RunningChain
    rpc: JsonRpc = field(init=False)
    contracts: dict[bytes, Contract] = field(default_factory=dict)
    nonces: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rpc = JsonRpc(self.running.url, timeout_s=60)
        self.chain_id = int(str(self.rpc.call("eth_chainId")), 16)
        free = self.running.kind == "embedded"
        self.fees = Fees(priority=0, most=0) if free else Fees(priority=GWEI, most=100 * GWEI)

    def close(self) -> None:
        self.rpc.close()

    @property
    def genesis(self) -> bytes:
        block = self.rpc.call("eth_getBlockByNumber", "0x0", False)
        assert isinstance(block, dict)
        return bytes.fromhex(str(block["hash"])[2:])

    def now(self) -> int:
        """Time of the newest block."""
        block = self.rpc.call("eth_getBlockByNumber", "latest", False)
        assert isinstance(block, dict)
        return int(str(block["timestamp"]), 16)

    def pass_time(self, seconds: int) -> int:
        """Let time pass; the new block's time."""
        self.running.pass_time(seconds)
        return self.now()

    def at(self, when: int) -> None:
        """Give the next block this time exactly."""
        self.rpc.call("evm_setNextBlockTimestamp", when)

    def account(self, name: str) -> FileChainSigner:
        """The account of this name; the same key on every chain."""
        signer = FileChainSigner(keccak(b"sillok tests " + name.encode()))
        if signer.address not in self.nonces:
            self.running.fund(signer.address)
            count = self.rpc.call("eth_getTransactionCount", "0x" + signer.address.hex(), "latest")
            self.nonces[signer.address] = int(str(count), 16)
        return signer

    def deploy(
        self, who: FileChainSigner, name: str, *arguments: Any, code: Interface | None = None, data: bytes = b""
    ) -> Contract:
        """Create a contract: one of ours by name, or any by interface and creation code."""
        if code is None:
            artifact = load(name)
            code, data = Interface(name, artifact.abi), artifact.bytecode
        receipt = self._send(who, None, data + code.creation_arguments(*arguments))
        assert receipt.created is not None
        return self.know(Contract(name, Address(receipt.created), code))

    def know(self, contract: Contract) -> Contract:
        self.contracts[contract.address] = contract
        return contract

    def next_address(self, who: FileChainSigner, ahead: int) -> Address:
        return created_address(who.address, self.nonces[who.address] + ahead)

    def send(self, who: FileChainSigner, contract: Contract, function: str, *values: Any) -> Receipt:
        """Send a transaction; raises RevertedError with the decoded error."""
        return self._send(who, contract.address, contract.interface.call_data(function, *values))

    def send_data(self, who: FileChainSigner, to: bytes, data: bytes) -> Receipt:
        return self._send(who, Address(to), data)

    def view(self, contract: Contract, function: str, *values: Any) -> Any:
        """Call a view: its value, or a tuple of several; raises RevertedError."""
        data = contract.interface.call_data(function, *values)
        found = contract.interface.read_result(function, self._call(bytes(20), contract.address, data))
        return found[0] if len(found) == 1 else found

    def views(self, calls: Sequence[tuple[Contract, str, tuple[Any, ...]]]) -> list[Any]:
        """Many views in few requests."""
        requests = [
            Request("eth_call", ({"to": "0x" + c.address.hex(), "data": "0x" + data.hex()}, "latest"))
            for c, function, values in calls
            for data in [c.interface.call_data(function, *values)]
        ]
        out = []
        for (contract, function, _), reply in zip(calls, self.rpc.batch(requests), strict=True):
            if isinstance(reply, Failure):
                raise reverted(reply)
            found = contract.interface.read_result(function, bytes.fromhex(str(reply)[2:]))
            out.append(found[0] if len(found) == 1 else found)
        return out

    def _call(self, sender: bytes, to: bytes, data: bytes) -> bytes:
        call = {"from": "0x" + sender.hex(), "to": "0x" + to.hex(), "data": "0x" + data.hex(), "gas": hex(GAS)}
        (reply,) = self.rpc.batch([Request("eth_call", (call, "latest"))])  # type: ignore[arg-type]
        if isinstance(reply, Failure):
            raise reverted(reply)
        return bytes.fromhex(str(reply)[2:])

    def _send(self, who: FileChainSigner, to: Address | None, data: bytes) -> Receipt:
        nonce = self.nonces[who.address]
        signed = Unsigned(
            chain_id=self.chain_id, nonce=nonce, fees=self.fees, gas=GAS, to=to, value=0, data=data
        ).sign(who)
        requests = [
            Request("eth_sendRawTransaction", ("0x" + signed.raw.hex(),)),
            Request("eth_getTransactionReceipt", ("0x" + signed.hash.hex(),)),
            Request("eth_getBlockByNumber", ("latest", False)),
        ]
        sent, receipt, block = self.rpc.batch(requests)
        result_of(sent, "eth_sendRawTransaction")
        self.nonces[who.address] = nonce + 1
        until = time.monotonic() + 30
        while not isinstance(receipt, dict):
            assert time.monotonic() < until, "the transaction is not mined"
            receipt, block = self.rpc.batch(requests[1:])
        assert isinstance(block, dict)
        assert block["number"] == receipt["blockNumber"]
        if int(str(receipt["status"]), 16) == 0:
            assert to is not None, "the creation failed"
            self._call(who.address, to, data)
            raise AssertionError("reverted in a transaction, not in a call")
        created = receipt.get("contractAddress")
        logs = receipt["logs"]
        assert isinstance(logs, list)
        return Receipt(
            gas=int(str(receipt["gasUsed"]), 16),
            block=int(str(receipt["blockNumber"]), 16),
            time=int(str(block["timestamp"]), 16),
            events=tuple(event for log in logs for event in [self.read_log(log)] if event is not None),
            created=bytes.fromhex(str(created)[2:]) if created else None,
        )

    def read_log(self, log: Any) -> Event | None:
        contract = self.contracts.get(bytes.fromhex(log["address"][2:]))
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        if contract is None or topics[0] not in contract.interface.events:
            return None
        event = contract.interface.events[topics[0]]
        return Event(contract.name, event.name, event.read(topics, bytes.fromhex(log["data"][2:])))

    def all_events(self, *contracts: Contract) -> list[Event]:
        """Every event of these contracts, in order, from the node's own logs."""
        where = ["0x" + c.address.hex() for c in contracts]
        logs = self.rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": where})  # type: ignore[arg-type, dict-item]
        assert isinstance(logs, list)
        return [event for log in logs for event in [self.read_log(log)] if event is not None]

    @contextmanager
    def reverts(self, error: str, *values: Any) -> Iterator[None]:
        """What is inside must revert with this error and these arguments."""
        with pytest.raises(RevertedError) as caught:
            yield
        found = caught.value
        assert found.name == error, f"{found} instead of {error}{values}"
        assert len(found.values) == len(values), f"{found} instead of {error}{values}"
        now = self.now()
        for one, wanted in zip(found.values, values, strict=True):
            if wanted is NOW:
                assert now - 1 <= one <= now + 60, f"{one} is not the block time"
            else:
                assert one == wanted, f"{found} instead of {error}{values}"


def reverted(failure: Failure) -> RevertedError:
    """The custom error that a call failed with."""
    data = failure.data or b""
    if data[:4] == PANIC:
        return RevertedError("Panic", decode(["uint256"], data[4:]))
    notice = notices().get(data[:4])
    if notice is None:
        return RevertedError(failure.message, (data.hex(),))
    return RevertedError(notice.name, decode([type_text(i) for i in notice.inputs], data[4:]))


def council_signature(digest: bytes, members: Sequence[FileChainSigner]) -> bytes:
    """What `Council.act` takes: signers and signatures, ascending by keccak256(signer)."""
    ordered = sorted(members, key=lambda m: keccak(m.address))
    return encode(["bytes[]", "bytes[]"], [[m.address for m in ordered], [ecdsa(m, digest) for m in ordered]])


def ecdsa(signer: FileChainSigner, digest: bytes) -> bytes:
    """r, s, v: 65 bytes, as OpenZeppelin's ECDSA reads them."""
    r, s, parity = signer.sign_digest(digest)  # type: ignore[arg-type]
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + parity])


__all__ = [
    "COIN",
    "FOREVER",
    "GAS",
    "NOW",
    "Chain",
    "Contract",
    "Event",
    "Receipt",
    "RevertedError",
    "council_signature",
    "ecdsa",
]
