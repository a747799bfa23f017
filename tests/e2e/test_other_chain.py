"""The first day on a chain that is not ours: contracts deployed by the command, the service beside anvil."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.chains import RunningChain, running_chain
from support.service_process import ROOT, Service, done, running, sillok

from ledger.keys.keystore import Keystore
from ledger.keys.signers import FileChainSigner
from ledger.values import Address

PASSWORD = "a password of this test alone"
PROCESS = "ocds-000000-6110000-2020-001"
VERDICTS = [(0, "valid"), (3, "revoked"), (8, "suspended"), (17, "superseded")]


@pytest.fixture(scope="module")
def chain() -> Iterator[RunningChain]:
    with running_chain("anvil") as running_anvil:
        yield running_anvil


@pytest.fixture(scope="module")
def seoul(chain: RunningChain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """`scripts/deploy.py`, then `sillok up --rpc-url`, then the demo."""
    folder = tmp_path_factory.mktemp("anvil")
    data, password, deployer = folder / "data", folder / "password", folder / "deployer.key"
    data.mkdir()
    password.write_text(PASSWORD)
    password.chmod(0o600)
    keystore = Keystore.create(data / "keystore.json", PASSWORD)
    keystore.add_trust_key("sillok.example/trust")
    keystore.add_council_key()
    [member] = keystore.governor_signers()
    chain.fund(member.address)
    deployer.write_text(secrets.token_hex(32))
    deployer.chmod(0o600)
    deploy(chain, deployer, data / "deployments", member.address)
    with running(data, "--rpc-url", chain.url, "--keystore-password-file", str(password)) as service:
        done("demo", "--data", data)
        yield service


def deploy(chain: RunningChain, key: Path, out: Path, member: Address) -> None:
    chain.fund(FileChainSigner(bytes.fromhex(key.read_text())).address)
    command = [sys.executable, "scripts/deploy.py", "--rpc", chain.url, "--key", str(key), "--out", str(out)]
    terms = ["--council", "0x" + member.hex(), "--threshold", "1", "--delay", "0"]
    result = subprocess.run([*command, *terms], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


def paper(service: Service, position: int) -> Path:
    return service.data / "demo" / "certificates" / f"certificate-{position + 1:03d}.pdf"


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize(
    ("position", "expected"), [(0, "valid"), (3, "revoked"), (8, "suspended"), (17, "superseded")]
)
def test_the_demo_has_its_verdicts(seoul: Service, position: int, expected: str, offline: bool) -> None:
    mode = ["--offline"] if offline else ["--data", seoul.data]
    trust = seoul.data / "demo" / "trust.note"
    result = sillok("verify", paper(seoul, position), "--trust", trust, *mode, "--json")
    assert json.loads(result.stdout)["verdict"] == expected, result.stdout + result.stderr


def test_an_award_is_traced(seoul: Service) -> None:
    assert "MISSING" not in done("trace", PROCESS, "--data", seoul.data)


def test_killed_and_started_again_it_goes_on_and_nothing_is_damaged(seoul: Service, tmp_path: Path) -> None:
    seoul.kill()
    seoul.start()
    document = tmp_path / "after.txt"
    document.write_text("issued after the kill")
    done("anchor", document, "--data", seoul.data, "--evidence", tmp_path / "evidence", cwd=tmp_path)
    trust = seoul.data / "demo" / "trust.note"
    evidence = tmp_path / "evidence" / "after.txt.evidence"
    assert sillok("verify", document, "--evidence", evidence, "--trust", trust, "--offline").returncode == 0
    seoul.stop()
    checked = sillok("fsck", "--data", seoul.data, *seoul.options)
    assert checked.returncode == 0, checked.stdout + checked.stderr
