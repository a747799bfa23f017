"""`kill -9` at random moments under load, of the office and of its chain: see `support.lives`."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.powercut.recording import TESTS

from ledger.chain.deploy import deploy
from ledger.chain.deployment import Terms, deployment_path
from ledger.chain.launcher import LocalChainProcess
from ledger.keys.keystore import Keystore

KILLS = int(os.environ.get("SILLOK_RANDOM_KILLS", "25"))
"""CI tries some; `make chaos` a thousand."""
SEED = int(os.environ.get("SILLOK_SEED", "20"))


@pytest.mark.timeout(7200)
def test_killed_at_random_moments_under_load_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path) -> None:
    chain = LocalChainProcess(tmp_path / "chain")
    url, rng, done, chain_kills = chain.start(), random.Random(SEED), threading.Event(), 0
    try:
        keystore = Keystore.create(tmp_path / "keystore.json", "pass")
        keystore.add_council_key()
        keystore.add_deployer_key()
        members = tuple(signer.address for signer in keystore.governor_signers())
        terms = Terms(members=members, threshold=1, minimum_delay_s=0)
        deployment = deploy(url, keystore.deployer_signer(), tmp_path, terms)
        where = deployment_path(tmp_path, deployment.chain_id)
        command = [sys.executable, "-m", "support.lives", tmp_path, url, where, str(KILLS), str(SEED)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as office:
            while office.poll() is None and not done.wait(rng.uniform(8, 16)):
                chain.kill()
                chain.start()
                chain_kills += 1
            said, _ = office.communicate(timeout=600)
        assert office.returncode == 0
    finally:
        chain.stop()
    counts = json.loads(said)
    print(f"kills at random moments survived: {counts['kills']} of the office, {chain_kills} of the chain, with")
    print(f"records acknowledged: {counts['records']}, status acts: {counts['acts']}, anchored: {counts['anchored']}")
    assert counts["kills"] == KILLS
    assert counts["records"] > KILLS
