"""fsck names every kind of damage by its place, one planted at a time, and repairs nothing.

A small office with everything in it is made once; each test damages a copy of its data folder with plain SQL.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from support.bureau import Bureau
from support.chains import DeployedChain, deployed_on, running_chain

from ledger.chain.ethereum import EthereumChain
from ledger.keys.keystore import Keystore
from ledger.log.fsck import Fsck
from ledger.log.fsck_findings import FIX, Finding, Kind, Severity
from ledger.log.intake import parse_submission
from ledger.log.sealing import seal
from ledger.log.status_rules import StatusChange
from ledger.log.worker import write_frame
from ledger.log.workers import start_process
from ledger.records.disclosure import Fact, disclose
from ledger.records.origin import compose_origin, log_id
from ledger.records.record import parse_record
from ledger.store import open_record_keys, open_store
from ledger.values import LogIndex, Status, TreeSize

SHIFT = 40
LOG = 1
RECORDS = 300


def place(index: int) -> int:
    """Where the store keeps a record (or commit) of the first log."""
    return LOG << SHIFT | index


@dataclass
class Folder:
    """A copy of the office's data folder, to be damaged."""

    path: Path
    url: str
    city: DeployedChain

    def sql(self, statement: str, *values: object) -> None:
        connection = sqlite3.connect(self.path / "ledger.db")
        with connection:
            assert connection.execute(statement, values).rowcount != 0, "the damage hit nothing"
        connection.close()

    def one(self, statement: str, *values: object) -> tuple[object, ...]:
        connection = sqlite3.connect(self.path / "ledger.db")
        (row,) = connection.execute(statement, values).fetchall()
        connection.close()
        return row

    def findings(self, *, url: str | None = None, beside: bool = False) -> list[Finding]:
        store, keys = open_store(self.path / "ledger.db"), open_record_keys(self.path / "record-keys.db")
        chain = EthereumChain(url or self.url, self.city.deployment, timeout_s=20)
        try:
            fsck = Fsck(records=store.records, chain_store=store.chain, record_keys=keys, chain=chain, beside=beside)
            return list(fsck.run())
        finally:
            chain.close()
            keys.close()
            store.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, DeployedChain]]:
    """Two tiles of records in several commits, jobs, a process, statuses of records and a batch; all anchored."""
    folder = tmp_path_factory.mktemp("office")
    keystore = Keystore.create(folder / "keystore.json", "pass")
    with running_chain("embedded") as running, deployed_on(running) as city:
        bureau = Bureau.open(
            folder, url=running.url, deployment=city.deployment, council=city.members, keystore=keystore
        )
        bureau.register("6110000")
        bureau.issue(2)
        bureau.issue(1, supersedes=[0])
        bureau.settle()
        for seq in range(1, 4):
            step = {
                "kind": "procurement/tender",
                "facts": {"award.amount": "1"},
                "process": {"id": "ocds-1", "seq": seq},
            }
            bureau.issuance.submit(bureau.code, parse_submission(step)).result(30)
        bureau.issue(RECORDS - 6, job="run")
        bureau.settle()
        for change in (
            StatusChange(after=Status.REVOKED, indexes=(LogIndex(2), LogIndex(200))),
            StatusChange(after=Status.SUPERSEDED, indexes=(LogIndex(0),), successors=(LogIndex(2),)),
            StatusChange(after=Status.SUSPENDED, batch=1),
        ):
            bureau.status.change(bureau.code, change, idempotency_key=None, actor="clerk")
            bureau.settle()
        assert bureau.store.records.tree_size(LOG) == RECORDS
        bureau.close()
        yield folder, city


@pytest.fixture
def folder(office: tuple[Path, DeployedChain], tmp_path: Path) -> Folder:
    source, city = office
    for file in source.glob("*.db*"):
        shutil.copy(file, tmp_path / file.name)
    return Folder(path=tmp_path, url=city.running.url, city=city)


