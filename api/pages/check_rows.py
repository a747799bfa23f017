"""The nineteen checks as rows of a page, as the service computed them; the browser's script makes each its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.pages.sentences import translate
from api.pages.words import Words
from ledger.verification.report import Check, Outcome

_MARKS: Final = {Outcome.PASSED: "✓", Outcome.FAILED: "✕", Outcome.NOT_RUN: "–"}
_OUTCOMES: Final = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.NOT_RUN: "not_run"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A sentence, and whether it is in the page's language; what has no words there stays English and is marked."""

    text: str
    plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One of the nineteen checks."""

    number: int
    name: str
    outcome: str
    outcome_word: str
    mark: str
    source: str
    detail: Spoken
    expected: str | None
    actual: str | None


def spoken(text: str, words: Words) -> Spoken:
    """A sentence of a report in the page's language, as far as it has words there."""
    translated = translate(text, words)
    return Spoken(text=text if translated is None else translated, plain=translated is not None)


def check_rows(checks: Sequence[Check], words: Words) -> tuple[CheckRow, ...]:
    """Rows that the service computed; whose word each is says so."""
    return tuple(
        CheckRow(
            number=check.number,
            name=words[f"checks.{check.name}"],
            outcome=check.outcome.value,
            outcome_word=words[_OUTCOMES[check.outcome]],
            mark=_MARKS[check.outcome],
            source=words[f"served_{check.source.value}"],
            detail=spoken(check.text, words),
            expected=check.expected,
            actual=check.actual,
        )
        for check in checks
    )


def heading(checks: Sequence[Check], words: Words) -> str:
    """How many checks passed, failed and were not run."""
    outcomes = [check.outcome for check in checks]
    return words.say(
        "checks_heading",
        total=len(outcomes),
        passed=outcomes.count(Outcome.PASSED),
        failed=outcomes.count(Outcome.FAILED),
        not_run=outcomes.count(Outcome.NOT_RUN),
    )
