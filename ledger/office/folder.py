"""The folder of one run: the uploaded file, its rows, the papers and what became of each row.

Everything personal of a run is here and nowhere else, readable by the service's own user alone, and goes with one
call of `delete`. `rows.ndjson` is whole before the run exists; `results.ndjson` only grows, by whole pieces that are
on disk before the store says that they are done, so that a crash leaves at most a torn end, which is cut.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from ledger.errors import NotFoundError, StoreError
from ledger.office.rows import Row

ROWS: Final = "rows.ndjson"
RESULTS: Final = "results.ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one row: a record, or why there is none.

    Attributes:
        row: the spreadsheet's own row number.
        line: place in the run, from 1.
        number: document number; empty where it was refused.
        index: place in the log; None where it was refused.
        sha256: of the paper, hex.
        problem: why it was refused; empty where it was not.
    """

    row: int
    line: int
    number: str
    index: int | None
    sha256: str
    problem: str


class RunFolder:
    """One run's folder."""

    def __init__(self, path: Path) -> None:
        """Nothing is made yet."""
        self.path = path

    def write(self, rows: Iterable[Row], upload: bytes | None, name: str) -> tuple[int, int]:
        """Keep the rows, and the file that they came from; answers how many there are and how many are wrong.

        Raises:
            StoreError: the disk refused.
        """
        count = bad = 0
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.path / "papers").mkdir(mode=0o700, exist_ok=True)
            if upload is not None:
                (self.path / name).write_bytes(upload)
            draft = self.path / f"{ROWS}.new"
            with draft.open("w", encoding="utf-8") as stream:
                for row in rows:
                    count += 1
                    bad += bool(row.problems)
                    stream.write(json.dumps(row.as_json(), ensure_ascii=False, separators=(",", ":")) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(self.path / ROWS)
        except OSError as error:
            raise _refused(self.path, error) from error
        return count, bad

    def is_whole(self) -> bool:
        """Whether all rows are there."""
        return (self.path / ROWS).exists()

    def rows(self, after: int = 0) -> Iterator[Row]:
        """The rows behind the first `after` ones.

        Raises:
            NotFoundError: they were deleted.
        """
        try:
            with (self.path / ROWS).open(encoding="utf-8") as stream:
                for line in islice(stream, after, None):
                    yield Row.from_json(json.loads(line))
        except FileNotFoundError as error:
            raise _deleted() from error

    def pick(self, lines: Sequence[int]) -> list[Row]:
        """The rows at these places, from 1, in ascending order."""
        wanted, found = set(lines), []
        for line, row in enumerate(self.rows(), 1):
            if line in wanted:
                found.append(row)
        return found

    def keep_paper(self, line: int, pdf: bytes) -> None:
        """Keep a paper as it is issued."""
        try:
            (self.path / "papers" / f"{line:06d}.pdf").write_bytes(pdf)
        except OSError as error:
            raise _refused(self.path, error) from error

    def paper(self, line: int) -> bytes:
        """A paper as it was issued. Raises NotFoundError where it was deleted."""
        try:
            return (self.path / "papers" / f"{line:06d}.pdf").read_bytes()
        except FileNotFoundError as error:
            raise _deleted() from error

    def cut_results(self, done: int) -> None:
        """Keep only the first `done` results: what the store does not know of is done again."""
        path = self.path / RESULTS
        lines = path.read_bytes().splitlines(keepends=True)[:done] if path.exists() else []
        path.write_bytes(b"".join(lines))

    def add_results(self, results: Sequence[RowResult]) -> None:
        """Keep what became of the next rows; on disk when it returns."""
        try:
            with (self.path / RESULTS).open("a", encoding="utf-8") as stream:
                for result in results:
                    stream.write(json.dumps(asdict(result), ensure_ascii=False, separators=(",", ":")) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise _refused(self.path, error) from error

    def results(self) -> Iterator[RowResult]:
        """What became of the rows so far, in their order."""
        try:
            with (self.path / RESULTS).open(encoding="utf-8") as stream:
                for line in stream:
                    if line.endswith("\n"):
                        yield _result(json.loads(line))
        except FileNotFoundError:
            return

    def delete(self) -> None:
        """Delete everything of the run; nothing happens where it is gone already."""
        try:
            shutil.rmtree(self.path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _refused(self.path, error) from error


def _result(data: Mapping[str, object]) -> RowResult:
    return RowResult(**data)  # type: ignore[arg-type]


def _deleted() -> NotFoundError:
    return NotFoundError(
        "The rows and papers of this run were deleted.", where="run", fix="The records are still in the ledger."
    )


def _refused(path: Path, error: OSError) -> StoreError:
    return StoreError(f"The folder of the run cannot be used: {error.strerror}.", where=str(path))