def flipped(data: bytes, at: int = 5) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flip(folder: Folder, table: str, column: str, where: str, *values: object, at: int = 5) -> None:
    (data,) = folder.one(f"SELECT {column} FROM {table} WHERE {where}", *values)
    folder.sql(f"UPDATE {table} SET {column} = ? WHERE {where}", flipped(bytes(data), at), *values)


def other_facts(folder: Folder) -> None:
    """Sealed facts that open with the right key and commit to something else."""
    keys = open_record_keys(folder.path / "record-keys.db")
    (key,) = keys.get(LOG, [LogIndex(1)]).values()
    keys.close()
    (leaf,) = folder.one("SELECT leaf FROM records WHERE place = ?", place(1))
    record = parse_record(bytes(leaf))
    facts = [disclose(Fact(path=f"pad.{n}", value=""), bytes(16)) for n in range(1, record.facts + 1)]
    sealed = seal(facts, key=key, commitment=record.commitment)
    folder.sql("UPDATE records SET sealed_facts = ? WHERE place = ?", sealed, place(1))


def other_digest(folder: Folder) -> None:
    folder.sql("UPDATE digests SET sha256 = ? WHERE place = ?", b"\x01" * 32, place(1))
    folder.sql("UPDATE records SET sha256 = ? WHERE place = ?", b"\x01" * 32, place(1))


def swapped_steps(folder: Folder) -> None:
    rows = [
        folder.one("SELECT leaf, sealed_facts, process_seq FROM records WHERE place = ?", place(i)) for i in (3, 4)
    ]
    for index, row in zip((4, 3), rows, strict=True):
        folder.sql(
            "UPDATE records SET leaf = ?, sealed_facts = ?, process_seq = ? WHERE place = ?", *row, place(index)
        )


def lost_key(folder: Folder) -> None:
    keys = open_record_keys(folder.path / "record-keys.db")
    keys.destroy(LOG, LogIndex(1))
    keys.close()


def successor_without_commit(folder: Folder) -> None:
    store = open_store(folder.path / "ledger.db")
    log = store.records.logs()[0]
    origin = compose_origin("sillok.example", log.agency, 2)
    store.records.add_successor(
        LOG, origin=origin, log_id=log_id(origin), generation=2, max_delay_s=3600, start=TreeSize(3)
    )
    store.close()


def mirrored_otherwise(folder: Folder, name: str, member: str, value: str) -> None:
    """Change one member of the first mirrored event of a name."""
    (number, body) = folder.one(
        "SELECT block_number, body FROM chain_events WHERE name = ? ORDER BY block_number LIMIT 1", name
    )
    event = json.loads(str(body))
    event[member] = value if isinstance(event[member], str) else int(value)
    folder.sql(
        "UPDATE chain_events SET body = ? WHERE name = ? AND block_number = ?", json.dumps(event), name, number
    )


def outgoing_nowhere(folder: Folder) -> None:
    folder.sql(
        "INSERT INTO outbox (kind, log_no, subject, raw, hash, sender, nonce, replaced, first_sent, bumps)"
        " VALUES ('anchor', 1, 299, x'00', ?, ?, 0, x'', 0, 0)",
        bytes(32),
        bytes(20),
    )


def newest(table: str, column: str = "place") -> str:
    return f"{column} = (SELECT max({column}) FROM {table})"


