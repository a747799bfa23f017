"""The precedence of verdicts, exhaustively, and what keeps `valid` away."""

from __future__ import annotations

from itertools import combinations

import pytest

from ledger.values import Verdict
from ledger.verification.report import CHECK_NAMES, Check, Outcome, Source
from ledger.verification.verdict import ALWAYS_REQUIRED, derive_verdict

# Written down from formats.md, section 8.1, and not taken from the module.
ORDER = [
    "altered",
    "unknown-issuer",
    "revoked",
    "superseded",
    "suspended",
    "expired",
    "cannot-check",
    "not-anchored-yet",
    "erased",
    "not-yet-in-force",
]
MANDATORY = set(range(1, 17)) - {11}


def rows(demands: dict[int, str] | None = None, outcomes: dict[int, Outcome] | None = None) -> list[Check]:
    wanted, became = demands or {}, outcomes or {}
    return [
        Check(
            number=number,
            name=name,
            outcome=became.get(number, Outcome.FAILED if number in wanted else Outcome.PASSED),
            text="x",
            expected=None,
            actual=None,
            source=Source.DEVICE,
            demands=Verdict(wanted[number]) if number in wanted else None,
        )
        for number, name in enumerate(CHECK_NAMES, start=1)
    ]


def test_the_order_names_every_verdict_but_valid_and_not_found() -> None:
    assert {*ORDER, "valid", "not-found"} == set(Verdict)


@pytest.mark.parametrize("count", range(1, len(ORDER) + 1))
def test_the_first_in_the_order_wins_over_any_set_of_others(count: int) -> None:
    for demanded in combinations(ORDER, count):
        first = min(demanded, key=ORDER.index)
        # In any order of checks: ascending and descending cover both neighbours of every pair.
        for words in (demanded, demanded[::-1]):
            assert derive_verdict(rows(dict(enumerate(words, start=1)))) is Verdict(first)


def test_nothing_demanded_and_everything_passed_is_valid() -> None:
    assert derive_verdict(rows()) is Verdict.VALID


@pytest.mark.parametrize("number", range(1, 20))
@pytest.mark.parametrize("outcome", [Outcome.NOT_RUN, Outcome.FAILED])
def test_a_required_check_that_did_not_pass_keeps_valid_away_even_without_a_demand(
    number: int, outcome: Outcome
) -> None:
    verdict = derive_verdict(rows(outcomes={number: outcome}))
    assert verdict is (Verdict.CANNOT_CHECK if number in MANDATORY else Verdict.VALID)
    assert derive_verdict(rows(outcomes={number: outcome}), asked={number}) is Verdict.CANNOT_CHECK


def test_what_is_always_required_is_what_the_formats_say() -> None:
    assert set(ALWAYS_REQUIRED) == MANDATORY
