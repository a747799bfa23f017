"""Tracing by a running service: completeness is claimed after reading everything, and what is gone is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.service import SEOUL, Office, running_office

from ledger.cli import main
from ledger.errors import NotFoundError
from ledger.merkle.tiles import root_at
from ledger.procurement import service
from ledger.procurement.export import parse_export
from ledger.procurement.recheck import recheck
from ledger.procurement.trace import Claim
from ledger.values import Instant, TreeSize, Verdict

OCID = "ocds-213czf-000-00001"
STEPS = [
    ("procurement/plan", {"plan.amount": "900000000", "plan.currency": "KRW"}),
    ("procurement/tender", {"tender.amount": "850000000", "tender.currency": "KRW"}),
    ("procurement/contract", {"contract.amount": "702000000", "contract.currency": "KRW"}),
    ("procurement/amendment", {"contract.amount": "770000000", "contract.currency": "KRW"}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tracing")


@pytest.fixture(scope="module")
def office(folder: Path) -> Iterator[Office]:
    with running_office(folder) as running:
        running.issue({"kind": "document", "sha256": "11" * 32})
        for seq, (kind, facts) in enumerate(STEPS, start=1):
            running.issue({"kind": kind, "process": {"id": OCID, "seq": seq}, "facts": facts})
        running.wait_anchored(5)
        yield running


def test_every_step_is_read_and_all_of_them_are_claimed(office: Office) -> None:
    told = office.services.tracing.trace(OCID)
    assert [step.seq for step in told.steps] == [1, 2, 3, 4]
    assert told.claim is Claim.ALL
    assert [(reading.origin, reading.size >= 5) for reading in told.readings] == [
        (office.services.lookup.log_of(SEOUL).origin, True)
    ]
    assert [(c.path, c.before, c.after) for c in told.steps[3].changes] == [
        ("contract.amount", "702000000", "770000000")
    ]
    assert all(step.entry.anchored_at is not None and step.entry.accepted_at is not None for step in told.steps)


def test_without_reading_everything_only_no_gap_is_claimed(office: Office) -> None:
    assert office.services.tracing.trace(OCID, read_all=False).claim is Claim.NO_GAP


def test_reading_everything_can_be_asked_for_and_turned_off_by_anybody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page, the interface and `sillok trace --all` of a log that is too large to be read unasked."""
    monkeypatch.setattr(service, "READ_ALL_UPTO", 0)
    claims = [office.get(f"/v1/processes/{OCID}{query}").json()["claim"] for query in ("", "?readAll=true")]
    assert claims == [Claim.NO_GAP.value, Claim.ALL.value]
    monkeypatch.setattr(service, "READ_ALL_UPTO", 20_000)
    assert office.get(f"/v1/processes/{OCID}?readAll=false").json()["claim"] == Claim.NO_GAP.value


def test_a_whole_reading_is_done_for_one_asker_at_a_time(office: Office) -> None:
    reading = office.services.tracing._reading_all  # type: ignore[attr-defined]
    with reading:
        answer = office.get(f"/v1/processes/{OCID}?readAll=true")
        assert (answer.status_code, answer.json()["where"]) == (409, "readAll")
        assert office.get(f"/v1/processes/{OCID}").status_code == 200
    assert office.get(f"/v1/processes/{OCID}?readAll=true").status_code == 200


def test_a_step_that_is_not_anchored_yet_is_listed_and_not_claimed_to_be_the_last(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = office.services
    log_no = services.lookup.log_of(SEOUL).log_no
    last = services.chain_store.last_anchor(log_no)
    assert last is not None
    root = root_at(services.records.tiles(log_no), TreeSize(3))
    early = replace(last, size=TreeSize(3), anchor=replace(last.anchor, root=root))
    monkeypatch.setattr(services.chain_store, "last_anchor", lambda _: early)
    told = services.tracing.trace(OCID)
    assert told.claim is Claim.NO_GAP
    assert not told.problems


def test_an_unknown_process_is_not_found(office: Office) -> None:
    with pytest.raises(NotFoundError):
        office.services.tracing.trace("ocds-nobody-1")
    assert office.get("/v1/processes/ocds-nobody-1").status_code == 404


def test_the_export_is_valid_to_a_reader_with_a_trust_file(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust = office.services.trust.current(Instant(0))
    again = recheck(parse_export(office.services.tracing.export(OCID)), trust)
    assert again.holds
    assert [report.verdict for report in again.reports] == [Verdict.VALID] * 4
    export, note = str(tmp_path / "export.json"), tmp_path / "trust.note"
    note.write_text(office.get("/v1/trust").text)
    assert main.main(["trace", OCID, "--url", office.url, "--export", export]) == 0
    assert "These are all 4 steps" in capsys.readouterr().out
    assert main.main(["trace", OCID, "--from", export, "--trust", str(note)]) == 0
    assert "no gap up to step 4" in capsys.readouterr().out


@pytest.mark.parametrize("gone", [2, 4])
def test_one_step_deleted_from_the_store_is_named(office: Office, folder: Path, gone: int) -> None:
    """Also the last one, which leaves no gap in the numbers: its entry is missing from the log."""
    with sqlite3.connect(folder / "ledger.db") as database:
        names = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        table = next(
            name
            for name in names
            if {"leaf", "process_seq"} <= {row[1] for row in database.execute(f"pragma table_info({name})")}
        )
        row = database.execute(f"select rowid, * from {table} where process_seq = ?", (gone,)).fetchone()
        columns = [column[1] for column in database.execute(f"pragma table_info({table})")]
        database.execute(f"delete from {table} where process_seq = ?", (gone,))
    try:
        told = office.services.tracing.trace(OCID)
        assert told.claim is not Claim.ALL
        assert (gone in told.missing) == (gone != 4)
        assert any(f"Entry {gone} of" in problem for problem in told.problems)
        assert main.main(["trace", OCID, "--url", office.url]) == 1
    finally:
        with sqlite3.connect(folder / "ledger.db") as database:
            places = ", ".join("?" for _ in columns)
            database.execute(f"insert into {table} ({', '.join(columns)}) values ({places})", row[1:])