Damage = Callable[[Folder], None]
DAMAGE: dict[str, tuple[Damage, Kind, str]] = {
    "a record row is gone": (
        lambda f: f.sql("DELETE FROM records WHERE place = ?", place(123)),
        Kind.RECORD_MISSING,
        "record 123",
    ),
    "the last record rows are gone": (
        lambda f: f.sql("DELETE FROM records WHERE place >= ?", place(290)),
        Kind.RECORD_MISSING,
        "record 290",
    ),
    "a record stands beyond the head": (
        lambda f: f.sql(
            "INSERT INTO records SELECT ?, leaf, sealed_facts, NULL, NULL, accepted_at, kind, batch, process_id,"
            " process_seq FROM records WHERE place = ?",
            place(RECORDS),
            place(1),
        ),
        Kind.RECORD_EXTRA,
        f"record {RECORDS}",
    ),
    "a leaf is no record": (
        lambda f: f.sql("UPDATE records SET leaf = ? WHERE place = ?", b"{}", place(7)),
        Kind.RECORD_MALFORMED,
        "record 7",
    ),
    "a leaf has one bit flipped": (
        lambda f: flip(f, "records", "leaf", "place = ?", place(7), at=45),
        Kind.TILE,
        "tile 0 of level 0",
    ),
    "a row says another kind than the leaf": (
        lambda f: f.sql("UPDATE records SET kind = 'document' WHERE place = ?", place(9)),
        Kind.RECORD_ROW,
        "record 9",
    ),
    "a row says another batch than the leaf": (
        lambda f: f.sql("UPDATE records SET batch = 2 WHERE place = ?", place(9)),
        Kind.RECORD_ROW,
        "record 9",
    ),
    "two steps of a process changed places": (swapped_steps, Kind.PROCESS_ORDER, "record 4"),
    "a batch is counted wrong": (
        lambda f: f.sql("UPDATE batches SET members = members - 1 WHERE batch = 1"),
        Kind.BATCH_COUNT,
        "6110000",
    ),
    "a number finds nothing": (
        lambda f: f.sql("DELETE FROM numbers WHERE place = ?", place(11)),
        Kind.NUMBER_INDEX,
        "record 11",
    ),
    "a number finds another record": (
        lambda f: f.sql("UPDATE numbers SET place = ? WHERE place = ?", place(12), place(11)),
        Kind.NUMBER_INDEX,
        "record 11",
    ),
    "a digest finds nothing": (
        lambda f: f.sql("DELETE FROM digests WHERE place = ?", place(11)),
        Kind.DIGEST_INDEX,
        "record 11",
    ),
    "a number points at a record without one": (
        lambda f: f.sql("INSERT INTO numbers VALUES (1234567890123456, ?)", place(3)),
        Kind.INDEX_ORPHAN,
        "6110000",
    ),
    "sealed facts have one bit flipped": (
        lambda f: flip(f, "records", "sealed_facts", "place = ?", place(11)),
        Kind.FACTS_SEALED,
        "record 11",
    ),
    "sealed facts are others": (other_facts, Kind.FACTS_COMMITMENT, "record 1"),
    "the digest is not that of the facts": (other_digest, Kind.FACTS_IDENTITY, "record 1"),
    "the key of the facts is lost": (lost_key, Kind.FACTS_KEY, "record 1"),
    "a full tile has one bit flipped": (
        lambda f: flip(f, "tiles", "hashes", "place = ?", LOG << SHIFT, at=32 * 77),
        Kind.TILE,
        "tile 0 of level 0",
    ),
    "the unfinished tile has one bit flipped": (
        lambda f: flip(f, "tiles", "hashes", "place = ?", LOG << SHIFT | 1, at=32 * 3),
        Kind.TILE,
        "tile 1 of level 0",
    ),
    "an upper tile has one bit flipped": (
        lambda f: flip(f, "tiles", "hashes", "place = ?", LOG << SHIFT | 1 << 36),
        Kind.TILE,
        "tile 0 of level 1",
    ),
    "a tile is gone": (
        lambda f: f.sql("DELETE FROM tiles WHERE place = ?", LOG << SHIFT),
        Kind.TILE,
        "tile 0 of level 0",
    ),
    "a commit has another root": (
        lambda f: flip(f, "commits", "root", newest("commits")),
        Kind.COMMIT_ROOT,
        f"size {RECORDS}",
    ),
    "a log that took records over has no commit": (successor_without_commit, Kind.COMMIT_MISSING, "6110000/2"),
    "a checkpoint's signature has changed": (
        lambda f: f.sql(
            f"UPDATE commits SET checkpoint = replace(checkpoint, substr(checkpoint, -20, 4),"
            f" CASE substr(checkpoint, -20, 4) WHEN 'AAAA' THEN 'BBBB' ELSE 'AAAA' END) WHERE {newest('commits')}"
        ),
        Kind.CHECKPOINT,
        f"size {RECORDS}",
    ),
    "a checkpoint is that of another size": (
        lambda f: f.sql(
            f"UPDATE commits SET checkpoint = (SELECT checkpoint FROM commits ORDER BY place LIMIT 1)"
            f" WHERE {newest('commits')}"
        ),
        Kind.CHECKPOINT,
        f"size {RECORDS}",
    ),
    "a receipt says another deadline than the store": (
        lambda f: f.sql(f"UPDATE commits SET deadline = deadline + 1 WHERE {newest('commits')}"),
        Kind.RECEIPT,
        f"size {RECORDS}",
    ),
    "a receipt was not signed by the office": (
        lambda f: f.sql(f"UPDATE commits SET receipt = checkpoint WHERE {newest('commits')}"),
        Kind.RECEIPT,
        f"size {RECORDS}",
    ),
    "an anchor has another root than the tree": (
        lambda f: mirrored_otherwise(f, "AnchorEvent", "root", "ab" * 32),
        Kind.ANCHOR_TREE,
        "size 3",
    ),
    "an anchor has another time than the contract": (
        lambda f: mirrored_otherwise(f, "AnchorEvent", "time", "1000000000"),
        Kind.ANCHOR_CHAIN,
        "size 3",
    ),
    "an anchor is not mirrored": (
        lambda f: f.sql(f"DELETE FROM anchors WHERE {newest('anchors', 'size')}"),
        Kind.CHAIN_HEAD,
        "6110000",
    ),
    "the mirrored block is of another chain": (
        lambda f: flip(f, "mirrored_blocks", "block_hash", newest("mirrored_blocks", "block_number")),
        Kind.MIRROR,
        "block",
    ),
    "an act on records is not mirrored": (
        lambda f: f.sql("DELETE FROM status_words WHERE batches = 0"),
        Kind.STATUS_WORD,
        "word 0",
    ),
    "an act on a batch is not mirrored": (
        lambda f: f.sql("DELETE FROM status_words WHERE batches = 1"),
        Kind.STATUS_WORD,
        "batch word 0",
    ),
    "a successor names another record back": (
        lambda f: mirrored_otherwise(f, "SupersededEvent", "index", "1"),
        Kind.SUCCESSOR,
        "record 1",
    ),
    "a successor names nothing back": (
        lambda f: mirrored_otherwise(f, "SupersededEvent", "successor", "1"),
        Kind.SUCCESSOR,
        "record 0",
    ),
    "a successor is not there": (
        lambda f: mirrored_otherwise(f, "SupersededEvent", "successor", str(RECORDS)),
        Kind.SUCCESSOR,
        "record 0",
    ),
    "a successor is in a log of nobody": (
        lambda f: mirrored_otherwise(f, "SupersededEvent", "successor_log", "ab" * 32),
        Kind.SUCCESSOR,
        "record 0",
    ),
    "a transaction anchors a size that never was": (outgoing_nowhere, Kind.OUTBOX, "outbox"),
    "an act is sent and nothing is on its way": (
        lambda f: f.sql("UPDATE status_acts SET state = 'sent' WHERE act_no = 1"),
        Kind.STATUS_ACT,
        "status act 1",
    ),
}


