"""Holding a data folder: nobody else runs on it, and its chain's process is on its way up.

Kept apart from `ledger.wiring`, so that `sillok up` can launch the chain before it loads web, store and services:
both processes load their libraries for a second or two, and do so side by side.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from ledger.chain.launcher import LocalChainProcess
from ledger.durable import make_folder_durably
from ledger.errors import StoreError
from ledger.locks import FileLock
from ledger.settings import Settings

LOCK_FILE: Final = "lock"


@dataclass(frozen=True, slots=True)
class HeldFolder:
    """A data folder in this process's hands until it is closed."""

    settings: Settings
    child: LocalChainProcess | None
    """The embedded chain, launched and not waited for; None where the settings name a chain elsewhere."""
    opened: ExitStack = field(repr=False)
    """What ends the chain's process and gives the folder back; whoever opens more of the folder adds to it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.opened.close()


def hold_folder(settings: Settings) -> HeldFolder:
    """Take a data folder, made where it is missing: one service, or one fsck, at a time.

    The lock ends with this process, however it ends, and the chain's process with it.

    Raises:
        StoreError: the folder cannot be written, or another service runs on it.
        ChainError: the chain's process cannot be launched.
    """
    with ExitStack() as opened:
        make_folder_durably(settings.data)
        if not opened.enter_context(FileLock(settings.data / LOCK_FILE).tried()):
            raise StoreError(
                "A service runs on this data folder already.",
                where=str(settings.data),
                fix="Stop it, or name another with --data.",
            )
        child = None
        if settings.rpc_url is None:
            child = LocalChainProcess(settings.data / "chain")
            opened.callback(child.stop)
            child.launch()
        return HeldFolder(settings, child, opened.pop_all())
