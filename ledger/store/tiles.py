"""Tiles of one log as the store has them."""

from __future__ import annotations

from ledger.errors import StoreError
from ledger.ports.records import LogInfo, TileSource
from ledger.store.database import Database, rows_of
from ledger.store.places import tile_place


class StoredTiles:
    """Tiles of one log; a successor has those of its predecessor, until it writes its own."""

    def __init__(self, database: Database, log: LogInfo, before: TileSource | None) -> None:
        """Nothing is read yet."""
        self._database = database
        self._log = log
        self._before = before

    def read_tile(self, level: int, index: int) -> bytes:
        """The hashes that the tile has now: 32 bytes each, 1 to 256. Raises StoreError where there is no tile."""
        place = tile_place(self._log.log_no, level, index)
        with self._database.read() as connection:
            rows = rows_of(connection, "SELECT hashes FROM tiles WHERE place = ?", place)
        if rows:
            return bytes(rows[0][0])
        if self._before is None:
            raise StoreError(f"Tile {index} of level {level} is not in the store.", where=self._log.origin)
        return self._before.read_tile(level, index)
