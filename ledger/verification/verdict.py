"""The one place where rows become a verdict (formats.md, section 8.1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from ledger.values import Verdict
from ledger.verification.report import Check, Outcome

PRECEDENCE: Final = (
    Verdict.ALTERED,
    Verdict.UNKNOWN_ISSUER,
    Verdict.REVOKED,
    Verdict.SUPERSEDED,
    Verdict.SUSPENDED,
    Verdict.EXPIRED,
    Verdict.CANNOT_CHECK,
    Verdict.NOT_ANCHORED_YET,
    Verdict.ERASED,
    Verdict.NOT_YET_IN_FORCE,
)
"""The first that a row demands is the verdict: bad news that is proved is never hidden behind what could not be
checked. `valid` needs that no row demands anything; `not-found` is only for look-ups."""

ALWAYS_REQUIRED: Final = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16})
"""Checks without which nothing is valid. 11 has nothing to compare with where only the office's word is at hand, 17
and 18 are asked for or not, and 19 is never an error."""


def derive_verdict(checks: Sequence[Check], asked: Collection[int] = ()) -> Verdict:
    """The verdict of nineteen rows.

    Args:
        checks: all rows, in order.
        asked: checks that this verification asked for beyond those that are always required (11, 17, 18).

    A required check that did not pass keeps `valid` away even where its row demands nothing: nothing is told then.
    """
    demanded = {check.demands for check in checks}
    for verdict in PRECEDENCE:
        if verdict in demanded:
            return verdict
    required = ALWAYS_REQUIRED | frozenset(asked)
    passed = {check.number for check in checks if check.outcome is Outcome.PASSED}
    return Verdict.VALID if required <= passed else Verdict.CANNOT_CHECK
