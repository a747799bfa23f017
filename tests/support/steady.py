"""An office that does one thing at a time, as it is told, so that each of its system calls can be made to fail.

python -m support.steady FOLDER RPC_URL DEPLOYMENT CODE

Reads lines: `issue NAME` (answers `record NAME INDEX`), `anchor` (answers `anchored SIZE`), `check` (answers `whole
SIZE`). Any of them may be answered with `error WORDS` instead: in the words of an error of ours, or, were there one
that is not ours, with `bug WORDS`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from support.bureau import Bureau
from support.issuing import certificate

from ledger.chain.deployment import load_deployment
from ledger.errors import SillokError
from ledger.keys.keystore import Keystore
from ledger.merkle.nodes import leaf_hash
from ledger.merkle.tree import tree_head
from ledger.values import AgencyCode


def answer(bureau: Bureau, words: list[str]) -> str:
    records = bureau.store.records
    match words:
        case ["issue", name]:
            done = bureau.issuance.submit(bureau.code, certificate(name), name).result(60)
            return f"record {name} {done.index}"
        case ["anchor"]:
            bureau.settle()
            last = bureau.store.chain.last_anchor(bureau.log.log_no)
            return f"anchored {last.size if last else 0}"
        case ["check"]:
            size = records.tree_size(bureau.log.log_no)
            head = records.head(bureau.log.log_no)
            found = records.records(bureau.log.log_no, 0, size + 1)
            assert len(found) == size
            assert head is not None
            assert head.root == tree_head([leaf_hash(record.leaf) for record in found])
            assert bureau.fsck_errors() == []
            return f"whole {size}"
    raise AssertionError(words)


def main() -> None:
    folder, url, deployment, code = Path(sys.argv[1]), *sys.argv[2:]
    keystore = Keystore.open(folder / "keystore.json", "pass")
    bureau = Bureau.open(
        folder,
        url=url,
        deployment=load_deployment(Path(deployment)),
        council=keystore.governor_signers(),
        keystore=keystore,
    )
    if bureau.store.records.logs():
        bureau.code = AgencyCode(code)
    else:
        bureau.register(code)
    say("ready")
    for line in lines():
        try:
            said = answer(bureau, line.split())
        except SillokError as error:
            said = f"error {error}"
        except Exception as error:
            said = f"bug {type(error).__name__} {error}"
        say(said)


def lines() -> Iterator[str]:
    """What is asked; reading it again where that is what was made to fail."""
    rest = b""
    while True:
        try:
            piece = os.read(0, 4096)
        except OSError:
            continue
        if not piece:
            return
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode() for line in whole)


def say(line: str) -> None:
    # Not through what is being disturbed: a write of ours that fails is no answer of the service.
    data = line.replace("\n", " ").encode() + b"\n"
    while data:
        try:
            data = data[os.write(1, data) :]
        except OSError:
            continue


if __name__ == "__main__":
    main()
