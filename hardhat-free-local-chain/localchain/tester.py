"""eth-tester on the durable chain: `EthereumTester(DurableBackend(folder))`, and so web3's EthereumTesterProvider.

It is eth-tester's own py-evm backend with another chain underneath: a development chain in a folder. Differences that
a test can see: blocks survive the process, block time follows the clock, look-ups by hash do not walk the chain, and
going back to a snapshot leaves nothing of what came after.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from eth.abc import BlockAPI, SignedTransactionAPI
from eth.exceptions import TransactionNotFound as EVMTransactionNotFound
from eth_tester.backends.pyevm import PyEVMBackend  # type: ignore[import-untyped]
from eth_tester.backends.pyevm.serializers import (  # type: ignore[import-untyped]
    serialize_transaction,
    serialize_transaction_receipt,
)
from eth_tester.exceptions import (  # type: ignore[import-untyped]
    BlockNotFound,
    TransactionNotFound,
    ValidationError,
)
from eth_typing import Address, Hash32

from localchain import tables
from localchain.admission import decode_transaction
from localchain.development import development_keys
from localchain.errors import RpcError
from localchain.node import Node

TESTER_CHAIN_ID: Final = 131277322940537
"""eth-tester's chain id; web3's EthereumTesterProvider answers `eth_chainId` with it, whatever the backend has."""
_ZERO_ADDRESS = Address(bytes(20))


class DurableBackend(PyEVMBackend):  # type: ignore[misc] # eth-tester has no types
    """eth-tester's backend interface over a development chain in a folder."""

    def __init__(self, folder: Path, chain_id: int = TESTER_CHAIN_ID) -> None:
        """Open or begin the folder's development chain.

        Args:
            folder: where the chain is kept.
            chain_id: of the chain; web3's EthereumTesterProvider works with the default only.

        Raises:
            LocalChainError: the folder is in use, is no development chain, or cannot be read.
        """
        self.node = Node.open(folder, development=True, chain_id=chain_id)
        self.chain = self.node.chain
        self.account_keys = tuple(development_keys().values())

    def close(self) -> None:
        """Let the folder go."""
        self.node.close()

    def reset_to_genesis(self, *_: object, **__: object) -> None:
        """Go back to the genesis that the folder has; a folder keeps its genesis for ever."""
        self.node.rewind(0)

    def take_snapshot(self) -> bytes:
        """Hash of the newest block."""
        return self.node.head.hash

    def revert_to_snapshot(self, snapshot: bytes) -> None:
        """Make that block the newest again.

        Raises:
            BlockNotFound: it is no block of this chain.
        """
        with self.node.reading() as connection:
            block = tables.block_by_hash(connection, snapshot)
        if block is None:
            raise BlockNotFound(f"No block with hash 0x{snapshot.hex()}")
        self.node.rewind(block.number)

    def time_travel(self, to_timestamp: int) -> int:
        """Mine an empty block at that time; the clock goes on from there."""
        self.node.set_next_time(to_timestamp)
        self.node.mine()
        return to_timestamp

    def mine_blocks(self, num_blocks: int = 1, coinbase: bytes = _ZERO_ADDRESS) -> tuple[Hash32, ...]:
        """End the pending block, then mine empty ones; returns their hashes."""
        return tuple(self.chain.mine_block(coinbase=coinbase).hash for _ in range(num_blocks))

    def send_raw_transaction(self, raw_transaction: bytes) -> bytes:
        """Add a signed transaction to the pending block.

        Raises:
            ValidationError: it is for another chain, or cannot be decoded or executed.
        """
        try:
            transaction = decode_transaction(raw_transaction, self.node.chain_id)
        except RpcError as error:
            raise ValidationError(error.message) from error
        self.chain.apply_transaction(transaction)
        return bytes(transaction.hash)

    def get_transaction_by_hash(self, transaction_hash: bytes) -> Any:
        """A transaction, mined or pending.

        Raises:
            TransactionNotFound: there is none.
        """
        block, transaction, position, pending = self._find(transaction_hash)
        return serialize_transaction(block, transaction, position, pending)

    def get_transaction_receipt(self, transaction_hash: bytes) -> Any:
        """A transaction's receipt, mined or pending.

        Raises:
            TransactionNotFound: there is none.
        """
        block, transaction, position, pending = self._find(transaction_hash)
        receipts = block.get_receipts(self.chain.chaindb)
        return serialize_transaction_receipt(block, receipts, transaction, position, pending, self.chain.get_vm())

    def _find(self, transaction_hash: bytes) -> tuple[BlockAPI, SignedTransactionAPI, int, bool]:
        pending = self.chain.get_block()
        for position, transaction in enumerate(pending.transactions):
            if transaction.hash == transaction_hash:
                return pending, transaction, position, True
        try:
            number, position = self.chain.chaindb.get_transaction_index(Hash32(transaction_hash))
        except EVMTransactionNotFound as error:
            raise TransactionNotFound(f"No transaction with hash 0x{transaction_hash.hex()}") from error
        block = self.chain.get_canonical_block_by_number(number)
        return block, block.transactions[position], position, False
