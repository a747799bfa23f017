"""A power cut at the worst moments: the page cache is gone, and what was said before is still there.

`kill -9` can't show a missing fsync, since the page cache survives it. Here one run is recorded (see
`support/powercut`), and a power cut at each sync of it is built from the record: with nothing of what was not synced,
and with a random half of it. Each is opened by the real store. The mutants at the end are programs that forget one
kind of sync: each must lose a promise.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from localchain import tables
from localchain.errors import LocalChainError
from localchain.node import Node
from support.issuing import SEOUL, certificate, digest_of, running_office
from support.powercut.recording import record
from support.powercut.replay import Cut, Op, cuts, some

from ledger.errors import SillokError
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tree import tree_head

pytestmark = pytest.mark.timeout(3600)
EVERY = int(os.environ.get("SILLOK_POWER_CUTS_EVERY", "5"))
"""CI tries every fifth moment; `make chaos` all of them."""
SEEDS = int(os.environ.get("SILLOK_POWER_CUTS_SEEDS", "1"))
"""Random halves at each moment."""
RECORDS = int(os.environ.get("SILLOK_POWER_CUTS_RECORDS", "60"))


@dataclass(frozen=True)
class Recorded:
    ops: list[Op]
    root: Path


@pytest.fixture(scope="module")
def issuing(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """An office that begins in a folder that is not there yet, and issues one group after the other."""
    root = tmp_path_factory.mktemp("issuing") / "disk"
    root.mkdir()
    return Recorded(
        record([sys.executable, "-m", "support.powercut.office", root / "data", str(RECORDS)], root), root
    )


def test_nothing_that_was_acknowledged_is_lost_where_only_what_was_synced_is_left(
    issuing: Recorded, tmp_path: Path
) -> None:
    tried = 0
    for cut in itertools.islice(cuts(issuing.ops, issuing.root), 0, None, EVERY):
        expect_kept(cut.image(fresh(tmp_path)), cut)
        tried += 1
    print(f"power cuts during intake, nothing unsynced left: {tried}")
    assert tried > 50 // EVERY


def test_nothing_that_was_acknowledged_is_lost_where_some_of_the_rest_is_left_too(
    issuing: Recorded, tmp_path: Path
) -> None:
    tried = 0
    for cut in itertools.islice(cuts(issuing.ops, issuing.root), 1, None, EVERY):
        for seed in range(SEEDS):
            expect_kept(cut.image(fresh(tmp_path), some(cut.at * 1000 + seed)), cut)
            tried += 1
    print(f"power cuts during intake, a random half left: {tried}")
    assert tried > 50 // EVERY


@pytest.mark.parametrize(
    "forgotten",
    ["data/ledger.db-wal", "data/record-keys.db-wal", "data/ledger.db", "data/record-keys.db", "data", "."],
)
def test_an_office_that_forgets_to_sync_loses_what_it_promised(
    issuing: Recorded, tmp_path: Path, forgotten: str
) -> None:
    """Each is one mutant: `synchronous` of one database, its checkpoints, its folder's names and own name."""
    expect_killed(issuing, tmp_path, forgotten, expect_kept)


