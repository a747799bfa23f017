"""One SQLite database: one writer connection behind a lock, any number of readers, everything committed is on disk.

WAL lets readers go on while the writer writes; `synchronous=FULL` makes COMMIT return only after fsync. Everything
that is special to SQLite is in this module, in `places.py` and in `record_keys.py`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event, insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from ledger.errors import StoreError
from ledger.store.stuck import Gate, is_stuck

BUSY_TIMEOUT_S: Final = 10
"""How long a write waits for another process's write; a group commit takes some milliseconds."""
WRITER_CACHE_KIB: Final = 65536
"""Pages of the number and digest tables that the writer keeps: random inserts read a page each otherwise."""
READER_CACHE_KIB: Final = 4096
CHECKPOINT_PAGES: Final = 16_384
"""Pages in the write-ahead log before it is copied back (64 MiB): fewer copies of a page that changes often."""
AT_ONCE: Final = 500
"""Values of one `IN (…)`: below every database's limit of parameters."""
WIDTHS: Final = (16, 64, AT_ONCE)
"""Numbers of values that a look-up by the thousand is prepared for: a single submission, a busy group, a job."""
READERS: Final = 16
READERS_AT_MOST: Final = 80
"""More than the threads of one API process (40) and of the sequencers, so that nobody waits for a connection."""
STUCK_FIX: Final = "Try again: the database is opened anew. If it stays so, restart the service."
ALONE_WITHIN_S: Final = 15.0
"""How long all connections are waited for where a lock is stuck: a reader that meets it gives up after ten."""


class StuckLockError(StoreError):
    """A lock of the database could not be had; see `ledger.store.stuck`."""


class Database:
    """The open database of one store."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; the tables are the business of `migrations`."""
        self.path = path
        self._lock = threading.RLock()
        self._reading = _OpenSnapshot()
        self._gate = Gate()
        self._writer_engine = _engine(path, pool=StaticPool, cache_kib=WRITER_CACHE_KIB, read_only=False)
        self._reader_engine = _engine(path, pool=QueuePool, cache_kib=READER_CACHE_KIB, read_only=True)
        with self._lock, told(path):
            self._writer = self._writer_engine.connect()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction of the only writer: on disk when the block ends, nothing of it if the block raises.

        Raises:
            StoreError: the disk or the database refused.
        """
        with self._healing(), self._lock, told(self.path):
            if self._writer.closed:
                self._writer = self._writer_engine.connect()
            with self._writer.begin():
                yield self._writer

    def read(self) -> AbstractContextManager[Connection]:
        """A read-only transaction: all that is read in the block is of one instant.

        Raises:
            StoreError: the disk or the database refused.
        """
        open_ = self._reading.connection
        return self._read() if open_ is None else _Reading(self.path, open_)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with (
            self._healing(),
            self._gate.inside(),
            told(self.path),
            self._reader_engine.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _healing(self) -> Iterator[None]:
        """Close every connection where the block met a stuck lock: who comes next opens them anew."""
        try:
            yield
        except StuckLockError:
            # A thread that is reading is inside itself; its own block comes here once it has ended.
            if self._reading.connection is None:
                with self._lock, self._gate.alone(ALONE_WITHIN_S) as alone:
                    if alone:
                        self.close()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that this thread reads in the block is of one instant: that of its first read.

        A question that reads twenty rows so opens one transaction and not twenty, and gets no answer that was never
        true. Within the block the thread does not see its own writes.

        Raises:
            StoreError: the disk or the database refused.
        """
        with self.read() as connection:
            before, self._reading.connection = self._reading.connection, connection
            try:
                yield
            finally:
                self._reading.connection = before

    def close(self) -> None:
        """Close every connection; what was committed stays."""
        with self._lock:
            self._writer.close()
            self._writer_engine.dispose()
            self._reader_engine.dispose()


class _OpenSnapshot(threading.local):
    """The connection of the snapshot that this thread has open; None where there is none."""

    connection: Connection | None = None


