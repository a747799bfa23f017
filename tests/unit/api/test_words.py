"""The two catalogues: complete, the same places, and never a word that promises too much."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from api.pages.words import Words, choose_language, load_words
from ledger.errors import InputError
from ledger.values import Verdict
from ledger.verification.report import CHECK_NAMES, Source

BANNED = {
    "ko": [
        *("진본", "원본 확인", "진짜", "위조됨", "법적 효력", "정부 공인", "100% 안전", "위변조 불가", "보증"),
        *("내용이 사실임", "모든 거래가 기록됨"),
    ],
    "en": ["genuine", "authentic", "tamper-proof", "trustless", "legally valid", "guaranteed"],
}
JARGON = ["앵커", "체크포인트", "머클", "해시"]
CATALOGUES = load_words()


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    korean, english = CATALOGUES["ko"], CATALOGUES["en"]
    assert korean.names() == english.names()
    for key in korean.names():
        assert korean[key].strip(), key
        assert english[key].strip(), key
        if key.startswith("verdicts.") and key.endswith(".next"):
            continue
        assert places(korean[key]) == places(english[key]), key


@pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES)
def test_no_page_promises_what_nobody_can_prove(words: Words) -> None:
    for key in words.names():
        for banned in BANNED[words.language]:
            assert not re.search(rf"\b{banned}" if words.language == "en" else banned, words[key], re.IGNORECASE), key
        assert not any(word in words[key] for word in JARGON), f"{key}: no jargon on a page for everybody"


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
