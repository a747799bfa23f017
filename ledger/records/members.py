"""Members of canonical JSON objects, taken one by one: each by its form, and none left over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.errors import FormatError
from ledger.hashing.canonical import Json
from ledger.hashing.encodings import hex_decode
from ledger.records import lines
from ledger.values import MAX_INTEGER, Digest32, Instant


class Members:
    """An object that is being read. `where` names it in errors."""

    __slots__ = ("_left", "_members", "where")

    def __init__(self, value: Json, where: str) -> None:
        if not isinstance(value, dict):
            raise FormatError("This is an object.", where=where)
        self._members: Mapping[str, Json] = value
        self._left = set(value)
        self.where: Final = where

    def __contains__(self, name: str) -> bool:
        """Whether the object has this member."""
        return name in self._members

    def take(self, name: str) -> Json:
        """A member, of any form. Raises FormatError where it is missing."""
        self._left.discard(name)
        if name not in self._members:
            raise FormatError("A member is missing.", where=self.at(name))
        return self._members[name]

    def end(self) -> None:
        """Refuse members that nothing took."""
        if self._left:
            raise FormatError("There is no such member.", where=self.at(min(self._left)[:40]))

    def at(self, name: str) -> str:
        """Where a member stands."""
        return f"{self.where}.{name}"

    def text(self, name: str) -> str:
        """A string."""
        value = self.take(name)
        if not isinstance(value, str):
            raise FormatError("This is not a string.", where=self.at(name))
        return value

    def integer(self, name: str, least: int = 0) -> int:
        """An integer from `least` to 2^53 − 1."""
        return natural(self.take(name), self.at(name), least)

    def integer_or_none(self, name: str, least: int = 0) -> int | None:
        """An integer, or None where the member is absent."""
        return self.integer(name, least) if name in self else None

    def instant(self, name: str) -> Instant:
        """An instant."""
        return lines.instant(self.text(name), self.at(name))

    def instant_or_none(self, name: str) -> Instant | None:
        """An instant, or None where the member is absent."""
        return self.instant(name) if name in self else None

    def hex(self, name: str, length: int) -> bytes:
        """So many bytes in hex."""
        return hex_decode(self.text(name), length=length, where=self.at(name))

    def digest(self, name: str) -> Digest32:
        """A digest in hex."""
        return Digest32(self.hex(name, 32))

    def list(self, name: str, most: int) -> list[tuple[Json, str]]:
        """The items of a list of at most `most`, each with its place."""
        value = self.take(name)
        if not isinstance(value, list) or len(value) > most:
            raise FormatError(f"This is a list of at most {most}.", where=self.at(name))
        return [(item, f"{self.at(name)}[{place}]") for place, item in enumerate(value)]

    def texts(self, name: str, most: int) -> tuple[tuple[str, str], ...]:
        """The strings of a list, each with its place."""
        found: list[tuple[str, str]] = []
        for item, where in self.list(name, most):
            if not isinstance(item, str):
                raise FormatError("This is not a string.", where=where)
            found.append((item, where))
        return tuple(found)


def natural(value: Json, where: str, least: int = 0) -> int:
    """An integer from `least` to 2^53 − 1.

    Raises:
        FormatError: another form, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_INTEGER:
        raise FormatError(f"This is not an integer from {least} to 2^53 - 1.", where=where)
    return value
