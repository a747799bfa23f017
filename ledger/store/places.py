"""Places: one integer names one record, and one names one tile, over all logs of a store.

A table keyed by one integer is SQLite's (and PostgreSQL's) most compact one, and rows of a log are neighbours on
disk in the order in which they were appended. A place is `log_no << 40 | index`: up to 2^40 records a log and 2^23
logs fit the signed 64 bits of both databases. Tiles: `log_no << 40 | level << 36 | tile index`.
"""

from __future__ import annotations

from typing import Final

from ledger.errors import StoreError
from ledger.values import LogIndex

_LOG_SHIFT: Final = 40
_LEVEL_SHIFT: Final = 36
MAX_RECORDS: Final = 1 << _LOG_SHIFT
"""Records that one log of one store can hold: 10^12, some 35 years at 1,000 a second."""


def place_of(log_no: int, index: int) -> int:
    """The place of a record.

    Raises:
        StoreError: the index is beyond what this store can hold.
    """
    if not 0 <= index < MAX_RECORDS:
        raise StoreError(f"This store holds indexes below 2^40; {index} is not one.")
    return log_no << _LOG_SHIFT | index


def at_place(place: int) -> tuple[int, LogIndex]:
    """(log_no, index) of a place."""
    return place >> _LOG_SHIFT, LogIndex(place & (MAX_RECORDS - 1))


def tile_place(log_no: int, level: int, index: int) -> int:
    """The place of a tile. Level is 0 to 15; 2^40 records need 5."""
    if not (0 <= level < 16 and 0 <= index < 1 << _LEVEL_SHIFT):
        raise StoreError(f"There is no tile {index} at level {level}.")
    return log_no << _LOG_SHIFT | level << _LEVEL_SHIFT | index
