"""A backup is taken while a clerk's job runs; the machine burns down; everything acknowledged before is proved."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from support.service_process import ROOT, add_seoul, done, running, sillok

from ledger.errors import InputError, StoreError
from ledger.settings import load_settings
from ledger.wiring import back_up, restore

pytestmark = [pytest.mark.xdist_group("backup"), pytest.mark.timeout(900)]
RECORDS = 1500


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `data` (its service was stopped), `backup` taken under load, and what was `acknowledged` then."""
    folder = tmp_path_factory.mktemp("city")
    listed, results = folder / "list.ndjson", folder / "results.ndjson"
    listed.write_text("".join(f'{{"kind":"document","sha256":"{number:064x}"}}\n' for number in range(RECORDS)))
    with running(folder / "data") as service:
        add_seoul(service)
        command = [sys.executable, "-m", "ledger", "anchor", listed, "--data", service.data, "--results", results]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        ) as clerk:
            while len(lines(results)) < 500:
                assert clerk.poll() is None, "the job ended before the backup"
            shutil.copy(results, folder / "acknowledged.ndjson")
            print(done("backup", folder / "backup", "--data", service.data))
            assert clerk.wait(120) == 0, "the job was disturbed by the backup"
        assert len(lines(results)) == RECORDS
        # One more, so that the chain holds a record that the backup lacks, however fast the job was.
        (folder / "later.txt").write_text("later")
        done("anchor", folder / "later.txt", "--data", service.data, "--results", folder / "later.ndjson")
    return folder


def test_everything_acknowledged_before_the_backup_is_proved_after_the_restore(city: Path, tmp_path: Path) -> None:
    acknowledged = lines(city / "acknowledged.ndjson")
    assert len(acknowledged) >= 500
    done("restore", city / "backup", "--data", tmp_path / "data")
    with running(tmp_path / "data") as service:
        done("anchor", city / "list.ndjson", "--data", service.data, "--results", tmp_path / "results.ndjson")
        again = {line["line"]: line["index"] for line in lines(tmp_path / "results.ndjson")}
        assert {line["line"]: line["index"] for line in acknowledged}.items() <= again.items()
        trust, last = tmp_path / "trust.note", tmp_path / "last.evidence"
        done("trust", "--data", service.data, "--out", trust)
        path = f"/v1/agencies/6110000/records/{acknowledged[-1]['index']}/evidence"
        last.write_bytes(urlopen(service.url + path, timeout=30).read())
        assert "valid" in done("verify", last, "--trust", trust, "--offline")
        # The job was given again: those that the copy lacks are records of their own, and all are anchored once.
        log = service.get("/v1/agencies/6110000")["log"]  # type: ignore[index]
        assert log["anchored"]["size"] == log["size"] == RECORDS
    assert sillok("fsck", "--data", tmp_path / "data").returncode == 0


def test_a_restore_that_would_fork_the_log_is_refused_and_says_how_to_go_on(city: Path, tmp_path: Path) -> None:
    """The ledger is lost, its chain is not: it holds records that the backup lacks."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copytree(city / "data" / "chain", data / "chain")
    refused = sillok("restore", city / "backup", "--data", data)
    assert refused.returncode == 1
    assert "would give their indexes to other records" in refused.stderr
    assert "Restore a newer backup" in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"], "a refused restore leaves nothing"
    assert sorted(path.name for path in data.iterdir()) == ["chain"]

    # There is no newer one: the way on that the refusal names.
    advice = refused.stderr[refused.stderr.index("sillok key compromised") :].split("`")[0].split()[1:]
    assert sillok("restore", city / "backup", "--data", data, "--anyway").returncode == 1
    document = tmp_path / "document.txt"
    document.write_text("one more")
    with running(data) as service:
        given = ("anchor", document, "--data", data, "--results", tmp_path / "results.ndjson")
        halted = sillok(*given)
        assert halted.returncode == 3
        assert "this store" in halted.stderr
        done(*advice, "--yes", "--data", data)
        done(*given)
        log = service.get("/v1/agencies/6110000")["log"]  # type: ignore[index]
        assert log["origin"].endswith("/6110000/2")
        assert log["anchored"]["size"] == log["size"]
    assert sillok("fsck", "--data", data).returncode == 0


def test_a_damaged_or_unfinished_backup_is_refused_by_name(city: Path, tmp_path: Path) -> None:
    copied, settings = tmp_path / "backup", load_settings(data=tmp_path / "data")
    shutil.copytree(city / "backup", copied)
    with (copied / "ledger.db").open("r+b") as file:
        file.seek(20_000)
        file.write(b"\xff")
    with pytest.raises(InputError, match="missing or damaged") as refused:
        restore(settings, copied, anyway=False)
    assert str(refused.value.where).endswith("ledger.db")
    (copied / "backup.json").unlink()
    with pytest.raises(InputError, match="not finished"):
        restore(settings, copied, anyway=True)
    assert not settings.data.exists()


def test_a_damaged_database_is_not_copied_as_if_it_were_whole(city: Path, tmp_path: Path) -> None:
    shutil.copytree(city / "data", tmp_path / "data")
    with (tmp_path / "data" / "ledger.db").open("r+b") as file:
        file.seek(4096 * 20)
        file.write(b"\xff" * 4096)
    with pytest.raises(StoreError, match=r"damaged|malformed"):
        back_up(load_settings(data=tmp_path / "data"), tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_nothing_is_overwritten(city: Path) -> None:
    with pytest.raises(InputError, match="something here already"):
        back_up(load_settings(data=city / "data"), city / "backup")
    with pytest.raises(InputError, match="something in this folder"):
        restore(load_settings(data=city / "data"), city / "backup", anyway=True)


def lines(results: Path) -> list[dict[str, int]]:
    """Every whole result line."""
    whole = results.read_bytes().split(b"\n")[:-1] if results.exists() else []
    return [json.loads(line) for line in whole]
