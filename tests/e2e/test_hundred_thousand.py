"""100,000 documents from NDJSON, then verified on a copy with the network cut and the service stopped."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from support.service_process import ROOT, add_seoul, done, running

RECORDS = 100_000
SAMPLE = 20


@pytest.mark.timeout(600)
def test_evidence_outlives_network_and_service(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    rng = random.Random(7)
    sampled = sorted(rng.sample(range(RECORDS), SAMPLE))
    with (tmp_path / "list.ndjson").open("w") as listed:
        for number in range(RECORDS):
            if number in sampled:
                (documents / f"{number}.txt").write_text(f"document {number}\n")
                listed.write(json.dumps({"path": f"documents/{number}.txt"}) + "\n")
            else:
                listed.write(f'{{"sha256":"{rng.randbytes(32).hex()}"}}\n')
    with running(tmp_path / "data") as service:
        add_seoul(service)
        results = tmp_path / "results.ndjson"
        done("anchor", tmp_path / "list.ndjson", "--data", service.data, "--results", results, timeout_s=480)
        answers = map(json.loads, results.read_text().splitlines())
        indexes = {answer["line"] - 1: answer["index"] for answer in answers}
        assert len(set(indexes.values())) == RECORDS
        away = tmp_path / "away"
        away.mkdir()
        for number in sampled:
            shutil.copy(documents / f"{number}.txt", away)
            path = f"/v1/agencies/6110000/records/{indexes[number]}/evidence?disclose=public"
            with urlopen(service.url + path, timeout=60) as answer:
                (away / f"{number}.txt.evidence").write_bytes(answer.read())
        done("trust", "--out", tmp_path / "trust.note", "--data", service.data)
    for number in sampled:
        result = without_network(away / f"{number}.txt", tmp_path / "trust.note")
        assert result.returncode == 0, result.stdout + result.stderr
        (away / f"{number}.txt").write_text(f"document {number}.\n")
        assert without_network(away / f"{number}.txt", tmp_path / "trust.note").returncode == 1


def without_network(document: Path, trust: Path) -> subprocess.CompletedProcess[str]:
    """`sillok verify --offline` in a network namespace of its own: not even loopback is up."""
    command = ["unshare", "--net", "--map-root-user", sys.executable, "-m", "ledger", "verify", document, "--offline"]
    return subprocess.run(
        [*map(str, command), "--trust", str(trust)],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
