"""One folder on disk: its lock, its SQLite database, the schema, and durability.

    DIR/lock        held by the one process that has the folder open
    DIR/chain.db    everything; write-ahead log, one transaction for each block

The writer connection belongs to whoever holds the chain's lock. Readers take a connection from a pool and see
committed data only: that is what keeps a block that is being written out of every answer.

SQLite's own locks are given back in every transaction. Where that fails (no file system on a local disk lets it), the
process can't have them again until it ends; so whoever runs it is told.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from localchain.errors import CorruptFolder, FolderInUse, LocalChainError

FORMAT: Final = 1
"""Version of this schema, kept in `user_version`."""
_DATABASE: Final = "chain.db"
_BUSY_MS: Final = 10_000
_CHECKPOINT_PAGES: Final = 4_000
"""Copy the write-ahead log into the database after about 16 MB instead of 4: fewer random writes per block."""
_CACHE_KIB: Final = 32_768
_STUCK: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL)

# `nodes` is py-evm's key-value store: trie nodes and code under their hash, headers and head under its own keys.
# The partial indexes of `logs` cost a row only where there is such a topic.
_SCHEMA: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE nodes (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE blocks (
        number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL, size INTEGER NOT NULL,
        transactions INTEGER NOT NULL, logs INTEGER NOT NULL)""",
    """CREATE TABLE transactions (
        block INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL, sender BLOB NOT NULL,
        raw BLOB NOT NULL, status INTEGER NOT NULL, gas_used INTEGER NOT NULL, cumulative_gas INTEGER NOT NULL,
        contract BLOB, bloom BLOB NOT NULL, first_log INTEGER NOT NULL,
        PRIMARY KEY (block, position)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX transactions_by_hash ON transactions (hash)",
    """CREATE TABLE logs (
        block INTEGER NOT NULL, position INTEGER NOT NULL, tx INTEGER NOT NULL, address BLOB NOT NULL,
        topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL,
        PRIMARY KEY (block, position)) WITHOUT ROWID""",
    "CREATE INDEX logs_by_address ON logs (address, block, position)",
    "CREATE INDEX logs_by_topic0 ON logs (topic0, block, position) WHERE topic0 IS NOT NULL",
    "CREATE INDEX logs_by_topic1 ON logs (topic1, block, position) WHERE topic1 IS NOT NULL",
    "CREATE INDEX logs_by_topic2 ON logs (topic2, block, position) WHERE topic2 IS NOT NULL",
    "CREATE INDEX logs_by_topic3 ON logs (topic3, block, position) WHERE topic3 IS NOT NULL",
)


class Database:
    """The open database of one folder.

    Attributes:
        folder: where it is.
        when_stuck: called where a lock can't be had, which only this process takes.
        writer: the only connection that writes.
        new: whether the folder held no chain; the schema is then written with the first transaction.
    """

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it if need be.

        Raises:
            FolderInUse: another process has it open.
            CorruptFolder: the file is no database of ours.
            LocalChainError: the folder cannot be made or read.
        """
        self.folder = folder
        self._idle: list[sqlite3.Connection] = []
        self._idle_lock = threading.Lock()
        self._closed = False
        self.when_stuck: Callable[[], None] = lambda: None
        try:
            self._unsynced = [folder, *(one.parent for one in (folder, *folder.parents) if not one.exists())]
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock_folder(folder)
        except OSError as error:
            raise LocalChainError(
                f"The folder {folder} cannot be used: {error.strerror}.", "Name a folder that this user can write."
            ) from error
        try:
            self.writer = self._connect()
            self.new = self._check_format()
        except sqlite3.Error as error:
            self._lock.close()
            raise CorruptFolder(
                f"{folder / _DATABASE} is not a readable chain: {error}.", "Restore the folder from a copy."
            ) from error
        except LocalChainError:
            self._lock.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.folder / _DATABASE, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        # FULL syncs the log at every commit: a block that was answered for is on disk, not in a cache.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        connection.execute("PRAGMA temp_store=MEMORY")
        return connection

    def _check_format(self) -> bool:
        version = self.writer.execute("PRAGMA user_version").fetchone()[0]
        tables = self.writer.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and tables == 0:
            return True
        if version != FORMAT:
            raise CorruptFolder(
                f"{self.folder / _DATABASE} has format {version}; this program writes {FORMAT}.",
                "Open it with the program that made it.",
            )
        return False

    def create_schema(self) -> None:
        """Make the tables, inside the transaction that is open, so that a crash leaves no half of them."""
        for statement in _SCHEMA:
            self.writer.execute(statement)
        self.writer.execute(f"PRAGMA user_version={FORMAT}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write everything inside, or nothing of it; on disk when it leaves without an exception."""
        with self._watched():
            self.writer.execute("BEGIN IMMEDIATE")
            try:
                yield self.writer
                self.writer.execute("COMMIT")
            except BaseException:
                # A COMMIT that failed may have closed the transaction already.
                if self.writer.in_transaction:
                    self.writer.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that sees committed data only.

        Raises:
            LocalChainError: the chain is closed.
        """
        self.check_open()
        with self._idle_lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            with self._watched():
                connection = self._connect()
                connection.execute("PRAGMA query_only=ON")
        try:
            with self._watched():
                yield connection
        finally:
            with self._idle_lock:
                if self._closed:
                    connection.close()
                else:
                    self._idle.append(connection)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _STUCK:
                self.when_stuck()
            raise

    def check_open(self) -> None:
        """Refuse work that comes while the process is stopping.

        Raises:
            LocalChainError: the chain is closed.
        """
        if self._closed:
            raise LocalChainError("The chain is closed.", "Start it again.")

    def sync_folder(self) -> None:
        """Make the names of new files and folders durable: SQLite syncs what is in the files."""
        for path in self._unsynced:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def close(self) -> None:
        """Close every connection and let the folder go."""
        with self._idle_lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        self.writer.close()
        self._lock.close()


def _lock_folder(folder: Path) -> IO[str]:
    handle = (folder / "lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        holder = handle.read(20).strip() or "unknown"
        handle.close()
        raise FolderInUse(
            f"The folder {folder} is open in another process (id {holder}).", "Stop it first, or use another folder."
        ) from error
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
