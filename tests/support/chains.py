"""Real chains for tests: our embedded one and anvil, started for a `with` block and gone after it.

with running_chain("anvil") as chain:
    signer = chain.new_signer()     # a fresh key that can pay
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from ledger.chain.launcher import LocalChainProcess
from ledger.chain.rpc import Json, JsonRpc
from ledger.keys.signers import FileChainSigner, draw_secret
from ledger.values import Address

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
