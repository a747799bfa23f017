"""SHA-256, the only hash of every frozen format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from os import PathLike
from typing import Final

from ledger.errors import InputError
from ledger.values import Digest32

Sha256: Final = hashlib.sha256
"""Incremental SHA-256: `Sha256(data)`, `.update(more)`, `.digest()`; for loops that can't pay for one more call."""

_CHUNK: Final = 1 << 20


def sha256(data: bytes) -> Digest32:
    """SHA-256 (FIPS 180-4) of `data`; 32 bytes."""
    return Digest32(Sha256(data).digest())


def sha256_file(path: str | PathLike[str], progress: Callable[[int], None] | None = None) -> tuple[Digest32, int]:
    """Digest and size of a file, read in pieces of 1 MiB.

    Args:
        path: the file, hashed exactly as it is.
        progress: called after each piece with its number of bytes.

    Returns:
        The digest and the number of bytes that were hashed.

    Raises:
        InputError: the file can't be read.
    """
    hasher, size = Sha256(), 0
    try:
        with open(path, "rb") as file:
            while piece := file.read(_CHUNK):
                hasher.update(piece)
                size += len(piece)
                if progress is not None:
                    progress(len(piece))
    except OSError as error:
        raise InputError(f"The file can't be read: {error.strerror}.", where=str(path)) from error
    except ValueError as error:  # U+0000, or a lone surrogate
        raise InputError("No file can have this name.", where=str(path)) from error
    return Digest32(hasher.digest()), size
