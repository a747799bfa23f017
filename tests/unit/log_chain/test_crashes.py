"""Killed at every step that writes or sends, and started again: nothing is lost and nothing is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bureau import Bureau
from support.chains import DeployedChain, deployed_on, running_chain

from ledger.chain.deployment import deployment_path
from ledger.keys.keystore import Keystore
from ledger.log.status_rules import StatusChange
from ledger.values import LogIndex, Role, Status

TESTS = Path(__file__).resolve().parents[2]
CALLS = (
    "store.accept_status",
    "store.apply_events",
    "store.put_outgoing",
    "chain.send",
    "store.set_status_state",
    "store.remove_outgoing",
)


@pytest.fixture(scope="module")
def city() -> Iterator[DeployedChain]:
    with running_chain("embedded") as running, deployed_on(running) as deployed:
        yield deployed


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_killed_at_any_step_nothing_is_lost_and_nothing_is_done_twice(
    city: DeployedChain, tmp_path: Path, new_code: str, call: str, moment: str
) -> None:
    keystore = Keystore.create(tmp_path / "keystore.json", "pass")
    words = {"url": city.running.url, "deployment": city.deployment, "council": city.members}
    first = Bureau.open(tmp_path, keystore=keystore, **words)
    first.register(new_code)
    first.issue(2)
    first.settle()
    first.close()

    assert die(city, tmp_path, new_code, call, moment) == -signal.SIGKILL

    bureau = Bureau.open(tmp_path, keystore=keystore, **words)
    bureau.code = first.code
    try:
        retried = StatusChange(after=Status.REVOKED, indexes=(LogIndex(1),))
        act = bureau.status.change(bureau.code, retried, idempotency_key="revoke-1", actor="clerk")
        bureau.settle()
        log_no = bureau.log.log_no
        assert bureau.store.records.tree_size(log_no) == 5
        assert [event.size for event in bureau.store.chain.anchors(log_no)] == [2, 5]
        assert bureau.status.request(bureau.code, act.act_no).state == "final"
        assert act.act_no == 1
        assert [entry.after for entry in bureau.status.history(log_no, LogIndex(1))] == [Status.REVOKED]
        # Two anchors and one act in all: each key signed no transaction that was mined beside them.
        used = [
            bureau.chain.next_nonce(keystore.chain_signer(bureau.code, role).address)
            for role in (Role.ANCHOR, Role.STATUS)
        ]
        assert used == [2, 1]
        assert bureau.store.chain.outgoing() == []
        assert bureau.fsck_errors() == []
    finally:
        bureau.close()


def die(city: DeployedChain, folder: Path, code: str, call: str, moment: str) -> int:
    """Let a child process work in this folder until it is killed; its exit code."""
    deployment = deployment_path(city.folder, city.deployment.chain_id)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    child = subprocess.run(
        [sys.executable, "-m", "support.dying", folder, city.running.url, deployment, code, call, moment],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    return child.returncode
