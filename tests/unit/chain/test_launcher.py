"""The embedded chain as a child process: it starts, says what is wrong, and never outlives its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger.chain.identity import ask_identity
from ledger.chain.launcher import LocalChainProcess
from ledger.chain.rpc import JsonRpc
from ledger.errors import ChainError
from ledger.ports.chain import ChainIdentity


def identity_at(url: str) -> ChainIdentity:
    rpc = JsonRpc(url)
    try:
        return ask_identity(rpc).identity
    finally:
        rpc.close()


def gone(pid: int, within_s: float = 30) -> bool:
    """Whether a process ends; waiting ends with it."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_it_keeps_its_chain_and_its_port_over_restarts(tmp_path: Path) -> None:
    process = LocalChainProcess(tmp_path / "deep" / "chain", chain_id=77)
    with pytest.raises(ChainError, match="was not started"):
        _ = process.url
    with process:
        url, pid = process.url, process.pid
        assert process.start() == url
        assert process.pid == pid, "starting what runs does nothing"
        first = identity_at(url)
        assert (first.chain_id, first.development) == (77, False)
        process.check()
        assert not process.wait(0.01)
    assert process.pid is None
    process.stop()
    assert process.start() == url
    assert identity_at(url) == first
    process.stop()
    assert process.wait()


def test_where_somebody_took_its_port_meanwhile_it_comes_back_on_another(tmp_path: Path) -> None:
    process = LocalChainProcess(tmp_path / "chain")
    url = process.start()
    first = identity_at(url)
    process.stop()
    with socket.create_server(("127.0.0.1", int(url.rsplit(":", 1)[1]))) as other:
        with process:
            assert process.url != url
            assert identity_at(process.url) == first
        fixed = LocalChainProcess(tmp_path / "chain", port=other.getsockname()[1])
        with pytest.raises(ChainError, match="cannot be used: Address already in use"):
            fixed.start()


def test_a_development_chain_says_so_and_no_other_is_taken_for_it(tmp_path: Path) -> None:
    with LocalChainProcess(tmp_path / "dev", dev=True) as process:
        assert identity_at(process.url).development
    with pytest.raises(ChainError, match="holds a development chain"):
        LocalChainProcess(tmp_path / "dev").start()


def test_two_on_one_folder_is_refused_in_words_for_people(tmp_path: Path) -> None:
    with LocalChainProcess(tmp_path / "chain") as process:
        with pytest.raises(ChainError, match=f"open in another process .id {process.pid}") as refused:
            LocalChainProcess(tmp_path / "chain").start()
        assert refused.value.where == str(tmp_path / "chain")
        assert refused.value.fix is not None
        assert "Traceback" not in str(refused.value)
        process.check()
        identity_at(process.url)


def test_its_death_is_noticed(tmp_path: Path) -> None:
    process = LocalChainProcess(tmp_path / "chain")
    process.start()
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert process.wait(20)
    with pytest.raises(ChainError, match=r"did not keep running \(exit code -9\)"):
        process.check()
    process.stop()


PARENT = """
import sys, time
from pathlib import Path
from ledger.chain.launcher import LocalChainProcess
process = LocalChainProcess(Path(sys.argv[1]))
process.start()
print(process.pid, flush=True)
time.sleep(600)
"""


def test_it_ends_when_its_parent_is_killed_and_knows_no_secret_of_it(tmp_path: Path) -> None:
    environment = {**os.environ, "SILLOK_KEYSTORE_PASSWORD": "planted-password"}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "chain")], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert parent.stdout is not None
    try:
        child = int(parent.stdout.readline())
        assert b"planted-password" not in Path(f"/proc/{child}/environ").read_bytes()
        parent.send_signal(signal.SIGKILL)
        assert gone(child)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    # Whoever comes next finds the folder free and the chain whole.
    with LocalChainProcess(tmp_path / "chain") as process:
        identity_at(process.url)


def test_launched_first_it_is_waited_for_once_and_ends_with_whoever_gives_up_before_that(tmp_path: Path) -> None:
    process = LocalChainProcess(tmp_path)
    process.launch()
    pid = process.pid
    process.launch()
    assert process.pid == pid, "launching what is on its way does nothing"
    with pytest.raises(ChainError, match="was not started"):
        _ = process.url
    assert identity_at(process.start()).chain_id
    assert process.pid == pid
    process.stop()
    process.launch()
    unheard = process.pid
    assert unheard is not None
    process.stop()
    assert gone(unheard)


def test_what_ends_between_launch_and_start_says_why(tmp_path: Path) -> None:
    with LocalChainProcess(tmp_path):
        second = LocalChainProcess(tmp_path)
        second.launch()
        assert second.wait(30)
        with pytest.raises(ChainError, match="did not start"):
            second.start()
