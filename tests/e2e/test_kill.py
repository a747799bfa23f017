"""`kill -9` at random moments of a bulk job: nothing acknowledged is lost, nothing is twice, all is anchored."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.service_process import ROOT, Service, add_seoul, done, sillok

KILLS = int(os.environ.get("SILLOK_KILLS", "50"))
RECORDS = 60_000


@pytest.mark.timeout(900)
def test_a_bulk_job_survives_many_kills(tmp_path: Path) -> None:
    listed = tmp_path / "list.ndjson"
    write_list(listed, 1)
    service, results, rng = Service(tmp_path / "data"), tmp_path / "results.ndjson", random.Random(9)
    service.start()
    add_seoul(service)
    command = [sys.executable, "-m", "ledger", "anchor", listed, "--data", service.data, "--results", results]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    kills, acknowledged = 0, {}
    while kills < KILLS:
        with subprocess.Popen(
            command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment
        ) as clerk:
            time.sleep(rng.uniform(0.3, 1.4))
            service.kill()
            kills += 1
            assert clerk.wait(60) in {0, 3}, "the clerk's command must say that the service went away"
        seen = read(results)
        assert acknowledged.items() <= seen.items(), "an acknowledged line changed"
        acknowledged = seen
        if len(acknowledged) == RECORDS:
            # All recorded: go on with a new list, so that every kill hits a job.
            write_list(listed, RECORDS * (kills + 1))
            results.unlink()
            acknowledged = {}
        service.start()
    done("anchor", listed, "--data", service.data, "--results", results)
    final = read(results)
    assert acknowledged.items() <= final.items()
    assert len(final) == RECORDS == len(set(final.values()))
    log = service.get("/v1/agencies/6110000")["log"]  # type: ignore[index]
    assert log["anchored"]["size"] == log["size"]
    service.stop()
    assert sillok("fsck", "--data", service.data).returncode == 0


def read(results: Path) -> dict[int, int]:
    """Line → index of every whole result line."""
    lines = results.read_bytes().split(b"\n")[:-1] if results.exists() else []
    return {line["line"]: line["index"] for line in map(json.loads, lines)}


def write_list(path: Path, offset: int) -> None:
    """Documents that no list before had."""
    path.write_text("".join(f'{{"kind":"document","sha256":"{offset + n:064x}"}}\n' for n in range(RECORDS)))
