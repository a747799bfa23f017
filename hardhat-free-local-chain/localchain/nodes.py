"""py-evm's key-value store over SQLite: a buffer for the block in the making, and a cache of what can never change.

Most keys are the Keccak-256 hash of their value, so a pair that was ever right stays right: the cache needs no
invalidation and is shared by all threads. The other keys (py-evm's own: head, number to hash) have other lengths or
change, and only the writer reads them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from eth.abc import AtomicWriteBatchAPI
from eth.db.atomic import AtomicDBWriteBatch
from eth.db.backends.base import BaseAtomicDB

_CACHED_NODES: Final = 200_000
"""About 100 MB of trie nodes at most; when it is full, it starts anew."""
_HASH_BYTES: Final = 32


class NodeCache:
    """Pairs of hash and value that are on disk."""

    def __init__(self, limit: int = _CACHED_NODES) -> None:
        self._pairs: dict[bytes, bytes] = {}
        self._limit = limit

    def get(self, key: bytes) -> bytes | None:
        """The value under this hash, or None if it is not cached."""
        return self._pairs.get(key)

    def add(self, key: bytes, value: bytes) -> None:
        """Remember a pair, if its key is a hash."""
        if len(key) == _HASH_BYTES:
            if len(self._pairs) >= self._limit:
                self._pairs.clear()
            self._pairs[key] = value

    def update(self, pairs: dict[bytes, bytes | None]) -> None:
        """Remember all pairs of a block that was just committed."""
        for key, value in pairs.items():
            if value is not None:
                self.add(key, value)


class CommittedNodes(BaseAtomicDB):
    """What is on disk; a write is a mistake of the caller."""

    def __init__(self, cache: NodeCache, reading: Callable[[], AbstractContextManager[sqlite3.Connection]]) -> None:
        self._cache = cache
        self._reading = reading

    def __getitem__(self, key: bytes) -> bytes:
        value = self._cache.get(key)
        if value is None:
            with self._reading() as connection:
                row = connection.execute("SELECT value FROM nodes WHERE key = ?", (key,)).fetchone()
            if row is None:
                raise KeyError(key)
            value = bytes(row[0])
            self._cache.add(key, value)
        return value

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __setitem__(self, key: bytes, value: bytes) -> None:
        raise TypeError("Committed state is read-only.")

    def __delitem__(self, key: bytes) -> None:
        raise TypeError("Committed state is read-only.")

    @contextmanager
    def atomic_batch(self) -> Iterator[AtomicWriteBatchAPI]:
        """Refuse, as every write."""
        raise TypeError("Committed state is read-only.")
        yield  # pragma: no cover - makes this a generator, as the interface wants


class BufferedNodes(BaseAtomicDB):
    """What is on disk, and over it the writes of the block in the making.

    py-evm alone would commit five times for one block; here nothing reaches the disk before `flush`.
    """

    def __init__(self, cache: NodeCache, connection: sqlite3.Connection) -> None:
        self._cache = cache
        self._connection = connection
        self._buffer: dict[bytes, bytes | None] = {}

    def __getitem__(self, key: bytes) -> bytes:
        if key in self._buffer:
            value = self._buffer[key]
            if value is None:
                raise KeyError(key)
            return value
        cached = self._cache.get(key)
        if cached is not None:
            return cached
        row = self._connection.execute("SELECT value FROM nodes WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        value = bytes(row[0])
        self._cache.add(key, value)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._buffer[key] = value

    def __delitem__(self, key: bytes) -> None:
        self._buffer[key] = None

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    @contextmanager
    def atomic_batch(self) -> Iterator[AtomicWriteBatchAPI]:
        """A batch whose writes reach the buffer together, or not at all."""
        with AtomicDBWriteBatch._commit_unless_raises(self) as batch:
            yield batch

    def flush(self) -> dict[bytes, bytes | None]:
        """Write the buffer into the open transaction; returns it. It stays until `clear`."""
        gone = [(key,) for key, value in self._buffer.items() if value is None]
        if gone:
            self._connection.executemany("DELETE FROM nodes WHERE key = ?", gone)
        self._connection.executemany(
            "INSERT INTO nodes (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            ((key, value) for key, value in self._buffer.items() if value is not None),
        )
        return self._buffer

    def clear(self) -> None:
        """Forget what is buffered: it was committed, or must never be."""
        self._buffer = {}
