"""A lock of SQLite that could not be given back, and what heals it.

SQLite's locks are POSIX locks on bytes of its files, taken and given back in every transaction. Where giving one back
fails (a network file system; no memory for the kernel's table of locks), SQLite goes on holding it in books that all
connections of the process share: nobody gets it any more, and each transaction waits for ten seconds and fails. The
books are closed with the last connection, and closing a file gives all locks of the process on it back. So all
connections are closed at one moment; they are opened anew as they are needed.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_STUCK: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL)


def is_stuck(error: BaseException | None) -> bool:
    """Whether a lock could not be had in ten seconds: another process keeps it, or this one can't give it back."""
    return isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _STUCK


class Gate:
    """Lets any number of threads in, and now and then somebody who must be alone."""

    def __init__(self) -> None:
        """Nobody is in."""
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Be in, as one of many; waits while somebody wants to be alone."""
        with self._changed:
            while self._closed:
                self._changed.wait()
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                if self._closed:
                    self._changed.notify_all()

    @contextmanager
    def alone(self, wait_s: float) -> Iterator[bool]:
        """Let nobody in and wait until all are out, up to `wait_s` seconds; says whether one is alone.

        Only for one thread at a time, which must not be inside.
        """
        with self._changed:
            self._closed = True
            empty = self._changed.wait_for(lambda: self._inside == 0, wait_s)
        try:
            yield empty
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()
