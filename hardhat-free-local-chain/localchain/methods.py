"""The JSON-RPC methods that read the chain and its state, and those that send."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from types import NoneType
from typing import Any, Final

from localchain import execution, tables
from localchain.errors import RpcError, invalid_params
from localchain.logs import find_logs
from localchain.node import Node
from localchain.parameters import block_number, find_block, need_block, read_call, read_filter
from localchain.present import block_json, log_json, proof_json, receipt_json, transaction_json
from localchain.proofs import prove
from localchain.quantities import data, quantity, read_data, read_quantity, read_word
from localchain.storage import read_slot
from localchain.subscriptions import Subscriptions

Method = Callable[..., Any]
_MAX_FEE_BLOCKS: Final = 1_024
_MAX_PERCENTILES: Final = 100
"""Rewards shown for a block; as other nodes have it."""
_MAX_PROOF_KEYS: Final = 1_024
_MAX_STATE_USES: Final = 2_000
"""py-evm keeps a note of every node that a state has read; so it is made anew now and then."""


def client_version(node: Node) -> str:
    """Name and version of this program, and `development` for a chain whose keys everybody knows."""
    try:
        evm = version("py-evm")
    except PackageNotFoundError:
        evm = "unknown"
    kind = "development" if node.development else "operator"
    return f"localchain/1/{kind}/py-evm-{evm}/python{platform.python_version()}"


class _Kept(threading.local):
    """The block that this thread was last asked about, and its state, which each call leaves as it was."""

    head: tables.BlockRow | None = None
    """The newest block then: with another one tags mean something else, and going back takes blocks away."""
    name: object = None
    """The block as it was named."""
    block: tables.BlockRow
    state: Any = None
    uses: int = 0


class Methods:
    """The methods of one chain.

    Attributes:
        table: name to method; a method takes the call's parameters by place.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._filters = Subscriptions(node)
        self._version = client_version(node)
        self._kept = _Kept()
        self.table: dict[str, Method] = {
            "web3_clientVersion": lambda: self._version,
            "localchain_development": lambda: node.development,
            "net_version": lambda: str(node.chain_id),
            "net_listening": lambda: True,
            "eth_chainId": lambda: quantity(node.chain_id),
            "eth_syncing": lambda: False,
            "eth_accounts": lambda: [],
            "eth_gasPrice": lambda: "0x0",
            "eth_maxPriorityFeePerGas": lambda: "0x0",
            "eth_blobBaseFee": lambda: "0x1",
            "eth_blockNumber": lambda: quantity(node.head.number),
            "eth_feeHistory": self.fee_history,
            "eth_getBlockByNumber": self.get_block_by_number,
            "eth_getBlockByHash": self.get_block_by_hash,
            "eth_getBlockReceipts": self.get_block_receipts,
            "eth_getBlockTransactionCountByNumber": self.transaction_count_of_block,
            "eth_getTransactionByHash": self.get_transaction,
            "eth_getTransactionByBlockNumberAndIndex": self.get_transaction_at,
            "eth_getTransactionReceipt": self.get_receipt,
            "eth_getTransactionCount": self.get_nonce,
            "eth_getBalance": self.get_balance,
            "eth_getCode": self.get_code,
            "eth_getStorageAt": self.get_storage,
            "eth_getProof": self.get_proof,
            "eth_call": self.call,
            "eth_estimateGas": self.estimate,
            "eth_sendRawTransaction": self.send_raw,
            "eth_getLogs": self.get_logs,
            "eth_newFilter": lambda wanted: self._filters.add("logs", read_filter(node, wanted)),
            "eth_newBlockFilter": lambda: self._filters.add("blocks"),
            "eth_newPendingTransactionFilter": lambda: self._filters.add("transactions"),
            "eth_uninstallFilter": self._filters.remove,
            "eth_getFilterChanges": self._filters.changes,
            "eth_getFilterLogs": self._filters.logs,
        }

    # Blocks, transactions, receipts, logs

    def get_block_by_number(self, block: object, full: bool = False) -> Any:
        """The block of a height or tag, or null."""
        return self._block_json(find_block(self._node, block), full)

    def get_block_by_hash(self, block_hash: object, full: bool = False) -> Any:
        """The block with a hash, or null."""
        return self._block_json(find_block(self._node, {"blockHash": block_hash}), full)

    def _block_json(self, block: tables.BlockRow | None, full: bool) -> Any:
        if block is None:
            return None
        with self._node.reading() as connection:
            if full is True:
                rows = tables.transactions_of(connection, block.number)
                return block_json(block, [transaction_json(row) for row in rows])
            return block_json(block, [data(one) for one in tables.transaction_hashes(connection, block.number)])

    def get_block_receipts(self, block: object) -> Any:
        """All receipts of a block, or null."""
        found = find_block(self._node, block)
        if found is None:
            return None
        with self._node.reading() as connection:
            logs = tables.logs_of(connection, found.number)
            return [
                receipt_json(row, [log for log in logs if log.transaction == row.position])
                for row in tables.transactions_of(connection, found.number)
            ]

    def transaction_count_of_block(self, block: object) -> Any:
        """Number of transactions of a block, or null."""
        found = find_block(self._node, block)
        return None if found is None else quantity(found.transactions)

    def get_transaction(self, transaction_hash: object) -> Any:
        """A mined transaction, or null."""
        with self._node.reading() as connection:
            row = tables.transaction_by_hash(connection, read_data(transaction_hash, "hash", 32))
        return None if row is None else transaction_json(row)

    def get_transaction_at(self, block: object, position: object) -> Any:
        """The transaction at a place in a block, or null."""
        found, place = find_block(self._node, block), read_quantity(position, "index")
        if found is None or place >= found.transactions:
            return None
        with self._node.reading() as connection:
            row = tables.transaction_at(connection, found.number, place)
        return None if row is None else transaction_json(row)

    def get_receipt(self, transaction_hash: object) -> Any:
        """A mined transaction's receipt, or null."""
        with self._node.reading() as connection:
            row = tables.transaction_by_hash(connection, read_data(transaction_hash, "hash", 32))
            if row is None:
                return None
            return receipt_json(row, tables.logs_of(connection, row.block, row.position))

    def get_logs(self, wanted: object) -> Any:
        """All logs that match a filter."""
        chosen = read_filter(self._node, wanted)
        with self._node.reading() as connection:
            return [log_json(log) for log in find_logs(connection, chosen)]

    def fee_history(self, count: object, newest: object, percentiles: object = None) -> Any:
        """Base fees (zero, all of them) and how full the blocks were."""
        if not isinstance(percentiles, (list, NoneType)) or len(percentiles or ()) > _MAX_PERCENTILES:
            raise invalid_params(f"rewardPercentiles must be a list of at most {_MAX_PERCENTILES}")
        wanted = count if isinstance(count, int) else read_quantity(count, "blockCount")
        last = min(block_number(self._node, newest), self._node.head.number)
        first = max(0, last - min(wanted, _MAX_FEE_BLOCKS) + 1)
        with self._node.reading() as connection:
            found = [tables.block_by_number(connection, number) for number in range(first, last + 1)]
        blocks = [block for block in found if block is not None]
        shown: dict[str, Any] = {
            "oldestBlock": quantity(first),
            "baseFeePerGas": ["0x0"] * (len(blocks) + 1),
            "gasUsedRatio": [block.header.gas_used / block.header.gas_limit for block in blocks],
            "baseFeePerBlobGas": ["0x1"] * (len(blocks) + 1),
            "blobGasUsedRatio": [0.0] * len(blocks),
        }
        if percentiles:
            shown["reward"] = [["0x0"] * len(percentiles) for _ in blocks]
        return shown

    # State

    def _block(self, name: object) -> tables.BlockRow:
        """The block that a parameter names. A batch of a thousand calls names the same one again and again."""
        kept, head = self._kept, self._node.head
        if kept.head is not head or kept.name != name:
            kept.block = need_block(self._node, name)
            kept.head, kept.name, kept.state = head, name, None
        return kept.block

    def _state(self, name: object) -> Any:
        if name == "pending":
            return self._node.state_at(self._node.head, pending=True)
        kept, block = self._kept, self._block(name)
        if kept.state is None or kept.uses >= _MAX_STATE_USES:
            kept.state, kept.uses = self._node.state_at(block), 0
        kept.uses += 1
        return kept.state

    def get_nonce(self, address: object, block: object = "latest") -> Any:
        """Next nonce of an account."""
        return quantity(self._state(block).get_nonce(read_data(address, "address", 20)))

    def get_balance(self, address: object, block: object = "latest") -> Any:
        """Wei of an account."""
        return quantity(self._state(block).get_balance(read_data(address, "address", 20)))

    def get_code(self, address: object, block: object = "latest") -> Any:
        """Code of an account."""
        return data(self._state(block).get_code(read_data(address, "address", 20)))

    def get_storage(self, address: object, slot: object, block: object = "latest") -> Any:
        """One storage slot of an account, 32 bytes."""
        owner, place = read_data(address, "address", 20), read_word(slot, "slot")
        root = bytes(self._block(block).header.state_root)
        return data(read_slot(self._node.nodes, root, owner, place).to_bytes(32, "big"))

    def get_proof(self, address: object, keys: object, block: object = "latest") -> Any:
        """EIP-1186 proof of an account and some of its slots."""
        if not isinstance(keys, list) or len(keys) > _MAX_PROOF_KEYS:
            raise invalid_params(f"keys must be a list of at most {_MAX_PROOF_KEYS} storage slots")
        owner = read_data(address, "address", 20)
        slots = [read_word(key, "key") for key in keys]
        root = bytes(self._block(block).header.state_root)
        return proof_json(owner, prove(self._node.nodes, root, owner, slots), keys)

    def call(self, request: object, block: object = "latest", overrides: object = None) -> Any:
        """Output of a call."""
        if overrides:
            raise invalid_params("state overrides are not supported")
        return data(execution.call(self._state(block), read_call(request), self._node.chain_id))

    def estimate(self, request: object, block: object = "pending", overrides: object = None) -> Any:
        """Gas that a transaction needs; unless a block is named, in a block that follows now."""
        if overrides:
            raise invalid_params("state overrides are not supported")
        return quantity(execution.estimate(self._state(block), read_call(request), self._node.chain_id))

    # Sending

    def send_raw(self, raw: object) -> Any:
        """Mine one signed transaction; returns its hash when it is on disk."""
        result = self.send_many([raw])[0]
        if isinstance(result, RpcError):
            raise result
        return result

    def send_many(self, raws: Sequence[object]) -> list[str | RpcError]:
        """Mine several signed transactions, together where they fit; a hash or an error for each."""
        results: list[str | RpcError] = []
        readable: list[bytes] = []
        places: list[int] = []
        for place, raw in enumerate(raws):
            try:
                readable.append(read_data(raw, "transaction"))
                places.append(place)
                results.append("")
            except RpcError as error:
                results.append(error)
        for place, result in zip(places, self._node.submit(readable) if readable else [], strict=True):
            results[place] = result if isinstance(result, RpcError) else data(result)
        return results
