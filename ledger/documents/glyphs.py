"""Which characters a font can print: the `cmap` table of an OpenType font (ISO/IEC 14496-22, formats 4 and 12).

A setter puts an empty box where a font has no glyph, and says nothing; a name on a certificate must not become one.
"""

from __future__ import annotations

import struct
from pathlib import Path

from ledger.errors import InputError


def covered(path: Path) -> frozenset[int]:
    """Code points that the font has a glyph for.

    Raises:
        InputError: the file is no OpenType font with a table that is read here.
    """
    data = path.read_bytes()
    (tables,) = struct.unpack_from(">H", data, 4)
    for place in range(12, 12 + 16 * tables, 16):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, place)
        if tag == b"cmap":
            return frozenset(_best(data, offset))
    raise InputError("The font has no table of characters.", where=path.name)


def _best(data: bytes, start: int) -> set[int]:
    """The characters of every Unicode subtable together."""
    (count,) = struct.unpack_from(">H", data, start + 2)
    found: set[int] = set()
    for place in range(start + 4, start + 4 + 8 * count, 8):
        platform, encoding, offset = struct.unpack_from(">HHI", data, place)
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            (form,) = struct.unpack_from(">H", data, start + offset)
            if form == 12:
                found |= _groups(data, start + offset)
            elif form == 4:
                found |= _segments(data, start + offset)
    return found


def _groups(data: bytes, start: int) -> set[int]:
    (count,) = struct.unpack_from(">I", data, start + 12)
    found: set[int] = set()
    for place in range(start + 16, start + 16 + 12 * count, 12):
        first, last, glyph = struct.unpack_from(">III", data, place)
        found.update(range(first + (glyph == 0), last + 1))
    return found


def _segments(data: bytes, start: int) -> set[int]:
    (twice,) = struct.unpack_from(">H", data, start + 6)
    ends, starts = start + 14, start + 16 + twice
    found: set[int] = set()
    for segment in range(0, twice, 2):
        (last,) = struct.unpack_from(">H", data, ends + segment)
        (first,) = struct.unpack_from(">H", data, starts + segment)
        (delta,) = struct.unpack_from(">H", data, starts + twice + segment)
        ranged = starts + 2 * twice + segment
        (shift,) = struct.unpack_from(">H", data, ranged)
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if shift:
                (glyph,) = struct.unpack_from(">H", data, ranged + shift + 2 * (code - first))
            if glyph and (glyph + delta) & 0xFFFF:
                found.add(code)
    return found
