"""Keeps the embedded chain running: a child that died is started again on its old port."""

from __future__ import annotations

import threading
from typing import Final

from ledger.chain.launcher import LocalChainProcess
from ledger.errors import ChainError

_LOOK_S: Final = 1.0
_PAUSE_S: Final = 5.0


class ChainKeeper:
    """Waits for the child to end, and starts it again. What it was doing is settled by the outbox, not here."""

    def __init__(self, child: LocalChainProcess) -> None:
        """`child` runs already."""
        self._child = child
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look after the child."""
        self._thread = threading.Thread(target=self._run, name="chain-keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; the child itself is stopped by whoever started it."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._child.wait(_LOOK_S) or self._stopping.is_set():
                continue
            try:
                self._child.stop()
                self._child.start()
            except ChainError:
                # The chain loop and the health report say that the chain does not answer; here we only try again.
                self._stopping.wait(_PAUSE_S)
