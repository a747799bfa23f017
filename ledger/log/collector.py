"""Python's garbage collector, kept from walking the whole program again and again."""

from __future__ import annotations

import gc
from typing import Final

FRESH_OBJECTS: Final = 50_000
"""Objects made before a collection looks at them; the default is 700, and one group commit makes thousands."""


def calm_collector() -> None:
    """Collect seldom, and never what is there now; called once, when everything is imported.

    By default a bulk job spends a tenth of its time in collections over every loaded module, measured. What is loaded
    stays for ever, and what a group commit makes goes away by itself; cycles that come later are still found.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(FRESH_OBJECTS, 20, 50)
