"""Several acts of the governor of which each may have to wait: for its delay, or for members who sign elsewhere.

All of them are begun before the first is waited for: eight acts of two days each take two days, not sixteen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.errors import ChainRefusedError, Refusal

_WAITING: Final = (Refusal.DELAYED, Refusal.SIGNATURES)


class Postponed:
    """What has to wait, of several acts that are begun one after the other."""

    def __init__(self) -> None:
        """Nothing waits yet."""
        self._last: ChainRefusedError | None = None

    def begin(self, act: Callable[[], object]) -> None:
        """Do an act; one that has to wait is begun, and counts.

        Raises:
            ChainError: whatever else it raises.
        """
        try:
            act()
        except ChainRefusedError as refusal:
            if refusal.refusal not in _WAITING:
                raise
            self._last = refusal

    def settle(self) -> None:
        """Go on only where nothing has to wait.

        Raises:
            ChainRefusedError: what was begun last, and so waits longest.
        """
        if self._last is not None:
            raise self._last
