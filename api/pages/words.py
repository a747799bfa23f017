"""The two catalogues of words, and which of them a reader gets: Korean first."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Final

from ledger.errors import InputError

LANGUAGES: Final = ("ko", "en")
"""Korean is the default; the order is that of preference where a reader states none."""

_TAG: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q\s*=\s*([0-9.]{1,5}))?\s*")


class Words:
    """One language's words, read by key; an unknown key is a mistake of ours and raises KeyError."""

    def __init__(self, language: str, table: dict[str, object]) -> None:
        """Take one table of the catalogue."""
        self.language = language
        self.other = LANGUAGES[1 - LANGUAGES.index(language)]
        self._table: dict[str, str] = {}
        self._flatten(table, "")

    def _flatten(self, table: dict[str, object], prefix: str) -> None:
        for name, value in table.items():
            if isinstance(value, dict):
                self._flatten(value, f"{prefix}{name}.")
            else:
                self._table[prefix + name] = str(value)

    def __getitem__(self, key: str) -> str:
        """The words of a key, such as `number_label` or `verdicts.valid.next`."""
        return self._table[key]

    def names(self) -> frozenset[str]:
        """All keys of the catalogue."""
        return frozenset(self._table)

    def say(self, key: str, **values: object) -> str:
        """The words of a key with its places filled."""
        return self._table[key].format(**values)


def load_words() -> dict[str, Words]:
    """Both catalogues, by language."""
    table = tomllib.loads(files("api.pages").joinpath("words.toml").read_text(encoding="utf-8"))
    return {language: Words(language, table[language]) for language in LANGUAGES}


def choose_language(asked: str | None, accepted: str | None) -> str:
    """The language of an answer.

    Args:
        asked: what the address says (`?lang=en`), or None.
        accepted: the header Accept-Language, or None.

    Raises:
        InputError: the address asks for a language that there is none of.
    """
    if asked is not None:
        if asked not in LANGUAGES:
            raise InputError("The pages are in Korean and in English.", where="lang", fix="Write lang=ko or lang=en.")
        return asked
    best, weight = LANGUAGES[0], 0.0
    for part in (accepted or "")[:500].split(","):
        match = _TAG.fullmatch(part)
        if match and match[1].lower() in LANGUAGES:
            try:
                quality = float(match[2] or 1)
            except ValueError:
                continue
            if quality > weight:
                best, weight = match[1].lower(), quality
    return best
