"""A store that was restored from an old copy beside a chain that went on: it must promise nothing.

A record that is accepted at an index which the chain holds already could never be anchored: its receipt would be
proof against the office.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from support.bureau import Bureau
from support.chains import DeployedChain

from ledger.errors import StoreError
from ledger.log.health import State


def test_an_old_copy_accepts_nothing_says_why_and_goes_on_once_the_newest_is_back(
    embedded: DeployedChain, open_bureau: Callable[..., Bureau], tmp_path: Path, new_code: str
) -> None:
    bureau = open_bureau(embedded)
    bureau.register(new_code)
    bureau.issue(2)
    bureau.settle()
    copy(tmp_path, tmp_path / "old")
    bureau.issue(3)
    bureau.settle()
    bureau.close()
    copy(tmp_path, tmp_path / "newest")

    put_back(tmp_path / "old", tmp_path)
    old = open_bureau(embedded)
    old.code = bureau.code
    with pytest.raises(StoreError, match=r"The chain holds 5 records of .*, this store 2") as refused:
        old.issue(1)
    assert "restore the newest" in str(refused.value.fix)
    assert old.health.snapshot().state is State.FAILING
    assert old.store.records.tree_size(old.log.log_no) == 2
    old.loop.step(at_once=True)
    assert old.chain.log_on_chain(old.log.log_id).size == 5
    old.close()

    put_back(tmp_path / "newest", tmp_path)
    again = open_bureau(embedded)
    again.code = bureau.code
    again.issue(1)
    again.settle()
    assert [event.size for event in again.store.chain.anchors(again.log.log_no)] == [2, 5, 6]
    assert again.fsck_errors() == []


def test_a_log_that_the_chain_contradicts_while_the_service_runs_is_halted_and_others_are_not(
    embedded: DeployedChain, open_bureau: Callable[..., Bureau], tmp_path: Path, new_code: str
) -> None:
    """Two copies of one office run on two machines: one of them falls behind and must notice."""
    bureau = open_bureau(embedded)
    bureau.register(new_code)
    bureau.issue(1)
    bureau.settle()
    copy(tmp_path, tmp_path / "second")
    second = open_bureau(embedded, folder=tmp_path / "second")
    second.code = bureau.code
    second.loop.step()
    bureau.issue(2)
    bureau.settle()

    second.issue(1)  # not known yet: the chain was not asked since
    second.loop.step()
    with pytest.raises(StoreError, match="The chain holds 3 records"):
        second.issue(1)
    assert second.issuance.troubles() != {}
    bureau.issue(1)


def copy(folder: Path, to: Path) -> None:
    """Both databases of a store, whole, whatever is in their write-ahead logs."""
    to.mkdir()
    for name in ("ledger.db", "record-keys.db"):
        with sqlite3.connect(folder / name) as source, sqlite3.connect(to / name) as target:
            source.backup(target)
        source.close()
        target.close()


def put_back(copied: Path, folder: Path) -> None:
    for path in folder.glob("*.db*"):
        path.unlink()
    for path in copied.iterdir():
        shutil.copy(path, folder / path.name)
