"""A job of many lines: every line answered in order, whatever the others do; sent again, it changes nothing."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.issuing import BUSAN, SEOUL, Office, certificate, digest_of, running_office

from ledger.errors import BusyError, ConflictError, FormatError, InputError, StoreError
from ledger.log import bulk
from ledger.log.limits import BULK_CHUNK, BULK_WINDOW, MAX_LINE_BYTES
from ledger.records.number import number_from_random
from ledger.records.record import parse_record


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path, (SEOUL, BUSAN)) as running:
        yield running


def line(name: str, **members: object) -> bytes:
    return json.dumps({"kind": "document", "sha256": digest_of(name), **members}).encode()


def test_every_line_is_answered_in_order_and_bad_ones_stop_nothing(office: Office) -> None:
    number = number_from_random(5)
    lines = [
        line("a"),
        b"not json",
        b"  ",
        line("b", number=number),
        line("c", number=number),
        line("a", facts={"x": 1.5}),
        b"[1]",
        b"null",
        line("d", unknown=1),
        b'{"kind":"document","kind":"document"}',
        b"x" * (MAX_LINE_BYTES + 1),
        b"[" * 100_000,
        line("e"),
        line("a"),
    ]
    results = list(office.issuance.submit_many(SEOUL, "march", lines))
    assert [result.line for result in results] == list(range(1, 15))
    assert [result.accepted.index for result in results if result.accepted] == [0, 1, 2, 0]
    assert [result.accepted.created for result in results if result.accepted] == [True, True, True, False]
    errors = {result.line: result.error for result in results if result.error}
    assert set(errors) == {2, 3, 5, 6, 7, 8, 9, 10, 11, 12}
    assert all(isinstance(error, InputError) for error in errors.values())
    assert isinstance(errors[5], ConflictError)
    batch = results[0].accepted.batch
    assert office.store.records.batch_members(1, batch) == 3
    assert parse_record(results[0].accepted.leaf).batch == batch


def test_a_job_sent_again_gives_the_same_records_and_goes_on(office: Office) -> None:
    lines = [line(str(n)) for n in range(2 * BULK_CHUNK + 50)]
    first = list(office.issuance.submit_many(SEOUL, "job", lines[:700]))
    again = list(office.issuance.submit_many(SEOUL, "job", lines))
    assert all(result.accepted.created for result in first)
    assert [result.accepted.created for result in again] == [False] * 700 + [True] * (len(lines) - 700)
    assert [result.accepted.index for result in again] == list(range(len(lines)))
    assert [r.accepted.number for r in again[:700]] == [r.accepted.number for r in first]
    assert [r.accepted.receipt for r in again[:700]] == [r.accepted.receipt for r in first]
    assert {result.accepted.batch for result in again} == {1} == {office.issuance.batch_of(SEOUL, "job")}
    assert office.issuance.batch_of(SEOUL, "empty") == 2


def test_a_job_in_parts_keeps_its_lines_numbers(office: Office) -> None:
    lines = [line(str(n)) for n in range(30)]
    whole = list(office.issuance.submit_many(SEOUL, "job", lines))
    part = list(office.issuance.submit_many(SEOUL, "job", lines[10:], first_line=11))
    assert [result.line for result in part] == list(range(11, 31))
    assert [result.accepted.index for result in part] == [result.accepted.index for result in whole[10:]]
    assert not any(result.accepted.created for result in part)


def test_a_changed_line_of_a_job_is_a_conflict(office: Office) -> None:
    list(office.issuance.submit_many(SEOUL, "job", [line("a"), line("b")]))
    changed = list(office.issuance.submit_many(SEOUL, "job", [line("a"), line("z")]))
    assert changed[0].accepted
    assert isinstance(changed[1].error, ConflictError)
    assert office.store.records.tree_size(1) == 2


def test_twins_within_one_job_are_one_record(office: Office) -> None:
    results = list(office.issuance.submit_many(SEOUL, "job", [line("same") for _ in range(1_500)]))
    assert {result.accepted.index for result in results} == {0}
    assert sum(result.accepted.created for result in results) == 1


def test_reading_stops_while_nobody_takes_the_results(office: Office) -> None:
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield line(str(taken))

    results = office.issuance.submit_many(SEOUL, "endless", lines())
    next(results)
    assert taken <= BULK_CHUNK * (BULK_WINDOW + 1)
    for _ in range(5 * BULK_CHUNK):
        next(results)
    assert taken <= BULK_CHUNK * (BULK_WINDOW + 6)


def test_memory_does_not_grow_with_the_job(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    # A small window of small chunks, which both jobs fill several times, and lines that weigh something.
    chunk, window = 16, 4
    facts = {"note": "x" * 2_000}
    monkeypatch.setattr(bulk, "BULK_CHUNK", chunk)
    monkeypatch.setattr(bulk, "BULK_WINDOW", window)

    def run(count: int, job: str) -> int:
        tracemalloc.reset_peak()
        lines = (line(f"{job}{n}", facts=facts) for n in range(count))
        for result in office.issuance.submit_many(SEOUL, job, lines):
            assert result.accepted
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        run(1_000, "warm")
        small = run(chunk * window * 4, "small")
        large = run(chunk * window * 32, "large")
    finally:
        tracemalloc.stop()
    assert large < 3 * small, "eight times the lines"


def test_two_jobs_and_a_counter_work_side_by_side(office: Office) -> None:
    one = office.issuance.submit_many(SEOUL, "one", [line(f"1-{n}") for n in range(2_000)])
    two = office.issuance.submit_many(SEOUL, "two", [line(f"2-{n}") for n in range(2_000)])
    other = office.issuance.submit_many(BUSAN, "one", [line(f"1-{n}") for n in range(2_000)])
    indexes: dict[str, list[int]] = {"one": [], "two": [], "other": []}
    for a, b, c in zip(one, two, other, strict=True):
        indexes["one"].append(a.accepted.index)
        indexes["two"].append(b.accepted.index)
        indexes["other"].append(c.accepted.index)
    single = office.issuance.submit(SEOUL, certificate("single")).result()
    assert sorted(indexes["one"] + indexes["two"]) == list(range(4_000))
    assert single.index == 4_000
    assert indexes["other"] == list(range(2_000))


def test_a_disk_that_fails_is_told_and_the_log_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = office.store.records.commit_group

    def full(group: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(office.store.records, "commit_group", full)
    with pytest.raises(StoreError, match="disk is full"):
        list(office.issuance.submit_many(SEOUL, "job", [line("a"), line("b")]))
    future = office.issuance.submit(SEOUL, certificate("c"))
    with pytest.raises(StoreError, match="not committed"):
        future.result()
    assert office.issuance.troubles() == {1: "The disk is full."}
    monkeypatch.setattr(office.store.records, "commit_group", whole)
    again = list(office.issuance.submit_many(SEOUL, "job", [line("a"), line("b")]))
    assert [(result.accepted.index, result.accepted.created) for result in again] == [(0, True), (1, True)]
    assert office.issuance.troubles() == {}
    view = office.lookup.by_index(SEOUL, 0)
    assert view.sha256.hex() == digest_of("a"), "the key that the failed group wrote was replaced"


def test_a_commit_that_reached_the_disk_but_was_reported_failed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller was told "not committed"; sent again, the record is there once, and its key is not replaced."""
    office.issuance.submit(SEOUL, certificate("first")).result()
    whole = office.store.records.commit_group

    def late(group: object) -> None:
        whole(group)
        raise StoreError("The disk did not answer.")

    monkeypatch.setattr(office.store.records, "commit_group", late)
    with pytest.raises(StoreError, match="did not answer"):
        office.issuance.submit(SEOUL, certificate("a"), "key").result()
    monkeypatch.setattr(office.store.records, "commit_group", whole)
    again = office.issuance.submit(SEOUL, certificate("a"), "key").result()
    assert (again.index, again.created) == (1, False)
    assert office.issuance.submit(SEOUL, certificate("b")).result().index == 2
    names = ["first", "a", "b"]
    assert [view.sha256.hex() for view in office.lookup.range(1, 0, 9)] == [digest_of(name) for name in names]


