"""A copy of one SQLite file as it is at one instant, while others write to it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from ledger.errors import StoreError

BUSY_TIMEOUT_S: Final = 30
_FAULTS_SHOWN: Final = 1


def copy_database(source: Path, target: Path) -> None:
    """Copy what is committed; on disk when it returns, and every page of the copy was read again.

    Readers and the writer of `source` go on: the copy is one read transaction. Freed pages are copied as they are,
    which in the key store means overwritten.

    Raises:
        StoreError: a file cannot be read or written, or the database is damaged.
    """
    try:
        # Before SQLite makes it with the rights of the day: keys are in one of these files.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_open(source)) as from_, closing(_open(target)) as to:
            from_.execute("PRAGMA query_only=ON")
            to.execute("PRAGMA synchronous=FULL")
            from_.backup(to)
            fault = to.execute(f"PRAGMA quick_check({_FAULTS_SHOWN})").fetchone()[0]
            # Empties the copy's own write-ahead log, so that the copy is one file.
            to.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"The database could not be copied: {error}.", where=str(source), fix="Look at the disk: space, health."
        ) from error
    if fault != "ok":
        raise StoreError(
            f"The database is damaged: {fault}.", where=str(source), fix="Restore the newest backup that is whole."
        )


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_S)
