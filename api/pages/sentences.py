"""The sentences of the nineteen checks in the page's language.

Both verifiers say each sentence in the same English; the catalogue `checks.en.po` repeats it by code, and
`checks.ko.po` has the same codes. The browser's verifier gives code and parameters. Python's gives the finished
English: here it is matched against the catalogue to find them again. What is technical beyond the catalogue (where a
text is malformed, and why) stays in English and is marked so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from api.pages.moments import for_people
from api.pages.words import Words, load_words

_SENTENCE: Final = "sentence."
_FRAGMENT: Final = "fragment."
_PLACE: Final = re.compile(r"\{([a-z0-9]+)\}")
MALFORMED: Final = frozenset({"malformed", "malformed-at"})
"""Codes whose parameters are English sentences of their own."""


def sentence_codes(words: Words) -> dict[str, str]:
    """Code → sentence of one catalogue."""
    return _under(words, _SENTENCE)


@cache
def fragments(words: Words) -> list[tuple[str, str, str]]:
    """Values inside sentences that are words themselves: (parameter, pattern of the English value, words).

    The pattern is one of both Python's and JavaScript's regular expressions; `{1}` in the words is its first group.
    """
    english = _under(load_words()["en"], _FRAGMENT)
    return [
        (name.partition(".")[0], re.sub(r"\\\{1\\\}", r"([^\\s,]+)", re.escape(text)), words[f"fragment.{name}"])
        for name, text in english.items()
    ]


def code_of(text: str) -> str | None:
    """The code of a report's English sentence; None where it has none of its own."""
    return next((code for code, pattern in _patterns() if pattern.fullmatch(text)), None)


def translate(text: str, words: Words) -> str | None:
    """A sentence of a report in the page's language.

    Args:
        text: the English sentence of a row or a note.
        words: the page's language.

    Returns:
        The sentence; None where it has no code of its own and stays as it is, in English.
    """
    if words.language == "en":
        return text
    for code, pattern in _patterns():
        if match := pattern.fullmatch(text):
            values = {name: _value(name, value, words) for name, value in match.groupdict().items()}
            return _fill(words[f"sentence.{code}"], values)
    return None


def _value(name: str, value: str, words: Words) -> str:
    if f"checks.{value}" in words.names():
        return words[f"checks.{value}"]
    for parameter, pattern, replacement in fragments(words):
        if parameter == name and (match := re.fullmatch(pattern, value)):
            return replacement.replace("{1}", for_people(match[1])) if match.re.groups else replacement
    return for_people(value)


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in as they are: they come from evidence, and are no templates."""
    return _PLACE.sub(lambda place: values[place[1]], template)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """What each English sentence looks like, those with more words of their own first."""
    english = load_words()["en"]
    known: dict[str, list[str]] = {}
    for parameter, pattern, _ in fragments(english):
        known.setdefault(parameter, []).append(pattern.replace("(", "(?:"))
    found = [
        (code, text, re.compile(_pattern(text, known)))
        for code, text in sentence_codes(english).items()
        if code not in MALFORMED
    ]
    found.sort(key=lambda one: len(_PLACE.sub("", one[1])), reverse=True)
    return [(code, pattern) for code, _, pattern in found]


def _pattern(text: str, known: Mapping[str, list[str]]) -> str:
    out, end = [], 0
    for place in _PLACE.finditer(text):
        # A place that follows a word without a space holds one of the known values, or nothing at all.
        attached = place.start() > 0 and text[place.start() - 1] not in " ('"
        values = "|".join([*known.get(place[1], ()), "" if attached else ".+?"])
        out += [re.escape(text[end : place.start()]), f"(?P<{place[1]}>{values})"]
        end = place.end()
    return "".join([*out, re.escape(text[end:])])


def _under(words: Words, prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): words[name] for name in sorted(words.names()) if name.startswith(prefix)}
