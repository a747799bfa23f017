"""A lock that is stuck: every connection is closed at one moment, so that the process can have it again.

That this gives back what SQLite could not is held by `tests/chaos/test_system_calls.py`, which makes `fcntl` fail.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.errors import StoreError
from ledger.store import open_record_keys
from ledger.store.database import Database, StuckLockError
from ledger.store.stuck import Gate, is_stuck
from ledger.values import LogIndex

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_elsewhere(path: Path) -> Iterator[None]:
    """Another process keeps the write lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
        process.communicate()


def descriptors(path: Path) -> set[str]:
    """Open files of this process that belong to a database."""
    links = [Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd")]
    return {
        str(link.readlink()) for link in links if link.is_symlink() and str(link.readlink()).startswith(str(path))
    }


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr("ledger.store.database.BUSY_TIMEOUT_S", 0.1)
    monkeypatch.setattr("ledger.store.database.ALONE_WITHIN_S", 0.3)
    database = Database(tmp_path / "ledger.db")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE things (thing)"))
    yield database
    database.close()


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM things")).scalar_one())


def add(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("INSERT INTO things VALUES (1)"))


def meet(database: Database) -> None:
    with pytest.raises(StuckLockError):
        add(database)


def in_thread(task: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=task)
    thread.start()
    return thread


def test_a_write_that_meets_a_stuck_lock_closes_every_connection_and_the_next_ones_open_them(
    database: Database,
) -> None:
    assert count(database) == 0
    assert descriptors(database.path)
    with held_elsewhere(database.path):
        meet(database)
        assert descriptors(database.path) == set()
        assert count(database) == 0
    add(database)
    assert count(database) == 1


def test_what_another_thread_is_reading_is_not_closed_under_it(database: Database) -> None:
    with held_elsewhere(database.path), database.read() as connection:
        meets = in_thread(lambda: meet(database))
        meets.join(20)
        assert not meets.is_alive()
        assert connection.execute(text("SELECT count(*) FROM things")).scalar_one() == 0
    add(database)
    assert count(database) == 1


def test_a_thread_that_writes_in_the_middle_of_reading_does_not_wait_for_itself(database: Database) -> None:
    def write_while_reading() -> None:
        with database.snapshot():
            assert count(database) == 0
            add(database)

    with held_elsewhere(database.path), pytest.raises(StuckLockError):
        write_while_reading()
    assert descriptors(database.path) == set()
    add(database)
    assert count(database) == 1


def test_the_key_store_opens_its_file_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.store.record_keys.BUSY_TIMEOUT_S", 0.1)
    path = tmp_path / "record-keys.db"
    keys = open_record_keys(path)
    keys.put(1, [(LogIndex(0), b"k" * 32)])
    before = keys._connection
    with held_elsewhere(path), pytest.raises(StoreError, match="database is locked"):
        keys.put(1, [(LogIndex(1), b"l" * 32)])
    with pytest.raises(sqlite3.ProgrammingError):
        before.execute("SELECT 1")
    keys.put(1, [(LogIndex(2), b"m" * 32)])
    assert set(keys.get(1, [LogIndex(0), LogIndex(1), LogIndex(2)])) == {0, 2}
    keys.close()


def test_only_a_lock_that_could_not_be_had_is_stuck() -> None:
    def error(code: int) -> sqlite3.OperationalError:
        found = sqlite3.OperationalError("words")
        found.sqlite_errorcode = code
        return found

    assert is_stuck(error(sqlite3.SQLITE_PROTOCOL))
    assert is_stuck(error(sqlite3.SQLITE_BUSY_RECOVERY))
    assert not is_stuck(error(sqlite3.SQLITE_FULL))
    assert not is_stuck(sqlite3.OperationalError("words"))
    assert not is_stuck(None)


def test_who_is_alone_waits_for_those_inside_and_lets_nobody_in() -> None:
    gate, order = Gate(), []
    entered, leave, alone, end = (threading.Event() for _ in range(4))

    def visit() -> None:
        with gate.inside():
            entered.set()
            leave.wait(20)
            order.append("left")

    def be_alone() -> None:
        with gate.alone(20) as empty:
            order.append(f"alone {empty}")
            alone.set()
            end.wait(20)
            order.append("opened")

    def come_later() -> None:
        with gate.inside():
            order.append("came")

    first = in_thread(visit)
    assert entered.wait(20)
    second = in_thread(be_alone)
    leave.set()
    assert alone.wait(20)
    third = in_thread(come_later)
    third.join(0.05)
    end.set()
    for thread in (first, second, third):
        thread.join(20)
    assert order == ["left", "alone True", "opened", "came"]
    with gate.inside(), gate.alone(0.01) as empty:
        assert not empty
