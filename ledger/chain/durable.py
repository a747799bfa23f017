"""Files that are replaced as a whole: after a crash the old one or the new one is there, never half of one."""

from __future__ import annotations

import os
from pathlib import Path

from ledger.errors import ChainError


def replace_durably(path: Path, data: bytes) -> None:
    """Put a file in place of what was there; on disk when this returns.

    Raises:
        ChainError: the disk refused; what was there is still there.
    """
    new = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise ChainError(f"The file could not be written: {error.strerror}.", where=str(path)) from error


def remove_durably(path: Path) -> None:
    """Remove a file; gone from the disk when this returns.

    Raises:
        ChainError: the disk refused.
    """
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise ChainError(f"The file could not be removed: {error.strerror}.", where=str(path)) from error


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder durable. Raises OSError where the disk refuses."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
