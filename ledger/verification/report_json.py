"""Reads a report that a service sent: every row of it is that service's word, whatever it calls itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.errors import FormatError, InputError
from ledger.values import Verdict, parse_instant
from ledger.verification.report import CHECK_NAMES, About, Check, Outcome, Report, Source


def report_from_json(value: object) -> Report:
    """Read what `Report.to_json` wrote at a service, without its answers and evidence.

    Raises:
        FormatError: it is no report with nineteen numbered checks.
    """
    if not isinstance(value, Mapping):
        raise FormatError("The service answered no report.")
    rows, notes, as_of = value.get("checks"), value.get("notes", []), value.get("asOf")
    if not isinstance(rows, Sequence) or len(rows) != len(CHECK_NAMES) or not isinstance(notes, Sequence):
        raise FormatError("A report has nineteen checks.", where="checks")
    try:
        return Report(
            verdict=Verdict(str(value.get("verdict"))),
            as_of=parse_instant(as_of) if isinstance(as_of, str) else None,
            checks=tuple(_check(row, number) for number, row in enumerate(rows, start=1)),
            about=About(),
            notes=tuple(str(note) for note in notes),
        )
    except (ValueError, InputError) as error:
        raise FormatError("The service's report cannot be read.") from error


def _check(row: object, number: int) -> Check:
    if not isinstance(row, Mapping) or row.get("number") != number:
        raise FormatError("The checks of a report are numbered from 1.", where=f"checks[{number - 1}]")
    expected, actual = row.get("expected"), row.get("actual")
    return Check(
        number=number,
        name=CHECK_NAMES[number - 1],
        outcome=Outcome(str(row.get("outcome"))),
        text=str(row.get("text", "")),
        expected=expected if isinstance(expected, str) else None,
        actual=actual if isinstance(actual, str) else None,
        source=Source.SERVICE,
        demands=None,
    )
