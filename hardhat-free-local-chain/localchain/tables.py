"""Blocks, transactions with their receipts, and logs as rows; written with the block, read by index."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import rlp  # type: ignore[import-untyped]
from eth.abc import BlockHeaderAPI, SignedTransactionAPI
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.prague.transactions import PragueTransactionBuilder

from localchain.chain import MinedBlock

_WORD: Final = 32
_BLOOM_BYTES: Final = 256
_TRANSACTION: Final = (
    "SELECT t.block, t.position, t.hash, t.sender, t.raw, t.status, t.gas_used, t.cumulative_gas, t.contract, "
    "t.bloom, t.first_log, b.hash, b.header FROM transactions t JOIN blocks b ON b.number = t.block"
)
LOG_COLUMNS: Final = (
    "l.block, l.position, l.tx, l.address, l.topic0, l.topic1, l.topic2, l.topic3, l.data, "
    "(SELECT hash FROM transactions t WHERE t.block = l.block AND t.position = l.tx), "
    "(SELECT hash FROM blocks b WHERE b.number = l.block)"
)
"""What `log_from_row` reads, from `logs l`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRow:
    """A block that is on disk."""

    number: int
    hash: bytes
    header: BlockHeaderAPI
    size: int
    transactions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRow:
    """A transaction that is on disk, with what its receipt says."""

    block: int
    position: int
    hash: bytes
    sender: bytes
    raw: bytes
    status: int
    gas_used: int
    cumulative_gas: int
    contract: bytes | None
    bloom: bytes
    first_log: int
    block_hash: bytes
    block_time: int

    def decode(self) -> SignedTransactionAPI:
        """The transaction itself."""
        return PragueTransactionBuilder.decode(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One log entry that is on disk; `position` counts within the block."""

    block: int
    position: int
    transaction: int
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    transaction_hash: bytes
    block_hash: bytes


def write_block(connection: sqlite3.Connection, mined: MinedBlock) -> BlockRow:
    """Write all rows of a block into the open transaction; returns the block's own."""
    header = mined.block.header
    number = header.block_number
    log_rows: list[tuple[object, ...]] = []
    transaction_rows: list[tuple[object, ...]] = []
    cumulative = 0
    for position, one in enumerate(mined.applied):
        message = one.computation.msg
        created = bytes(message.storage_address) if message.is_create else None
        transaction_rows.append(
            (
                number,
                position,
                bytes(one.transaction.hash),
                bytes(one.transaction.sender),
                one.transaction.encode(),
                one.receipt.state_root == b"\x01",
                one.receipt.gas_used - cumulative,
                one.receipt.gas_used,
                created,
                one.receipt.bloom.to_bytes(_BLOOM_BYTES, "big"),
                len(log_rows),
            )
        )
        cumulative = one.receipt.gas_used
        for log in one.receipt.logs:
            topics = [topic.to_bytes(_WORD, "big") for topic in log.topics]
            topics_padded = topics + [None] * (4 - len(topics))
            log_rows.append((number, len(log_rows), position, bytes(log.address), *topics_padded, bytes(log.data)))
    encoded = rlp.encode(header)
    size = _block_size(encoded, [one.transaction.encode() for one in mined.applied])
    connection.execute(
        "INSERT INTO blocks (number, hash, header, size, transactions, logs) VALUES (?, ?, ?, ?, ?, ?)",
        (number, bytes(header.hash), encoded, size, len(transaction_rows), len(log_rows)),
    )
    connection.executemany("INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", transaction_rows)
    connection.executemany("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", log_rows)
    return BlockRow(
        number=number, hash=bytes(header.hash), header=header, size=size, transactions=len(transaction_rows)
    )


def _block_size(header: bytes, transactions: Sequence[bytes]) -> int:
    """Length of the whole block's RLP form: header, transactions, no uncles, no withdrawals."""
    # A typed transaction (first byte below 0x80) is a string in the list, a legacy one is a list of its own.
    items = [raw if raw[0] < 0x80 else rlp.decode(raw) for raw in transactions]
    return len(rlp.encode([rlp.decode(header), items, [], []]))


def delete_above(connection: sqlite3.Connection, number: int) -> None:
    """Remove every row of the blocks above a height."""
    connection.execute("DELETE FROM logs WHERE block > ?", (number,))
    connection.execute("DELETE FROM transactions WHERE block > ?", (number,))
    connection.execute("DELETE FROM blocks WHERE number > ?", (number,))


def decode_header(encoded: bytes) -> BlockHeaderAPI:
    """A header from its RLP form."""
    return rlp.decode(encoded, sedes=PragueBlockHeader)  # type: ignore[no-any-return]


def head_number(connection: sqlite3.Connection) -> int:
    """Number of the newest block; -1 where there is none."""
    return int(connection.execute("SELECT coalesce(max(number), -1) FROM blocks").fetchone()[0])


def block_by_number(connection: sqlite3.Connection, number: int) -> BlockRow | None:
    """The block of a height, or None above the head."""
    return _block(
        connection.execute(
            "SELECT number, hash, header, size, transactions FROM blocks WHERE number = ?", (number,)
        ).fetchone()
    )


def block_by_hash(connection: sqlite3.Connection, block_hash: bytes) -> BlockRow | None:
    """The block with a hash, or None if this chain has none."""
    return _block(
        connection.execute(
            "SELECT number, hash, header, size, transactions FROM blocks WHERE hash = ?", (block_hash,)
        ).fetchone()
    )


def _block(row: tuple[int, bytes, bytes, int, int] | None) -> BlockRow | None:
    if row is None:
        return None
    number, block_hash, header, size, transactions = row
    return BlockRow(
        number=number, hash=block_hash, header=decode_header(header), size=size, transactions=transactions
    )


def transactions_of(connection: sqlite3.Connection, number: int) -> list[TransactionRow]:
    """All transactions of a block, in order."""
    return list(
        map(_transaction, connection.execute(f"{_TRANSACTION} WHERE t.block = ? ORDER BY t.position", (number,)))
    )


def transaction_hashes(connection: sqlite3.Connection, number: int) -> list[bytes]:
    """Hashes of a block's transactions, in order."""
    rows = connection.execute("SELECT hash FROM transactions WHERE block = ? ORDER BY position", (number,))
    return [row[0] for row in rows]


def transaction_by_hash(connection: sqlite3.Connection, transaction_hash: bytes) -> TransactionRow | None:
    """The transaction with a hash, or None."""
    row = connection.execute(f"{_TRANSACTION} WHERE t.hash = ?", (transaction_hash,)).fetchone()
    return None if row is None else _transaction(row)


def transaction_at(connection: sqlite3.Connection, number: int, position: int) -> TransactionRow | None:
    """The transaction at a place in a block, or None."""
    row = connection.execute(f"{_TRANSACTION} WHERE t.block = ? AND t.position = ?", (number, position)).fetchone()
    return None if row is None else _transaction(row)


def logs_of(connection: sqlite3.Connection, number: int, transaction: int | None = None) -> list[LogRow]:
    """Logs of a block, or of one of its transactions, in order."""
    query = f"SELECT {LOG_COLUMNS} FROM logs l WHERE l.block = ? ORDER BY l.position"  # noqa: S608 - our own names
    logs = [log_from_row(row) for row in connection.execute(query, (number,))]
    return logs if transaction is None else [log for log in logs if log.transaction == transaction]


def blocks_above(connection: sqlite3.Connection, number: int) -> list[tuple[int, bytes]]:
    """Number and hash of each block above a height."""
    return connection.execute("SELECT number, hash FROM blocks WHERE number > ?", (number,)).fetchall()


def transactions_above(connection: sqlite3.Connection, number: int) -> list[bytes]:
    """Hash of each transaction above a height."""
    return [row[0] for row in connection.execute("SELECT hash FROM transactions WHERE block > ?", (number,))]


def log_from_row(row: Sequence[object]) -> LogRow:
    """A log from the columns `LOG_COLUMNS`."""
    block, position, transaction, address, t0, t1, t2, t3, data, transaction_hash, block_hash = row
    return LogRow(
        block=block,  # type: ignore[arg-type]
        position=position,  # type: ignore[arg-type]
        transaction=transaction,  # type: ignore[arg-type]
        address=address,  # type: ignore[arg-type]
        topics=tuple(topic for topic in (t0, t1, t2, t3) if topic is not None),  # type: ignore[misc]
        data=data,  # type: ignore[arg-type]
        transaction_hash=transaction_hash,  # type: ignore[arg-type]
        block_hash=block_hash,  # type: ignore[arg-type]
    )


def _transaction(row: Sequence[object]) -> TransactionRow:
    *columns, block_hash, header = row
    names = (
        "block", "position", "hash", "sender", "raw", "status",
        "gas_used", "cumulative_gas", "contract", "bloom", "first_log",
    )  # fmt: skip
    time = decode_header(header).timestamp  # type: ignore[arg-type]
    return TransactionRow(**dict(zip(names, columns, strict=True)), block_hash=block_hash, block_time=time)  # type: ignore[arg-type]
