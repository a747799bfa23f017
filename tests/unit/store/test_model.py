"""Any mix of commits, look-ups, erasures of files' handles and reopenings answers as a plain dictionary would."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.groups import digest, group, log_values, new_record, number

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.records import ONE_RECORD_KINDS, NewRecord
from ledger.store import Store, open_record_keys, open_store

SMALL = st.integers(0, 12)
RECORDS = st.builds(
    lambda document, drawn, key, kind, batch, process: new_record(
        f"{document}-{drawn}-{key}",
        sha256=None if document is None else digest(str(document)),
        number=None if drawn is None else number(drawn),
        key=None if key is None else f"key/{key}",
        kind=kind,
        batch=batch,
        process=process,
    ),
    st.none() | SMALL,
    st.none() | st.integers(0, 10**16 - 1) | SMALL,
    st.none() | SMALL,
    st.sampled_from(["certificate", "document", "procurement/tender"]),
    st.none() | st.integers(1, 3),
    st.none() | st.tuples(st.sampled_from(["p", "q"]), st.integers(1, 6)),
)


class StoreMachine(RuleBasedStateMachine):
    """`logs` is the model: for each log, its records and its commits (size, root)."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.store: Store = open_store(self.folder / "ledger.db")
        self.keys = open_record_keys(self.folder / "record-keys.db")
        self.logs: dict[int, list[NewRecord]] = {}
        self.commits: dict[int, list[int]] = {}
        self.secrets: dict[tuple[int, int], bytes] = {}
        for agency in ("6110000", "6260000"):
            log = self.store.records.add_log(**log_values(agency))
            self.logs[log.log_no], self.commits[log.log_no] = [], []

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.keys.close()
            self.store.close()
            shutil.rmtree(self.folder)

    @rule(log_no=st.sampled_from([1, 2]), records=st.lists(RECORDS, min_size=1, max_size=4))
    def commit(self, log_no: int, records: list[NewRecord]) -> None:
        old = len(self.logs[log_no])
        allowed = self._allowed(log_no, records)
        try:
            self.store.records.commit_group(group(log_no, old, records, at=1000 + old))
        except ConflictError:
            assert not allowed
        else:
            assert allowed
            self.logs[log_no] += records
            self.commits[log_no].append(len(self.logs[log_no]))

    def _allowed(self, log_no: int, records: list[NewRecord]) -> bool:
        numbers = [one.number for no in self.logs for one in self.logs[no]]
        mine = self.logs[log_no]
        documents = [one.sha256 for one in mine if one.kind in ONE_RECORD_KINDS]
        keys, steps = [one.idempotency_key for one in mine], [(one.process_id, one.process_seq) for one in mine]
        for one in records:
            if one.number is not None and one.number in numbers:
                return False
            if one.sha256 is not None and one.kind in ONE_RECORD_KINDS and one.sha256 in documents:
                return False
            if one.idempotency_key is not None and one.idempotency_key in keys:
                return False
            if one.process_id is not None and (one.process_id, one.process_seq) in steps:
                return False
            numbers.append(one.number)
            keys.append(one.idempotency_key)
            steps.append((one.process_id, one.process_seq))
            if one.kind in ONE_RECORD_KINDS:
                documents.append(one.sha256)
        return True

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.keys.close()
        self.store = open_store(self.folder / "ledger.db")
        self.keys = open_record_keys(self.folder / "record-keys.db")

    @rule(log_no=st.sampled_from([1, 2]), index=SMALL, secret=st.binary(min_size=32, max_size=32))
    def put_key(self, log_no: int, index: int, secret: bytes) -> None:
        self.keys.put(log_no, [(index, secret)])
        self.secrets[log_no, index] = secret

    @rule(log_no=st.sampled_from([1, 2]), index=SMALL)
    def destroy_key(self, log_no: int, index: int) -> None:
        self.keys.destroy(log_no, index)
        gone = self.secrets.pop((log_no, index), None)
        if gone is not None and gone not in self.secrets.values() and len(set(gone)) > 8:
            on_disk = b"".join(path.read_bytes() for path in self.folder.glob("record-keys.db*"))
            assert gone not in on_disk

    @rule(log_no=st.sampled_from([1, 2]), first=SMALL, count=st.integers(0, 20))
    def read(self, log_no: int, first: int, count: int) -> None:
        found = self.store.records.records(log_no, first, count)
        model = self.logs[log_no][first : first + count]
        assert [(one.index, one.leaf, one.sealed_facts, one.kind, one.batch) for one in found] == [
            (index, one.leaf, one.sealed_facts, one.kind, one.batch) for index, one in enumerate(model, first)
        ]
        if first >= len(self.logs[log_no]):
            with pytest.raises(NotFoundError):
                self.store.records.commit_covering(log_no, first)
        else:
            size = min(size for size in self.commits[log_no] if size > first)
            assert self.store.records.commit_covering(log_no, first).size == size

    @rule(log_no=st.sampled_from([1, 2]), value=SMALL)
    def find(self, log_no: int, value: int) -> None:
        records, model = self.store.records, self.logs[log_no]
        places = [(no, i, one) for no in self.logs for i, one in enumerate(self.logs[no])]
        by_number = next(((no, i) for no, i, one in places if one.number == number(value)), None)
        assert records.find_number(number(value)) == by_number
        document = digest(str(value))
        assert sorted(records.find_digest(document)) == [(no, i) for no, i, one in places if one.sha256 == document]
        its_one = [i for i, one in enumerate(model) if one.sha256 == document and one.kind in ONE_RECORD_KINDS]
        assert list(records.find_documents(log_no, [document]).values()) == its_one
        newest = [i for i, one in enumerate(model) if one.sha256 == document][-1:]
        assert list(records.find_digests(log_no, [document]).values()) == newest
        key = f"key/{value}"
        used = [(i, one.request_digest) for i, one in enumerate(model) if one.idempotency_key == key]
        assert list(records.find_idempotent(log_no, [key]).values()) == used
        process: dict[str, Any] = {}
        for one in model:
            if one.process_id is not None:
                process[one.process_id] = max(process.get(one.process_id, 0), one.process_seq)
        assert records.last_process_seqs(log_no, ["p", "q", "r"]) == process
        assert [(step.log_no, step.index) for step in records.process("p")] == [
            (no, i) for no, i, one in places if one.process_id == "p"
        ]

    @invariant()
    def heads_and_counts_agree(self) -> None:
        if not hasattr(self, "logs"):
            return
        for log_no, model in self.logs.items():
            head = self.store.records.head(log_no)
            assert (0 if head is None else head.size) == len(model) == self.store.records.tree_size(log_no)
            for batch in (1, 2, 3):
                assert self.store.records.batch_members(log_no, batch) == sum(one.batch == batch for one in model)
            assert self.store.records.identity_counts(log_no) == (
                sum(one.sha256 is not None for one in model),
                sum(one.number is not None for one in model),
            )
            kept = {index: secret for (no, index), secret in self.secrets.items() if no == log_no}
            assert self.keys.get(log_no, range(13)) == kept


TestStore = StoreMachine.TestCase
TestStore.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
