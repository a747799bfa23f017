"""Real chains for tests: our embedded one and anvil, started for a `with` block and gone after it.

with running_chain("anvil") as chain:
    signer = chain.new_signer()     # a fresh key that can pay
"""

from __future__ import annotations

import itertools
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from ledger.chain.deploy import deploy
from ledger.chain.deployment import Deployment, Terms
from ledger.chain.ethereum import EthereumChain
from ledger.chain.governor import Governor
from ledger.chain.launcher import LocalChainProcess
from ledger.chain.rpc import Json, JsonRpc
from ledger.keys.signers import FileChainSigner, draw_secret
from ledger.ports.chain import Call, TransactionOutcome, TransactionState
from ledger.values import Address, AgencyCode, KeyId, LogId, Role

ROOT = Path(__file__).resolve().parents[2]
# npm's `anvil` is a launcher whose child survives a kill: the program itself is started.
ANVIL = ROOT / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
ENGINES = ("embedded", "anvil")
COIN = 10**24


@dataclass(frozen=True, slots=True)
class RunningChain:
    """One chain that answers JSON-RPC."""

    kind: str
    url: str

    def rpc(self, method: str, *params: Json) -> Json:
        """One JSON-RPC request to it."""
        client = JsonRpc(self.url, timeout_s=30)
        try:
            return client.call(method, *params)
        finally:
            client.close()

    def fund(self, address: Address) -> None:
        """Give a key coin where transactions cost something."""
        if self.kind == "anvil":
            self.rpc("anvil_setBalance", "0x" + address.hex(), hex(COIN))

    def new_signer(self) -> FileChainSigner:
        """A fresh key that can pay for transactions."""
        signer = FileChainSigner(draw_secret())
        self.fund(signer.address)
        return signer

    def pass_time(self, seconds: int) -> None:
        """Let the next block be this much later; needs a development chain."""
        self.rpc("evm_increaseTime", seconds)
        self.rpc("evm_mine")


@contextmanager
def running_chain(kind: str, *, dev: bool = True, data: Path | None = None) -> Iterator[RunningChain]:
    """A chain of this engine ("embedded" or "anvil"), fresh unless `data` holds an embedded one."""
    if kind == "anvil":
        with _anvil() as url:
            yield RunningChain("anvil", url)
        return
    assert kind == "embedded", kind
    with tempfile.TemporaryDirectory() as folder:
        process = LocalChainProcess(data or Path(folder) / "chain", dev=dev)
        try:
            yield RunningChain("embedded", process.start())
        finally:
            process.stop()


@dataclass(frozen=True, slots=True)
class Office:
    """An agency on chain: its keys and its open log."""

    agency: AgencyCode
    anchor: FileChainSigner
    status: FileChainSigner
    log_id: LogId


@dataclass(frozen=True, slots=True)
class DeployedChain:
    """Our contracts on a running chain."""

    running: RunningChain
    folder: Path
    deployment: Deployment
    deployer: FileChainSigner
    members: tuple[FileChainSigner, ...]
    ethereum: EthereumChain
    governor: Governor
    _codes: Iterator[int]

    def new_office(self, *, max_delay_s: int = 3600) -> Office:
        """A new agency, whose log is `sillok.example/<code>`."""
        agency = AgencyCode(f"{next(self._codes):07d}")
        self.governor.register_agency(agency)
        anchor, status = self.running.new_signer(), self.running.new_signer()
        self.governor.add_key(agency, key_id_of(anchor), Role.ANCHOR)
        self.governor.add_key(agency, key_id_of(status), Role.STATUS)
        log_id = self.governor.open_log("sillok.example", agency, max_delay_s)
        return Office(agency=agency, anchor=anchor, status=status, log_id=log_id)

    def run(self, call: Call, signer: FileChainSigner) -> TransactionState:
        """Sign and send a call; what became of it."""
        chain = self.ethereum
        signed = chain.sign(call, signer, chain.next_nonce(signer.address))
        chain.send([signed])
        until = time.monotonic() + 60
        while (state := chain.states([signed.hash])[0]).outcome is TransactionOutcome.PENDING:
            assert time.monotonic() < until, "not mined"
            time.sleep(0.01)
        return state


def key_id_of(signer: FileChainSigner) -> KeyId:
    """A chain key's id in the AgencyRegistry."""
    return KeyId(signer.address.rjust(32, b"\0"))


@contextmanager
def deployed_on(
    running: RunningChain, *, members: int = 1, threshold: int = 1, delay_s: int = 0
) -> Iterator[DeployedChain]:
    """Our contracts, newly deployed on this chain."""
    deployer = running.new_signer()
    council = tuple(running.new_signer() for _ in range(members))
    terms = Terms(members=tuple(member.address for member in council), threshold=threshold, minimum_delay_s=delay_s)
    with tempfile.TemporaryDirectory() as folder:
        deployment = deploy(running.url, deployer, Path(folder), terms)
        ethereum = EthereumChain(running.url, deployment, timeout_s=60)
        try:
            yield DeployedChain(
                running=running,
                folder=Path(folder),
                deployment=deployment,
                deployer=deployer,
                members=council,
                ethereum=ethereum,
                governor=Governor(ethereum, council),
                _codes=itertools.count(1_000_000),
            )
        finally:
            ethereum.close()


@contextmanager
def _anvil() -> Iterator[str]:
    # The rules of a real chain: the gas limit of one transaction (EIP-7825) and the code size limit hold.
    command = [str(ANVIL), "--port", "0", "--hardfork", "prague", "--gas-limit", "60000000", "--enable-tx-gas-limit"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines: Queue[str] = Queue()

    def listen() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            lines.put(line)

    reader = Thread(target=listen, daemon=True)
    reader.start()
    said: list[str] = []
    try:
        while not (said and said[-1].startswith("Listening on ")):
            try:
                said.append(lines.get(timeout=60))
            except Empty:
                raise AssertionError("anvil did not start:\n" + "".join(said)) from None
        yield "http://" + said[-1].removeprefix("Listening on ").strip()
    finally:
        child.kill()
        child.wait()
        reader.join(10)
        if child.stdout is not None:
            child.stdout.close()
