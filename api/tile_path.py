"""Names of tiles and entry bundles in addresses, exactly as C2SP `tlog-tiles` writes them.

`<L>/<N>[.p/<W>]` is a tile of hashes, `entries/<N>[.p/<W>]` a bundle of records. N is written in groups of three
digits, all but the last with an `x` before them: 1234067 is `x001/x234/067`. A partial one says its width W.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ledger.errors import NotFoundError

WIDTH: Final = 256
"""Hashes of a full tile, and records of a full bundle."""
_PATH: Final = re.compile(
    r"(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])/(?P<number>(?:x[0-9]{3}/){0,5}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TileName:
    """What an address asks for: hashes of a level, or records where `level` is None."""

    level: int | None
    index: int
    width: int

    @property
    def first(self) -> int:
        """Place of the first record of a bundle."""
        return self.index * WIDTH

    def width_in(self, size: int) -> int:
        """How wide this tile is in a log of `size` records; 0 or less where it is not there."""
        return min(WIDTH, (size >> 8 * (self.level or 0)) - self.first)


def format_number(number: int) -> str:
    """A tile's number as it stands in an address."""
    text = f"{number % 1000:03d}"
    while number := number // 1000:
        text = f"x{number % 1000:03d}/{text}"
    return text


def parse_tile_path(path: str) -> TileName:
    """Read what follows `tile/` in an address; one number has one spelling.

    Raises:
        NotFoundError: no tile can have this name.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise NotFoundError("No tile has such a name.", where="tile", fix="See C2SP tlog-tiles.")
    number = int(match["number"].replace("x", "").replace("/", ""))
    width = int(match["width"] or WIDTH)
    if format_number(number) != match["number"] or (match["width"] and width >= WIDTH):
        raise NotFoundError("No tile has such a name.", where="tile", fix="See C2SP tlog-tiles.")
    return TileName(level=None if match["level"] == "entries" else int(match["level"]), index=number, width=width)
