"""Files that are replaced as a whole: after a crash the old one or the new one is there, never half of one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from ledger.errors import StoreError

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644


def make_folder_durably(folder: Path) -> None:
    """Make a folder and what is missing above it; their names are on disk when this returns.

    A file is only as durable as the name of every folder above it: syncing the file's own folder keeps the file's
    name, not the folder's.

    Raises:
        StoreError: the disk refused.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in reversed(missing):
            _sync_folder(one.parent)
    except OSError as error:
        raise StoreError(f"The folder could not be made: {error.strerror}.", where=str(folder)) from error


def replace_durably(path: Path, data: bytes, *, mode: int = PRIVATE) -> None:
    """Put a file in place of what was there; on disk when this returns. Only its owner can read it by default.

    Raises:
        StoreError: the disk refused; what was there is still there.
    """
    new = path.with_name(path.name + ".new")
    make_folder_durably(path.parent)
    try:
        with suppress(FileNotFoundError):
            new.unlink()
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"The file could not be written: {error.strerror}.", where=str(path)) from error


def name_durably(old: Path, new: Path) -> None:
    """Give a file or folder another name beside the old one; on disk when this returns.

    Raises:
        StoreError: the disk refused; the old name stands.
    """
    try:
        old.replace(new)
        _sync_folder(new.parent)
    except OSError as error:
        raise StoreError(f"The name could not be given: {error.strerror}.", where=str(new)) from error


def remove_durably(path: Path) -> None:
    """Remove a file; gone from the disk when this returns.

    Raises:
        StoreError: the disk refused.
    """
    try:
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"The file could not be removed: {error.strerror}.", where=str(path)) from error


def _sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
