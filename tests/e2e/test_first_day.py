"""The first day on a bare machine: start, fill, verify, trace, change, look for damage; all by the command line."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.service_process import Service, done, running, sillok

PROCESS = "ocds-000000-6110000-2020-001"


@pytest.fixture(scope="module")
def seoul(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    """A running service with the demo's small Seoul, and what the demo advised."""
    data = tmp_path_factory.mktemp("seoul") / "data"
    with running(data) as service:
        yield service, done("demo", "--data", data)


def paper(service: Service, position: int) -> Path:
    return service.data / "demo" / "certificates" / f"certificate-{position + 1:03d}.pdf"


def trust(service: Service) -> Path:
    return service.data / "demo" / "trust.note"


def verdict(*words: str | Path) -> tuple[int, str]:
    result = sillok("verify", *words, "--json")
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)["verdict"]


@pytest.mark.parametrize(
    ("position", "code", "expected"),
    [
        (0, 0, "valid"),
        (3, 1, "revoked"),
        (5, 1, "revoked"),
        (8, 1, "suspended"),
        (17, 1, "superseded"),
        (7, 1, "expired"),
        (23, 1, "not-yet-in-force"),
    ],
)
@pytest.mark.parametrize("offline", [False, True])
def test_each_demo_certificate_has_its_verdict(
    seoul: tuple[Service, str], position: int, code: int, expected: str, offline: bool
) -> None:
    service, _ = seoul
    mode = ["--offline"] if offline else ["--data", service.data]
    assert verdict(paper(service, position), "--trust", trust(service), *mode) == (code, expected)


def test_without_a_trust_file_the_issuer_is_unknown(seoul: tuple[Service, str]) -> None:
    service, _ = seoul
    assert verdict(paper(service, 0), "--offline") == (1, "unknown-issuer")


def test_a_changed_file_with_its_evidence_is_altered(seoul: tuple[Service, str], tmp_path: Path) -> None:
    service, _ = seoul
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(paper(service, 0).read_bytes() + b"\n")
    shutil.copy(f"{paper(service, 0)}.evidence", f"{changed}.evidence")
    assert verdict(changed, "--trust", trust(service), "--offline") == (1, "altered")


def test_a_withdrawn_one_was_valid_before_and_a_cancelled_one_never(seoul: tuple[Service, str]) -> None:
    service, _ = seoul
    history = service.get(f"/v1/agencies/6110000/records/{index_of(service, 5)}/history")
    assert isinstance(history, dict)
    before = history["anchoredAt"]
    as_of = ["--as-of", before, "--trust", trust(service), "--data", service.data]
    if history["acts"][0]["time"] > before:
        assert verdict(paper(service, 5), *as_of) == (0, "valid")
    assert verdict(paper(service, 3), *as_of) == (1, "revoked")


def index_of(service: Service, position: int) -> int:
    lines = (service.data / "demo" / "certificates.ndjson").read_text().splitlines()
    return int(json.loads(lines[position])["index"])


def test_the_trace_shows_every_step_and_what_changed(seoul: tuple[Service, str]) -> None:
    service, _ = seoul
    text = done("trace", PROCESS, "--data", service.data)
    for seq in range(1, 9):
        assert re.search(rf"^\s*{seq}\b", text, re.MULTILINE), text
    assert "11290000000" in text.replace(",", "")
    assert "310000000" in text.replace(",", ""), "the amendment's difference against the contract is missing"


def test_a_step_cut_out_of_an_export_is_named(seoul: tuple[Service, str], tmp_path: Path) -> None:
    service, _ = seoul
    export = tmp_path / "export.json"
    done("trace", PROCESS, "--export", export, "--data", service.data)
    whole = sillok("trace", PROCESS, "--from", export, "--trust", trust(service))
    assert whole.returncode == 0, whole.stdout + whole.stderr
    document = json.loads(export.read_text())
    cut = document["steps"].pop(3)
    export.write_text(json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    result = sillok("trace", PROCESS, "--from", export, "--trust", trust(service))
    assert result.returncode == 1
    assert re.search(r"^\s*4\s+MISSING", result.stdout, re.MULTILINE), (cut["seq"], result.stdout)


def test_a_second_demo_changes_nothing(seoul: tuple[Service, str]) -> None:
    service, first = seoul
    size = service.get("/v1/agencies/6110000")["log"]["size"]  # type: ignore[index]
    assert done("demo", "--data", service.data) == first
    assert service.get("/v1/agencies/6110000")["log"]["size"] == size  # type: ignore[index]


def test_show_tells_strangers_no_name(seoul: tuple[Service, str]) -> None:
    service, _ = seoul
    text = done("show", paper(service, 0), "--data", service.data)
    assert "certificate" in text
    assert "김가온" not in text


def test_fsck_is_clean_and_names_a_changed_record(seoul: tuple[Service, str], tmp_path: Path) -> None:
    service, _ = seoul
    service.stop()
    assert sillok("fsck", "--data", service.data).returncode == 0
    copy = tmp_path / "copy"
    shutil.copytree(service.data, copy)
    with sqlite3.connect(copy / "ledger.db") as database:
        [(row, leaf)] = database.execute("SELECT rowid, leaf FROM records LIMIT 1 OFFSET 5")
        changed = leaf.replace(b'"facts":8', b'"facts":4')
        assert changed != leaf
        database.execute("UPDATE records SET leaf = ? WHERE rowid = ?", (changed, row))
    result = sillok("fsck", "--data", copy)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "record" in result.stdout
    service.start()
