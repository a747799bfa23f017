"""Run under the recorder: begin an embedded chain, mine transactions one after the other, and say each hash.

python -m support.powercut.chain FOLDER COUNT
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from localchain import database
from localchain.node import Node
from support.localchains import MARK, Sender, deploy, send


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    # Copied back often, so that a short run has many checkpoints of the write-ahead log.
    database._CHECKPOINT_PAGES = 40  # type: ignore[misc]
    node = Node.open(folder)
    os.write(1, f"genesis {node.genesis_hash.hex()}\n".encode())
    sender = Sender(node.chain_id)
    contract = deploy(node, sender)
    for number in range(1, count + 1):
        row = send(node, sender.sign(contract, MARK))
        os.write(1, f"{number} {row.hash.hex()}\n".encode())
    node.close()


if __name__ == "__main__":
    main()