def expect_kept(image: Path, cut: Cut) -> None:
    """Every record that was acknowledged is there, under its number, with its facts; the tree is whole."""
    promises = [line.decode().split() for line in cut.said]
    folder = image / "data"
    if not promises and not folder.exists():
        return
    assert folder.exists(), "the folder itself is gone"
    with running_office(folder) as office:
        # Each of the newest, and some of those that later writes went over.
        for name, index, number in promises[:: len(promises) // 20 + 1] + promises[-20:]:
            view = office.lookup.by_number(number)
            assert (view.index, view.erased) == (int(index), False), "the key of its facts is gone"
            assert view.sha256 is not None
            assert view.sha256.hex() == digest_of(name)
        log_no = office.logs[SEOUL].log_no
        size = office.store.records.tree_size(log_no)
        records = office.store.records.records(log_no, 0, size + 1)
        head = office.store.records.head(log_no)
        assert len(records) == size
        assert head is None or head.root == tree_head([leaf_hash(record.leaf) for record in records])
        if promises:
            name, index, _ = promises[-1]
            assert office.issuance.submit(SEOUL, certificate(name), f"k{name}").result().index == int(index)


@pytest.fixture(scope="module")
def mining(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """An embedded chain that begins in a folder that is not there yet, and mines block after block."""
    root = tmp_path_factory.mktemp("mining") / "disk"
    root.mkdir()
    return Recorded(
        record([sys.executable, "-m", "support.powercut.chain", root / "data" / "chain", "20"], root), root
    )


def test_a_block_that_was_answered_for_is_there_after_a_power_cut(mining: Recorded, tmp_path: Path) -> None:
    tried = 0
    for number, cut in enumerate(cuts(mining.ops, mining.root)):
        if number % EVERY == 0:
            expect_mined(cut.image(fresh(tmp_path)), cut)
            expect_mined(cut.image(fresh(tmp_path), some(cut.at)), cut)
            tried += 2
    print(f"power cuts of the embedded chain: {tried}")
    assert tried > 20 // EVERY


@pytest.mark.parametrize("forgotten", ["data/chain/chain.db-wal", "data/chain/chain.db", "data/chain", "data", "."])
def test_a_chain_that_forgets_to_sync_loses_a_block(mining: Recorded, tmp_path: Path, forgotten: str) -> None:
    expect_killed(mining, tmp_path, forgotten, expect_mined)


def expect_mined(image: Path, cut: Cut) -> None:
    """Every transaction that was answered for, on the same chain, and the chain goes on."""
    promises = [line.decode().split() for line in cut.said]
    if not promises:
        return
    node = Node.open(image / "data" / "chain")
    try:
        assert node.genesis_hash.hex() == promises[0][1], "another chain"
        with node.reading() as connection:
            for _, digest in promises[1:]:
                assert tables.transaction_by_hash(connection, bytes.fromhex(digest)) is not None, "a block is gone"
        node.mine()
    finally:
        node.close()


@pytest.fixture(scope="module")
def replacing(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Files that are put in place, replaced and removed as keystore, deployment and trust files are."""
    root = tmp_path_factory.mktemp("replacing") / "disk"
    root.mkdir()
    return Recorded(record([sys.executable, "-m", "support.powercut.files", root / "data"], root), root)


def test_a_file_is_old_or_new_and_never_half(replacing: Recorded, tmp_path: Path) -> None:
    tried = 0
    for cut in cuts(replacing.ops, replacing.root):
        expect_whole_files(cut.image(fresh(tmp_path)), cut)
        for seed in range(20 * SEEDS):
            expect_whole_files(cut.image(fresh(tmp_path), some(cut.at * 1000 + seed)), cut)
        tried += 1 + 20 * SEEDS
    print(f"power cuts of replaced files: {tried}")
    assert tried > 200


@pytest.mark.parametrize("forgotten", ["data/in/a.new", "data/in", "data", "."])
def test_files_that_are_not_synced_are_lost(replacing: Recorded, tmp_path: Path, forgotten: str) -> None:
    """One mutant for each sync of `ledger.durable`: the file's, its folder's, and those of new folders."""
    expect_killed(replacing, tmp_path, forgotten, expect_whole_files)


def test_a_removal_that_is_not_synced_comes_back(replacing: Recorded, tmp_path: Path) -> None:
    """The mutant of `remove_durably` alone: what was said before it was synced."""
    *_, last = cuts(replacing.ops, replacing.root, lambda path, said: path == "data/in" and said >= 4)
    with pytest.raises(AssertionError, match="a removed file is back"):
        expect_whole_files(last.image(fresh(tmp_path)), last)


def expect_whole_files(image: Path, cut: Cut) -> None:
    said: dict[str, str] = {}
    for line in cut.said:
        name, _, version = line.decode().strip().partition(" ")
        said[name] = version
    for name in ("a", "b"):
        path = image / "data" / "in" / name
        version = said.get(name, "gone")
        content = path.read_bytes() if path.exists() else b""
        assert content in {b"", b"1" * 5000, b"2" * 5000}, "half a file"
        if version == "gone" and name in said:
            assert content == b"", "a removed file is back"
        elif version != "gone":
            # What was said, or what was being written next.
            assert content >= version.encode() * 5000 or (name == "a" and not path.exists() and "b" in said)


def expect_killed(recorded: Recorded, folder: Path, forgotten: str, check: Callable[[Path, Cut], None]) -> None:
    """A program that forgets these syncs must break a promise, or it is not known what they are for."""
    for cut in cuts(recorded.ops, recorded.root, lambda path, said: path == forgotten):
        try:
            check(cut.image(fresh(folder)), cut)
        except (AssertionError, SillokError, LocalChainError):
            return
    raise AssertionError(f"nothing here needs the syncs of {forgotten}")


def fresh(folder: Path) -> Path:
    """An empty folder for the next image."""
    image = folder / "image"
    shutil.rmtree(image, ignore_errors=True)
    return image
