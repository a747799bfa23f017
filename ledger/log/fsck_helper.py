"""A second process for `fsck`: it examines one piece of records while the first one reads the next from the store.

    python -m ledger.log.fsck_helper        (started by `Helper`; ends with its input)

Python runs on one core a process. The two go in step, one piece at a time, so neither waits with a full pipe for the
other, and findings come in the order of the records. A helper that dies loses nothing: its piece is examined here.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Final

from ledger.log.collector import calm_collector
from ledger.log.fsck_examine import Examined, Piece, dump_examined, dump_piece, examine, load_examined, load_piece
from ledger.log.worker import read_frame, write_frame
from ledger.log.workers import end_process, start_process

ALONE: Final = 3
"""Pieces that are examined here first: a small ledger isn't worth the start of a process."""


class Helper:
    """Examines pieces, one at a time: in another process where there are many."""

    def __init__(self, *, beside: bool) -> None:
        """Nothing is started yet; without `beside` nothing will be."""
        self._beside = beside
        self._process: subprocess.Popen[bytes] | None = None
        self._piece: Piece | None = None
        self._begun = 0

    def begin(self, piece: Piece) -> None:
        """Hand in a piece, after the one before was taken out."""
        assert self._piece is None
        self._piece = piece
        self._begun += 1
        if not self._beside or self._begun <= ALONE:
            return
        if self._process is None:
            self._process = start_process(__name__)
        assert self._process.stdin is not None
        try:
            write_frame(self._process.stdin, dump_piece(piece))
        except OSError:
            self._give_up()

    def take(self) -> Examined | None:
        """What came of the piece that was handed in; None where there is none."""
        piece, self._piece = self._piece, None
        if piece is None:
            return None
        if self._process is not None:
            assert self._process.stdout is not None
            data = read_frame(self._process.stdout)
            if data is not None:
                return load_examined(data)
            self._give_up()
        return examine(piece)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            end_process(self._process)
            self._process = None

    def _give_up(self) -> None:
        """Go on without a helper: what ended one ends the next."""
        assert self._process is not None
        self._process.kill()
        self.close()
        self._beside = False


def main() -> None:
    """Examine pieces from standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    calm_collector()
    while (data := read_frame(sys.stdin.buffer)) is not None:
        write_frame(sys.stdout.buffer, dump_examined(examine(load_piece(data))))


if __name__ == "__main__":
    main()
