"""strace on a running process: which system calls it makes, and making one of them fail."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?([a-z_0-9]+)[ (]")


@contextmanager
def strace(pid: int, *options: str, out: Path) -> Iterator[None]:
    """strace all threads of a process for the block."""
    command = ["strace", "-f", "-p", str(pid), "-o", str(out), *options]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    line = tracer.stderr.readline()
    assert "attached" in line, line
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        try:
            tracer.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            # Its process ended while a thread of it was held: the thread is let go with the tracer.
            tracer.kill()
            tracer.communicate()


def calls_made(out: Path) -> dict[str, int]:
    """Kind of call → how often the thread that made most of them made it."""
    counts: Counter[tuple[str, str]] = Counter()
    for line in out.read_text(errors="replace").splitlines():
        found = _CALL.match(line)
        if found and "resumed>" not in line:
            counts[found[1], found[2]] += 1
    most: dict[str, int] = {}
    for (_, call), count in counts.items():
        most[call] = max(most.get(call, 0), count)
    return most


def was_injected(out: Path) -> int:
    """How many calls were made to fail, or to wait."""
    text = out.read_text(errors="replace")
    return text.count("(INJECTED)") + text.count("(DELAYED)")


def settle(seconds: float = 0.02) -> None:
    """Let threads that are about to sleep do so."""
    time.sleep(seconds)
