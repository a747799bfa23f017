"""The chain of one folder: opening, mining durably, reading committed state.

Order at a block, which makes a crash harmless: execute into a buffer; one SQLite transaction writes py-evm's nodes
and our rows; COMMIT syncs the disk; only then is the new head shown and the sender answered. Whatever fails before,
the buffer is dropped and `chain.header` is made anew from the disk.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from eth.abc import SignedTransactionAPI
from eth.constants import BLANK_ROOT_HASH
from eth_typing import Address, Hash32
from eth_utils.exceptions import ValidationError

from localchain import tables
from localchain.admission import check_transaction, decode_transaction
from localchain.chain import LocalChain, MinedBlock, PendingBlock, chain_class
from localchain.database import Database
from localchain.development import BALANCE, development_keys
from localchain.errors import INTERNAL_ERROR, CorruptFolder, LocalChainError, RpcError, refused
from localchain.evm import LocalState, genesis_fields, header_from_parent
from localchain.execution import build_state
from localchain.identity import DEFAULT_CHAIN_ID, Identity, check_identity, read_identity
from localchain.nodes import BufferedNodes, CommittedNodes, NodeCache

_MAX_ANCESTORS: Final = 256


class Node:
    """One open chain.

    Attributes:
        chain_id: of this chain.
        development: whether test accounts are funded and time can be moved.
        genesis_hash: 32 bytes.
    """

    chain: LocalChain

    def __init__(self, database: Database, identity: Identity, clock: Callable[[], float]) -> None:
        self.chain_id = identity.chain_id
        self.development = identity.development
        self._identity = identity
        self._database = database
        self._clock = clock
        self._time_offset = 0
        self._next_time: int | None = None
        self._write = threading.RLock()
        self._cache = NodeCache()
        self._buffer = BufferedNodes(self._cache, database.writer)
        self._committed = CommittedNodes(self._cache, database.reading)
        self._class = chain_class(identity.chain_id)

    def when_stuck(self, end: Callable[[], None]) -> None:
        """Call `end` where the database can't be used any more until this process has ended."""
        self._database.when_stuck = end

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        development: bool = False,
        chain_id: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Node:
        """Open the chain of a folder, or begin one in an empty folder.

        Args:
            folder: where the chain is kept.
            development: begin or expect a development chain.
            chain_id: of a new chain; of an existing one it must agree. None: the default, or what it is.
            clock: seconds since 1970.

        Raises:
            FolderInUse: another process has it open.
            WrongFolder: kind of chain or chain id differ from what was asked for.
            CorruptFolder: the content contradicts itself.
            LocalChainError: the folder cannot be used.
        """
        database = Database(folder)
        try:
            if database.new:
                identity = Identity(chain_id=chain_id or DEFAULT_CHAIN_ID, development=development)
                node = cls(database, identity, clock)
                node._begin()
            else:
                identity = read_identity(database.writer, folder)
                check_identity(identity, folder, chain_id=chain_id, development=development)
                node = cls(database, identity, clock)
                node._resume()
        except sqlite3.Error as error:
            database.close()
            raise CorruptFolder(f"{folder} cannot be read: {error}.", "Restore the folder from a copy.") from error
        except BaseException:
            database.close()
            raise
        return node

    def _begin(self) -> None:
        accounts = development_keys() if self.development else {}
        state = {
            Address(address): {"balance": BALANCE, "nonce": 0, "code": b"", "storage": {}} for address in accounts
        }
        fields = genesis_fields(
            random=secrets.token_bytes(32), timestamp=int(self._clock()), development=self.development
        )
        # One transaction with the schema, so that a crash leaves an empty folder or a whole genesis.
        with self._database.transaction() as connection:
            self._database.create_schema()
            self.chain = self._class.from_genesis(self._buffer, fields, state)  # type: ignore[arg-type, assignment]
            block = self.chain.get_canonical_block_by_number(0)  # type: ignore[arg-type]
            self._identity.write(connection)
            self._buffer.flush()
            tables.write_block(connection, MinedBlock(block=block, applied=()))
        self._buffer.clear()
        self._database.sync_folder()
        self._adopt()

    def _resume(self) -> None:
        self.chain = self._class(self._buffer)
        self._adopt()
        head = self._head
        if self.chain.get_canonical_head().hash != head.hash or head.header.hash != head.hash:
            raise CorruptFolder(
                f"{self._database.folder}: the newest block is not the one that its state belongs to.",
                "Restore the folder from a copy.",
            )
        # The state of a fresh genesis without accounts is empty and has no node.
        if head.header.state_root != BLANK_ROOT_HASH and not self._committed.exists(head.header.state_root):
            raise CorruptFolder(
                f"{self._database.folder}: the state of block {head.number} is missing.",
                "Restore the folder from a copy.",
            )

    def _adopt(self) -> None:
        self.chain.clock = self._next_timestamp
        self.chain.on_mined = self._commit
        with self._database.reading() as connection:
            genesis = tables.block_by_number(connection, 0)
            head = tables.block_by_number(connection, tables.head_number(connection))
        if genesis is None or head is None:
            raise CorruptFolder(f"{self._database.folder} has no blocks.", "Restore the folder from a copy.")
        self.genesis_hash = genesis.hash
        self._head = head

    @property
    def head(self) -> tables.BlockRow:
        """The newest block that is on disk."""
        return self._head

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that sees committed data, for the `tables` and `logs` functions."""
        return self._database.reading()

    def close(self) -> None:
        """Let the folder go, after the block in the making if there is one."""
        with self._write:
            self._database.close()

    # Mining

    def submit(self, raws: Sequence[bytes]) -> list[bytes | RpcError]:
        """Mine signed transactions, together where they fit into one block; each is on disk when this returns.

        Returns:
            For each transaction its hash, or why it was refused.
        """
        results: list[bytes | RpcError] = [refused("not tried")] * len(raws)
        with self._write:
            self._database.check_open()
            pending: PendingBlock | None = None
            waiting: dict[int, bytes] = {}
            for position, raw in enumerate(raws):
                try:
                    transaction = decode_transaction(raw, self.chain_id)
                    self._check_unknown(pending, transaction)
                    if pending is not None and waiting and transaction.gas > pending.gas_left:
                        self._finish(pending, waiting, results)
                        pending = None
                    if pending is None:
                        pending = self.chain.begin_block()
                    check_transaction(pending, transaction)
                    pending.apply(transaction)
                    waiting[position] = bytes(transaction.hash)
                except RpcError as error:
                    results[position] = error
                except ValidationError as error:
                    results[position] = refused(str(error))
                except BaseException:
                    self._drop()
                    raise
            if pending is not None and waiting:
                self._finish(pending, waiting, results)
            else:
                self._drop()
        return results

    def mine(self) -> tables.BlockRow:
        """Mine an empty block."""
        with self._write:
            self._database.check_open()
            self._finish(self.chain.begin_block(), {}, [])
            return self._head

    def _finish(self, pending: PendingBlock, waiting: dict[int, bytes], results: list[bytes | RpcError]) -> None:
        try:
            self._commit(self.chain.seal_block(pending))
        except LocalChainError as error:
            for position in waiting:
                results[position] = RpcError(INTERNAL_ERROR, str(error))
        else:
            for position, transaction_hash in waiting.items():
                results[position] = transaction_hash
        finally:
            waiting.clear()
            self._drop()

    def _drop(self) -> None:
        """Forget the block in the making and begin from what is on disk."""
        self._buffer.clear()
        self.chain.reset_header()

    def _commit(self, mined: MinedBlock) -> None:
        """Make a sealed block durable, then show it.

        Raises:
            LocalChainError: the disk refused; the block never was.
        """
        try:
            with self._database.transaction() as connection:
                written = self._buffer.flush()
                head = tables.write_block(connection, mined)
        except sqlite3.Error as error:
            self._drop()
            raise LocalChainError(
                f"Block {mined.block.number} could not be written: {error}.", "Look at the disk; then send it again."
            ) from error
        self._cache.update(written)
        self._buffer.clear()
        self._next_time = None
        self._head = head

    def _check_unknown(self, pending: PendingBlock | None, transaction: SignedTransactionAPI) -> None:
        """Tell a sender who tries again that it is mined already, rather than that its nonce is used."""
        transaction_hash = bytes(transaction.hash)
        with self.reading() as connection:
            known = tables.transaction_by_hash(connection, transaction_hash) is not None
        if known or (pending and any(one.transaction.hash == transaction_hash for one in pending.applied)):
            raise refused("already known")

    # What only a development chain does

    def shift_time(self, seconds: int) -> int:
        """Set the chain's clock forward; returns by how much it is ahead of the real one, in seconds."""
        with self._write:
            self._time_offset += seconds
            return self._time_offset

    def set_next_time(self, timestamp: int) -> None:
        """Give the next block this time; the clock goes on from there.

        Raises:
            RpcError: it is before the newest block.
        """
        with self._write:
            if timestamp < self._head.header.timestamp:
                raise refused(f"time {timestamp} is before that of the newest block, {self._head.header.timestamp}")
            self._next_time = timestamp
            self._time_offset = timestamp - int(self._clock())

    def rewind(self, number: int) -> None:
        """Make the block of a height the newest again; everything after it is gone, here and in py-evm's look-ups.

        Raises:
            LocalChainError: the disk refused; nothing changed.
        """
        with self._write:
            self._drop()
            with self.reading() as connection:
                block = tables.block_by_number(connection, number)
                gone = tables.blocks_above(connection, number)
                transactions = tables.transactions_above(connection, number)
            if block is None:
                raise refused(f"there is no block {number} to go back to")
            try:
                with self._database.transaction() as connection:
                    self.chain.forget_above(block.header, gone, transactions)
                    self._buffer.flush()
                    tables.delete_above(connection, number)
            except sqlite3.Error as error:
                raise LocalChainError(f"The chain could not be rewound: {error}.", "Look at the disk.") from error
            finally:
                self._drop()
            self._head = block

    def _next_timestamp(self) -> int:
        return self._next_time if self._next_time is not None else int(self._clock()) + self._time_offset

    # Reading

    def state_at(self, block: tables.BlockRow, *, pending: bool = False) -> LocalState:
        """State after a block, in its own context or, `pending`, in that of a block that follows now."""
        header = block.header
        if pending:
            header = header_from_parent(header, timestamp=max(self._next_timestamp(), header.timestamp))
        return build_state(self._committed, header, self._ancestors(bytes(header.parent_hash)), self.chain_id)

    @property
    def nodes(self) -> CommittedNodes:
        """Trie nodes and code that are on disk."""
        return self._committed

    def _ancestors(self, newest: bytes) -> Iterator[Hash32]:
        """Hashes of up to 256 blocks from `newest` on backwards."""
        for _ in range(_MAX_ANCESTORS):
            with self.reading() as connection:
                block = tables.block_by_hash(connection, newest)
            if block is None:
                return
            yield Hash32(block.hash)
            newest = bytes(block.header.parent_hash)
