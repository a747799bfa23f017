"""The two catalogues: complete, the same places, and never a word that promises too much."""

from __future__ import annotations

import pytest
from looks.words import faults, places

from api.pages.words import Words, choose_language, load_words
from ledger.errors import InputError
from ledger.values import Verdict
from ledger.verification.report import CHECK_NAMES, Source

CATALOGUES = load_words()


def test_both_languages_are_complete_and_no_page_promises_what_nobody_can_prove() -> None:
    """`make words` says the same: equal names and places, no banned word, no jargon, no name that no page uses."""
    assert faults() == []


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES)
def test_every_verdict_check_and_source_has_its_words(words: Words) -> None:
    for verdict in Verdict:
        for part in ("word", "sentence", "plain", "next"):
            assert words[f"verdicts.{verdict.value}.{part}"]
        assert not places(words[f"verdicts.{verdict.value}.plain"]), "the plain form needs nothing"
    for name in CHECK_NAMES:
        assert words[f"checks.{name}"]
    for source in Source:
        assert words[f"source_{source.value}"]


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, None, "ko"),
        (None, "", "ko"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "fr,de;q=0.5", "ko"),
        (None, "en;q=0.4,ko-KR;q=0.8", "ko"),
        (None, "ko;q=0,en;q=0.1", "en"),
        (None, "x" * 10_000, "ko"),
        (None, "en;q=..", "ko"),
        ("en", "ko", "en"),
        ("ko", "en", "ko"),
    ],
)
def test_the_address_decides_then_the_browser_then_korean(
    asked: str | None, accepted: str | None, language: str
) -> None:
    assert choose_language(asked, accepted) == language


def test_a_language_that_there_is_none_of_is_refused() -> None:
    with pytest.raises(InputError):
        choose_language("fr", None)
