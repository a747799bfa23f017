"""The wheel, installed alone into an empty environment, runs from an empty folder somewhere else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.service_process import ROOT


def run(*words: str | Path, cwd: Path, environment: dict[str, str]) -> str:
    result = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, f"{words}\n{result.stdout}{result.stderr}"
    return result.stdout


@pytest.mark.timeout(600)
def test_the_wheel_alone_serves_and_fills_itself(tmp_path: Path) -> None:
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SILLOK", "VIRTUAL"))
    }
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    run(uv, "build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", tmp_path / "dist",
        cwd=ROOT, environment=plain)  # fmt: skip
    [wheel] = (tmp_path / "dist").glob("*.whl")
    python = tmp_path / "env" / "bin" / "python"
    run(uv, "venv", "--python", sys.executable, tmp_path / "env", cwd=tmp_path, environment=plain)
    run(uv, "pip", "sync", "--python", python, "--require-hashes", "--compile-bytecode",
        ROOT / "requirements" / "run.lock", cwd=tmp_path, environment=plain)  # fmt: skip
    run(uv, "pip", "install", "--python", python, "--no-deps", wheel, cwd=tmp_path, environment=plain)
    empty = tmp_path / "empty"
    empty.mkdir()
    sillok = tmp_path / "env" / "bin" / "sillok"
    with subprocess.Popen([sillok, "up", "--port", "0"], cwd=empty, env=plain, stderr=subprocess.PIPE) as service:
        try:
            wait_for(empty / "sillok-data" / "service.json", service)
            advice = run(sillok, "demo", cwd=empty, environment=plain)
            assert "sillok verify" in advice
            paper = "sillok-data/demo/certificates/certificate-001.pdf"
            answer = run(sillok, "verify", paper, "--trust", "sillok-data/demo/trust.note", "--json",
                         cwd=empty, environment=plain)  # fmt: skip
            assert json.loads(answer)["verdict"] == "valid"
        finally:
            service.terminate()
            service.wait(60)


def wait_for(path: Path, service: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while not path.exists():
        assert service.poll() is None, service.stderr.read().decode() if service.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.1)
