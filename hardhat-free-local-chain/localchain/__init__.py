"""A durable Ethereum chain of one operator on eth-tester's EVM (py-evm), with JSON-RPC on loopback.

Blocks, state, receipts and logs live in one folder and survive `kill -9`: everything of one block is written in one
SQLite transaction. It mines one block per transaction (or per batch of them), at once, with a base fee of zero:
nobody needs coins. What it promises and what it does not is in `docs/spec/rpc.md`.

    python -m localchain --data DIR --port N [--dev] [--chain-id N] [--exit-with-stdin]

It imports nothing of the program that it serves, so any Ethereum tool or project can use it by itself.
"""

import os

from localchain.curves import postpone_curves

# eth-hash takes the slow pycryptodome although safe-pysha3 is installed (5 µs against 0.7 µs a hash). It decides
# while `eth` is imported, so this must run first; whoever chose a backend already keeps it.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

# The same holds for what py-evm computes at import and few ever call.
postpone_curves()
