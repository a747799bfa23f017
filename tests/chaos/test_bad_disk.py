"""A full disk, a read-only disk, a page that rotted, and two services on one folder: each says what it is."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from localchain.errors import LocalChainError
from localchain.node import Node
from support.bureau import Bureau
from support.chains import DeployedChain
from support.localchains import MARK, Sender, deploy, send
from support.service_process import ROOT
from support.straced import strace

from ledger.errors import InfrastructureError, SillokError, StoreError
from ledger.locks import FileLock
from ledger.log.evidence import Disclose
from ledger.log.health import State
from ledger.settings import load_settings
from ledger.values import LogIndex
from ledger.wiring import open_services

PAGE = 4096
EVERY = int(os.environ.get("SILLOK_ROTTEN_PAGES_EVERY", "7"))
"""CI lets every seventh page rot; `make chaos` each."""


def test_a_full_disk_refuses_records_and_goes_on_once_there_is_room(
    embedded: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str, tmp_path: Path
) -> None:
    bureau = open_bureau(embedded)
    bureau.register(new_code)
    bureau.issue(2)
    with strace(os.getpid(), "-e", "inject=pwrite64,fdatasync:error=ENOSPC", out=tmp_path / "trace"):
        for _ in range(3):
            with pytest.raises(InfrastructureError, match=r"not committed: .*(full|disk I/O error)") as refused:
                bureau.issue(1)
            assert "space" in str(refused.value.fix)
        assert bureau.health.snapshot().state is State.FAILING
        assert bureau.store.records.tree_size(bureau.log.log_no) == 2, "what was acknowledged can still be read"
    bureau.issue(1)
    bureau.settle()
    assert bureau.store.records.tree_size(bureau.log.log_no) == 3
    assert bureau.fsck_errors() == []
    assert bureau.health.snapshot().state is State.OK


def test_a_read_only_disk_is_told_at_the_start(tmp_path: Path) -> None:
    """A folder that was mounted read-only, as a disk that failed is."""
    data = tmp_path / "data"
    data.mkdir()
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$1" -m ledger up --data "$0" --port 0'
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, str(data), sys.executable]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "cannot be written: Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_service_on_one_folder_is_refused_before_it_touches_anything(tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock").tried() as held:
        assert held
        with pytest.raises(StoreError, match="A service runs on this data folder already") as refused:
            open_services(load_settings(data=tmp_path))
        assert "--data" in str(refused.value.fix)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize("rot", [PAGE, 1], ids=["whole page", "one byte"])
def test_a_rotten_page_of_the_store_is_told_and_never_becomes_a_false_answer(
    embedded: DeployedChain, open_bureau: Callable[..., Bureau], new_code: str, tmp_path: Path, rot: int
) -> None:
    """Each page in turn: an error of ours, a finding of fsck, or a page on which nothing stands that is read."""
    bureau = open_bureau(embedded)
    bureau.register(new_code)
    indexes = bureau.issue(40)
    bureau.settle()
    evidence = shown(bureau, indexes)
    bureau.close()
    whole = tmp_path / "whole"
    whole.mkdir()
    for path in tmp_path.glob("*.db"):
        shutil.copy(path, whole)
    pages = (whole / "ledger.db").stat().st_size // PAGE
    told = found = silent = 0
    for page in range(0, pages, EVERY):
        rotten = tmp_path / "rotten"
        shutil.rmtree(rotten, ignore_errors=True)
        shutil.copytree(whole, rotten)
        spoil(rotten / "ledger.db", page, rot)
        try:
            opened = open_bureau(embedded, folder=rotten)
        except SillokError:
            told += 1
            continue
        opened.code = bureau.code
        try:
            errors = opened.fsck_errors()
            same = shown(opened, indexes) == evidence
            found += bool(errors)
            silent += not errors
            assert errors or same, f"page {page} changed an answer and nobody said so"
        except SillokError:
            told += 1
        finally:
            opened.close()
    print(f"rotten pages of the store: {told + found + silent}", end="; ")
    print(f"told at once {told}, by fsck {found}, nothing read there {silent}")
    assert told + found > 0


def spoil(path: Path, page: int, count: int) -> None:
    """Write something else over a whole page, or over one byte within it."""
    rng = random.Random(page)
    data = bytearray(path.read_bytes())
    first = page * PAGE + (0 if count == PAGE else rng.randrange(PAGE))
    for place in range(first, first + count):
        data[place] ^= rng.randrange(1, 256)
    path.write_bytes(data)


def shown(bureau: Bureau, indexes: Sequence[LogIndex]) -> list[dict[str, object]]:
    """What evidence says of some records, its status of today apart."""
    made = [json.loads(bureau.evidence.make(bureau.log.log_no, index, Disclose.PUBLIC)) for index in indexes[::8]]
    return [{name: one[name] for name in ("record", "facts", "log", "chain")} for one in made]


def test_a_rotten_page_of_the_chain_is_told_and_never_becomes_another_chain(tmp_path: Path) -> None:
    node = Node.open(tmp_path / "chain")
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    for _ in range(30):
        send(node, sender.sign(contract, MARK))
    head, genesis = node.head, node.genesis_hash
    node.close()
    pages = (tmp_path / "chain" / "chain.db").stat().st_size // PAGE
    told = unread = 0
    for page in range(0, pages, max(1, EVERY // 2)):
        rotten = tmp_path / "rotten"
        shutil.rmtree(rotten, ignore_errors=True)
        shutil.copytree(tmp_path / "chain", rotten)
        spoil(rotten / "chain.db", page, PAGE)
        try:
            opened = Node.open(rotten)
        except LocalChainError:
            told += 1
            continue
        assert (opened.genesis_hash, opened.head.hash) == (genesis, head.hash)
        unread += 1
        opened.close()
    print(f"rotten pages of the chain: {told + unread}; told at the start {told}, not read at the start {unread}")
    assert told
