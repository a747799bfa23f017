"""Random bytes drawn from the operating system by the block.

Each call of `os.urandom` lets another thread have the interpreter, and waits until that gives it back: 0.2 ms a call
while the sequencer works, measured, where a record needs two. A block serves some hundred records.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final

BLOCK_BYTES: Final = 32 * 1024


class RandomPool:
    """Bytes from the operating system, each handed out once; what was handed out is overwritten here.

    Never carried over a fork: this program starts its processes anew.
    """

    def __init__(self, source: Callable[[int], bytes] = os.urandom, block: int = BLOCK_BYTES) -> None:
        """Nothing is drawn yet."""
        self._source = source
        self._size = block
        self._lock = threading.Lock()
        self._block = bytearray()
        self._at = 0

    def __call__(self, count: int) -> bytes:
        """`count` fresh bytes."""
        with self._lock:
            if self._at + count > len(self._block):
                self._block, self._at = bytearray(self._source(max(count, self._size))), 0
            start, self._at = self._at, self._at + count
            drawn = bytes(self._block[start : self._at])
            self._block[start : self._at] = bytes(count)
            return drawn
