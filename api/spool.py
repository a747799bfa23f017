"""A pipe from a worker thread to the event loop that never makes the worker wait for the reader.

The results of a bulk request go through it. A client that sends everything before it reads anything (most HTTP
libraries do) would otherwise stop the server's output, so its input, so itself: each waiting for the other for ever.
What is not read yet stays in memory up to a bound and in an unnamed temporary file beyond it; the size limit of the
request bounds the file.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from tempfile import TemporaryFile
from typing import IO, Final

from api.limits import MAX_SPOOL_MEMORY_BYTES

PIECE_BYTES: Final = 64 * 1024


class Spool:
    """One writer (any thread), one reader (the event loop), in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, memory: int = MAX_SPOOL_MEMORY_BYTES) -> None:
        """Make an empty spool whose reader runs on `loop`; up to `memory` bytes stay out of the file."""
        self._loop = loop
        self._memory = memory
        self._lock = threading.Lock()
        self._ready = asyncio.Event()
        self._held = bytearray()
        self._file: IO[bytes] | None = None
        self._read_at = 0
        self._written = 0
        self._closed = False

    def write(self, data: bytes) -> None:
        """Add bytes; called by the worker."""
        with self._lock:
            if self._file is None and len(self._held) + len(data) <= self._memory:
                self._held += data
            else:
                if self._file is None:
                    self._file = TemporaryFile(prefix="sillok-bulk-")  # noqa: SIM115 - lives as long as the spool
                self._file.seek(self._written)
                self._written += self._file.write(data)
        self._wake()

    def close(self) -> None:
        """Say that nothing more comes; called by the worker, last."""
        with self._lock:
            self._closed = True
        self._wake()

    async def pieces(self) -> AsyncIterator[bytes]:
        """What was written, as it comes, until the writer closes."""
        try:
            while True:
                piece, ended = self._take()
                if piece:
                    yield piece
                elif ended:
                    return
                else:
                    await self._ready.wait()
        finally:
            if self._file is not None:
                self._file.close()

    def _take(self) -> tuple[bytes, bool]:
        with self._lock:
            self._ready.clear()
            if self._held:
                # What is held is older than what is in the file: memory fills first and is emptied at once.
                piece = bytes(self._held)
                self._held.clear()
                return piece, False
            if self._file is not None and self._read_at < self._written:
                self._file.seek(self._read_at)
                piece = self._file.read(min(PIECE_BYTES, self._written - self._read_at))
                self._read_at += len(piece)
                return piece, False
            if self._file is not None:
                # The reader has caught up: go on in memory, and give the disk its space back.
                self._file.close()
                self._file, self._read_at, self._written = None, 0, 0
            return b"", self._closed

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._ready.set)
