"""The clock of a running service."""

from __future__ import annotations

import time

from ledger.values import Instant


def now() -> Instant:
    """The wall clock, in whole seconds UTC."""
    return Instant(int(time.time()))
