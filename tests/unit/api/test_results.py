"""What a page may say of a report: green only for a compared file, no fact of a failed one, nothing collapsed."""

from __future__ import annotations

import dataclasses

import pytest

from api.pages.results import TONES, Asked, Office, ResultView, present, unanswered
from api.pages.words import load_words
from ledger.values import AgencyCode, Digest32, Instant, LogIndex, Origin, Verdict, parse_instant
from ledger.verification.report import CHECK_NAMES, About, Check, Outcome, Report, Source

WORDS = load_words()
NOW = parse_instant("2026-11-25T01:00:00Z")
OFFICE = Office(name="서울특별시", contact="02-120")
NUMBER = "1234-5678-9012-3456"
FILE = Asked(document=Digest32(bytes(32)))
ABOUT = About(
    origin=Origin("sillok.example/6110000"),
    agency=AgencyCode("6110000"),
    index=LogIndex(7),
    kind="certificate",
    recorded_at=parse_instant("2026-11-20T14:59:00Z"),
    anchored_at=parse_instant("2026-11-20T15:00:01Z"),
    anchored_or_earlier=True,
    number=NUMBER,
    valid_from=parse_instant("2026-01-01T00:00:00Z"),
    valid_until=parse_instant("2027-01-01T00:00:00Z"),
    changed_at=parse_instant("2026-11-21T00:00:00Z"),
    due=parse_instant("2026-11-25T02:00:00Z"),
)


def report(verdict: Verdict, *, about: About = ABOUT, as_of: Instant | None = NOW, demands: int = 10) -> Report:
    checks = tuple(
        Check(
            number=number,
            name=name,
            outcome=Outcome.NOT_RUN if number == demands else Outcome.PASSED,
            text="Looked at it.",
            expected=None,
            actual=None,
            source=Source.DEVICE,
            demands=Verdict.CANNOT_CHECK if number == demands else None,
        )
        for number, name in enumerate(CHECK_NAMES, start=1)
    )
    return Report(verdict=verdict, as_of=as_of, checks=checks, about=about)


def shown(verdict: Verdict, *, by_file: bool = True, language: str = "ko", **changes: object) -> ResultView:
    made = dataclasses.replace(report(verdict), **changes)  # type: ignore[arg-type]
    asked = FILE if by_file else Asked(number=NUMBER)
    return present(made, WORDS[language], asked=asked, office=OFFICE, now=NOW)


def test_only_a_compared_file_is_ever_green() -> None:
    green = [verdict for verdict in Verdict if shown(verdict).tone == "accept"]
    assert green == [Verdict.VALID]
    assert all(shown(verdict, by_file=False).tone == "none" for verdict in Verdict)


def test_a_number_alone_says_that_a_record_exists_and_nothing_of_the_paper() -> None:
    view = shown(Verdict.VALID, by_file=False)
    assert view.headline == "발급 기록이 있습니다. 손에 든 문서와는 아직 대조하지 않았습니다."
    assert WORDS["ko"]["not_proved_paper"] in view.not_proved
    assert WORDS["ko"]["not_proved_paper"] not in shown(Verdict.VALID).not_proved


def test_a_number_of_a_revoked_record_says_that_it_is_revoked() -> None:
    assert "철회" in shown(Verdict.REVOKED, by_file=False).headline


def test_cancelled_from_the_start_and_withdrawn_from_now_on_are_different_words() -> None:
    withdrawn = shown(Verdict.REVOKED).headline
    cancelled = shown(Verdict.REVOKED, about=dataclasses.replace(ABOUT, from_the_start=True)).headline
    assert "철회" in withdrawn
    assert "취소" not in withdrawn
    assert "처음부터 취소" in cancelled
    assert "서울특별시가" in cancelled, "the particle follows the sound"


@pytest.mark.parametrize(("age", "verdict"), [(0, "valid"), (300, "valid"), (301, "cannot-check")])
def test_a_status_that_is_not_fresh_is_never_green(age: int, verdict: str) -> None:
    clean = dataclasses.replace(ABOUT, changed_at=None)
    view = shown(Verdict.VALID, about=clean, as_of=Instant(NOW - age))
    assert view.verdict == verdict
    assert (view.tone == "accept") == (verdict == "valid")
    if verdict == "cannot-check":
        assert view.second is not None
        assert "기준으로는 취소·정지 없음" in view.second


@pytest.mark.parametrize("language", WORDS)
def test_where_nothing_answers_the_page_cannot_tell_and_says_what_was_known(language: str) -> None:
    view = unanswered(WORDS[language], reason="reason_chain", known_at=NOW)
    assert (view.verdict, view.tone) == ("cannot-check", "none")
    assert WORDS[language]["reason_chain"] in view.headline
    assert "2026-11-25 10:00:00 KST" in str(view.second)
    assert unanswered(WORDS[language], reason="reason_service").second is None


@pytest.mark.parametrize("language", WORDS)
def test_no_two_verdicts_share_a_sentence(language: str) -> None:
    sentences = {shown(verdict, language=language).headline for verdict in Verdict}
    assert len(sentences) == len(Verdict) == len(TONES)


def test_valid_names_office_day_and_instant_in_korean_time() -> None:
    headline = shown(Verdict.VALID).headline
    assert "서울특별시" in headline
    assert "2026-11-21" in headline, "00:00:01 in Seoul is still the day before in UTC"
    assert "2026-11-25 10:00:00 KST" in headline
    assert shown(Verdict.VALID).instant is not None


def test_what_is_not_proved_is_not_named() -> None:
    view = present(report(Verdict.REVOKED, about=About()), WORDS["en"], asked=FILE, office=None, now=NOW)
    assert view.headline == WORDS["en"]["verdicts.revoked.plain"]
    assert "None" not in view.headline + view.next
    assert view.facts == ()


def test_nothing_inside_a_file_that_differs_is_shown_as_fact() -> None:
    view = shown(Verdict.ALTERED)
    assert view.facts == ()
    assert view.honest


def test_cannot_check_says_which_check_and_what_was_known_of_an_earlier_instant() -> None:
    clean = dataclasses.replace(ABOUT, changed_at=None)
    view = shown(Verdict.CANNOT_CHECK, about=clean)
    assert WORDS["ko"]["checks.anchor"] in view.headline
    assert view.second == "2026-11-25 10:00:00 KST 기준으로는 취소·정지 없음"
    assert shown(Verdict.CANNOT_CHECK, about=ABOUT).second is None
    assert shown(Verdict.CANNOT_CHECK, about=clean, as_of=None).second is None
    assert shown(Verdict.VALID, about=clean).second is None


def test_every_check_is_a_row_with_its_outcome_and_whose_word_it_is() -> None:
    view = shown(Verdict.VALID)
    assert [row.number for row in view.checks] == list(range(1, 20))
    assert [row.outcome_word for row in view.checks].count("하지 않음") == 1
    assert "통과 18" in view.checks_heading
    assert "하지 않음 1" in view.checks_heading
    assert {row.source for row in view.checks} == {"서비스가 계산"}


def test_an_anchor_that_may_not_be_the_first_is_said_to_be_that_or_earlier() -> None:
    facts = dict(shown(Verdict.VALID, language="en").facts)
    assert facts[WORDS["en"]["anchored_at"]] == "2026-11-21 00:00:01 KST or earlier"
