"""Runs halmos on the Merkle library: `make halmos`.

    .venv-audit/bin/python tests/contracts/symbolic.py

halmos 0.3.3 gives its stand-in for the SHA-256 precompile an argument of as many bits as the data has bytes, and
stops at the first hash ("Sort mismatch"). Here the stand-in gets eight times as many; all else is halmos's own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import halmos.sevm
import z3
from halmos.__main__ import main

TOOLS = Path(__file__).resolve().parents[2] / "node_modules" / ".bin"
BYTES = 8


def function(name: str, *sorts: Any) -> Any:
    """z3's Function, with the domain of SHA-256 counted in bits."""
    if name.startswith("f_sha256_"):
        size = int(name.rpartition("_")[2])
        return z3.Function(name, z3.BitVecSort(BYTES * size), sorts[-1])
    return z3.Function(name, *sorts)


halmos.sevm.Function = function

if __name__ == "__main__":
    os.environ["PATH"] = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    sys.argv[1:1] = ["--contract", "SymbolicTest", "--loop", "64", "--forge-build-out", "tests/contracts/forge/out"]
    sys.exit(main())