def test_a_released_log_stops_its_job(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.log.bulk._BUSY_TRIES", 1)
    results = office.issuance.submit_many(SEOUL, "job", (line(str(n)) for n in range(10**6)))
    next(results)
    office.issuance.release(office.logs[SEOUL].log_no)
    with pytest.raises(BusyError):
        list(results)


@pytest.mark.parametrize(("job", "first"), [("", 1), ("a b", 1), ("j" * 201, 1), ("job", 0), ("job", 2**53)])
def test_a_job_has_a_plain_name_and_counts_from_one(office: Office, job: str, first: int) -> None:
    with pytest.raises(FormatError):
        office.issuance.submit_many(SEOUL, job, [], first)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(requests=[(1, "k1", None), (1, "k2", None), (0, "k2", None)])
@given(
    requests=st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from(["k1", "k2", "k3", None]), st.sampled_from([None, 1, 2])),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_comes_again_changes_nothing(tmp_path_factory: pytest.TempPathFactory, requests: list) -> None:
    """Send requests in any mix of documents, keys and numbers, twice: the second time nothing new is made."""
    with running_office(tmp_path_factory.mktemp("office")) as office:

        def send() -> list[int | str]:
            answers: list[int | str] = []
            for document, key, number in requests:
                members = {} if number is None else {"number": number_from_random(number)}
                future = office.issuance.submit(SEOUL, certificate(str(document), **members), key)
                error = future.exception()
                answers.append(type(error).__name__ if error else future.result().index)
            return answers

        first = send()
        size = office.store.records.tree_size(1)
        assert send() == first
        assert office.store.records.tree_size(1) == size
        numbers = [office.lookup.by_index(SEOUL, index).number for index in range(size)]
        assert len(set(numbers)) == size
        documents = [office.lookup.by_index(SEOUL, index).sha256 for index in range(size)]
        assert len(set(documents)) == size
