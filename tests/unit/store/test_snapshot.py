"""A snapshot is of one instant, and what is remembered of the mirror is never older than the block it is asked at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from support.groups import digest, group, log_values, new_record

from ledger.errors import StoreError
from ledger.ports.chain import Block, EventPlace, KeyEvent
from ledger.store import Store, open_store
from ledger.store.database import rows_of
from ledger.values import Role

KEY = b"\x01" * 32


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "ledger.db")
    opened.records.add_log(**log_values("6110000"))
    yield opened
    opened.close()


def move(store: Store, number: int, compromised_since: int) -> None:
    """Mirror one more block, in which the key's state changes."""
    block = Block(number=number, hash=digest(f"block {number}"), time=1000 + number)
    place = EventPlace(block=block, transaction=digest(f"tx {number}"), log_index=0, contract=b"\x11" * 20)
    event = KeyEvent(
        place=place,
        agency="6110000",
        key_id=KEY,
        role=Role.ANCHOR,
        not_before=1,
        not_after=0,
        compromised_since=compromised_since,
        time=block.time,
    )
    store.chain.apply_events(block, [event])


def since(store: Store) -> list[int]:
    return [key.compromised_since for key in store.chain.keys("6110000")]


def elsewhere(action: object, *values: object) -> None:
    thread = threading.Thread(target=action, args=values)  # type: ignore[arg-type]
    thread.start()
    thread.join()


def test_a_key_that_is_declared_compromised_is_so_from_the_next_question_on(store: Store) -> None:
    move(store, 1, 0)
    assert since(store) == since(store) == [0]
    move(store, 2, 900)
    assert since(store) == [900]
    store.chain.rewind(1)
    assert since(store) == [0], "a reorganisation took it back"


def test_a_question_that_began_before_a_block_remembers_nothing_for_those_after_it(store: Store) -> None:
    move(store, 1, 0)
    with store.records.snapshot():
        assert store.chain.cursor() == 1
        elsewhere(move, store, 2, 900)
        assert (store.chain.cursor(), since(store)) == (1, [0]), "all of one instant"
    assert since(store) == [900]
    with store.records.snapshot():
        assert since(store) == [900]


def test_only_the_thread_that_opened_it_reads_in_a_snapshot(store: Store) -> None:
    log = store.records.logs()[0]
    with store.records.snapshot():
        assert store.records.tree_size(log.log_no) == 0
        store.records.commit_group(group(log, 0, [new_record("one")]))
        assert store.records.tree_size(log.log_no) == 0
        seen: list[int] = []
        elsewhere(lambda: seen.append(store.records.tree_size(log.log_no)))
        assert seen == [1]
        with store.records.snapshot():
            assert store.records.tree_size(log.log_no) == 0, "one within another is the same one"
    assert store.records.tree_size(log.log_no) == 1


def test_what_the_driver_refuses_is_told_as_ours_in_a_snapshot_and_without(store: Store) -> None:
    database = store.records._database
    for block in (store.records.snapshot, nullcontext):
        with pytest.raises(StoreError, match="no such table") as refused, block(), database.read() as connection:
            rows_of(connection, "SELECT 1 FROM nowhere WHERE secret = ?", "a name")
        assert "a name" not in str(refused.value)
        assert store.chain.cursor() == -1, "the store goes on"
