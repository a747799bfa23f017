"""py-evm's MiningChain with this chain's way of making a block.

A block in the making is a `PendingBlock`: transactions are applied one after the other to one state, then it is
sealed. py-evm's own two ways are not used: `mine_all` skips `block_preprocessing` and `block_postprocessing`, and
`apply_transaction` decodes all earlier transactions of the block for each new one. Also, py-evm prepares the next
header, with its timestamp, while it mines the block before; here it is made when the block is begun.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import rlp  # type: ignore[import-untyped]
from eth.abc import (
    AtomicDatabaseAPI,
    BlockAndMetaWitness,
    BlockAPI,
    BlockHeaderAPI,
    ComputationAPI,
    ReceiptAPI,
    SignedTransactionAPI,
    TransactionBuilderAPI,
)
from eth.chains.base import MiningChain
from eth.constants import ZERO_ADDRESS
from eth.db.schema import SchemaV1
from eth.db.witness import MetaWitness
from eth.rlp.sedes import chain_gaps
from eth.vm.base import VM
from eth.vm.interrupt import EVMMissingData
from eth_typing import Address, BlockNumber, Hash32

from localchain.evm import LocalVM, header_from_parent

__all__ = ["AppliedTransaction", "LocalChain", "MinedBlock", "PendingBlock", "chain_class"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedTransaction:
    """A transaction that is part of a block, and what came of it."""

    transaction: SignedTransactionAPI
    receipt: ReceiptAPI
    computation: ComputationAPI


@dataclass(frozen=True, slots=True, kw_only=True)
class MinedBlock:
    """A sealed block that is in the buffer, not yet on disk."""

    block: BlockAPI
    applied: tuple[AppliedTransaction, ...]


class PendingBlock:
    """A block in the making."""

    def __init__(self, vm: VM, header: BlockHeaderAPI) -> None:
        self.vm = vm
        self.header = header
        self.applied: list[AppliedTransaction] = []
        vm.block_preprocessing(vm.get_block())

    @property
    def gas_left(self) -> int:
        """Gas that further transactions of this block may use."""
        return self.header.gas_limit - self.header.gas_used

    def apply(self, transaction: SignedTransactionAPI) -> AppliedTransaction:
        """Execute one more transaction.

        Raises:
            ValidationError: it cannot be part of this block (nonce, funds, gas); the block is as it was.
        """
        receipt, computation = self.vm.apply_transaction(self.header, transaction)
        self.header = self.vm.add_receipt_to_header(self.header, receipt)
        applied = AppliedTransaction(transaction=transaction, receipt=receipt, computation=computation)
        self.applied.append(applied)
        return applied

    def filled(self) -> BlockAPI:
        """The block with its transactions and their roots, not yet with its state root."""
        return self.vm.set_block_transactions_and_withdrawals(
            self.vm.get_block(),
            self.header,
            tuple(one.transaction for one in self.applied),
            tuple(one.receipt for one in self.applied),
        )

    def seal(self) -> BlockAPI:
        """Finish the block with its state root."""
        return self.vm.finalize_block(self.vm.block_postprocessing(self.filled())).block


class LocalChain(MiningChain):
    """This chain; `chain_class` gives it its id.

    Attributes:
        clock: gives the time of the next block, in seconds since 1970; never before its parent's.
        on_mined: called with each sealed block; makes it durable.
    """

    vm_configuration = ((BlockNumber(0), LocalVM),)
    on_mined: Callable[[MinedBlock], None]
    clock: Callable[[], int]
    _pending: PendingBlock | None = None

    def create_header_from_parent(self, parent_header: BlockHeaderAPI, **header_params: Any) -> BlockHeaderAPI:
        """The header of the next block; its time is max(clock, parent) unless it is given."""
        if hasattr(self, "clock"):
            header_params.setdefault("timestamp", max(self.clock(), parent_header.timestamp))
        return header_from_parent(parent_header, **header_params)

    def begin_block(self, **fields: Any) -> PendingBlock:
        """Begin the next block on the head that is on disk."""
        # Drawn before the first transaction runs, so that PREVRANDAO is what the header says.
        fields.setdefault("mix_hash", os.urandom(32))
        header = self.create_header_from_parent(self.get_canonical_head(), **fields)
        self.header = header
        return PendingBlock(cast(VM, self.get_vm(header)), header)

    def seal_block(self, pending: PendingBlock) -> MinedBlock:
        """Seal, check and buffer a block; the head that py-evm sees is the new one from here on.

        Raises:
            ValidationError: a rule of this chain is broken.
        """
        block = pending.seal()
        pending.vm.validate_header(block.header, self.get_block_header_by_hash(block.header.parent_hash))
        self.chaindb.persist_block(block)
        return MinedBlock(block=block, applied=tuple(pending.applied))

    def reset_header(self) -> None:
        """Make `header` anew from the head of the database, dropping any block in the making."""
        self._pending = None
        self.header = self.create_header_from_parent(self.get_canonical_head())

    # What eth-tester calls: one transaction at a time into the pending block, which `mine_block` ends.

    def apply_transaction(self, transaction: SignedTransactionAPI) -> tuple[BlockAPI, ReceiptAPI, ComputationAPI]:
        """Add a transaction to the pending block, beginning one if there is none."""
        if self._pending is None:
            self._pending = self.begin_block()
        try:
            applied = self._pending.apply(transaction)
        except EVMMissingData:
            self._pending = None
            raise
        self.header = self._pending.header
        return self._pending.filled(), applied.receipt, applied.computation

    def get_block(self) -> BlockAPI:
        """The pending block."""
        if self._pending is not None:
            return self._pending.filled()
        self.header = self.create_header_from_parent(self.get_canonical_head())
        return self.get_vm(self.header).get_block()

    def mine_block_extended(self, *args: Any, **kwargs: Any) -> BlockAndMetaWitness:
        """End the pending block and make it durable; `coinbase` counts only for a block without transactions."""
        pending = self._pending or self.begin_block(coinbase=kwargs.get("coinbase", Address(ZERO_ADDRESS)))
        mined = self.seal_block(pending)
        self.on_mined(mined)
        self.reset_header()
        return BlockAndMetaWitness(mined.block, MetaWitness(set(), {}))

    def get_transaction_builder(self) -> type[TransactionBuilderAPI]:
        """What decodes and makes transactions; eth-tester asks for it."""
        return LocalVM.get_transaction_builder()

    def forget_above(self, header: BlockHeaderAPI, gone: list[tuple[int, bytes]], transactions: list[bytes]) -> None:
        """Make `header` the head again and remove py-evm's look-ups of what came after it.

        Args:
            header: the new head, which is on disk.
            gone: number and hash of each later block.
            transactions: hashes of their transactions.
        """
        nodes: AtomicDatabaseAPI = self.chaindb.db
        for number, block_hash in gone:
            nodes.delete(SchemaV1.make_block_number_to_hash_lookup_key(BlockNumber(number)))
            nodes.delete(SchemaV1.make_block_hash_to_score_lookup_key(Hash32(block_hash)))
        for transaction in transactions:
            nodes.delete(SchemaV1.make_transaction_hash_to_block_lookup_key(Hash32(transaction)))
        gaps = rlp.encode(((), header.block_number + 1), sedes=chain_gaps)
        nodes.set(SchemaV1.make_header_chain_gaps_lookup_key(), gaps)
        nodes.set(SchemaV1.make_chain_gaps_lookup_key(), gaps)
        nodes.set(SchemaV1.make_canonical_head_hash_lookup_key(), header.hash)


def chain_class(chain_id: int) -> type[LocalChain]:
    """The chain's class for one chain id: py-evm keeps the id on the class."""
    return type("LocalChain", (LocalChain,), {"chain_id": chain_id})