class _Reading:
    """A `Database.read` within a snapshot. An object and no generator: an answer reads fifty times within its one."""

    __slots__ = ("_connection", "_path")

    def __init__(self, path: Path, connection: Connection) -> None:
        self._path = path
        self._connection = connection

    def __enter__(self) -> Connection:
        """The connection of the open snapshot."""
        return self._connection

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        """Tell an error as ours."""
        if error is not None and (ours := _as_ours(error, self._path)) is not error:
            raise ours from error


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell an error of the database as ours: without the statement's values, which may be personal."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, ValueError, LookupError) as error:
        raise _as_ours(error, path) from error


def _as_ours(error: BaseException, path: Path) -> BaseException:
    """What an error is told as: the database's as a StoreError, any other as it is."""
    if isinstance(error, (SQLAlchemyError, sqlite3.Error)):
        cause = error if isinstance(error, sqlite3.Error) else getattr(error, "orig", None)
        stuck = is_stuck(cause)
        return (StuckLockError if stuck else StoreError)(
            f"The database refused: {cause or type(error).__name__}.",
            where=str(path),
            fix=STUCK_FIX if stuck else "Look at the disk: space, rights, health.",
        )
    if isinstance(error, (ValueError, LookupError)):
        # SQLite keeps no checksums: a page that rotted is noticed where what stands on it can't be read as ours.
        return StoreError(
            f"The database holds what was not written so ({type(error).__name__}): it is damaged.",
            where=str(path),
            fix="Stop the service, run sillok fsck, and restore the newest backup that is whole.",
        )
    return error


def insert_many(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows of plain values, in the order of the table's columns, by one prepared statement.

    The driver gets the tuples as they are: Core's own handling of each parameter would cost more than the insert.
    """
    if rows:
        connection.exec_driver_sql(_insertion(table, connection.dialect), list(rows))


def replace_many(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows into a table of a key and one value; where the key is there, the value is replaced."""
    if rows:
        key, value = table.columns.keys()
        clash = f" ON CONFLICT ({key}) DO UPDATE SET {value} = excluded.{value}"
        connection.exec_driver_sql(_insertion(table, connection.dialect) + clash, list(rows))


@lru_cache(maxsize=64)
def _insertion(table: Table, dialect: Dialect) -> str:
    """Compiling the statement would cost as much as inserting a dozen rows."""
    return str(insert(table).compile(dialect=dialect))


def rows_in(connection: Connection, statement: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
    """Rows of a look-up by the thousand: `{values}` in a statement stands for what is inside its `IN (…)`.

    Core spends microseconds on each parameter of an `IN (…)`. Here the statement has one of few numbers of them, so
    that it is prepared once; a short piece repeats its last value.
    """
    for start in range(0, len(values), AT_ONCE):
        piece = tuple(values[start : start + AT_ONCE])
        width = next(width for width in WIDTHS if len(piece) <= width)
        text = statement.replace("{values}", ",".join("?" * width))
        yield from rows_of(connection, text, *piece, *piece[-1:] * (width - len(piece)))


def rows_of(connection: Connection, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of a statement that every group commit or every verification asks; `?` stands for a value.

    The driver is asked itself: composing a statement in Core costs three times what SQLite needs to answer it, and
    handing it a finished one still as much again.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_for_driver(statement, connection.dialect.paramstyle), values)
        return cursor.fetchall()  # type: ignore[return-value]
    finally:
        cursor.close()


@lru_cache(maxsize=256)
def _for_driver(statement: str, paramstyle: str) -> str:
    return statement if paramstyle == "qmark" else statement.replace("?", "%s")


def _engine(path: Path, *, pool: type[StaticPool] | type[QueuePool], cache_kib: int, read_only: bool) -> Engine:
    limits = {"pool_size": READERS, "max_overflow": READERS_AT_MOST - READERS} if pool is QueuePool else {}
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=pool,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False, "isolation_level": None},
        **limits,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"cache_size=-{cache_kib}",
            "temp_store=MEMORY",
            "trusted_schema=OFF",
            f"query_only={int(read_only)}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE: a writer that first read and then finds another process writing would fail at once otherwise.
        rows_of(connection, "BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
