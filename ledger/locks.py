"""Locks between processes on one file: they end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.errors import StoreError

_LOOK_S: Final = 0.05


class FileLock:
    """An exclusive lock on a file, which is made where it is missing and never removed."""

    def __init__(self, path: Path) -> None:
        """Nothing is held yet."""
        self.path = path

    @contextmanager
    def tried(self, *, wait_s: float = 0) -> Iterator[bool]:
        """Hold it for the block, if it can be had within `wait_s` seconds; says whether it is held.

        Raises:
            StoreError: the file cannot be made.
        """
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"The folder cannot be written: {error.strerror}.", where=str(self.path)) from error
        try:
            yield _acquire(descriptor, time.monotonic() + wait_s)
        finally:
            os.close(descriptor)


def _acquire(descriptor: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # Held by another; or a file system without locks, which nobody can hold either.
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK_S)
        else:
            return True
