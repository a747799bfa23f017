"""What `sillok anchor` is given: files, folders, NDJSON and CSV, read as one stream of submissions.

Each input becomes one line of the bulk request. An input that can't be read becomes a line too (`null`, which the
service refuses): so every input keeps its place, and the numbering of a job never depends on what went wrong.
"""

from __future__ import annotations

import csv
import json
import mimetypes
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import InputError, SillokError
from ledger.hashing.digests import sha256, sha256_file

NDJSON: Final = frozenset({".ndjson", ".jsonl"})
OWN: Final = frozenset({".evidence"})
"""Files that the program itself writes beside documents: never anchored by accident."""
MEMBERS: Final = ("sha256", "kind", "number", "facts", "process", "validFrom", "validUntil", "supersedes")
PLAIN_COLUMNS: Final = ("sha256", "kind", "number", "validFrom", "validUntil", "supersedes")
UNREADABLE: Final = b"null"
_MAX_DIGITS: Final = 16
"""Digits of the largest integer that a record can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One input: its name for people, the line to send, and what was wrong with it here, if anything was."""

    name: str
    line: bytes
    problem: SillokError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Members that a file on its own, or a line without them, is given."""

    kind: str = "document"
    valid_until: str | None = None

    def fill(self, submission: dict[str, object]) -> dict[str, object]:
        """Add what is not there."""
        submission.setdefault("kind", self.kind)
        if self.valid_until:
            submission.setdefault("validUntil", self.valid_until)
        return submission


def expand(paths: Iterable[Path]) -> list[Path]:
    """Every file that is meant, folders walked in the order of names, hidden and own files left out.

    Raises:
        InputError: a path does not exist, or nothing is left.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (found for found in sorted(path.rglob("*")) if found.is_file())
            files += [
                found for found in inside if not _is_hidden(found.relative_to(path)) and found.suffix not in OWN
            ]
        elif path.exists():
            files.append(path)
        else:
            raise InputError("There is no such file or folder.", where=str(path))
    if not files:
        raise InputError("Nothing to anchor was found.", where=", ".join(map(str, paths)))
    return files


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def job_name(agency: str, files: Iterable[Path], defaults: Defaults) -> str:
    """A name that the same command gets again, so that a second run goes on where the first one stopped.

    Lists (NDJSON, CSV) count by their content, documents by path, size and time of change: reading a folder of
    gigabytes twice only to name the job would double its cost.
    """
    parts = [agency, defaults.kind, defaults.valid_until or ""]
    for path in files:
        if path.suffix in NDJSON or path.suffix == ".csv":
            parts.append(sha256_file(path)[0].hex())
        else:
            stat = path.stat()
            parts.append(f"{path} {stat.st_size} {stat.st_mtime_ns}")
    return sha256("\n".join(parts).encode()).hex()[:16]


def count(files: Iterable[Path]) -> int:
    """How many entries `entries` will yield, for the progress bar (lines of a list, one for any other file)."""
    total = 0
    for path in files:
        if path.suffix in NDJSON:
            with path.open("rb") as stream:
                total += sum(1 for line in stream if line.strip())
        elif path.suffix == ".csv":
            total += sum(1 for _ in _rows(path))
        else:
            total += 1
    return total


def entries(files: Iterable[Path], defaults: Defaults) -> Iterator[Entry]:
    """Every input as a line to send, read as it is asked for."""
    for path in files:
        if path.suffix in NDJSON:
            yield from _ndjson(path, defaults)
        elif path.suffix == ".csv":
            yield from _csv(path, defaults)
        else:
            yield _entry(str(path), {"path": path.name}, path.parent, defaults)


def _ndjson(path: Path, defaults: Defaults) -> Iterator[Entry]:
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, start=1):
            if not raw.strip():
                continue
            name = f"{path}:{number}"
            try:
                document = json.loads(raw)
                if not isinstance(document, dict):
                    raise ValueError("not an object")
            except (ValueError, RecursionError):
                yield _unreadable(name, InputError("The line is not a JSON object.", where=name))
                continue
            yield _entry(name, document, path.parent, defaults)


def _csv(path: Path, defaults: Defaults) -> Iterator[Entry]:
    for line, row in _rows(path):
        name = f"{path}:{line}"
        if "" in row:
            yield _unreadable(name, InputError("The row has more cells than the header.", where=name))
            continue
        yield _entry(name, _submission_of_row(row), path.parent, defaults)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    """The rows of a table with the line that each ends on.

    Raises:
        InputError: it is no CSV in UTF-8, or a column is not known.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream, restkey="", strict=True)
        try:
            _check_columns(path, rows.fieldnames or ())
            for row in rows:
                yield rows.line_num, row
        except UnicodeDecodeError as error:
            raise InputError(
                "The table is not in UTF-8.",
                where=str(path),
                fix='In a spreadsheet choose "CSV UTF-8" when saving; plain "CSV" is not in UTF-8.',
            ) from error
        except csv.Error as error:
            raise InputError(f"The table cannot be read: {error}.", where=f"{path}:{rows.line_num}") from error


def _check_columns(path: Path, columns: Iterable[str]) -> None:
    for column in columns:
        if "." not in column and column != "path" and column not in PLAIN_COLUMNS:
            raise InputError(
                f"The column {column!r} is not known.",
                where=f"{path}:1",
                fix=f"Use path, {', '.join(PLAIN_COLUMNS)}, process.id, process.seq, or a fact such as holder.name.",
            )


def _submission_of_row(row: Mapping[str, str | None]) -> dict[str, object]:
    cells = {column: cell for column, cell in row.items() if cell}
    submission: dict[str, object] = {name: cells.pop(name) for name in (*PLAIN_COLUMNS, "path") if name in cells}
    if "process.id" in cells:
        process: dict[str, object] = {"id": cells.pop("process.id")}
        if "process.seq" in cells:
            process["seq"] = _integer(cells.pop("process.seq"))
        submission["process"] = process
    if "supersedes" in submission:
        submission["supersedes"] = _integer(str(submission["supersedes"]))
    if cells:
        submission["facts"] = cells
    return submission


def _integer(text: str) -> int | str:
    # What is no integer goes on as it is: the service names the member and what it needs.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else text


def _entry(name: str, submission: dict[str, object], folder: Path, defaults: Defaults) -> Entry:
    given = submission.pop("path", None)
    if given is not None:
        path = folder / str(given)
        try:
            digest, size = sha256_file(path)
        except InputError as error:
            return _unreadable(name, error)
        if submission.get("sha256", digest.hex()) != digest.hex():
            return _unreadable(
                name, InputError("The digest that is given is not the SHA-256 of the file.", where=name)
            )
        submission["sha256"] = digest.hex()
        facts = submission.setdefault("facts", {})
        if isinstance(facts, dict):
            facts.setdefault("document.size", size)
            facts.setdefault("document.mediaType", mimetypes.guess_type(path.name)[0] or "application/octet-stream")
    line = json.dumps(defaults.fill(submission), ensure_ascii=False, separators=(",", ":"))
    return Entry(name=name, line=line.encode("utf-8", errors="surrogatepass"))


def _unreadable(name: str, problem: SillokError) -> Entry:
    return Entry(name=name, line=UNREADABLE, problem=problem)
