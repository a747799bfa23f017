"""The gettext catalogues of each audience in two languages, and which of them a reader gets: Korean first.

Messages are named by their place (`number_label`), not by an English text: Korean is written first, and neither
language is a translation that may be missing. A missing name is a mistake of ours and raises KeyError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from babel.messages.pofile import read_po

from ledger.errors import InputError

LANGUAGES: Final = ("ko", "en")
"""Korean is the default; the order is that of preference where a reader states none."""

AUDIENCES: Final = ("citizen", "clerk", "auditor", "checks")
"""Each audience's pages have a catalogue of their own; the clerk's and the auditor's may use the citizen's words.
`checks` has the sentences of the verification, which all of them show."""

_PARTICLE: Final = re.compile(r"(.)이\(가\)")
_TAG: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q\s*=\s*([0-9.]{1,5}))?\s*")


class Words:
    """One language's words, read by key; an unknown key is a mistake of ours and raises KeyError."""

    def __init__(self, language: str, table: Mapping[str, str]) -> None:
        """Take one catalogue."""
        self.language = language
        self.other = LANGUAGES[1 - LANGUAGES.index(language)]
        self._table = dict(table)

    def __getitem__(self, key: str) -> str:
        """The words of a key, such as `number_label` or `verdicts.valid.next`."""
        return self._table[key]

    def names(self) -> frozenset[str]:
        """All keys of the catalogue."""
        return frozenset(self._table)

    def say(self, key: str, **values: object) -> str:
        """The words of a key with its places filled; a Korean particle follows the sound before it."""
        return _PARTICLE.sub(_particle, self._table[key].format(**values))


def _particle(match: re.Match[str]) -> str:
    """`이` after a syllable that ends in a consonant, `가` after one that does not; both after anything else."""
    before = match[1]
    if not "가" <= before <= "힣":
        return match[0]
    return before + ("이" if (ord(before) - ord("가")) % 28 else "가")


@cache
def load_words() -> Mapping[str, Words]:
    """The catalogues of all audiences joined, by language; a name that two audiences define is a mistake of ours."""
    found = {}
    for language in LANGUAGES:
        table: dict[str, str] = {}
        for audience in AUDIENCES:
            with files("api.pages").joinpath("i18n", f"{audience}.{language}.po").open("rb") as file:
                catalogue = read_po(file, locale=language)
            messages = {str(message.id): str(message.string) for message in catalogue if message.id}
            if twice := table.keys() & messages.keys():
                raise ValueError(f"{audience}.{language}.po repeats {sorted(twice)} of another catalogue.")
            table |= messages
        found[language] = Words(language, table)
    return found


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
