"""What reading evidence loads: nothing slow, nothing that talks to anybody."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import ledger.records

SLOW = {"web3", "eth_abi", "eth_account", "eth_keys", "rlp", "pydantic", "sqlalchemy", "coincurve", "typer", "rich"}
NETWORK = {"asyncio", "http", "httpx", "requests", "socket", "ssl"}
TARDY = {
    "_strptime",
    "pathlib",
    "rfc8785",
    "cryptography.x509",
    "cryptography.hazmat.backends.openssl",
    "importlib.metadata",
    "uuid",
}


def test_the_frozen_rooms_load_nothing_slow() -> None:
    folder = Path(ledger.records.__file__).parent
    names = [f"ledger.records.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__"]
    reading = "from ledger.values import parse_instant; parse_instant('2026-11-24T00:00:00Z')"
    program = f"import {', '.join(names)}, json, sys\n{reading}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    forbidden = [name for name in loaded if name in TARDY or name.split(".")[0] in SLOW | NETWORK]
    assert not forbidden
