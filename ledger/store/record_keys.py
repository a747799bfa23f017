"""The keys under which facts are encrypted, in a SQLite file of their own.

Erasing a record is destroying its key, so no copy of a key may stay behind by accident. `secure_delete` overwrites
the key in its page; the write-ahead log, which may hold older copies of that page, is emptied before `destroy`
returns; nothing but this class opens the file, so that no reader keeps the log from being emptied. What a disk or a
file system keeps below that, and how long backups of this file live, is the operator's part (threat model).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ledger.errors import StoreError
from ledger.store.places import at_place, place_of
from ledger.store.stuck import is_stuck
from ledger.values import LogIndex

KEY_BYTES: Final = 32
_AT_ONCE: Final = 500
BUSY_TIMEOUT_S: Final = 2
"""Nothing else should have this file open: whoever has is told soon, not waited for."""


class SqlRecordKeys:
    """A `RecordKeys` on one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open or create the file."""
        self._path = path
        self._lock = threading.Lock()
        with self._told():
            self._connection = _connect(path)

    def put(self, log_no: int, keys: Sequence[tuple[LogIndex, bytes]]) -> None:
        """Durably keep 32-byte keys; on disk when it returns. A key of an index never acknowledged is replaced.

        Raises:
            StoreError: a key has another length, or the disk refused.
        """
        if any(len(key) != KEY_BYTES for _, key in keys):
            raise StoreError("A record key has 32 bytes.")
        rows = [(place_of(log_no, index), key) for index, key in keys]
        with self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO record_keys VALUES (?, ?)", rows)

    def get(self, log_no: int, indexes: Sequence[LogIndex]) -> Mapping[LogIndex, bytes]:
        """The keys that are there; a missing one was destroyed (the record is erased)."""
        found: dict[LogIndex, bytes] = {}
        with self._lock, self._told():
            for start in range(0, len(indexes), _AT_ONCE):
                places = [place_of(log_no, index) for index in indexes[start : start + _AT_ONCE]]
                marks = ",".join("?" * len(places))
                query = f"SELECT place, key FROM record_keys WHERE place IN ({marks})"  # noqa: S608 (only marks)
                found.update(
                    (at_place(place)[1], bytes(key)) for place, key in self._connection.execute(query, places)
                )
        return found

    def destroy(self, log_no: int, index: LogIndex) -> None:
        """Destroy one key for ever; when it returns, no file of the store holds it.

        Raises:
            StoreError: the write-ahead log could not be emptied; call again.
        """
        with self._transaction():
            self._connection.execute("DELETE FROM record_keys WHERE place = ?", (place_of(log_no, index),))
        with self._lock, self._told():
            busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreError(
                "The key is deleted, but another process keeps the write-ahead log of the key store.",
                where=str(self._path),
                fix="Stop what reads that file, then erase again.",
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._heal(error)
            raise StoreError(
                f"The key store refused: {error}.", where=str(self._path), fix="Look at the disk: space, rights."
            ) from error

    def _heal(self, error: sqlite3.Error) -> None:
        """Open the file anew where a lock is stuck, or where doing so failed before (`ledger.store.stuck`)."""
        if is_stuck(error) or isinstance(error, sqlite3.ProgrammingError):
            with suppress(sqlite3.Error):
                self._connection.close()
                self._connection = _connect(self._path)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S)
    for pragma in ("secure_delete=ON", "journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE IF NOT EXISTS record_keys (place INTEGER PRIMARY KEY, key BLOB NOT NULL)")
    return connection


def open_record_keys(path: Path) -> SqlRecordKeys:
    """Open the key store, or make it where there is none.

    Raises:
        StoreError: the file cannot be opened.
    """
    return SqlRecordKeys(path)
