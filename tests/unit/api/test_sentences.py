"""Every sentence that the verifier can say is said in Korean on a Korean page; values in it stay what they are."""

from __future__ import annotations

import pytest
from support.worlds import World

from api.pages.sentences import translate
from api.pages.words import load_words
from ledger.verification.verifier import verify_evidence

KOREAN = load_words()["ko"]


def test_whatever_is_said_of_offices_in_every_state_has_korean_words() -> None:
    for seed in range(120):
        asked = World(seed, (0.02, 0.05, 0.1, 0.2)[seed % 4]).question()
        report = verify_evidence(
            asked.data,
            trust=asked.trust,
            document=asked.document,
            number=asked.number,
            as_of=asked.as_of,
            chain=asked.chain,
            status=asked.status,
        )
        for text in [*(row.text for row in report.checks), *report.notes]:
            assert translate(text, KOREAN) is not None, text


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        (
            "Anchored by the office's word at 2026-11-24T00:01:00Z or earlier on chain 7"
            ", which one operator runs alone.",
            "체인 7에 확정되었습니다, 2026-11-24 09:01:00 KST 또는 그 이전, 기관의 말에 따름"
            " (운영자 한 곳이 혼자 운영).",
        ),
        ("Anchored on chain 7.", "체인 7에 확정되었습니다."),
        (
            "At 2026-11-24T00:00:00Z the record is revoked since 2026-11-23T00:00:00Z, from the start.",
            "2026-11-24 09:00:00 KST 기준 상태는 취소입니다, 2026-11-23 09:00:00 KST부터, 처음부터.",
        ),
        (
            "It rests on check 14 (status-proof), which did not pass.",
            "14번(상태의 증명) 항목이 통과되어야 확인할 수 있는데 통과되지 않았습니다.",
        ),
        ("{number} is withheld, so there is nothing to compare with.", "{number}: 가려져 있어 비교할 것이 없습니다."),
    ],
)
def test_sentences_with_values(english: str, korean: str) -> None:
    assert translate(english, KOREAN) == korean


def test_what_is_technical_beyond_the_catalogue_stays_english() -> None:
    assert translate("evidence.leaf: 'x' is not base64url.", KOREAN) is None
    assert translate("It was not asked for.", load_words()["en"]) == "It was not asked for."
