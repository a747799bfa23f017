"""One process that fuzzes one target under limits, and prints a line of JSON: `python -m fuzz.worker NAME …`.

What it is feeding stands in a shared file, so that whoever watches it finds the input even after a hang, a crash of
the interpreter or a kill for memory.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import resource
import struct
import sys
import time
import traceback
from pathlib import Path

from fuzz.engine import Engine
from fuzz.target import Target
from fuzz.targets import MAKERS, make

MEMORY_BYTES = 256 * 2**20
"""What parsing may take on top of the program itself: no input makes a parser need more."""
SHARED_BYTES = 1 << 20
HEADER = struct.Struct("<QI")
"""Inputs fed so far, and the length of the one that is being fed."""


class Window:
    """The shared file: how far a worker is, and what it is feeding."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it."""
        if not path.exists():
            path.write_bytes(bytes(SHARED_BYTES))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SHARED_BYTES)

    def show(self, inputs: int, data: bytes) -> None:
        """Say what is fed now."""
        size = HEADER.size
        self._map[:size] = HEADER.pack(inputs, len(data))
        self._map[size : size + len(data)] = data

    def seen(self) -> tuple[int, bytes]:
        """How many inputs were fed, and the last one."""
        inputs, length = HEADER.unpack(self._map[: HEADER.size])
        return inputs, bytes(self._map[HEADER.size : HEADER.size + length])


def limit_memory(bytes_more: int = MEMORY_BYTES) -> None:
    """Let this process grow by so much and no further: an input that needs more is a MemoryError, a finding."""
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    limit = pages * resource.getpagesize() + bytes_more
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))


def fuzz(target: Target, *, inputs: int, seconds: float, seed: int, window: Window) -> dict[str, object]:
    """Feed `inputs` inputs, or as many as `seconds` allow; stops at the first finding."""
    engine = Engine(target, seed)
    end = time.monotonic() + seconds
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    finding: dict[str, str] | None = None
    while engine.tally.inputs < inputs and (engine.tally.inputs % 64 or time.monotonic() < end):
        data = engine.next()
        window.show(engine.tally.inputs, data)
        try:
            engine.feed(data)
        except BaseException as error:
            engine.tally.inputs += 1
            finding = {"error": "".join(traceback.format_exception(error))[-3000:], "input": data.hex()}
            break
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    tally = engine.tally
    return {
        "target": target.name,
        "inputs": tally.inputs,
        "ends": len(tally.ends),
        "worst_s": round(tally.worst_s, 4),
        "grown_kib": grown,
        "finding": finding,
    }


def main() -> None:
    """Parse the command line, fuzz, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=MAKERS)
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--window", type=Path, required=True)
    given = parser.parse_args()
    target = make(given.target)
    window = Window(given.window)
    limit_memory()
    result = fuzz(target, inputs=given.inputs, seconds=given.seconds, seed=given.seed, window=window)
    print(json.dumps(result), flush=True)
    sys.stdout.flush()
    os._exit(1 if result["finding"] else 0)  # a chain's threads and files end with the process


if __name__ == "__main__":
    main()
