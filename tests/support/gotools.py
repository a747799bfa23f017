"""Other people's log tools (Go: sumdb note and tlog, transparency-dev merkle), built once a session and run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[1] / "e2e" / "gotools"
CACHE = Path(__file__).resolve().parents[2] / ".cache"


class ToolSaysNoError(AssertionError):
    """The tool found that something does not hold; the text is what it printed."""


@cache
def built() -> Path:
    """The tool, compiled into `.cache`; Go fetches its two modules from its registry the first time."""
    go = shutil.which("go")
    assert go, "Go is needed for this test: .ci/run installs it"
    CACHE.mkdir(exist_ok=True)
    made = CACHE / f"gotools.{os.getpid()}"
    command = [go, "build", "-o", str(made), "."]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return made.replace(CACHE / "gotools")  # in one step, so that two test processes may build at once


def _run(*arguments: str) -> dict[str, Any]:
    done = subprocess.run([str(built()), *arguments], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise ToolSaysNoError(done.stderr.strip())
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def check_log(base: str, *, origin: str, vkey: str, samples: int = 50) -> dict[str, Any]:
    """Read a whole log under an address (`http://127.0.0.1:8000/log/6110000`) or in a folder.

    Returns:
        origin, size, root (hex) and the number of records proved.

    Raises:
        ToolSaysNoError: something does not hold.
    """
    return _run("log", "-base", base, "-origin", origin, "-vkey", vkey, "-samples", str(samples))


def check_proof(proof: Path, leaf: Path, *, origin: str, vkey: str) -> dict[str, Any]:
    """Verify one record's tlog-proof. Raises ToolSaysNoError where it does not hold."""
    return _run("proof", "-proof", str(proof), "-leaf", str(leaf), "-origin", origin, "-vkey", vkey)
