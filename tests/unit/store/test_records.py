"""What was committed is found again, whole or not at all, also after the store was closed and opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.groups import digest, group, log_values, new_record, number

from ledger.errors import ConflictError, NotFoundError, StoreError
from ledger.ports.records import LogInfo
from ledger.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "ledger.db")
    yield opened
    opened.close()


def test_a_committed_group_is_there_after_opening_again(tmp_path: Path) -> None:
    store = open_store(tmp_path / "ledger.db")
    log = store.records.add_log(**log_values("6110000"))
    one = new_record("one", sha256=digest("paper"), number=number(12), key="job/1", batch=1, process=("ocds-1", 1))
    store.records.commit_group(group(log, 0, [one, new_record("two")]))
    store.close()

    records = open_store(tmp_path / "ledger.db").records
    assert [log.origin for log in records.logs()] == ["sillok.example/6110000"]
    assert [record.leaf for record in records.records(1, 0, 9)] == [b'{"name":"one"}', b'{"name":"two"}']
    assert records.record(1, 0).sealed_facts == b"sealed one"
    assert records.find_number("0000-0000-0000-0012") == (1, 0)
    assert records.find_digest(digest("paper")) == [(1, 0)]
    assert records.find_idempotent(1, ["job/1", "job/2"]) == {"job/1": (0, digest("request one"))}
    assert records.identity_of(1, 0) == (digest("paper"), "0000-0000-0000-0012")
    assert records.identity_of(1, 1) == (None, None)
    assert [step.index for step in records.process("ocds-1")] == [0]
    assert records.last_process_seqs(1, ["ocds-1", "ocds-2"]) == {"ocds-1": 1}
    assert records.process_seqs(1, [("ocds-1", 1), ("ocds-1", 2)]) == {("ocds-1", 1): 0}
    assert records.batch_members(1, 1) == 1
    assert records.head(1).checkpoint == "checkpoint 2"
    assert records.tiles(1).read_tile(0, 0) == digest("tile 2")


@pytest.mark.parametrize(
    "again",
    [
        new_record("again", number=number(5)),
        new_record("again", sha256=digest("paper")),
        new_record("again", key="k"),
        new_record("again", process=("ocds-1", 1)),
    ],
    ids=["number", "document", "idempotency key", "process step"],
)
def test_what_must_be_unique_is_refused_and_nothing_of_its_group_stays(store: Store, again: object) -> None:
    log = store.records.add_log(**log_values("6110000"))
    first = new_record("one", sha256=digest("paper"), number=number(5), key="k", process=("ocds-1", 1))
    store.records.commit_group(group(log, 0, [first]))
    with pytest.raises(ConflictError):
        store.records.commit_group(group(log, 1, [new_record("good", number=number(6)), again]))
    assert store.records.head(log.log_no).size == 1
    assert store.records.find_number(number(6)) is None
    assert store.records.tiles(log.log_no).read_tile(0, 0) == digest("tile 1")
    store.records.commit_group(group(log, 1, [new_record("after")]))
    assert store.records.head(log.log_no).size == 2


def test_two_agencies_may_issue_the_same_document_but_not_the_same_number(store: Store) -> None:
    one, two = (store.records.add_log(**log_values(code)) for code in ("6110000", "6260000"))
    store.records.commit_group(group(one, 0, [new_record("a", sha256=digest("paper"), number=number(1))], at=2000))
    store.records.commit_group(group(two, 0, [new_record("b", sha256=digest("paper"), number=number(2))], at=1000))
    assert store.records.find_digest(digest("paper")) == [(2, 0), (1, 0)], "oldest first"
    with pytest.raises(ConflictError):
        store.records.commit_group(group(two, 1, [new_record("c", number=number(1))]))


def test_steps_of_a_process_may_rest_on_the_same_file(store: Store) -> None:
    log = store.records.add_log(**log_values("6110000"))
    steps = [new_record(str(n), sha256=digest("file"), kind="procurement/tender", process=("o", n)) for n in (1, 2)]
    store.records.commit_group(group(log, 0, steps))
    assert store.records.find_digest(digest("file")) == [(log.log_no, 0), (log.log_no, 1)]
    assert store.records.find_documents(log.log_no, [digest("file")]) == {}, "neither is the document's one record"
    store.records.commit_group(group(log, 2, [new_record("d", sha256=digest("file"), kind="document")]))
    assert store.records.find_documents(log.log_no, [digest("file")]) == {digest("file"): 2}


def test_a_second_writer_is_noticed_by_the_size(store: Store) -> None:
    log = store.records.add_log(**log_values("6110000"))
    store.records.commit_group(group(log, 0, [new_record("one")]))
    with pytest.raises(StoreError, match="another writer"):
        store.records.commit_group(group(log, 0, [new_record("other")]))


def test_the_writers_place_is_held_by_one(store: Store) -> None:
    with store.records.writer_lock(1):
        with pytest.raises(StoreError, match="Another process"), store.records.writer_lock(1):
            pass
        with store.records.writer_lock(2):
            pass
    with store.records.writer_lock(1):
        pass


def test_the_commit_that_covers_a_record_is_the_first_that_does(store: Store) -> None:
    log = store.records.add_log(**log_values("6110000"))
    other = store.records.add_log(**log_values("6260000"))
    for old, count in ((0, 2), (2, 1), (3, 4)):
        store.records.commit_group(group(log, old, [new_record(f"{old + n}") for n in range(count)]))
    assert [store.records.commit_covering(1, index).size for index in range(7)] == [2, 2, 3, 7, 7, 7, 7]
    assert store.records.commit_at(1, 3).receipt == "receipt 3"
    assert store.records.commit_at(1, 4) is None
    assert store.records.head(other.log_no) is None
    for absent in (7, 2**53 - 1):
        with pytest.raises(NotFoundError):
            store.records.record(1, absent)
        with pytest.raises(NotFoundError):
            store.records.commit_covering(1, absent)


def go_on(store: Store, log: LogInfo, start: int) -> LogInfo:
    values = log_values(log.agency, log.generation + 1, start)
    del values["agency"]
    return store.records.add_successor(log.log_no, **values)


def test_a_job_keeps_its_batch_number(store: Store) -> None:
    log = store.records.add_log(**log_values("6110000"))
    assert [store.records.open_job(log.log_no, job) for job in ("march", "april", "march")] == [1, 2, 1]
    successor = go_on(store, log, 0)
    assert store.records.open_job(successor.log_no, "april") == 2, "a job goes on in the successor"
    assert store.records.open_job(successor.log_no, "may") == 3, "a recall of batch 1 holds in every generation"


def test_a_successor_takes_over_what_no_good_anchor_covers(tmp_path: Path) -> None:
    store = open_store(tmp_path / "ledger.db")
    log = store.records.add_log(**log_values("6110000"))
    records = [
        new_record(str(n), sha256=digest(str(n)), number=number(n), key=f"job/{n}", process=("ocds", n + 1), batch=1)
        for n in range(4)
    ]
    store.records.commit_group(group(log, 0, records))
    store.records.commit_group(group(log, 4, [new_record("4")]))
    successor = go_on(store, log, 3)
    assert go_on(store, log, 3) == successor, "doing it again changes nothing"
    with pytest.raises(ConflictError):
        go_on(store, log, 2)

    new = successor.log_no
    assert store.records.head(new) is None
    assert store.records.tree_size(new) == 5
    assert store.records.tiles(new).read_tile(0, 0) == digest("tile 5")
    assert [record.log_no for record in store.records.records(new, 1, 9)] == [1, 1, new, new]
    assert [store.records.find_number(number(n)) for n in (2, 3)] == [(1, 2), (new, 3)]
    assert store.records.find_digest(digest("3")) == [(new, 3)]
    keys = store.records.find_idempotent(new, ["job/1", "job/3"])
    assert {key: index for key, (index, _) in keys.items()} == {"job/1": 1, "job/3": 3}, "a retry finds both"
    assert store.records.last_process_seqs(new, ["ocds"]) == {"ocds": 4}
    assert store.records.identity_of(new, 2) == (digest("2"), number(2))
    assert list(store.records.identities(new, 0, 9)) == [0, 1, 2, 3]
    assert store.records.identity_counts(1) == (3, 3)
    assert store.records.batch_members(new, 1) == 4
    assert store.records.batch_indexes(new, 1, 0, 9) == [0, 1, 2, 3], "both generations, in order"
    assert store.records.batch_indexes(new, 1, 2, 1) == [2]
    assert store.records.batch_indexes(new, 2, 0, 9) == []

    store.records.commit_group(group(successor, 5, []))
    store.records.commit_group(group(successor, 5, [new_record("new")], at=2_000))
    assert [commit.size for commit in store.records.commits(new, 0, 9)] == [5, 6]
    store.close()
    again = open_store(tmp_path / "ledger.db").records
    assert [record.index for record in again.records(new, 2, 9)] == [2, 3, 4, 5]
    with pytest.raises(NotFoundError):
        again.record(log.log_no, 3)


def test_a_store_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path / "ledger.db")
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(StoreError, match="newer version"):
        open_store(tmp_path / "ledger.db")
