"""The other end of the pipe: `python -m ledger.log.worker` makes what it is sent until its input ends.

It ends with the service in every way, also by kill -9: then its input ends too. Ctrl-C is the service's to handle.
"""

from __future__ import annotations

import signal
import sys
from typing import IO, Final

from ledger.log.collector import calm_collector
from ledger.log.entropy import RandomPool
from ledger.log.making import dump_made, load_task, make

LENGTH_BYTES: Final = 4


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next message: its length in four bytes, big-endian, then itself. None where the stream ended."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "big")
    data = stream.read(size)
    return data if len(data) == size else None


def write_frame(stream: IO[bytes], data: bytes) -> None:
    """Send one message."""
    stream.write(len(data).to_bytes(LENGTH_BYTES, "big"))
    stream.write(data)
    stream.flush()


def main() -> None:
    """Work off tasks from standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    calm_collector()
    random = RandomPool()
    while (data := read_frame(sys.stdin.buffer)) is not None:
        write_frame(sys.stdout.buffer, dump_made(make(load_task(data), random)))


if __name__ == "__main__":
    main()
