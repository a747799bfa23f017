"""JSON-RPC methods that only a development chain has: moving time, snapshots, and signing with well-known keys."""

from __future__ import annotations

from typing import Any

from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_typing import Address

from localchain import execution
from localchain.development import development_keys
from localchain.errors import RpcError, refused
from localchain.methods import Method
from localchain.node import Node
from localchain.parameters import read_call
from localchain.quantities import data, quantity, read_number


class DevelopmentMethods:
    """The methods of one development chain.

    Attributes:
        table: name to method, as in `Methods`.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._snapshots: dict[int, int] = {}
        self._last_snapshot = 0
        self.table: dict[str, Method] = {
            "eth_accounts": lambda: [data(address) for address in development_keys()],
            "eth_sendTransaction": self.send,
            "evm_snapshot": self.snapshot,
            "evm_revert": self.revert,
            "evm_increaseTime": lambda seconds: quantity(node.shift_time(read_number(seconds, "seconds"))),
            "evm_setNextBlockTimestamp": lambda time: node.set_next_time(read_number(time, "timestamp")),
            "evm_mine": self.mine,
        }

    def snapshot(self) -> str:
        """Remember the newest block; returns a number to go back to it with."""
        self._last_snapshot += 1
        self._snapshots[self._last_snapshot] = self._node.head.number
        return quantity(self._last_snapshot)

    def revert(self, snapshot: object) -> bool:
        """Go back to a snapshot, which is used up with all later ones; false where there is none."""
        number = read_number(snapshot, "snapshot")
        if number not in self._snapshots:
            return False
        self._node.rewind(self._snapshots[number])
        self._snapshots = {one: height for one, height in self._snapshots.items() if one < number}
        return True

    def mine(self, timestamp: object = None) -> str:
        """Mine an empty block, at a time if one is given."""
        if timestamp is not None:
            self._node.set_next_time(read_number(timestamp, "timestamp"))
        self._node.mine()
        return "0x0"

    def send(self, transaction: object) -> Any:
        """Sign with one of the well-known keys, and mine."""
        request = read_call({k: v for k, v in dict(transaction).items() if k != "nonce"})  # type: ignore[call-overload]
        key = development_keys().get(request.sender)
        if key is None:
            raise refused(f"unknown account {data(request.sender)}: only the development accounts are here")
        pending = self._node.state_at(self._node.head, pending=True)
        gas = request.gas or execution.estimate(pending, request, self._node.chain_id)
        unsigned: Any = PragueTransactionBuilder.new_unsigned_dynamic_fee_transaction(
            chain_id=self._node.chain_id,
            nonce=pending.get_nonce(Address(request.sender)),
            max_priority_fee_per_gas=0,
            max_fee_per_gas=0,
            gas=gas,
            to=Address(request.to or b""),
            value=request.value,
            data=request.data,
            access_list=request.access_list,  # type: ignore[arg-type]
        )
        result = self._node.submit([unsigned.as_signed_transaction(key).encode()])[0]
        if isinstance(result, RpcError):
            raise result
        return data(result)
