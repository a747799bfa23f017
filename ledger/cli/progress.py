"""A progress bar where somebody watches, a line now and then where nobody does (a log file, CI)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ledger.cli.console import tell

EVERY_S: Final = 10.0
"""A log gets a line this often, in seconds: enough to see that it goes on."""


class Advance(Protocol):
    """Told after each item."""

    def __call__(self, items: int = 1) -> None:
        """So many more are done."""


@contextmanager
def progress(title: str, total: int, done: int = 0) -> Iterator[Advance]:
    """Show how far a job of `total` items is, `done` of which were done before."""
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            yield _Bar(bar, bar.add_task(title, total=total, completed=done))
    else:
        yield _Lines(title, total, done)


class _Bar:
    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar, self._task = bar, task

    def __call__(self, items: int = 1) -> None:
        self._bar.advance(self._task, items)


class _Lines:
    def __init__(self, title: str, total: int, done: int) -> None:
        self._title, self._total, self._done = title, total, done
        self._next = time.monotonic() + EVERY_S

    def __call__(self, items: int = 1) -> None:
        self._done += items
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_S
            tell(f"{self._title}: {self._done:,} of {self._total:,}")
