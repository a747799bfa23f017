"""kill -9 at each step of a group commit: nothing acknowledged is lost, and nothing is recorded twice.

A killed process can't show a missing fsync, since the page cache survives it: that the databases sync on commit is
asserted by their settings below.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.crashing_office import STEPS
from support.issuing import SEOUL, Office, certificate, digest_of, running_office

from ledger.hashing.encodings import b64_encode
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tree import tree_head
from ledger.records.checkpoint import parse_checkpoint
from ledger.records.note import parse_note

CHILD = Path(__file__).resolve().parents[2] / "support" / "crashing_office.py"
COUNT = 40


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at(step: str, tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, str(CHILD), str(tmp_path), step, "4", str(COUNT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == -9, child.stderr
    # The kill may cut the last line, or fall between a line and its end: only whole lines are acknowledged for sure.
    lines = child.stdout.split("\n")[:-1]
    acknowledged = [words for words in map(str.split, lines) if len(words) == 3]
    assert len(acknowledged) < COUNT

    with running_office(tmp_path) as office:
        for name, index, number in acknowledged:
            view = office.lookup.by_number(number)
            assert (view.index, view.sha256.hex()) == (int(index), digest_of(name)), "acknowledged and lost"
        expect_whole(office)
        before = office.store.records.tree_size(1)
        results = [office.issuance.submit(SEOUL, certificate(str(n)), f"k{n}").result() for n in range(COUNT)]
        assert sorted(result.index for result in results) == list(range(COUNT)), "each once, after a retry"
        assert sum(not result.created for result in results) == before
        for name, index, number in acknowledged:
            assert (results[int(name)].index, results[int(name)].number) == (int(index), number)
        expect_whole(office)


def expect_whole(office: Office) -> None:
    """Tree, checkpoint, tiles, keys and facts agree."""
    log = office.logs[SEOUL]
    head = office.store.records.head(log.log_no)
    size = office.store.records.tree_size(log.log_no)
    if head is None:
        assert size == 0
        return
    records = office.store.records.records(log.log_no, 0, 10**6)
    assert len(records) == size == head.size
    root = tree_head([leaf_hash(record.leaf) for record in records])
    assert (root, head.root) == (head.root, parse_checkpoint(parse_note(head.checkpoint).text).root)
    assert b64_encode(root) in head.receipt
    for view in office.lookup.range(log.log_no, 0, size):
        assert not view.erased, "the key of a record was lost"
        assert view.record.commitment == tree_head([fact.leaf_hash for fact in view.disclosures])


def test_both_databases_wait_for_the_disk(tmp_path: Path) -> None:
    with running_office(tmp_path) as office:
        with office.store.database.write() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL"
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        keys = office.record_keys._connection
        assert keys.execute("PRAGMA synchronous").fetchone() == (2,)
        assert keys.execute("PRAGMA secure_delete").fetchone() == (1,)


def test_keys_are_on_disk_before_their_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record without its key would be an erasure that nobody asked for."""
    with running_office(tmp_path) as office:
        order: list[str] = []
        put, commit = office.record_keys.put, office.store.records.commit_group
        monkeypatch.setattr(office.record_keys, "put", lambda *args: (put(*args), order.append("keys")))
        monkeypatch.setattr(office.store.records, "commit_group", lambda g: (order.append("records"), commit(g)))
        office.issuance.submit(SEOUL, certificate("a")).result()
        assert order == ["keys", "records"]


def test_a_bug_in_the_writer_tells_everybody_and_frees_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threading.excepthook", lambda args: None)
    with running_office(tmp_path) as office:
        monkeypatch.setattr("ledger.log.sequencer.append", lambda *args: 1 / 0)
        future = office.issuance.submit(SEOUL, certificate("a"))
        with pytest.raises(Exception, match="writer has stopped"):
            future.result(timeout=10)
        assert office.issuance.troubles() == {1: "The log's writer has stopped."}
    monkeypatch.undo()
    with running_office(tmp_path) as office:
        assert office.issuance.submit(SEOUL, certificate("a")).result().index == 0
