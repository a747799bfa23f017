"""The result file of a bulk job: one line of JSON for each input, in order, kept as the answers come in.

The file is also the memory of the job: a second run counts its whole lines and goes on behind them. It may lose its
newest lines in a power cut; those inputs are sent again, and the service answers with the records that they have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ledger.errors import InputError


class ResultFile:
    """Appends result lines; `done` is how many inputs have one already."""

    def __init__(self, path: Path) -> None:
        """Open, and cut off a line that a crash left half written.

        Raises:
            InputError: the file can't be written.
        """
        self.path = path
        try:
            self._stream: BinaryIO = path.open("a+b")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise InputError(
                f"The result file cannot be written: {reason}.", where=str(path), fix="Name another with --results."
            ) from error
        self.done = self._recover()

    def __enter__(self) -> ResultFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stream.close()

    def write(self, result: Mapping[str, object]) -> None:
        """Append one result."""
        self._stream.write(json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def flush(self) -> None:
        """Let others read what was written so far."""
        self._stream.flush()

    def failures(self) -> tuple[int, str]:
        """How many of the inputs were refused, over all runs; and the first of them with its reason, or nothing."""
        self._stream.flush()
        count, first = 0, ""
        with self.path.open("rb") as lines:
            for line in lines:
                result = json.loads(line)
                if "error" in result:
                    count, first = count + 1, first or f"{result.get('input')}: {result['error']}"
        return count, first

    def _recover(self) -> int:
        self._stream.seek(0)
        whole = lines = 0
        for line in self._stream:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            lines += 1
        self._stream.truncate(whole)
        self._stream.seek(0, 2)
        return lines
