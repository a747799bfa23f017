"""A destroyed key is in no file of the key store; every other key stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger.errors import StoreError
from ledger.store import open_record_keys


def test_keys_survive_and_are_replaced(tmp_path: Path) -> None:
    keys = open_record_keys(tmp_path / "record-keys.db")
    keys.put(1, [(0, b"a" * 32), (1, b"b" * 32)])
    keys.put(1, [(1, b"c" * 32)])
    keys.put(2, [(0, b"d" * 32)])
    keys.close()
    again = open_record_keys(tmp_path / "record-keys.db")
    assert again.get(1, [0, 1, 2]) == {0: b"a" * 32, 1: b"c" * 32}
    assert again.get(2, range(2000)) == {0: b"d" * 32}
    with pytest.raises(StoreError):
        again.put(1, [(5, b"short")])


def test_a_destroyed_key_is_in_no_file(tmp_path: Path) -> None:
    keys = open_record_keys(tmp_path / "record-keys.db")
    drawn = {index: os.urandom(32) for index in range(1000)}
    keys.put(1, list(drawn.items()))
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert drawn[500] in on_disk, "else this test could not fail"

    keys.destroy(1, 500)
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert drawn[500] not in on_disk
    assert keys.get(1, [499, 500, 501]) == {499: drawn[499], 501: drawn[501]}


def test_a_reader_that_keeps_old_pages_is_told(tmp_path: Path) -> None:
    import sqlite3

    keys = open_record_keys(tmp_path / "record-keys.db")
    keys.put(1, [(0, b"a" * 32)])
    other = sqlite3.connect(tmp_path / "record-keys.db", isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM record_keys").fetchone()
    with pytest.raises(StoreError, match="write-ahead log"):
        keys.destroy(1, 0)
    other.close()
    keys.destroy(1, 0)
