"""What a citizen's machine does alone: `sillok verify --offline` of one file, as the CPU of a whole process."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row, seconds

ROUNDS = 11
LIBRARY = "import argparse, datetime, enum, hashlib, json, re, typing"
SCRIPT = Path(sys.executable).with_name("sillok")
"""The command as it is installed, run by the interpreter that everything else is measured with."""
IMPORTED = "import sys; from ledger.cli.main import main; main(sys.argv[1:]); print('web3' in sys.modules)"


def _of_children() -> float:
    """Seconds of CPU of all processes that ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rows(document: Path, evidence: Path, trust: Path) -> Iterator[Row]:
    """One file with its evidence and a trust file, against an interpreter that does nothing; the best of each."""
    root = Path(__file__).resolve().parents[2]
    words = ["verify", str(document), "--evidence", str(evidence), "--trust", str(trust), "--offline"]

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True, cwd=root)

    best = dict.fromkeys(("verify", "pass", "library"), float("inf"))
    for _ in range(ROUNDS):
        for name, command in (
            ("verify", (str(SCRIPT), *words)),
            ("pass", ("-c", "pass")),
            ("library", ("-c", LIBRARY)),
        ):
            spent = seconds(lambda command=command: run(*command), clock=_of_children)  # type: ignore[misc]
            best[name] = min(best[name], spent)
    ratio = best["verify"] / best["pass"]
    yield Row(
        measure="sillok verify --offline, whole process", value=best["verify"] * 1e3, unit="ms of CPU",
        peer="python -c pass", ratio=ratio, aim="<= 3 x", met=ratio <= 3,
    )  # fmt: skip
    yield Row(
        measure="  importing only what it needs of Python's own library", value=best["library"] * 1e3,
        unit="ms of CPU", peer="python -c pass", ratio=best["library"] / best["pass"], aim="", met=None,
    )  # fmt: skip
    clean = run("-c", IMPORTED, *words).stdout.strip().endswith("False")
    yield Row(
        measure="  web3 imported by it", value=float(not clean), unit="", peer="", ratio=None, aim="never", met=clean
    )
