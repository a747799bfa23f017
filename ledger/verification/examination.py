"""Runs numbered checks one by one and keeps a row for each: passed, failed, or not run and why.

A check is a function that returns what it established or raises: `RefusedError` where the evidence does not hold,
`UnansweredError` where it cannot be told. Whatever else the pure rooms raise on bad input becomes a failed row, so
that bad evidence never becomes an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, ParamSpec, TypeVar

from ledger.errors import EvidenceError, InputError, SillokError, UnknownVersionError
from ledger.plain import dataclass
from ledger.values import Verdict
from ledger.verification.report import CHECK_NAMES, Check, Outcome, Source

T = TypeVar("T")
P = ParamSpec("P")

RESTS_ON: Final[dict[int, tuple[int, ...]]] = {
    1: (),
    2: (1,),
    3: (1, 2),
    4: (1, 2, 3),
    5: (1,),
    6: (1, 5),
    7: (1, 2, 5),
    8: (5, 7),
    9: (8,),
    10: (6, 8),
    11: (8,),
    12: (10,),
    13: (8, 10),
    14: (2, 6, 7),
    15: (14,),
    16: (2,),
    17: (1, 2, 3, 4),
    18: (1, 2, 3, 4),
    19: (1,),
}
"""What each check rests on; where one of those did not pass, it is not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed(Generic[T]):
    """What a check established, and the words for its row."""

    value: T
    text: str
    expected: str | None = None
    actual: str | None = None
    source: Source = Source.DEVICE


class RefusedError(EvidenceError):
    """The evidence does not hold; `demands` is the verdict that formats.md, section 8.1, gives for it."""

    slug = "evidence"

    def __init__(
        self,
        what: str,
        *,
        demands: Verdict = Verdict.ALTERED,
        expected: str | None = None,
        actual: str | None = None,
        source: Source = Source.DEVICE,
    ) -> None:
        super().__init__(what, expected=expected, actual=actual)
        self.demands = demands
        self.source = source


class UnansweredError(SillokError):
    """It cannot be told; `demands` is the verdict that this leads to, or None where it was not asked."""

    slug = "unanswered"

    def __init__(self, what: str, *, demands: Verdict | None, source: Source = Source.DEVICE) -> None:
        super().__init__(what)
        self.demands = demands
        self.source = source


class Examination:
    """The rows so far. One object serves one report."""

    def __init__(self) -> None:
        self._rows: dict[int, Check] = {}

    def passed(self, number: int) -> bool:
        """Whether this check was run and passed."""
        row = self._rows.get(number)
        return row is not None and row.outcome is Outcome.PASSED

    def run(self, number: int, check: Callable[P, Passed[T]], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Run one check, unless one that it rests on did not pass, and keep its row.

        Returns:
            What the check established; None where it did not pass.
        """
        if any(not self.passed(other) for other in RESTS_ON[number]):
            return None
        try:
            found = check(*args, **kwargs)
        except RefusedError as error:
            self._rows[number] = _row(
                number,
                Outcome.FAILED,
                error.what,
                error.source,
                error.demands,
                expected=error.expected,
                actual=error.actual,
            )
        except UnansweredError as error:
            self._rows[number] = _row(number, Outcome.NOT_RUN, error.what, error.source, error.demands)
        except UnknownVersionError as error:
            self._rows[number] = _row(number, Outcome.NOT_RUN, _placed(error), demands=Verdict.CANNOT_CHECK)
        except EvidenceError as error:
            self._rows[number] = _row(
                number,
                Outcome.FAILED,
                _placed(error),
                demands=Verdict.ALTERED,
                expected=error.expected,
                actual=error.actual,
            )
        except InputError as error:
            self._rows[number] = _row(number, Outcome.FAILED, _placed(error), demands=Verdict.ALTERED)
        else:
            self._rows[number] = _row(
                number, Outcome.PASSED, found.text, found.source, expected=found.expected, actual=found.actual
            )
            return found.value
        return None

    def rows(self) -> tuple[Check, ...]:
        """All nineteen rows in order; a check that was never run names what it rests on."""
        return tuple(self._rows.get(number) or self._not_run(number) for number in range(1, len(CHECK_NAMES) + 1))

    def _not_run(self, number: int) -> Check:
        missing = next((other for other in RESTS_ON[number] if not self.passed(other)), None)
        why = "It was not asked for."
        if missing is not None:
            why = f"It rests on check {missing} ({CHECK_NAMES[missing - 1]}), which did not pass."
        return _row(number, Outcome.NOT_RUN, why)


def unexamined(why: str) -> tuple[Check, ...]:
    """Nineteen rows that were not run, for a look-up that found nothing to verify."""
    numbers = range(1, len(CHECK_NAMES) + 1)
    return tuple(_row(number, Outcome.NOT_RUN, why, Source.SERVICE) for number in numbers)


def _placed(error: SillokError) -> str:
    return f"{error.where}: {error.what}" if error.where else error.what


def _row(
    number: int,
    outcome: Outcome,
    text: str,
    source: Source = Source.DEVICE,
    demands: Verdict | None = None,
    *,
    expected: str | None = None,
    actual: str | None = None,
) -> Check:
    return Check(
        number=number,
        name=CHECK_NAMES[number - 1],
        outcome=outcome,
        text=text,
        expected=expected,
        actual=actual,
        source=source,
        demands=demands,
    )
