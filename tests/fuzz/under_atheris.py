"""One process that fuzzes one target under atheris (libFuzzer): coverage of our Python guides what is tried next.

    python -m fuzz.run --engine atheris …

The same arguments and the same answer as `fuzz.worker`. atheris is for Linux only and has a lock of its own
(`requirements/fuzz.lock`, which `make fuzz` installs).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["ledger", "localchain"], enable_loader_override=False):
    from fuzz.targets import MAKERS, make

    MADE = make(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] in MAKERS else None

from fuzz.engine import Engine
from fuzz.worker import MEMORY_BYTES, Window


class Session:
    """Counts what libFuzzer feeds, and ends the process with an answer."""

    def __init__(self, engine: Engine, window: Window, *, inputs: int, seconds: float) -> None:
        """End after `inputs` inputs or `seconds` seconds."""
        self._engine = engine
        self._window = window
        self._inputs = inputs
        self._end = time.monotonic() + seconds

    def feed(self, data: bytes) -> None:
        """One input of libFuzzer's."""
        tally = self._engine.tally
        self._window.show(tally.inputs, data)
        try:
            self._engine.feed(data)
        except BaseException as error:
            tally.inputs += 1
            self._answer({"error": "".join(traceback.format_exception(error))[-3000:], "input": data.hex()})
        if tally.inputs >= self._inputs or (tally.inputs % 64 == 0 and time.monotonic() > self._end):
            self._answer(None)

    def mutate(self, data: bytes, max_size: int, seed: int) -> bytes:
        """Half of the mutations are libFuzzer's, half know the shapes of our formats."""
        if seed % 2:
            return bytes(atheris.Mutate(data, max_size))
        return self._engine.mutated(data)[:max_size]

    def _answer(self, finding: dict[str, str] | None) -> None:
        tally = self._engine.tally
        answer: dict[str, Any] = {
            "target": self._engine.target.name, "inputs": tally.inputs, "ends": len(tally.ends),
            "worst_s": round(tally.worst_s, 4), "grown_kib": 0, "finding": finding,
        }  # fmt: skip
        print(json.dumps(answer), flush=True)
        os._exit(1 if finding else 0)


def main() -> None:
    """Parse the command line and hand over to libFuzzer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=MAKERS)
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--window", type=Path, required=True)
    given = parser.parse_args()
    assert MADE is not None
    session = Session(Engine(MADE, given.seed), Window(given.window), inputs=given.inputs, seconds=given.seconds)
    corpus = Path(tempfile.mkdtemp(prefix="corpus-", dir=given.window.parent))
    for place, seed in enumerate(MADE.seeds):
        (corpus / str(place)).write_bytes(seed)
    limits = [f"-rss_limit_mb={600 + MEMORY_BYTES // 2**20}", "-timeout=60", "-max_len=65536", "-verbosity=0"]
    atheris.Setup(
        [sys.argv[0], f"-seed={given.seed}", *limits, str(corpus)], session.feed, custom_mutator=session.mutate
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
