"""The citizen's guide says of each verdict what the pages say, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.pages.words import LANGUAGES, load_words
from ledger.values import Verdict


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_guide_has_the_words_of_the_pages(root: Path, language: str, verdict: Verdict) -> None:
    words = load_words()[language]
    office = {"ko": "발급 기관", "en": "the agency"}[language]
    next_step = words.say(f"verdicts.{verdict.value}.next", contact=office)
    row = f"| {words[f'verdicts.{verdict.value}.word']} | `{verdict.value}` | {next_step} |"
    assert row in (root / "docs" / "guides" / "citizen.md").read_text(encoding="utf-8").splitlines()
