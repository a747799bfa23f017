"""What a power cut leaves: built from the recorder's trace, with what was synced and a chosen part of what was not.

The model is POSIX's promise and no more, which is less than any file system keeps:

* `fsync` of a file makes its bytes durable that were written before it began, when it ends. Its name it does not.
* `fsync` of a folder makes the names in it durable: new files, renames, removals. Not the folder's own name.
* Everything else may be there after a power cut or not, each write by itself and in any order.
"""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_FIXED = struct.Struct("<cIQqI")
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Op:
    """One record of the trace."""

    kind: str
    pid: int
    ino: int
    number: int
    one: bytes
    two: bytes


def read_trace(path: Path) -> list[Op]:
    data, at, found = path.read_bytes(), 0, []
    while at + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        kind, pid, ino, number, first = _FIXED.unpack_from(data, at)
        body = data[at + _FIXED.size : at + length]
        found.append(Op(kind.decode(), pid, ino, number, body[:first], body[first:]))
        at += length
    return found


@dataclass(eq=False)
class File:
    """A file's bytes: those that are durable, and changes since that are not."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """(offset, bytes written), or (size, None) for a truncation, in order."""

    def settle(self, count: int) -> None:
        for change in self.pending[:count]:
            apply(self.durable, change)
        del self.pending[:count]


def apply(content: bytearray, change: tuple[int, bytes | None]) -> None:
    number, data = change
    if data is None:
        content[:] = content[:number].ljust(number, b"\0")
        return
    if len(content) < number:
        content.extend(bytes(number - len(content)))
    content[number : number + len(data)] = data


@dataclass(eq=False)
class Folder:
    """Names in a folder: those of now, and those that are durable."""

    now: dict[str, File | Folder] = field(default_factory=dict)
    durable: dict[str, File | Folder] = field(default_factory=dict)


Survive = Callable[[], bool]
"""Asked for each change that was not synced: whether the power cut left it."""


class Disk:
    """The folder below `root`, as it is and as it would be found after a power cut."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.top = Folder()
        self._by_ino: dict[int, File | Folder] = {}
        self._begun: dict[tuple[int, int, int], tuple[int, dict[str, File | Folder]]] = {}
        self._paths: dict[int, str] = {}

    def play(self, op: Op, *, ignore_sync: bool = False) -> None:
        match op.kind:
            case "C":
                self._open(op)
            case "W" | "T":
                file = self._by_ino[op.ino]
                assert isinstance(file, File)
                file.pending.append((op.number, op.one if op.kind == "W" else None))
            case "B":
                self._begin(op)
            case "E":
                self._end(op, ignore=ignore_sync or op.number < 0)
            case "M":
                folder, name = self._place(op.one)
                folder.now[name] = Folder()
            case "U" | "D":
                folder, name = self._place(op.one)
                folder.now.pop(name, None)
            case "R":
                (source, old), (target, new) = self._place(op.one), self._place(op.two)
                target.now[new] = source.now.pop(old)

    def path_of(self, ino: int) -> str:
        """The name under which a file was last opened, relative to the root."""
        return self._paths[ino]

    def image(self, to: Path, survive: Survive = lambda: False) -> None:
        """Write what a power cut now would leave into an empty folder."""
        self._write(self.top, to, survive)

    def _open(self, op: Op) -> None:
        text = op.one.decode()
        self._paths[op.ino] = os.path.relpath(text, self.root)
        if text == str(self.root):
            self._by_ino[op.ino] = self.top
            return
        folder, name = self._place(op.one)
        known = folder.now.get(name)
        if known is None:
            known = folder.now[name] = File()
        if isinstance(known, File) and op.number & os.O_TRUNC:
            known.pending.append((0, None))
        self._by_ino[op.ino] = known

    def _begin(self, op: Op) -> None:
        entry = self._by_ino[op.ino]
        key = (op.pid, op.ino, op.number)
        self._begun[key] = (0, dict(entry.now)) if isinstance(entry, Folder) else (len(entry.pending), {})

    def _end(self, op: Op, *, ignore: bool) -> None:
        begun = [key for key in self._begun if key[:2] == (op.pid, op.ino)]
        count, names = self._begun.pop(begun[0])
        entry = self._by_ino[op.ino]
        if ignore:
            return
        if isinstance(entry, Folder):
            entry.durable = names
        else:
            entry.settle(count)

    def _place(self, path: bytes) -> tuple[Folder, str]:
        parts = Path(os.path.relpath(path.decode(), self.root)).parts
        folder = self.top
        for part in parts[:-1]:
            inner = folder.now[part]
            assert isinstance(inner, Folder)
            folder = inner
        return folder, parts[-1]

    def _write(self, folder: Folder, to: Path, survive: Survive) -> None:
        to.mkdir(exist_ok=True)
        names = dict(folder.durable)
        for name in sorted({*folder.now, *folder.durable}):
            if folder.now.get(name) is not folder.durable.get(name) and survive():
                names.pop(name, None)
                if name in folder.now:
                    names[name] = folder.now[name]
        for name, entry in names.items():
            if isinstance(entry, Folder):
                self._write(entry, to / name, survive)
            elif not name.endswith("-shm"):
                # The index of a write-ahead log is shared memory: it is made anew at every start.
                content = bytearray(entry.durable)
                for change in entry.pending:
                    if survive():
                        apply(content, change)
                (to / name).write_bytes(content)


@dataclass(frozen=True, slots=True)
class Cut:
    """A power cut: everything that was said before it, and the disk as it was then."""

    at: int
    said: tuple[bytes, ...]
    disk: Disk

    def image(self, to: Path, survive: Survive = lambda: False) -> Path:
        self.disk.image(to, survive)
        return to


Ignored = Callable[[str, int], bool]
"""Whether a sync counts for nothing, as of a program that forgot it: path, and how much was said before."""


def cuts(trace: Sequence[Op], root: Path, ignored: Ignored = lambda path, said: False) -> Iterator[Cut]:
    """The worst moments: just before each sync ends, and the end. Between two syncs only promises are added."""
    disk, said = Disk(root), []
    for at, op in enumerate(trace):
        if op.kind == "S":
            said.append(op.one)
        if op.kind == "E":
            if ignored(disk.path_of(op.ino), len(said)):
                disk.play(op, ignore_sync=True)
                continue
            yield Cut(at, tuple(said), disk)
        disk.play(op)
    yield Cut(len(trace), tuple(said), disk)


def some(seed: int) -> Survive:
    """Half of what was not synced survives, at random: torn and out of order."""
    rng = random.Random(seed)
    return lambda: rng.random() < 0.5
