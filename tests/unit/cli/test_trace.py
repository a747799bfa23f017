"""`sillok trace --from`: an export is rechecked with nobody to ask, and one deleted step is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.office import T0, Office

from ledger.cli import main
from ledger.hashing.canonical import encode
from ledger.procurement.export import Export, ExportedStep, Head, Listed, encode_export
from ledger.records.record import ProcessStep
from ledger.values import Instant, LogIndex

OCID = "ocds-213czf-000-00001"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    office = Office()
    for seq, amount in enumerate(("702000000", "702000000", "770000000"), start=1):
        office.issue(
            {"contract.amount": amount, "contract.currency": "KRW"},
            kind="procurement/contract",
            process=ProcessStep(id=OCID, seq=seq),
        )
    office.anchor(block=42, time=60)
    steps = tuple(
        ExportedStep(
            place=Listed(seq=index + 1, origin=office.origin, index=LogIndex(index)),
            accepted_at=Instant(T0 + 1),
            evidence=office.evidence(index),
        )
        for index in range(3)
    )
    export = Export(
        process_id=OCID,
        steps=steps,
        listed=tuple(step.place for step in steps),
        heads=(Head(origin=office.origin, checkpoint=office.checkpoint(3)),),
    )
    (tmp_path / "export.json").write_bytes(encode_export(export))
    (tmp_path / "trust.note").write_text(office.trust_note())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*argv: str) -> int:
    return main.main(["trace", OCID, "--from", "export.json", *argv])


@pytest.mark.usefixtures("folder")
def test_the_steps_are_listed_with_what_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--trust", "trust.note") == 0
    shown = capsys.readouterr().out
    assert "770,000,000 KRW" in shown
    assert "changed since step 2: contract.amount 702000000 → 770000000 (+68,000,000)" in shown
    assert "no gap up to step 3" in shown
    assert shown.count("[valid]") == 3
    assert shown.count("anchored 2026-11-24T00:01:00Z") == 3


@pytest.mark.parametrize("gone", range(3))
def test_a_deleted_step_is_named(folder: Path, gone: int, capsys: pytest.CaptureFixture[str]) -> None:
    value = json.loads((folder / "export.json").read_bytes())
    del value["steps"][gone]
    (folder / "export.json").write_bytes(encode(value))
    assert run("--trust", "trust.note") == 1
    shown = capsys.readouterr().out
    assert f"{gone + 1:>4}  MISSING" in shown
    assert f"Missing: step {gone + 1}." in shown


@pytest.mark.usefixtures("folder")
def test_without_a_trust_file_no_step_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert {row["verdict"] for row in told["checks"]} == {"unknown-issuer"}


def test_what_cannot_be_used_is_a_usage_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["trace", "another", "--from", "export.json"]) == 2
    assert main.main(["trace", OCID, "--from", "nothing.json"]) == 2
    assert main.main(["trace", OCID, "--from", "trust.note"]) == 2
    assert main.main(["trace", OCID, "--from", "export.json", "--export", "x"]) == 2
    assert main.main(["trace"]) == 2
    assert main.main(["trace", OCID, "--data", str(folder / "none")]) == 3
    assert "Traceback" not in capsys.readouterr().err
