"""A bureau that kills itself (SIGKILL) at a named call: `python -m support.dying` in a folder, on a running chain.

Arguments: data folder, rpc url, deployment file, agency, call (`store.put_outgoing`, `chain.send` …), `before` or
`after`. It issues records, asks for a status act, and steps until it dies; 3: it never reached the call.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from support.bureau import Bureau

from ledger.chain.deployment import load_deployment
from ledger.keys.keystore import Keystore
from ledger.keys.signers import FileChainSigner, draw_secret
from ledger.log.status_rules import StatusChange
from ledger.values import AgencyCode, LogIndex, Status


class Dying:
    """Passes calls on, and kills this process at one of them."""

    def __init__(self, inner: object, call: str, *, after: bool) -> None:
        self._inner = inner
        self._call = call
        self._after = after

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if name != self._call:
            return found

        def die(*values: object, **words: object) -> None:
            if self._after:
                found(*values, **words)
            os.kill(os.getpid(), signal.SIGKILL)

        return die


def main(arguments: list[str]) -> int:
    """Work until the named call."""
    folder, url, deployment, agency, call, moment = arguments
    place, _, method = call.partition(".")
    bureau = Bureau.open(
        Path(folder),
        url=url,
        deployment=load_deployment(Path(deployment)),
        council=[FileChainSigner(draw_secret())],
        keystore=Keystore.open(Path(folder) / "keystore.json", "pass"),
    )
    bureau.code = AgencyCode(agency)
    wrap: Callable[[object], Dying] = lambda inner: Dying(inner, method, after=moment == "after")  # noqa: E731
    if place == "store":
        for part in (bureau.mirror, bureau.outbox):
            part._store = wrap(part._store)  # type: ignore[attr-defined,assignment]
        for part in (bureau.anchorer, bureau.sender, bureau.status):
            part._chain_store = wrap(part._chain_store)  # type: ignore[attr-defined,assignment]
    else:
        for part in (bureau.mirror, bureau.outbox, bureau.anchorer, bureau.sender):
            part._chain = wrap(part._chain)  # type: ignore[attr-defined,assignment]
    bureau.issue(3)
    change = StatusChange(after=Status.REVOKED, indexes=(LogIndex(1),))
    bureau.status.change(bureau.code, change, idempotency_key="revoke-1", actor="clerk")
    bureau.settle()
    return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
