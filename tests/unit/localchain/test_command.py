"""`python -m localchain` as a parent process uses it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from localchain.__main__ import main
from localchain.node import Node
from support.localchains import ChainProcess


def test_it_tells_where_it_listens_and_stops_when_asked(tmp_path: Path) -> None:
    process = ChainProcess(tmp_path, "--chain-id", "4711")
    assert set(process.ready) == {"url", "chainId", "genesis", "pid"}
    assert (process.ready["chainId"], process.ready["pid"]) == (4711, process.process.pid)
    assert process.client.call("eth_chainId") == hex(4711)
    assert process.client.call("eth_getBlockByNumber", "0x0", False)["hash"] == process.ready["genesis"]
    process.process.send_signal(signal.SIGTERM)
    assert process.end() == 0


def test_ctrl_c_stops_it_where_no_parent_holds_it(tmp_path: Path) -> None:
    process = ChainProcess(tmp_path)
    process.process.send_signal(signal.SIGINT)
    assert process.process.wait(timeout=20) == 0
    process.end()


def test_it_stops_when_standard_input_closes(tmp_path: Path) -> None:
    process = ChainProcess(tmp_path, "--exit-with-stdin")
    assert process.client.call("eth_blockNumber") == "0x0"
    assert process.end() == 0  # communicate() closes it
    Node.open(tmp_path).close()


def test_the_kill_of_a_parent_takes_it_along(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import subprocess, sys, time
        child = subprocess.Popen(
            [sys.executable, "-m", "localchain", "--data", sys.argv[1], "--port", "0", "--exit-with-stdin"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        print(child.stdout.readline(), flush=True)
        time.sleep(60)
    """)
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert "genesis" in parent.stdout.readline()
    parent.kill()
    parent.communicate()
    for _ in range(200):
        try:
            Node.open(tmp_path).close()
            return
        except Exception:
            time.sleep(0.05)
    pytest.fail("the chain outlived its parent")


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--data"],
        ["--data", "x", "--port", "-1"],
        ["--data", "x", "--port", "65536"],
        ["--data", "x", "--chain-id", "0"],
        ["--data", "x", "--chain-id", "9007199254740993"],
        ["--data", "x", "--chain-id", "one"],
        ["--data", "x", "--surprise"],
    ],
)
def test_bad_flags_are_usage_errors(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(flags)
    assert stopped.value.code == 2
    shown = capsys.readouterr()
    assert "usage:" in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_what_is_wrong_is_told_in_two_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "chain"
    held = Node.open(folder)
    assert main(["--data", str(folder), "--port", "0"]) == 1
    assert "is open in another process" in capsys.readouterr().err
    held.close()
    assert main(["--data", str(folder), "--port", "0", "--dev"]) == 1
    assert "not a development chain" in capsys.readouterr().err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--data", str(folder), "--port", str(taken.getsockname()[1])]) == 1
    shown = capsys.readouterr().err
    assert "cannot be used" in shown
    assert len(shown.strip().splitlines()) == 2
    (tmp_path / "file").touch()
    assert main(["--data", str(tmp_path / "file"), "--port", "0"]) == 1
    assert "cannot be used" in capsys.readouterr().err


def test_it_imports_nothing_of_the_program_that_it_serves(tmp_path: Path) -> None:
    code = (
        "import localchain.__main__, sys; "
        "print([name for name in sys.modules if name.split('.')[0] in ('ledger', 'api', 'web3')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert shown.stdout.strip() == "[]"


def test_the_fast_hash_and_the_fast_signatures_are_used() -> None:
    code = (
        "import os, localchain.node; from eth_keys.backends import get_backend; from eth_hash.auto import keccak; "
        "keccak(b''); print(type(get_backend()).__name__, type(keccak.hasher).__module__, keccak.hasher.__module__)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ETH_HASH_BACKEND"}
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert "pysha3" in shown
    assert "CoinCurve" in shown