def test_a_whole_office_has_no_findings_and_every_kind_has_a_remedy(folder: Folder) -> None:
    assert folder.findings() == []
    assert set(FIX) == set(Kind)


@pytest.mark.parametrize("name", DAMAGE)
def test_each_damage_is_named_by_its_place(folder: Folder, name: str) -> None:
    damage, kind, where = DAMAGE[name]
    damage(folder)
    found = [finding for finding in folder.findings() if finding.kind is kind]
    assert found, f"{name}: not found"
    assert any(where in finding.where for finding in found), found
    assert all(finding.fix == FIX[kind] for finding in found)


IN_RECORDS = (Kind.RECORD_ROW, Kind.PROCESS_ORDER, Kind.FACTS_SEALED, Kind.FACTS_KEY)


@pytest.mark.parametrize("dies_after", [None, 0, 2])
def test_a_second_process_finds_the_same(
    folder: Folder, dies_after: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it dies at its first piece, or later."""
    for damage, kind, _ in DAMAGE.values():
        if kind in IN_RECORDS:
            damage(folder)
    flip(folder, "records", "sealed_facts", "place = ?", place(250))
    alone = folder.findings()
    assert {finding.kind for finding in alone} >= set(IN_RECORDS)
    started: list[subprocess.Popen[bytes]] = []
    asked = 0

    def start(module: str) -> subprocess.Popen[bytes]:
        started.append(start_process(module))
        return started[-1]

    def ask(stream: IO[bytes], data: bytes) -> None:
        nonlocal asked
        if asked == dies_after:
            started[0].kill()
            started[0].wait()
        asked += 1
        write_frame(stream, data)

    monkeypatch.setattr("ledger.log.fsck.PIECE", 20)
    monkeypatch.setattr("ledger.log.fsck_helper.ALONE", 0)
    monkeypatch.setattr("ledger.log.fsck_helper.start_process", start)
    monkeypatch.setattr("ledger.log.fsck_helper.write_frame", ask)
    assert sorted(folder.findings(beside=True), key=str) == sorted(alone, key=str)
    assert len(started) == 1
    assert asked == (RECORDS // 20 if dies_after is None else dies_after + 1)
    assert started[0].poll() is not None, "it ends with the check"


def test_every_kind_of_finding_is_planted_somewhere() -> None:
    planted = {kind for _, kind, _ in DAMAGE.values()} | {Kind.CHAIN_SILENT}
    assert planted == set(Kind)


def test_fsck_repairs_nothing(folder: Folder) -> None:
    flip(folder, "tiles", "hashes", "place = ?", LOG << SHIFT)
    folder.sql("DELETE FROM numbers WHERE place = ?", place(11))
    before = dump(folder.path)
    assert len(folder.findings()) >= 2
    assert dump(folder.path) == before


def test_a_silent_chain_is_said_and_the_rest_is_still_checked(folder: Folder) -> None:
    flip(folder, "tiles", "hashes", "place = ?", LOG << SHIFT)
    found = folder.findings(url="http://127.0.0.1:1")
    assert [(finding.kind, finding.severity) for finding in found] == [
        (Kind.TILE, Severity.ERROR),
        (Kind.CHAIN_SILENT, Severity.WARNING),
    ]


def test_a_store_without_an_agency_has_no_errors(tmp_path: Path) -> None:
    store = open_store(tmp_path / "ledger.db")
    findings = Fsck(records=store.records, chain_store=store.chain, record_keys=None, chain=None).run()
    assert [finding.kind for finding in findings] == [Kind.CHAIN_SILENT]
    store.close()


def test_progress_is_told_to_the_end(office: tuple[Path, DeployedChain], folder: Folder) -> None:
    store = open_store(folder.path / "ledger.db")
    told: list[tuple[str, int, int]] = []
    fsck = Fsck(records=store.records, chain_store=store.chain, record_keys=None, chain=None)
    list(fsck.run(lambda *values: told.append(values)))
    store.close()
    assert told[0] == ("sillok.example/6110000", 0, RECORDS)
    assert told[-1] == ("sillok.example/6110000", RECORDS, RECORDS)


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path / "ledger.db")
    lines = list(connection.iterdump())
    connection.close()
    return lines
