"""Each system call of one intake and one anchoring fails in turn: the answer is an error, or a receipt that holds.

strace makes the n-th call of a kind fail in every thread of the office (or of the embedded chain) with EIO, ENOSPC
or EINTR, or wait for 20 ms. After each: an answer that was a record is there at its index; one that was an error is
no half of a record, and the same command sent again gives exactly one. Where a lock can't be given back, SQLite goes
without it for ever: the office opens its files anew by itself, the chain ends and is started again by its keeper.

Left out is what says nothing of disk and net: calls that wait for another thread (`futex`) or for time, memory of the
process (`mmap`, `mprotect`, `brk`, `madvise`), randomness (`getrandom`, which can't fail once the machine has begun),
and `read` and `write`, which here are the test's own pipes: SQLite reads and writes by `pread64` and `pwrite64`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.powercut.recording import TESTS
from support.straced import calls_made, strace, was_injected

from ledger.chain.deploy import deploy
from ledger.chain.deployment import Terms, deployment_path
from ledger.chain.launcher import LocalChainProcess
from ledger.keys.keystore import Keystore

FULL = os.environ.get("SILLOK_EVERY_SYSTEM_CALL") == "1"
"""`make chaos` fails each call of each kind; CI the first call of the kinds that write, sync and send."""
FAULTS = ("error=EIO", "error=ENOSPC", "error=EINTR", "delay_enter=20000")
OF_LOCKS = ("error=ENOLCK", "delay_enter=20000")
"""A lock that is not waited for knows no other error; SQLite treats all alike, and waits for 10 s after each."""
MOST = int(os.environ.get("SILLOK_SYSTEM_CALLS_MOST", "1000"))
"""Calls of one kind, of one thread, that fail in turn."""
SAMPLE = ("pwrite64", "fdatasync", "sendto", "recvfrom", "openat")
LEFT_OUT = {
    *("exit", "exit_group", "restart_syscall", "rt_sigreturn"),
    *("futex", "clock_nanosleep", "sched_yield"),
    *("mmap", "munmap", "mprotect", "mremap", "brk", "madvise"),
    *("getrandom", "read", "write"),
}


@dataclass
class Steady:
    """The office under test, started again where it ends, and its chain."""

    folder: Path
    chain: LocalChainProcess
    arguments: list[str]
    process: subprocess.Popen[str] | None = None
    starts: int = 0
    chain_starts: int = 1
    acknowledged: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
        command = [sys.executable, "-m", "support.steady", *self.arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )
        assert self._read() == "ready"
        self.starts += 1

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def ask(self, line: str) -> str:
        """Its answer; `dead` where it ended."""
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return "dead"
        return self._read() or "dead"

    def sure(self, line: str) -> str:
        """An answer that is no error, by a process that was started again where it had ended."""
        said = self.ask(line)
        for pause_s in (0, 0.5):
            if said.startswith("error"):
                # SQLite or a connection notices only now what failed before; or the chain is about to end.
                time.sleep(pause_s)
                self.keep_chain()
                said = self.ask(line)
        if said.startswith("dead"):
            self.stop()
            self.start()
            said = self.ask(line)
        assert not said.startswith(("error", "bug", "dead")), said
        return said

    def keep_chain(self) -> None:
        """Start the chain again where it ended, as its keeper does in the service."""
        if self.chain.pid is None:
            self.chain.start()
            self.chain_starts += 1

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def _read(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Steady]:
    chain = LocalChainProcess(tmp_path / "chain")
    url = chain.start()
    keystore = Keystore.create(tmp_path / "keystore.json", "pass")
    keystore.add_council_key()
    keystore.add_deployer_key()
    members = tuple(signer.address for signer in keystore.governor_signers())
    terms = Terms(members=members, threshold=1, minimum_delay_s=0)
    deployment = deploy(url, keystore.deployer_signer(), tmp_path, terms)
    where = deployment_path(tmp_path, deployment.chain_id)
    steady = Steady(tmp_path, chain, [str(tmp_path), url, str(where), "6110000"])
    steady.start()
    try:
        yield steady
    finally:
        steady.stop()
        chain.stop()


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("what", ["one intake", "one anchoring, in the office", "one anchoring, in the chain"])
def test_a_system_call_that_fails_leaves_an_error_or_a_receipt_that_holds(office: Steady, what: str) -> None:
    tried = failed = 0
    for number, (call, when, fault) in enumerate(_plan(office, what)):
        name = f"n{number}"
        if what != "one intake":
            _sure_record(office, name)
        target = office.chain.pid if what.endswith("chain") else office.pid
        assert target is not None
        out = office.folder / "trace"
        with strace(target, "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={when}", out=out):
            said = office.ask(f"issue {name}" if what == "one intake" else "anchor")
        assert not said.startswith("bug"), (call, when, fault, said)
        tried += was_injected(out)
        failed += said.startswith(("error", "dead"))
        if said.startswith("record"):
            office.acknowledged[name] = int(said.split()[2])
        office.keep_chain()
        _sure_record(office, name)
        assert int(office.sure("anchor").split()[1]) == len(office.acknowledged), (call, when, fault)
    assert int(office.sure("check").split()[1]) == len(office.acknowledged)
    print(f"system calls of {what} disturbed: {tried}, of which {failed} times the answer was an error", end="")
    print(f"; started again: the office {office.starts - 1} times, the chain {office.chain_starts - 1} times")
    assert tried >= 2 * len(FAULTS), "writes and syncs at least, each with every fault"
    assert office.starts == 1, "the office heals itself"


def _sure_record(office: Steady, name: str) -> None:
    """The command sent again: the record that is there, or exactly one more."""
    index = int(office.sure(f"issue {name}").split()[2])
    assert office.acknowledged.setdefault(name, index) == index
    assert index == list(office.acknowledged).index(name), "a record without an answer, or twice"


def _plan(office: Steady, what: str) -> list[tuple[str, int, str]]:
    """Which call fails how, from a run without faults."""
    for number in range(2):
        _sure_record(office, f"plan{number}")
        office.sure("anchor")
    out = office.folder / "trace"
    if what != "one intake":
        _sure_record(office, "plan2")
    target = office.chain.pid if what.endswith("chain") else office.pid
    assert target is not None
    with strace(target, out=out):
        if what == "one intake":
            _sure_record(office, "plan2")
        else:
            office.sure("anchor")
    made = {call: count for call, count in calls_made(out).items() if call not in LEFT_OUT}
    office.sure("anchor")
    if FULL:
        return [
            (call, when, fault)
            for call in sorted(made)
            for when in range(1, min(made[call], MOST) + 1)
            for fault in (OF_LOCKS if call == "fcntl" else FAULTS)
        ]
    locks = [("fcntl", when, OF_LOCKS[0]) for when in (2, 4)]
    return [(call, 1, fault) for call in SAMPLE if call in made for fault in FAULTS] + locks
